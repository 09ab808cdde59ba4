"""`what-if` at the terminal: recorded days beside the same days again and with a change, in words and numbers."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import msgspec

from appliance.acd.plan import Language
from appliance.configuration.file import Configuration, read_configuration
from appliance.configuration.rules import check
from appliance.daemon.figures import midnight_of
from appliance.daemon.plan_builder import build_plan
from appliance.daemon.queries import StoreMissing, open_store
from appliance.daemon.recorded_days import recorded_days
from appliance.planning.what_if import Change, Range, WhatIf, WhatIfError, what_if
from appliance.terminal import columns, sorry, store_path
from appliance.words import code_text

MAX_DAYS = 366

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "title": "Del {first} al {last}: {change}",
        "agents": "{agents:+d} agentes",
        "same": "sin cambios",
        "in": "en {queues}",
        "header": "|LO QUE PASÓ|OTRA VEZ IGUAL|CON EL CAMBIO",
        "offered": "llamadas en cola",
        "answered": "atendidas",
        "abandoned": "abandonadas",
        "overflowed": "desbordadas",
        "service_level": "atendidas en {target} s",
        "asa_ms": "espera media (ASA)",
        "longest_wait_ms": "espera más larga",
        "ranges": "Entre paréntesis, entre qué valores quedaron 9 de cada 10 de las {runs} repeticiones.",
        "patience": "De {known} personas que colgaron se sabe cuánto esperan; de otras {bounded} solo que habrían "
        "esperado más de lo que esperaron: su paciencia se estima (Kaplan-Meier).",
        "without": "Sin: {names}.",
        "left_out": "{count} llamadas de colas que ya no existen quedaron fuera.",
        "unlike": "La repetición sin cambios no da lo que pasó en: {names}. Compare con «otra vez igual», no con lo "
        "que pasó.",
    },
    "en": {
        "title": "From {first} to {last}: {change}",
        "agents": "{agents:+d} agents",
        "same": "no change",
        "in": "in {queues}",
        "header": "|WHAT HAPPENED|THE SAME AGAIN|WITH THE CHANGE",
        "offered": "calls queued",
        "answered": "answered",
        "abandoned": "abandoned",
        "overflowed": "overflowed",
        "service_level": "answered within {target} s",
        "asa_ms": "mean wait (ASA)",
        "longest_wait_ms": "longest wait",
        "ranges": "In brackets, where 9 of 10 of the {runs} runs came to lie.",
        "patience": "Of {known} callers who gave up it is known how long they wait; of {bounded} others only that they "
        "would have waited longer than they did: their patience is estimated (Kaplan-Meier).",
        "without": "Without: {names}.",
        "left_out": "{count} calls of queues that are no more were left out.",
        "unlike": "The re-run without a change differs from what happened in: {names}. Compare with “the same again”, "
        "not with what happened.",
    },
}
ROWS = ("offered", "answered", "abandoned", "overflowed", "service_level", "asa_ms", "longest_wait_ms")


def show_what_if(
    config: Path,
    first: date,
    last: date,
    change: Change,
    target_s: float,
    language: Language | None = None,
    as_json: bool = False,
) -> int:
    """Print what the days from `first` to `last`, both included, would have been. 1 when that cannot be said."""
    configuration = read_configuration(config)
    check(configuration, None, on_this_machine=False)
    spoken = language or configuration.box.language
    if not 0 <= (last - first).days < MAX_DAYS:
        return sorry(f"--from {first} --to {last}: give days in order, at most {MAX_DAYS} of them")
    if not 0 < target_s <= 3_600:
        return sorry(f"--target {target_s:g}: give the seconds of the service level, more than 0, at most 3600")
    zone = configuration.box.time_zone
    try:
        store = open_store(store_path(configuration))
        with store:
            days = recorded_days(store, midnight_of(first, zone), midnight_of(last + timedelta(days=1), zone))
        found = what_if(days, build_plan(configuration), change, round(target_s * 1000))
    except (StoreMissing, WhatIfError) as error:
        return sorry(str(error))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        print("\n".join(report(found, first, last, change, target_s, configuration, spoken)))
    return 0


def report(
    found: WhatIf,
    first: date,
    last: date,
    change: Change,
    target_s: float,
    configuration: Configuration,
    language: Language,
) -> list[str]:
    """The answer as text, a line each."""
    words = WORDS[language]
    titles = {queue.name: queue.title for queue in configuration.queue}
    parts = [code_text("strategy", change.strategy, language)] if change.strategy is not None else []
    parts += [words["agents"].format(agents=change.agents)] if change.agents else []
    parts = parts or [words["same"]]
    parts += [words["in"].format(queues=", ".join(titles[name] for name in change.queues))] if change.queues else []
    rows = [tuple(words["header"].split("|"))]
    unlike = []
    for name in ROWS:
        show = _shown(name)
        label = words[name].format(target=f"{target_s:g}")
        happened = float(getattr(found.happened, name))
        rows.append((label, show(happened), _range(found.again[name], show), _range(found.changed[name], show)))
        if name != "longest_wait_ms" and not found.again[name].low <= happened <= found.again[name].high:
            unlike.append(label)
    lines = [words["title"].format(first=first, last=last, change=", ".join(parts))]
    lines += columns(rows)
    if found.agents_left_out:
        lines.append(words["without"].format(names=", ".join(found.agents_left_out)))
    lines.append(words["ranges"].format(runs=found.runs))
    lines.append(words["patience"].format(known=found.patience_known, bounded=found.patience_bounded))
    if found.calls_left_out:
        lines.append(words["left_out"].format(count=found.calls_left_out))
    if unlike:
        lines.append(words["unlike"].format(names=", ".join(unlike)))
    return lines


def _shown(name: str) -> Callable[[float], str]:
    if name == "service_level":
        return lambda value: f"{100 * value:.0f} %" if value >= 0 else "—"
    if name.endswith("_ms"):
        return lambda value: f"{value / 1000:.0f} s" if value >= 0 else "—"
    return lambda value: f"{value:.0f}"


def _range(value: Range, show: Callable[[float], str]) -> str:
    if value.low == value.high:
        return show(value.middle)
    return f"{show(value.middle)} ({show(value.low)} – {show(value.high)})"
