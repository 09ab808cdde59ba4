"""Text messages: what comes is stored and then emptied from the modem; what goes out is limited, tried and recorded.

One message at a time goes over a line. A line sends no more parts a minute than its plan allows (the others wait) and
takes no more a day (they are refused). What may pass is tried again a few times; of what nobody knows whether it went,
another try is the sender's to decide.
"""

from appliance.acd import numbers
from appliance.acd.durable import DurableMessage, DurableMessageCount
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import (
    MessageKept,
    OutgoingState,
    SendText,
    StoreIncomingMessage,
    StoreMessageReport,
    StoreOutgoingMessage,
)
from appliance.acd.message_inputs import (
    MessageCame,
    MessageFailed,
    MessageReported,
    MessageSent,
    MessagesStored,
    SendMessage,
)
from appliance.acd.message_parts import parts_of
from appliance.acd.message_state import LineMessages, Outgoing
from appliance.acd.plan import LinePlan
from appliance.acd.state import State
from appliance.acd.turn import Turn

MOST_WAITING = 500
MOST_PARTS = 8
LONGEST_NAME = 64
MINUTE_MS = 60_000
RETRY_MS = (60_000, 300_000, 900_000)
"""Before each further try."""
LOOK_AGAIN_MS = 10_000
"""At a line that is down, or a switch that is away."""
GIVE_UP_MS = 24 * 3600 * 1000
"""After it was asked for."""
REMEMBERED = 500
"""Names of messages that are over: who asks for one again asked twice."""


def why_not(state: State, what: SendMessage, now_ms: int) -> str:
    """The code of a refusal, "" when it can be sent."""
    if not what.text or "\0" in what.text or any("\ud800" <= one <= "\udfff" for one in what.text):
        return "message_empty"
    if max(len(what.message), len(what.by)) > LONGEST_NAME or len(what.text) > MOST_PARTS * 153:
        return "message_too_long"
    if parts_of(what.text) > MOST_PARTS:
        return "message_too_long"
    if not what.message or what.message in state.messages.outgoing or what.message in state.messages.done:
        return "message_known"
    if not numbers.may_be_called_back(state.plan, what.number):
        return "may_not_be_called"
    if len(state.messages.outgoing) >= MOST_WAITING:
        return "too_many_messages"
    lines = _lines(state, what)
    if not lines:
        return "no_line_for_messages"
    return "" if _with_room(state, lines, parts_of(what.text), now_ms) is not None else "messages_of_today"


def _lines(state: State, what: SendMessage) -> list[LinePlan]:
    """Those that may carry it: one that is up first."""
    may = [line for name, line in state.lines.items() if line.plan.messages_per_day and what.line in (None, name)]
    may = [line for line in may if line.plan.mode != "in"]
    return [line.plan for line in sorted(may, key=lambda line: line.health not in ("up", "degraded"))]


def _with_room(state: State, lines: list[LinePlan], parts: int, now_ms: int) -> LinePlan | None:
    return next((line for line in lines if _today(state, line.name, now_ms) + parts <= line.messages_per_day), None)


def _day(state: State, now_ms: int) -> str:
    return local_day(state.plan.time_zone, now_ms + state.utc_offset_ms)


def _today(state: State, name: LineName, now_ms: int) -> int:
    traffic = state.messages.lines.get(name)
    return traffic.today if traffic is not None and traffic.day == _day(state, now_ms) else 0


def send(turn: Turn, what: SendMessage) -> None:
    """Somebody wants to write."""
    refused = why_not(turn.state, what, turn.now_ms)
    if refused:
        turn.late(refused, what.message)
        return
    parts = parts_of(what.text)
    line = _with_room(turn.state, _lines(turn.state, what), parts, turn.now_ms)
    assert line is not None, "it was not refused"
    count(turn, line.name, parts)
    outgoing = Outgoing(what.message, line.name, what.number, what.text, what.by, parts, turn.now_ms, turn.now_utc_ms)
    turn.state.messages.outgoing[what.message] = outgoing
    _store(turn, outgoing, "queued")
    go_on(turn, line.name)


def count(turn: Turn, name: LineName, parts: int) -> None:
    """Of the line's day. What is then not sent is counted all the same."""
    traffic = turn.state.messages.lines.setdefault(name, LineMessages())
    day = _day(turn.state, turn.now_ms)
    if traffic.day != day:
        traffic.day, traffic.today = day, 0
    traffic.today += parts


def go_on(turn: Turn, name: str) -> None:
    """Send the line's next message, or wake when it may be sent."""
    line_name = LineName(name)
    waiting = [one for one in turn.state.messages.outgoing.values() if one.line == line_name]
    if any(one.state == "sending" for one in waiting):
        return
    for one in waiting:
        if turn.now_ms - one.queued_ms >= GIVE_UP_MS:
            _give_up(turn, one, "not_sent_in_time")
    waiting = [one for one in waiting if one.id in turn.state.messages.outgoing]
    if not waiting:
        return
    line = turn.state.lines.get(line_name)
    if line is None or not line.plan.messages_per_day:
        for one in waiting:
            _give_up(turn, one, "line_is_gone")
        return
    first = min(waiting, key=lambda one: one.not_before_ms)
    may_ms = max(first.not_before_ms, _minute_has_room_ms(turn, line_name, line.plan, first.parts))
    if may_ms > turn.now_ms:
        turn.deadlines.set("text", name, may_ms)
    elif line.health not in ("up", "degraded") or turn.state.switch_lost_ms >= 0:
        turn.deadlines.set("text", name, turn.now_ms + LOOK_AGAIN_MS)
    else:
        _send(turn, first)


def _minute_has_room_ms(turn: Turn, name: LineName, plan: LinePlan, parts: int) -> int:
    """When so many parts fit in the line's minute; a message of more than a minute's parts goes alone."""
    traffic = turn.state.messages.lines.setdefault(name, LineMessages())
    traffic.recent = [(at_ms, sent) for at_ms, sent in traffic.recent if at_ms > turn.now_ms - MINUTE_MS]
    spent = sum(sent for _, sent in traffic.recent)
    may_ms = turn.now_ms
    for at_ms, sent in traffic.recent:
        if spent + parts <= plan.messages_per_minute:
            break
        spent -= sent
        may_ms = at_ms + MINUTE_MS
    return may_ms


def _send(turn: Turn, outgoing: Outgoing) -> None:
    outgoing.state = "sending"
    outgoing.tries += 1
    turn.state.messages.lines[outgoing.line].recent.append((turn.now_ms, outgoing.parts))
    turn.switch.append(SendText(outgoing.line, outgoing.id, outgoing.number, outgoing.text))
    _store(turn, outgoing, "sending")


def sent(turn: Turn, what: MessageSent) -> None:
    outgoing = turn.state.messages.outgoing.pop(what.message, None)
    if outgoing is None:
        turn.late("message_not_known", what.message)
        return
    _over(turn.state, outgoing.id)
    _store(turn, outgoing, "sent", references=what.references)
    go_on(turn, outgoing.line)


def failed(turn: Turn, what: MessageFailed) -> None:
    """It is tried again while there is hope, and nothing of it has gone out."""
    outgoing = turn.state.messages.outgoing.get(what.message)
    if outgoing is None or outgoing.state != "sending":
        turn.late("message_not_known", what.message)
        return
    if what.again and not what.parts_sent and outgoing.tries <= len(RETRY_MS):
        outgoing.state = "queued"
        outgoing.not_before_ms = turn.now_ms + RETRY_MS[outgoing.tries - 1]
        _store(turn, outgoing, "queued", what.cause, what.detail)
    else:
        _give_up(turn, outgoing, what.cause, what.detail)
    go_on(turn, outgoing.line)


def _give_up(turn: Turn, outgoing: Outgoing, cause: str, detail: str = "") -> None:
    turn.state.messages.outgoing.pop(outgoing.id, None)
    _over(turn.state, outgoing.id)
    _store(turn, outgoing, "failed", cause, detail)


def _over(state: State, message: MessageId) -> None:
    numbers.remember(state.messages.done, message, None, REMEMBERED)


def switch_started(turn: Turn) -> None:
    """The switch that was sending died: nobody knows whether it went, so it is not sent again by itself."""
    for outgoing in list(turn.state.messages.outgoing.values()):
        if outgoing.state == "sending":
            _give_up(turn, outgoing, "interrupted")
            go_on(turn, outgoing.line)


def restore(
    turn: Turn,
    waiting: tuple[DurableMessage, ...],
    counts: tuple[DurableMessageCount, ...],
    done: tuple[MessageId, ...],
) -> None:
    """After a power cut: what waited waits on; what was being sent may have gone, and is not sent again by itself."""
    for message in done:
        _over(turn.state, message)
    for known in counts:
        turn.state.messages.lines[known.line] = LineMessages(day=known.day, today=known.parts)
    for one in waiting:
        age_ms = max(0, turn.now_utc_ms - one.queued_at_utc_ms)
        queued_ms = turn.now_ms - age_ms
        outgoing = Outgoing(
            one.message, one.line, one.number, one.text, one.by, one.parts, queued_ms, one.queued_at_utc_ms
        )
        outgoing.tries = one.tries
        if one.was_being_sent:
            _give_up(turn, outgoing, "interrupted")
        else:
            turn.state.messages.outgoing[one.message] = outgoing
            turn.deadlines.set("text", one.line, turn.now_ms + LOOK_AGAIN_MS)


def _store(
    turn: Turn,
    outgoing: Outgoing,
    state: OutgoingState,
    cause: str = "",
    detail: str = "",
    references: tuple[int, ...] = (),
) -> None:
    turn.store.append(
        StoreOutgoingMessage(
            outgoing.id,
            outgoing.line,
            outgoing.number,
            outgoing.text,
            outgoing.by,
            state,
            outgoing.queued_utc_ms,
            turn.now_utc_ms,
            outgoing.parts,
            outgoing.tries,
            cause,
            detail,
            references,
        )
    )


def came(turn: Turn, what: MessageCame) -> None:
    """Stored; the modem empties it once it is on the disk."""
    turn.store.append(
        StoreIncomingMessage(
            what.message,
            what.line,
            what.sender,
            what.text,
            turn.now_utc_ms,
            what.sent_at_utc_ms,
            what.parts,
            what.missing,
            what.octets,
            what.unreadable,
        )
    )


def reported(turn: Turn, what: MessageReported) -> None:
    turn.store.append(
        StoreMessageReport(
            what.report,
            what.line,
            what.reference,
            what.recipient,
            what.state,
            what.status,
            what.done_at_utc_ms or turn.now_utc_ms,
        )
    )


def stored(turn: Turn, what: MessagesStored) -> None:
    turn.switch.extend(MessageKept(one.line, one.message) for one in what.messages)
