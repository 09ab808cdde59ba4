"""Why a call was not placed, or was ended, for the money it would cost: in words, es and en."""

from appliance.acd.explain_lines import amount
from appliance.acd.plan import Language
from appliance.acd.prompts import Words

MONEY: dict[str, Words] = {
    "money_limit": Words(
        "No llegó a salir hacia el {number} por la línea {line}: al límite {limit} le quedaban {left} de {most}, y "
        "costaba al menos {cost}.",
        "It was not placed to {number} on line {line}: limit {limit} had {left} left of {most}, and it would cost "
        "{cost} at least.",
    ),
    "money_prepaid": Words(
        "No llegó a salir hacia el {number}: en la cuenta de prepago ({limit}) quedaban {left}, y costaba al menos "
        "{cost}.",
        "It was not placed to {number}: the prepaid account ({limit}) had {left} left, and it would cost {cost} at "
        "least.",
    ),
    "money_no_price": Words(
        "No llegó a salir hacia el {number}: ninguna tarifa dice lo que cuesta, y el límite {limit} no lo admite.",
        "It was not placed to {number}: no tariff says what it costs, and limit {limit} does not allow that.",
    ),
    "money_guard_minute": Words(
        "No llegó a salir hacia el {number}: hubo demasiadas llamadas a números caros en un minuto ([fraud_guard]).",
        "It was not placed to {number}: there had been too many calls to costly numbers in a minute ([fraud_guard]).",
    ),
    "money_guard_at_once": Words(
        "No llegó a salir hacia el {number}: ya había en curso todas las llamadas a números caros que se permiten "
        "([fraud_guard]).",
        "It was not placed to {number}: as many calls to costly numbers as may be were up ([fraud_guard]).",
    ),
    "money_guard_hours": Words(
        "No llegó a salir hacia el {number}: a esas horas no se llama a números caros ([fraud_guard]).",
        "It was not placed to {number}: costly numbers are not called at such hours ([fraud_guard]).",
    ),
    "low": Words(
        "Se avisó al agente de que se acababa el dinero del límite {limit}: quedaban {seconds} s.",
        "The agent was told that the money of limit {limit} was running out: {seconds} s were left.",
    ),
    "out": Words(
        "Se cortó: el límite {limit} no tenía dinero para seguir.", "It was cut: limit {limit} had no money to go on."
    ),
}


def money_told(reason: str, detail: str, language: Language) -> str:
    """The sentence of a decision about money, by its codes; "" for a code of a newer version."""
    words = MONEY.get(reason)
    if words is None:
        return ""
    parts = [*detail.split("|"), "", "", "", "", "", ""]
    values = {"limit": parts[0], "seconds": _number(parts[1]) // 1000}
    if reason.startswith("money_"):
        left, most, cost = (amount(max(0, _number(part)), language) for part in parts[3:6])
        values = {"number": parts[0], "line": parts[1], "limit": parts[2], "left": left, "most": most, "cost": cost}
    return (words.en if language == "en" else words.es).format(**values)


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() else 0
