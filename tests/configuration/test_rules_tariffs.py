"""What a tariff may not say: hours and days that are none, and beginnings of numbers that could be of two countries."""

from pathlib import Path

import pytest

from appliance.configuration.file import ConfigurationError
from appliance.configuration.rules import check
from hw.boards import load_board
from tests.configuration.offices import office

BOARD, MODELS = load_board("laptop"), {"sim7600", "usr5637"}
MOVILES = 'prefix = "+346"\nline = "movil1"'
WRONG: dict[str, tuple[str, str, str]] = {
    "a prefix without a country": (
        MOVILES,
        'prefix = "6"\nline = "movil1"',
        r"moviles, prefix: 6 has no country\. Write \+346 for",
    ),
    "a prefix with the zero before it": (MOVILES, 'prefix = "0600"', r"0600 has no country\. Write \+34600 .* =0600"),
    "a prefix that is every number": (MOVILES, 'prefix = "00"', r'00 begins every number\. Write ""'),
    "tariff's hours": (MOVILES, f'{MOVILES}\nhours = "noches"', r"moviles, hours: .*noches.*: diario"),
    "tariff's day": (MOVILES, f'{MOVILES}\nvalid_to = "2026-02-30"', r"moviles, valid_to: 2026-02-30 is no day"),
    "tariff that ends before it begins": (
        MOVILES,
        f'{MOVILES}\nvalid_from = "2026-03-02"\nvalid_to = "2026-03-01"',
        r"moviles, valid_to: 2026-03-01 is before 2026-03-02",
    ),
    "what is dialled counted by the line": (
        MOVILES,
        f'{MOVILES}\ncounts = "line"',
        r"moviles, counts: line is for calls in .*what is dialled is counted so anyway",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_tariff_that_cannot_be_meant_is_refused(case: str, tmp_path: Path) -> None:
    old, new, expected = WRONG[case]
    with pytest.raises(ConfigurationError, match=expected):
        check(office(tmp_path, (old, new)), BOARD, MODELS)


@pytest.mark.parametrize("prefix", ["", "+346", "00346", "=1004"])
def test_a_beginning_that_is_of_one_country_or_none_is_taken(prefix: str, tmp_path: Path) -> None:
    check(office(tmp_path, (MOVILES, f'prefix = "{prefix}"\nline = "movil1"')), BOARD, MODELS)
