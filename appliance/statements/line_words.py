"""What a line of an account says to a person, in Spanish and English: what is charged, and its sum in one line."""

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.billing.lines import (
    CallFact,
    ExtraFact,
    Facts,
    FeeFact,
    Kind,
    Line,
    MinimumFact,
    MinutesFact,
    ResultFact,
    value,
)
from appliance.words import code_text

KINDS: dict[Language, dict[Kind, str]] = {
    "es": {
        "call": "Llamada",
        "minutes": "Minutos",
        "result": "Resultado",
        "fee": "Cuota",
        "extra": "Exceso",
        "set_up": "Alta",
        "minimum": "Mínimo",
        "cost": "Coste",
    },
    "en": {
        "call": "Call",
        "minutes": "Minutes",
        "result": "Result",
        "fee": "Fee",
        "extra": "Above the fee",
        "set_up": "Set-up",
        "minimum": "Minimum",
        "cost": "Cost",
    },
}
_WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "answered": "una llamada atendida",
        "unanswered": "una llamada no atendida",
        "any": "una llamada",
        "no_clause": "ninguna cláusula la cobra",
        "disposition": "tipificación {code}",
        "claimed": "declarado por {by}",
        "confirmed": "confirmado por {by}",
        "reversed": "anulado por {by}",
        "each": "cada uno",
        "included": "({used} - {included} incluidas)",
        "fee": "por el mes",
        "set_up": "una vez",
        "minimum": "al menos {minimum}, cargado {charged}",
        "rest": "{value} - {was} ya cargado",
        "corrects": "corrige la línea {line}: {why}",
        "disposition_changed": "otra tipificación",
        "month": "otras llamadas en el mes",
        "calls": "llamadas",
    },
    "en": {
        "answered": "an answered call",
        "unanswered": "an unanswered call",
        "any": "a call",
        "no_clause": "no clause charges it",
        "disposition": "disposition {code}",
        "claimed": "claimed by {by}",
        "confirmed": "confirmed by {by}",
        "reversed": "reversed by {by}",
        "each": "each",
        "included": "({used} - {included} included)",
        "fee": "for the month",
        "set_up": "once",
        "minimum": "at least {minimum}, charged {charged}",
        "rest": "{value} - {was} charged already",
        "corrects": "corrects line {line}: {why}",
        "disposition_changed": "another disposition",
        "month": "other calls in the month",
        "calls": "calls",
    },
}
_WHY = {
    "disposition": "disposition_changed",
    "month": "month",
    "confirmed": "confirmed",
    "reversed": "reversed",
    "claimed": "claimed",
}
"""Why a line was corrected, as the ledger has it. Other reasons are shown as they are."""


def what(line: Line, language: Language) -> str:
    """What is charged: `Minutos moviles`."""
    return f"{KINDS[language][line.kind]} {line.clause or line.contract}"


def when(line: Line, zone: ZoneInfo) -> str:
    """The day and time of a call; of what a month came to, its last day."""
    if line.kind in ("fee", "extra", "minimum"):
        return f"{datetime.fromtimestamp(line.at_utc_ms / 1000, zone):%Y-%m-%d}"
    return f"{datetime.fromtimestamp(line.at_utc_ms / 1000, zone):%Y-%m-%d %H:%M:%S}"


def arithmetic(line: Line, language: Language, point: str = ".") -> str:
    """How the amount came about, without tax, e.g. `(12 - 10 included) calls x 0.2 = 0.4 EUR`."""
    words = _WORDS[language]
    said = _facts(line.facts, line, language, point)
    if line.revision == 0:
        return said
    rest = words["rest"].format(value=money(value(line.facts), point), was=money(line.was_micros, point))
    why = line.why
    if why in _WHY:
        by = line.facts.by if isinstance(line.facts, ResultFact) else ""
        why = words[_WHY[why]].format(by=by or "?")
    corrects = words["corrects"].format(line=line.corrects, why=why)
    return f"{said}; {rest} = {money(line.amount_micros, point)} {line.currency} ({corrects})"


def _facts(facts: Facts, line: Line, language: Language, point: str) -> str:
    words = _WORDS[language]
    match facts:
        case CallFact():
            said = words[facts.counted] if line.clause else words["no_clause"]
            code = f", {words['disposition'].format(code=facts.disposition)}" if facts.disposition else ""
            return f"{said}{code} = {_sum(facts.price_micros, line, point)}"
        case MinutesFact(charge):
            if charge.reason != "rated":
                return f"0 {charge.currency} ({code_text('charge_reason', charge.reason, language)})"
            return charge.arithmetic(language, point)
        case ResultFact():
            return f"{words[facts.state].format(by=facts.by or '?')} = {_sum(facts.price_micros, line, point)}"
        case FeeFact():
            said = words["set_up" if line.kind == "set_up" else "fee"]
            return f"{said} = {_sum(facts.price_micros, line, point)}"
        case ExtraFact():
            return f"{_extra(facts, words, point)} = {_sum(value(facts), line, point)}"
        case MinimumFact():
            said = words["minimum"].format(
                minimum=money(facts.minimum_micros, point), charged=money(facts.charged_micros, point)
            )
            return f"{said} = {_sum(value(facts), line, point)}"
        case _:
            assert_never(facts)


def _extra(facts: ExtraFact, words: dict[str, str], point: str) -> str:
    """Calls above those included, and seconds; what is not above counts for nothing."""
    terms = []
    if facts.extra_call_micros:
        used = words["included"].format(used=facts.calls, included=facts.included_calls)
        terms.append(f"{used} {words['calls']} x {money(facts.extra_call_micros, point)}")
    if facts.extra_minute_micros:
        used = words["included"].format(used=facts.talked_s, included=facts.included_s)
        terms.append(f"{used} s x {money(facts.extra_minute_micros, point)}/min")
    return " + ".join(terms) or words["no_clause"]


def _sum(micros: int, line: Line, point: str) -> str:
    return f"{money(micros, point)} {line.currency}"
