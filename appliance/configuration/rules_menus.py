"""The rules of one menu and one look-up: keys that can be pressed, digits that lead somewhere."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Lookup, Menu
from appliance.configuration.problems import place, repeated, unknown
from appliance.configuration.rules_ways import unknown_end

MOST_DIGITS = 20


def menu_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    for table in ("lookup", "prompt"):
        yield from repeated(table, "name", (one.name for one in getattr(configuration, table)))
    hours = [table.name for table in configuration.hours]
    lookups = {lookup.name: lookup for lookup in configuration.lookup}
    for menu in configuration.menu:
        if menu.hours is not None and menu.hours not in hours:
            yield unknown(place("menu", menu.name, "hours"), "hours table", menu.hours, hours)
        yield from _words(menu)
        yield from _keys(menu)
        yield from _digits(menu, lookups)
    for lookup in configuration.lookup:
        yield from _lookup(lookup, configuration)


def _words(menu: Menu) -> Iterator[str]:
    if menu.say is not None and menu.prompts:
        yield f"{place('menu', menu.name, 'prompts')}: the menu has words in `say` too. Keep one of them."
    if menu.say is None and not menu.prompts:
        yield f"{place('menu', menu.name, 'say')}: callers would hear nothing. Write what they hear, or name `prompts`."


def _keys(menu: Menu) -> Iterator[str]:
    for key in menu.languages:
        if key not in menu.keys:
            where = place("menu", menu.name, f'languages."{key}"')
            yield f'{where}: key {key} leads nowhere. Add it to `keys`, such as "menu:{menu.name}", or remove it.'
    if menu.digits and set(menu.keys) - {"*"}:
        yield (
            f"{place('menu', menu.name, 'keys')}: callers key in digits here, so only * can lead elsewhere. "
            "Remove the other keys, or `digits`."
        )


def _digits(menu: Menu, lookups: dict[str, Lookup]) -> Iterator[str]:
    where = place("menu", menu.name, "digits")
    fewest, most = menu.fewest_and_most_digits
    if not menu.digits:
        extra = [key for key in ("lookup", "on_found", "on_not_found") if getattr(menu, key) not in (None, "hang_up")]
        if extra:
            yield f"{where}: is missing, so {extra[0]} means nothing. Write how many, such as 4..8, or remove it."
        return
    if fewest > most or most > MOST_DIGITS:
        yield f"{where}: {menu.digits} cannot be keyed in. Write the fewest and the most, up to {MOST_DIGITS}: 4..8."
    if menu.lookup is None:
        yield f"{place('menu', menu.name, 'lookup')}: is missing, so the digits lead nowhere. Name a [[lookup]]."
    elif menu.lookup not in lookups:
        yield unknown(place("menu", menu.name, "lookup"), "lookup", menu.lookup, lookups)
    elif menu.on_found == "hang_up":
        homeless = [digits for digits, entry in lookups[menu.lookup].entries.items() if entry.to is None]
        if homeless:
            yield (
                f"{place('menu', menu.name, 'on_found')}: who keys in {homeless[0]} would be hung up, for the entry "
                "does not say `to`. Write where they go."
            )


def _lookup(lookup: Lookup, configuration: Configuration) -> Iterator[str]:
    for digits, entry in lookup.entries.items():
        if entry.to is not None:
            yield from unknown_end(configuration, place("lookup", lookup.name, f'entries."{digits}"'), entry.to)
