"""The proof of the ways callers go: each leads somewhere, and nobody goes round for ever."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.problems import place, repeated, unknown
from appliance.configuration.ways import Way, entrances, ways

Path = list[tuple[str, str]]
"""Places, each with the key by which it is left."""


def way_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    out = ways(configuration)
    yield from wrong_names(configuration, out)
    yield from _lines(configuration)
    yield from _loops(out)


def wrong_names(configuration: Configuration, out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Destinations that are not there."""
    for start in out:
        for way in out[start]:
            if way.key != "lookup":  # the table of digits says so itself
                yield from unknown_end(configuration, at(start, way.key), way.end)
            if way.end == "callback" and start.startswith("menu:"):
                yield (
                    f"{at(start, way.key)}: a caller in a menu may have come to no queue yet. Write by which queue "
                    'they are called back, such as "callback:ventas".'
                )
    for entrance in entrances(configuration):
        where = place(entrance.table, entrance.name, entrance.key)
        yield from unknown_end(configuration, where, entrance.end)
    yield from repeated("menu", "name", (menu.name for menu in configuration.menu))


def unknown_end(configuration: Configuration, where: str, end: str) -> Iterator[str]:
    """The problem of a destination that is no queue and no menu of the file, or that no line can dial."""
    kind, _, target = end.partition(":")
    queues = [queue.name for queue in configuration.queue]
    if kind == "menu" and target not in (menus := [menu.name for menu in configuration.menu]):
        yield unknown(where, kind, target, menus)
    elif (kind == "queue" or (kind == "callback" and target)) and target not in queues:
        yield unknown(where, "queue", target, queues)
    elif kind in ("number", "callback") and all(line.mode == "in" for line in configuration.line):
        yield f'{where}: no line can dial out. Give one mode = "both" or "out", or lead callers elsewhere.'


def _lines(configuration: Configuration) -> Iterator[str]:
    for line in configuration.line:
        for number in line.did:
            if not number.removeprefix("+").isdigit():
                yield (
                    f'{place("line", line.name, "did")}: "{number}" is no telephone number. '
                    "Write the digits the network sends as the called number, with + if it sends one."
                )
        if line.queue is not None and line.menu is not None:
            yield f"{place('line', line.name, 'menu')}: the line has a `queue` too. Keep one of them."
        if line.mode != "out" and line.queue is None and line.menu is None and not line.did:
            yield (
                f"{place('line', line.name, 'queue')}: calls come in on this line and have nowhere to go. "
                'Add `queue`, `menu` or `did`, or make it mode = "out".'
            )


def _loops(out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Each loop once, with its path: a caller who presses nothing would be sent round for ever."""
    by_itself = {start: [(way.key, way.end) for way in some if not way.pressed] for start, some in out.items()}
    reported: set[frozenset[str]] = set()
    for start in by_itself:
        path = _loop_from(start, by_itself)
        if path and frozenset(name for name, _ in path) not in reported:
            reported.add(frozenset(name for name, _ in path))
            names = " → ".join(f"{_spoken(name)} ({key})" for name, key in path)
            yield (
                f"{at(start, path[0][1])}: callers would go round in a loop: {names} → "
                f'{_spoken(start)}. Change one of these to "voicemail" or "hang_up".'
            )


def _loop_from(start: str, out: dict[str, list[tuple[str, str]]]) -> Path:
    """The shortest path from a place back to itself; [] for none."""
    paths: list[Path] = [[(start, key)] for key, _ in out[start]]
    ends = [target for _, target in out[start]]
    seen: set[str] = set()
    while ends:
        path, end = paths.pop(0), ends.pop(0)
        if end == start:
            return path
        if end in seen:
            continue
        seen.add(end)
        for key, target in out.get(end, ()):
            paths.append([*path, (end, key)])
            ends.append(target)
    return []


def at(where: str, key: str) -> str:
    """`queue:ventas`, `on_full` as the problems name it."""
    table, _, name = where.partition(":")
    return place(table, name, key)


def _spoken(where: str) -> str:
    """`ventas` for a queue, `menu principal`."""
    kind, _, name = where.partition(":")
    return name if kind == "queue" else f"{kind} {name}"
