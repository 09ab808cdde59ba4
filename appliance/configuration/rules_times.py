"""The rules of the agents' time: shifts, pauses and after-call work that can be kept as they are written."""

from collections.abc import Iterator

from appliance.configuration.calendar import weekdays
from appliance.configuration.file import Configuration, Queue
from appliance.configuration.file_times import Pause, Shift
from appliance.configuration.problems import place, repeated, unknown
from appliance.configuration.rules_people import opening_problems

RESERVED_REASONS = ("missed", "shift")
"""The box gives them itself."""


def times_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    shifts = [shift.name for shift in configuration.shift]
    for agent in configuration.agent:
        if agent.shift is not None and agent.shift not in shifts:
            yield unknown(place("agent", agent.name, "shift"), "shift", agent.shift, shifts)
    yield from repeated("shift", "name", shifts)
    for shift in configuration.shift:
        yield from _shift(shift, configuration)
    yield from repeated("pause", "code", (pause.code for pause in configuration.pause))
    yield from repeated("pause", "digit", (pause.digit for pause in configuration.pause if pause.digit))
    for pause in configuration.pause:
        yield from _limits(pause)
        yield from _scheduled(pause, configuration)
    for queue in configuration.queue:
        yield from _queue(queue)


def _shift(shift: Shift, configuration: Configuration) -> Iterator[str]:
    yield from opening_problems("shift", shift)
    agents = [agent.name for agent in configuration.agent]
    where = place("shift", shift.name, "agents")
    for name in shift.agents:
        if name not in agents:
            yield unknown(where, "agent", name, agents)
    if not shift.agents and not any(agent.shift == shift.name for agent in configuration.agent):
        yield f"{where}: nobody works in this shift. Name agents here, or write `shift` in their tables, or remove it."


def _limits(pause: Pause) -> Iterator[str]:
    if pause.code in RESERVED_REASONS:
        yield (
            f'{place("pause", pause.code, "code")}: "{pause.code}" is a reason the box gives itself. '
            "Choose another word."
        )
    if pause.limit_s and pause.day_limit_s and pause.limit_s > pause.day_limit_s:
        yield (
            f"{place('pause', pause.code, 'limit_s')}: one pause may be {pause.limit_s:g} s, and all of a day only "
            f"{pause.day_limit_s:g} s. Make `day_limit_s` at least as long."
        )
    if pause.when_over == "resume" and not pause.limit_s and not pause.day_limit_s:
        yield (
            f"{place('pause', pause.code, 'when_over')}: without a limit it is never over. "
            "Add `limit_s` or `day_limit_s`, or remove it."
        )


def _scheduled(pause: Pause, configuration: Configuration) -> Iterator[str]:
    try:
        weekdays(pause.days)
    except ValueError as error:
        yield f"{place('pause', pause.code, 'days')}: {error}."
    if pause.at and not pause.limit_s:
        yield (
            f"{place('pause', pause.code, 'at')}: nothing says how long this pause lasts. "
            "Write `limit_s`, or remove `at`."
        )
    named = (
        ("agents", "agent", pause.agents, [agent.name for agent in configuration.agent]),
        ("queues", "queue", pause.queues, [queue.name for queue in configuration.queue]),
        ("shifts", "shift", pause.shifts, [shift.name for shift in configuration.shift]),
    )
    for key, what, names, known in named:
        for name in names:
            if name not in known:
                yield unknown(place("pause", pause.code, key), what, name, known)
        if names and not pause.at:
            yield (
                f"{place('pause', pause.code, key)}: says who is paused at a fixed time, and there is none. "
                f"Write `at`, or remove `{key}`: everybody may choose every pause."
            )


def _queue(queue: Queue) -> Iterator[str]:
    if queue.wrap_up_longest_s < queue.wrap_up_s:
        yield (
            f"{place('queue', queue.name, 'wrap_up_longest_s')}: is less than wrap_up_s ({queue.wrap_up_s:g} s). "
            "Write at least as much."
        )
    if queue.at_closing == "send_on" and queue.hours is None:
        yield (
            f"{place('queue', queue.name, 'at_closing')}: the queue has no `hours`, so it never closes. "
            "Add `hours`, or remove it."
        )
