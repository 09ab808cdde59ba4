"""What is in the file in vain: places nobody comes to, hours and digits that nothing uses, menus that help nobody.

Most of it is a slip of the pen, so `check` refuses it; calls are taken all the same, so no process stops for it. A
queue that no caller comes to is no slip: it may be there for calls back, or for what agents send there.
"""

from collections.abc import Iterator

import msgspec

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Lookup
from appliance.configuration.open_minutes import Minutes
from appliance.configuration.problems import place
from appliance.configuration.rules_ways import at, wrong_names
from appliance.configuration.ways import Way, entrances, heard, ways


def vain_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing nobody would miss."""
    for menu in configuration.menu:
        if menu.hours is None and menu.on_closed != "hang_up":
            yield f"{place('menu', menu.name, 'on_closed')}: the menu is always open. Give it `hours`, or remove it."
    for lookup in configuration.lookup:
        yield from _lookup(lookup, configuration)
    out = ways(configuration)
    if any(True for _ in wrong_names(configuration, out)):
        return  # what seems to be there in vain may be what was meant
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


def _lookup(lookup: Lookup, configuration: Configuration) -> Iterator[str]:
    users = [menu for menu in configuration.menu if menu.lookup == lookup.name]
    if not lookup.entries:
        yield f"{place('lookup', lookup.name, 'entries')}: is empty. Write the digits and what is known of them."
    if not users:
        yield f"{place('lookup', lookup.name, 'name')}: no menu looks anything up here. Name it in one, or remove it."
    ranges = [menu.fewest_and_most_digits for menu in users if menu.digits]
    ranges = [(fewest, most) for fewest, most in ranges if fewest <= most]
    for digits in lookup.entries if ranges else ():
        where = place("lookup", lookup.name, f'entries."{digits}"')
        if not any(fewest <= len(digits) <= most for fewest, most in ranges):
            yield f"{where}: no menu takes {len(digits)} digits. Correct it, or the `digits` of menu {users[0].name}."


def _dead_ends(out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Menus from which a caller who hears them comes to nothing but a good-bye, whatever is pressed."""
    out = {start: tuple(way for way in some if way.key != "on_closed") for start, some in out.items()}
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
                f"{at(start, 'keys')}: a dead end: whatever callers press, they come to no queue and no "
                'voicemail. Add a key that leads on, or an on_timeout such as "voicemail".'
            )


def _never_open(configuration: Configuration, out: dict[str, tuple[Way, ...]]) -> Iterator[str]:
    """Places with hours to which callers come at no minute of the week at which they are open."""
    minutes = Minutes(configuration)
    arriving = minutes.arriving(out, [entrance.end for entrance in entrances(configuration)])
    for start, hours in minutes.hours_of.items():
        if arriving.get(start) and not arriving[start] & minutes.open(hours):
            yield (
                f"{at(start, 'hours')}: callers come here only when {hours} is closed. "
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
