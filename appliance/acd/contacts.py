"""Contacts that are no calls: they stand in the queues beside the callers, and are given to agents who have room.

One agent at a time is asked. Who does not take it is left alone with contacts for the queue's retry time; the contact
stands where it stood. What agents had goes back to the queue when they log out; a pause only takes back what was not
accepted yet.
"""

from typing import Literal

from appliance.acd import queues
from appliance.acd.desk import Contact
from appliance.acd.effects import OfferContact, StoreContact, WithdrawContact
from appliance.acd.ids import AgentName, CallId, ContactId
from appliance.acd.inputs import ContactAccepted, ContactClosed, ContactInput, ContactOffered, ContactRejected
from appliance.acd.state import Agent, Queue, State
from appliance.acd.turn import Turn

MOST_CONTACTS = 1_000
"""Waiting, offered and open together."""
LONGEST_NAME = 200
SHORTEST_RETRY_MS = 100


def why_not(state: State, what: ContactInput) -> str:
    """Why this cannot be: the code of a refusal, "" when it can."""
    contact = state.contacts.get(_key(what.contact))
    if isinstance(what, ContactOffered):
        queue = state.queues.get(what.queue)
        if queue is None or queue.removed:
            return "unknown_queue"
        if contact is not None:
            return "contact_known"
        if max(len(what.contact), len(what.customer)) > LONGEST_NAME:
            return "too_long"
        return "too_many_contacts" if len(state.contacts) >= MOST_CONTACTS else ""
    if contact is None:
        return "unknown_contact"
    if isinstance(what, ContactClosed):
        return ""
    return "" if contact.state == "offered" and contact.agent == what.agent else "not_offered"


def offered(turn: Turn, what: ContactOffered) -> None:
    """A customer wrote: the contact waits, from now on and in this queue."""
    if _is_late(turn, what):
        return
    state = turn.state
    number = state.next_contact
    state.next_contact = number + 1
    contact = Contact(_key(what.contact), number, what.contact, what.channel, what.queue, what.customer, turn.now_ms)
    contact.head_start_ms = what.priority * state.plan.priority_worth_ms
    state.contacts[contact.id] = contact
    queues.want(turn, contact, turn.its_queue(contact))


def offer(turn: Turn, contact: Contact, queue: Queue, agent: Agent) -> None:
    """Ask this agent, who has room: that was looked at before."""
    queues.satisfy(contact, queue)
    turn.deadlines.cancel("want", contact.id)
    contact.state, contact.agent, contact.last_picture = "offered", agent.plan.name, ""
    agent.contacts.append(contact.id)
    turn.desk.append(OfferContact(contact.contact, agent.plan.name))
    turn.deadlines.set("contact_offer", contact.id, turn.now_ms + queue.plan.ring_timeout_ms)


def accepted(turn: Turn, what: ContactAccepted) -> None:
    if not _is_late(turn, what):
        contact = turn.state.contacts[_key(what.contact)]
        contact.state = "open"
        if contact.accepted_ms < 0:
            contact.accepted_ms = turn.now_ms
        turn.deadlines.cancel("contact_offer", contact.id)


def rejected(turn: Turn, what: ContactRejected) -> None:
    if not _is_late(turn, what):
        _not_taken(turn, turn.state.contacts[_key(what.contact)])


def offer_over(turn: Turn, contact: Contact) -> None:
    """It was offered as long as the queue lets a telephone ring."""
    turn.desk.append(WithdrawContact(contact.contact, contact.agent, "missed"))
    _not_taken(turn, contact)


def may_be_asked_again(turn: Turn, agent: Agent) -> None:
    """The time is over in which the agent was left alone."""
    agent.contact_retry = False
    turn.freed_agents.append(agent.plan.name)


def closed(turn: Turn, what: ContactClosed) -> None:
    """Over, whatever it was doing; the agent has room again."""
    if _is_late(turn, what):
        return
    contact = turn.state.contacts[_key(what.contact)]
    if contact.state == "offered":
        turn.desk.append(WithdrawContact(contact.contact, contact.agent, "closed"))
    _end(turn, contact, "answered" if contact.accepted_ms >= 0 else "abandoned")


def take_back(turn: Turn) -> None:
    """Agents with contacts were paused or logged out: what they did not accept, and of the latter all, waits again."""
    while turn.left_desks:
        agent = turn.left_desks.pop(0)
        for name in list(agent.contacts):
            contact = turn.state.contacts[name]
            if contact.state == "offered" or agent.state == "logged_out":
                turn.desk.append(WithdrawContact(contact.contact, contact.agent, "agent_left"))
                agent.contacts.remove(name)
                _wait_again(turn, contact)


def plan_changed(turn: Turn) -> None:
    """Who waits wants what the plan says now; whose queue is gone is told so, unless somebody has the conversation."""
    take_back(turn)  # what agents had who left with the plan
    for contact in list(turn.state.contacts.values()):
        if contact.state == "open":
            continue
        queue = turn.state.queues.get(contact.queue)
        if queue is None or queue.removed:
            _drop(turn, contact)
        elif contact.state == "waiting":
            queues.want(turn, contact, queue)


def _not_taken(turn: Turn, contact: Contact) -> None:
    agent = _leave_agent(turn, contact)
    agent.contact_retry = True
    retry_ms = max(turn.its_queue(contact).plan.retry_ms, SHORTEST_RETRY_MS)
    turn.deadlines.set("contact_retry", agent.plan.name, turn.now_ms + retry_ms)
    _wait_again(turn, contact)


def _wait_again(turn: Turn, contact: Contact) -> None:
    """Where it stood, by when it first came."""
    turn.deadlines.cancel("contact_offer", contact.id)
    contact.state, contact.agent = "waiting", None
    queue = turn.state.queues.get(contact.queue)
    if queue is None or queue.removed:
        _drop(turn, contact)
    else:
        queues.want(turn, contact, queue)


def _drop(turn: Turn, contact: Contact) -> None:
    """No queue is left that it could wait in."""
    turn.desk.append(WithdrawContact(contact.contact, contact.agent, "queue_removed"))
    _end(turn, contact, "queue_removed")


def _end(turn: Turn, contact: Contact, reason: Literal["answered", "abandoned", "queue_removed"]) -> None:
    queue = turn.state.queues.get(contact.queue)
    if queue is not None:
        queues.satisfy(contact, queue)
    agent = contact.agent
    if agent is not None:
        _leave_agent(turn, contact)
    turn.deadlines.cancel("want", contact.id)
    turn.deadlines.cancel("contact_offer", contact.id)
    del turn.state.contacts[contact.id]
    taken = contact.accepted_ms >= 0
    turn.store.append(
        StoreContact(
            contact.contact,
            contact.channel,
            contact.queue,
            contact.customer,
            agent,
            contact.queued_ms + turn.state.utc_offset_ms,
            contact.accepted_ms + turn.state.utc_offset_ms if taken else 0,
            turn.now_utc_ms,
            (contact.accepted_ms if taken else turn.now_ms) - contact.queued_ms,
            turn.now_ms - contact.accepted_ms if taken else 0,
            reason,
        )
    )


def _leave_agent(turn: Turn, contact: Contact) -> Agent:
    """The agent it was offered to, or who had it, has room again."""
    assert contact.agent is not None, "it is somebody's"
    agent = turn.state.agents[contact.agent]
    agent.contacts.remove(contact.id)
    turn.freed_agents.append(agent.plan.name)
    return agent


def _is_late(turn: Turn, what: ContactInput) -> bool:
    reason = why_not(turn.state, what)
    if reason:
        turn.late(reason, what.contact)
    return bool(reason)


def _key(contact: ContactId) -> CallId:
    """Its name among the calls; a box's name has no `/`."""
    return CallId(f"contact/{contact}")


def open_with(state: State, name: AgentName) -> int:
    """How many conversations an agent has."""
    return sum(contact.state == "open" and contact.agent == name for contact in state.contacts.values())
