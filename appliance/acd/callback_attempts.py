"""Calling back: when an attempt begins to wait in its queue, keeping an agent free for a customer, and calling it off.

An attempt waits like a caller, at the place that was promised. With `first = "agent"` an agent is rung, and the number
dialled once the agent has lifted; with `first = "customer"` the agent is kept free meanwhile, and rung when the
customer has answered.
"""

from appliance.acd import admission, agents, callbacks, numbers, outbound, queues, worklist
from appliance.acd.ending import end
from appliance.acd.hours import is_open
from appliance.acd.ids import AgentName
from appliance.acd.state import NO_LEG, Agent, Call, Callback, Conversation, Queue
from appliance.acd.turn import Turn


def due(turn: Turn, key: str) -> None:
    """An attempt is to begin; or one is up, and is looked at. What may be dialled can be less than it was."""
    state = turn.state
    kept = state.callbacks[key]
    queue = state.queues.get(kept.queue)
    barred = numbers.why_not_called_back(state.plan, kept.number)
    expired = turn.now_ms - callbacks.place_ms(turn, kept) > callbacks.EXPIRES_MS
    if queue is None or queue.removed or expired or barred:
        if barred:
            last = state.calls.get(kept.last_call or callbacks.NO_CALL)
            turn.decide("refuse", f"callback_{barred}", call=last, detail=kept.number)
        attempt = callbacks.undialled(turn, kept)
        callbacks.give_up(turn, key)
        if attempt is not None:
            end(turn, attempt, "cancelled", "system")
        return
    turn.deadlines.set("callback", key, turn.now_ms + callbacks.NOT_NOW_MS)
    if kept.call is None:
        if _may_begin(turn, queue) and not _is_on_the_line(turn, key):
            _begin(turn, kept, queue)
    elif (attempt := callbacks.undialled(turn, kept)) is not None and not attempt.rings:
        if not _in_hours(turn, queue):
            end(turn, attempt, "cancelled", "system")
        elif not queues.is_hungry(queue, attempt):
            queues.want(turn, attempt, queue)  # there was no line for it


def order(turn: Turn, number: str, queue: Queue, agent: AgentName | None, by: str) -> None:
    """Somebody asks for a number to be called: last in the queue, unless a promise gives it a better place."""
    state, key = turn.state, numbers.key(turn.state.plan, number)
    kept = state.callbacks.setdefault(key, Callback(key, queue.plan.name, turn.now_ms))
    kept.agent, kept.queue, kept.tries = agent, queue.plan.name, 0
    kept.language = queue.plan.language
    turn.deadlines.set("callback", key, turn.now_ms + callbacks.NOT_NOW_MS)
    attempt = callbacks.undialled(turn, kept)
    if attempt is not None:
        kept.call = None  # no attempt of this promise any more: it ends without a word
        end(turn, attempt, "cancelled", "system")
    assert kept.call is None, "why_not refuses a number that is being called"
    call = _begin(turn, kept, queue)
    turn.decide("dial", "callback_ordered", call=call, detail=by)
    worklist.add(turn, call, "callback")


def wait_for_line(turn: Turn, call: Call, queue: Queue) -> bool:
    """Whether an attempt whose turn it is has no line to dial on: it keeps its place, and is looked at again soon. No
    agent is rung for what cannot be dialled."""
    if call.leg != NO_LEG or outbound.has_line(turn, call):
        return False
    queues.satisfy(call, queue)
    turn.deadlines.set("callback", numbers.key(turn.state.plan, call.caller), turn.now_ms + callbacks.LINE_AGAIN_MS)
    return True


def dials_first(call: Call, queue: Queue) -> bool:
    """Whether an agent is only kept free for this call, until the customer has answered."""
    customer_first = queue.plan.callback.first == "customer" and call.for_agent is None
    return customer_first and call.leg == NO_LEG and not call.rings


def met(turn: Turn, call: Call, talk: Conversation) -> None:
    """Both sides are together, or it is known better that they are: the customer was reached, unless all that says that
    whoever was dialled answered is that the line assumes it. Then it is seen when the call is over."""
    number, customer = turn.state.legs.get(talk.leg), turn.state.legs.get(call.leg)
    dialled = (number if talk.agent is None else None, customer if call.direction == "out" else None)
    by = worklist.NUMBER if talk.agent is None and call.forward_to else talk.agent
    if by is not None and not any(leg is not None and leg.evidence == "assumed" for leg in dialled):
        settled(turn, call.caller, call, by)


def settled(turn: Turn, number: str, call: Call | None, by: str, result: str = "reached") -> None:
    """The customer was reached (by that call), or somebody decided not to: off the worklist, nothing is promised any
    more, and another attempt that is up is not needed."""
    worklist.close(turn, number, by, result)
    kept = callbacks.withdraw(turn, numbers.key(turn.state.plan, number))
    attempt = turn.state.calls.get(kept.call) if kept is not None and kept.call is not None else None
    if attempt is not None and attempt is not call and attempt.answered_ms < 0:
        end(turn, attempt, "cancelled", "system")


def reserve(turn: Turn, call: Call, agent: Agent) -> None:
    """Keep this agent free and dial the customer; nobody else is rung for the call meanwhile."""
    queues.leave(turn, call)
    agents.move(turn, agent, "dial")
    agent.call, call.reserved = call.id, agent.plan.name
    dialled = outbound.dial(turn, call)
    assert dialled, "wait_for_line found a line for it"


def _begin(turn: Turn, kept: Callback, queue: Queue) -> Call:
    if kept.agent is not None and kept.agent not in queue.plan.agents:
        kept.agent = None  # serves it no more: whoever does
    call = outbound.new_call(turn, kept.number, queue)
    call.needs, call.language, call.caller_name = dict(kept.needs), kept.language, kept.name
    call.for_agent = kept.agent
    call.head_start_ms = max(0, turn.now_ms - callbacks.place_ms(turn, kept))
    kept.call = call.id
    turn.decide("dial", "callback_waits", call=call, detail=str(kept.tries + 1))
    queues.join(turn, call, queue)
    return call


def _may_begin(turn: Turn, queue: Queue) -> bool:
    return _in_hours(turn, queue) and turn.state.switch_lost_ms < 0


def _in_hours(turn: Turn, queue: Queue) -> bool:
    hours = turn.state.plan.hours.get(queue.plan.callback.hours)
    if hours is not None and not is_open(hours, turn.now_utc_ms):
        return False
    return not admission.why_closed(turn, queue)


def _is_on_the_line(turn: Turn, key: str) -> bool:
    """The customer is calling us, or being called by somebody, in this moment."""
    return any(numbers.key(turn.state.plan, call.caller) == key for call in turn.state.calls.values())
