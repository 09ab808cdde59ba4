"""Turns the configuration's menus, look-ups and callers into the plan's, and each place a caller may go."""

from appliance.acd.callers import WITHHELD
from appliance.acd.ids import QueueName
from appliance.acd.plan import CallerPlan, Destination, LookupEntry, MenuPlan
from appliance.configuration import file_menus
from appliance.configuration.numbering import written

VIP_PRIORITY = 2
"""Of a caller of segment `vip` whose priority is not written."""


def destination(text: str) -> Destination:
    """`hang_up`, `voicemail`, `queue:<name>`, `menu:<name>`, `number:<digits>`, `callback`, `callback:<queue>` or
    `message:<prompt>`, as the shape of the file proved."""
    kind, _, name = text.partition(":")
    match kind:
        case "queue":
            return Destination("queue", QueueName(name))
        case "menu":
            return Destination("menu", menu=name)
        case "number":
            return Destination("number", number=name)
        case "callback":
            return Destination("callback", QueueName(name) if name else None)
        case "message":
            return Destination("message", prompt=name)
        case "voicemail":
            return Destination("voicemail")
    return Destination()


def menu_plan(menu: file_menus.Menu) -> MenuPlan:
    fewest, most = menu.fewest_and_most_digits
    return MenuPlan(
        name=menu.name,
        prompts=menu.prompts if menu.say is None else (file_menus.prompt_of(menu),),
        keys={key: destination(to) for key, to in menu.keys.items()},
        key_languages=dict(menu.languages),
        language=menu.language,
        timeout_ms=round(menu.timeout_s * 1000),
        digit_timeout_ms=round(menu.digit_timeout_s * 1000),
        retries=menu.retries,
        on_timeout=destination(menu.on_timeout),
        on_invalid=destination(menu.on_invalid),
        hours=menu.hours or "",
        on_closed=destination(menu.on_closed),
        min_digits=fewest,
        max_digits=most,
        lookup=menu.lookup or "",
        on_found=destination(menu.on_found),
        on_not_found=destination(menu.on_not_found),
    )


def lookup_plan(lookup: file_menus.Lookup) -> dict[str, LookupEntry]:
    return {
        digits: LookupEntry(
            destination(entry.to) if entry.to is not None else None,
            entry.name,
            entry.segment,
            _priority(entry.priority, entry.segment),
        )
        for digits, entry in lookup.entries.items()
    }


def callers_of(callers: tuple[file_menus.Caller, ...], country: str) -> dict[str, CallerPlan]:
    """By number, as the ACD writes it."""
    return {
        number if number == WITHHELD else written(number, country): _caller(caller)
        for caller in callers
        if (number := caller.number)
    }


def caller_prefixes_of(callers: tuple[file_menus.Caller, ...], country: str) -> dict[str, CallerPlan]:
    return {written(one.prefix, country, prefix=True): _caller(one) for one in callers if one.prefix}


def _caller(caller: file_menus.Caller) -> CallerPlan:
    return CallerPlan(
        name=caller.name,
        segment=caller.segment,
        blocked=caller.blocked,
        priority=_priority(caller.priority, caller.segment),
        queue=None if caller.queue is None else QueueName(caller.queue),
        menu=caller.menu or "",
        language=caller.language,
        needs=dict(caller.needs),
    )


def _priority(priority: int | None, segment: str) -> int:
    if priority is not None:
        return priority
    return VIP_PRIORITY if segment == "vip" else 0
