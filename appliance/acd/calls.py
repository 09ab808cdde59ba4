"""What a call can be doing, as a table; the steps along it, which are also what its time is counted by.

offered -> (menu) -> (greeting) -> waiting <-> ringing -> talking <-> held -> ended
a caller who cannot be served goes from any state before talking to a menu, to voicemail or to ending (a good-bye)
whom we call: offered (waiting, ringing for a call back) -> dialling -> alerting -> talking; to an outside number or
from a station without an agent: dialling -> alerting -> outside
"""

from typing import Literal

from appliance.acd.ids import CallId
from appliance.acd.state import NO_LEG, Call, State
from appliance.acd.turn import IllegalTransition, Turn
from appliance.acd.view import CallStateName

CallState = CallStateName | Literal["ended"]
CallEvent = Literal[
    "choose",  # in a menu, the first or another one
    "greet",
    "wait",  # into a queue, or from one queue to another
    "ring",
    "rings_over",
    "answer",  # an agent and the caller are connected
    "hold",
    "take_back",
    "cut_off",  # the agent's station was lost: the caller waits again
    "dial",  # a number is dialled: the customer's, or an outside one for the caller
    "far_ring",  # it rings there
    "answer_outside",  # connected with somebody who is no agent
    "never_answered",  # that the number had answered was only assumed
    "take_message",
    "say_goodbye",
    "end",
]

TABLE: dict[tuple[CallStateName, CallEvent], CallState] = {
    ("offered", "choose"): "menu",
    ("offered", "greet"): "greeting",
    ("offered", "wait"): "waiting",
    ("offered", "take_message"): "voicemail",
    ("offered", "say_goodbye"): "ending",
    ("offered", "end"): "ended",
    ("menu", "choose"): "menu",
    ("menu", "greet"): "greeting",
    ("menu", "wait"): "waiting",
    ("menu", "take_message"): "voicemail",
    ("menu", "say_goodbye"): "ending",
    ("menu", "end"): "ended",
    ("greeting", "choose"): "menu",
    ("greeting", "greet"): "greeting",  # of another queue: the first left the plan
    ("greeting", "wait"): "waiting",
    ("greeting", "take_message"): "voicemail",
    ("greeting", "say_goodbye"): "ending",
    ("greeting", "end"): "ended",
    ("waiting", "wait"): "waiting",
    ("waiting", "choose"): "menu",
    ("waiting", "greet"): "greeting",
    ("waiting", "ring"): "ringing",
    ("waiting", "take_message"): "voicemail",
    ("waiting", "say_goodbye"): "ending",
    ("waiting", "end"): "ended",
    ("ringing", "ring"): "ringing",  # one more station
    ("ringing", "rings_over"): "waiting",
    ("ringing", "answer"): "talking",
    ("ringing", "end"): "ended",
    ("talking", "hold"): "held",
    ("talking", "cut_off"): "waiting",
    ("talking", "end"): "ended",
    ("held", "take_back"): "talking",
    ("held", "cut_off"): "waiting",
    ("talking", "never_answered"): "dialling",
    ("held", "never_answered"): "dialling",
    ("held", "end"): "ended",
    ("offered", "dial"): "dialling",
    ("menu", "dial"): "dialling",
    ("greeting", "dial"): "dialling",
    ("waiting", "dial"): "dialling",
    ("ringing", "dial"): "dialling",  # an agent lifted, and the customer is called back
    ("dialling", "dial"): "dialling",  # on another line
    ("dialling", "far_ring"): "alerting",
    ("dialling", "wait"): "waiting",  # the customer answered, and the agent kept for them is rung
    ("dialling", "answer"): "talking",
    ("dialling", "answer_outside"): "outside",
    ("dialling", "say_goodbye"): "ending",
    ("dialling", "end"): "ended",
    ("alerting", "dial"): "dialling",
    ("alerting", "wait"): "waiting",
    ("alerting", "answer"): "talking",
    ("alerting", "answer_outside"): "outside",
    ("alerting", "say_goodbye"): "ending",
    ("alerting", "end"): "ended",
    ("outside", "never_answered"): "dialling",
    ("outside", "end"): "ended",
    ("voicemail", "end"): "ended",
    ("ending", "end"): "ended",
}


def mint(turn: Turn) -> tuple[CallId, int]:
    """The id and the number of a call that begins: from the state, so that a replay mints the same."""
    number = turn.state.next_call
    turn.state.next_call = number + 1
    return CallId(f"{turn.state.plan.box}-{number}"), number


def are_too_many(state: State, but: Call | None = None) -> bool:
    """Whether there are as many calls with somebody on a line as the office takes, without this one: an attempt to call
    back that waits has nobody, and keeps nobody from calling."""
    most = state.plan.max_calls
    return len(state.calls) >= most and on_lines(state, but) >= most


def on_lines(state: State, but: Call | None = None) -> int:
    """How many have somebody on a line, without this one."""
    return sum(
        (call.leg != NO_LEG or call.conversation is not None) and call is not but for call in state.calls.values()
    )


def move(turn: Turn, call: Call, event: CallEvent) -> None:
    """One step along the table; the time since the last step goes to the state that is left. Raises IllegalTransition.

    A call that ended keeps the state it ended in: there is nobody left to look at it.
    """
    new = TABLE.get((call.state, event))
    if new is None:
        raise IllegalTransition(f"call {call.id}: {event} while {call.state}")
    count_time(call, turn.now_ms)
    if new != "ended":
        call.state = new


def count_time(call: Call, now_ms: int) -> None:
    """Give the time since it was last counted to the state the call is in."""
    call.spent_ms[call.state] = call.spent_ms.get(call.state, 0) + now_ms - call.state_since_ms
    call.state_since_ms = now_ms


def spent(call: Call, *states: CallStateName) -> int:
    """Milliseconds in these states, as far as counted."""
    return sum(call.spent_ms.get(state, 0) for state in states)
