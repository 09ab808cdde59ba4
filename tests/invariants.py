"""What is true of the ACD after every input, whatever happened: checked by the simulated world and by Hypothesis."""

from appliance.acd import effects as e
from appliance.acd.acd import AWAY_AGAIN_MS, Acd, Effects
from appliance.acd.agents import excluded
from appliance.acd.calls import on_lines
from appliance.acd.contacts import MOST_CONTACTS
from appliance.acd.ids import CallId
from appliance.acd.ivr import MOST_MENUS
from appliance.acd.numbers import key as key_of
from appliance.acd.queues import is_empty, place_of
from appliance.acd.state import Agent, Call, Queue, State, Waiter, Waiting
from appliance.acd.wants import barred
from appliance.acd.wants import of as wants_of
from tests.invariants_lines import check_lines

_WITHOUT_CALL = ("logged_out", "ready", "not_ready")


def check(acd: Acd, effects: Effects) -> None:
    """Raises AssertionError naming what is broken."""
    state = acd.state
    for call in state.calls.values():
        _call(state, call)
    for agent in state.agents.values():
        _agent(state, agent)
    _contacts(state)
    waiting = 0
    for queue in state.queues.values():
        waiting += len(queue.waiting)
        _queue(state, queue)
    should_wait = sum(c.state in ("waiting", "ringing") and c.conversation is None for c in state.calls.values())
    assert waiting == should_wait, f"{waiting} places in queues for {should_wait} callers"
    for leg in state.legs.values():
        if leg.role == "test":
            awaited = leg.line in state.deadlines.get("line_test", {}) or leg.line not in state.lines
            assert leg.state == "closing" or awaited, f"the test {leg.id} has no end"
        elif leg.state != "closing" and leg.role != "star":
            assert leg.call in state.calls, f"leg {leg.id} is {leg.state} without a call"
    emergencies = sum(call.emergency for call in state.calls.values())
    assert on_lines(state) - emergencies <= state.plan.max_calls, "more calls than the limit"
    promised = {kept.call for kept in state.callbacks.values()}
    orphans = [call.id for call in state.calls.values() if _is_undialled(call) and call.id not in promised]
    assert not orphans, f"{orphans} are to call somebody back, and nobody was promised it"
    for key, kept in state.callbacks.items():
        attempt = state.calls.get(kept.call) if kept.call is not None else None
        assert key in state.worklist, f"{key} was promised a call and is on no list"
        assert attempt is not None or kept.call is None, f"the attempt to call {key} is gone"
        assert key in state.deadlines["callback"], f"{key} will never be called"
    due = acd.next_deadline()
    assert due is None or due >= state.now_ms, f"a deadline of {due} was passed over at {state.now_ms}"
    check_lines(state, effects)
    decisions = []
    for stored in effects.store:
        if isinstance(stored, e.StoreCdr | e.StoreOpenCall):
            check_cdr(stored.cdr)
        elif isinstance(stored, e.StoreDecision):
            decisions.append(stored.decision)
    for number, decision in enumerate(decisions):
        if decision.kind in ("ring", "reserve"):
            _ring(state, decision, [later.call for later in decisions[number + 1 :]])


def check_cdr(cdr: e.Cdr) -> None:
    """The columns add up, and so do the agents' parts."""
    parts_ms = cdr.ivr_ms + cdr.wait_ms + cdr.talk_ms + cdr.hold_ms + cdr.voicemail_ms
    assert parts_ms == cdr.ended_at - cdr.offered_at, f"{cdr.call}: {parts_ms} ms of {cdr.ended_at - cdr.offered_at}"
    assert 0 <= cdr.ring_ms <= cdr.wait_ms, f"{cdr.call}: rang {cdr.ring_ms} ms of a wait of {cdr.wait_ms}"
    talk_ms = sum(segment.talk_ms for segment in cdr.segments)
    hold_ms = sum(segment.hold_ms for segment in cdr.segments)
    if not any(leg.role == "number" for leg in cdr.legs) and (cdr.direction == "in" or cdr.agent is not None):
        assert (talk_ms, hold_ms) == (cdr.talk_ms, cdr.hold_ms), f"{cdr.call}: segments {talk_ms}+{hold_ms} ms"
    assert cdr.agent is None or cdr.answered_at > 0, f"{cdr.call}: answered by {cdr.agent} never"
    assert cdr.agent is not None or cdr.answered_at == 0 or cdr.direction == "out", f"{cdr.call}: answered by nobody"
    assert min(cdr.ivr_ms, cdr.talk_ms, cdr.hold_ms, cdr.voicemail_ms) >= 0, f"{cdr.call}: negative time"


def _call(state: State, call: Call) -> None:
    leg = state.legs.get(call.leg)
    if call.leg:
        assert leg is not None and leg.call == call.id and leg.state != "closing", f"{call.id} has no caller"
    else:
        undialled = call.state in ("offered", "waiting", "ringing") or call.emergency
        assert call.direction == "out" and undialled, f"{call.id} has nobody"
    if call.reserved is not None:
        kept = state.agents[call.reserved]
        assert (kept.state, kept.call, kept.leg) == ("outbound", call.id, None), f"{call.id} keeps {kept}"
        assert call.state in ("dialling", "alerting") and call.conversation is None, f"{call.id} keeps somebody"
    for name in call.rings:
        assert state.legs[name].state == "ringing", f"{call.id} rings {name}, which is {state.legs[name].state}"
    talk = call.conversation
    if call.state == "ringing":
        assert call.rings or talk is not None, f"{call.id} is ringing, and nothing rings"
    else:
        assert not call.rings, f"{call.id} is {call.state}, and {call.rings} ring"
    if call.state in ("talking", "held", "outside"):
        assert talk is not None and talk.connected, f"{call.id} is {call.state} with nobody"
        assert (talk.agent is None) == (call.state == "outside"), f"{call.id} is {call.state} with {talk.agent}"
    elif talk is not None:
        dialled = call.state in ("dialling", "alerting") or (call.state == "offered" and call.emergency)
        assert (call.state == "ringing" or dialled) and not talk.connected, f"{call.id}: {call.state}, {talk.agent}"
    if call.state in ("dialling", "alerting"):
        legs = [one for one in state.legs.values() if one.call == call.id and one.state == "dialling"]
        ours = state.legs.get(talk.leg) if talk is not None else None
        opening = ours is not None and (ours.state == "offered" or (leg is not None and leg.state == "offered"))
        again = call.id in state.deadlines["dial_again"] if "dial_again" in state.deadlines else False
        whisper = talk is not None and talk.whisper
        assert legs or opening or again or whisper, f"{call.id} is {call.state} and nobody is dialled"
    _in_menu(state, call)
    if call.state in ("waiting", "ringing") and talk is None:
        assert call.queue is not None and place_of(call) in state.queues[call.queue].waiting, f"{call.id} waits nowhere"


def _in_menu(state: State, call: Call) -> None:
    """Who is in a menu is in one that there is, and hears it or is to press something before long."""
    due = call.id in state.deadlines.get("menu", {})
    if call.state == "menu":
        menu = state.plan.menus.get(call.menu)
        assert menu is not None, f"{call.id} is in menu {call.menu}, which is not there"
        heard = state.legs[call.leg].state == "answered"
        assert due or not heard, f"{call.id} is in menu {call.menu} for ever"
        assert len(call.digits) < max(menu.max_digits, 1), f"{call.id} keyed in {call.digits}"
        assert call.mistakes <= menu.retries or not heard, f"{call.id} made {call.mistakes} mistakes in {call.menu}"
    else:
        assert not due, f"{call.id} is {call.state}, and a key is overdue"
    assert call.menus <= MOST_MENUS, f"{call.id} was in {call.menus} menus"
    assert len(set(call.tried)) == len(call.tried), f"{call.id} goes round: {call.tried}"


def _agent(state: State, agent: Agent) -> None:
    name = agent.plan.name
    if agent.state == "ringing":
        assert agent.call is not None and agent.leg in state.calls[agent.call].rings, f"{name} rings for nothing"
    elif agent.state == "outbound":
        call = state.calls.get(agent.call) if agent.call is not None else None
        assert call is not None, f"{name} is outbound for nothing"
        talk = call.conversation
        dials = talk is not None and talk.agent == name and talk.leg == agent.leg and not talk.connected
        assert dials or call.reserved == name, f"{name} is outbound, and {call.id} does not know"
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
    _time(state, agent)
    assert (agent.station is None) == (agent.state == "logged_out"), f"{name} is {agent.state} at {agent.station}"
    if agent.state != "logged_out":
        at_ms, _ = state.deadlines.get("retry", {}).get(name, (0, 0))
        assert at_ms == agent.retry_at_ms, f"{name} is left alone until {agent.retry_at_ms}, and woken at {at_ms}"


def _contacts(state: State) -> None:
    """Each is in one place: it waits in the line of what it wants, or is one agent's, who has room for it."""
    assert len(state.contacts) <= MOST_CONTACTS, "more contacts than the limit"
    held = [name for agent in state.agents.values() for name in agent.contacts]
    assert len(held) == len(set(held)), f"a contact is two agents': {held}"
    for name, contact in state.contacts.items():
        queue = state.queues.get(contact.queue)
        lines = [key for key, line in queue.hungry.items() if place_of(contact) in line.places] if queue else []
        offered = name in state.deadlines.get("contact_offer", {})
        assert offered == (contact.state == "offered"), f"{name} is {contact.state}, and an offer's end is waited for"
        if contact.state == "waiting":
            assert contact.agent is None and lines == [contact.want], f"{name} wants {contact.want}, stands in {lines}"
        else:
            agent = state.agents[contact.agent] if contact.agent is not None else None
            assert agent is not None and name in agent.contacts and not lines, f"{name} is {contact.state}: {agent}"
            assert agent.state != "logged_out", f"{name} is {contact.state} with {agent.plan.name}, who went home"
            assert contact.state == "open" or agent.state != "not_ready", f"{name} is offered to {agent.plan.name}"


def _time(state: State, agent: Agent) -> None:
    """Pauses, shifts and after-call work keep to their limits, and nothing is left of what was to come after a call."""
    name, deadlines = agent.plan.name, state.deadlines
    if agent.state in _WITHOUT_CALL:
        assert not agent.after_call, f"{name} is {agent.state}, and {agent.after_call} is still to come"
        assert not agent.shift_is_over, f"{name} is {agent.state} after the shift"
    if agent.state == "wrap_up":
        due_ms = deadlines["wrap_up"][name][0]
        assert due_ms <= max(agent.wrap_up.longest_ms, state.now_ms + AWAY_AGAIN_MS), f"{name}: wrap-up until {due_ms}"
    if agent.off_shift:
        assert agent.state != "logged_out" and not agent.on_shift, f"{name} is off shift and {agent.state}"
        waits = name in deadlines.get("shift_over", {})
        assert waits or agent.shift_is_over, f"{name} stays after the shift for ever"
    watched = name in deadlines.get("pause_over", {})
    plan = next((pause for pause in state.plan.pauses if pause.code == agent.reason), None)
    if agent.state == "not_ready" and plan is not None and (plan.limit_ms or plan.day_limit_ms):
        assert watched or agent.pause_is_over or agent.pause_scheduled, f"{name}: endless {agent.reason}"
    else:
        assert not watched, f"{name} is {agent.state}, and a limit of its pause is waited for"


def _is_undialled(call: Call) -> bool:
    """A call back that has not dialled, and for which no agent has lifted."""
    return call.direction == "out" and not call.leg and call.conversation is None


def _queue(state: State, queue: Queue) -> None:
    name, places = queue.plan.name, queue.waiting
    hungry = {place for line in queue.hungry.values() for place in line.places}
    present = [(state.calls[place[2]].queued_ms, *place[1:]) for place in places if state.calls[place[2]].leg]
    assert sorted(present) == queue.arrived, f"{name} arrived"
    assert all(places[i] < places[i + 1] for i in range(len(places) - 1)), f"{name} is out of order"
    for place in places:
        call = state.calls.get(place[2])
        assert call is not None and call.queue == name, f"{place[2]} waits in {name} and is not there"
        looked_at_again = _is_undialled(call) and key_of(state.plan, call.caller) in state.deadlines["callback"]
        served = call.rings or place in hungry or looked_at_again
        assert served, f"{call.id} waits in {name} and nobody will be rung for it"
    known = [state.agents[one] for one in queue.plan.agents if one in state.agents]
    for key, line in queue.hungry.items():
        assert line.places and line.places == sorted(set(line.places)), f"{name}, {key}: {line.places}"
        free = [agent for agent in known if not excluded(state, agent, line.want.channel)]
        able = [agent.plan.name for agent in free if not barred(queue.plan, line.want, agent)]
        assert not able, f"{able} are free while {line.places[0]} waits in {name} for {line.want}"
        for place in line.places[:3]:
            one: Waiter = state.calls.get(place[2]) or state.contacts[place[2]]
            waits = place in places if line.want.channel == "voice" else place[2] in state.contacts
            assert waits and one.want == key, f"{name}: {place} does not wait for {key}"
            now, changes_ms = wants_of(queue, one, state.now_ms)
            assert now == line.want, f"{one.id} wants {now} by now, and stands with {line.want}"
            assert changes_ms is None or one.id in state.deadlines["want"], f"{one.id} will never want more"
    assert not (present and is_empty(state, queue, queue.plan.leave_empty)), f"{name}: {present} wait for nobody"
    # Those let in beyond the length could be rung at once when they came, or came back after their agent was lost.
    # Nor do whom we called themselves count.
    ours = sum(state.calls[place[2]].direction == "out" for place in places)
    assert len(places) - ours <= queue.plan.max_length + 2 * len(state.agents), f"{name} is over its length: {places}"


def _ring(state: State, decision: e.Decision, decided_later: list[CallId | None]) -> None:
    chosen = [candidate for candidate in decision.candidates if candidate.chosen]
    assert chosen, f"decision {decision.number} rings nobody"
    if decision.reason == "reserved":
        return  # kept free for this very call
    wrong = [one for one in chosen if one.state != "ready" or one.excluded]
    assert not wrong, f"decision {decision.number} rings {wrong}"
    call = state.calls.get(decision.call) if decision.call is not None else None
    if call is not None and decision.queue is not None and call.queue == decision.queue:
        rung = [state.agents[one.agent] for one in chosen if one.agent in state.agents]
        # Several deadlines can pass in one input: somebody may have come to want an agent after this decision.
        passed_over = [
            hungry[2]
            for queue in state.queues.values()
            for line in queue.hungry.values()
            if line.want.channel == "voice"  # whether they had room for anything else is not known any more
            for hungry in line.places
            if _stands(state, queue, hungry) < _stands(state, state.queues[decision.queue], place_of(call))
            if hungry[2] not in decided_later
            if not _may_lack_a_line(state, hungry)
            # Or one agent more, while the phone of another rings for them.
            if not (queue.plan.strategy == "ring_progressively" and _rings(state, hungry))
            if any(queue.plan.name in agent.queues and not barred(queue.plan, line.want, agent) for agent in rung)
        ]
        assert not passed_over, f"{call.id} was rung for before {passed_over}, who wait longer"


def _rings(state: State, place: Waiting) -> bool:
    call = state.calls.get(place[2])
    return call is not None and bool(call.rings)


def _may_lack_a_line(state: State, place: Waiting) -> bool:
    call = state.calls.get(place[2])
    return call is not None and _is_undialled(call)


def _stands(state: State, queue: Queue, place: Waiting) -> Waiting:
    """A place against those of other queues: the queue's weight is a head start."""
    return (place[0] - queue.plan.weight * state.plan.priority_worth_ms, *place[1:])
