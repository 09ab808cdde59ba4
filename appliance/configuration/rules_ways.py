"""The proof of the ways callers go: each leads somewhere, nobody goes round for ever, and nothing is there in vain.

What is certainly wrong is refused. A queue that no caller comes to is not: it may be there for calls back, or for what
agents send there.
"""

from collections.abc import Iterator

import msgspec

from appliance.configuration.file import Configuration
from appliance.configuration.open_minutes import Minutes
from appliance.configuration.problems import place, repeated, unknown
from appliance.configuration.ways import Way, entrances, heard, ways

Path = list[tuple[str, str]]
"""Places, each with the key by which it is left."""


def way_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    out = ways(configuration)
    wrong_names = list(_wrong_names(configuration, out))
    yield from wrong_names
    yield from _lines(configuration)
    yield from _loops(out)
    if not wrong_names:  # else what seems to be there in vain may be what was meant
        yield from _in_vain(configuration, out)


def _wrong_names(configuration: Configuration, out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    for start in out:
        for way in out[start]:
            if way.key != "lookup":  # the table of digits says so itself
                yield from unknown_end(configuration, _at(start, way.key), way.end)
            if way.end == "callback" and start.startswith("menu:"):
                yield (
                    f"{_at(start, way.key)}: a caller in a menu may have come to no queue yet. Write by which queue "
                    'they are called back, such as "callback:ventas".'
                )
    for entrance in entrances(configuration):
        where = place(entrance.table, entrance.name, entrance.key)
        yield from unknown_end(configuration, where, entrance.end)
    yield from repeated("menu", "name", (menu.name for menu in configuration.menu))


def _in_vain(configuration: Configuration, out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    yield from _dead_ends(out)
    reached = {one.place for one in heard(configuration, entrances(configuration))}
    for menu in configuration.menu:
        if f"menu:{menu.name}" not in reached:
            yield (
                f"{place('menu', menu.name, 'name')}: no line, caller, key or overflow leads here, so nobody hears it. "
                f'Lead one to "menu:{menu.name}", or remove the menu.'
            )
    yield from _never_open(configuration, out)
    yield from _hours_of_nobody(configuration)


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
                f"{_at(start, path[0][1])}: callers would go round in a loop: {names} → "
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


def _at(where: str, key: str) -> str:
    """`queue:ventas`, `on_full` as the problems name it."""
    table, _, name = where.partition(":")
    return place(table, name, key)


def _spoken(where: str) -> str:
    """`ventas` for a queue, `menu principal`."""
    kind, _, name = where.partition(":")
    return name if kind == "queue" else f"{kind} {name}"


def _dead_ends(out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Menus from which a caller comes to nothing but a good-bye, whatever is pressed."""
    alive = {start for start in out if start.startswith("queue:")}
    while True:
        more = {
            start
            for start, some in out.items()
            if any(way.end in alive or way.end.partition(":")[0] not in ("hang_up", "menu", "queue") for way in some)
        } - alive
        if not more:
            break
        alive |= more
    for start, some in out.items():
        known = all(way.end in out or way.end.partition(":")[0] not in ("queue", "menu") for way in some)
        if start not in alive and known:
            yield (
                f"{_at(start, 'keys')}: a dead end: whatever callers press, they come to no queue and no "
                'voicemail. Add a key that leads on, or an on_timeout such as "voicemail".'
            )


def _never_open(configuration: Configuration, out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Places with hours to which callers come at no minute of the week at which they are open."""
    minutes = Minutes(configuration)
    arriving = minutes.arriving(out, [entrance.end for entrance in entrances(configuration)])
    for start, hours in minutes.hours_of.items():
        if arriving.get(start) and not arriving[start] & minutes.open(hours):
            yield (
                f"{_at(start, 'hours')}: callers come here only when {hours} is closed. "
                "Correct the hours, or lead callers here at another time."
            )


def _hours_of_nobody(configuration: Configuration) -> Iterator[str]:
    """Hours that nothing in the file names, whatever the key is called. Not while a name is wrong: it may be theirs."""
    names = [hours.name for hours in configuration.hours]
    used = set(_texts(msgspec.to_builtins(configuration)))
    named = [queue.hours for queue in configuration.queue] + [menu.hours for menu in configuration.menu]
    named += [queue.callback.hours for queue in configuration.queue]
    if any(hours is not None and hours not in names for hours in named):
        return
    for name in names:
        if name not in used:
            yield f"{place('hours', name, 'name')}: nothing has these hours. Name them where they hold, or remove them."


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in ("name", "title"):
                yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
