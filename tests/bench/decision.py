"""Routing decisions with 10 to 1,000 callers waiting and 10 or 100 agents: the `Acd.handle` of the inputs that decide.

Three kinds, each timed as one whole input with its effects for switch and store:

  - arrives: a caller comes while nobody is free and so many wait;
  - freed: an agent becomes free, and the longest of so many waiters is rung for;
  - all_free: a caller comes while all agents are free (nobody waits then): the most candidates there can be.

The table is of `longest_idle`. A second one has every strategy over 100 free agents in three tiers, the dearest choice
there is. `ring_all`, for which to ring 100 is 100 rings, is told twice: the whole input, and for each phone it rings.
The mean of any strategy is judged with `ring_all` for each phone, p99 of whole inputs only, those of `ring_all` too.

Times are CPU time of the thread: a decision does no I/O, so what else the machine does is not its cost. A collection of
garbage within a decision is its cost, and is counted.
"""

import json
import statistics
import time
from typing import NamedTuple, get_args

from appliance.acd.acd import Acd, Effects
from appliance.acd.effects import Decision, RingStation, StoreDecision
from appliance.acd.ids import AgentName, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    ClockSet,
    DaemonStarted,
    EndWrapUp,
    Input,
    LegAnswered,
    LegEnded,
    LegOffered,
    SwitchStarted,
)
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan, StationPlan, Strategy

WAITING = (10, 100, 1_000)
AGENTS = (10, 100)
ROUNDS = 3_000
TARGET_MEAN_US, TARGET_P99_US = 100, 1_000
PER_PHONE = "ring_all, per phone"
QUEUE, TRUNK = QueueName("cola"), LineName("trunk")


class Row(NamedTuple):
    """One kind of decision at one size. `decisions_per_second` is of one core that does nothing else."""

    kind: str
    waiting: int
    agents: int
    decisions: int
    decisions_per_second: float
    mean_us: float
    p99_us: float


class Centre:
    """A call centre whose every input is timed; everybody is logged in and free."""

    def __init__(self, agents: int, waiting: int, **changes: object) -> None:
        names = [AgentName(f"a{number}") for number in range(agents)]
        most = waiting + agents + 10
        fields = {"max_length": most, "max_wait_ms": 86_400_000, "wrap_up_ms": 60_000, **changes}
        queue = QueuePlan(QUEUE, "Cola", tuple(names), **fields)  # type: ignore[arg-type]
        self.acd = Acd(
            Plan(
                "oficina",
                (queue,),
                tuple(AgentPlan(name, name, str(i), station=StationName(f"s{i}")) for i, name in enumerate(names)),
                tuple(StationPlan(StationName(f"s{i}"), str(i), True) for i in range(agents)),
                (LinePlan(TRUNK, "in", QUEUE),),
                max_calls=most,
            )
        )
        self.now_ms = 1_000_000
        self.callers = 0
        for input in (DaemonStarted(1), ClockSet(1_795_345_200_000, True), SwitchStarted("s1")):
            self.give(input)
        for name in names:
            self.give(AgentLogin(name))

    def give(self, input: Input) -> tuple[Effects, float]:
        """Effects, and the µs of CPU it took."""
        self.now_ms += 1
        begun_ns = time.thread_time_ns()
        effects = self.acd.handle(input, self.now_ms)
        return effects, (time.thread_time_ns() - begun_ns) / 1_000

    def arrive(self) -> tuple[Effects, float]:
        self.callers += 1
        leg = LegId(f"s1-{self.callers}")
        effects, took_us = self.give(LegOffered(leg, TRUNK, f"6{self.callers:08}", ""))
        self.give(LegAnswered(leg))
        return effects, took_us


def decided(effects: Effects, kind: str) -> Decision:
    """The decision of this kind; it proves that what was timed decided something."""
    return next(s.decision for s in effects.store if isinstance(s, StoreDecision) and s.decision.kind == kind)


def rung(effects: Effects) -> RingStation:
    return next(effect for effect in effects.switch if isinstance(effect, RingStation))


def when_all_are_free(agents: int, **changes: object) -> list[float]:
    centre, times = Centre(agents, 0, **changes), []
    for _ in range(ROUNDS):
        effects, took_us = centre.arrive()
        candidates = decided(effects, "ring").candidates
        assert len(candidates) == agents and all(seen.excluded in ("", "lower_tier_first") for seen in candidates)
        times.append(took_us)
        centre.give(LegEnded(LegId(f"s1-{centre.callers}"), "normal"))
        for ring in [effect for effect in effects.switch if isinstance(effect, RingStation)]:
            centre.give(LegEnded(ring.leg, "cancelled", by_us=True))
    return times


def each_strategy() -> list[Row]:
    """The dearest choice under each strategy, as whole inputs; of `ring_all`, the time for each phone beside it."""
    agents = max(AGENTS)
    tiers = {AgentName(f"a{number}"): 1 + number % 3 for number in range(agents)}
    rows = []
    for strategy in get_args(Strategy):
        times_us = when_all_are_free(agents, strategy=strategy, tiers=tiers)
        rows.append(row(strategy, 0, agents, times_us))
        if strategy == "ring_all":
            rows.append(row(PER_PHONE, 0, agents, [took_us / agents for took_us in times_us]))
    return rows


def when_all_are_busy(agents: int, waiting: int) -> tuple[list[float], list[float]]:
    """Times of the decisions for a caller who arrives, and for an agent who becomes free."""
    centre = Centre(agents, waiting)
    talking = []
    for _ in range(agents + waiting):
        effects, _ = centre.arrive()
        for ring in [effect for effect in effects.switch if isinstance(effect, RingStation)]:
            centre.give(LegAnswered(ring.leg))
            talking.append((ring.leg, AgentName(f"a{ring.station[1:]}")))
    freed, arrived = [], []
    for number in range(ROUNDS):
        leg, agent = talking[number % agents]
        centre.give(LegEnded(leg, "normal"))
        effects, took_us = centre.give(EndWrapUp(agent))
        freed.append(took_us)
        assert len(decided(effects, "ring").candidates) == agents
        centre.give(LegAnswered(rung(effects).leg))
        talking[number % agents] = (rung(effects).leg, agent)
        effects, took_us = centre.arrive()
        assert decided(effects, "none_ready").reason == "callers_ahead"
        arrived.append(took_us)
        assert len(centre.acd.state.queues[QUEUE].waiting) == waiting
    return arrived, freed


def row(kind: str, waiting: int, agents: int, times_us: list[float]) -> Row:
    mean_us = statistics.fmean(times_us)
    p99_us = sorted(times_us)[len(times_us) * 99 // 100]
    return Row(kind, waiting, agents, len(times_us), 1e6 / mean_us, mean_us, p99_us)


def measure() -> list[Row]:
    rows = []
    for agents in AGENTS:
        for waiting in WAITING:
            arrived, freed = when_all_are_busy(agents, waiting)
            rows += [row("arrives", waiting, agents, arrived), row("freed", waiting, agents, freed)]
        rows.append(row("all_free", 0, agents, when_all_are_free(agents)))
    return rows


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    rows, strategies = measure(), each_strategy()
    if as_json:
        print(
            json.dumps(
                {name: [one._asdict() for one in of] for name, of in (("sizes", rows), ("strategies", strategies))}
            )
        )
    for of in (rows, strategies):
        print(f"{'decision':20} {'waiting':>8} {'agents':>7} {'a second':>9} {'mean us':>8} {'p99 us':>8}")
        for one in of:
            print(
                f"{one.kind:20} {one.waiting:8} {one.agents:7} {one.decisions_per_second:9.0f} {one.mean_us:8.1f}"
                f" {one.p99_us:8.1f}"
            )
    print("decision_any_strategy takes ring_all per phone; decision_p99 is of whole inputs, also where 100 phones ring")
    say("decision_any_strategy", max(one.mean_us for one in strategies if one.kind != "ring_all"), TARGET_MEAN_US)
    whole = [one for one in (*rows, *strategies) if one.kind != PER_PHONE]
    say("decision_p99", max(one.p99_us for one in whole), TARGET_P99_US)
    say("decision", max(one.mean_us for one in rows), TARGET_MEAN_US)
    return 0


def say(name: str, worst_us: float, target_us: float) -> None:
    print(f"{name} {worst_us:.1f} us (target <= {target_us}: {'met' if worst_us <= target_us else 'missed'})")


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
