"""What the wall clock brings about: shifts, closing times, and pauses at fixed times of the day.

All of it is worked out anew whenever the clock is set or the plan changes; in between a deadline waits for the next.
"""

from datetime import date, timedelta

from appliance.acd import admission, pause_time, pauses, shifts
from appliance.acd.hours import DAY_MS, LAST_UTC_MS, instant_of, is_open, local_day, next_change_ms
from appliance.acd.ids import QueueName
from appliance.acd.plan import PausePlan
from appliance.acd.state import Agent
from appliance.acd.turn import Turn

DAYS_LOOKED_AHEAD = 8
"""A pause on one day of the week is found, and one that is done today."""


def clock_set(turn: Turn) -> None:
    """The clock was set: by a little, over the start of a pause, or for the first time."""
    state = turn.state
    first, state.clock_told = not state.clock_told, True
    shifts.look(turn)
    if first:
        _pass_over_what_began(turn)
    _look(turn)


def plan_changed(turn: Turn) -> None:
    """Another calendar, perhaps. What it says of times before this one did not happen, and is not made up for."""
    state = turn.state
    if not (state.clock_told or state.utc_offset_ms):
        return
    keys = {_key(pause, minute) for pause in state.plan.pauses for minute in pause.at_minutes}
    state.pauses_done = {key: day for key, day in state.pauses_done.items() if key in keys}
    for kind, there in (("scheduled_pause", keys), ("closing_time", _closing(turn).keys())):
        for subject in list(state.deadlines.get(kind, {})):  # type: ignore[call-overload]
            if subject not in there:
                turn.deadlines.cancel(kind, subject)  # type: ignore[arg-type]
    shifts.look(turn, may_begin=False)
    _pass_over_what_began(turn)
    _look(turn)


def shift_changes(turn: Turn, name: str) -> None:
    """A shift begins or ends."""
    shifts.look(turn)


def closing_time(turn: Turn, name: str) -> None:
    """Opening hours end, or begin: callers who wait in a queue that serves nobody after closing are sent on."""
    if turn.state.switch_lost_ms >= 0:
        turn.deadlines.set("closing_time", name, turn.now_ms)  # nobody could be told
        return
    hours = turn.state.plan.hours[name]
    change_ms = next_change_ms(hours, turn.now_utc_ms)
    in_ms = shifts.LOOK_AGAIN_MS if change_ms is None else change_ms - turn.now_utc_ms
    turn.deadlines.set("closing_time", name, turn.now_ms + in_ms)
    if not is_open(hours, turn.now_utc_ms):
        for queue in _closing(turn)[name]:
            admission.send_on_at_closing(turn, turn.state.queues[queue])


def scheduled_pause(turn: Turn, key: str) -> None:
    """It is time for a pause: of the day that is due, once."""
    code, _, minute = key.partition("@")
    plan = next(pause for pause in turn.state.plan.pauses if pause.code == code)
    found = _next(turn, plan, int(minute))
    if found is not None and found[1] <= turn.now_utc_ms:
        turn.state.pauses_done[key] = found[0]
        pauses.begin_scheduled(turn, plan)
    _wait_for(turn, plan, int(minute))


def is_scheduled(turn: Turn, agent: Agent, since_utc_ms: int) -> bool:
    """Whether a pause that began then is one the calendar begins for this agent, and ends."""
    zone, plan = turn.state.plan.time_zone, pause_time.plan_of(turn.state, agent.reason)
    if plan is None or agent.plan.name not in plan.at_agents:
        return False
    day = _day_after(local_day(zone, since_utc_ms), 0)
    times = [instant_of(zone, day, minute) for minute in plan.at_minutes if day.weekday() in plan.at_weekdays]
    return any(at_ms <= since_utc_ms < at_ms + plan.limit_ms for at_ms in times)


def _look(turn: Turn) -> None:
    for name in _closing(turn):
        closing_time(turn, name)
    for pause in turn.state.plan.pauses:
        for minute in pause.at_minutes:
            _wait_for(turn, pause, minute)
    pauses.look_again(turn)


def _closing(turn: Turn) -> dict[str, list[QueueName]]:
    """Hours -> the queues in which nobody waits on when they end."""
    found: dict[str, list[QueueName]] = {}
    for queue in turn.state.plan.queues:
        if queue.at_closing == "send_on" and queue.hours in turn.state.plan.hours:
            found.setdefault(queue.hours, []).append(queue.name)
    return found


def _pass_over_what_began(turn: Turn) -> None:
    """A pause whose time has come before anything was known of it is not begun in the middle."""
    for pause in turn.state.plan.pauses:
        for minute in pause.at_minutes:
            found = _next(turn, pause, minute)
            if found is not None and found[1] <= turn.now_utc_ms:
                turn.state.pauses_done[_key(pause, minute)] = found[0]


def _wait_for(turn: Turn, plan: PausePlan, minute: int) -> None:
    found = _next(turn, plan, minute)
    if found is not None:
        in_ms = max(0, found[1] - turn.now_utc_ms)
        turn.deadlines.set("scheduled_pause", _key(plan, minute), turn.now_ms + in_ms)


def _next(turn: Turn, plan: PausePlan, minute: int) -> tuple[str, int] | None:
    """The day and the instant of the first time of this pause that is neither done nor over; None at the end of time.

    Done is a matter of days: a clock that goes back over the time, by itself or by hand, does not bring it twice. If it
    went back over whole days, what was done then is of another calendar.
    """
    zone, now_utc_ms = turn.state.plan.time_zone, turn.now_utc_ms
    today = local_day(zone, now_utc_ms)
    done = turn.state.pauses_done.get(_key(plan, minute), "")
    if done > _day_after(today, 1).isoformat():
        done = ""
    days = range(-1, DAYS_LOOKED_AHEAD + 1) if now_utc_ms < LAST_UTC_MS - 2 * DAYS_LOOKED_AHEAD * DAY_MS else ()
    for ahead in days:
        day = _day_after(today, ahead)
        if day.weekday() not in plan.at_weekdays or day.isoformat() <= done:
            continue
        at_ms = instant_of(zone, day, minute)
        if at_ms + plan.limit_ms > now_utc_ms:
            return day.isoformat(), at_ms
    return None


def _day_after(today: str, days: int) -> date:
    return date.fromisoformat(today) + timedelta(days)


def _key(pause: PausePlan, minute: int) -> str:
    return f"{pause.code}@{minute}"
