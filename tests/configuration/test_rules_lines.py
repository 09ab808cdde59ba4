"""Lines that dial: what the plan gets of their numbers, prices and minutes, and what of it is refused."""

import random
import re
from pathlib import Path

import pytest

from appliance.acd.line_plan import AllowancePlan
from appliance.acd.numbers import may_be_dialled
from appliance.configuration.file import ConfigurationError
from appliance.configuration.numbering import COUNTRIES
from appliance.configuration.numbering import may_be_dialled as may_be_dialled_by_the_file
from appliance.configuration.rules import check
from appliance.daemon.plan_builder import build_plan
from hw.boards import load_board
from tests.configuration.offices import office

BOARD, MODELS = load_board("laptop"), {"sim7600", "usr5637"}
MOBILE = 'queue = "ventas"'
BOX = 'name = "oficina"'


def test_numbers_prices_and_minutes_are_in_the_plan(tmp_path: Path) -> None:
    text = MOBILE + (
        '\ncalls = ["6", "+347", "+351"]\nallowance_minutes = 300\nallowance_resets_on_day = 15\n'
        "allowance_first_increment_s = 30\nallowance_next_increment_s = 1\n"
        'cost_micros_per_minute = { "" = 90000, "+34" = 20000, "0044" = 10 }'
    )
    configuration = office(tmp_path, (MOBILE, text))
    check(configuration, BOARD, MODELS, prompts={"greeting"})
    line = build_plan(configuration).lines[0]
    assert line.calls == {"6": True, "7": True, "00351": True}
    assert line.costs == {"": 20_000, "00": 90_000, "0044": 10}
    covers = {"": True, "00": False} | dict.fromkeys(("803", "806", "807", "905", "907", "118"), False)
    assert line.allowance == AllowancePlan(18_000_000, 15, covers, 30_000, 1_000)


def test_all_of_the_country_is_none_abroad(tmp_path: Path) -> None:
    text = f'{MOBILE}\ncalls = ["+34"]\nallowance_minutes = 1\nallowance_calls = ["6", "+351"]'
    line = build_plan(office(tmp_path, (MOBILE, text))).lines[0]
    assert line.calls == {"00": False, "": True}
    assert {start: included for start, included in line.allowance.covers.items() if start in ("", "6", "00351")} == {
        "": False,
        "6": True,
        "00351": True,
    }


def test_a_line_of_which_nothing_is_said_dials_everything_for_nothing(tmp_path: Path) -> None:
    line = build_plan(office(tmp_path)).lines[0]
    assert (line.calls, line.costs, line.allowance) == ({}, {}, AllowancePlan())


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('mode = "in"\ncalls = ["6"]', 'calls: nothing is dialled on a line with mode = "in". Remove it.'),
        ('mode = "in"\nallowance_minutes = 3', "allowance_minutes: nothing is dialled"),
        ("allowance_resets_on_day = 3", "allowance_resets_on_day: there are no minutes."),
        ('allowance_calls = ["6"]', "allowance_calls: there are no minutes."),
        ("allowance_next_increment_s = 1", "allowance_next_increment_s: there are no minutes."),
        ('allowance_pool = "p"', "allowance_pool: there are no minutes."),
        ('allowance_minutes = 3\nallowance_until = "2026-02-30"', "allowance_until: 2026-02-30 is no day"),
        ('calls = ["34"]', "calls: 34 may mean two things. Write +34 if 34 is the country's code, or +3434 for"),
        ('calls = ["6", "+346"]', "calls: +346 is written twice (as 6 too). Keep one of them."),
        ('cost_micros_per_minute = { "6" = 1, "+346" = 2 }', "cost_micros_per_minute: +346 is written twice"),
    ],
)
def test_what_does_not_hold_is_refused_with_its_key(tmp_path: Path, keys: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"[[line]] movil1, {problem}")):
        check(office(tmp_path, (MOBILE, f"{MOBILE}\n{keys}")), BOARD, MODELS, prompts={"greeting"})


def test_lines_that_share_minutes_say_the_same_of_them(tmp_path: Path) -> None:
    pool = 'allowance_pool = "empresa"\nallowance_minutes'
    changes = ((MOBILE, f"{MOBILE}\n{pool} = 300"), ('name = "fijo"', f'name = "fijo"\n{pool} = 200'))
    expected = "[[line]] fijo, allowance_minutes: it shares its minutes with movil1, where this is 300."
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        check(office(tmp_path, *changes), BOARD, MODELS, prompts={"greeting"})


@pytest.mark.parametrize("driver", ["fxo", "sip"])
@pytest.mark.parametrize("key", ["messages_per_minute = 10", "messages_per_day = 100", "messages_per_day = 0"])
def test_only_a_gsm_modem_sends_messages(tmp_path: Path, driver: str, key: str) -> None:
    """Also when what is written is what would hold without it."""
    configuration = office(tmp_path, (f'driver = "{driver}"', f'driver = "{driver}"\n{key}'))
    line = next(one for one in configuration.line if one.driver == driver)
    problem = f'[[line]] {line.name}, {key.partition(" ")[0]}: only a line with driver = "gsm" sends text messages.'
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        check(configuration, BOARD, MODELS, prompts={"greeting"})


def test_how_many_messages_a_line_sends_is_in_the_plan(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path)).lines
    assert {(line.messages_per_minute, line.messages_per_day) for line in plan} == {(10, 100), (10, 0)}
    written = office(tmp_path, (MOBILE, f"{MOBILE}\nmessages_per_minute = 3\nmessages_per_day = 0"))
    check(written, BOARD, MODELS, prompts={"greeting"})
    line = build_plan(written).lines[0]
    assert (line.messages_per_minute, line.messages_per_day) == (3, 0)


@pytest.mark.parametrize(
    ("number", "dialling", "refused"),
    [
        ("910111222", "", ""),
        ("+441214960000", "", "+441214960000 may not be dialled: it is another country's"),
        ("0044121496000", "", "0044121496000 may not be dialled"),
        ("803111222", "", "803111222 may not be dialled"),
        ("1004", "", "1004 may not be dialled"),
        ("+441214960000", "international = true", ""),
        ("803111222", "premium = true", ""),
        ("1004", 'allowed = ["1004"]', ""),
    ],
)
def test_callers_are_sent_only_where_the_box_may_dial(tmp_path: Path, number: str, dialling: str, refused: str) -> None:
    changes = (
        ('on_full = "queue:soporte"', f'on_full = "number:{number}"'),
        ("[[line]]", f"[dialling]\n{dialling}\n\n[[line]]"),
    )
    configuration = office(tmp_path, *changes)
    if not refused:
        check(configuration, BOARD, MODELS, prompts={"greeting"})
        return
    with pytest.raises(ConfigurationError, match=re.escape(f"[[queue]] ventas, on_full: {refused}")):
        check(configuration, BOARD, MODELS, prompts={"greeting"})


def test_callers_are_sent_only_where_some_line_dials(tmp_path: Path) -> None:
    only = tuple((f'driver = "{driver}"', f'driver = "{driver}"\ncalls = ["6"]') for driver in ("gsm", "fxo", "sip"))
    only += (('mode = "out"', 'mode = "out"\ncalls = ["+34", "91"]'),)
    to = ('on_full = "queue:soporte"', 'on_full = "number:910111222"')
    check(office(tmp_path, to, *only), BOARD, MODELS, prompts={"greeting"})
    with pytest.raises(ConfigurationError, match=re.escape("[[queue]] ventas, on_full: no line dials 910111222.")):
        check(office(tmp_path, to, *only[:3], ('mode = "out"', 'mode = "in"')), BOARD, MODELS, prompts={"greeting"})


def test_the_file_and_the_acd_agree_on_every_number(tmp_path: Path) -> None:
    rng = random.Random(4)
    tables = ("", "international = true", "premium = true", 'allowed = ["+351", "10"]\nbarred = ["9", "+346"]')
    for country in (*COUNTRIES, "FR"):
        for table in tables:
            change = (BOX, f'{BOX}\ncountry = "{country}"'), ("[[line]]", f"[dialling]\n{table}\n\n[[line]]")
            configuration = office(tmp_path, *change)
            plan = build_plan(configuration)
            known = COUNTRIES.get(country)
            for _ in range(300):
                digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(2, 12)))
                start = rng.choice(("", "", "+", "00", "011", "+1", "+34", "34", *(known.premium if known else ())))
                number = start + digits
                if number.removeprefix("+").isdigit() and number != "+":
                    by_file = may_be_dialled_by_the_file(number, configuration.dialling, country)
                    assert by_file == may_be_dialled(plan, number), f"{number} in {country} with {table!r}"
