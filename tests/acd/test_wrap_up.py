"""After-call work: shared over queues, as long as the queue or the agent says, extended, and ended by a disposition."""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.ids import AgentName, CallId, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AgentResume,
    EndWrapUp,
    ExtendWrapUp,
    PlanChanged,
    SetDisposition,
)
from appliance.acd.plan import Plan, QueuePlan
from tests.acd.office import Office, small_plan, ventas

ANA = AgentName("ana")
FIRST = CallId("oficina-1")


def in_wrap_up(plan: Plan) -> Office:
    one = Office(plan)
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    one.wait(5_000)
    one.hangs_up("ana")
    return one


def wrap_ups(one: Office) -> list[int]:
    return [stored.wrap_up_ms for stored in one.stored if isinstance(stored, e.StoreWrapUp)]


def code(one: Office, digits: str) -> str:
    leg = one.dials("ana", digits)
    one.hears_to_the_end(leg)
    return one.switch.legs[leg].heard[-1].removeprefix("es/")


def test_who_works_on_a_call_of_one_queue_is_rung_for_no_other() -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (ANA,))
    one = in_wrap_up(small_plan(ventas("ana"), soporte))
    one.calls("600000002", "trunk", "901")
    assert one.ringing() == []
    (seen,) = one.decisions("none_ready")[-1].candidates
    assert (seen.agent, seen.excluded) == ("ana", "wrap_up")
    one.wait(10_000)
    assert one.ringing() == ["ana"]


@pytest.mark.parametrize(("own_ms", "lasts_ms"), [(-1, 10_000), (0, 0), (25_000, 25_000), (700_000, 700_000)])
def test_an_agents_own_time_goes_before_the_queues(own_ms: int, lasts_ms: int) -> None:
    plan = small_plan(ventas("ana", wrap_up_ms=10_000))
    one = in_wrap_up(replace(plan, agents=(replace(plan.agents[0], wrap_up_ms=own_ms), *plan.agents[1:])))
    one.wait(lasts_ms + 1)
    assert one.agent("ana") == "ready"
    assert wrap_ups(one) == [lasts_ms]


def test_it_is_extended_step_by_step_so_often_and_no_longer_than_the_longest() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_extend_ms=20_000, wrap_up_longest_ms=45_000)))
    one.wait(4_000)
    assert one.acd.view(one.now_ms).agents[0].can_extend
    one.do(ExtendWrapUp(ANA))
    one.wait(25_999)
    assert one.agent("ana") == "wrap_up", "ten seconds and twenty"
    assert code(one, "*48") == "wrap_up_extended", "up to the longest, 45 s"
    assert code(one, "*48") == "no_more_extensions"
    refusal = one.acd.refusal(ExtendWrapUp(ANA))
    assert refusal is not None and "ya no se puede alargar" in refusal
    assert not one.acd.view(one.now_ms).agents[0].can_extend
    one.wait(15_000)
    assert one.agent("ana") == "wrap_up"
    one.wait(1)
    assert one.agent("ana") == "ready"
    assert wrap_ups(one) == [45_000]
    row = [stored for stored in one.stored if isinstance(stored, e.StoreAgentState)][-1]
    assert (row.state, row.previous_ms) == ("ready", 45_000)


def test_the_number_of_extensions_is_limited_too() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_extend_ms=1_000, wrap_up_extensions=2)))
    assert [code(one, "*48") for _ in range(3)] == ["wrap_up_extended", "wrap_up_extended", "no_more_extensions"]
    one.wait(12_000)
    assert one.agent("ana") == "ready"
    assert one.acd.refusal(ExtendWrapUp(ANA)) == "«ana» no está en trabajo posterior."


def test_an_extension_nobody_is_in_wrap_up_for_is_ignored() -> None:
    one = Office()
    assert code(one, "*48") == "not_possible"
    one.sits_down("ana")
    before = len(one.stored)
    one.do(ExtendWrapUp(ANA))
    assert (one.agent("ana"), len(one.stored)) == ("ready", before)


def test_a_disposition_ends_it_where_the_queue_says_so() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_ends_with_disposition=True)))
    one.wait(3_000)
    one.do(SetDisposition(ANA, "venta"))
    assert one.agent("ana") == "ready"
    assert e.StoreWrapUp(FIRST, ANA, 3_000, "venta") in one.stored


def test_a_disposition_of_an_older_call_does_not_end_it() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_ends_with_disposition=True)))
    one.do(EndWrapUp(ANA))
    one.calls("600000002")
    one.lifts("ana")
    one.do(SetDisposition(ANA, "venta"))
    assert one.agent("ana") == "talking", "set during the call it ends nothing"
    one.hangs_up("ana")
    one.do(SetDisposition(ANA, "duda", FIRST))
    assert one.agent("ana") == "wrap_up"


def test_without_the_disposition_it_needs_it_ends_neither_by_itself_nor_by_hand() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    assert one.acd.view(one.now_ms).agents[0].needs_disposition
    assert code(one, "*47") == "disposition_needed"
    refusal = one.acd.refusal(EndWrapUp(ANA), "en")
    assert refusal is not None and "disposition of the last call" in refusal
    one.wait(60_000)
    assert one.agent("ana") == "wrap_up"
    one.do(SetDisposition(ANA, "venta"))
    assert one.agent("ana") == "ready", "its time was over long ago"
    assert wrap_ups(one) == [60_000]


def test_a_disposition_in_time_lets_it_end_in_time() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    one.do(SetDisposition(ANA, "venta"))
    one.wait(9_999)
    assert one.agent("ana") == "wrap_up"
    one.wait(1)
    assert one.agent("ana") == "ready"


def test_a_disposition_that_never_comes_does_not_keep_an_agent_for_ever() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True, wrap_up_longest_ms=120_000)))
    one.wait(119_999)
    assert one.agent("ana") == "wrap_up"
    one.wait(1)
    assert one.agent("ana") == "ready"
    assert one.reasons("agent_state") == ["no_disposition"]


def test_a_pause_is_no_way_round_the_disposition_and_going_home_is() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    one.do(AgentPause(ANA, "cafe"))
    assert one.agent("ana") == "wrap_up"
    one.do(AgentResume(ANA))
    one.do(AgentPause(ANA, "comida"))
    one.wait(20_000)
    one.do(SetDisposition(ANA, "venta"))
    assert one.agent("ana") == "not_ready comida"
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    one.do(AgentLogout(ANA))
    assert one.agent("ana") == "logged_out"
    one.do(SetDisposition(ANA, "venta"))
    assert one.stored[-1] == e.StoreWrapUp(FIRST, ANA, 0, "venta"), "it can be given later"


def test_it_goes_on_by_the_rules_it_began_by_when_the_plan_changes() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    one.do(PlanChanged(small_plan(ventas("ana", wrap_up_ms=0))))
    one.wait(20_000)
    assert one.agent("ana") == "wrap_up"


def test_a_call_out_is_no_way_round_the_disposition_either() -> None:
    one = in_wrap_up(small_plan(ventas("ana", wrap_up_needs_disposition=True)))
    assert code(one, "612345678") == "disposition_needed"
    assert one.agent("ana") == "wrap_up"
