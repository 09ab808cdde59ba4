"""Contacts that are no calls: given to agents with room by the same queues, orders, skills and strategies as calls."""

from typing import Any

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.agents import excluded
from appliance.acd.contacts import MOST_CONTACTS
from appliance.acd.explain import why_agent, why_call
from appliance.acd.ids import AgentName, CallId, ContactId, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AgentResume,
    Command,
    ContactAccepted,
    ContactClosed,
    ContactOffered,
    ContactRejected,
    PlanChanged,
)
from appliance.acd.plan import Hours, OpenSpan, Plan, QueuePlan, ShiftPlan
from tests.acd.office import Office, small_plan, ventas

ANA, BOB = AgentName("ana"), AgentName("bob")
VENTAS = QueueName("ventas")


class Desks(Office):
    """The office, and customers who write to it."""

    def writes(self, name: str, queue: QueueName = VENTAS, priority: int = 0) -> None:
        self.do(ContactOffered(ContactId(name), queue, "cliente", priority=priority))

    def takes(self, agent: AgentName, name: str) -> None:
        self.do(ContactAccepted(ContactId(name), agent))

    def where(self) -> dict[str, str]:
        """Contact -> `waiting`, `offered ana`, `open ana`."""
        found = self.acd.view(self.now_ms).contacts
        return {view.contact: f"{view.state} {view.agent or ''}".strip() for view in found}

    def record(self) -> e.StoreContact:
        (only,) = [stored for stored in self.stored if isinstance(stored, e.StoreContact)]
        return only


def plan(room: int = 2, *, agents: str = "ana bob", queue: QueuePlan | None = None, **changes: Any) -> Plan:
    """Everybody takes `room` messages."""
    made = small_plan(queue or ventas(agents), agents=agents)
    people = tuple(replace(one, capacity={"message": room}, **changes) for one in made.agents)
    return replace(made, agents=people)


def office(*there: str, **of_plan: Any) -> Desks:
    one = Desks(plan(**of_plan))
    one.sits_down(*there)
    return one


def test_a_message_is_offered_taken_and_closed_and_its_record_says_when() -> None:
    one = office("ana", "bob")
    one.writes("m1")
    assert one.where() == {"m1": "offered ana"}
    assert one.shown == [e.OfferContact(ContactId("m1"), ANA)]
    one.wait(4_000)
    one.takes(ANA, "m1")
    one.wait(60_000)
    assert one.acd.view(one.now_ms).agents[0].conversations == 1
    one.do(ContactClosed(ContactId("m1")))
    record = one.record()
    assert (record.agent, record.wait_ms, record.handle_ms, record.end_reason) == ("ana", 4_000, 60_000, "answered")
    assert record.closed_at - record.offered_at == 64_000 and record.accepted_at - record.offered_at == 4_000
    assert one.where() == {}


def test_nobody_has_more_than_there_is_room_for_and_the_first_who_wrote_is_next() -> None:
    one = office("ana", "bob", room=1)
    for name in ("m1", "m2", "m3", "m4"):
        one.writes(name)
        one.wait(1_000)
    assert one.where() == {"m1": "offered ana", "m2": "offered bob", "m3": "waiting", "m4": "waiting"}
    third, fourth = one.decisions("none_ready")
    assert [seen.excluded for seen in third.candidates] == ["full", "full"]
    assert [(decision.call, decision.detail) for decision in (third, fourth)] == [
        ("contact/m3", "0"),
        ("contact/m4", "1"),
    ], "so many are ahead"
    one.takes(BOB, "m2")
    one.do(ContactClosed(ContactId("m2")))
    assert one.where()["m3"] == "offered bob"


def test_who_takes_no_messages_is_offered_none() -> None:
    one = Desks(small_plan(ventas("ana")))
    one.sits_down("ana")
    one.writes("m1")
    assert one.where() == {"m1": "waiting"}
    (seen,) = one.decisions("none_ready")[0].candidates
    assert seen.excluded == "channel"
    assert one.decisions("none_ready")[0].call == "contact/m1"


def test_a_caller_and_a_message_stand_in_one_order() -> None:
    one = office(agents="ana", calls_while_in_conversation=False)
    one.calls("600000001", "trunk")
    one.wait(1_000)
    one.writes("m1")
    one.wait(1_000)
    one.sits_down("ana")
    assert (one.ringing(), one.where()) == (["ana"], {"m1": "waiting"}), "the caller came first"
    one = office(agents="ana", calls_while_in_conversation=False)
    one.writes("m1")
    one.wait(1_000)
    one.calls("600000001", "trunk")
    one.sits_down("ana")
    assert (one.ringing(), one.where()) == ([], {"m1": "offered ana"}), "the message did"
    one.calls("600000002", "gsm1")
    assert excluded(one.acd.state, one.acd.state.agents[ANA]) == "in_conversation"
    one.do(ContactClosed(ContactId("m1")))
    assert one.ringing() == ["ana"]


def test_a_conversation_leaves_room_for_a_call_and_a_call_for_messages_as_the_plan_says() -> None:
    one = office("ana", agents="ana")
    one.writes("m1")
    one.takes(ANA, "m1")
    one.calls()
    assert one.ringing() == ["ana"]
    one.writes("m2")
    assert one.where()["m2"] == "waiting", "not while it rings"
    one.lifts("ana")
    assert one.where()["m2"] == "waiting", "nor while she talks"
    one.hangs_up("ana")
    one.wait(10_000)
    assert one.where()["m2"] == "offered ana"
    one = office("ana", agents="ana", messages_while_on_call=True)
    one.calls()
    one.writes("m1")
    one.lifts("ana")
    assert one.where() == {"m1": "offered ana"}
    one.takes(ANA, "m1")
    one.writes("m2")
    assert one.where()["m2"] == "offered ana"
    offer = one.decisions("offer")[-1].candidates[0]
    assert (offer.state, offer.chosen) == ("talking", True)


def test_a_call_that_rings_takes_back_no_message_that_is_offered() -> None:
    one = office("ana", agents="ana")
    one.writes("m1")
    one.calls()
    assert (one.ringing(), one.where()) == (["ana"], {"m1": "offered ana"})
    assert one.shown == [e.OfferContact(ContactId("m1"), ANA)]


def test_who_has_a_caller_on_hold_is_offered_messages_where_the_plan_says_so() -> None:
    one = office("ana", agents="ana", messages_while_on_call=True)
    one.calls()
    one.lifts("ana")
    one.holds("ana")
    one.writes("m1")
    assert one.agent("ana") == "held" and one.where() == {"m1": "offered ana"}


@pytest.mark.parametrize("how", ["rejected", "missed"])
def test_what_one_does_not_take_another_is_offered_in_its_place(how: str) -> None:
    one = office("ana", "bob", room=1)
    one.writes("m1")
    if how == "rejected":
        one.do(ContactRejected(ContactId("m1"), ANA))
    else:
        one.wait(20_000)
        assert e.WithdrawContact(ContactId("m1"), ANA, "missed") in one.shown
    assert one.where() == {"m1": "offered bob"}
    (first, _) = one.decisions("offer")[-1].candidates
    assert (first.agent, first.excluded) == ("ana", "retry")


def test_who_did_not_take_one_is_asked_again_after_the_retry_time() -> None:
    one = office("ana", agents="ana")
    one.writes("m1")
    one.do(ContactRejected(ContactId("m1"), ANA))
    one.wait(1_999)
    assert one.where() == {"m1": "waiting"}
    one.calls()
    assert one.ringing() == ["ana"], "a call is another matter"
    one.ends(next(leg.leg for leg in one.switch.up() if leg.line == "gsm1"))
    one.wait(1)
    assert one.where() == {"m1": "offered ana"}


def test_a_pause_takes_back_what_was_not_accepted_and_going_home_everything() -> None:
    one = office("ana", "bob", room=2)
    one.writes("m1")
    one.takes(ANA, "m1")
    one.wait(1_000)
    one.do(AgentPause(BOB, "cafe"))
    one.writes("m2")
    assert one.where() == {"m1": "open ana", "m2": "offered ana"}
    one.do(AgentPause(ANA, "cafe"))
    assert one.where() == {"m1": "open ana", "m2": "waiting"}
    one.do(AgentResume(BOB))
    assert one.where()["m2"] == "offered bob"
    one.do(AgentLogout(ANA))
    assert one.where() == {"m1": "offered bob", "m2": "offered bob"}
    assert one.shown[-2:] == [
        e.WithdrawContact(ContactId("m1"), ANA, "agent_left"),
        e.OfferContact(ContactId("m1"), BOB),
    ]
    one.do(ContactClosed(ContactId("m1")))
    assert one.record().end_reason == "answered", "ana had it"


def test_skills_tiers_priority_and_strategies_count_as_for_calls() -> None:
    queue = ventas("ana bob", strategy="ring_all", needs={"ingles": 2}, needs_relax_ms=10_000, tiers={BOB: 2})
    made = plan(queue=queue)
    ana, bob = made.agents
    one = Desks(replace(made, agents=(ana, replace(bob, skills={"ingles": 2}))))
    one.sits_down("ana", "bob")
    one.writes("m1")
    assert one.where() == {"m1": "offered bob"}
    one.do(ContactRejected(ContactId("m1"), BOB))
    one.do(AgentLogout(BOB))
    one.wait(19_000)
    assert one.where() == {"m1": "waiting"}
    one.wait(1_000)
    assert one.where() == {"m1": "offered ana"}, "after twice the time no level is needed any more"
    one.writes("m2")
    one.wait(1)
    one.writes("m3", priority=1)
    one.do(AgentLogout(ANA))
    one.wait(60_000)
    one.sits_down("ana")
    offered = [one_.contact for one_ in one.shown if isinstance(one_, e.OfferContact)][-2:]
    assert offered == ["m3", "m1"], "a minute's head start"


def test_ring_all_offers_to_one_the_longest_idle() -> None:
    one = office(queue=ventas("ana bob", strategy="ring_all"))
    one.sits_down("bob")
    one.wait(1_000)
    one.sits_down("ana")
    one.writes("m1")
    assert one.where() == {"m1": "offered bob"}
    (decision,) = one.decisions("offer")
    assert (decision.reason, decision.strategy, decision.detail) == ("longest_idle", "ring_all", "bob")


def test_who_is_off_shift_is_offered_none() -> None:
    made = plan(agents="ana")
    hours = Hours("UTC", (OpenSpan((6,), 0, 11 * 60 + 1),))
    shifts = {"manana": ShiftPlan("manana", hours, grace_ms=600_000)}
    one = Desks(replace(made, agents=(replace(made.agents[0], shifts=("manana",)),), shifts=shifts))
    one.sits_down("ana")
    one.wait(60_000)
    one.writes("m1")
    (seen,) = one.decisions("none_ready")[0].candidates
    assert seen.excluded == "off_shift"


def test_a_customer_who_does_not_wait_any_more() -> None:
    one = office("ana", agents="ana", room=1)
    one.writes("m1")
    one.writes("m2")
    one.do(ContactClosed(ContactId("m2")))
    one.do(ContactClosed(ContactId("m1")))
    assert one.shown[-1] == e.WithdrawContact(ContactId("m1"), ANA, "closed")
    ends = [stored.end_reason for stored in one.stored if isinstance(stored, e.StoreContact)]
    assert ends == ["abandoned", "abandoned"] and one.where() == {}


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (ContactOffered(ContactId("m9"), QueueName("nada")), "unknown_queue", "no está en la configuración"),
        (ContactOffered(ContactId("m1"), VENTAS), "contact_known", "ya está en una cola"),
        (ContactOffered(ContactId("x" * 201), VENTAS), "too_long", "demasiado largo"),
        (ContactAccepted(ContactId("m1"), BOB), "not_offered", "ya no se ofrece"),
        (ContactRejected(ContactId("m9"), BOB), "unknown_contact", "en ninguna cola"),
        (ContactAccepted(ContactId("m9"), ANA), "unknown_contact", "en ninguna cola"),
        (ContactClosed(ContactId("m9")), "unknown_contact", "en ninguna cola"),
    ],
)
def test_what_comes_late_twice_or_astray_is_named_and_changes_nothing(command: Command, code: str, says: str) -> None:
    one = office("ana", "bob")
    one.writes("m1")
    assert says in (one.acd.refusal(command) or "")
    before = one.where()
    one.do(command)
    assert (one.reasons("late"), one.where()) == ([code], before)


def test_there_is_a_limit_and_the_next_one_is_refused() -> None:
    one = office()
    for n in range(MOST_CONTACTS):
        one.writes(f"m{n}")
    assert "no cabe" in (one.acd.refusal(ContactOffered(ContactId("mas"), VENTAS)) or "")
    one.writes("mas")
    assert len(one.where()) == MOST_CONTACTS


def test_a_queue_that_leaves_the_plan_gives_its_contacts_back_and_one_in_conversation_goes_on() -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (ANA,))
    made = plan(agents="ana", room=1)
    both = replace(made, queues=(*made.queues, soporte))
    one = Desks(both)
    one.sits_down("ana")
    one.writes("m1", soporte.name)
    one.takes(ANA, "m1")
    one.writes("m2", soporte.name)
    one.do(PlanChanged(made))
    assert one.where() == {"m1": "open ana"}
    assert one.shown[-1] == e.WithdrawContact(ContactId("m2"), None, "queue_removed")
    one.do(AgentLogout(ANA))
    assert one.where() == {}
    ends = [(stored.contact, stored.end_reason) for stored in one.stored if isinstance(stored, e.StoreContact)]
    assert ends == [("m2", "queue_removed"), ("m1", "queue_removed")]


def test_room_and_order_follow_the_plan() -> None:
    one = office("ana", agents="ana", room=1)
    one.writes("m1")
    one.writes("m2")
    one.do(PlanChanged(plan(agents="ana", room=2)))
    assert one.where() == {"m1": "offered ana", "m2": "offered ana"}


def test_why_is_told_as_for_calls() -> None:
    one = office("ana", agents="ana bob", room=1)
    one.writes("m1")
    one.writes("m2")
    first, second = ([d for d in one.decisions() if d.call == CallId(f"contact/{name}")] for name in ("m1", "m2"))
    assert why_call(first, None, "es") == (
        "A los 0 s de espera se ofreció a ana: no había nadie más libre. No podían: bob (fuera de turno)."
    )
    assert "ana (has as many conversations as may be)" in why_call(second, None, "en")
    assert "ana was not rung for contact/m2" in why_agent(second, ANA, "en")


def test_a_replay_offers_the_same_again() -> None:
    one = office("ana", "bob", room=1)
    snapshot, since = one.acd.snapshot(), len(one.inputs)
    for name in ("m1", "m2", "m3"):
        one.writes(name)
        one.wait(9_000)
    again = Acd.from_snapshot(snapshot)
    shown: list[e.DeskEffect] = []
    for input, at_ms in one.inputs[since:]:
        shown += again.handle(input, at_ms).desk
    assert again.snapshot() == one.acd.snapshot() and shown == one.shown


def test_all_that_find_room_at_once_are_offered_in_any_order() -> None:
    """Found by the simulated world: the second in the line was looked at first, and then no more."""
    one = office("ana", "bob", room=3)
    one.do(AgentPause(BOB, "cafe"))
    one.writes("m1")
    one.wait(1)
    one.writes("m2", priority=1)
    one.do(AgentResume(BOB))
    one.do(AgentLogout(ANA))
    assert one.where() == {"m1": "offered bob", "m2": "offered bob"}


def test_who_leaves_the_plan_with_an_offer_gives_it_back() -> None:
    """Found by the simulated world: the agent was forgotten before the contact was taken back."""
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (ANA,))
    made = plan()
    one = Desks(replace(made, queues=(*made.queues, soporte)))
    one.sits_down("ana")
    one.writes("m1", soporte.name)
    one.do(PlanChanged(replace(made, agents=made.agents[1:])))
    assert one.where() == {}
    assert one.record().end_reason == "queue_removed"


def test_who_did_not_take_one_and_left_is_not_asked_again() -> None:
    """Found by the simulated world: the end of the retry time looked for an agent who was forgotten."""
    one = office("ana", agents="ana bob")
    one.writes("m1")
    one.do(ContactRejected(ContactId("m1"), ANA))
    made = plan()
    one.do(PlanChanged(replace(made, agents=made.agents[1:])))
    one.wait(5_000)
    assert one.where() == {"m1": "waiting"} and ANA not in one.acd.state.agents
