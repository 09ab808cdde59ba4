"""The switch dies under the ACD's process, also while that is dead itself: each call ends when it did."""

from pathlib import Path

import pytest

from appliance.acd.wire import decode_unheard, unheard_name
from tests.daemon.acd_process import AcdProcess
from tests.daemon.scenes import rows, talk, utc_ms
from tests.daemon.switch_peer import SwitchPeer
from tests.waiting import wait_for


def left_by(peer: SwitchPeer) -> Path:
    return peer.path.with_name(unheard_name("switch", peer.incarnation))


def said_alive_ms(peer: SwitchPeer) -> int:
    """When it last said so in the file, of CLOCK_BOOTTIME."""
    return decode_unheard(left_by(peer).read_bytes()).alive_ms


def test_the_switch_is_restarted_and_the_acd_believes_its_inventory(acd: AcdProcess, peer: SwitchPeer) -> None:
    kept, agent = talk(peer, "+34600000001")
    talk(peer, "+34600000002")
    peer.restart("peer-2", keep=(kept.id, agent.id))
    wait_for("one call is left", lambda: len(acd.client.status().calls) == 1)
    assert acd.client.status().calls[0].state == "talking"
    assert [row.end_reason for row in rows(acd, 1)] == ["box_restarted"]
    for leg in peer.up():
        peer.hang_up(leg)
    assert rows(acd, 2)[1].end_reason == "answered"


def test_a_call_ends_when_the_switch_died_though_the_acd_died_too_before_another_came(
    acd: AcdProcess, peer: SwitchPeer
) -> None:
    talk(peer)
    peer.close()
    wait_for("the ACD sees it go", lambda: not acd.client.status().switch_connected)
    died_ms = utc_ms()
    wait_for("somebody would have paid for silence", lambda: utc_ms() > died_ms + 500)
    acd.kill()
    acd.start()
    second = SwitchPeer(peer.path, "peer-2")
    try:
        (row,) = rows(acd, 1)
        assert row.end_reason == "box_restarted"
        assert row.ended_at <= died_ms, f"it ended {row.ended_at - died_ms} ms late"
    finally:
        second.close()


def test_a_switch_that_dies_while_the_acd_is_dead_is_missed_at_the_start(acd: AcdProcess, peer: SwitchPeer) -> None:
    talk(peer)
    wait_for("the inputs are acknowledged", lambda: peer.unacknowledged == 0)
    acd.kill()
    peer.close()
    acd.start()
    back_ms = utc_ms()
    wait_for("somebody would have paid for silence", lambda: utc_ms() > back_ms + 500)
    second = SwitchPeer(peer.path, "peer-2")
    try:
        assert rows(acd, 1)[0].ended_at <= back_ms
    finally:
        second.close()


@pytest.mark.parametrize("another_is_there", [False, True])
def test_what_a_switch_said_while_the_acd_was_dead_outlives_it(
    acd: AcdProcess, peer: SwitchPeer, another_is_there: bool
) -> None:
    """Both die, the ACD first: who hung up in between did so then, and pays for no more. Another switch, whether it is
    there before the ACD or not, hears nothing of what was for the dead one."""
    first, first_agent = talk(peer, "+34600000001")
    second, second_agent = talk(peer, "+34600000002")
    acd.kill()
    wait_for("the switch sees that it is gone", lambda: not peer.connected)
    peer.hang_up(first_agent)
    peer.hang_up(second)
    newcomer = peer.offer("+34699000009")
    wait_for("the switch lives on for a while, and says so", lambda: said_alive_ms(peer) > newcomer.began_ms + 600)
    peer.close()
    died_ms = utc_ms()
    wait_for("and a while longer", lambda: utc_ms() > died_ms + 600)
    if another_is_there:
        again = SwitchPeer(peer.path, "peer-2")
    acd.start()
    if not another_is_there:
        again = SwitchPeer(peer.path, "peer-2")
    try:
        by_caller = {row.caller: row for row in rows(acd, 3)}
        one, other, lost = (by_caller[leg.number] for leg in (first, second, newcomer))
        assert (one.end_reason, one.hung_up_by) == (other.end_reason, "agent") == ("answered", "agent")
        assert one.talk_ms == first_agent.ended_ms - first_agent.answered_ms
        assert (other.hung_up_by, other.talk_ms) == ("caller", second.ended_ms - second_agent.answered_ms)
        assert lost.end_reason == "box_restarted"
        assert lost.ended_at - lost.offered_at >= 590, "the switch was alive, and the caller with it, nearly to its end"
        assert lost.ended_at <= died_ms
        wait_for("the new switch's inputs are heard", lambda: acd.client.status().switch_connected)
        assert (again.said.violations, again.said.connections) == ([], 1)
        caller, _ = talk(again)
        again.hang_up(caller)
        rows(acd, 4)
        wait_for("nobody needs the file any more", lambda: not left_by(peer).exists())
    finally:
        again.close()


@pytest.mark.parametrize("spoilt", [b"", b"{", b"not for us\n" * 3, b'{"frame":"unheard","incarnation":"peer-1"}\n'])
def test_a_spoilt_file_of_unheard_inputs_is_named_and_left(acd: AcdProcess, peer: SwitchPeer, spoilt: bytes) -> None:
    talk(peer)
    acd.kill()
    wait_for("the switch sees that it is gone", lambda: not peer.connected)
    peer.close()
    left_by(peer).write_bytes(spoilt)
    acd.start()
    again = SwitchPeer(peer.path, "peer-2")
    try:
        assert rows(acd, 1)[0].end_reason == "box_restarted"
        assert "switch.peer-1.unheard is not used: " in acd.log_text()
    finally:
        again.close()


def test_a_new_switch_is_not_told_the_numbers_of_the_old_ones_inputs(acd: AcdProcess, peer: SwitchPeer) -> None:
    talk(peer)
    acd.kill()
    peer.close()
    again = SwitchPeer(peer.path, "peer-2")  # counts from 1, and is told of the old one's highest: seen once
    try:
        acd.start()
        assert rows(acd, 1)[0].end_reason == "box_restarted"
        caller, _ = talk(again)
        again.hang_up(caller)
        rows(acd, 2)
        wait_for("everything is acknowledged", lambda: not again.unacknowledged)
        assert (again.said.violations, again.said.connections) == ([], 1)
    finally:
        again.close()
