"""The rules of tariffs: the lines, projects, hours and days they name exist, and none rates another's calls."""

from collections.abc import Iterator

from appliance.configuration.calendar import is_date
from appliance.configuration.file import Configuration, Tariff
from appliance.configuration.numbering import numbering, tariff_prefix
from appliance.configuration.problems import place, repeated, unknown


def tariff_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold. Tariffs whose hours meet are found when they are compiled
    (`billing.tariffs`)."""
    yield from repeated("tariff", "name", (tariff.name for tariff in configuration.tariff))
    country = configuration.box.country
    first: dict[tuple[object, ...], str] = {}
    for tariff in configuration.tariff:
        yield from rate_problems(tariff, configuration)
        prefix = tariff_prefix(tariff.prefix, country)
        when = (tariff.hours, tariff.valid_from, tariff.valid_to)
        covers = (tariff.direction, prefix, tariff.line, tariff.project, *when)
        if covers in first and first[covers] != tariff.name:
            yield (
                f"{place('tariff', tariff.name, 'prefix')}: {first[covers]} already rates the same calls "
                "(direction, prefix, line, project, hours and days are equal). Remove one of them."
            )
        first.setdefault(covers, tariff.name)


def rate_problems(rate: Tariff, configuration: Configuration, table: str = "tariff") -> Iterator[str]:
    """Of one rate, wherever it stands."""
    lines = [line.name for line in configuration.line]
    projects = sorted({queue.project for queue in configuration.queue if queue.project})
    hours = [one.name for one in configuration.hours]
    if rate.line is not None and rate.line not in lines:
        yield unknown(place(table, rate.name, "line"), "line", rate.line, lines)
    if rate.project and rate.project not in projects:
        yield unknown(place(table, rate.name, "project"), "queue's project", rate.project, projects)
    if rate.hours is not None and rate.hours not in hours:
        yield unknown(place(table, rate.name, "hours"), "hours table", rate.hours, hours)
    if rate.counts == "line" and (rate.direction == "out" or table != "tariff"):
        why = "what is dialled is counted so anyway" if table == "tariff" else "a client is charged for talk"
        yield f"{place(table, rate.name, 'counts')}: line is for calls in that a carrier charges; {why}. Remove it."
    yield from day_problems(table, rate.name, rate.valid_from, rate.valid_to)
    yield from _prefix(rate, configuration.box.country, table)


def _prefix(tariff: Tariff, country: str, table: str) -> Iterator[str]:
    """A beginning without its country could be of two, and the wrong calls would be charged."""
    where, prefix = place(table, tariff.name, "prefix"), tariff.prefix
    read, code = tariff_prefix(prefix, country), numbering(country).code
    if read in ("+", "="):
        yield f'{where}: {prefix} begins every number. Write "", or how the numbers you mean begin.'
    elif read and read[0] not in "+=":
        bare = prefix.lstrip("0")
        own = f"+{code}{bare}" if code else "+, the country's code and the rest"
        yield (
            f"{where}: {prefix} has no country. Write {own} for the country's own numbers, +{bare} if its code is "
            f"written already, or ={prefix} for a network's own short number."
        )


def day_problems(table: str, name: str, valid_from: str, valid_to: str) -> Iterator[str]:
    """A first and a last day are days of the calendar, in order; "" is none."""
    days = {"valid_from": valid_from, "valid_to": valid_to}
    wrong = [key for key, day in days.items() if day and not is_date(day)]
    for key in wrong:
        yield f"{place(table, name, key)}: {days[key]} is no day of the calendar. Correct or remove it."
    if not wrong and valid_from and valid_to and valid_to < valid_from:
        yield (
            f"{place(table, name, 'valid_to')}: {valid_to} is before {valid_from}, when it begins. Correct one of them."
        )
