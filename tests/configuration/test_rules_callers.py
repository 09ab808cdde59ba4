"""How the file's numbers are written, against how the ACD writes what the network tells: one person is one number."""

from pathlib import Path

import pytest

from appliance.acd.callers import known
from appliance.acd.numbers import spelled
from appliance.acd.plan import Plan
from appliance.configuration.file import ConfigurationError
from appliance.configuration.file_menus import Caller
from appliance.configuration.numbering import COUNTRIES, numbering, written
from appliance.configuration.rules import check
from appliance.daemon.plan_menus import callers_of
from tests.configuration.test_rules_menus import BOARD, MODELS, PROMPTS, with_menus

BLOCKED = 'number = "withheld"\nblocked = true'


def plan_of(country: str, *callers: Caller) -> Plan:
    about = numbering(country)
    return Plan(
        "box",
        country_code=about.code,
        national_digits=about.national_digits,
        abroad=about.abroad,
        callers=callers_of(callers, country),
    )


@pytest.mark.parametrize("country", [*COUNTRIES, "FR"])
def test_the_file_and_the_acd_write_numbers_alike(country: str) -> None:
    plan, about = plan_of(country), numbering(country)
    for length in range(2, 16):
        for begins in ("", "+", about.code, f"+{about.code}", about.abroad, "0", "1", "9"):
            number = (begins + "634512789012345")[:length]
            assert written(number, country) == spelled(plan, number), number


@pytest.mark.parametrize(
    ("country", "number", "told"),
    [
        ("ES", "34600111222", "600111222"),
        ("ES", "600111222", "0034600111222"),
        ("US", "12125550100", "+12125550100"),
        ("US", "01134600111222", "+34600111222"),
        ("MX", "525512345678", "5512345678"),
    ],
)
def test_a_caller_is_known_however_the_number_is_written(country: str, number: str, told: str) -> None:
    who = known(plan_of(country, Caller(number=number, blocked=True)), told)
    assert who is not None and who.blocked


@pytest.mark.parametrize(
    ("country", "caller", "problem"),
    [
        ("ES", 'number = "34600111222"', "34600111222 is written twice .as 600111222 too"),
        ("ES", 'prefix = "34600"', r'34600, prefix: may mean two .* "\+34600" .* "\+3434600"'),
        ("US", 'prefix = "1212"', r"1212, prefix: may mean two"),
        ("US", 'number = "01134600111222"', r'01134600111222, number: write \+ for the 011 .*"\+34600111222"'),
        ("US", 'prefix = "01134"', r'01134, prefix: write \+ for the 011 .*"\+34"'),
        ("ES", 'prefix = "6001112223"', "6001112223, prefix: no number here has more than 9 digits"),
    ],
)
def test_who_would_never_be_known_is_refused(country: str, caller: str, problem: str, tmp_path: Path) -> None:
    box = ('name = "oficina"\n', f'name = "oficina"\ncountry = "{country}"\n')
    with pytest.raises(ConfigurationError, match=problem) as refused:
        check(with_menus(tmp_path, (BLOCKED, caller), box), BOARD, MODELS, prompts=PROMPTS)
    assert str(refused.value).startswith("1 problem")
