"""`rerate` at the terminal: calls of a time charged anew, with how far it is and what it changed, in words."""

import signal
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.billing.lines import COST_ACCOUNT
from appliance.daemon.clock import SystemClock
from appliance.daemon.figures import midnight_of
from appliance.daemon.ledger_writes import OtherCurrency
from appliance.daemon.rerating import Order, Progress, Rerating
from appliance.daemon.settings import read_settings
from appliance.daemon.short_writes import JobRefused, store_for_job
from appliance.terminal import columns, sorry
from appliance.words_details import detail_words

INTERRUPTED = 130
TELL_EVERY_S = 1.0
TELL_A_LOG_EVERY_S = 30.0
"""Where the progress does not overwrite itself."""

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "progress": "{percent} %: {calls} llamadas, {changed} con otro importe{left}",
        "left": "; faltan unos {time}",
        "resumed": "Sigue donde se interrumpió: {calls} llamadas ya estaban hechas.",
        "done": "Llamadas del {first} al {last} retarificadas: {calls}; con otro importe: {changed}.",
        "dry": "Llamadas del {first} al {last}: {calls}; con otro importe: {changed}. No se ha escrito nada.",
        "stopped": "Interrumpido. Lo hecho queda hecho; la misma orden sigue desde aquí.",
        "kept": "{calls} llamadas cobradas que hoy no tienen contrato en vigor quedan como estaban.",
        "months": "Meses cerrados que se han vuelto a cerrar: {months}.",
        "dry_months": "Meses cerrados que se volverían a cerrar: {months}.",
        "header": "CUENTA|CONTRATO O TARIFA|LÍNEAS|DIFERENCIA",
        "costs": "(coste de operadores)",
        "none": "(sin tarifa)",
        "unknown": "no hay ningún cliente «{client}»; hay: {clients}",
        "order": "--from {first} --to {last}: el primer día va antes que el último",
        "currency": "{why}. Un importe no se corrige en otra moneda: limite los días con --from y --to, o vuelva a "
        "poner la moneda en [box] currency.",
    },
    "en": {
        "progress": "{percent} %: {calls} calls, {changed} with another sum{left}",
        "left": "; about {time} left",
        "resumed": "Going on where it was interrupted: {calls} calls were done already.",
        "done": "Calls from {first} to {last} rated anew: {calls}; with another sum: {changed}.",
        "dry": "Calls from {first} to {last}: {calls}; with another sum: {changed}. Nothing was written.",
        "stopped": "Interrupted. What is done stays done; the same command goes on from here.",
        "kept": "{calls} calls that were charged have no contract in force now and stay as they were.",
        "months": "Months that were closed and were closed again: {months}.",
        "dry_months": "Months that were closed and would be closed again: {months}.",
        "header": "ACCOUNT|CONTRACT OR TARIFF|LINES|DIFFERENCE",
        "costs": "(carriers' cost)",
        "none": "(no tariff)",
        "unknown": "there is no client “{client}”; there are: {clients}",
        "order": "--from {first} --to {last}: the first day goes before the last",
        "currency": "{why}. No sum is corrected in another currency: narrow the days with --from and --to, or put the "
        "currency back in [box] currency.",
    },
}


def rerate(
    config: Path,
    first: date,
    last: date,
    client: str = "",
    *,
    costs: bool = False,
    dry_run: bool = False,
    language: Language | None = None,
) -> int:
    """Charge the calls from `first` to `last`, both included, anew. 0: done; 1: it is said why not; 130: it was
    interrupted."""
    settings = read_settings(config)
    spoken = language or settings.language
    words = WORDS[spoken]
    if first > last:
        return sorry(words["order"].format(first=first, last=last))
    clients = sorted({one.client for one in settings.office.contracts.all})
    if client and client not in clients and not costs:
        return sorry(words["unknown"].format(client=client, clients=", ".join(clients) or "—"))
    zone = settings.office.time_zone
    order = Order(
        midnight_of(first, zone), midnight_of(last + timedelta(days=1), zone), client, costs=costs, dry_run=dry_run
    )
    try:
        with store_for_job(settings.store) as db, _Stop() as stop:
            job = Rerating(db, settings.office, order, SystemClock().utc_ms)
            progress = job.run(_Teller(words), stop)
    except JobRefused as error:
        return sorry(detail_words(str(error), spoken))
    except OtherCurrency as error:
        return sorry(words["currency"].format(why=detail_words(str(error), spoken)))
    print("\n".join(report(progress, first, last, order, settings.office.rates.currency, spoken)))
    return 0 if progress.finished else INTERRUPTED


def report(progress: Progress, first: date, last: date, order: Order, currency: str, language: Language) -> list[str]:
    """What was done, as text, a line each."""
    words = WORDS[language]
    counts = {"calls": _count(progress.calls), "changed": _count(progress.changed)}
    lines = [words["dry" if order.dry_run else "done"].format(first=first, last=last, **counts)]
    if not progress.finished:
        lines.append(words["stopped"])
    if progress.kept:
        lines.append(words["kept"].format(calls=_count(progress.kept)))
    if progress.months:
        lines.append(words["dry_months" if order.dry_run else "months"].format(months=progress.months))
    if progress.differences:
        rows = [
            (
                words["costs"] if account == COST_ACCOUNT else account,
                name or words["none"],
                _count(one.lines),
                f"{'+' if one.micros > 0 else '-' if one.micros < 0 else ''}{money(abs(one.micros))} {currency}",
            )
            for (account, name), one in sorted(progress.differences.items())
        ]
        lines += columns([tuple(words["header"].split("|")), *rows])
    return lines


class _Stop:
    """Ctrl-C and SIGTERM end the job after the batch it is at; a second Ctrl-C at once."""

    def __init__(self) -> None:
        self._wanted = False

    def __call__(self) -> bool:
        return self._wanted

    def __enter__(self) -> "_Stop":
        self._before = {number: signal.signal(number, self._want) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _want(self, number: int, _: FrameType | None) -> None:
        self._wanted = True
        signal.signal(number, self._before[signal.Signals(number)])


class _Teller:
    """How far it is, on the standard error."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        self._began_s = self._told_s = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._is_first = True

    def __call__(self, progress: Progress) -> None:
        if self._is_first and progress.calls_before:
            print(self._words["resumed"].format(calls=_count(progress.calls_before)), file=sys.stderr, flush=True)
        self._is_first = False
        now_s = time.monotonic()
        is_last = progress.place >= progress.last
        if now_s - self._told_s < (TELL_EVERY_S if self._is_terminal else TELL_A_LOG_EVERY_S) and not is_last:
            return
        self._told_s = now_s
        span = max(progress.last - progress.first + 1, 1)
        done = progress.place - progress.began_at
        left = progress.last - progress.place
        time_left = _time(round((now_s - self._began_s) * left / done)) if done and left else ""
        text = self._words["progress"].format(
            percent=(progress.place - progress.first + 1) * 100 // span,
            calls=_count(progress.calls),
            changed=_count(progress.changed),
            left=self._words["left"].format(time=time_left) if time_left else "",
        )
        if self._is_terminal:
            print(f"\r{text:<78}", end="\n" if is_last else "", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
