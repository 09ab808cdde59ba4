"""Telephone numbers as one person's: the same number written nationally and internationally is one key."""

from appliance.acd.plan import Plan

LONGEST = 32
"""Digits and signs of a number that is dialled: E.164 has 15 digits, prefixes and codes come before them."""
_INTERNATIONAL = ("+", "00")


def key(plan: Plan, number: str) -> str:
    """The national form of a number of the box's country, whatever is written before it; any other with `+`.

    ITU-T E.164: `+34600…` and `0034600…` are `600…` in Spain. A number that is none of these is its own key.
    """
    for prefix in _INTERNATIONAL:
        if number.startswith(prefix) and plan.country_code:
            rest = number.removeprefix(prefix)
            at_home = rest.startswith(plan.country_code) and len(rest) > len(plan.country_code)
            return rest.removeprefix(plan.country_code) if at_home else f"+{rest}"
    return number


def is_dialable(number: str) -> bool:
    """Whether this can be dialled at all: digits, with a + in front perhaps."""
    digits = number.removeprefix("+")
    return 0 < len(number) <= LONGEST and digits.isascii() and digits.isdigit()


def may_be_dialled(plan: Plan, number: str) -> bool:
    """By the plan's rules: the longest beginning of the number that has one decides."""
    if not is_dialable(number):
        return False
    national = key(plan, number)
    if national.startswith("+"):
        national = f"00{national[1:]}"
    return next(
        (plan.dial_rules[national[:n]] for n in range(len(national), -1, -1) if national[:n] in plan.dial_rules), True
    )
