"""Nobody there: who may join a queue without agents, and who is sent on when the last of them leaves."""

import pytest
from msgspec.structs import replace

from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import AgentLogout, AgentPause, ButtonPressed, PlanChanged, SwitchLost, SwitchStarted
from appliance.acd.plan import Absence, Destination, QueuePlan, StationPlan
from tests.acd.office import Office, small_plan, ventas

EVERYWAY: tuple[Absence, ...] = ("logged_out", "not_ready", "wrap_up", "unreachable")
VOICEMAIL = Destination("voicemail")


def away(one: Office, agent: str, how: str) -> None:
    """From ready to absent in one of the ways."""
    match how:
        case "logged_out":
            one.do(AgentLogout(AgentName(agent)))
        case "not_ready":
            one.do(AgentPause(AgentName(agent), "cafe"))
        case "wrap_up":
            caller = one.calls("699999999", "trunk", "901")
            one.lifts(agent)
            one.ends(caller)
        case "unreachable":
            one.station(agent, "unreachable")


def office(**changes: object) -> Office:
    """`ventas` of ana alone, and another queue that gives her work to have after-call work of."""
    other = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("ana"),), wrap_up_ms=60_000)
    one = Office(small_plan(ventas("ana", **changes), other))
    one.sits_down("ana")
    return one


@pytest.mark.parametrize("how", EVERYWAY)
def test_nobody_joins_a_queue_whose_agents_are_all_absent_in_a_way_that_counts(how: str) -> None:
    """Asterisk 22 queues.conf, `joinempty`: paused, unavailable, wrapup … each by itself."""
    one = office(join_empty=(how,), on_empty=VOICEMAIL)
    away(one, "ana", how)
    one.calls()
    (call,) = [call for call in one.acd.state.calls.values() if call.queue == "ventas"]
    assert call.state == "voicemail" and call.overflow_reason == "empty"
    assert one.decisions("overflow")[-1].detail == "voicemail"


@pytest.mark.parametrize("how", EVERYWAY)
def test_other_absences_than_those_named_do_not_count(how: str) -> None:
    one = office(join_empty=tuple(other for other in EVERYWAY if other != how), on_empty=VOICEMAIL)
    away(one, "ana", how)
    one.calls()
    assert [call.state for call in one.acd.state.calls.values() if call.queue == "ventas"] == ["waiting"]


@pytest.mark.parametrize("how", EVERYWAY)
def test_who_waits_is_sent_on_when_the_last_agent_leaves(how: str) -> None:
    """Asterisk 22 queues.conf, `leavewhenempty`."""
    one = Office(small_plan(ventas("ana bob", leave_empty=EVERYWAY, on_empty=VOICEMAIL, wrap_up_ms=60_000)))
    one.sits_down("ana", "bob")
    first, second = one.calls("600000001", "trunk"), one.calls("600000002", "trunk")
    one.lifts("ana")
    one.lifts("bob")
    one.calls("600000003", "trunk")
    one.ends(second)
    assert one.call_state(3) == "waiting", "ana talks: she is there"
    if how == "wrap_up":
        one.ends(first)
    else:
        away(one, "ana", how)
        one.ends(first)
    assert one.call_state(3) == "voicemail"


def test_busy_agents_are_there() -> None:
    one = office(join_empty=EVERYWAY, leave_empty=EVERYWAY)
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    one.lifts("ana")
    one.calls("600000003", "trunk")
    assert [one.call_state(number) for number in (1, 2, 3)] == ["talking", "waiting", "waiting"]


def test_who_just_holds_the_handset_is_there() -> None:
    """A second after a call, or dialling a star code: in use, not unavailable."""
    one = office(join_empty=EVERYWAY, leave_empty=EVERYWAY)
    one.calls("600000001", "trunk", "900")
    one.station("ana", "up", off_hook=True)
    one.calls("600000002", "trunk", "900")
    one.dials("ana", "*46")
    assert {call.state for call in one.acd.state.calls.values()} <= {"waiting", "ringing"}


def test_nobody_is_sent_on_while_the_switch_is_away() -> None:
    one = office(leave_empty=("logged_out",), on_empty=VOICEMAIL)
    one.station("ana", "unreachable")
    caller = one.calls()
    one.do(SwitchLost())
    one.do(AgentLogout(AgentName("ana")))
    assert one.call_state() == "waiting"
    one.switch, _ = one.switch.restart("s2", {caller})
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.call_state() == "voicemail", "now that the caller can be told"


def test_a_ring_stops_when_the_caller_is_sent_on() -> None:
    one = Office(small_plan(ventas("ana", leave_empty=("logged_out",), on_empty=VOICEMAIL)))
    one.sits_down("ana")
    one.calls()
    assert one.ringing() == ["ana"]
    one.do(AgentLogout(AgentName("ana")))
    assert one.ringing() == [] and one.call_state() == "voicemail"


def test_after_a_restart_of_the_switch_nobody_is_sent_on_before_the_stations_were_heard_of() -> None:
    one = Office(small_plan(ventas("ana bob", join_empty=EVERYWAY, leave_empty=EVERYWAY, on_empty=VOICEMAIL),
                            stations=stations_that_register()))  # fmt: skip
    one.station("ana", "up")
    one.station("bob", "up")
    one.sits_down("ana", "bob")
    caller = one.calls()
    one.switch, _ = one.switch.restart("s2", {caller})
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    one.station("bob", "unreachable")
    assert one.call_state() == "waiting", "ana's phone has not been heard of yet"
    one.calls("600000002", "trunk")
    assert one.call_state(2) == "waiting"
    one.station("ana", "unreachable")
    assert [one.call_state(1), one.call_state(2)] == ["voicemail"] * 2


def stations_that_register() -> tuple[StationPlan, ...]:
    return tuple(replace(station, always_reachable=False) for station in small_plan().stations)


def test_a_plan_that_takes_the_last_agent_away_sends_on_who_waits() -> None:
    one = Office(small_plan(ventas("ana bob", leave_empty=("logged_out",), on_empty=VOICEMAIL)))
    one.sits_down("bob")
    one.do(AgentPause(AgentName("bob"), "cafe"))
    one.calls()
    assert one.call_state() == "waiting"
    one.do(PlanChanged(small_plan(ventas("ana", leave_empty=("logged_out",), on_empty=VOICEMAIL))))
    assert one.call_state() == "voicemail"


def test_a_greeting_first_does_not_lead_into_an_empty_queue() -> None:
    one = office(greeting_first=True, join_empty=("logged_out",), on_empty=VOICEMAIL)
    caller = one.calls()
    assert one.call_state() == "greeting"
    one.do(ButtonPressed("login:desk-ana"))
    assert one.agent("ana") == "logged_out"
    one.hears_to_the_end(caller)
    assert one.call_state() == "voicemail"


def test_it_is_told_why() -> None:
    one = Office(small_plan(ventas("ana", join_empty=("logged_out",))))
    one.calls()
    assert "No quedaba ningún agente en la cola ventas: se despidió a quien llamaba." in why_call(
        one.decisions(), None, "es"
    )


def test_a_phone_that_comes_with_a_new_plan_is_absent_until_it_is_heard_of() -> None:
    """The switch that runs does not know it: nothing would ever be heard."""
    plan = small_plan(ventas("ana", join_empty=("unreachable",), on_empty=VOICEMAIL), stations=stations_that_register())
    one = Office(replace(plan, stations=plan.stations[1:]))
    one.do(PlanChanged(plan))
    one.sits_down("ana")
    one.calls()
    assert one.call_state() == "voicemail"
