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
    lines = [line.name for line in configuration.line]
    projects = sorted({queue.project for queue in configuration.queue if queue.project})
    country = configuration.box.country
    hours = [table.name for table in configuration.hours]
    first: dict[tuple[object, ...], str] = {}
    for tariff in configuration.tariff:
        if tariff.line is not None and tariff.line not in lines:
            yield unknown(place("tariff", tariff.name, "line"), "line", tariff.line, lines)
        if tariff.project and tariff.project not in projects:
            yield unknown(place("tariff", tariff.name, "project"), "queue's project", tariff.project, projects)
        if tariff.hours is not None and tariff.hours not in hours:
            yield unknown(place("tariff", tariff.name, "hours"), "hours table", tariff.hours, hours)
        yield from _days(tariff)
        yield from _prefix(tariff, country)
        prefix = tariff_prefix(tariff.prefix, country)
        when = (tariff.hours, tariff.valid_from, tariff.valid_to)
        covers = (tariff.direction, prefix, tariff.line, tariff.project, *when)
        if covers in first and first[covers] != tariff.name:
            yield (
                f"{place('tariff', tariff.name, 'prefix')}: {first[covers]} already rates the same calls "
                "(direction, prefix, line, project, hours and days are equal). Remove one of them."
            )
        first.setdefault(covers, tariff.name)


def _prefix(tariff: Tariff, country: str) -> Iterator[str]:
    """A beginning without its country could be of two, and the wrong calls would be charged."""
    where, prefix = place("tariff", tariff.name, "prefix"), tariff.prefix
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


def _days(tariff: Tariff) -> Iterator[str]:
    days = {"valid_from": tariff.valid_from, "valid_to": tariff.valid_to}
    wrong = [key for key, day in days.items() if day and not is_date(day)]
    for key in wrong:
        yield f"{place('tariff', tariff.name, key)}: {days[key]} is no day of the calendar. Correct or remove it."
    if not wrong and tariff.valid_from and tariff.valid_to and tariff.valid_to < tariff.valid_from:
        yield (
            f"{place('tariff', tariff.name, 'valid_to')}: {tariff.valid_to} is before {tariff.valid_from}, when it "
            "begins. Correct one of them."
        )
