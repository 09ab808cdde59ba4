"""Agents around a call: after-call work, dispositions and what they ask for meanwhile, at its edges."""

from appliance.acd.effects import StoreAgentState, StoreWrapUp
from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentPause, AgentResume, SetDisposition
from tests.acd.office import Office, small_plan, ventas


def test_a_disposition_is_taken_while_the_caller_is_on_hold() -> None:
    one = Office(small_plan(ventas(wrap_up_ms=10_000)))
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.holds("ana")
    one.do(SetDisposition(AgentName("ana"), "venta"))
    one.ends(caller)
    one.wait(10_000)
    (written,) = [stored for stored in one.stored if isinstance(stored, StoreWrapUp)]
    assert (written.disposition, written.wrap_up_ms) == ("venta", 10_000)


def test_after_call_work_may_be_as_short_as_can_be() -> None:
    one = Office(small_plan(ventas(wrap_up_ms=1)))
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.ends(caller)
    assert one.agent("ana") == "wrap_up"
    one.wait(1)
    assert one.agent("ana") == "ready"


def test_a_pause_asked_for_before_the_caller_was_through_keeps_its_reason() -> None:
    one = Office(through=False)
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.do(AgentPause(AgentName("ana"), "cafe"))
    assert one.agent("ana") == "talking"
    one.ends(caller)
    assert one.agent("ana") == "not_ready cafe"


def test_the_history_of_an_agent_has_every_step_where_with_whom_and_for_how_long() -> None:
    one = Office(small_plan(ventas("ana", wrap_up_ms=0)))
    one.sits_down("ana")
    one.wait(60_000)
    caller = one.calls()
    one.wait(3_000)
    one.lifts("ana")
    one.wait(20_000)
    one.ends(caller)
    rows = [stored for stored in one.stored if isinstance(stored, StoreAgentState)]
    assert [(row.state, row.station, row.call, row.previous_ms) for row in rows] == [
        ("ready", "desk-ana", None, rows[0].previous_ms),
        ("ringing", "desk-ana", "oficina-1", 60_000),
        ("talking", "desk-ana", "oficina-1", 3_000),
        ("wrap_up", "desk-ana", "oficina-1", 20_000),
        ("ready", "desk-ana", None, 0),
    ]
    first = rows[0].number
    assert [row.number for row in rows] == [first, first + 1, first + 2, first + 3, first + 4]


def test_who_comes_back_from_a_pause_is_idle_from_then() -> None:
    one = Office()
    one.sits_down("ana")
    one.wait(1_000)
    one.sits_down("bob")
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.wait(1_000)
    one.do(AgentResume(AgentName("ana")))
    one.calls()
    assert one.ringing() == ["bob"]
