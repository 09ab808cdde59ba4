"""What callers hear besides music: menus, greeting, position, expected wait, messages, apology, voicemail's invitation,
good-bye; one at a time."""

from appliance.acd import callbacks, queues
from appliance.acd.effects import Play, SetBackground
from appliance.acd.prompts import HIGHEST_NUMBER, prompt
from appliance.acd.state import Call, PlayKind, Queue
from appliance.acd.turn import Turn

PROMPT_LIMIT_MS = 660_000
"""The switch tells the end of every prompt, and ends those itself that nobody hears; none is longer than ten minutes
(`MAX_CLIP_BYTES` there). If nothing was told by then, it is over."""
AFTER_GREETING_MS = 2_000
"""When a position is due during the greeting, it is looked at again after this."""


def speak(turn: Turn, call: Call) -> None:
    """Say what the call's state has to say first: called when the caller's path opens, and when the state changes."""
    leg = turn.state.legs.get(call.leg)
    if leg is None or leg.state != "answered":
        return
    if call.state == "menu":
        say_menu(turn, call)
    elif call.state == "voicemail":
        _silence(turn, call)
        _play(turn, call, "voicemail", "voicemail")
    elif call.state == "ending":
        _silence(turn, call)
        _play(turn, call, "goodbye", call.goodbye)
    else:
        greet(turn, call)


def say_menu(turn: Turn, call: Call, *before: str) -> None:
    """The menu's prompts, after what there is to say first; a key is overdue only after them."""
    leg = turn.state.legs[call.leg]
    if leg.state != "answered":
        return  # it is said when the path opens
    _play(turn, call, "menu", *before, *turn.state.plan.menus[call.menu].prompts)
    turn.deadlines.set("menu", call.id, turn.now_ms + PROMPT_LIMIT_MS)


def hush(turn: Turn, call: Call) -> None:
    """Cut short what is being said, if anything is: a key was pressed, and nothing else is to be heard for now."""
    _play(turn, call, "")


def greet(turn: Turn, call: Call) -> None:
    """The queue's greeting, once a call, unless agent and caller are about to talk."""
    queue = turn.its_queue(call)
    if call.greeted or call.conversation is not None or not queue.plan.greeting or call.direction == "out":
        return
    call.greeted = True
    _play(turn, call, "greeting", queue.plan.greeting)


def say_sorry(turn: Turn, call: Call) -> None:
    """Music again, and an apology: the agent's side was lost."""
    turn.switch.append(SetBackground(call.leg, "music"))
    _play(turn, call, "sorry", "sorry_reconnecting")


def announce_position(turn: Turn, call: Call) -> None:
    """The caller's place in the queue, and how long it is to take; later if something else is being said."""
    queue = turn.its_queue(call)
    if not queue.plan.announce_position_every_ms:
        return  # the plan said otherwise when this one was due
    if not _can_speak(turn, call):
        turn.deadlines.set("announce", call.id, turn.now_ms + AFTER_GREETING_MS)
        return
    place = queues.position(queue, call)
    names = ("you_are_number", f"number_{place}") if place <= HIGHEST_NUMBER else ("many_ahead",)
    _play(turn, call, "position", *names, *_expected_wait(turn, call, queue))
    turn.deadlines.set("announce", call.id, turn.now_ms + queues.announce_every_ms(queue))


def offer_callback(turn: Turn, call: Call) -> None:
    """Which key to press to be called back instead of waiting; said once, when nothing else is being said."""
    queue = turn.its_queue(call)
    key = next((key for key, to in queue.plan.exit_keys.items() if to.to == "callback"), "")
    if not queue.plan.callback.offer_after_ms or not key or not callbacks.may_promise(turn, call):
        return
    if not _can_speak(turn, call):
        turn.deadlines.set("offer", call.id, turn.now_ms + AFTER_GREETING_MS)
        return
    _play(turn, call, "offer", "callback_offer", f"number_{key}")


def next_message(turn: Turn, call: Call) -> None:
    """The queue's next message, the first after the last."""
    queue = turn.its_queue(call)
    if not queue.plan.messages:
        return  # the plan had some when this one was due
    if not _can_speak(turn, call):
        turn.deadlines.set("message", call.id, turn.now_ms + AFTER_GREETING_MS)
        return
    _play(turn, call, "message", queue.plan.messages[call.messages_heard % len(queue.plan.messages)])
    call.messages_heard += 1
    turn.deadlines.set("message", call.id, turn.now_ms + queues.message_every_ms(queue))


def _expected_wait(turn: Turn, call: Call, queue: Queue) -> tuple[str, ...]:
    """The prompts of the expected wait, in whole minutes and never less than it is; () when it is not to be said."""
    when = queue.plan.announce_wait
    wait_ms = queues.expected_wait_ms(turn.state, queue, call) if when != "never" else None
    if wait_ms is None or (when == "once" and call.wait_said):
        return ()
    minutes = max(1, -(-wait_ms // 60_000))
    if when == "when_better" and call.wait_said and minutes >= call.wait_said:
        return ()
    call.wait_said = minutes
    if minutes > HIGHEST_NUMBER:
        return ("wait_is_long",)
    return ("wait_is_a_minute",) if minutes == 1 else ("wait_is_about", f"number_{minutes}", "minutes")


def _can_speak(turn: Turn, call: Call) -> bool:
    leg = turn.state.legs.get(call.leg)
    return not is_playing(turn, call) and leg is not None and leg.state == "answered"


def is_playing(turn: Turn, call: Call) -> bool:
    return call.play != "" and turn.now_ms - call.play_since_ms < PROMPT_LIMIT_MS


def stop(call: Call) -> None:
    """Whatever was being played was interrupted: its end will not be reported, or too late to matter."""
    call.play, call.play_token = "", ""


def _play(turn: Turn, call: Call, kind: PlayKind, *names: str) -> None:
    call.play, call.play_token, call.play_since_ms = kind, turn.play_token(kind), turn.now_ms
    turn.switch.append(Play(call.leg, tuple(prompt(call.language, name) for name in names), call.play_token))


def _silence(turn: Turn, call: Call) -> None:
    turn.switch.append(SetBackground(call.leg, "silence"))
