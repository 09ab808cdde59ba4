"""The rules between agents, stations, queues and hours: whoever is named exists, and once."""

from collections.abc import Iterator

from appliance.configuration.calendar import is_date, is_time_zone, minute_of_day, weekdays
from appliance.configuration.file import Configuration, Hours, Queue
from appliance.configuration.file_times import Shift
from appliance.configuration.numbering import emergency_numbers
from appliance.configuration.problems import place, repeated, unknown


def people_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    yield from _box(configuration)
    yield from _duplicates(configuration)
    yield from _extensions(configuration)
    yield from _agents(configuration)
    for hours in configuration.hours:
        yield from opening_problems("hours", hours)
    for queue in configuration.queue:
        yield from _queue(queue, configuration)


def _box(configuration: Configuration) -> Iterator[str]:
    if not is_time_zone(configuration.box.time_zone):
        yield _bad_time_zone("[box] time_zone", configuration.box.time_zone)


def _bad_time_zone(where: str, name: str) -> str:
    return f'{where}: "{name}" is no time zone. Write one of the IANA names, such as "Europe/Madrid".'


def _duplicates(configuration: Configuration) -> Iterator[str]:
    yield from repeated("line", "name", (line.name for line in configuration.line))
    yield from repeated("station", "name", (station.name for station in configuration.station))
    yield from repeated("station", "extension", (station.extension for station in configuration.station))
    yield from repeated("agent", "name", (agent.name for agent in configuration.agent))
    yield from repeated("agent", "number", (agent.number for agent in configuration.agent))
    yield from repeated("hours", "name", (hours.name for hours in configuration.hours))
    yield from repeated("queue", "name", (queue.name for queue in configuration.queue))


def _extensions(configuration: Configuration) -> Iterator[str]:
    """Star codes begin with `*`, which the shape of an extension already refuses; emergency numbers do not."""
    country = configuration.box.country
    emergency = emergency_numbers(country)
    for station in configuration.station:
        if station.extension in emergency:
            where = place("station", station.name, "extension")
            yield f"{where}: {station.extension} is an emergency number in {country}. Choose another extension."


def _agents(configuration: Configuration) -> Iterator[str]:
    stations = [station.name for station in configuration.station]
    seated: dict[str, str] = {}
    for agent in configuration.agent:
        where = place("agent", agent.name, "station")
        if agent.station is not None and agent.station not in stations:
            yield unknown(where, "station", agent.station, stations)
        if not agent.auto_login:
            continue
        if agent.station is None:
            yield f"{where}: auto_login needs a station to log in on. Add `station`, or remove `auto_login`."
        elif agent.station in seated:
            yield (
                f"{where}: {seated[agent.station]} logs in on {agent.station} by itself too. "
                "Remove `auto_login` from one of them, or give them stations of their own."
            )
        else:
            seated[agent.station] = agent.name


def opening_problems(table: str, hours: Hours | Shift) -> Iterator[str]:
    """Spans, holidays and the zone, of opening hours and of shifts alike."""
    if hours.time_zone and not is_time_zone(hours.time_zone):
        yield _bad_time_zone(place(table, hours.name, "time_zone"), hours.time_zone)
    for span in hours.spans:
        try:
            weekdays(span.days)
        except ValueError as error:
            yield f"{place(table, hours.name, 'days')}: {error}."
        if minute_of_day(span.open) >= minute_of_day(span.close):
            yield (
                f"{place(table, hours.name, 'close')}: {span.open} to {span.close} ends before it begins. "
                "For a night, write two spans: one to 24:00, one from 00:00 of the next day."
            )
    for day in hours.holidays:
        if not is_date(day):
            yield f"{place(table, hours.name, 'holidays')}: {day} is no day of the calendar. Correct or remove it."


def _queue(queue: Queue, configuration: Configuration) -> Iterator[str]:
    agents = [agent.name for agent in configuration.agent]
    where = place("queue", queue.name, "agents")
    if not queue.agents:
        yield f"{where}: is empty, so nobody would ever answer. Name at least one agent."
    for agent in dict.fromkeys(queue.agents):
        if agent not in agents:
            yield unknown(where, "agent", agent, agents)
        elif queue.agents.count(agent) > 1:
            yield f'{where}: names "{agent}" more than once. Name each agent once.'
    hours = [table.name for table in configuration.hours]
    if queue.hours is not None and queue.hours not in hours:
        yield unknown(place("queue", queue.name, "hours"), "hours table", queue.hours, hours)
