"""Opening hours, shifts and pauses of the configuration as the ACD's plan has them."""

from appliance.acd.ids import AgentName
from appliance.acd.plan import Hours, OpenSpan, PausePlan, ShiftPlan
from appliance.configuration import file
from appliance.configuration.calendar import minute_of_day, weekdays
from appliance.configuration.file_times import Pause, Shift


def hours_plan(hours: file.Hours | Shift, box: file.Box) -> Hours:
    spans = (OpenSpan(weekdays(span.days), minute_of_day(span.open), minute_of_day(span.close)) for span in hours.spans)
    return Hours(hours.time_zone or box.time_zone, tuple(spans), tuple(hours.holidays))


def works_in(agent: file.Agent, shift: Shift) -> bool:
    return agent.shift == shift.name or agent.name in shift.agents


def shift_plan(shift: Shift, box: file.Box) -> ShiftPlan:
    return ShiftPlan(shift.name, hours_plan(shift, box), _ms(shift.grace_s), shift.allow_overtime)


def pause_plan(pause: Pause, configuration: file.Configuration) -> PausePlan:
    return PausePlan(
        code=pause.code,
        digit=pause.digit,
        title=pause.title,
        limit_ms=_ms(pause.limit_s),
        day_limit_ms=_ms(pause.day_limit_s),
        at_once=pause.at_once,
        at_once_percent=pause.at_once_percent,
        when_over=pause.when_over,
        at_minutes=tuple(minute_of_day(at) for at in pause.at),
        at_weekdays=weekdays(pause.days) if pause.at else (),
        at_agents=_paused_at(pause, configuration) if pause.at else (),
    )


def _paused_at(pause: Pause, configuration: file.Configuration) -> tuple[AgentName, ...]:
    """Who is paused when the time comes: those named, those of the queues and shifts named; all when nobody is."""
    named = set(pause.agents)
    named.update(agent for queue in configuration.queue if queue.name in pause.queues for agent in queue.agents)
    everybody = not (pause.agents or pause.queues or pause.shifts)
    shifts = [shift for shift in configuration.shift if shift.name in pause.shifts]
    return tuple(
        AgentName(agent.name)
        for agent in configuration.agent
        if everybody or agent.name in named or any(works_in(agent, shift) for shift in shifts)
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
