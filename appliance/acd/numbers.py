"""Telephone numbers as one person's: the same number written nationally and internationally is one key."""

from collections.abc import Collection
from typing import Literal, TypeVar

from appliance.acd.plan import Plan

T = TypeVar("T")
WhyNot = Literal["", "no_number", "emergency", "abroad", "barred", "odd"]
"""Why a number is not dialled: it is none, an emergency's, another country's, one the rules name, one of odd length."""
FEW = 8
"""So many beginnings are sooner looked at one by one than a number cut at every digit."""
ABROAD = "00"
"""Before the codes of other countries in the plan, whatever is dialled for it in the box's own."""
LONGEST = 32
"""Digits and signs of a number that is dialled: E.164 has 15 digits, prefixes and codes come before them."""


def spelled(plan: Plan, number: str) -> str:
    """A number with `+` and its country's code, if that can be told; else as it is, without spaces (ITU-T E.164).

    In Spain `+34600…`, `0034600…`, `34600…` with just as many digits as a whole number has, and `600…` are one. What is
    shorter (a carrier's short code, an extension) or has letters stays what it is.
    """
    digits = "".join(one for one in number if one not in " -().")
    if digits.startswith("+") or not (digits.isascii() and digits.isdigit()):
        return digits
    code, abroad = plan.country_code, plan.abroad
    if abroad and digits.startswith(abroad):
        return f"+{digits.removeprefix(abroad)}"
    if code and len(digits) == plan.national_digits:
        return f"+{code}{digits}"
    if code and digits.startswith(code) and len(digits) == len(code) + plan.national_digits:
        return f"+{digits}"
    return digits


def key(plan: Plan, number: str) -> str:
    """The national form of a number of the box's country, whatever is written before it; any other with `+`.

    A number that is none of these is its own key.
    """
    if not plan.country_code:
        return number
    written = spelled(plan, number)
    return written.removeprefix(f"+{plan.country_code}") or written


def remember(known: dict[str, T], key: str, what: T, most: int) -> None:
    """Keep this as the newest of what is known by number, and no more than `most`: the oldest is forgotten."""
    known.pop(key, None)
    known[key] = what
    if len(known) > most:
        del known[next(iter(known))]


def is_dialable(number: str) -> bool:
    """Whether this can be dialled at all: digits, with a + in front perhaps."""
    digits = number.removeprefix("+")
    return 0 < len(number) <= LONGEST and digits.isascii() and digits.isdigit()


def may_be_called_back(plan: Plan, number: str) -> bool:
    """Whether the box may call this number by itself: never an emergency's, whoever seems to have called with it."""
    return not why_not_called_back(plan, number)


def why_not_called_back(plan: Plan, number: str) -> WhyNot:
    """ "" when it may. A caller can show any number, one that costs whoever calls it above all."""
    return "emergency" if key(plan, number) in plan.emergency else why_not_dialled(plan, number)


def may_be_dialled(plan: Plan, number: str) -> bool:
    return not why_not_dialled(plan, number)


def why_not_dialled(plan: Plan, number: str) -> WhyNot:
    """By the plan's rules: the longest beginning of the number that has one decides. Without one a whole national
    number may be dialled, and nothing else where it is known how long those are: carriers give short and odd numbers
    meanings, some of them costly. "" when it may."""
    if not is_dialable(number):
        return "no_number"
    dialled = rule_form(plan, number)
    rules = plan.dial_rules
    fits = beginning_of(dialled, rules)
    if fits is not None:
        return "" if rules[fits] else "abroad" if fits.startswith(ABROAD) else "barred"
    usual = dialled.startswith(ABROAD) or not plan.national_digits or len(dialled) == plan.national_digits
    return "" if usual else "odd"


def rule_form(plan: Plan, number: str) -> str:
    """A number as the beginnings in the plan are written: nationally, another country's with 00."""
    dialled = key(plan, number)
    return f"{ABROAD}{dialled[1:]}" if dialled.startswith("+") else dialled


def beginning_of(dialled: str, beginnings: Collection[str]) -> str | None:
    """The longest of these that a number, in `rule_form`, begins with; None when it begins with none of them."""
    if len(beginnings) <= FEW:
        best = None
        for one in beginnings:
            if dialled.startswith(one) and (best is None or len(one) > len(best)):
                best = one
        return best
    return next((dialled[:n] for n in range(len(dialled), -1, -1) if dialled[:n] in beginnings), None)
