"""How countries write telephone numbers, which of them are for emergencies or cost extra, and how the file's numbers
are written then: one row a country."""

from collections.abc import Iterable
from typing import NamedTuple

from appliance.configuration.file import Dialling

ABROAD = "00"
"""Before another country's code in the plan, whatever is dialled for it."""


class Country(NamedTuple):
    """`national_digits`: of a whole number without the country's code; `abroad`: dialled before such a code."""

    code: str
    national_digits: int
    abroad: str = "00"
    emergency: tuple[str, ...] = ()
    """Beside 112 and 911, which every mobile network knows (3GPP TS 22.101, 10.1.1)."""
    elsewhere: tuple[str, ...] = ()
    """How national numbers begin that are another country's."""
    premium: tuple[str, ...] = ()
    """How national numbers begin that cost the caller extra."""
    emergency_begins: tuple[str, ...] = ()
    """Emergency numbers that are also how subscribers' numbers begin, as they are dialled at home."""


_SPAIN_EMERGENCY = ("016", "061", "062", "080", "085", "088", "091", "092")
_SPAIN_PREMIUM = ("803", "806", "807", "905", "907", "118")
_CANADA = (
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 460 468 474 506 514 "
    "519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 "
    "905 942"
)
_BERMUDA_AND_CARIBBEAN = "242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876"
_NORTH_AMERICA_ABROAD = (*_CANADA.split(), *_BERMUDA_AND_CARIBBEAN.split())
"""Area codes that are other countries, though dialled like home (NANPA)."""
COUNTRIES = {
    "AR": Country("54", 10, "00", ("100", "101", "107"), (), ("0600", "0609", "600", "609"), ("112", "911")),
    "CO": Country("57", 10, "00", ("123",), (), ("01901", "901")),
    "ES": Country("34", 9, "00", _SPAIN_EMERGENCY, (), _SPAIN_PREMIUM),
    "MX": Country("52", 10, "00", (), (), ("01900", "900")),
    "US": Country("1", 10, "011", (), _NORTH_AMERICA_ABROAD, ("900", "976")),
}
"""ITU-T E.164 and the national numbering plans (for Spain CNMC's, with the "tarificación adicional" ranges). Of other
countries nothing is guessed."""
EMERGENCY_EVERYWHERE = ("112", "911")


def numbering(country: str) -> Country:
    return COUNTRIES.get(country, Country("", 0))


def written(number: str, country: str, *, prefix: bool = False) -> str:
    """A number of the file with `+` and its country's code, just as the ACD writes what the network tells
    (`acd.numbers.spelled`); a prefix without `+` is always a national one. What is shorter is a carrier's own number,
    and stays as it is."""
    known = numbering(country)
    if not number.isdigit():
        return number
    if number.startswith(known.abroad):
        return f"+{number.removeprefix(known.abroad)}"
    if known.code and (prefix or len(number) == known.national_digits):
        return f"+{known.code}{number}"
    if known.code and number.startswith(known.code) and len(number) == len(known.code) + known.national_digits:
        return f"+{number}"
    return number


def emergency_numbers(country: str) -> tuple[str, ...]:
    """Numbers every station can dial whatever the plan says, so no extension may be one."""
    return EMERGENCY_EVERYWHERE + numbering(country).emergency


def as_dialled(prefix: str, known: Country) -> str:
    """A beginning of the file's numbers as the ACD compares it: national, or another country's with 00. "" is the
    country's own code, which is every national number."""
    for sign in ("+", known.abroad):
        if prefix.startswith(sign):
            abroad = prefix.removeprefix(sign)
            return abroad.removeprefix(known.code) if known.code and abroad.startswith(known.code) else f"00{abroad}"
    return prefix


def tariff_prefix(prefix: str, country: str) -> str:
    """A tariff's beginning as the world writes numbers, `+346`; `=1004`, a network's own short number, and "" stay."""
    known = numbering(country)
    for sign in ("00", known.abroad):
        if prefix.startswith(sign):
            return f"+{prefix.removeprefix(sign)}"
    return prefix


def rules_for(prefixes: Iterable[str], country: str) -> dict[str, bool]:
    """Beginnings of the file's numbers as rules of the ACD that say yes. The country's own code is every number of the
    country, and of none abroad."""
    dialled = [as_dialled(prefix, numbering(country)) for prefix in prefixes]
    return ({ABROAD: False} if "" in dialled else {}) | dict.fromkeys(dialled, True)


def dial_rules(dialling: Dialling, country: str) -> dict[str, bool]:
    """Beginning of a number, nationally or with 00 -> whether it may be dialled. The file's own words come last."""
    known = numbering(country)
    rules: dict[str, bool] = {} if dialling.international else {ABROAD: False}
    rules |= {} if dialling.international else dict.fromkeys(known.elsewhere, False)
    rules |= {} if dialling.premium else dict.fromkeys(known.premium, False)
    rules |= {as_dialled(prefix, known): False for prefix in dialling.barred}
    return rules | {as_dialled(prefix, known): True for prefix in dialling.allowed}


def may_be_dialled(number: str, dialling: Dialling, country: str) -> bool:
    """Whether the box will ever dial a number of the file, by the rules of `acd.numbers`."""
    known, dialled = numbering(country), dialled_form(number, country)
    rules = dial_rules(dialling, country)
    rule = next((rules[dialled[:n]] for n in range(len(dialled), 0, -1) if dialled[:n] in rules), None)
    usual = dialled.startswith(ABROAD) or not known.national_digits or len(dialled) == known.national_digits
    return usual if rule is None else rule


def dialled_form(number: str, country: str) -> str:
    """A number of the file as the ACD compares it with beginnings."""
    return as_dialled(written(number, country), numbering(country))
