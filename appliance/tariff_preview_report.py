"""`tariff preview` at the terminal: a month's calls as they were charged and as a list would have charged them."""

import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.billing.tariffs import TariffError
from appliance.configuration.file import Configuration
from appliance.daemon.figures import midnight_of
from appliance.daemon.plan_builder import build_plan
from appliance.daemon.queries import StoreMissing, open_store
from appliance.daemon.tariff_import import Wanted, prepare
from appliance.daemon.tariff_preview import Preview, Sum, Terms, count_calls, preview, table_as_if
from appliance.daemon.tariff_shelf import Shelf, ShelfError
from appliance.tariff_report import proved
from appliance.terminal import columns, sorry, store_path
from appliance.words_details import detail_words

ROWS = 40
TELL_EVERY_S = {True: 0.2, False: 5.0}
"""On a terminal, and elsewhere."""
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "month": "--month {month}: escriba un mes, como 2026-10",
        "problems": "{file}: no hay nada que comparar (problemas: {count}).",
        "title": "{first} a {last}, como si el libro {name}, versión {version}, hubiera valido todo el mes:",
        "header": "LÍNEA|SENTIDO|TARIFA|LLAMADAS|MINUTOS|COBRADO|SERÍA|DIFERENCIA",
        "in": "entrante",
        "out": "saliente",
        "no_rate": "(sin tarifa)",
        "more": "… {count} más",
        "total": "TOTAL",
        "lost": "{count} llamadas se quedarían sin tarifa (cobradas entonces: {sum} {currency}):",
        "gained": "{count} llamadas que no tenían tarifa la tendrían.",
        "unanswered": "{count} llamadas no atendidas no cuestan nada ni antes ni ahora.",
        "other_currency": "{count} llamadas cobradas en otra moneda quedan fuera.",
        "broken": "{count} llamadas con una duración imposible quedan fuera.",
        "none": "No hubo llamadas contestadas.",
        "progress": "{done} de {count} llamadas",
        "nothing": "Es una comparación: no se ha cambiado nada.",
    },
    "en": {
        "month": "--month {month}: write a month, as 2026-10",
        "problems": "{file}: there is nothing to compare (problems: {count}).",
        "title": "{first} to {last}, as if the book {name}, version {version}, had held all month:",
        "header": "LINE|DIRECTION|RATE|CALLS|MINUTES|CHARGED|WOULD BE|DIFFERENCE",
        "in": "incoming",
        "out": "outgoing",
        "no_rate": "(no rate)",
        "more": "… {count} more",
        "total": "TOTAL",
        "lost": "{count} calls would have no rate (charged then: {sum} {currency}):",
        "gained": "{count} calls that had no rate would have one.",
        "unanswered": "{count} calls nobody answered cost nothing, then or now.",
        "other_currency": "{count} calls charged in another currency are left out.",
        "broken": "{count} calls of an impossible length are left out.",
        "none": "No call was answered.",
        "progress": "{done} of {count} calls",
        "nothing": "This is a comparison: nothing was changed.",
    },
}


def show_preview(config: Path, file: Path, wanted: Wanted, month: str, language: Language | None) -> int:
    """Print the difference a list would have made. 1 when the list has problems or the calls cannot be read."""
    configuration = proved(config)
    box = configuration.box
    spoken = language or box.language
    words = WORDS[spoken]
    today = datetime.now(ZoneInfo(box.time_zone)).date()
    first = _first_of(month) if month else (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if first is None:
        return sorry(words["month"].format(month=month))
    after = (first + timedelta(days=32)).replace(day=1)
    try:
        shelf = Shelf(Path(box.data_dir)).look()
        asked = wanted._replace(language=spoken, otherwise_from=today.isoformat())
        prepared = prepare(configuration, file, asked, shelf, int(time.time() * 1000), today)
        if prepared.book is None:
            print("\n".join(prepared.problems.texts(file.name, spoken)))
            return sorry(words["problems"].format(file=file, count=prepared.problems.count))
        table = table_as_if(configuration, shelf, prepared.book, spoken)
        store = open_store(store_path(configuration))
    except ShelfError as error:
        return sorry(error.text(spoken))
    except TariffError as error:
        return sorry(str(error))
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    span = midnight_of(first, box.time_zone), midnight_of(after, box.time_zone)
    plan = build_plan(configuration)
    terms = Terms(table, box.country, plan.emergency, plan)
    found = preview(store, terms, *span, _progress(count_calls(store, *span), words["progress"]))
    book = prepared.book
    print(words["title"].format(first=first, last=after - timedelta(days=1), name=book.name, version=book.version))
    print("\n".join(preview_lines(found, configuration, spoken)))
    return 0


def preview_lines(found: Preview, configuration: Configuration, language: Language) -> list[str]:
    """The comparison as text, a line each: the largest differences first."""
    words, currency = WORDS[language], configuration.box.currency
    ordered = sorted(found.groups.items(), key=lambda one: (-abs(one[1].difference_micros), -one[1].calls, one[0]))
    rows = [
        (group.line, words[group.direction], group.destination or words["no_rate"], *_figures(sum_))
        for group, sum_ in ordered[:ROWS]
    ]
    if ordered[ROWS:]:
        rest = Sum()
        for _, sum_ in ordered[ROWS:]:
            rest.add(sum_)
        rows.append(("", "", words["more"].format(count=len(ordered) - ROWS), *_figures(rest)))
    rows.append((words["total"], "", currency, *_figures(found.total)))
    lines = columns([tuple(words["header"].split("|")), *rows]) if found.groups else [words["none"]]
    if found.lost:
        lines.append(words["lost"].format(count=found.lost, sum=money(found.lost_micros), currency=currency))
        lines += [f"  {one.call}  {_printable(one.number)}  {money(one.then_micros)}" for one in found.lost_first]
        if found.lost > len(found.lost_first):
            lines.append(f"  {words['more'].format(count=found.lost - len(found.lost_first))}")
    for name in ("gained", "unanswered", "other_currency", "broken"):
        if count := getattr(found, name):
            lines.append(words[name].format(count=count))
    return [*lines, words["nothing"]]


def _figures(sum_: Sum) -> tuple[str, ...]:
    difference = sum_.difference_micros
    sign = "-" if difference < 0 else "+" if difference else ""
    tenths = (sum_.rated_ms + 3_000) // 6_000
    return (
        str(sum_.calls),
        f"{tenths // 10}.{tenths % 10}",
        money(sum_.then_micros),
        money(sum_.would_micros),
        f"{sign}{money(abs(difference))}",
    )


def _first_of(month: str) -> date | None:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        return None


def _progress(count: int, words: str) -> Callable[[int], None]:
    """Tells on the standard error how far it is, where it takes long."""
    on_terminal = sys.stderr.isatty()
    told_s = time.monotonic()

    def tell(done: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s < TELL_EVERY_S[on_terminal]:
            return
        told_s = time.monotonic()
        end = "\r" if on_terminal and done < count else "\n"
        print(words.format(done=done, count=count), end=end, file=sys.stderr, flush=True)

    return tell


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text) or "—"
