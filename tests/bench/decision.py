"""One routing decision with 1,000 callers waiting and 100 agents: the whole `Acd.handle` of the inputs that decide.

Three kinds: an agent becomes free and the longest waiter is rung for; a caller arrives while everybody is busy; a
caller arrives while all 100 agents are free (nobody waits then), the dearest choice. Store effects are made too.
Times are CPU time of the thread: a decision does no I/O, so what else the machine does is not its cost.
"""

import json
import statistics
import time

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
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan, StationPlan

WAITING = 1_000
AGENTS = 100
ROUNDS = 3_000
TARGET_US = 100


class Centre:
    """A call centre whose every input is timed."""

    def __init__(self) -> None:
        names = [AgentName(f"a{number}") for number in range(AGENTS)]
        queue = QueuePlan(
            QueueName("cola"), "Cola", tuple(names), max_length=2 * WAITING, max_wait_ms=86_400_000, wrap_up_ms=60_000
        )
        self.acd = Acd(
            Plan(
                "oficina",
                (queue,),
                tuple(AgentPlan(name, name, str(i), station=StationName(f"s{i}")) for i, name in enumerate(names)),
                tuple(StationPlan(StationName(f"s{i}"), str(i), True) for i in range(AGENTS)),
                (LinePlan(LineName("trunk"), "in", queue.name),),
                max_calls=2 * WAITING,
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
        effects, took_us = self.give(LegOffered(leg, LineName("trunk"), f"6{self.callers:08}", ""))
        self.give(LegAnswered(leg))
        return effects, took_us


def decided(effects: Effects, kind: str) -> Decision:
    """The decision of this kind; it proves that what was timed decided something."""
    return next(s.decision for s in effects.store if isinstance(s, StoreDecision) and s.decision.kind == kind)


def when_all_are_free() -> list[float]:
    centre, times = Centre(), []
    for _ in range(AGENTS):
        effects, took_us = centre.arrive()
        assert len(decided(effects, "ring").candidates) == AGENTS
        times.append(took_us)
        rung = next(effect for effect in effects.switch if isinstance(effect, RingStation))
        centre.give(LegEnded(rung.leg, "rejected"))
        centre.give(LegEnded(LegId(f"s1-{centre.callers}"), "normal"))
        centre.now_ms += 5_000
    return times


def when_all_are_busy() -> tuple[list[float], list[float]]:
    """Times of the decisions for an agent who becomes free, and for a caller who arrives."""
    centre = Centre()
    talking = []
    for _ in range(AGENTS + WAITING):
        effects, _ = centre.arrive()
        for rung in [effect for effect in effects.switch if isinstance(effect, RingStation)]:
            centre.give(LegAnswered(rung.leg))
            talking.append((rung.leg, AgentName(f"a{rung.station[1:]}")))
    freed, arrived = [], []
    for number in range(ROUNDS):
        leg, agent = talking[number % AGENTS]
        centre.give(LegEnded(leg, "normal"))
        effects, took_us = centre.give(EndWrapUp(agent))
        freed.append(took_us)
        rung = next(effect for effect in effects.switch if isinstance(effect, RingStation))
        assert len(decided(effects, "ring").candidates) == AGENTS
        centre.give(LegAnswered(rung.leg))
        talking[number % AGENTS] = (rung.leg, agent)
        effects, took_us = centre.arrive()
        assert decided(effects, "none_ready").reason == "callers_ahead"
        arrived.append(took_us)
        assert len(centre.acd.state.queues[QueueName("cola")].waiting) == WAITING
    return freed, arrived


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    freed, arrived = when_all_are_busy()
    all_free = when_all_are_free()
    mean = statistics.fmean([*freed, *arrived])
    figures = {
        "mean_us": mean,
        "agent_freed_mean_us": statistics.fmean(freed),
        "agent_freed_p99_us": sorted(freed)[len(freed) * 99 // 100],
        "caller_arrives_mean_us": statistics.fmean(arrived),
        "caller_arrives_p99_us": sorted(arrived)[len(arrived) * 99 // 100],
        "caller_arrives_all_free_mean_us": statistics.fmean(all_free),
        "waiting": WAITING,
        "agents": AGENTS,
        "decisions": len(freed) + len(arrived),
    }
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:34} {value:.1f}" if isinstance(value, float) else f"{name:34} {value}")
    print(f"decision_all_free {figures['caller_arrives_all_free_mean_us']:.1f} us (target <= {TARGET_US})")
    print(f"decision {mean:.1f} us (target <= {TARGET_US})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
