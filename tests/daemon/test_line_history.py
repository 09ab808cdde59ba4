"""What the store tells of lines: outages with time and cause, calls of a day, no more than is kept; and notices."""

import logging
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import LegRecord, StoreCdr
from appliance.acd.ids import LegId, LineName
from appliance.acd.inputs import LegCause, LineHealth
from appliance.acd.line_effects import StoreLineEvent, StoreNotice
from appliance.daemon.line_history import Notice, Outage, line_histories, notices
from appliance.daemon.messengers import LogMessenger, sentence, tell
from appliance.daemon.queries import open_store
from appliance.daemon.store_writes import LINE_EVENTS_KEPT
from tests.daemon.records import OFFERED_AT, cdr
from tests.daemon.stores import writing

GSM = LineName("gsm1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def event(number: int, health: LineHealth, detail: str = "", previous_ms: int = 0, line: str = GSM) -> StoreLineEvent:
    at = OFFERED_AT + number * 1_000
    return StoreLineEvent(number, LineName(line), at, health, detail, -1, "Movistar", "8934", previous_ms, 0)


def test_outages_have_a_time_a_cause_and_an_end(path: Path) -> None:
    with writing(path) as to:
        to.durable(
            event(1, "starting", "opening the modem"),
            event(2, "up", "registered", 5_000),
            event(3, "down", "unplugged", 60_000),
            event(4, "starting", "opening the modem", 7_000),
            event(5, "degraded", "weak", 3_000),
            event(6, "up", "registered", 1_000),
            event(7, "starting", "", 50_000),
            event(8, "up", "registered", 400),
            event(9, "down", "restarting the modem", 9_000),
        )
    known = line_histories(open_store(path), OFFERED_AT + 60_000)[GSM]
    assert known.outages == (
        Outage(OFFERED_AT + 9_000, 0, False, "restarting the modem", "8934"),
        Outage(OFFERED_AT + 7_000, 400, True, "", "8934"),
        Outage(OFFERED_AT + 3_000, 10_000, True, "unplugged", "8934"),
    ), "what came before it was ever up is no outage"
    assert [one.detail for one in known.events[:2]] == ["restarting the modem", "registered"]


def test_of_each_line_the_newest_are_kept_in_every_life_of_the_acd(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(event(number, "up", f"case {number}") for number in range(1, LINE_EVENTS_KEPT + 21)))
        to.durable(event(1_000, "up", "another", line="trunk"))
        to.durable(event(LINE_EVENTS_KEPT + 20, "up", "said again"))
    with writing(path, epoch=2) as to:
        to.durable(event(1, "down", "after the power cut"))
    store = open_store(path)
    counts = dict(store.execute("select line, count(*) from line_events group by line").fetchall())
    assert counts == {"gsm1": LINE_EVENTS_KEPT, "trunk": 1}
    known = line_histories(store, OFFERED_AT)[GSM]
    assert [one.detail for one in known.events[:2]] == ["after the power cut", f"case {LINE_EVENTS_KEPT + 20}"]


def test_calls_and_faults_of_a_day_are_counted_by_line(path: Path) -> None:
    def leg(number: int, role: str, cause: LegCause, answered_ms: int = -1) -> LegRecord:
        line = None if role == "agent" else GSM
        return LegRecord(LegId(f"l{number}"), role, line, None, None, 0, answered_ms, 9_000, cause)  # type: ignore[arg-type]

    def call(number: int, direction: str, *legs: LegRecord, offered_at: int = OFFERED_AT) -> StoreCdr:
        changed = {"direction": direction, "legs": legs, "offered_at": offered_at, "segments": ()}
        return StoreCdr(msgspec.structs.replace(cdr(number), **changed))

    with writing(path) as to:
        to.durable(
            call(1, "in", leg(1, "caller", "normal", 500), leg(2, "agent", "failed")),
            call(2, "in", leg(3, "caller", "line_lost", 500), leg(4, "number", "normal", 700)),
            call(3, "out", leg(5, "caller", "congestion"), leg(6, "caller", "normal", 800)),
            call(4, "out", leg(7, "caller", "busy")),
            call(5, "out", leg(8, "caller", "normal", 900), offered_at=OFFERED_AT - 86_400_001),
        )
    known = line_histories(open_store(path), OFFERED_AT + 1_000)[GSM]
    assert (known.calls_in, known.calls_out, known.reached) == (2, 4, 2)
    assert known.faults == {"congestion": 1, "line_lost": 1}
    assert known.events == () and known.outages == ()


def test_notices_are_kept_and_told_in_the_language_of_the_box(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    down = StoreNotice(1, "line_down", "gsm1", OFFERED_AT, "the modem restarted by itself")
    up = StoreNotice(2, "line_up", "gsm1", OFFERED_AT + 5, "")
    with writing(path) as to:
        to.durable(down, up, down)
    assert notices(open_store(path)) == [
        Notice("line_up", "gsm1", OFFERED_AT + 5, ""),
        Notice("line_down", "gsm1", OFFERED_AT, "the modem restarted by itself"),
    ]
    assert sentence(down, "es").startswith("La línea gsm1 no funciona: el módem se ha reiniciado solo.")
    assert sentence(msgspec.structs.replace(down, detail=""), "en").startswith(
        "Line gsm1 is down: it has not said why."
    )
    assert sentence(StoreNotice(3, "news", "x", 0, "y"), "es") == "x: y"
    with caplog.at_level(logging.WARNING):
        tell((LogMessenger(),), up, "en")
    assert "Line gsm1 works again." in caplog.text
