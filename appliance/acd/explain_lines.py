"""Why a number went out on a line and not on another, in words: the lines a decision looked at, es and en."""

from collections.abc import Sequence

from appliance.acd.line_choice import lost_by, order_of
from appliance.acd.line_effects import LineCandidate
from appliance.acd.plan import Language
from appliance.acd.prompts import Words

NAMED_AT_MOST = 6
"""Lines that were not taken, named in one sentence; beyond it they are counted."""
CHOSEN: dict[str, Words] = {
    "only_line": Words("era la única que podía", "it was the only one that could"),
    "begins": Words(
        "es la de los números que empiezan por {begins}", "it is the one for numbers that begin with {begins}"
    ),
    "least_cost": Words("es donde menos cuesta el minuto ({cost})", "a minute costs least on it ({cost})"),
    "minutes_left": Words("tiene minutos incluidos por gastar ({left})", "it has included minutes left ({left})"),
    "no_minutes": Words("a las demás no les quedan minutos incluidos", "the others have no included minutes left"),
    "most_minutes": Words(
        "es la que más minutos incluidos tiene ({left})", "it has most included minutes left ({left})"
    ),
    "order": Words("va antes en la configuración", "it comes first in the configuration"),
}
PASSED_OVER: dict[str, Words] = {
    "in_only": Words("solo para entrantes", "for incoming calls only"),
    "other_numbers": Words("no es para esos números", "not for such numbers"),
    "down": Words("no funciona", "down"),
    "degraded": Words("con problemas", "has trouble"),
    "starting": Words("arrancando", "starting"),
    "tried": Words("ya se intentó", "tried already"),
    "busy": Words("ocupada", "busy"),
    "begins": Words("otra es más propia de esos números", "another is more particular to such numbers"),
    "least_cost": Words("{cost} el minuto", "{cost} a minute"),
    "used_up": Words("no le quedan minutos: {cost} el minuto", "no minutes left: {cost} a minute"),
    "minutes_left": Words("sin minutos incluidos", "without included minutes"),
    "most_minutes": Words("le quedan menos minutos: {left}", "fewer minutes left: {left}"),
    "order": Words("va después en la configuración", "later in the configuration"),
}
_SENTENCES = {
    "chosen": Words(" Esa línea: {why}.", " That line: {why}."),
    "others": Words(" Las demás: {names}.", " The others: {names}."),
    "none": Words(" Líneas: {names}.", " Lines: {names}."),
    "more": Words("y {count} más", "and {count} more"),
}


def lines_told(seen: Sequence[LineCandidate], chosen_by: str, language: Language) -> str:
    """What made the choice, and what was wrong with each other line; "" when no line was looked at."""
    chosen = next((one for one in seen if one.chosen), None)
    told = ""
    if chosen is not None and chosen_by in CHOSEN:
        why = "no_minutes" if chosen_by == "minutes_left" and chosen.left_ms < 0 else chosen_by
        told = _say(_SENTENCES["chosen"], language, why=_of(CHOSEN[why], chosen, language))
    others = [f"{one.line} ({why_passed_over(seen, one, language)})" for one in seen if one is not chosen]
    named = others[:NAMED_AT_MOST]
    if len(others) > len(named):
        named.append(_say(_SENTENCES["more"], language, count=len(others) - len(named)))
    kind = "none" if chosen is None else "others"
    return told + (_say(_SENTENCES[kind], language, names=", ".join(named)) if named else "")


def why_passed_over(seen: Sequence[LineCandidate], one: LineCandidate, language: Language) -> str:
    """What was wrong with a line that was looked at; a code of a newer version stays a code."""
    code = passed_over_by(seen, one)
    words = PASSED_OVER.get(code)
    return code if words is None else _of(words, one, language)


def passed_over_by(seen: Sequence[LineCandidate], one: LineCandidate) -> str:
    """The code of it: why the line could not be dialled on, or in what the chosen one was better."""
    chosen = next((place for place, other in enumerate(seen) if other.chosen), None)
    if one.excluded or chosen is None:
        return one.excluded
    by = lost_by(order_of(seen[chosen], chosen), order_of(one, seen.index(one)))
    return "used_up" if one.left_ms == 0 and by in ("least_cost", "minutes_left") else by


def amount(micros: int, language: Language) -> str:
    """Micro-units of money as people write them: `0,09` in Spanish, `0.09` in English."""
    whole, rest = divmod(micros, 1_000_000)
    decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{whole}{'.' if language == 'en' else ','}{decimals}"


def _of(words: Words, one: LineCandidate, language: Language) -> str:
    cost, left = amount(one.cost_micros, language), f"{max(0, one.left_ms) // 60_000} min"
    return _say(words, language, begins=one.begins, cost=cost, left=left)


def _say(words: Words, language: Language, **values: object) -> str:
    return words.of(language).format(**values)
