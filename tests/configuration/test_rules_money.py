"""The rules of limits and of the fraud guard, and what billing gets of them."""

from pathlib import Path

import pytest

from appliance.acd.plan import Hours
from appliance.billing.limit_terms import Guard, Limit
from appliance.configuration.file import ConfigurationError, read_configuration
from appliance.configuration.rules_money import money_problems
from appliance.daemon.limits_builder import build_guard, build_limits

OFFICE = """
[[line]]
name = "gsm"
driver = "gsm"
queue = "ventas"
[[queue]]
name = "ventas"
title = "Ventas"
agents = []
client = "acme"
project = "tienda"
[[hours]]
name = "oficina"
spans = [{ days = "mon-fri", open = "09:00", close = "18:00" }]
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "office.toml"
    path.write_text(OFFICE + text)
    return list(money_problems(read_configuration(path)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\nper = "day"', "[[limit]] a, maximum_micros: says no amount"),
        ('name = "a"\nmaximum_micros = 5', "[[limit]] a, per: says no time"),
        ('name = "a"\nper = "day"\nmaximum_micros = 5\nline = "otra"', 'no line is called "otra"'),
        ('name = "a"\nper = "day"\nmaximum_micros = 5\nagent = "otra"', 'no agent is called "otra"'),
        ('name = "a"\nper = "day"\nmaximum_micros = 5\nclient = "otro"', "no queue's client is called"),
        ('name = "a"\nper = "day"\nmaximum_micros = 5\nproject = "otro"', "Write one of: tienda"),
        ('name = "a"\nprepaid = true', "[[limit]] a, client: an account is a client's. Name one"),
        ('name = "a"\nprepaid = true\nclient = "acme"\nline = "gsm"', "a, line: an account is a client's alone"),
        ('name = "a"\nprepaid = true\nclient = "acme"\nper = "day"', "a, per: an account is a client's alone"),
        ('name = "a"\nprepaid = true\nclient = "acme"\nmaximum_micros = 5', "is what was paid in"),
    ],
)
def test_a_limit_that_does_not_hold_is_told_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"[[limit]]\n{text}\n")
    assert said in problem


def test_two_limits_of_a_name_are_told(tmp_path: Path) -> None:
    one = '[[limit]]\nname = "a"\nper = "day"\nmaximum_micros = 5\n'
    (problem,) = problems(tmp_path, one + one)
    assert "written 2 times" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('costly = ["00"]', "nothing is done about costly numbers"),
        ("costly_from_micros = 5", "nothing is done about costly numbers"),
        ("concurrent = 1", "no number is costly"),
        ('costly = ["00"]\nhours = "noche"', 'no hours table is called "noche"'),
    ],
)
def test_a_guard_that_does_nothing_is_told(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"[fraud_guard]\n{text}\n")
    assert said in problem


@pytest.mark.parametrize("text", ['per = "week"', 'line = "A B"', "warn_s = -1", 'unknown_price = "maybe"'])
def test_the_shape_is_kept(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"limit\[0\]"):
        problems(tmp_path, f'[[limit]]\nname = "a"\n{text}\n')


def test_what_billing_gets(tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    limits = '[[limit]]\nname = "a"\nper = "hour"\nmaximum_micros = 5\nagent = "*"\nwarn_s = 2.5\n'
    limits += '[[limit]]\nname = "b"\nprepaid = true\nclient = "acme"\nunknown_price = "allow"\n'
    guard = '[fraud_guard]\ncostly = ["00", "0053", "901", "+44"]\ncalls_per_minute = 2\nhours = "oficina"\n'
    path.write_text(OFFICE + limits + guard)
    configuration = read_configuration(path)
    assert list(money_problems(configuration)) == []
    assert build_limits(configuration) == (
        Limit("a", "hour", 5, agent="*", warn_ms=2_500),
        Limit("b", "prepaid", client="acme", refuses_unknown=False),
    )
    made = build_guard(configuration)
    assert (made.prefixes, made.abroad_of) == (("+53", "+34901", "=901", "+44"), "+34")
    assert isinstance(made.hours, Hours) and (made.calls_a_minute, made.at_once) == (2, 0)
    path.write_text(OFFICE)
    assert build_guard(read_configuration(path)) == Guard()
