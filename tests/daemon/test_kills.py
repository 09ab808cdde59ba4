"""kill -9 of the ACD at random moments of a busy hour: no record or charge lost or doubled, no agent stuck."""

import os
import random
import sqlite3
import time
from pathlib import Path

import pytest

from appliance.acd.effects import Connect
from appliance.acd.ids import LineName
from appliance.billing.rating import rate_call
from appliance.configuration.file import read_configuration
from appliance.daemon.plan_builder import rate_table
from appliance.daemon.queries import CallDetails, call_details, calls, open_store, worklist
from appliance.daemon.record_chain import FIRST
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import SwitchPeer
from tests.daemon.traffic import Traffic
from tests.waiting import wait_for

CLOCK_SLACK_MS = 30
"""An input that comes while the ACD is at another moment's is counted there: time never goes back."""


def test_five_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    busy_hour_with_kills(tmp_path, seed=int(os.environ.get("SEED", "5")), kills=5, calls_count=60)


@pytest.mark.long
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    busy_hour_with_kills(tmp_path, seed=int(os.environ.get("SEED", "100")), kills=100, calls_count=1_200)


def busy_hour_with_kills(folder: Path, seed: int, kills: int, calls_count: int) -> None:
    print(f"seed {seed} (set SEED to repeat another)")
    chance = random.Random(seed)
    configuration = office(folder)
    peer = SwitchPeer(folder / "run" / "switch.sock")
    with AcdProcess(configuration) as acd:
        acd.start()
        traffic = Traffic(peer, seed, calls_count, calls_per_s=calls_count / (kills * 0.9))
        slowest_s = 0.0
        for _ in range(kills):
            _let_time_pass(chance.uniform(0.0, 0.8))
            acd.kill()
            while chance.random() < 0.2:  # killed again before it is up
                acd.start(wait=False)
                _let_time_pass(chance.uniform(0.0, 0.4))
                acd.kill()
            acd.start()
            slowest_s = max(slowest_s, acd.ready_s)
        wait_for("the busy hour is over", lambda: traffic.over, timeout_s=120)
        wait_for("no call is left", lambda: acd.client.status().calls == (), timeout_s=20)
        wait_for("every agent is ready", lambda: {a.state for a in acd.client.status().agents} == {"ready"})
        wait_for("all is durable", lambda: acd.client.health().store_pending == 0)
        health = acd.client.health()
        print(f"{kills} kills, {health.incarnation} lives, slowest back after {slowest_s:.2f} s")
        assert (health.store_refused, health.store_dropped, health.skipped_inputs) == (0, 0, 0)
    traffic.close()
    peer.close()
    assert peer.said.violations == []
    _check_ledger(acd, traffic, sum(isinstance(effect, Connect) for effect in peer.said.effects))
    assert "Traceback" not in acd.log_text(), acd.log_text()[-3000:]


def _let_time_pass(seconds: float) -> None:
    """The moment of the kill is what is random here; there is no condition to wait for."""
    time.sleep(seconds)


def _check_ledger(acd: AcdProcess, traffic: Traffic, connects: int) -> None:
    """The store says of every caller what the switch's own ledger says.

    `connects`: how often the switch was told to connect two legs. That may come too late for people who lifted and hung
    up again while the ACD was dead; they count as having talked for the time both were on the phone.
    """
    store = open_store(acd.store)
    details = [call_details(store, row.call) for row in reversed(calls(store, 10_000))]
    records = [one for one in details if one is not None]
    by_leg = {leg.leg: one for one in records for leg in one.legs if leg.role == "caller"}
    assert len(records) == len(traffic.callers), "a record a caller, neither lost nor doubled"
    assert set(by_leg) == {leg.id for leg in traffic.callers}
    table = rate_table(read_configuration(acd.configuration))
    agents = {caller.id: agent for caller, agent in traffic.conversations}
    for caller in traffic.callers:
        one = by_leg[caller.id]
        assert one.row.caller == caller.number
        ended_ms = min(leg.ended_ms for leg in (caller, agents.get(caller.id, caller)))  # who hung up first
        lasted_ms = one.row.ended_at - one.row.offered_at
        assert abs(lasted_ms - (ended_ms - caller.began_ms)) <= CLOCK_SLACK_MS, (one.row, caller)
        rated_ms = one.row.talk_ms + one.row.hold_ms
        assert one.charge == rate_call(table, "in", caller.number, LineName("operador"), "", rated_ms)
        assert one.row.charge_micros == one.charge.total_micros
    for caller, agent in traffic.conversations:
        one = by_leg[caller.id]
        talked_ms = min(caller.ended_ms, agent.ended_ms) - max(caller.answered_ms, agent.answered_ms)
        assert one.row.end_reason == "answered", one.row
        assert abs(one.row.talk_ms - talked_ms) <= CLOCK_SLACK_MS, (one.row, caller, agent)
    _check_chain(records)
    _check_tables(acd.store, connects, records)
    unserved = {one.row.caller for one in records if one.row.end_reason == "abandoned" and one.row.caller}
    served_since = {row.number for row in worklist(store, closed=True)}
    assert unserved <= {row.number for row in worklist(store)} | served_since


def _check_chain(records: list[CallDetails]) -> None:
    previous = FIRST
    for one in records:
        assert one.previous_hash == previous, one.row.call
        previous = one.hash


def _check_tables(store: Path, connects: int, records: list[CallDetails]) -> None:
    def one(query: str) -> int:
        return int(db.execute(query).fetchone()[0])

    talked = sum(segment.outcome == "talked" for record in records for segment in record.segments)
    with sqlite3.connect(store) as db:
        assert one("select count(*) from open_calls") == 0
        assert one("select count(*) from refused_effects") == 0
        assert one("select count(distinct epoch) from decisions") == 1, "the journal was used at every start"
        assert one("select count(*) from wrap_ups") == talked == connects
        assert one("select count(*) from agent_states where state = 'talking'") == talked
        assert one("select count(*) from agent_states where state = 'wrap_up'") == talked
