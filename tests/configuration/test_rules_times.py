"""The rules of the agents' time: shifts, pauses, after-call work and closing refuse what cannot be kept."""

import re
from pathlib import Path

import pytest

from appliance.configuration.file import ConfigurationError
from appliance.configuration.rules import check
from hw.boards import load_board
from tests.configuration.offices import office

LUIS = 'full_name = "Luis Gil"\nnumber = "12"\nstation = "mesa2"'
SOPORTE = 'title = "Soporte"\nagents = ["luis"]'
VENTAS = 'agents = ["ana", "luis"]'
HOURS = '\n[[hours]]\nname = "diario"'
SHIFT = '[[shift]]\nname = "manana"\nspans = [{ days = "mon-fri", open = "08:00", close = "15:00" }]\n'
PAUSE = '[[pause]]\ncode = "cafe"\n'

CASES = {
    "an agent's shift": (
        LUIS,
        LUIS + '\nshift = "noche"',
        r"\[\[agent\]\] luis, shift: no shift is called .*noche",
    ),
    "agent of a shift": (HOURS, SHIFT + 'agents = ["eva"]' + HOURS, r"\[\[shift\]\] manana, agents: .*eva.*ana, luis"),
    "a shift of nobody": (HOURS, SHIFT + HOURS, r"manana, agents: nobody works in this shift"),
    "a shift that ends before it begins": (
        HOURS,
        SHIFT.replace("15:00", "07:00") + 'agents = ["ana"]' + HOURS,
        r"\[\[shift\]\] manana, close: .*ends before it begins",
    ),
    "a holiday of a shift": (
        HOURS,
        SHIFT + 'agents = ["ana"]\nholidays = ["2026-02-30"]' + HOURS,
        r"\[\[shift\]\] manana, holidays: 2026-02-30 is no day",
    ),
    "two shifts of one name": (
        HOURS,
        2 * (SHIFT + 'agents = ["ana"]\n') + HOURS,
        r'name = "manana" is written 2 times',
    ),
    "a reason of the box": (
        HOURS,
        '[[pause]]\ncode = "missed"\n' + HOURS,
        r"\[\[pause\]\] missed, code: .*gives itself",
    ),
    "a reason twice": (HOURS, 2 * PAUSE + HOURS, r'\[\[pause\]\] code = "cafe" is written 2 times'),
    "a digit twice": (
        HOURS,
        PAUSE + 'digit = "1"\n' + PAUSE.replace("cafe", "comida") + 'digit = "1"\n' + HOURS,
        r'\[\[pause\]\] digit = "1" is written 2 times',
    ),
    "more at once than in a day": (
        HOURS,
        PAUSE + "limit_s = 900\nday_limit_s = 600\n" + HOURS,
        r"cafe, limit_s: one pause may be 900 s, and all of a day only 600 s",
    ),
    "over no limit": (HOURS, PAUSE + 'when_over = "resume"\n' + HOURS, r"cafe, when_over: without a limit"),
    "a pause at a time that lasts for ever": (
        HOURS,
        PAUSE + 'at = ["11:00"]\n' + HOURS,
        r"cafe, at: nothing says how long",
    ),
    "days of a pause": (HOURS, PAUSE + 'days = "lunes"\n' + HOURS, r'cafe, days: "lunes" is no weekday'),
    "agents of a pause": (
        HOURS,
        PAUSE + 'at = ["11:00"]\nlimit_s = 60\nagents = ["eva"]\n' + HOURS,
        r"cafe, agents: no agent is called .*eva",
    ),
    "queues of a pause": (
        HOURS,
        PAUSE + 'at = ["11:00"]\nlimit_s = 60\nqueues = ["averias"]\n' + HOURS,
        r"cafe, queues: no queue is called .*averias",
    ),
    "shifts of a pause": (
        HOURS,
        PAUSE + 'at = ["11:00"]\nlimit_s = 60\nshifts = ["noche"]\n' + HOURS,
        r"cafe, shifts: no shift is called .*noche",
    ),
    "people of a pause at no time": (
        HOURS,
        PAUSE + 'agents = ["ana"]\n' + HOURS,
        r"cafe, agents: says who is paused at a fixed time, and there is none",
    ),
    "after-call work longer than the longest": (
        VENTAS,
        VENTAS + "\nwrap_up_s = 900",
        r"ventas, wrap_up_longest_s: is less than wrap_up_s \(900 s\)",
    ),
    "closing without hours": (SOPORTE, SOPORTE + '\nat_closing = "send_on"', r"soporte, at_closing: .*no `hours`"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_broken_rule_is_one_problem(case: str, tmp_path: Path) -> None:
    old, new, expected = CASES[case]
    with pytest.raises(ConfigurationError) as refused:
        check(office(tmp_path, (old, new)), load_board("laptop"), {"sim7600", "usr5637"})
    heading, *problems = str(refused.value).splitlines()
    assert heading == "1 problem in the configuration:", str(refused.value)
    assert re.search(expected, problems[0]), problems[0]
    assert problems[0].endswith("."), "a problem ends with what to do, a sentence"
