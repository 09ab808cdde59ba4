"""The rules of known callers: each is written once, as the network tells it, and has one way."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Caller
from appliance.configuration.numbering import numbering, written
from appliance.configuration.problems import place


def caller_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    country, first = configuration.box.country, dict[tuple[str, str], str]()
    for caller in configuration.caller:
        text = caller.number or caller.prefix
        where = place("caller", caller.name or text, "prefix" if caller.prefix else "number")
        if bool(caller.number) == bool(caller.prefix):
            yield f"{where}: write either `number` (or withheld) or `prefix`."
            continue
        yield from _never_met(caller, where, country)
        kind = "prefix" if caller.prefix else "number"
        known = first.setdefault((kind, written(text, country, prefix=bool(caller.prefix))), text)
        if known is not text:
            yield f"{where}: {text} is written twice (as {known} too). Keep one of them."
        yield from _one_caller(caller, where)


def _one_caller(caller: Caller, where: str) -> Iterator[str]:
    own = [key for key in ("queue", "menu", "language", "priority") if getattr(caller, key) is not None]
    if caller.blocked and (own or caller.needs):
        yield f"{where}: is blocked, so {(*own, 'needs')[0]} is never asked. Remove it, or `blocked`."
    if caller.queue is not None and caller.menu is not None:
        yield f"{where}: has a queue and a menu. Keep one of them."


def _never_met(caller: Caller, where: str, country: str) -> Iterator[str]:
    """Numbers and prefixes that are not what they look like."""
    known, text = numbering(country), caller.number or caller.prefix
    if text.startswith(known.abroad):
        yield (
            f'{where}: write + for the {known.abroad} before a country\'s code: "+{text.removeprefix(known.abroad)}".'
        )
    elif caller.prefix and known.code and text.startswith(known.code):
        yield (
            f'{where}: may mean two things. Write "+{text}" if {known.code} is the country\'s code, or '
            f'"+{known.code}{text}" for numbers of the country that begin so.'
        )
    elif caller.prefix and known.code and not text.startswith("+") and len(text) > known.national_digits:
        yield (
            f"{where}: no number here has more than {known.national_digits} digits. Shorten it, or write + and a "
            "country's code."
        )
