"""The rules of what goes out on which line: numbers that some line dials, prices and minutes that come to count."""

import re
from collections.abc import Iterator

from appliance.configuration.calendar import is_date
from appliance.configuration.file import Configuration, Line
from appliance.configuration.numbering import as_dialled, dialled_form, numbering, rules_for
from appliance.configuration.problems import place
from appliance.configuration.rules_ways import at
from appliance.configuration.ways import ways

_OUTGOING = ("calls", "cost_micros_per_minute", "allowance_minutes")
_OF_ALLOWANCES = (
    "allowance_resets_on_day",
    "allowance_calls",
    "allowance_first_increment_s",
    "allowance_next_increment_s",
    "allowance_pool",
    "allowance_until",
)
_OF_MESSAGES = ("messages_per_minute", "messages_per_day")
_USUAL = Line("", "sip")
_USSD_CODE = re.compile(r"[*#][0-9*#]{0,30}#\Z")
"""As `hw.ussd` takes it."""


def line_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    country = configuration.box.country
    for line in configuration.line:
        yield from _in_vain(line)
        yield from _balance_code(line)
        yield from _sends_none(line)
        keys = (("calls", line.calls), ("allowance_calls", line.allowance_calls))
        for key, prefixes in (*keys, ("cost_micros_per_minute", tuple(line.cost_micros_per_minute))):
            yield from _prefixes(place("line", line.name, key), prefixes, country)
    yield from _pools(configuration)
    yield from _sent_out_on_no_line(configuration)


def _pools(configuration: Configuration) -> Iterator[str]:
    """Lines that share minutes are of one contract, and so say the same of it."""
    first: dict[str, Line] = {}
    for line in configuration.line:
        if line.allowance_until and not is_date(line.allowance_until):
            where = place("line", line.name, "allowance_until")
            yield f"{where}: {line.allowance_until} is no day of the calendar. Correct or remove it."
        if not line.allowance_pool:
            continue
        other = first.setdefault(line.allowance_pool, line)
        for key in ("allowance_minutes", *_OF_ALLOWANCES):
            if getattr(line, key) != getattr(other, key):
                yield (
                    f"{place('line', line.name, key)}: it shares its minutes with {other.name}, where this is "
                    f"{getattr(other, key)!r}. Write the same in both."
                )


def _in_vain(line: Line) -> Iterator[str]:
    for key in _OUTGOING if line.mode == "in" else ():
        if getattr(line, key):
            yield f'{place("line", line.name, key)}: nothing is dialled on a line with mode = "in". Remove it.'
    for key in _OF_ALLOWANCES if not line.allowance_minutes else ():
        if getattr(line, key) != getattr(_USUAL, key):
            yield f"{place('line', line.name, key)}: there are no minutes. Write `allowance_minutes`, or remove it."


def _balance_code(line: Line) -> Iterator[str]:
    where = place("line", line.name, "balance_code")
    if line.balance_code and line.driver != "gsm":
        yield f"{where}: only a GSM modem can ask the network. Remove it."
    elif line.balance_code and not _USSD_CODE.match(line.balance_code):
        yield f"{where}: {line.balance_code} is no USSD code. Write one such as *111#; the operator's page names it."


def _sends_none(line: Line) -> Iterator[str]:
    for key in _OF_MESSAGES if line.driver != "gsm" else ():
        if getattr(line, key) is not None:
            yield (
                f'{place("line", line.name, key)}: only a line with driver = "gsm" sends text messages. Remove it, or '
                "write it at the line of a GSM modem."
            )


def _prefixes(where: str, prefixes: tuple[str, ...], country: str) -> Iterator[str]:
    known, first = numbering(country), dict[tuple[str, bool], str]()
    for prefix in prefixes:
        dialled = as_dialled(prefix, known)
        if prefix and known.code and dialled == prefix and dialled.startswith(known.code):
            yield (
                f"{where}: {prefix} may mean two things. Write +{prefix} if {known.code} is the country's code, or "
                f"+{known.code}{prefix} for numbers of the country that begin so."
            )
        twin = first.setdefault((dialled, not prefix), prefix)
        if twin is not prefix:
            yield f"{where}: {prefix} is written twice (as {twin} too). Keep one of them."


def _sent_out_on_no_line(configuration: Configuration) -> Iterator[str]:
    """Callers are sent to numbers that no line dials."""
    country = configuration.box.country
    rules = [rules_for(line.calls, country) for line in configuration.line if line.mode != "in"]
    for start, some in ways(configuration).items():
        for way in some:
            kind, _, number = way.end.partition(":")
            if kind == "number" and not any(_dials(one, dialled_form(number, country)) for one in rules):
                yield (
                    f'{at(start, way.key)}: no line dials {number}. Let a [[line]] with mode = "out" or "both" have '
                    "its beginning in `calls`, or no `calls`."
                )


def _dials(rules: dict[str, bool], dialled: str) -> bool:
    fits = next((dialled[:n] for n in range(len(dialled), -1, -1) if dialled[:n] in rules), None)
    return not rules or (fits is not None and rules[fits])
