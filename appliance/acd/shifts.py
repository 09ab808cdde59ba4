"""Who works when: shifts begin and end by the calendar; what that means for log-ins, callers and log-outs.

At its begin only those with `auto_login` are logged in; at its end everybody is logged out, at once or when the grace,
the call and the after-call work are over, and nobody of it is given a caller in the meantime.
"""

from appliance.acd import agents
from appliance.acd.hours import DAY_MS, is_open, next_change_ms
from appliance.acd.plan import ShiftPlan
from appliance.acd.state import Agent, State
from appliance.acd.turn import Turn

LOOK_AGAIN_MS = 30 * DAY_MS
"""A calendar that does not change for a year is looked at again after this."""


def look(turn: Turn, *, may_begin: bool = True) -> None:
    """Which shifts are on now, and what that changes for whom. `may_begin`: a shift of which nothing was known counts
    as begun if it is on."""
    state = turn.state
    known = state.shifts
    state.shifts = {}
    for name in list(state.deadlines.get("shift", {})):
        if name not in state.plan.shifts:
            turn.deadlines.cancel("shift", name)
    for name, shift in state.plan.shifts.items():
        state.shifts[name] = is_open(shift.hours, turn.now_utc_ms)
        change_ms = next_change_ms(shift.hours, turn.now_utc_ms)
        in_ms = LOOK_AGAIN_MS if change_ms is None else change_ms - turn.now_utc_ms
        turn.deadlines.set("shift", name, turn.now_ms + in_ms)
    for agent in list(state.agents.values()):
        was_on, agent.on_shift = agent.on_shift, is_on(state, agent)
        new = may_begin and not any(name in known for name in agent.plan.shifts)
        if agent.on_shift and (new or not was_on):
            _begin(turn, agent)
        elif was_on and not agent.on_shift:
            _end(turn, agent)


def is_on(state: State, agent: Agent) -> bool:
    """Whether the agent works now, as far as the calendar is known."""
    return not agent.plan.shifts or any(state.shifts.get(name, True) for name in agent.plan.shifts)


def allows_overtime(state: State, agent: Agent) -> bool:
    return any(shift.allow_overtime for shift in _of(state, agent))


def began_since(state: State, agent: Agent, since_utc_ms: int, now_utc_ms: int) -> bool:
    """Whether a shift of the agent that is on now began after this."""
    return any(
        is_open(shift.hours, now_utc_ms)
        and (not is_open(shift.hours, since_utc_ms) or _changes_between(shift, since_utc_ms, now_utc_ms))
        for shift in _of(state, agent)
    )


def log_in_by_itself(turn: Turn, agent: Agent) -> None:
    """An agent with `auto_login` sits down where they usually do, unless somebody else sits there."""
    station = turn.state.stations.get(agent.plan.station) if agent.plan.station is not None else None
    waits_for_shift = bool(agent.plan.shifts) and (not turn.state.shifts or not agent.on_shift)
    free = station is not None and station.agent is None
    if agent.plan.auto_login and agent.state == "logged_out" and station is not None and free and not waits_for_shift:
        agents.log_in(turn, agent, station.plan.name)


def _begin(turn: Turn, agent: Agent) -> None:
    turn.deadlines.cancel("shift_over", agent.plan.name)
    if agent.off_shift:
        turn.freed_agents.append(agent.plan.name)
    agent.off_shift = agent.shift_is_over = False
    if agent.plan.shifts and not agent.removed:
        log_in_by_itself(turn, agent)


def _end(turn: Turn, agent: Agent) -> None:
    if agent.state == "logged_out":
        return
    agent.off_shift = True
    agents.thin_out(turn, agent)
    grace_ms = max((shift.grace_ms for shift in _of(turn.state, agent)), default=0)
    if grace_ms:
        turn.deadlines.set("shift_over", agent.plan.name, turn.now_ms + grace_ms)
    else:
        leave(turn, agent)


def leave(turn: Turn, agent: Agent) -> None:
    """The shift is over, and the grace after it: who has nothing to do is logged out, the others are then."""
    turn.decide("agent_state", "shift_over", detail=agent.plan.name)
    agent.shift_is_over = True
    if agent.state in ("ready", "not_ready"):
        agents.do_after_call(turn, agent)


def _changes_between(shift: ShiftPlan, since_utc_ms: int, now_utc_ms: int) -> bool:
    change_ms = next_change_ms(shift.hours, since_utc_ms)
    return change_ms is not None and change_ms <= now_utc_ms


def _of(state: State, agent: Agent) -> list[ShiftPlan]:
    return [state.plan.shifts[name] for name in agent.plan.shifts if name in state.plan.shifts]
