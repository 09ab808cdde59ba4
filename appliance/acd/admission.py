"""Who may wait in which queue, what becomes of those who may not or have waited long enough, and where menus send."""

from appliance.acd import (
    announcements,
    callbacks,
    callers,
    calls,
    familiar,
    ivr,
    legs,
    numbers,
    outbound,
    queues,
    recordings,
    returning,
    rings,
)
from appliance.acd.effects import AnswerLeg, Background, SetBackground
from appliance.acd.ending import close, end
from appliance.acd.hours import is_open
from appliance.acd.ids import QueueName
from appliance.acd.plan import Destination
from appliance.acd.state import NO_LEG, Call, Queue
from appliance.acd.turn import Turn
from appliance.acd.view import CallStateName

ANSWER_LIMIT_MS = 40_000
"""Longer than SIP's 32 s (RFC 3261 timer H): a caller's path that is not open by then never will be."""
_BACKGROUNDS: dict[CallStateName, Background] = {
    "menu": "silence",
    "voicemail": "silence",
    "ending": "silence",
    "dialling": "ringback",
    "alerting": "ringback",
}
"""What a caller hears between prompts, if it is not music."""
_GOODBYES = dict.fromkeys(("closed", "closing", "night_mode"), "closed") | {
    **dict.fromkeys(
        ("timeout", "invalid", "found", "not_found", "no_menu", "too_many_menus", "menu_removed", "key"), "goodbye"
    ),
    "callback": "callback_promised",
}
"""The prompt of a good-bye, by why there is one; else everybody is busy."""
MOST_QUEUES = 20
"""A caller goes by keys through no more than this."""


def admit(turn: Turn, call: Call, name: QueueName) -> None:
    """Let the call into a queue, or send it where that queue sends those it cannot take.

    A queue it has been in or was turned away from since the caller last chose by a key is not asked again: two queues
    that overflow into each other end in a good-bye, not in a loop.
    """
    queue = turn.state.queues.get(name)
    if queue is None or queue.removed or name in call.tried:
        say_goodbye(turn, call, call.overflow_reason or "full")
        return
    _enlist(call, queue)
    refused = _why_not_let_in(turn, call, queue)
    if refused is not None:
        overflow(turn, call, *refused)
    elif queue.plan.greeting_first and queue.plan.greeting and not call.greeted:
        calls.move(turn, call, "greet")
        turn.deadlines.set("greeting", call.id, turn.now_ms + announcements.PROMPT_LIMIT_MS)
        announcements.speak(turn, call)
    else:
        _wait(turn, call, queue)


def greeting_over(turn: Turn, call: Call) -> None:
    """The greeting that comes before the queue was heard: now the caller queues, if there is still room."""
    turn.deadlines.cancel("greeting", call.id)
    announcements.stop(call)
    queue = turn.its_queue(call)
    if queue.removed:
        queue_is_gone(turn, call)
    elif (refused := _why_not_let_in(turn, call, queue, at_hours=queue.plan.at_closing == "send_on")) is not None:
        overflow(turn, call, *refused)
    else:
        _wait(turn, call, queue)


def queue_is_gone(turn: Turn, call: Call) -> None:
    """The call's queue left the plan: it goes where its line leads now, or hears that all are busy."""
    overflow(turn, call, callers.leads_now(turn, call), "queue_removed")


def menu_is_gone(turn: Turn, call: Call) -> None:
    """The menu the caller is in left the plan: as with a queue."""
    _leave_menu(turn, call, ivr.removed(turn, call))


def waited_too_long(turn: Turn, call: Call) -> None:
    """The queue's longest wait has passed; a phone that rings at that moment stops."""
    overflow(turn, call, turn.its_queue(call).plan.on_max_wait, "max_wait")


def key_pressed(turn: Turn, call: Call, key: str) -> None:
    """A caller in a menu chooses, or one who waits: another way, keeping the wait so far."""
    if call.state == "menu":
        _leave_menu(turn, call, ivr.key(turn, call, key))
    else:
        _key_while_waiting(turn, call, key)


def key_overdue(turn: Turn, call: Call) -> None:
    """Nothing, or no more, was pressed in a menu."""
    _leave_menu(turn, call, ivr.timed_out(turn, call))


def _leave_menu(turn: Turn, call: Call, sent: ivr.Sent | None) -> None:
    """Go where the menu sends, if it does; what was being said in it stops, unless something else is said there."""
    if sent is None:
        return
    turn.deadlines.cancel("menu", call.id)
    being_said = call.play_token if announcements.is_playing(turn, call) else ""
    turn.switch.append(SetBackground(call.leg, "music"))
    send(turn, call, sent.to, sent.reason, chosen=sent.chosen)
    if being_said and call.id in turn.state.calls and call.play_token in (being_said, ""):
        announcements.hush(turn, call)


def _key_while_waiting(turn: Turn, call: Call, key: str) -> None:
    """A way that leads nowhere now is not taken."""
    queue = turn.queue_of(call)
    waits = call.state in ("waiting", "ringing") and call.conversation is None
    to = queue.plan.exit_keys.get(key) if queue is not None and waits else None
    if to is None or (to.to == "queue" and to.queue == call.queue) or _has_chosen_enough(call):
        return
    target = turn.state.queues.get(to.queue) if to.queue is not None else None
    if to.queue is not None and (target is None or target.removed or _why_not_let_in(turn, call, target) is not None):
        if _refused_anew(call, key):
            turn.decide("refuse", "key", call=call, detail=to.queue)
        return
    if to.to == "callback" and (refused := callbacks.why_not_promised(turn, call)):
        if _refused_anew(call, key):
            turn.decide("refuse", refused, call=call, detail=call.caller)
        return
    if not _leads_on(turn, call, to):
        if _refused_anew(call, key):
            turn.decide("refuse", "key_elsewhere", call=call, detail=str(to))
        return
    overflow(turn, call, to, "key", chosen=True)


def _leads_on(turn: Turn, call: Call, to: Destination) -> bool:
    """Not out when no line is free, nor to a menu that is not there or only says good-bye now."""
    if to.to == "number":
        return numbers.may_be_dialled(turn.state.plan, to.number) and outbound.why_no_line(turn, to.number) is None
    return to.to != "menu" or ivr.leads_on(turn, to.menu)


def _has_chosen_enough(call: Call) -> bool:
    return len(call.queues) >= MOST_QUEUES or call.menus >= ivr.MOST_MENUS


def send_on_who_waits_for_nobody(turn: Turn) -> None:
    """Agents of some queues left: who waited for just that one waits for any now, and who waits in a queue without
    agents goes where such callers go, in their order. Not while the switch is away: nobody could be told."""
    while turn.thinned_queues:
        name, _ = turn.thinned_queues.popitem()
        queue = turn.state.queues.get(name)
        if queue is None or not queue.waiting or turn.state.switch_lost_ms >= 0:
            continue
        familiar.free_those_whose_agent_left(turn, queue)
        if queues.is_empty(turn.state, queue, queue.plan.leave_empty):
            for _, _, name_ in list(queue.waiting):
                call = turn.state.calls[name_]
                if call.leg != NO_LEG:  # who is to be called back waits for somebody to come
                    overflow(turn, call, queue.plan.on_empty, "empty")


def _refused_anew(call: Call, key: str) -> bool:
    """Whether this key was not the last one that led nowhere: it is kept once, however often it is pressed."""
    before, call.key_refused = call.key_refused, key
    return before != key


def send_on_at_closing(turn: Turn, queue: Queue) -> None:
    """The queue's hours ended and it serves nobody beyond them: who waits goes where callers go who come now."""
    for _, _, name in list(queue.waiting):
        call = turn.state.calls[name]
        if call.leg != NO_LEG:  # who is to be called back keeps the promise
            overflow(turn, call, queue.plan.on_closed, "closing")


def _why_not_let_in(turn: Turn, call: Call, queue: Queue, *, at_hours: bool = True) -> tuple[Destination, str] | None:
    """Where the queue sends who comes now, and why; None when it takes the call."""
    plan, closed = queue.plan, why_closed(turn, queue) if at_hours else ""
    if closed:
        return plan.on_closed, closed
    if queues.is_empty(turn.state, queue, plan.join_empty):
        return plan.on_empty, "empty"
    return (plan.on_full, "full") if queues.is_full(turn, queue, call) else None


def overflow(turn: Turn, call: Call, to: Destination, reason: str, *, chosen: bool = False) -> None:
    """Send a caller who cannot be served here where the queue says."""
    turn.decide("overflow", reason, call=call, detail=str(to))
    send(turn, call, to, reason, chosen=chosen)


def send(turn: Turn, call: Call, to: Destination, reason: str, *, chosen: bool = False) -> None:
    """Bring a caller who is not talking to a destination; why is kept already."""
    rings.stop_all(turn, call, "caller_left", "cancelled")
    queues.leave(turn, call)
    call.overflow_reason = reason
    if chosen:
        call.tried.clear()
        call.chose_to_go = to.to in ("message", "hang_up")
    if call.leg == NO_LEG:
        end(turn, call, "cancelled", "system")
    elif to.to == "queue" and to.queue is not None:
        admit(turn, call, to.queue)
    elif to.to == "menu":
        sent = ivr.enter(turn, call, to.menu)
        if sent is not None:
            send(turn, call, sent.to, sent.reason)
    elif to.to == "voicemail":
        calls.move(turn, call, "take_message")
        turn.deadlines.set("voicemail_prompt", call.id, turn.now_ms + announcements.PROMPT_LIMIT_MS)
        announcements.speak(turn, call)
    elif to.to == "number":
        _send_outside(turn, call, to.number)
    elif to.to == "callback":
        _call_back(turn, call, to.queue, reason)
    elif to.to == "message":
        say_goodbye(turn, call, "message", to.prompt)
    else:
        say_goodbye(turn, call, reason)


def _call_back(turn: Turn, call: Call, name: QueueName | None, reason: str) -> None:
    """Promise it; who cannot be called back waits, or hears a good-bye where there is no queue to wait in."""
    refused = callbacks.why_not_promised(turn, call, name)
    if not refused:
        _promise(turn, call, name)
        return
    turn.decide("refuse", refused, call=call, detail=call.caller)
    if name is not None:
        admit(turn, call, name)
    else:
        say_goodbye(turn, call, reason)


def _promise(turn: Turn, call: Call, name: QueueName | None) -> None:
    """Who has not come to wait yet stands in that queue from now on."""
    if call.queued_ms < 0 and name is not None:
        _enlist(call, turn.state.queues[name])
        call.queued_ms = turn.now_ms
    callbacks.promise(turn, call)
    say_goodbye(turn, call, "callback")


def _enlist(call: Call, queue: Queue) -> None:
    """The call is this queue's."""
    name, plan = queue.plan.name, queue.plan
    call.queues.append(name)
    call.tried.append(name)
    call.rung_in_order = None
    call.queue, call.project, call.client = name, plan.project, plan.client
    if not call.language_chosen:
        call.language = plan.language


def _send_outside(turn: Turn, call: Call, number: str) -> None:
    """Dial an outside number for the caller, who hears it ring; the call is nobody's here any more."""
    call.forward_to, call.lines_tried = number, []
    announcements.stop(call)
    if not outbound.dial(turn, call):
        may = numbers.may_be_dialled(turn.state.plan, number)
        lines = (outbound.why_no_line(turn, number) or ()) if may else ()
        turn.decide("refuse", "no_line" if may else "forward_barred", call=call, detail=number, lines=lines)
        say_goodbye(turn, call, "no_line")
        return
    leg = turn.state.legs[call.leg]
    if leg.state == "answered":
        turn.switch.append(SetBackground(leg.id, "ringback"))


def say_goodbye(turn: Turn, call: Call, reason: str, said: str = "") -> None:
    """A polite end, with the prompt `said` or one that fits the reason; a caller we never answered hears busy when
    there is no room."""
    leg = turn.state.legs.get(call.leg)
    if reason == "full" and leg is not None and leg.state == "offered" and not leg.answer_asked:
        turn.decide("refuse", reason, call=call)
        legs.record(turn, call, leg, "busy")
        legs.refuse(turn, leg, "busy")
        close(turn, call, "busy", "system")
        return
    calls.move(turn, call, "say_goodbye")
    call.goodbye = said or _GOODBYES.get(reason, "all_busy")
    turn.deadlines.set("goodbye", call.id, turn.now_ms + announcements.PROMPT_LIMIT_MS)
    announcements.speak(turn, call)


def goodbye_over(turn: Turn, call: Call) -> None:
    end(turn, call, "overflowed", "system")


def take_message(turn: Turn, call: Call) -> None:
    """The invitation was heard: record the caller, and nobody else, for as long as the plan allows."""
    turn.deadlines.cancel("voicemail_prompt", call.id)
    announcements.stop(call)
    _record_message(turn, call, turn.now_ms + turn.state.plan.voicemail_max_ms)


def go_on_with_message(turn: Turn, call: Call) -> None:
    """The switch died in it: in a new recording, until the moment that was the end from the first."""
    ends_ms = turn.deadlines.when_ms("voicemail_end", call.id)
    if ends_ms is None:
        take_message(turn, call)
    else:
        _record_message(turn, call, ends_ms)


def _record_message(turn: Turn, call: Call, ends_ms: int) -> None:
    recordings.start(turn, call, "voicemail", (call.leg,), ends_ms - turn.now_ms)
    turn.deadlines.set("voicemail_end", call.id, ends_ms)


def answer(turn: Turn, call: Call) -> None:
    """Answer the caller, who hears music while waiting and silence before being spoken to."""
    leg = turn.state.legs[call.leg]
    if leg.state != "offered" or leg.answer_asked:
        return
    leg.answer_asked = True
    turn.switch.append(AnswerLeg(leg.id))
    turn.switch.append(SetBackground(leg.id, _BACKGROUNDS.get(call.state, "music")))
    turn.deadlines.set("answer", call.id, turn.now_ms + ANSWER_LIMIT_MS)


def why_closed(turn: Turn, queue: Queue) -> str:
    """Night mode closes every queue, those without hours too. "night_mode", "closed", or "" when it takes calls."""
    if turn.state.night_mode:
        return "night_mode"
    hours = turn.state.plan.hours.get(queue.plan.hours)
    return "closed" if hours is not None and not is_open(hours, turn.now_utc_ms) else ""


def _wait(turn: Turn, call: Call, queue: Queue) -> None:
    returning.take_place(turn, call, queue)
    attempt = callbacks.undialled_attempt(turn, call.caller)
    if attempt is not None:
        end(turn, attempt, "cancelled", "system")  # they are on the line themselves
    call.sticky = familiar.first_right(turn, call, queue)
    queues.join(turn, call, queue)
    announcements.speak(turn, call)
