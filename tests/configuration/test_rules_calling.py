"""Calling out and calling back in the file: what the plan gets of it, which numbers may be dialled, what is refused."""

import re
from pathlib import Path

import pytest

from appliance.acd.numbers import may_be_dialled
from appliance.acd.plan import CallbackPlan
from appliance.configuration.file import ConfigurationError
from appliance.configuration.rules import check
from appliance.daemon.plan_builder import build_plan
from hw.boards import load_board
from tests.configuration.offices import office

BOARD, MODELS = load_board("laptop"), {"sim7600", "usr5637"}
TITLE = 'title = "Ventas"'
KEYS = TITLE + '\nexit_keys = { "1" = "callback" }'
BOX = 'name = "oficina"'


def test_calling_back_is_in_the_plan(tmp_path: Path) -> None:
    text = KEYS + (
        '\nresume_s = 90\nwhisper = ["queue", "wait"]\n'
        'callback = { first = "customer", offer_after_s = 45, attempts = 2, retry_s = 600, hours = "diario" }'
    )
    configuration = office(tmp_path, (TITLE, text))
    check(configuration, BOARD, MODELS, prompts={"greeting"})
    queue = build_plan(configuration).queues[0]
    assert queue.callback == CallbackPlan("customer", 45_000, 2, 600_000, "diario")
    assert (queue.resume_ms, queue.whisper, queue.exit_keys["1"].to) == (90_000, ("queue", "wait"), "callback")


def test_lines_carry_as_many_calls_as_they_can(tmp_path: Path) -> None:
    plan = build_plan(office(tmp_path, ("address_port = 5070", "address_port = 5070\nchannels = 4")))
    assert [line.channels for line in plan.lines] == [1, 1, 0, 4]


@pytest.mark.parametrize(
    ("table", "may", "may_not"),
    [
        (
            "",
            ("910111222", "+34910111222", "0034600111222"),
            ("0049301234567", "+49301234567", "803123456", "905111222"),
        ),
        ("international = true", ("+49301234567", "0049301234567"), ("803123456",)),
        ("premium = true", ("803123456",), ("+49301234567",)),
        ('allowed = ["+351", "8031"]', ("+351211234567", "00351211234567", "803123456"), ("803223456", "+49301234567")),
        ('barred = ["+346", "9"]', ("700111222",), ("600111222", "+34600111222", "910111222")),
    ],
)
def test_which_numbers_may_be_dialled(
    tmp_path: Path, table: str, may: tuple[str, ...], may_not: tuple[str, ...]
) -> None:
    plan = build_plan(office(tmp_path, ("[[line]]", f"[dialling]\n{table}\ntimeout_s = 30\n\n[[line]]")))
    assert plan.dial_timeout_ms == 30_000
    assert [number for number in may if not may_be_dialled(plan, number)] == []
    assert [number for number in may_not if may_be_dialled(plan, number)] == []


@pytest.mark.parametrize(
    ("country", "emergency", "abroad"),
    [
        ("ES", "091", "0049301234567"),
        ("CO", "123", "+34910111222"),
        ("US", "911", "01134910111222"),
        ("FR", "112", "0034"),
    ],
)
def test_each_country_has_its_emergencies_and_its_way_abroad(
    tmp_path: Path, country: str, emergency: str, abroad: str
) -> None:
    plan = build_plan(office(tmp_path, (BOX, f'{BOX}\ncountry = "{country}"')))
    assert emergency in plan.emergency and "112" in plan.emergency
    assert not may_be_dialled(plan, abroad)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            ((TITLE, f"{TITLE}\ncallback = {{ offer_after_s = 30 }}"),),
            "[[queue]] ventas, callback.offer_after_s: no key leads to a call back",
        ),
        (
            ((TITLE, f'{TITLE}\nexit_keys = {{ "*" = "callback" }}\ncallback = {{ offer_after_s = 30 }}'),),
            "[[queue]] ventas, callback.offer_after_s: the box cannot say the key *.",
        ),
        (
            ((TITLE, f'{KEYS}\ncallback = {{ hours = "nunca" }}'),),
            '[[queue]] ventas, callback.hours: no hours table is called "nunca". Write one of: diario.',
        ),
        (
            (("[[line]]", '[dialling]\nallowed = ["+351"]\nbarred = ["+351"]\n\n[[line]]'),),
            "[dialling] allowed: +351 is in `barred` too.",
        ),
        (
            (('queue = "ventas"', 'queue = "ventas"\nchannels = 2'),),
            "[[line]] movil1, channels: a modem carries one call.",
        ),
    ],
)
def test_what_does_not_hold_is_refused_with_its_key(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        check(office(tmp_path, *changes), BOARD, MODELS, prompts={"greeting"})


@pytest.mark.parametrize(
    ("number", "mode", "says"),
    [
        ("112", "both", "112 may not be called"),
        ("803123456", "both", "803123456 may not be called"),
        ("+4915112345", "both", r"\+4915112345 may not be called"),
        ("600123123", "in", "no line can send a text message"),
    ],
)
def test_who_is_to_be_told_by_message_can_be(tmp_path: Path, number: str, mode: str, says: str) -> None:
    configuration = office(
        tmp_path, (BOX, f'{BOX}\nalert_number = "{number}"'), ('driver = "gsm"', f'driver = "gsm"\nmode = "{mode}"')
    )
    with pytest.raises(ConfigurationError, match=says):
        check(configuration, BOARD, MODELS, prompts={"greeting"})


def test_who_is_told_by_message_is_in_the_file(tmp_path: Path) -> None:
    configuration = office(tmp_path, (BOX, f'{BOX}\nalert_number = "+34600123123"'))
    check(configuration, BOARD, MODELS, prompts={"greeting"})
    assert configuration.box.alert_number == "+34600123123"
