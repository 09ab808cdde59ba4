"""Which pauses there are, who may take one now, what happens when one is too long, and those the calendar begins."""

from appliance.acd import agents, pause_time
from appliance.acd.plan import PausePlan
from appliance.acd.state import Agent, State
from appliance.acd.turn import Turn

USUAL: tuple[PausePlan, ...] = (
    PausePlan("cafe", "1"),
    PausePlan("comida", "2"),
    PausePlan("formacion", "3"),
    PausePlan("reunion", "4"),
    PausePlan("gestion", "5"),
)
"""The reasons offered where the configuration has none; any other is taken then too."""
RESERVED = ("missed", "shift")
"""Reasons the box itself gives."""


def offered(state: State) -> tuple[PausePlan, ...]:
    """The reasons people choose from."""
    return state.plan.pauses or USUAL


def reason_of(state: State, digits: str) -> str:
    """The reason dialled after *46; digits that are none's stand for themselves."""
    return next((pause.code for pause in offered(state) if digits and pause.digit == digits), digits)


def why_not(state: State, agent: Agent, reason: str, utc_ms: int) -> tuple[str, str] | None:
    """Why the agent cannot take this pause now: code of the refusal and what its sentence names; None when it can."""
    if reason in RESERVED:
        return "pause_reserved", reason
    if agent.state == "not_ready" and agent.reason == reason:
        return "paused_already", ""
    if not state.plan.pauses:
        return None
    plan = pause_time.plan_of(state, reason)
    if plan is None:
        return "pause_unknown", ", ".join(pause.code for pause in state.plan.pauses)
    if pause_time.left_today_ms(state, agent, plan, utc_ms) == 0:
        return "pause_day_limit", f"{plan.day_limit_ms // 60_000} min"
    return _too_many(state, agent, plan)


def _too_many(state: State, agent: Agent, plan: PausePlan) -> tuple[str, str] | None:
    """Whether as many as may are in this pause, or are to be after their call."""
    others = [other for other in state.agents.values() if other is not agent and _takes(other, plan.code)]
    if plan.at_once and len(others) >= plan.at_once:
        return "pause_full", ", ".join(other.plan.name for other in others[:6])
    for name in agent.queues if plan.at_once_percent else ():
        queue = state.queues[name].plan
        there = [state.agents[one] for one in queue.agents if one in state.agents]
        on_duty = sum(one.state != "logged_out" for one in there)
        of_queue = [one.plan.name for one in there if one is not agent and _takes(one, plan.code)]
        if len(of_queue) >= max(1, on_duty * plan.at_once_percent // 100):
            return "pause_full", ", ".join(of_queue[:6])
    return None


def _takes(agent: Agent, code: str) -> bool:
    if agent.state == "not_ready":
        return agent.reason == code
    return agent.after_call == "not_ready" and agent.after_call_reason == code


def over(turn: Turn, agent: Agent) -> None:
    """The pause is as long as it may be: one the calendar began ends, another does what the reason says."""
    plan = pause_time.plan_of(turn.state, agent.reason)
    if plan is None or not pause_time.is_due(turn, agent):
        pause_time.watch(turn, agent)
    elif agent.pause_scheduled:
        agents.move(turn, agent, "resume")
    elif plan.when_over == "tell":
        agent.pause_is_over = True
        turn.decide("agent_state", "pause_over", detail=agent.plan.name)
    elif _can_ring(turn.state, agent):
        turn.decide("agent_state", "pause_over_resumed", detail=agent.plan.name)
        agents.move(turn, agent, "resume")
    else:
        turn.decide("agent_state", "pause_over_logged_out", detail=agent.plan.name)
        agents.log_out(turn, agent)


def _can_ring(state: State, agent: Agent) -> bool:
    station = state.stations.get(agent.station) if agent.station is not None else None
    return station is not None and station.health == "up" and not station.off_hook


def begin_scheduled(turn: Turn, plan: PausePlan) -> None:
    """The calendar's time for a pause has come: who is ready takes it now, who has a call or is rung after that.

    Who is paused already, logged out or off shift is left alone. How many are in it at once is the calendar's doing.
    """
    for name in plan.at_agents:
        agent = turn.state.agents.get(name)
        if agent is None or agent.off_shift or agent.after_call == "logged_out":
            continue
        if agent.state == "ready":
            agents.move(turn, agent, "pause", plan.code, scheduled=True)
        elif agent.state not in ("logged_out", "not_ready"):
            agent.after_call, agent.after_call_reason, agent.after_call_scheduled = "not_ready", plan.code, True


def look_again(turn: Turn) -> None:
    """The plan or the clock changed: the limits of those who are paused are looked at anew."""
    for agent in turn.state.agents.values():
        if agent.state == "not_ready":
            pause_time.watch(turn, agent)


def took_since(turn: Turn, agent: Agent, since_utc_ms: int, *, scheduled: bool) -> None:
    """The pause began before the box lost its power, and counts from then. A clock that says otherwise is not heard."""
    elapsed_ms = max(0, turn.now_utc_ms - since_utc_ms) if since_utc_ms > 0 else 0
    agent.pause_since_ms, agent.pause_scheduled = turn.now_ms - elapsed_ms, scheduled
    pause_time.watch(turn, agent)
