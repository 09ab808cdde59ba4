"""The ways a caller can go, as a graph: from lines, numbers and known callers to menus and queues, and from those on.

A place is written as where a key leads: `queue:ventas`, `menu:principal`. Only what the file says belongs here; whether
it makes sense is looked at in `rules_ways`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from appliance.configuration.file import Configuration, Queue
from appliance.configuration.file_menus import Menu
from appliance.configuration.file_types import Language

OVERFLOWS = ("on_empty", "on_full", "on_max_wait", "on_closed")


class Way(NamedTuple):
    """By this key of its table a caller leaves `start` for `end`, as the file writes it (`hang_up` too)."""

    start: str
    key: str
    end: str
    pressed: bool
    """The caller pressed something; else it happens by itself."""
    language: Language | None = None
    """Chosen with it."""


class Entrance(NamedTuple):
    """Where callers come in: a key of a line or of a known caller."""

    table: str
    name: str
    key: str
    end: str
    languages: tuple[tuple[Language, bool], ...]
    """Which its callers have, and whether they keep it in every queue."""


class Heard(NamedTuple):
    """Somebody is in a place with this language."""

    place: str
    language: Language
    kept: bool


def ways(configuration: Configuration) -> dict[str, tuple[Way, ...]]:
    """Every place, in the order of the file, with the ways out of it."""
    entries = {lookup.name: lookup.entries for lookup in configuration.lookup}
    found = {f"queue:{queue.name}": tuple(_of_queue(queue)) for queue in configuration.queue}
    for menu in configuration.menu:
        place = f"menu:{menu.name}"
        looked_up = entries.get(menu.lookup or "", {}).values()
        found[place] = (
            *_of_menu(menu),
            *(Way(place, "lookup", entry.to, True) for entry in looked_up if entry.to is not None),
        )
    return found


def entrances(configuration: Configuration) -> tuple[Entrance, ...]:
    """Every way in, the lines' first. Callers who are blocked come in nowhere."""
    usual = configuration.box.language
    callers = [caller for caller in configuration.caller if not caller.blocked]
    led_by_line = [caller for caller in callers if caller.queue is None and caller.menu is None]
    own = [(caller.language, True) for caller in led_by_line if caller.language is not None]
    found = []
    lines = [line for line in configuration.line if line.mode != "out"]
    of_lines = [(line.language or usual, line.language is not None) for line in lines]
    for line, spoken in zip(lines, of_lines, strict=True):
        languages = tuple(dict.fromkeys([spoken, *own]))
        for key, end in (("queue", line.queue and f"queue:{line.queue}"), ("menu", line.menu and f"menu:{line.menu}")):
            if end:
                found.append(Entrance("line", line.name, key, end, languages))
        for number, to in line.did.items():
            end = to if to.startswith("menu:") else f"queue:{to}"
            found.append(Entrance("line", line.name, f'did."{number}"', end, languages))
    for caller in callers:
        spoken_to = ((caller.language, True),) if caller.language is not None else tuple(dict.fromkeys(of_lines))
        for key, end in (
            ("queue", caller.queue and f"queue:{caller.queue}"),
            ("menu", caller.menu and f"menu:{caller.menu}"),
        ):
            if end:
                found.append(Entrance("caller", caller.number or caller.prefix, key, end, spoken_to))
    return tuple(found)


def heard(configuration: Configuration, coming: Iterable[Entrance]) -> set[Heard]:
    """Every place that can be reached by these, with the languages spoken there."""
    out, usual = ways(configuration), configuration.box.language
    menus = {f"menu:{menu.name}": menu.language for menu in configuration.menu}
    queues = {f"queue:{queue.name}": queue.language or usual for queue in configuration.queue}
    found: set[Heard] = set()
    waiting = [(entrance.end, language, kept) for entrance in coming for language, kept in entrance.languages]
    while waiting:
        place, language, kept = waiting.pop()
        if place not in out:
            continue
        spoken = menus.get(place)
        if spoken is not None:
            language, kept = spoken, True
        elif place in queues and not kept:
            language = queues[place]
        here = Heard(place, language, kept)
        if here not in found:
            found.add(here)
            waiting += [(way.end, way.language or language, kept or way.language is not None) for way in out[place]]
    return found


def _of_queue(queue: Queue) -> Iterator[Way]:
    place = f"queue:{queue.name}"
    for key in OVERFLOWS:
        yield Way(place, key, str(getattr(queue, key)), False)
    for key, to in queue.exit_keys.items():
        yield Way(place, f'exit_keys."{key}"', to, True)


def _of_menu(menu: Menu) -> Iterator[Way]:
    place = f"menu:{menu.name}"
    for key, to in menu.keys.items():
        yield Way(place, f'keys."{key}"', to, True, menu.languages.get(key))
    yield Way(place, "on_timeout", menu.on_timeout, False)
    yield Way(place, "on_invalid", menu.on_invalid, True)
    if menu.hours is not None:
        yield Way(place, "on_closed", menu.on_closed, False)
    if menu.digits:
        yield Way(place, "on_found", menu.on_found, True)
        yield Way(place, "on_not_found", menu.on_not_found, True)
