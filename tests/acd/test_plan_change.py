"""The configuration changes while calls are up: nobody loses a place, and what left the plan leaves when it can."""

from msgspec.structs import replace

from appliance.acd.ids import AgentName, CallId, LineName, QueueName, StationName
from appliance.acd.inputs import AgentPause, AgentResume, DigitPressed, LineChanged, PlanChanged
from appliance.acd.plan import AgentPlan, CallbackPlan, Destination, Plan, QueuePlan, StationPlan
from appliance.acd.snapshot import decode, encode
from tests.acd.office import Office, small_plan, ventas


def soporte(agents: str = "ana") -> QueuePlan:
    return QueuePlan(QueueName("soporte"), "Soporte", tuple(AgentName(name) for name in agents.split()))


def test_callers_keep_their_place_and_new_limits_hold_for_those_who_come() -> None:
    one = Office()
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    one.wait(5_000)
    one.do(PlanChanged(small_plan(ventas(max_length=1))))
    one.calls("600000003", "trunk")
    assert [view.position for view in one.acd.view(one.now_ms).calls] == [1, 2]
    assert one.cdr().end_reason == "busy"


def test_an_agent_added_to_a_queue_is_rung_for_who_waits_there() -> None:
    one = Office(small_plan(ventas("bob")))
    one.sits_down("ana")
    one.calls()
    assert one.ringing() == []
    one.do(PlanChanged(small_plan(ventas("ana bob"))))
    assert one.ringing() == ["ana"]


def test_a_new_agent_with_auto_login_sits_down() -> None:
    plan = small_plan()
    one = Office(plan)
    desk = StationPlan(StationName("desk-noe"), "290")
    noe = AgentPlan(AgentName("noe"), "Noe", "900", station=desk.name, auto_login=True)
    one.do(PlanChanged(replace(plan, agents=(*plan.agents, noe), stations=(*plan.stations, desk))))
    assert one.agent("noe") == "ready"


def test_an_agent_who_left_the_plan_finishes_the_call_and_is_forgotten() -> None:
    plan = small_plan()
    one = Office(plan)
    one.sits_down("ana", "bob")
    caller = one.calls()
    one.lifts("ana")
    one.do(PlanChanged(replace(plan, queues=(ventas("eva"),), agents=plan.agents[2:])))
    assert AgentName("bob") not in one.acd.state.agents, "bob had no call"
    assert one.acd.refusal(AgentPause(AgentName("ana"), "cafe")) is not None
    one.wait(3_000)
    one.ends(caller)
    assert one.cdr().agent == "ana"
    one.wait(10_000)
    assert list(one.acd.state.agents) == ["eva"]


def test_a_queue_that_left_the_plan_hands_its_callers_to_where_the_line_leads_now() -> None:
    one = Office(small_plan(ventas(), soporte()))
    one.sits_down("ana")
    talking = one.calls("600000001", "trunk", "900")
    one.lifts("ana")
    one.calls("600000002", "trunk", "900")
    one.do(PlanChanged(small_plan(soporte("eva"))))
    assert {view.caller: view.queue for view in one.acd.view(one.now_ms).calls} == {
        "600000001": "ventas",
        "600000002": "soporte",
    }
    assert [view.queue for view in one.acd.view(one.now_ms).queues] == ["soporte"]
    one.ends(talking)
    assert one.cdr().queue == "ventas"


def test_an_agent_whose_station_left_the_plan_is_logged_out() -> None:
    plan = small_plan()
    one = Office(plan)
    one.sits_down("ana")
    one.do(PlanChanged(replace(plan, stations=plan.stations[1:])))
    assert one.agent("ana") == "logged_out"


def test_a_state_with_leftovers_of_an_older_plan_survives_a_snapshot() -> None:
    one = Office(small_plan(ventas(), soporte()))
    one.sits_down("ana")
    one.calls("600000001", "trunk", "900")
    one.lifts("ana")
    one.do(PlanChanged(small_plan(soporte("eva"))))
    assert decode(encode(one.acd.state)) == one.acd.state


def test_who_hears_the_greeting_of_a_queue_that_goes_is_not_put_into_it() -> None:
    """Found by the simulated world: nobody would ever have been rung for a caller in a queue that is gone."""
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("bob"),), greeting_first=True)
    one = Office(small_plan(ventas("ana"), soporte))
    one.sits_down("ana", "bob")
    caller = one.calls("600000001", "trunk", "901")
    assert one.call_state() == "greeting"
    one.do(PlanChanged(small_plan(ventas("ana"))))
    one.hears_to_the_end(caller)
    assert one.ringing() == ["ana"] and one.acd.state.calls[CallId("oficina-1")].queue == "ventas"


def test_a_station_that_comes_back_still_has_the_agent_who_sits_there() -> None:
    """It left the plan during a call and came back; who paused in between is at it, and is rung again. Found by the
    simulated world."""
    one = Office(small_plan(ventas("ana", wrap_up_ms=0)))
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    plan = small_plan(ventas("ana", wrap_up_ms=0))
    one.do(PlanChanged(replace(plan, stations=plan.stations[1:])))
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.ends(caller)
    one.do(PlanChanged(replace(plan, stations=tuple(replace(one, always_reachable=False) for one in plan.stations))))
    one.do(AgentResume(AgentName("ana")))
    one.calls("600000002", "trunk")
    assert one.ringing() == [], "its phone has not been heard of"
    one.station("ana", "up")
    assert one.ringing() == ["ana"]
    assert one.acd.state.stations[StationName("desk-ana")].agent == "ana"


def test_messages_that_left_the_plan_are_not_said() -> None:
    one = Office(small_plan(ventas(messages=("web",), message_every_ms=20_000)))
    caller = one.calls()
    one.hears_to_the_end(caller)
    one.do(PlanChanged(small_plan(ventas())))
    one.wait(25_000)
    assert one.switch.legs[caller].heard == ["es/greeting"]


def test_an_agent_a_queue_names_and_nobody_is_is_passed_over() -> None:
    one = Office(small_plan(ventas("nadie ana")))
    one.sits_down("ana")
    one.calls()
    assert one.ringing() == ["ana"]
    assert [seen.agent for seen in one.decisions("ring")[0].candidates] == ["ana"]


def test_an_office_without_queues_speaks_spanish() -> None:
    one = Office(replace(small_plan(ventas()), queues=(), lines=()))
    leg = one.dials("ana", "*45")
    assert one.switch.legs[leg].heard == ["es/logged_in"]


def test_an_agent_who_hangs_up_before_a_caller_of_a_queue_that_went_is_through_ends_the_call() -> None:
    one = Office(through=False)
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    one.do(PlanChanged(small_plan(soporte())))
    one.hangs_up("ana")
    assert (one.cdr().end_reason, one.cdr().hung_up_by, one.agent("ana")) == ("failed", "agent", "ready")


def test_who_is_called_back_first_may_change_while_an_agent_is_rung_for_it() -> None:
    """The phone that rings goes on: the customer is not dialled beside it."""

    def plan(first: str) -> Plan:
        queue = ventas(
            "ana bob",
            strategy="ring_progressively",
            exit_keys={"1": Destination("callback")},
            callback=CallbackPlan(first),  # type: ignore[arg-type]
        )
        return small_plan(queue, agents="ana bob")

    one = Office(plan("agent"))
    one.do(LineChanged(LineName("trunk"), "up"))
    leg = one.calls()
    one.do(DigitPressed(leg, "1"))
    one.ends(leg)
    one.sits_down("ana")
    one.wait(16_000)
    assert one.ringing() == ["ana"]
    one.do(PlanChanged(plan("customer")))
    one.sits_down("bob")
    one.wait(6_000)
    assert one.ringing() == ["ana", "bob"]
