"""The automatic agents: seeded and human on the whole, and at a desk they do what people do."""

import statistics
import threading

import pytest

from appliance.demo.agents import MANUAL_MS, AgentActions, AgentDice, AgentHabits, AutomaticAgent
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.sip_records import Silence, Sound
from appliance.demo.world_records import StationKind
from tests.waiting import PATIENCE_S, wait_for

SEED = 4
FAST = AgentHabits(pick_up_median_s=0.03, pick_up_max_s=0.2, misses_share=0, pauses_share=0, puts_down_s=(0.01, 0.02))


def test_decisions_are_seeded_and_human() -> None:
    one, same, other = (AgentDice(SEED, name) for name in ("ana", "ana", "luis"))
    first = [one.pick_up_ms() for _ in range(4000)]
    assert first == [same.pick_up_ms() for _ in range(4000)]
    assert first != [other.pick_up_ms() for _ in range(4000)]
    lifted = [ms for ms in first if ms is not None]
    habits = AgentHabits()
    assert 1 - len(lifted) / len(first) == pytest.approx(habits.misses_share, abs=0.01), SEED
    assert statistics.median(lifted) == pytest.approx(1000 * habits.pick_up_median_s, rel=0.05), SEED
    assert min(lifted) > 300 and max(lifted) <= 1000 * habits.pick_up_max_s
    pauses = [one.pause_ms() for _ in range(4000)]
    assert sum(ms > 0 for ms in pauses) / 4000 == pytest.approx(habits.pauses_share, abs=0.012), SEED
    assert all(ms == 0 or 15_000 <= ms <= 60_000 for ms in pauses)


class QuietDesk:
    """A desk that only remembers what hands did to it."""

    name = "mesa1"
    kind: StationKind = "port"
    extension = "101"
    reachable = True

    def __init__(self) -> None:
        self.ringing = False
        self.lifted = False
        self.silent_ms = 0

    def lift(self) -> None:
        self.lifted, self.ringing = True, False

    def replace(self) -> None:
        self.lifted = False

    def say(self, sound: Sound) -> None: ...

    def heard_dbfs(self) -> float:
        return -99.0

    def quiet_ms(self) -> int:
        return self.silent_ms

    def close(self) -> None: ...


class Office:
    """One agent at a quiet desk, on a running loop."""

    def __init__(self, habits: AgentHabits) -> None:
        self.loop = WorldLoop()
        self.desk = QuietDesk()
        self.told: list[str] = []
        self.paused: list[str] = []
        self.resumed = threading.Event()
        actions = AgentActions(self.paused.append, lambda agent: self.resumed.set(), self.told.append)
        dice = AgentDice(SEED, "ana", habits)
        self.agent = AutomaticAgent("ana", self.desk, Silence(), dice, self.loop, actions)
        self.loop.start()

    def ring(self) -> None:
        def begin() -> None:
            self.desk.ringing = True
            self.agent.rings()

        self.loop.ask(begin)

    def wait(self, lifted: bool) -> None:
        wait_for(f"the handset {'up' if lifted else 'down'}", lambda: self.desk.lifted == lifted)


def test_a_ring_is_answered_and_the_end_heard() -> None:
    office = Office(FAST)
    office.ring()
    office.wait(lifted=True)
    for _ in range(20):  # told again and again that it is over, as the live status does
        office.loop.ask(office.agent.hears_end)
    office.wait(lifted=False)
    assert office.told == ["mesa1: ana descuelga", "mesa1: ana cuelga"]
    office.loop.stop()


def test_a_ring_that_stopped_is_not_answered() -> None:
    office = Office(FAST)

    def ring_and_stop() -> None:
        office.desk.ringing = True
        office.agent.rings()
        office.desk.ringing = False
        office.agent.ring_stops()

    office.loop.ask(ring_and_stop)
    later = threading.Event()
    office.loop.ask(lambda: office.loop.after(400, later.set))
    assert later.wait(PATIENCE_S)
    assert not office.desk.lifted and office.told == []
    office.loop.stop()


def test_the_agent_ends_a_talk_when_it_is_theirs_to_end() -> None:
    office = Office(FAST)
    office.ring()
    office.wait(lifted=True)
    office.loop.ask(lambda: office.agent.ends_after(50))
    office.wait(lifted=False)
    office.loop.stop()


def test_silence_ends_a_call_at_a_plain_handset() -> None:
    office = Office(FAST)
    office.ring()
    office.wait(lifted=True)
    office.desk.silent_ms = 60_000
    office.wait(lifted=False)
    assert "no oye a nadie" in office.told[1]
    office.loop.stop()


def test_some_take_a_pause_and_come_back() -> None:
    office = Office(AgentHabits(pick_up_median_s=0.03, misses_share=0, pauses_share=1, pause_s=(0.05, 0.1)))
    office.ring()
    office.wait(lifted=True)
    office.loop.ask(lambda: office.agent.ends_after(10))
    assert office.resumed.wait(PATIENCE_S)
    assert office.paused == ["ana"]
    office.loop.stop()


def test_some_rings_are_missed() -> None:
    office = Office(AgentHabits(misses_share=1))
    office.ring()
    wait_for("a missed ring to be told", lambda: office.told)
    assert "deja sonar" in office.told[0] and not office.desk.lifted
    office.loop.stop()


def test_a_desk_in_somebodys_hands_is_left_alone_until_given_back() -> None:
    office = Office(FAST)
    now = now_ms()
    office.loop.ask(lambda: office.agent.step_back(now))
    assert office.agent.manual(now + MANUAL_MS - 1) and not office.agent.manual(now + MANUAL_MS)
    office.desk.ringing = True
    office.loop.ask(office.agent.take_over)
    assert not office.agent.manual(now)
    office.wait(lifted=True)
    office.loop.stop()
