"""Machine and rebuild: a replay arrives where the dead ACD was, and an input that cannot be handled is left out."""

from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import RingStation
from appliance.acd.ids import AgentName, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import (
    AgentPause,
    ClockSet,
    DaemonStarted,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegProgress,
    SwitchStarted,
    Tick,
)
from appliance.acd.plan import AgentPlan, Hours, LinePlan, OpenSpan, Plan, QueuePlan, StationPlan
from appliance.daemon.journal import Entry, Journal, Snapshot
from appliance.daemon.machine import MAX_UNACKNOWLEDGED, Machine
from appliance.daemon.rebuild import MAX_SKIPS, rebuild
from appliance.daemon.store import Store
from tests.daemon.stores import NOW, OFFICE

LINE, BAD_LINE, QUEUE = LineName("operador"), LineName("mala"), QueueName("ventas")
ALWAYS = Hours("Europe/Madrid", (OpenSpan((0, 1, 2, 3, 4, 5, 6), 0, 24 * 60),))
PLAN = Plan(
    box="oficina",
    queues=(
        QueuePlan(QUEUE, "Ventas", (AgentName("ana"), AgentName("luis")), hours="siempre", greeting=""),
        QueuePlan(QueueName("mala"), "Mala", (), hours="de_ninguna_parte"),
    ),
    agents=tuple(
        AgentPlan(AgentName(name), name, number, station=StationName(f"mesa-{name}"), auto_login=True)
        for name, number in (("ana", "11"), ("luis", "12"))
    ),
    stations=tuple(
        StationPlan(StationName(f"mesa-{name}"), number, always_reachable=True)
        for name, number in (("ana", "201"), ("luis", "202"))
    ),
    lines=(LinePlan(LINE, queue=QUEUE), LinePlan(BAD_LINE, queue=QueueName("mala"))),
    hours={"siempre": ALWAYS, "de_ninguna_parte": Hours("Nowhere/At_All", ALWAYS.spans)},
)
"""The rules refuse a time zone that is none; a plan with one makes a call on BAD_LINE raise, as a bug would."""
OFFSET = NOW


def offered(number: int, line: LineName = LINE) -> LegOffered:
    return LegOffered(LegId(f"s1-{number}"), line, f"+3460000000{number}", "+34910000000")


def day() -> list[Entry]:
    """A short history with two calls, one over, and a pause."""
    story = [
        DaemonStarted(1),
        ClockSet(OFFSET, True),
        SwitchStarted("s1"),
        offered(1),
        LegProgress(LegId("acd-1")),
        LegAnswered(LegId("s1-1")),
        LegAnswered(LegId("acd-1")),
        offered(2),
        LegAnswered(LegId("s1-2")),
        LegEnded(LegId("s1-1"), "normal"),
        AgentPause(AgentName("luis"), "cafe"),
        Tick(),
        offered(3),
    ]
    entries = []
    seq = 0
    for number, what in enumerate(story):
        of_switch = isinstance(what, LegOffered | LegProgress | LegAnswered | LegEnded)
        seq += of_switch
        first = {"first_effect": 1, "switch_incarnation": "s1"} if isinstance(what, SwitchStarted) else {}
        entries.append(Entry(1_000 + 1_000 * number, what, seq if of_switch else 0, **first))  # type: ignore[arg-type]
    return entries


def everything(machine: Machine) -> bytes:
    return msgspec.msgpack.encode(machine.snapshot("boot", "code", ()))


def test_a_replay_from_any_snapshot_arrives_at_the_same_state_and_numbers() -> None:
    entries = day()
    lived = Machine(PLAN, epoch=1)
    asked = [lived.handle(entry) for entry in entries]
    assert any(isinstance(one.effect, RingStation) for one in lived.unacknowledged)
    for moment in range(len(entries)):
        before = Machine(PLAN, epoch=1)
        for entry in entries[:moment]:
            before.handle(entry)
        again = Machine.from_snapshot(msgspec.msgpack.decode(everything(before), type=Snapshot))
        assert [again.handle(entry) for entry in entries[moment:]] == asked[moment:], moment
        assert everything(again) == everything(lived), moment


def test_effects_are_numbered_without_a_gap_from_the_switchs_first() -> None:
    machine = Machine(PLAN, epoch=1)
    for entry in day():
        machine.handle(entry)
    numbers = [one.seq for one in machine.unacknowledged]
    assert numbers == list(range(1, machine.next_effect))
    machine.done_by_switch(3)
    assert [one.seq for one in machine.unacknowledged] == numbers[3:]


def test_a_switch_goes_on_only_if_it_is_where_we_left_it() -> None:
    machine = Machine(PLAN, epoch=1)
    for entry in day():
        machine.handle(entry)
    last = machine.next_effect - 1
    assert machine.can_go_on_with("s1", last)
    assert machine.can_go_on_with("s1", 0)
    assert not machine.can_go_on_with("s1", last + 1), "it obeyed what we know nothing of"
    assert not machine.can_go_on_with("s2", 0)


def test_effects_for_a_switch_that_stays_away_are_bounded() -> None:
    machine = Machine(PLAN, epoch=1)
    for entry in day():
        machine.handle(entry)
    at_ms = machine.at_ms
    while not machine.give_up_on_switch():
        at_ms += 1_000
        for what in (offered(9), LegEnded(LegId("s1-9"), "normal")):
            machine.handle(Entry(at_ms, what))
        assert len(machine.unacknowledged) <= MAX_UNACKNOWLEDGED + 100
    assert len(machine.unacknowledged) == 0
    assert not machine.can_go_on_with("s1", machine.next_effect - 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "centralita.sqlite3", OFFICE, lambda: NOW)


def journalled(folder: Path, entries: list[Entry]) -> Journal:
    journal = Journal(folder, "boot", "code")
    journal.begin(Machine(PLAN, epoch=1).snapshot("boot", "code", ()))
    for entry in entries:
        assert journal.append(entry)
    journal.close()
    return Journal(folder, "boot", "code")


def with_bad_input(times: int = 1) -> list[Entry]:
    """The day, calls that cannot be handled, and one input after them."""
    entries = day()
    at_ms, seq = entries[-1].at_ms, entries[-1].switch_seq
    bad = [Entry(at_ms + number, offered(4 + number, BAD_LINE), seq + 1 + number) for number in range(times)]
    return [*entries, *bad, Entry(at_ms + times, LegEnded(LegId("s1-3"), "normal"), seq + 1 + times)]


def test_an_input_that_cannot_be_handled_is_left_out_and_kept_for_inquiry(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    entries = with_bad_input()
    rebuilt = rebuild(PLAN, journalled(tmp_path / "journal", entries), store)
    assert rebuilt.restore is None
    assert (rebuilt.replayed, rebuilt.skipped_now) == (len(entries), 1)
    assert rebuilt.machine.last_switch_input == entries[-1].switch_seq, "the switch need not say it again"
    callers = {call.caller for call in rebuilt.machine.acd.state.calls.values()}
    assert callers == {"+34600000002"}, "what came before and after it counts"
    kept = msgspec.json.decode((tmp_path / "journal" / "refused" / "input.json").read_bytes(), type=Entry)
    assert kept.input == offered(4, BAD_LINE)
    assert "cannot be handled and is left out" in caplog.text


def test_when_too_much_cannot_be_handled_the_store_is_the_truth(tmp_path: Path, store: Store) -> None:
    journal = journalled(tmp_path / "journal", with_bad_input(MAX_SKIPS + 1))
    rebuilt = rebuild(PLAN, journal, store)
    assert rebuilt.restore is not None
    assert rebuilt.machine.acd.state.calls == {}
    assert "could not be handled" in journal.found.why_not
    assert list((tmp_path / "journal" / "refused").glob("inputs-*"))


def test_a_snapshot_no_longer_understood_leaves_the_store_as_the_truth(tmp_path: Path, store: Store) -> None:
    journal = Journal(tmp_path / "journal", "boot", "code")
    good = Machine(PLAN, epoch=1).snapshot("boot", "code", ())
    journal.begin(msgspec.structs.replace(good, acd=b"from another age"))
    journal.close()
    rebuilt = rebuild(PLAN, Journal(tmp_path / "journal", "boot", "code"), store)
    assert rebuilt.restore is not None
    assert rebuilt.machine.epoch == store.epoch == 1


def test_effects_that_were_not_durable_are_given_to_the_store_again(tmp_path: Path, store: Store) -> None:
    rebuilt = rebuild(PLAN, journalled(tmp_path / "journal", day()), store)
    assert store.pending == rebuilt.machine.next_store_effect - 1
    assert [one.number for one in store.not_durable()] == list(range(1, rebuilt.machine.next_store_effect))
