"""Agents around a call: after-call work, dispositions and what they ask for meanwhile, at its edges."""

from appliance.acd.effects import StoreWrapUp
from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentPause, SetDisposition
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
