"""A box that lost power goes on where it was: who is rung next, whom a caller knows, who had how many calls."""

import random
import shutil
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr
from appliance.acd.familiar import REMEMBERED
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import LineChanged
from appliance.acd.state import State
from appliance.daemon import remembered
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office as StoreOffice
from tests.acd.office import NOON_UTC_MS, Office, small_plan, ventas
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.records import QUEUE, cdr
from tests.daemon.stores import writing
from tests.daemon.switch_peer import Leg, SwitchPeer
from tests.waiting import wait_for

STORE_OFFICE = StoreOffice()
SOPORTE = QueueName("soporte")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def after_power_cut(path: Path, before: Office, later_ms: int = 0) -> Office:
    """Another life of the same box, told what the store of the first remembers, so much later."""
    with writing(path, STORE_OFFICE) as to:
        to.durable(*before.stored)
    restore = Store(path, STORE_OFFICE, lambda: NOON_UTC_MS).recover("power_lost")
    after = Office(before.acd.plan)
    after.wait(before.now_ms - after.now_ms + later_ms)
    after.do(restore)
    return after


def busy(strategy: str, **changes: object) -> Office:
    one = Office(small_plan(ventas("ana bob eva", strategy=strategy, wrap_up_ms=0, **changes)))
    one.sits_down("ana", "bob", "eva")
    return one


def served(one: Office, talk_ms: int = 10_000, number: str = "600111222") -> str:
    caller = one.calls(number, line="trunk")
    (agent,) = one.ringing()
    one.lifts(agent)
    one.wait(talk_ms)
    one.ends(caller)
    return agent


def test_round_robin_rings_next_whom_it_would_have_rung(path: Path) -> None:
    one = busy("round_robin")
    assert [served(one), served(one)] == ["ana", "bob"]
    assert served(after_power_cut(path, one)) == "eva"


def test_a_ring_that_nobody_answered_before_the_cut_was_their_turn(path: Path) -> None:
    one = busy("round_robin")
    one.calls(line="trunk")
    assert one.ringing() == ["ana"]
    assert served(after_power_cut(path, one)) == "bob"


def test_the_caller_is_given_to_the_agent_who_knows_them(path: Path) -> None:
    one = busy("longest_idle", sticky_ms=60_000)
    assert served(one, number="600000001") == "ana"
    assert served(one, number="600000002") == "bob"
    after = after_power_cut(path, one)
    assert [served(after, number="600000002"), served(after, number="600000001")] == ["bob", "ana"]
    assert [ring.reason for ring in after.decisions("ring")] == ["last_agent", "last_agent"]


def test_fewest_calls_counts_what_was_before_the_cut(path: Path) -> None:
    one = busy("fewest_calls")
    assert [served(one), served(one)] == ["ana", "bob"]
    after = after_power_cut(path, one)
    assert [served(after), served(after)] == ["eva", "ana"]


def test_least_talk_time_counts_what_was_before_the_cut(path: Path) -> None:
    one = busy("least_talk_time")
    assert [served(one, 30_000), served(one, 10_000), served(one, 20_000)] == ["ana", "bob", "eva"]
    assert [served(after_power_cut(path, one), 1_000)] == ["bob"]


def test_yesterdays_counts_are_not_todays(path: Path) -> None:
    one = busy("fewest_calls")
    assert [served(one), served(one)] == ["ana", "bob"]
    after = after_power_cut(path, one, later_ms=24 * 3_600_000)
    assert served(after) == "ana"


def test_a_call_that_the_power_ended_counts_but_says_nothing_of_how_long_calls_take(path: Path) -> None:
    one = busy("fewest_calls")
    one.calls(line="trunk")
    one.lifts("ana")
    one.wait(40_000)  # past a heartbeat
    after = after_power_cut(path, one)
    ana = after.acd.state.agents[AgentName("ana")]
    assert (ana.calls_today, ana.talk_today_ms) == (1, 28_000)
    assert after.acd.state.queues[QUEUE].handle_ms == 0
    assert after.acd.state.last_agents["600111222"].agent == "ana"


def test_a_number_that_was_dialled_counts_and_knows_its_agent_but_is_no_call_of_the_queue(path: Path) -> None:
    one = busy("round_robin")
    one.do(LineChanged(LineName("gsm2"), "up"))
    one.dials("bob", "910111222")
    far = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
    for said in one.switch.far_end(far, "answers"):
        one.do(said)
    one.wait(30_000)
    one.ends(far)
    after = after_power_cut(path, one)
    assert memory(after.acd.state) == memory(one.acd.state)
    assert after.acd.state.last_agents["910111222"].agent == "bob"
    assert after.acd.state.queues[QUEUE].handle_ms == 0
    assert served(after) == "ana", "nobody was rung yet"


def test_what_the_plan_no_longer_has_is_left_out(path: Path) -> None:
    one = busy("round_robin")
    assert [served(one), served(one)] == ["ana", "bob"]
    other = Office(small_plan(ventas("ana eva", strategy="round_robin"), agents="ana eva"))
    with writing(path, STORE_OFFICE) as to:
        to.durable(*one.stored, StoreCdr(cdr(99, queue=SOPORTE, offered_at=NOON_UTC_MS, ended_at=NOON_UTC_MS)))
    other.do(Store(path, STORE_OFFICE, lambda: NOON_UTC_MS).recover("power_lost"))
    assert served(other) == "ana", "who was rung last is there no more: from the top"


def memory(state: State) -> dict[str, object]:
    """All that is to be the same after a power cut; agents without a call that day have no counts."""
    return {
        "last_rung": {name: queue.last_rung for name, queue in state.queues.items()},
        "handle_ms": {name: queue.handle_ms for name, queue in state.queues.items()},
        "last_agents": {number: known.agent for number, known in state.last_agents.items()},
        "counts": {
            name: (agent.calls_today, agent.talk_today_ms) for name, agent in state.agents.items() if agent.calls_today
        },
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_random_day_is_remembered_whole(path: Path, seed: int) -> None:
    """Two queues, callers who come again, leave, are put on hold or not answered. Fewer talks than are looked at, so
    that the running mean is the same to the millisecond."""
    chance = random.Random(seed)
    both = (ventas(strategy="round_robin", wrap_up_ms=5_000, ring_timeout_ms=8_000, missed_rings_limit=99),)
    soporte = type(both[0])(SOPORTE, "Soporte", both[0].agents, strategy="fewest_calls", wrap_up_ms=3_000)
    one = Office(small_plan(*both, soporte))
    one.sits_down("ana", "bob", "eva")
    for _ in range(remembered.TALKS):
        caller = one.calls(f"60000000{chance.randrange(5)}", "trunk", chance.choice(("900", "901")))
        one.wait(chance.randrange(12_000))
        if one.ringing() and chance.random() < 0.8:
            agent = one.ringing()[0]
            one.lifts(agent)
            one.wait(chance.randrange(1_000, 90_000))
            if chance.random() < 0.3:
                one.holds(agent)
                one.wait(4_000)
        if one.switch.legs.get(caller) is not None:
            one.ends(caller)
        one.wait(6_000)
    after = after_power_cut(path, one)
    assert memory(after.acd.state) == memory(one.acd.state)
    assert len(memory(one.acd.state)["counts"]) == 3  # type: ignore[arg-type]


def test_what_is_remembered_has_limits(path: Path) -> None:
    with writing(path, STORE_OFFICE) as to:
        to.durable(*(StoreCdr(cdr(n, caller=f"6{n:08}")) for n in range(1, REMEMBERED + 51)))
    restore = Store(path, STORE_OFFICE, lambda: NOON_UTC_MS).recover("power_lost")
    assert len(restore.last_agents) == REMEMBERED
    assert (restore.last_agents[0].number, restore.last_agents[-1].number) == ("600000051", f"6{REMEMBERED + 50:08}")
    (queue,) = restore.queues
    assert queue.talked_ms == (60_000,) * remembered.TALKS


def test_every_question_has_an_index_or_a_limit(path: Path) -> None:
    """Or a start would take longer each year."""
    with writing(path, STORE_OFFICE) as to:
        to.durable(StoreCdr(cdr(1)))
    db = sqlite3.connect(path)
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    remembered.queues(db)
    remembered.last_agents(db)
    remembered.last_day(db, "Europe/Madrid")
    db.set_trace_callback(None)
    assert len(asked) == 5
    for query in asked:
        steps = [str(row[3]) for row in db.execute(f"explain query plan {query}")]
        tables = {"calls", "segments", "decisions", "customers"}
        scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")} & tables
        assert len(scanned) <= query.count("limit"), (query, steps)


def _talk(caller: Leg, agent: Leg) -> bool:
    return caller.peer == agent.id


def test_a_process_whose_box_lost_power_rings_the_next_station(tmp_path: Path) -> None:
    configuration = office(tmp_path, agents=3)
    text = configuration.read_text()
    configuration.write_text(text.replace("wrap_up_s = 0.05", 'wrap_up_s = 0.05\nstrategy = "round_robin"'))
    peer = SwitchPeer(tmp_path / "run" / "switch.sock")
    rung = []
    with AcdProcess(configuration) as acd:
        for life in range(3):
            acd.start()
            caller = peer.offer("+34600111222")
            leg = wait_for("a station rings", lambda: next((one for one in peer.up() if one.station is not None), None))
            rung.append(leg.station)
            assert peer.answer(leg)
            wait_for("they talk", partial(_talk, caller, leg))
            peer.hang_up(caller)
            wait_for("all is durable", lambda: acd.client.health().store_pending == 0)
            wait_for("no call is left", lambda: acd.client.status().calls == ())
            if life < 2:
                acd.kill()
                shutil.rmtree(tmp_path / "run" / "journal")  # memory, gone with the power
    peer.close()
    assert rung == ["mesa-ana", "mesa-luis", "mesa-eva"]
