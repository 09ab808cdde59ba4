"""app_queue's old words for joinempty and leavewhenempty (yes, no, strict, loose), and each factor by itself: what they
are among our absences, and whom they let in or send on.

A phone that is not registered is `unavailable` to app_queue (app_queue.c, get_member_status), as an agent is who has
not logged in. `invalid` is a device that its channel driver does not know: our configuration check refuses such a one.
Ours tells agents who are not logged in from phones that cannot be reached.
"""

import pytest

from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import AgentLogout, AgentPause
from appliance.acd.plan import Absence, Destination, QueuePlan
from tests.acd.office import Office, small_plan, ventas
from tests.acd.peers import APP_QUEUE, Rule, same

AGENT_IS = ("ready", "ringing", "on a call", "in wrap-up", "paused", "phone unreachable", "logged out")


def let_in(*agent_is: str) -> list[str]:
    return [one for one in AGENT_IS if one in agent_is]


JOIN: list[tuple[Rule, tuple[Absence, ...]]] = [
    (same(APP_QUEUE, "joinempty=yes", "everybody may join", list(AGENT_IS)), ()),
    (
        same(
            APP_QUEUE,
            "joinempty=no",
            "not when all are penalised, paused or invalid",
            let_in("ready", "ringing", "on a call", "in wrap-up", "phone unreachable", "logged out"),
        ),
        ("not_ready",),
    ),
    (
        same(
            APP_QUEUE,
            "joinempty=strict",
            "nor when they are unavailable",
            let_in("ready", "ringing", "on a call", "in wrap-up"),
        ),
        ("not_ready", "unreachable", "logged_out"),
    ),
    (
        same(
            APP_QUEUE,
            "joinempty=loose",
            "not when all are penalised or invalid: paused and unavailable count as there",
            list(AGENT_IS),
        ),
        (),
    ),
    (
        same(
            APP_QUEUE,
            "joinempty=wrapup",
            "not when all are in their wrapuptime",
            [s for s in AGENT_IS if s != "in wrap-up"],
        ),
        ("wrap_up",),
    ),
    (
        Rule(
            APP_QUEUE,
            "joinempty=inuse,ringing",
            "not when all are on a call, or their phones ring",
            peer=let_in("ready", "in wrap-up", "paused", "phone unreachable", "logged out"),
            ours=list(AGENT_IS),
            differs="who talks is there and will be free: too many callers for that are a matter of max_length",
        ),
        (),
    ),
]


def office(agent_is: str, **changes: object) -> Office:
    """The one agent of ventas is so; another queue gives her something to be busy with."""
    other = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("ana"),), wrap_up_ms=600_000)
    one = Office(small_plan(ventas("ana", on_empty=Destination("voicemail"), **changes), other))
    one.sits_down("ana")
    becomes(one, agent_is)
    return one


def becomes(one: Office, agent_is: str) -> None:
    if agent_is in ("ringing", "on a call", "in wrap-up"):
        caller = one.calls("699999999", "trunk", "901")
        if agent_is != "ringing":
            one.lifts("ana")
        if agent_is == "in wrap-up":
            one.ends(caller)
    elif agent_is == "paused":
        one.do(AgentPause(AgentName("ana"), "cafe"))
    elif agent_is == "phone unreachable":
        one.station("ana", "unreachable")
    elif agent_is == "logged out":
        one.do(AgentLogout(AgentName("ana")))


def waits(one: Office) -> bool:
    """The caller of ventas waits for her, or her phone rings for the caller."""
    (call,) = [call for call in one.acd.state.calls.values() if call.queues[0] == "ventas"]
    return call.state in ("waiting", "ringing")


@pytest.mark.parametrize(("rule", "join_empty"), JOIN, ids=str)
def test_who_may_join(rule: Rule, join_empty: tuple[Absence, ...]) -> None:
    admitted = []
    for agent_is in AGENT_IS:
        one = office(agent_is, join_empty=join_empty)
        one.calls("600000001", "trunk", "900")
        if waits(one):
            admitted.append(agent_is)
    rule.holds(admitted)


LEAVE: list[tuple[Rule, tuple[Absence, ...]]] = [
    (same(APP_QUEUE, "leavewhenempty=no", "nobody is sent on", list(AGENT_IS)), ()),
    (
        same(
            APP_QUEUE,
            "leavewhenempty=yes",
            "when all are penalised, paused or invalid",
            let_in("ready", "ringing", "on a call", "in wrap-up", "phone unreachable", "logged out"),
        ),
        ("not_ready",),
    ),
    (
        same(
            APP_QUEUE,
            "leavewhenempty=strict",
            "also when they are unavailable",
            let_in("ready", "ringing", "on a call", "in wrap-up"),
        ),
        ("not_ready", "unreachable", "logged_out"),
    ),
    (same(APP_QUEUE, "leavewhenempty=loose", "when all are penalised or invalid", list(AGENT_IS)), ()),
]


@pytest.mark.parametrize(("rule", "leave_empty"), LEAVE, ids=str)
def test_who_waits_on(rule: Rule, leave_empty: tuple[Absence, ...]) -> None:
    """The caller waits while she holds the handset for a moment; then she becomes what she becomes."""
    stay = []
    for agent_is in AGENT_IS:
        one = office("ready", leave_empty=leave_empty)
        if agent_is in ("ringing", "on a call", "in wrap-up"):
            becomes(one, "ringing")  # for the other queue
            one.calls("600000001", "trunk", "900")
            if agent_is != "ringing":
                one.lifts("ana")
            if agent_is == "in wrap-up":
                one.hangs_up("ana")
        else:
            one.station("ana", "up", off_hook=True)
            one.calls("600000001", "trunk", "900")
            one.station("ana", "up") if agent_is == "ready" else becomes(one, agent_is)
        if waits(one):
            stay.append(agent_is)
    rule.holds(stay)


def test_who_waits_is_sent_on_at_once_and_not_at_the_next_look() -> None:
    """app_queue examines the members "periodically during the caller's stay"; ours when one of them leaves."""
    one = office("ready", leave_empty=("logged_out",))
    one.station("ana", "up", off_hook=True)
    one.calls("600000001", "trunk", "900")
    at_ms = one.now_ms
    one.do(AgentLogout(AgentName("ana")))
    assert not waits(one) and one.now_ms == at_ms


def test_one_agent_who_is_there_is_enough() -> None:
    """app_queue: "if ALL members are deemed to be unavailable"; each of them may be so for another reason."""
    absences: tuple[Absence, ...] = ("logged_out", "not_ready", "unreachable")
    one = Office(small_plan(ventas(join_empty=absences)))
    one.sits_down("ana", "bob")
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.calls("600000001", "trunk", "900")
    one.lifts("bob")
    one.calls("600000002", "trunk", "900")
    assert one.call_state(2) == "waiting", "bob talks"
    one.station("bob", "unreachable")
    one.hangs_up("bob")
    one.wait(20_000)
    one.calls("600000003", "trunk", "900")
    assert one.reasons("overflow") == ["empty"], "paused, unreachable, logged out"
