"""How countries write telephone numbers, and how the file's numbers are written then: one row a country."""

from typing import NamedTuple


class Country(NamedTuple):
    """`national_digits`: of a whole number without the country's code; `abroad`: dialled before such a code."""

    code: str
    national_digits: int
    abroad: str = "00"


COUNTRIES = {
    "AR": Country("54", 10),
    "CO": Country("57", 10),
    "ES": Country("34", 9),
    "MX": Country("52", 10),
    "US": Country("1", 10, "011"),
}
"""ITU-T E.164 and the national numbering plans. Of other countries nothing is guessed."""


def numbering(country: str) -> Country:
    return COUNTRIES.get(country, Country("", 0))


def written(number: str, country: str, *, prefix: bool = False) -> str:
    """A number of the file with `+` and its country's code. Without `+` it is a national one, if it is long enough for
    one (a prefix always is); shorter ones are a carrier's own, and stay as they are."""
    known = numbering(country)
    national = prefix or len(number) == known.national_digits
    return f"+{known.code}{number}" if known.code and number.isdigit() and national else number
