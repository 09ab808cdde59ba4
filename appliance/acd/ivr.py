"""The spoken menus: what is said in one, what a key or a silence means, and where it sends the caller.

Nothing here sends anybody: the rules say where to (`Sent`), and `admission` does it. A menu is heard to its end or cut
short by a key (barge-in); nothing pressed, a key that is none and digits that are not found are each forgiven
`MenuPlan.retries` times in all, then the caller goes where the menu says for the last of them (Asterisk's extensions
`t` and `i`; mod_dptools `ivr` counts `max-failures` and `max-timeouts` so too). Everything is bounded: digits by the
menu, mistakes by its retries, visits by MOST_MENUS.
"""

from typing import Literal, NamedTuple

from appliance.acd import announcements, callbacks, callers, calls
from appliance.acd.effects import SetBackground
from appliance.acd.hours import is_open
from appliance.acd.plan import Destination, MenuPlan
from appliance.acd.state import Call
from appliance.acd.turn import Turn

MOST_MENUS = 50
"""A caller goes through no more than this, also the same ones again and again."""
DIGITS = "0123456789"
KEYS = f"{DIGITS}*#"

Mistake = Literal["timeout", "invalid", "not_found"]


class Sent(NamedTuple):
    """Where a caller in a menu goes next, and why."""

    to: Destination
    reason: str
    chosen: bool = False
    """Something was pressed: a queue the caller was in before may be asked again. MOST_MENUS bounds how often."""


def enter(turn: Turn, call: Call, name: str) -> Sent | None:
    """Put the caller into a menu; else where it sends who comes now."""
    menu = turn.state.plan.menus.get(name)
    if menu is None or call.menus >= MOST_MENUS:
        call.menu = name
        return _sent(turn, call, "no_menu" if menu is None else "too_many_menus", "", Destination())
    call.menus += 1
    call.menu = name
    if menu.language is not None:
        callers.set_language(turn, call, menu.language)
    closed = _why_closed(turn, menu)
    if closed:
        return _sent(turn, call, closed, "", menu.on_closed)
    calls.move(turn, call, "choose")
    leg = turn.state.legs.get(call.leg)
    if leg is not None and (leg.answer_asked or leg.state == "answered"):
        turn.switch.append(SetBackground(leg.id, "silence"))
    hear_again(turn, call)
    return None


def leads_on(turn: Turn, name: str) -> bool:
    """Whether who comes to a menu now hears it, or is sent on to more than a good-bye because it is closed."""
    for _ in range(MOST_MENUS):
        menu = turn.state.plan.menus.get(name)
        if menu is None:
            return False
        if not _why_closed(turn, menu):
            return True
        if menu.on_closed.to != "menu":
            return menu.on_closed.to != "hang_up"
        name = menu.on_closed.menu
    return False


def hear_again(turn: Turn, call: Call) -> None:
    """From the beginning: nothing keyed in, nothing to forgive yet."""
    call.digits, call.mistakes = "", 0
    announcements.speak(turn, call)


def heard(turn: Turn, call: Call) -> None:
    """The prompts came to their end: a key is expected from now on."""
    turn.deadlines.set("menu", call.id, turn.now_ms + _menu(turn, call).timeout_ms)


def key(turn: Turn, call: Call, pressed: str) -> Sent | None:
    """A key: it cuts the prompt short, and leads somewhere, is one of several digits, or is a mistake."""
    menu = _menu(turn, call)
    if pressed not in KEYS:
        return None  # A to D are on no telephone: another tone was taken for one
    to = menu.keys.get(pressed)
    if to is not None and to.to == "callback" and to.queue is None and not callbacks.may_promise(turn, call):
        to = None  # no queue is named in which the caller could wait instead
    if to is not None and (not menu.max_digits or pressed == "*"):
        if pressed in menu.key_languages:
            callers.set_language(turn, call, menu.key_languages[pressed])
        return _sent(turn, call, "key", pressed, to, chosen=True)
    if not menu.max_digits:
        return _mistake(turn, call, menu, "invalid", pressed)
    if pressed == "#":
        return _typed(turn, call, menu)
    if pressed == "*":
        return _mistake(turn, call, menu, "invalid", call.digits + pressed)
    if announcements.is_playing(turn, call):
        announcements.hush(turn, call)
    call.digits += pressed
    turn.deadlines.set("menu", call.id, turn.now_ms + menu.digit_timeout_ms)
    return _typed(turn, call, menu) if len(call.digits) >= menu.max_digits else None


def timed_out(turn: Turn, call: Call) -> Sent | None:
    """Nothing more was pressed: the digits so far are all, or it is a mistake to press nothing."""
    menu = _menu(turn, call)
    return _typed(turn, call, menu) if call.digits else _mistake(turn, call, menu, "timeout", "")


def _typed(turn: Turn, call: Call, menu: MenuPlan) -> Sent | None:
    """All digits are there: look them up."""
    digits = call.digits
    if len(digits) < menu.min_digits:
        return _mistake(turn, call, menu, "invalid", digits)
    entry = turn.state.plan.lookups.get(menu.lookup, {}).get(digits)
    if entry is None:
        return _mistake(turn, call, menu, "not_found", digits)
    callers.learn(turn, call, entry.name, entry.segment, entry.priority)
    return _sent(turn, call, "found", digits, entry.to if entry.to is not None else menu.on_found, chosen=True)


def _mistake(turn: Turn, call: Call, menu: MenuPlan, kind: Mistake, typed: str) -> Sent | None:
    """Forgiven, and the menu is heard again; or one too many."""
    call.mistakes += 1
    if call.mistakes > menu.retries:
        to = {"timeout": menu.on_timeout, "invalid": menu.on_invalid, "not_found": menu.on_not_found}[kind]
        return _sent(turn, call, kind, typed, to, chosen=kind != "timeout")
    turn.decide("menu", f"{kind}_again", call=call, detail=f"{menu.name} {typed or '-'}")
    call.digits = ""
    announcements.say_menu(turn, call, *(() if kind == "timeout" else (f"menu_{kind}",)))
    return None


def _sent(turn: Turn, call: Call, reason: str, typed: str, to: Destination, *, chosen: bool = False) -> Sent:
    """Kept as `principal 2 queue:ventas`: menu, what was keyed in, where it leads."""
    turn.decide("menu", reason, call=call, detail=f"{call.menu} {typed or '-'} {to}")
    return Sent(to, reason, chosen)


def removed(turn: Turn, call: Call) -> Sent:
    """The menu the caller is in left the plan: it goes where it would go if it came now."""
    return _sent(turn, call, "menu_removed", "", callers.leads_now(turn, call), chosen=True)


def _menu(turn: Turn, call: Call) -> MenuPlan:
    """Of a call that is in one: who is in a menu that leaves the plan is sent on at once."""
    return turn.state.plan.menus[call.menu]


def _why_closed(turn: Turn, menu: MenuPlan) -> str:
    """Night mode closes a menu with hours; one without is where the night's callers go."""
    hours = turn.state.plan.hours.get(menu.hours)
    if hours is None:
        return ""
    if turn.state.night_mode:
        return "night_mode"
    return "" if is_open(hours, turn.now_utc_ms) else "closed"
