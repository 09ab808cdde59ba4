"""How long agents are paused: one pause, and all of a day, against the limits of its reason.

Only the counting belongs here; what a limit leads to, and which pause is allowed, is in `pauses`.
"""

from datetime import date

from appliance.acd.hours import instant_of, local_day
from appliance.acd.plan import PausePlan
from appliance.acd.state import Agent, State
from appliance.acd.turn import Turn


def plan_of(state: State, code: str) -> PausePlan | None:
    """The configured reason; None for one that has no table."""
    return next((pause for pause in state.plan.pauses if pause.code == code), None)


def began(turn: Turn, agent: Agent, *, scheduled: bool) -> None:
    """The agent is not ready from now on; when it is too long is known at once."""
    agent.pause_since_ms, agent.pause_scheduled, agent.pause_is_over = turn.now_ms, scheduled, False
    watch(turn, agent)


def ended(turn: Turn, agent: Agent) -> None:
    """The agent is no longer paused, or for another reason: what it took counts for the day, from midnight on."""
    turn.deadlines.cancel("pause_over", agent.plan.name)
    today = _today(turn)
    if agent.paused_day != today:
        agent.paused_day, agent.paused_today_ms = today, {}
    if plan_of(turn.state, agent.reason) is not None:  # others have no limit, and there may be any number of them
        spent_ms = agent.paused_today_ms.get(agent.reason, 0) + _of_today_ms(turn, agent)
        agent.paused_today_ms[agent.reason] = spent_ms
    agent.pause_scheduled = agent.pause_is_over = False


def watch(turn: Turn, agent: Agent) -> None:
    """Wake when this pause is as long as its reason allows; not again once that was told."""
    ends_ms = _ends_ms(turn, agent)
    if ends_ms is None or agent.pause_is_over:
        turn.deadlines.cancel("pause_over", agent.plan.name)
    else:
        turn.deadlines.set("pause_over", agent.plan.name, max(turn.now_ms, ends_ms))


def is_due(turn: Turn, agent: Agent) -> bool:
    """Whether the pause is too long by now: on a new day there may be more of the day's limit than was thought."""
    ends_ms = _ends_ms(turn, agent)
    return ends_ms is not None and ends_ms <= turn.now_ms


def left_today_ms(state: State, agent: Agent, plan: PausePlan, utc_ms: int) -> int | None:
    """What is left of the day's limit before a pause begins; None when there is no limit."""
    if not plan.day_limit_ms:
        return None
    counts = agent.paused_day == local_day(state.plan.time_zone, utc_ms)
    return max(0, plan.day_limit_ms - (agent.paused_today_ms.get(plan.code, 0) if counts else 0))


def _ends_ms(turn: Turn, agent: Agent) -> int | None:
    plan = plan_of(turn.state, agent.reason)
    if plan is None:
        return None
    ends = [agent.pause_since_ms + plan.limit_ms] if plan.limit_ms else []
    left_ms = left_today_ms(turn.state, agent, plan, turn.now_utc_ms)
    if left_ms is not None and not agent.pause_scheduled:
        ends.append(turn.now_ms - _of_today_ms(turn, agent) + left_ms)
    return min(ends, default=None)


def _of_today_ms(turn: Turn, agent: Agent) -> int:
    """How much of the pause that goes on is of this day."""
    zone = turn.state.plan.time_zone
    midnight_ms = instant_of(zone, date.fromisoformat(_today(turn)), 0)
    return max(0, min(turn.now_ms - agent.pause_since_ms, turn.now_utc_ms - midnight_ms))


def _today(turn: Turn) -> str:
    return local_day(turn.state.plan.time_zone, turn.now_utc_ms)
