"""What the expected wait is worked out from: how long calls kept agents, and who is there to take the next."""

import pytest

from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import AgentLogout, AgentPause
from tests.acd.office import Office, small_plan, ventas

VENTAS = QueueName("ventas")


def served(one: Office, talk_ms: int) -> None:
    caller = one.calls("600000000", "trunk")
    one.lifts("ana")
    one.wait(talk_ms)
    one.ends(caller)


def test_the_mean_follows_each_call_an_eighth_of_the_way() -> None:
    one = Office(small_plan(ventas("ana", wrap_up_ms=0)))
    one.sits_down("ana")
    found = []
    for talk_ms in (80_000, 160_000, 10_000):
        served(one, talk_ms)
        found.append(one.acd.state.queues[VENTAS].handle_ms)
    assert found == [80_000, 90_000, 80_000]


@pytest.mark.parametrize(
    ("how", "minutes"),
    [("ready", 2), ("logged_out", 3), ("not_ready", 3), ("unreachable", 3)],
)
def test_who_is_not_there_is_not_counted_on(how: str, minutes: int) -> None:
    """A talk is 150 s. Of two agents who could be there one is busy; the other holds the handset, or is away."""
    one = Office(small_plan(ventas("ana bob", announce_wait="always", greeting="", wrap_up_ms=0)))
    one.sits_down("ana")
    served(one, 150_000)
    one.calls("600000001", "trunk")
    one.lifts("ana")
    one.sits_down("bob")
    one.station("bob", "up", off_hook=True)
    waits = one.calls("600000002", "trunk")
    match how:
        case "logged_out":
            one.do(AgentLogout(AgentName("bob")))
        case "not_ready":
            one.do(AgentPause(AgentName("bob"), "cafe"))
        case "unreachable":
            one.station("bob", "unreachable")
    one.wait(30_000)
    assert one.switch.legs[waits].heard[-2] == f"es/number_{minutes}"


@pytest.mark.parametrize("every_ms", [5_000, 1_000])
def test_messages_may_come_each_five_seconds_and_no_sooner(every_ms: int) -> None:
    plan = ventas("ana", messages=("web",), message_every_ms=every_ms, greeting="", announce_position_every_ms=0)
    one = Office(small_plan(plan))
    caller = one.calls()
    one.wait(4_999)
    assert one.switch.legs[caller].heard == []
    one.wait(1)
    assert one.switch.legs[caller].heard == ["es/web"]


@pytest.mark.parametrize("every_ms", [5_000, 1_000])
def test_positions_may_be_said_each_five_seconds_and_no_sooner(every_ms: int) -> None:
    one = Office(small_plan(ventas("ana", greeting="", announce_position_every_ms=every_ms)))
    caller = one.calls()
    one.wait(4_999)
    assert one.switch.legs[caller].heard == []
    one.wait(1)
    assert one.switch.legs[caller].heard == ["es/you_are_number", "es/number_1"]


def test_who_does_not_wait_has_no_place_and_nobody_who_waits_is_no_wait() -> None:
    one = Office()
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    view = one.acd.view(one.now_ms)
    assert ([call.position for call in view.calls], [queue.longest_wait_ms for queue in view.queues]) == ([0], [0])
