"""Markovian offices for the ACD: Poisson arrivals, exponential talk and patience, agents who lift at once."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.acd.effects import StoreCdr, StoreEffect
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation, simulated_plan

LINE = LineName("linea")
FOR_EVER_MS = 10**12
DAY_MS = 86_400_000


def plan_of(agents: int, **changes: object) -> Plan:
    """One queue without limits, greetings or after-call work."""
    names = tuple(AgentName(f"a{number}") for number in range(agents))
    fields: dict[str, object] = {
        "max_wait_ms": FOR_EVER_MS, "max_length": 10**9, "wrap_up_ms": 0, "announce_position_every_ms": 0,
        "greeting": "", "short_abandon_ms": 0, "record": False,
    }  # fmt: skip
    queue = QueuePlan(QueueName("cola"), "Cola", names, **{**fields, **changes})  # type: ignore[arg-type]
    people = tuple(AgentPlan(name, name, str(number)) for number, name in enumerate(names))
    return simulated_plan(Plan("oficina", (queue,), people, lines=(LinePlan(LINE, "in", queue.name),)))


def callers(rng: random.Random, count: int, every_ms: float, talk_ms: float, patience_ms: float) -> Iterator[Caller]:
    """`patience_ms` math.inf: they never leave.

    The means of what is drawn are made exact, so that the office has the traffic it is compared at: chance in the means
    is most of the error of a simulated wait.
    """
    gaps, talks = _drawn(rng, count, every_ms), _drawn(rng, count, talk_ms)
    patience = _drawn(rng, count, patience_ms) if patience_ms != math.inf else None
    at_ms = float(DAY_MS)
    for number in range(count):
        at_ms += gaps[number]
        waits = patience[number] if patience is not None else math.inf
        yield Caller(round(at_ms), LINE, f"6{number:08}", "", waits, round(talks[number]), 0)


def _drawn(rng: random.Random, count: int, mean: float) -> list[float]:
    """Exponential, with exactly this mean."""
    drawn = [rng.expovariate(1.0) for _ in range(count)]
    scale = mean * count / sum(drawn)
    return [one * scale for one in drawn]


@dataclass
class Seen:
    """What came out, over all callers."""

    calls: int = 0
    waited: int = 0
    abandoned: int = 0
    wait_ms: int = 0
    inputs: int = 0


def run(plan: Plan, coming: Iterator[Caller]) -> Seen:
    """Everybody is there all the time."""
    seen = Seen()

    def note(stored: StoreEffect) -> None:
        if not isinstance(stored, StoreCdr):
            return
        cdr = stored.cdr
        seen.calls += 1
        seen.waited += cdr.wait_ms > 0
        seen.abandoned += cdr.answered_at <= 0
        seen.wait_ms += cdr.wait_ms

    simulation = Simulation(plan, lambda: PickUp(0, True), note)
    simulation.run(coming, [Shift(0, agent.name, "ready") for agent in plan.agents])
    seen.inputs = simulation.inputs
    return seen
