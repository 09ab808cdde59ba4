"""The rules of known callers: each is written once, as the network tells it, and has one way."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Caller
from appliance.configuration.numbering import written
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
        if text.startswith("00"):
            yield f'{where}: write + for the 00 before a country\'s code: "+{text[2:]}".'
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
