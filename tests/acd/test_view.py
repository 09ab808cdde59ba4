"""The live picture: what the page shows of calls, agents, lines and queues, and that looking changes nothing."""

import pytest

from appliance.acd.ids import LineName
from appliance.acd.inputs import ClockSet, LineChanged
from tests.acd.office import NOON_UTC_MS, Office, small_plan, ventas


def test_the_picture_of_a_busy_moment() -> None:
    one = Office(small_plan(max_calls=10))
    one.do(LineChanged(LineName("gsm1"), "up", "Registrada en Movistar", 71, "Movistar"))
    one.sits_down("ana", "bob")
    one.calls("600000001")
    one.wait(3_000)
    one.lifts("ana")
    one.wait(6_000)
    one.calls("600000002", "trunk", "900")
    one.calls("600000003", "trunk", "900")
    one.wait(11_000)
    before = one.acd.snapshot()
    status = one.acd.view(one.now_ms + 500)
    assert one.acd.snapshot() == before
    assert (status.box, status.at_utc_ms, status.clock_synchronised) == ("oficina", NOON_UTC_MS + 20_500, True)
    calls = {view.caller: view for view in status.calls}
    assert (calls["600000001"].state, calls["600000001"].agent, calls["600000001"].talk_ms) == (
        "talking",
        "ana",
        17_500,
    )
    assert (calls["600000001"].wait_ms, calls["600000001"].position, calls["600000001"].recording) == (3_000, 0, True)
    assert (calls["600000002"].state, calls["600000002"].position, calls["600000002"].wait_ms) == ("ringing", 1, 11_500)
    assert (calls["600000003"].state, calls["600000003"].position, calls["600000003"].agent) == ("waiting", 2, None)
    agents = {view.agent: view for view in status.agents}
    assert (agents["ana"].state, agents["ana"].since_ms, agents["ana"].calls_today) == ("talking", 17_500, 1)  # type: ignore[index]
    (gsm1, _, _) = status.lines
    assert (gsm1.health, gsm1.signal_percent, gsm1.operator, gsm1.call) == ("up", 71, "Movistar", "oficina-1")
    (queue,) = status.queues
    assert (queue.waiting, queue.longest_wait_ms, queue.ready, queue.talking, queue.logged_in) == (2, 11_500, 0, 1, 2)
    assert (queue.open, queue.lamp) == (True, "slow_blink")
    desk = status.stations[0]
    assert (desk.station, desk.health, desk.agent) == ("desk-ana", "up", "ana")


def test_calls_today_begin_anew_at_midnight_of_the_box() -> None:
    """It is noon in Madrid at the beginning, and midnight there an hour before it is in UTC."""
    one = Office(small_plan(ventas(wrap_up_ms=0), time_zone="Europe/Madrid"))
    one.sits_down("ana")
    for _ in range(2):
        caller = one.calls()
        one.lifts("ana")
        one.ends(caller)
    one.wait(12 * 3_600_000 - 60_000)
    assert one.acd.view(one.now_ms).agents[0].calls_today == 2
    one.wait(2 * 60_000)
    assert one.acd.view(one.now_ms).agents[0].calls_today == 0
    one.calls()
    one.lifts("ana")
    assert one.acd.view(one.now_ms).agents[0].calls_today == 1


@pytest.mark.parametrize("absurd_ms", [-(1 << 53), 1 << 53])
def test_an_absurd_clock_stops_no_call(absurd_ms: int) -> None:
    one = Office()
    one.do(ClockSet(absurd_ms, False))
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    assert one.acd.view(one.now_ms).agents[0].calls_today == 1
