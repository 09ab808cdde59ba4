"""The ACD as a process: takes calls, survives its own death, and gives every caller exactly one record."""

import shutil
import signal
import sqlite3
from pathlib import Path

import msgspec
import pytest

from appliance.acd.ids import AgentName, LineName
from appliance.acd.inputs import AgentPause, LineChanged, SetNightMode
from appliance.acd.view import Status
from appliance.daemon.code_version import boot_id, decision_code
from appliance.daemon.control_client import CommandRefused
from appliance.daemon.journal import Journal
from appliance.daemon.queries import agent_history, calls, decisions, open_store, worklist
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.scenes import answer_all, ringing, rows, talk
from tests.daemon.switch_peer import SwitchPeer
from tests.waiting import wait_for


def picture(status: Status) -> tuple[object, ...]:
    """What must be the same before a death and after: without what counts on."""
    return (
        [(c.call, c.state, c.queue, c.agent, c.position, c.offered_utc_ms, c.recording) for c in status.calls],
        [(a.agent, a.state, a.reason, a.station, a.call, a.calls_today) for a in status.agents],
        [(q.queue, q.waiting, q.ready, q.talking, q.lamp) for q in status.queues],
        [(s.station, s.health, s.agent) for s in status.stations],
        status.night_mode,
    )


def test_a_call_is_answered_recorded_and_charged(acd: AcdProcess, peer: SwitchPeer) -> None:
    caller, agent = talk(peer)
    assert wait_for("the agent talks", lambda: acd.client.status().calls[0].state == "talking")
    peer.hang_up(caller)
    (row,) = rows(acd, 1)
    assert (row.end_reason, row.hung_up_by, row.charge_reason) == ("answered", "caller", "rated")
    assert row.talk_ms == caller.ended_ms - max(agent.answered_ms, caller.answered_ms)
    assert row.charge_micros == 50_000 + 24_000 * -(-row.talk_ms // 1000) // 60
    assert {decision.kind for decision in decisions(open_store(acd.store), row.call)} >= {"route", "ring"}


def test_a_killed_acd_comes_back_with_the_same_calls_agents_and_waits(acd: AcdProcess, peer: SwitchPeer) -> None:
    pairs = [talk(peer, f"+3460011122{number}") for number in range(4)]
    waiting = [peer.offer("+34699000001"), peer.offer("+34699000002")]
    wait_for("two wait", lambda: acd.client.status().queues[0].waiting == 2)
    before = acd.client.status()
    up = {leg.id for leg in peer.up()}
    acd.kill()
    acd.start()
    wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
    after = acd.client.status()
    assert picture(after) == picture(before)
    for one, other in zip(before.calls, after.calls, strict=True):
        assert (
            after.at_utc_ms - before.at_utc_ms - 20
            <= (other.wait_ms + other.talk_ms) - (one.wait_ms + one.talk_ms)
            <= after.at_utc_ms - before.at_utc_ms + 20
        ), "time went on while it was dead"
    assert {leg.id for leg in peer.up()} == up, "no leg was dropped or added"
    assert acd.client.health().replayed_inputs > 0
    for caller, _ in pairs:
        peer.hang_up(caller)
    wait_for("those who waited talk", lambda: answer_all(peer) and all(caller.peer for caller in waiting))
    for caller in waiting:
        peer.hang_up(caller)
    assert [row.end_reason for row in rows(acd, 6)] == ["answered"] * 6


@pytest.mark.real_time
def test_it_is_back_within_a_second(acd: AcdProcess, peer: SwitchPeer) -> None:
    """The best of five: other tests may be using this machine. `bench acd_restart` measures it on a quiet one."""
    for number in range(6):
        peer.offer(f"+3460011122{number}")
    wait_for("six calls are up", lambda: len(acd.client.status().calls) == 6)
    took_s = []
    for _ in range(5):
        acd.kill()
        acd.start()
        took_s.append(acd.ready_s)
        assert len(acd.client.status().calls) == 6
    assert min(took_s) <= 1.0, took_s


def test_what_happens_while_the_acd_is_dead_is_told_with_its_own_times(acd: AcdProcess, peer: SwitchPeer) -> None:
    caller, agent = talk(peer)
    acd.kill()
    peer.hang_up(agent)
    newcomer = peer.offer("+34699000009")
    acd.start()
    wait_for("the caller is let go", lambda: caller.state == "ended")
    ring = wait_for("the newcomer's agent is rung", lambda: next(iter(ringing(peer)), None))
    peer.answer(ring)
    wait_for("the newcomer talks", lambda: newcomer.peer == ring.id)
    peer.hang_up(newcomer)
    first, second = rows(acd, 2)
    assert (first.hung_up_by, first.talk_ms) == ("agent", agent.ended_ms - agent.answered_ms)
    assert second.ended_at - second.offered_at == newcomer.ended_ms - newcomer.began_ms


def test_a_clean_stop_keeps_calls_and_says_so_to_its_successor(acd: AcdProcess, peer: SwitchPeer) -> None:
    caller, _ = talk(peer)
    before = acd.client.status()
    assert acd.stop() == 0
    assert caller.state == "answered"
    acd.start()
    wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
    assert picture(acd.client.status()) == picture(before)
    assert acd.client.health().replayed_inputs == 0, "a clean stop leaves a snapshot and no inputs"


def test_a_power_cut_closes_calls_at_their_heartbeat_and_keeps_what_is_durable(
    acd: AcdProcess, peer: SwitchPeer, tmp_path: Path
) -> None:
    acd.client.do(AgentPause(AgentName("eva"), "cafe"))
    talk(peer)
    waiting = peer.offer("+34699000001")
    acd.client.do(SetNightMode(True))
    store = open_store(acd.store)
    wait_for("both calls have a heartbeat", lambda: store.execute("select count(*) from open_calls").fetchone()[0] == 2)
    wait_for("all is durable", lambda: acd.client.health().store_pending == 0)
    acd.kill()
    shutil.rmtree(tmp_path / "run" / "journal")  # memory, gone with the power; and the switch with it
    peer.restart("peer-2")
    acd.start()
    wait_for("the switch is connected", lambda: acd.client.status().switch_connected)
    status = acd.client.status()
    assert status.calls == ()
    assert status.night_mode
    assert [(agent.state, agent.reason) for agent in status.agents if agent.agent == "eva"] == [("not_ready", "cafe")]
    assert {agent.state for agent in status.agents} == {"ready", "not_ready"}
    assert [row.end_reason for row in rows(acd, 2)] == ["power_lost"] * 2
    assert {item.number for item in worklist(store)} == {"+34600111222", waiting.number}
    acd.client.do(SetNightMode(False))
    caller, _ = talk(peer)
    peer.hang_up(caller)
    last = rows(acd, 3)[-1]
    assert last.end_reason == "answered"
    assert last.call not in {row.call for row in rows(acd, 2)[:2]}, "no call number is given twice"


def test_a_torn_journal_tail_costs_nothing(acd: AcdProcess, peer: SwitchPeer, tmp_path: Path) -> None:
    caller, _ = talk(peer)
    before = acd.client.status()
    acd.kill()
    (inputs,) = (tmp_path / "run" / "journal").glob("inputs-*")
    with inputs.open("ab") as file:
        file.write(b"\x40\x00\x00\x00\x12\x34\x56\x78half an inp")
    acd.start()
    wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
    assert picture(acd.client.status()) == picture(before)
    assert "torn" in acd.log_text()
    peer.hang_up(caller)
    assert [row.end_reason for row in rows(acd, 1)] == ["answered"]


def test_a_journal_that_ends_early_is_noticed_by_the_switchs_numbers(
    acd: AcdProcess, peer: SwitchPeer, tmp_path: Path
) -> None:
    """Inputs were lost that the switch has seen obeyed: its inventory is believed, and nothing hangs or is doubled."""
    peer.tell(LineChanged(LineName("operador"), "up", "registrada", 80, "Operador"))
    wait_for("the line is up", lambda: acd.client.status().lines[0].health == "up")
    acd.kill()
    (inputs,) = (tmp_path / "run" / "journal").glob("inputs-*")
    early = inputs.read_bytes()
    acd.start()
    caller, _ = talk(peer)
    wait_for("the inputs are acknowledged", lambda: peer.unacknowledged == 0)
    acd.kill()
    for path in (tmp_path / "run" / "journal").glob("inputs-*"):
        path.write_bytes(b"" if path != inputs else early)
    acd.start()
    wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
    peer.hang_up(caller)
    wait_for("nothing is up any more", lambda: not peer.up())
    wait_for("no call is left", lambda: acd.client.status().calls == ())
    assert acd.client.status().lines[0].health == "up", "the switch says so once, and it was not restarted"
    again, _ = talk(peer)
    peer.hang_up(again)
    wait_for("the call is in the store", lambda: any(r.end_reason == "answered" for r in calls(open_store(acd.store))))


def test_a_journal_of_other_decision_code_is_not_replayed(acd: AcdProcess, peer: SwitchPeer, tmp_path: Path) -> None:
    peer.tell(LineChanged(LineName("operador"), "up", "registrada", 80, "Operador"))
    talk(peer)
    store = open_store(acd.store)
    wait_for("it has a heartbeat", lambda: store.execute("select count(*) from open_calls").fetchone()[0] == 1)
    acd.kill()
    journal = Journal(tmp_path / "run" / "journal", boot_id(), decision_code())
    found = journal.found
    assert found.snapshot is not None
    journal.begin(msgspec.structs.replace(found.snapshot, code="older code"))
    for entry in found.entries:
        journal.append(entry)
    journal.close()
    acd.start()
    wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
    assert "other decision code" in acd.log_text()
    assert [(line.health, line.operator) for line in acd.client.status().lines] == [("up", "Operador")]
    assert rows(acd, 1)[0].end_reason == "box_restarted"
    assert list((tmp_path / "run" / "journal" / "refused").glob("inputs-*"))


def test_a_cut_connection_loses_and_doubles_nothing(acd: AcdProcess, peer: SwitchPeer) -> None:
    for number in range(10):
        caller = peer.offer(f"+3460000000{number}")
        peer.cut()
        ring = wait_for("a station rings", lambda: next(iter(ringing(peer)), None))
        peer.cut()
        peer.answer(ring)
        wait_for("they are connected", lambda: caller.peer == ring.id)  # noqa: B023
        peer.hang_up(caller)
        peer.cut()
        wait_for("the agent is let go", lambda: ring.state == "ended")  # noqa: B023
    assert [row.end_reason for row in rows(acd, 10)] == ["answered"] * 10
    assert peer.said.connections >= 20


def test_the_configuration_is_read_again_and_a_bad_one_is_refused_with_the_key(
    acd: AcdProcess, peer: SwitchPeer, tmp_path: Path
) -> None:
    good = acd.configuration.read_text()
    acd.configuration.write_text(good.replace('title = "Ventas"', 'title = "Ventas y más"'))
    acd.client.reload()
    assert acd.client.status().queues[0].title == "Ventas y más"
    acd.configuration.write_text(good + "\n[nonsense]\n")
    with pytest.raises(CommandRefused, match="nonsense"):
        acd.client.reload()
    assert "nonsense" in acd.client.health().configuration_error
    assert acd.client.status().queues[0].title == "Ventas y más"
    acd.configuration.write_text(good)
    acd.signal(signal.SIGHUP)
    wait_for("the file is in force again", lambda: acd.client.status().queues[0].title == "Ventas")
    assert acd.client.health().configuration_error == ""


def test_a_plan_that_changed_while_it_was_dead_is_in_force_afterwards(acd: AcdProcess, peer: SwitchPeer) -> None:
    talk(peer)
    acd.kill()
    text = acd.configuration.read_text()
    acd.configuration.write_text(text.replace('title = "Ventas"', 'title = "Nueva"'))
    acd.start()
    status = acd.client.status()
    assert status.queues[0].title == "Nueva"
    assert [call.state for call in status.calls] == ["talking"]


def test_refused_commands_say_why_and_change_nothing(acd: AcdProcess) -> None:
    with pytest.raises(CommandRefused, match="nadie"):
        acd.client.do(AgentPause(AgentName("nadie"), "cafe"))
    with pytest.raises(CommandRefused):
        acd.client.do(AgentPause(AgentName("ana"), ""))
    assert {agent.state for agent in acd.client.status().agents} == {"ready"}


def test_commands_survive_a_kill_right_after_they_were_answered(acd: AcdProcess) -> None:
    acd.client.do(AgentPause(AgentName("ana"), "cafe"))
    acd.kill()
    acd.start()
    assert [agent.reason for agent in acd.client.status().agents if agent.agent == "ana"] == ["cafe"]
    store = open_store(acd.store)
    wait_for("it is durable", lambda: [row.state for row in agent_history(store, "ana")][:1] == ["not_ready"])
    assert len(agent_history(store, "ana")) == 2


def test_a_kill_while_the_store_commits_loses_no_call(acd: AcdProcess, peer: SwitchPeer) -> None:
    """The store is kept from committing by somebody else's lock; what it had not written is in the journal."""
    with sqlite3.connect(acd.store, isolation_level=None) as other:
        other.execute("begin immediate")
        caller, _ = talk(peer)
        peer.hang_up(caller)
        wait_for("the call is over", lambda: acd.client.status().calls == ())
        assert acd.client.health().store_pending > 0
        assert calls(open_store(acd.store)) == []
        acd.kill()
        other.execute("rollback")
    acd.start()
    assert [row.end_reason for row in rows(acd, 1)] == ["answered"]


def test_it_comes_back_though_the_store_takes_nothing(acd: AcdProcess, peer: SwitchPeer) -> None:
    caller, _ = talk(peer)
    wait_for("all is durable", lambda: acd.client.health().store_pending == 0)
    with sqlite3.connect(acd.store, isolation_level=None) as other:
        other.execute("begin immediate")
        acd.kill()
        acd.start()
        wait_for("the switch is connected again", lambda: acd.client.status().switch_connected)
        assert [call.state for call in acd.client.status().calls] == ["talking"]
        peer.hang_up(caller)
        wait_for("the call is over", lambda: acd.client.status().calls == ())
        wait_for("the trouble is shown", lambda: "cannot be written" in acd.client.health().store_error)
        other.execute("rollback")
    assert [row.end_reason for row in rows(acd, 1)] == ["answered"]
    wait_for("the trouble is over", lambda: acd.client.health().store_error == "")


def test_without_a_switch_it_is_ready_and_connects_when_there_is_one(tmp_path: Path) -> None:
    with AcdProcess(office(tmp_path)) as acd:
        acd.start()
        assert not acd.client.status().switch_connected
        peer = SwitchPeer(tmp_path / "run" / "switch.sock")
        wait_for("it is connected", lambda: acd.client.status().switch_connected)
        peer.close()
        wait_for("it is seen gone", lambda: not acd.client.status().switch_connected)


def test_a_refused_configuration_ends_the_process_with_the_key_in_its_log(tmp_path: Path) -> None:
    configuration = office(tmp_path, extra="\n[box2]\n")
    with AcdProcess(configuration) as acd:
        acd.start(wait=False)
        assert wait_for("it ends", lambda: acd.exit_code) == 78
        assert "box2" in acd.log_text()


def test_a_store_that_cannot_be_opened_ends_the_process_by_name(tmp_path: Path) -> None:
    configuration = office(tmp_path)
    (tmp_path / "data" / "centralita.sqlite3").mkdir(parents=True)
    with AcdProcess(configuration) as acd:
        acd.start(wait=False)
        assert wait_for("it ends", lambda: acd.exit_code) == 74
        assert "centralita.sqlite3" in acd.log_text()
