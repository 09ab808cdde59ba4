"""Agent and caller together: who lifted first, connecting them when both are there, hold, and who left."""

from msgspec.structs import replace

from appliance.acd import (
    agents,
    announcements,
    callback_attempts,
    callbacks,
    calls,
    familiar,
    legs,
    outbound,
    queues,
    recordings,
    records,
    rings,
    whisper,
)
from appliance.acd.effects import Connect, Disconnect, EndReason, SetBackground
from appliance.acd.ending import end, part
from appliance.acd.inputs import AnswerEvidence, LegCause
from appliance.acd.state import NO_LEG, Call, Conversation, Leg
from appliance.acd.turn import Turn

RECORDING_MAX_MS = 4 * 3600 * 1000
SHORT_IN_A_MENU_MS = 5_000
"""Who hangs up sooner than this in a menu, and came to no queue, has misdialled. Neither counts as offered."""
LOST: tuple[LegCause, ...] = ("line_lost", "media_timeout", "failed", "congestion", "unreachable")
"""Nobody hung up: the way was lost."""


def agent_lifted(turn: Turn, leg: Leg) -> None:
    """The first to lift has the call; every other station stops ringing, and nobody else missed anything.

    Now the customer is dialled, if this is a call back.
    """
    call, agent = turn.call_of(leg), turn.agent_of(leg)
    assert call is not None and agent is not None, "a ringing leg always has its call and its agent"
    leg.state, leg.answered_ms = "answered", turn.now_ms
    turn.deadlines.cancel("ring", leg.id)
    call.rings.remove(leg.id)
    assert leg.station is not None, "an agent's leg is a station's"
    call.conversation = Conversation(agent.plan.name, leg.station, leg.id, turn.now_ms - leg.started_ms)
    agent.missed_in_a_row = agent.failed_in_a_row = 0
    agents.move(turn, agent, "answer")
    turn.decide("answer", "first_to_lift" if call.rings else "lifted", call=call, detail=agent.plan.name)
    whisper.begin(turn, call)
    meet(turn, call)
    rings.stop_all(turn, call, "answered_elsewhere", "answered_elsewhere")
    queues.leave(turn, call)
    if call.leg == NO_LEG:
        turn.switch.append(SetBackground(leg.id, "ringback"))
        if not outbound.dial(turn, call):
            end(turn, call, "cancelled", "system")


def station_through(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> None:
    """The path of a station that dialled is open: it hears the far end ring."""
    call = turn.call_of(leg)
    assert call is not None, "a station's leg that is not closing has its call"
    legs.came_through(turn, leg, evidence)
    turn.switch.append(SetBackground(leg.id, "ringback"))
    meet(turn, call)


def whispered(turn: Turn, call: Call) -> None:
    """The agent heard whom the call is of, or should have by now."""
    assert call.conversation is not None, "the deadline goes with the conversation"
    call.conversation.whisper = ""
    turn.deadlines.cancel("whisper", call.id)
    meet(turn, call)


def meet(turn: Turn, call: Call) -> None:
    """Connect our side and the customer's as soon as both paths are open, and nothing is to be said first."""
    talk = call.conversation
    if talk is None or talk.whisper or talk.connected:
        return
    ours, theirs = turn.state.legs.get(talk.leg), turn.state.legs.get(call.leg)
    if ours is not None and theirs is not None and ours.state == theirs.state == "answered":
        connect(turn, call)


def caller_through(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> None:
    """The caller's path is open: an agent may be there already, else there is something to say."""
    call = turn.call_of(leg)
    assert call is not None, "a caller's leg that is not closing has its call"
    legs.came_through(turn, leg, evidence)
    call.evidence = evidence
    turn.deadlines.cancel("answer", call.id)
    if call.conversation is not None:
        meet(turn, call)
    else:
        announcements.speak(turn, call)


def connect(turn: Turn, call: Call) -> None:
    """Both are there: they hear each other, the recording starts, and talk time counts from here."""
    talk = call.conversation
    assert talk is not None, "there is somebody to connect"
    calls.move(turn, call, "answer" if talk.agent is not None else "answer_outside")
    turn.switch.append(Connect(call.leg, talk.leg))
    announcements.stop(call)
    talk.connected = True
    if call.answered_ms < 0 and not call.forward_to:
        call.answered_ms = turn.now_ms
    if talk.agent is None:
        callback_attempts.met(turn, call, talk)
        return
    call.for_agent = None
    _record(turn, call, talk)
    talk.talk_base_ms, talk.hold_base_ms = calls.spent(call, "talking"), calls.spent(call, "held")
    call.agent, call.cut_off = talk.agent, False
    agent = turn.state.agents[talk.agent]
    if agent.state == "outbound":
        agents.move(turn, agent, "answer")
    agents.count(turn, agent, calls=1)
    familiar.remember(turn, call.caller, talk.agent)
    callback_attempts.met(turn, call, talk)


def reconnect(turn: Turn, call: Call) -> None:
    """Both were found again after the switch restarted: together again, in a new recording, and not on hold."""
    talk = call.conversation
    assert talk is not None, "there is somebody to connect"
    if not talk.connected:
        talk.whisper = ""
        connect(turn, call)
        return
    if call.state == "held" and talk.agent is not None:
        calls.move(turn, call, "take_back")
        agents.move(turn, turn.state.agents[talk.agent], "take_back")
    turn.decide("recover", "reconnected", call=call, detail=talk.agent or call.forward_to)
    turn.switch.append(Connect(call.leg, talk.leg))
    _record(turn, call, talk)


def _record(turn: Turn, call: Call, talk: Conversation) -> None:
    """What an agent and a customer say is recorded where their queue wants it."""
    queue = turn.queue_of(call)
    if queue is not None and queue.plan.record and talk.agent is not None:
        recordings.start(turn, call, "call", (call.leg, talk.leg), RECORDING_MAX_MS)


def hold(turn: Turn, leg: Leg, held: bool) -> None:
    """The agent put the caller on hold, or took the caller back. A caller who holds us just hears what they hear."""
    call, agent = turn.call_of(leg), turn.agent_of(leg)
    talk = call.conversation if call is not None else None
    if call is None or agent is None or talk is None or talk.leg != leg.id or not talk.connected:
        turn.late("hold_without_conversation", leg.id, call)
    elif held and call.state == "talking":
        calls.move(turn, call, "hold")
        agents.move(turn, agent, "hold")
        turn.switch.append(Disconnect(call.leg, talk.leg))
    elif not held and call.state == "held":
        calls.move(turn, call, "take_back")
        agents.move(turn, agent, "take_back")
        turn.switch.append(Connect(call.leg, talk.leg))
    else:
        turn.late("held_already" if held else "not_held", leg.id, call)


def agent_left(turn: Turn, call: Call, leg: Leg, cause: LegCause) -> None:
    """The agent's leg of a conversation ended by itself (it is recorded and forgotten already)."""
    talk = call.conversation
    assert talk is not None and talk.leg == leg.id, "the leg is the conversation's"
    if talk.agent is None:
        _outside_left(turn, call, cause)
    elif talk.connected and cause not in LOST:
        end(turn, call, "answered", "agent")
    else:
        lose_agent(turn, call)


def lose_agent(turn: Turn, call: Call) -> None:
    """The agent's side is gone, the customer is still there: who called, or was called back, waits again with the
    original wait; whom an agent was calling is not called any more."""
    talk = call.conversation
    if talk is not None and talk.connected:
        _cut_off(turn, call)
    elif call.direction == "out" and not (_is_through(turn, call) and callbacks.is_attempt(turn, call)):
        end(turn, call, "cancelled", "agent")
    else:
        _changed_mind(turn, call)


def _is_through(turn: Turn, call: Call) -> bool:
    """Whether the customer's path is open."""
    leg = turn.state.legs.get(call.leg)
    return leg is not None and leg.state == "answered"


def _cut_off(turn: Turn, call: Call) -> None:
    """In the middle of talking."""
    part(turn, call)
    recordings.stop(turn, call)
    queue = turn.queue_of(call)
    if queue is None or queue.removed:
        end(turn, call, "answered", "network")
        return
    turn.decide("recover", "agent_lost", call=call, detail=call.agent or "")
    call.cut_off = True
    calls.move(turn, call, "cut_off")
    queues.join(turn, call, queue)
    announcements.say_sorry(turn, call)


def _outside_left(turn: Turn, call: Call, cause: LegCause) -> None:
    """The outside number the caller was sent to hung up, or the station without an agent that had dialled."""
    if call.direction == "in" or call.forward_to:
        end(turn, call, "overflowed", "network", cause)
    else:
        end(turn, call, "answered" if call.answered_ms >= 0 else "cancelled", "agent", cause)


def caller_left(turn: Turn, call: Call, cause: LegCause) -> None:
    """The caller's leg ended by itself (it is recorded and forgotten already)."""
    network = cause in LOST
    end(turn, call, _reason(turn, call, network), "network" if network else "caller", cause)


def _reason(turn: Turn, call: Call, network: bool) -> EndReason:
    if call.answered_ms >= 0:
        return "answered"
    if call.state in ("voicemail", "ending", "outside"):
        return "overflowed"
    if network:
        return "failed"
    queue = turn.queue_of(call)
    since_ms = call.queued_ms if call.queued_ms >= 0 else call.offered_ms
    short_ms = queue.plan.short_abandon_ms if queue is not None else SHORT_IN_A_MENU_MS
    short = turn.now_ms - since_ms < short_ms
    return "short_abandon" if short else "abandoned"


def _changed_mind(turn: Turn, call: Call) -> None:
    """The agent lifted and hung up before the caller was through: as if the ring had been rejected."""
    talk, queue = call.conversation, turn.its_queue(call)
    assert talk is not None and talk.agent is not None, "there is an agent"
    turn.deadlines.cancel("whisper", call.id)
    rings.add_segment(call, replace(records.talked(call), talk_ms=0, hold_ms=0, outcome="rejected"))
    call.conversation = None
    agent = turn.state.agents[talk.agent]
    rings.leave_alone(turn, agent, queue, "rejected")
    agents.never_met(turn, agent)
    call.for_agent = None
    if call.direction == "out":
        turn.switch.append(SetBackground(call.leg, "music"))
    if call.state == "ringing":
        calls.move(turn, call, "rings_over")
    if queue.removed:
        end(turn, call, "failed", "agent")
    else:
        queues.join(turn, call, queue)


def hang_up_call(turn: Turn, call: Call) -> None:
    """Somebody at the screen ends a call, or it has lasted longer than any honest call."""
    outgoing: EndReason = "cancelled" if call.direction == "out" else "rejected"
    served: EndReason = "overflowed" if call.state in ("voicemail", "ending", "outside") else outgoing
    end(turn, call, "answered" if call.answered_ms >= 0 else served, "system")
