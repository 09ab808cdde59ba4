"""What the store keeps of lines: the minutes each has used, and which lines a decision looked at."""

from pathlib import Path

import msgspec
import pytest

from appliance.acd.durable import DurableLine
from appliance.acd.effects import StoreDecision
from appliance.acd.ids import LineName
from appliance.acd.line_effects import LineCandidate, StoreLineUse
from appliance.daemon.decision_rows import Words, decision_of
from appliance.daemon.queries import open_store
from appliance.daemon.store import Store
from tests.daemon.records import decision
from tests.daemon.stores import NOW, OFFICE, writing

GSM, TRUNK = LineName("gsm"), LineName("trunk")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def test_the_last_count_of_each_line_is_given_back_after_a_power_cut(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreLineUse(GSM, "2026-11-01", 60_000), StoreLineUse(TRUNK, "2026-11-15", 30_000))
        to.durable(StoreLineUse(GSM, "2026-12-01", 0), StoreLineUse(GSM, "2026-12-01", 120_000))
    restore = Store(path, OFFICE, lambda: NOW).recover("power_lost")
    assert restore.lines == (DurableLine(GSM, "2026-12-01", 120_000), DurableLine(TRUNK, "2026-11-15", 30_000))


def test_a_replay_that_says_the_older_count_again_ends_at_the_newer(path: Path) -> None:
    counts = [StoreLineUse(GSM, "2026-11-01", ms) for ms in (60_000, 120_000)]
    with writing(path) as to:
        to.durable(*counts)
        to.durable(*counts)
    (line,) = Store(path, OFFICE, lambda: NOW).recover("power_lost").lines
    assert line.used_ms == 120_000


def test_a_decision_keeps_the_lines_it_looked_at(path: Path) -> None:
    lines = (
        LineCandidate(GSM, "down", "6", 90_000, 0),
        LineCandidate(TRUNK, "", "", 20_000, -1, True),
    )
    made = msgspec.structs.replace(decision(1), kind="dial", strategy="only_line", lines=lines)
    with writing(path) as to:
        to.durable(StoreDecision(made), StoreDecision(decision(2)))
    store = open_store(path)
    rows = store.execute("select * from decisions order by number").fetchall()
    assert [decision_of(row, Words(store)) for row in rows] == [made, decision(2)]
