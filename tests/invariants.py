"""What is true of the ACD after every input, whatever happened: checked by the simulated world and by Hypothesis."""

from appliance.acd import effects as e
from appliance.acd.acd import Acd, Effects
from appliance.acd.agents import excluded
from appliance.acd.ids import CallId
from appliance.acd.state import Agent, Call, Queue, State

_WITHOUT_CALL = ("logged_out", "ready", "not_ready")


def check(acd: Acd, effects: Effects) -> None:
    """Raises AssertionError naming what is broken."""
    state = acd.state
    for call in state.calls.values():
        _call(state, call)
    for agent in state.agents.values():
        _agent(state, agent)
    waiting = 0
    for queue in state.queues.values():
        waiting += len(queue.waiting)
        _queue(state, queue)
    should_wait = sum(c.state in ("waiting", "ringing") and c.conversation is None for c in state.calls.values())
    assert waiting == should_wait, f"{waiting} places in queues for {should_wait} callers"
    for leg in state.legs.values():
        if leg.state != "closing" and leg.role != "star":
            assert leg.call in state.calls, f"leg {leg.id} is {leg.state} without a call"
    assert len(state.calls) <= state.plan.max_calls, "more calls than the limit"
    due = acd.next_deadline()
    assert due is None or due >= state.now_ms, f"a deadline of {due} was passed over at {state.now_ms}"
    decisions = []
    for stored in effects.store:
        if isinstance(stored, e.StoreCdr | e.StoreOpenCall):
            check_cdr(stored.cdr)
        elif isinstance(stored, e.StoreDecision):
            decisions.append(stored.decision)
    for number, decision in enumerate(decisions):
        if decision.kind == "ring":
            _ring(state, decision, [later.call for later in decisions[number + 1 :]])


def check_cdr(cdr: e.Cdr) -> None:
    """The columns add up, and so do the agents' parts."""
    parts_ms = cdr.ivr_ms + cdr.wait_ms + cdr.talk_ms + cdr.hold_ms + cdr.voicemail_ms
    assert parts_ms == cdr.ended_at - cdr.offered_at, f"{cdr.call}: {parts_ms} ms of {cdr.ended_at - cdr.offered_at}"
    assert 0 <= cdr.ring_ms <= cdr.wait_ms, f"{cdr.call}: rang {cdr.ring_ms} ms of a wait of {cdr.wait_ms}"
    talk_ms = sum(segment.talk_ms for segment in cdr.segments)
    hold_ms = sum(segment.hold_ms for segment in cdr.segments)
    assert (talk_ms, hold_ms) == (cdr.talk_ms, cdr.hold_ms), f"{cdr.call}: segments {talk_ms}+{hold_ms} ms"
    assert (cdr.agent is not None) == (cdr.answered_at > 0), f"{cdr.call}: answered by nobody, or by {cdr.agent} never"
    assert min(cdr.ivr_ms, cdr.talk_ms, cdr.hold_ms, cdr.voicemail_ms) >= 0, f"{cdr.call}: negative time"


def _call(state: State, call: Call) -> None:
    leg = state.legs.get(call.leg)
    assert leg is not None and leg.call == call.id and leg.state != "closing", f"{call.id} has no caller"
    for name in call.rings:
        assert state.legs[name].state == "ringing", f"{call.id} rings {name}, which is {state.legs[name].state}"
    talk = call.conversation
    if call.state == "ringing":
        assert call.rings or talk is not None, f"{call.id} is ringing, and nothing rings"
    else:
        assert not call.rings, f"{call.id} is {call.state}, and {call.rings} ring"
    if call.state in ("talking", "held"):
        assert talk is not None and talk.connected, f"{call.id} is {call.state} with nobody"
    elif talk is not None:
        assert call.state == "ringing" and not talk.connected, f"{call.id} is {call.state} with {talk.agent}"
    if call.state in ("waiting", "ringing") and talk is None:
        assert call.queue is not None and (call.queued_ms, call.number, call.id) in state.queues[call.queue].waiting, (
            f"{call.id} waits nowhere"
        )


def _agent(state: State, agent: Agent) -> None:
    name = agent.plan.name
    if agent.state == "ringing":
        assert agent.call is not None and agent.leg in state.calls[agent.call].rings, f"{name} rings for nothing"
    elif agent.state in ("talking", "held"):
        call = state.calls.get(agent.call) if agent.call is not None else None
        talk = call.conversation if call is not None else None
        assert talk is not None and talk.agent == name, f"{name} is {agent.state} with nobody"
        assert talk.leg == agent.leg, f"{name} has leg {agent.leg}, the conversation {talk.leg}"
        if call is not None and talk.connected:
            assert call.state == agent.state, f"{name} is {agent.state}, {call.id} is {call.state}"
    else:
        assert agent.leg is None, f"{name} is {agent.state} with leg {agent.leg}"
        if agent.state in _WITHOUT_CALL:
            assert agent.call is None, f"{name} is {agent.state} with call {agent.call}"
        else:
            assert agent.state == "wrap_up" and name in state.deadlines["wrap_up"], f"{name}: endless {agent.state}"
    assert (agent.station is None) == (agent.state == "logged_out"), f"{name} is {agent.state} at {agent.station}"


def _queue(state: State, queue: Queue) -> None:
    name, places = queue.plan.name, queue.waiting
    assert all(places[i] < places[i + 1] for i in range(len(places) - 1)), f"{name} is out of order"
    for place in places:
        call = state.calls.get(place[2])
        assert call is not None and call.queue == name, f"{place[2]} waits in {name} and is not there"
        assert call.rings or place in queue.hungry, f"{call.id} waits in {name} and nobody will be rung for it"
    if queue.hungry:
        free = [
            a for a in queue.plan.agents if a in state.agents and not excluded(state, state.agents[a], state.now_ms)
        ]
        assert not free, f"{free} are free while {queue.hungry[0]} waits in {name}"
        assert all(place in places for place in queue.hungry[:3]), f"{name}: somebody who does not wait wants an agent"
    # Those let in beyond the length could be rung at once when they came, or came back after their agent was lost.
    assert len(places) <= queue.plan.max_length + 2 * len(state.agents), f"{name} is over its length: {len(places)}"


def _ring(state: State, decision: e.Decision, decided_later: list[CallId | None]) -> None:
    chosen = [candidate for candidate in decision.candidates if candidate.chosen]
    assert chosen, f"decision {decision.number} rings nobody"
    wrong = [one for one in chosen if one.state != "ready" or one.excluded]
    assert not wrong, f"decision {decision.number} rings {wrong}"
    call = state.calls.get(decision.call) if decision.call is not None else None
    if call is not None and decision.queue is not None and call.queue == decision.queue:
        place = (call.queued_ms, call.number, call.id)
        # Several deadlines can pass in one input: somebody may have come to want an agent after this decision.
        before = [hungry for hungry in state.queues[decision.queue].hungry if hungry < place]
        passed_over = [hungry[2] for hungry in before if hungry[2] not in decided_later]
        assert not passed_over, f"{call.id} was rung for before {passed_over}, who wait longer"
