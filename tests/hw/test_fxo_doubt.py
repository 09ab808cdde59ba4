"""When a call of an analogue line is taken for one that was never answered, and when for a talk that is over."""

import ctypes
from typing import NoReturn

import pytest

from hw.devices import EndCause
from hw.dle import EventName
from hw.fxo_calls import DOUBT_LASTS_MS, SOMEBODY_MS, FxoCall
from hw.fxo_ear import FxoEar
from hw.signals.libraries import spandsp


def _assumed(heard_ms: int = 0, is_listened_to: bool = True) -> FxoCall:
    call = FxoCall(incoming=False, number="912345678", is_listened_to=is_listened_to)
    call.answered, call.evidence, call.answered_ms, call.heard_ms = True, "assumed", 10_000, heard_ms
    return call


def _ends(call: FxoCall, event: EventName, now_ms: float) -> EndCause:
    """By the tone that a modem tells, again and again."""
    assert call.noticed(event, now_ms) == "nothing"
    assert call.noticed(event, now_ms + 4_000) == "gone"
    return call.cause


@pytest.mark.parametrize("event", ["busy", "congestion"])
def test_a_tone_where_nobody_was_heard_says_that_there_was_no_answer(event: EventName) -> None:
    assert _ends(_assumed(), event, 20_000) == event
    assert _ends(_assumed(SOMEBODY_MS), event, 20_000) == "normal"


@pytest.mark.parametrize("event", ["busy", "congestion"])
def test_one_early_report_of_a_tone_says_nothing_about_how_the_talk_ends(event: EventName) -> None:
    call = _assumed()
    assert call.noticed(event, 12_000) == "nothing"
    call.heard_ms = 40_000
    assert _ends(call, event, 90_000) == "normal"
    call = _assumed()
    assert call.noticed(event, 12_000) == "nothing"
    call.heard_ms = 40_000
    assert call.noticed("dial_tone", 90_000) == "gone"
    assert call.cause == "normal"


def test_a_talk_of_minutes_is_a_talk_though_nobody_was_heard() -> None:
    assert _ends(_assumed(), "busy", 10_000 + DOUBT_LASTS_MS - 6_000) == "busy"
    assert _ends(_assumed(), "busy", 10_000 + DOUBT_LASTS_MS) == "normal"


def test_a_line_that_nobody_can_listen_to_is_not_doubted() -> None:
    assert _ends(_assumed(is_listened_to=False), "busy", 20_000) == "normal"


def test_without_the_library_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_not_installed(soname: str) -> NoReturn:
        raise OSError(f"{soname}: cannot open shared object file")

    assert FxoEar("ES", False, lambda tone: None).listens
    spandsp.cache_clear()
    monkeypatch.setattr(ctypes, "PyDLL", is_not_installed)
    ear = FxoEar("ES", False, lambda tone: None)
    assert ear.heard(b"\x00\x10" * 160) == b"\x00\x10" * 160
    assert not ear.listens


def test_a_voice_proves_an_answer_only_where_somebody_was_heard() -> None:
    """The modem alone may tell our own, which comes back."""
    assert _assumed(is_listened_to=False).noticed("voice", 20_000) == "nothing"
    assert _assumed().noticed("voice", 10_000 + DOUBT_LASTS_MS) == "nothing"
    assert _assumed(SOMEBODY_MS).noticed("voice", 20_000) == "proved"
