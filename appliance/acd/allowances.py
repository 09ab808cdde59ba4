"""How much of the minutes that a line's contract includes has been used, and when they begin anew.

Counted when a call is over, in the steps of the contract; what is up is added wherever it is asked how much is left. A
call over the moment of the reset is the new month's. A clock that goes back gives no minutes a second time, and until
the clock was told at all there is no new month.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from appliance.acd import numbers
from appliance.acd.durable import DurableLine
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName
from appliance.acd.line_effects import StoreLineUse
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.line_state import Line
from appliance.acd.state import NO_LEG, Call, Leg, State
from appliance.acd.turn import Turn


def counted_ms(plan: AllowancePlan, talked_ms: int) -> int:
    """A talk in the steps of the contract: the first one whole, and each further one that has begun."""
    first_ms = plan.first_increment_ms
    if talked_ms <= first_ms:
        return first_ms
    next_ms = plan.next_increment_ms
    return first_ms - (first_ms - talked_ms) // next_ms * next_ms  # rounded up


def covers(plan: AllowancePlan, dialled: str) -> bool:
    """Whether the contract includes calls to a number, in `numbers.rule_form`."""
    fits = numbers.beginning_of(dialled, plan.covers)
    return fits is None or plan.covers[fits]


def uses_minutes(state: State, name: LineName, number: str) -> bool:
    """Whether a call to this number on this line uses minutes of its contract."""
    line = state.lines.get(name)
    return line is not None and covers(line.plan.allowance, numbers.rule_form(state.plan, number))


def line_of(state: State, leg: Leg) -> Line | None:
    """The line of whose contract a leg uses minutes, if it does."""
    return state.lines.get(leg.line) if leg.line is not None and leg.uses_minutes else None


def count(turn: Turn, leg: Leg) -> int:
    """A leg is over: its talk counts, if it was answered and uses minutes. Returns for how much, in milliseconds."""
    line = line_of(turn.state, leg)
    if line is None or leg.answered_ms < 0:
        return 0
    leg.uses_minutes = False
    line.used_since, line.used_ms = used(turn, line)
    counts_ms = counted_ms(line.plan.allowance, turn.now_ms - leg.answered_ms)
    line.used_ms += counts_ms
    keep(turn, line)
    return counts_ms


def heartbeat(turn: Turn, call: Call) -> None:
    """What a power cut would leave: the talk of a call of ours that is up counts as far as it has come."""
    talk = call.conversation
    for name in (call.leg, talk.leg if talk is not None else NO_LEG):
        leg = turn.state.legs.get(name)  # not all that are up: each of a thousand calls beats
        line = line_of(turn.state, leg) if leg is not None and leg.answered_ms >= 0 else None
        if line is not None:
            keep(turn, line)


def keep(turn: Turn, line: Line) -> None:
    """What is used of the line's contract by now, for the store."""
    since, used_ms = used(turn, line)
    turn.store.append(StoreLineUse(line.plan.name, since, used_ms + up_ms(turn)[line.plan.name]))


def restore(turn: Turn, known: DurableLine) -> None:
    line = turn.state.lines.get(known.line)
    if line is not None:
        line.used_since, line.used_ms = known.since_day, known.used_ms


def used(turn: Turn, line: Line, today: str = "") -> tuple[str, int]:
    """Since which day, and how much of the talk that is over. Changes nothing. `today`: if the local day is known."""
    if not turn.state.clock_told:
        return line.used_since, line.used_ms
    today = today or local_day(turn.state.plan.time_zone, turn.now_utc_ms)
    since = began(today, line.plan.allowance.resets_on_day)
    return since, line.used_ms if since <= line.used_since or not line.used_since else 0


def up_ms(turn: Turn) -> dict[LineName, int]:
    """By line: what the calls that are up would count for if they ended now."""
    state, now_ms = turn.state, turn.now_ms
    found = dict.fromkeys(state.lines, 0)
    plans = {name: line.plan.allowance for name, line in state.lines.items()}
    for leg in state.legs.values():
        if leg.uses_minutes and leg.answered_ms >= 0 and leg.line in found:
            found[leg.line] += counted_ms(plans[leg.line], now_ms - leg.answered_ms)
    return found


def used_together(turn: Turn, line: Line, up: Mapping[LineName, int], today: str = "") -> int:
    """This month's, of all lines that share its minutes: the talk that is over, and `up` of the calls that go on."""
    pool = line.plan.allowance.pool
    sharing = [one for one in turn.state.lines.values() if one.plan.allowance.pool == pool] if pool else [line]
    return sum(used(turn, one, today)[1] + up[one.plan.name] for one in sharing)


def left_ms(turn: Turn, line: Line, up: Mapping[LineName, int], today: str = "") -> int:
    """Of this month's minutes, with `up` of the calls that go on (by line); -1 for a contract without any, or over."""
    plan = line.plan.allowance
    if not plan.each_month_ms or (plan.ends_on and turn.state.clock_told and today > plan.ends_on):
        return -1
    return max(0, plan.each_month_ms - used_together(turn, line, up, today))


@lru_cache(maxsize=256)
def began(today: str, on_day: int) -> str:
    """The last day up to this one on which the minutes begin anew."""
    day = date.fromisoformat(today)
    this = _in_month(day, on_day)
    return (this if this <= day else _in_month(day.replace(day=1) - timedelta(1), on_day)).isoformat()


def _in_month(day: date, on_day: int) -> date:
    """That day of the month of `day`, or its last one."""
    try:
        return day.replace(day=on_day)
    except ValueError:
        return _in_month(day, on_day - 1)
