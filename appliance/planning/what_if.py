"""Recorded days with another plan: the same arrivals, patience and handle times, through the same ACD.

Certain are the arrivals, the handle times of calls that were answered, and the patience of callers who gave up. Of who
was answered only is known that they would have waited longer, and of who was not, nothing of the talk there would have
been: both are drawn, again and again, and what comes out is a range. Night mode by hand is not repeated.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from appliance.acd.effects import EndReason, StoreCdr, StoreEffect
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import LegCause
from appliance.acd.plan import AgentPlan, CallerPlan, LinePlan, Plan, QueuePlan, Strategy
from appliance.planning.patience import Patience
from appliance.planning.records import RecordedCall, RecordedDays
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation, simulated_plan

RUNS = 20
EXTRA = "extra "
"""Names of added agents begin so; no name in a configuration has a space."""
OUTSIDE = 20
"""Of so many runs one lies below a range and one above: nine of ten lie within."""
_CAUSES: dict[str, LegCause] = {"rejected": "rejected", "unreachable": "unreachable"}
USUAL_RING_MS = 4_000
"""When no ring was recorded."""


class Change(Struct, frozen=True):
    """What is to be tried; as it is where nothing is said."""

    strategy: Strategy | None = None
    agents: int = 0
    """So many more, or fewer, in each of `queues`."""
    queues: tuple[QueueName, ...] = ()
    """() is all of them."""


class Result(Struct, frozen=True):
    """The figures of the trade for calls that came to a queue; -1 where there is nothing to divide by."""

    calls: int
    offered: int
    """Of them those that were let in."""
    answered: int
    abandoned: int
    """Short ones not counted."""
    short_abandoned: int
    overflowed: int
    """Sent on, to voicemail for one, or not let in."""
    service_level: float
    """Answered within the target / (offered - short abandons)."""
    asa_ms: float
    """Mean wait of those answered."""
    longest_wait_ms: int


class Range(Struct, frozen=True):
    middle: float
    low: float
    high: float


class WhatIf(Struct, frozen=True):
    """What happened, the same again (how far the re-run is to be trusted), and with the change."""

    happened: Result
    again: dict[str, Range]
    changed: dict[str, Range]
    runs: int
    calls_left_out: int
    """Of queues that the plan has no more."""
    agents_left_out: tuple[AgentName, ...]
    """Whom the change takes away: of those who were there on these days, the last in each queue's order."""
    patience_known: int
    """Callers who gave up."""
    patience_bounded: int
    """Callers who were served or sent on: they would have waited longer than they did."""


class WhatIfError(Exception):
    """What was asked cannot be tried; the message says why."""


def what_if(days: RecordedDays, plan: Plan, change: Change, target_ms: int, runs: int = RUNS, seed: int = 1) -> WhatIf:
    """Run the days `runs` times as they were planned, and as often with the change. Raises WhatIfError."""
    calls = [call for call in days.calls if any(queue.name == call.queue for queue in plan.queues)]
    if not calls:
        raise WhatIfError("no call came to a queue of this plan on these days")
    there = {row.agent for row in days.presence if row.state != "logged_out"}
    other = changed_plan(plan, change, there)
    return WhatIf(
        happened=result([_of_record(call) for call in calls], target_ms),
        again=_ranges(_run(days, calls, plan, seed + run, target_ms) for run in range(runs)),
        changed=_ranges(_run(days, calls, other, seed + run, target_ms) for run in range(runs)),
        runs=runs,
        calls_left_out=len(days.calls) - len(calls),
        agents_left_out=_left_out(plan, other),
        patience_known=sum(_gave_up(call.end_reason) for call in calls),
        patience_bounded=sum(not _gave_up(call.end_reason) for call in calls),
    )


def changed_plan(plan: Plan, change: Change, there: Collection[AgentName]) -> Plan:
    """The plan with the change in it, for days on which these agents were there.

    Raises WhatIfError for a queue that is not in the plan, or with nobody left.
    """
    names = [queue.name for queue in plan.queues]
    for wanted in change.queues:
        if wanted not in names:
            raise WhatIfError(f"there is no queue {wanted}; there are: {', '.join(names)}")
    queues = [_changed(queue, change, there) if _is_meant(queue, change) else queue for queue in plan.queues]
    extra = tuple(AgentPlan(name, name, str(9_000 + n), skills=_skills(plan)) for n, name in enumerate(_extra(change)))
    return replace(plan, queues=tuple(queues), agents=plan.agents + extra)


class Served(Struct, frozen=True):
    """How a call went, as far as the figures need it."""

    queued: bool
    wait_ms: int
    answered: bool
    end_reason: EndReason


def result(calls: Sequence[Served], target_ms: int) -> Result:
    """The figures of calls, each by how long it waited and how it ended."""
    queued = [call for call in calls if call.queued]
    answered = [call for call in queued if call.answered]
    short = sum(call.end_reason == "short_abandon" for call in queued)
    counted = len(queued) - short
    in_time = sum(call.wait_ms <= target_ms for call in answered)
    return Result(
        calls=len(calls),
        offered=len(queued),
        answered=len(answered),
        abandoned=sum(call.end_reason == "abandoned" for call in queued),
        short_abandoned=short,
        overflowed=sum(call.end_reason in ("overflowed", "busy") for call in calls),
        service_level=in_time / counted if counted > 0 else -1,
        asa_ms=sum(call.wait_ms for call in answered) / len(answered) if answered else -1,
        longest_wait_ms=max((call.wait_ms for call in calls), default=0),
    )


def _of_record(call: RecordedCall) -> Served:
    return Served(call.queued, call.wait_ms, call.answered, call.end_reason)


def _gave_up(reason: EndReason) -> bool:
    return reason in ("abandoned", "short_abandon")


def _run(days: RecordedDays, calls: Sequence[RecordedCall], plan: Plan, seed: int, target_ms: int) -> Result:
    rng = random.Random(seed)
    served: list[Served] = []

    def note(stored: StoreEffect) -> None:
        if isinstance(stored, StoreCdr):
            cdr = stored.cdr
            served.append(Served(cdr.queued_at > 0, cdr.wait_ms, cdr.answered_at > 0, cdr.end_reason))

    rings = days.rings

    def pick_up() -> PickUp:
        if not rings:
            return PickUp(USUAL_RING_MS, True)
        ring = rings[rng.randrange(len(rings))]
        cause = _CAUSES.get(ring.outcome)
        return PickUp(ring.ring_ms, ring.outcome == "talked", cause)

    lines = {(call.line, call.queue): _line(call, plan) for call in calls}
    known = {number: _as_came(who) for number, who in plan.callers.items()}
    prefixes = {prefix: _as_came(who) for prefix, who in plan.caller_prefixes.items()}
    ready = simulated_plan(
        replace(plan, lines=tuple(lines.values()), callers=known, caller_prefixes=prefixes),
    )
    Simulation(ready, pick_up, note).run(_callers(calls, lines, rng), _shifts(days, plan))
    return result(served, target_ms)


def _callers(
    calls: Sequence[RecordedCall], lines: dict[tuple[LineName, QueueName], LinePlan], rng: random.Random
) -> list[Caller]:
    """As they came, each with what is known and what must be drawn."""
    patience = Patience((call.wait_ms, _gave_up(call.end_reason)) for call in calls)
    handled: dict[QueueName, list[tuple[int, int]]] = defaultdict(list)
    for call in calls:
        if call.answered:
            handled[call.queue].append((call.talk_ms, call.wrap_up_ms))
    anywhere = [times for queue in handled.values() for times in queue] or [(0, 0)]
    callers = []
    for call in sorted(calls, key=lambda call: call.arrived_at):
        talk_ms, wrap_up_ms = call.talk_ms, call.wrap_up_ms
        if not call.answered:
            talk_ms, wrap_up_ms = rng.choice(handled.get(call.queue) or anywhere)
        patience_ms = float(call.wait_ms) if _gave_up(call.end_reason) else patience.draw(rng.random(), call.wait_ms)
        line = lines[call.line, call.queue].name
        callers.append(Caller(call.arrived_at, line, call.caller, "", patience_ms, talk_ms, wrap_up_ms))
    return callers


def _line(call: RecordedCall, plan: Plan) -> LinePlan:
    """One that leads where the call went, whatever led there then, with the priority its line has."""
    of_plan = next((line for line in plan.lines if line.name == call.line), LinePlan(call.line))
    return LinePlan(
        LineName(f"{call.line}>{call.queue}"), "in", call.queue, priority=of_plan.priority, needs=of_plan.needs
    )


def _as_came(who: CallerPlan) -> CallerPlan:
    """A known caller with the head start and the needs of the plan, who comes to the queue that was come to then."""
    return replace(who, blocked=False, queue=None, menu="")


def _shifts(days: RecordedDays, plan: Plan) -> list[Shift]:
    """The recorded agents' days; whoever is added is there while anybody was."""
    recorded = {row.agent for row in days.presence}
    shifts = [Shift(row.at, row.agent, row.state) for row in days.presence]
    extra = [agent.name for agent in plan.agents if agent.name.startswith(EXTRA) and agent.name not in recorded]
    present: set[AgentName] = set()
    for row in days.presence:
        before = bool(present)
        present = present - {row.agent} if row.state == "logged_out" else present | {row.agent}
        if bool(present) != before:
            shifts += [Shift(row.at, agent, "ready" if present else "logged_out") for agent in extra]
    return shifts


def _is_meant(queue: QueuePlan, change: Change) -> bool:
    return not change.queues or queue.name in change.queues


def _extra(change: Change) -> list[AgentName]:
    return [AgentName(f"{EXTRA}{number}") for number in range(1, change.agents + 1)]


def _changed(queue: QueuePlan, change: Change, there: Collection[AgentName]) -> QueuePlan:
    agents = (*queue.agents, *_extra(change))
    if change.agents < 0:
        present = [agent for agent in queue.agents if agent in there]
        if len(present) <= -change.agents:
            raise WhatIfError(f"queue {queue.name} had {len(present)} agents on these days: nobody would be left")
        agents = tuple(agent for agent in queue.agents if agent not in present[change.agents :])
    strategy = change.strategy if change.strategy is not None else queue.strategy
    return replace(queue, agents=agents, strategy=strategy)


def _left_out(plan: Plan, other: Plan) -> tuple[AgentName, ...]:
    pairs = zip(plan.queues, other.queues, strict=True)
    return tuple(dict.fromkeys(agent for one, two in pairs for agent in one.agents if agent not in two.agents))


def _skills(plan: Plan) -> dict[str, int]:
    """Of who is added: what any agent can do, so that only the number of agents is tried."""
    best: dict[str, int] = {}
    for agent in plan.agents:
        for skill, level in agent.skills.items():
            best[skill] = max(level, best.get(skill, 0))
    return best


def _ranges(results: Iterable[Result]) -> dict[str, Range]:
    runs = list(results)
    ranges = {}
    for name in Result.__struct_fields__:
        values = sorted(float(getattr(run, name)) for run in runs)
        outside = len(values) // OUTSIDE
        ranges[name] = Range(values[len(values) // 2], values[outside], values[-1 - outside])
    return ranges
