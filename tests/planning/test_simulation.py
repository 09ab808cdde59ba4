"""The simulated office is the ACD: its waits are those of queueing theory's recursion, and near its formulas."""

import heapq
import math
import random

import pytest

from appliance.acd.effects import Cdr, StoreCdr, StoreEffect
from appliance.acd.ids import AgentName
from appliance.acd.plan import Destination
from appliance.planning.erlang import erlang_a, erlang_c
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation
from tests.planning.markov import DAY_MS, LINE, callers, plan_of, run


@pytest.mark.parametrize(("agents", "occupancy"), [(1, 0.9), (5, 0.5), (5, 0.9), (20, 0.95)])
def test_every_wait_is_the_one_of_the_recursion(agents: int, occupancy: float) -> None:
    """First come, first served by c agents: J. Kiefer and J. Wolfowitz, "On the theory of queues with many servers"
    (1955). Each caller waits for the first agent to become free: the ACD must give exactly that, for every caller."""
    coming = list(callers(random.Random(5), 3_000, 180_000 / agents / occupancy, 180_000, math.inf))
    free_ms = [0] * agents
    wanted = {}
    for caller in coming:
        wait_ms = max(0, free_ms[0] - caller.at_ms)
        heapq.heapreplace(free_ms, caller.at_ms + wait_ms + caller.talk_ms)
        wanted[caller.number] = wait_ms
    got = {}

    def note(stored: StoreEffect) -> None:
        if isinstance(stored, StoreCdr):
            got[stored.cdr.caller] = stored.cdr.wait_ms

    plan = plan_of(agents)
    shifts = [Shift(0, agent.name, "ready") for agent in plan.agents]
    Simulation(plan, lambda: PickUp(0, True), note).run(coming, shifts)
    assert got == wanted


def test_near_the_formulas_with_and_without_patience() -> None:
    """A rough check of every run; `bench theory` has a million calls and the differences in per cent."""
    every_ms, talk_ms = 180_000 / 5 / 0.8, 180_000.0
    seen = run(plan_of(5), callers(random.Random(1), 20_000, every_ms, talk_ms, math.inf))
    theory = erlang_c(5, 1 / every_ms, talk_ms)
    assert seen.waited / seen.calls == pytest.approx(theory.wait, rel=0.05)
    assert seen.wait_ms / seen.calls == pytest.approx(theory.mean_wait, rel=0.15)
    seen = run(plan_of(5), callers(random.Random(1), 20_000, every_ms, talk_ms, 120_000))
    impatient = erlang_a(5, 1 / every_ms, talk_ms, 120_000)
    assert seen.waited / seen.calls == pytest.approx(impatient.wait, rel=0.05)
    assert seen.abandoned / seen.calls == pytest.approx(impatient.abandon, rel=0.08)
    assert seen.wait_ms / seen.calls == pytest.approx(impatient.mean_wait, rel=0.1)


def records(plan_changes: dict[str, object], coming: list[Caller], pick_up: PickUp, shifts: list[Shift]) -> list[Cdr]:
    stored: list[StoreEffect] = []
    Simulation(plan_of(2, **plan_changes), lambda: pick_up, stored.append).run(coming, shifts)
    return [one.cdr for one in stored if isinstance(one, StoreCdr)]


def caller(at_s: float, talk_s: float = 60, patience_s: float = math.inf, wrap_up_s: float = 0) -> Caller:
    return Caller(
        DAY_MS + int(at_s * 1000), LINE, "600111222", "", patience_s * 1000, int(talk_s * 1000), int(wrap_up_s * 1000)
    )


def there(*agents: str) -> list[Shift]:
    return [Shift(0, AgentName(agent), "ready") for agent in agents]


def test_who_loses_patience_leaves_and_who_is_served_does_not() -> None:
    found = records({}, [caller(0, 60, 10), caller(1, 60, 10), caller(2, 60, 58)], PickUp(5_000, True), there("a0"))
    assert [(cdr.wait_ms, cdr.end_reason) for cdr in found] == [
        (10_000, "abandoned"), (58_000, "abandoned"), (5_000, "answered"),
    ]  # fmt: skip
    assert found[2].talk_ms == 60_000


def test_after_call_work_is_as_long_as_recorded_and_no_longer_than_the_queue_allows() -> None:
    found = records({"wrap_up_ms": 30_000}, [caller(0, 60, wrap_up_s=20), caller(1)], PickUp(0, True), there("a0"))
    assert found[1].wait_ms == 59_000 + 20_000
    found = records({"wrap_up_ms": 30_000}, [caller(0, 60, wrap_up_s=99), caller(1)], PickUp(0, True), there("a0"))
    assert found[1].wait_ms == 59_000 + 30_000


def test_agents_come_pause_and_go_as_their_day_says() -> None:
    name = AgentName("a0")
    day = [
        Shift(DAY_MS + 10_000, name, "ready"),
        Shift(DAY_MS + 20_000, name, "not_ready"),
        Shift(DAY_MS + 90_000, name, "ready"),
        Shift(DAY_MS + 200_000, name, "logged_out"),
    ]
    found = records({}, [caller(0, 30), caller(12, 30), caller(201, 30, 60)], PickUp(0, True), day)
    assert [(cdr.wait_ms, cdr.end_reason) for cdr in found] == [
        (10_000, "answered"), (78_000, "answered"), (60_000, "abandoned"),
    ]  # fmt: skip


def test_a_pause_that_begins_and_ends_in_a_talk_leaves_nothing_behind() -> None:
    name = AgentName("a0")
    for state in ("not_ready", "logged_out"):
        day = [
            Shift(0, name, "ready"),
            Shift(DAY_MS + 10_000, name, state),
            Shift(DAY_MS + 20_000, name, "ready"),
        ]
        found = records({}, [caller(0, 60), caller(61, 30)], PickUp(0, True), day)
        assert [(cdr.wait_ms, cdr.end_reason) for cdr in found] == [(0, "answered")] * 2, state


def test_a_pause_that_begins_in_a_talk_is_kept_after_it() -> None:
    name = AgentName("a0")
    day = [Shift(0, name, "ready"), Shift(DAY_MS + 10_000, name, "not_ready"), Shift(DAY_MS + 100_000, name, "ready")]
    found = records({}, [caller(0, 60), caller(61, 30)], PickUp(0, True), day)
    assert [cdr.wait_ms for cdr in found] == [0, 39_000]


def test_two_changes_of_one_moment_are_made_in_their_order() -> None:
    name = AgentName("a0")
    day = [Shift(0, name, "ready"), Shift(0, name, "not_ready"), Shift(DAY_MS + 40_000, name, "ready")]
    assert [cdr.wait_ms for cdr in records({}, [caller(0, 60)], PickUp(0, True), day)] == [40_000]


def test_a_ring_the_agent_refuses_ends_then_and_pauses_nobody() -> None:
    stored: list[StoreEffect] = []
    rings = iter([PickUp(3_000, False, "rejected")] * 6 + [PickUp(1_000, True)])
    plan = plan_of(1, retry_ms=2_000, missed_rings_limit=3)
    Simulation(plan, lambda: next(rings), stored.append).run([caller(0)], there("a0"))
    assert [one.cdr.wait_ms for one in stored if isinstance(one, StoreCdr)] == [6 * 5_000 + 1_000]


def test_a_ring_nobody_lifts_goes_to_the_next_agent() -> None:
    stored: list[StoreEffect] = []
    answers = iter([PickUp(0, False), PickUp(1_000, True)])
    plan = plan_of(2, ring_timeout_ms=15_000)
    Simulation(plan, lambda: next(answers), stored.append).run([caller(0)], there("a0", "a1"))
    assert [(one.cdr.wait_ms, one.cdr.agent) for one in stored if isinstance(one, StoreCdr)] == [(16_000, "a1")]


def test_a_voicemail_is_left_and_comes_to_an_end() -> None:
    changes = {"max_wait_ms": 30_000, "on_max_wait": Destination("voicemail")}
    (cdr,) = records(changes, [caller(0, patience_s=90)], PickUp(0, True), [])
    assert (cdr.end_reason, cdr.wait_ms, cdr.voicemail_ms) == ("overflowed", 30_000, 18_000)


def test_the_last_caller_is_a_caller_of_their_own() -> None:
    """Two who come one after the other while nothing else happens: a million calls had one record too few."""
    found = records({}, [caller(0), caller(1), caller(2)], PickUp(0, True), there("a0"))
    assert [cdr.wait_ms for cdr in found] == [0, 59_000, 118_000]


def test_nobody_calls() -> None:
    assert records({}, [], PickUp(0, True), there("a0")) == []
