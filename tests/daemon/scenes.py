"""What tests of the ACD's process do again and again: a talk, everybody lifting, the calls of its store."""

import time

from appliance.daemon.queries import CallRow, calls, open_store
from tests.daemon.acd_process import AcdProcess
from tests.daemon.switch_peer import Leg, SwitchPeer
from tests.waiting import wait_for


def ringing(peer: SwitchPeer) -> list[Leg]:
    return [leg for leg in peer.up() if leg.station is not None and leg.state == "ringing"]


def utc_ms() -> int:
    return time.time_ns() // 1_000_000


def talk(peer: SwitchPeer, number: str = "+34600111222") -> tuple[Leg, Leg]:
    """A caller and the agent who answered."""
    before = {leg.id for leg in ringing(peer)}
    caller = peer.offer(number)
    agent = wait_for("a station rings", lambda: next((leg for leg in ringing(peer) if leg.id not in before), None))
    assert peer.answer(agent)
    wait_for("they are connected", lambda: caller.peer == agent.id)
    return caller, agent


def answer_all(peer: SwitchPeer) -> bool:
    """Lift every station that rings; False when one had just stopped."""
    lifted = [peer.answer(leg) for leg in ringing(peer)]
    return all(lifted)


def rows(acd: AcdProcess, count: int) -> list[CallRow]:
    """The calls in the store, oldest first, once there are `count`."""
    store = open_store(acd.store)
    wait_for(f"{count} calls in the store", lambda: len(calls(store)) >= count)
    return list(reversed(calls(store)))
