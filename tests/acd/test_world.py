"""Whole simulated days: everything goes wrong, every invariant holds, and every replay arrives at the same state."""

import os

import msgspec
import pytest

from appliance.acd.acd import Acd
from appliance.acd.snapshot import SnapshotError
from tests.world import World
from tests.world_parts import EVERYTHING, NONE, Faults
from tests.world_plan import plain_plan

FIRST_SEED = int(os.environ.get("CENTRALITA_SEED", "1"))
"""Another seed from outside gives other days; a failure prints the seed to give."""


def play(seed: int, calls: int, faults: Faults) -> World:
    world = World(seed, calls, faults)
    try:
        world.run()
    except BaseException:
        print(f"seed {seed}, {calls} calls, {faults}: repeat with CENTRALITA_SEED={seed}")
        raise
    return world


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 50))
def test_a_day_on_which_everything_goes_wrong(seed: int) -> None:
    ledger = play(seed, 1_000, EVERYTHING).ledger
    assert ledger.acd_deaths > 5 and ledger.plan_changes > 5
    assert ledger.switch_deaths > 0
    assert ledger.late, "the faults of the day left no trace: they did not happen"


def test_on_a_quiet_day_every_call_has_its_record_and_nothing_is_late() -> None:
    ledger = World(FIRST_SEED, 500, NONE, plan=plain_plan()).run()
    assert sum(cdr.direction == "in" for cdr in ledger.cdrs) == ledger.offered
    assert ledger.reasons()["answered"] > ledger.offered // 2
    crossed = {"answered_after_hang_up", "progress_after_hang_up", "play_of_before"}
    assert not set(ledger.late) - crossed - {"useless_button"}, "a login at a phone whose agent sits elsewhere"


def test_the_same_seed_is_the_same_day() -> None:
    first, second = (play(FIRST_SEED, 100, EVERYTHING) for _ in range(2))
    assert first.ledger.cdrs == second.ledger.cdrs
    assert first.acd.snapshot() == second.acd.snapshot()


@pytest.mark.parametrize("broken", [b"", b"\x00", b"not a snapshot", b"\x82\xa7version\x63\xa5state\x80"])
def test_bytes_that_are_no_snapshot_are_refused(broken: bytes) -> None:
    with pytest.raises(SnapshotError):
        Acd.from_snapshot(broken)


def test_a_snapshot_of_another_version_says_so() -> None:
    with pytest.raises(SnapshotError, match="version 99"):
        Acd.from_snapshot(msgspec.msgpack.encode({"version": 99, "state": {}}))


@pytest.mark.long
def test_a_thousand_days_on_which_everything_goes_wrong() -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + 1_000):
        play(seed, 1_000, EVERYTHING)
