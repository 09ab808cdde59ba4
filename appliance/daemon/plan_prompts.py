"""Lets the plan name prompts by their words: an edit is heard when the plan is taken, not when the file is saved."""

from collections.abc import Mapping

from msgspec.structs import replace

from appliance.acd.plan import Destination, MenuPlan, Plan, QueuePlan
from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import named_by_words

Names = Mapping[str, str]
"""As the file calls a prompt -> as the switch does. Recordings and the box's own are called the same."""


def with_words(plan: Plan, configuration: Configuration) -> Plan:
    """The plan with every prompt of a [[prompt]] table named by its words."""
    names = {prompt.name: named_by_words(prompt.name, prompt.say) for prompt in configuration.prompt}
    return replace(
        plan,
        queues=tuple(_queue(queue, names) for queue in plan.queues),
        menus={name: _menu(menu, names) for name, menu in plan.menus.items()},
        lookups={
            name: {
                digits: replace(entry, to=None if entry.to is None else _to(entry.to, names))
                for digits, entry in entries.items()
            }
            for name, entries in plan.lookups.items()
        },
    )


def _queue(queue: QueuePlan, names: Names) -> QueuePlan:
    return replace(
        queue,
        greeting=names.get(queue.greeting, queue.greeting),
        messages=tuple(names.get(name, name) for name in queue.messages),
        exit_keys=_keys(queue.exit_keys, names),
        on_empty=_to(queue.on_empty, names),
        on_full=_to(queue.on_full, names),
        on_max_wait=_to(queue.on_max_wait, names),
        on_closed=_to(queue.on_closed, names),
    )


def _menu(menu: MenuPlan, names: Names) -> MenuPlan:
    return replace(
        menu,
        prompts=tuple(names.get(name, name) for name in menu.prompts),
        keys=_keys(menu.keys, names),
        on_timeout=_to(menu.on_timeout, names),
        on_invalid=_to(menu.on_invalid, names),
        on_closed=_to(menu.on_closed, names),
        on_found=_to(menu.on_found, names),
        on_not_found=_to(menu.on_not_found, names),
    )


def _keys(keys: Mapping[str, Destination], names: Names) -> dict[str, Destination]:
    return {key: _to(to, names) for key, to in keys.items()}


def _to(to: Destination, names: Names) -> Destination:
    return replace(to, prompt=names.get(to.prompt, to.prompt))
