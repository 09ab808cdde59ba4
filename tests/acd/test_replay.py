"""A day replayed: from its beginning and from snapshots taken at random it arrives at the same state, with the same
effects, to the byte. How inputs get to the disk and back is shown in tests/daemon; here they are the ones handled.
"""

import random

import msgspec
import pytest

from appliance.acd.acd import Acd, Effects
from appliance.acd.inputs import Input, LegOffered
from tests.world import World
from tests.world_parts import EVERYTHING

_encode = msgspec.msgpack.Encoder().encode


class Day:
    """A day as it was: each input with its effects, and the state at its end and at some moments before."""

    def __init__(self, seed: int, calls: int, snapshots: int) -> None:
        self.inputs: list[tuple[Input, int]] = []
        self.effects: list[bytes] = []
        self._wanted = snapshots
        self._kept: list[tuple[int, bytes]] = []
        self._chance = random.Random(seed)
        self.world = World(seed, calls, EVERYTHING)
        self.begin = self.world.acd.snapshot()
        self.world.witness = self._witness
        self.world.run()
        self.end = self.world.acd.snapshot()

    @property
    def snapshots(self) -> list[tuple[int, bytes]]:
        """(how many inputs were handled by then, the state), drawn evenly from the whole day."""
        return sorted(self._kept)

    def _witness(self, acd: Acd, input: Input, at_ms: int, effects: Effects) -> None:
        self.inputs.append((input, at_ms))
        self.effects.append(_encode(effects.all))
        # Reservoir sampling (Vitter's algorithm R): how long the day will be is not known.
        count = len(self.inputs)
        if count <= self._wanted:
            self._kept.append((count, acd.snapshot()))
        elif (place := self._chance.randrange(count)) < self._wanted:
            self._kept[place] = (count, acd.snapshot())

    def replay(self, handled: int, snapshot: bytes) -> None:
        """Raises AssertionError at the first input that leads to anything else than it did."""
        acd = Acd.from_snapshot(snapshot)
        for number in range(handled, len(self.inputs)):
            input, at_ms = self.inputs[number]
            got = _encode(acd.handle(input, at_ms).all)
            assert got == self.effects[number], f"input {number}, {input} at {at_ms}, from the snapshot at {handled}"
        assert acd.snapshot() == self.end, f"from the snapshot at {handled}"


def test_a_day_is_replayed_to_the_byte_from_anywhere() -> None:
    day = Day(11, 500, 10)
    day.replay(0, day.begin)
    for handled, snapshot in day.snapshots:
        day.replay(handled, snapshot)


def test_a_replay_that_goes_elsewhere_is_seen() -> None:
    """The comparison can fail: one input left out is noticed."""
    day = Day(11, 100, 1)
    left_out = next(at for at, (input, _) in enumerate(day.inputs) if isinstance(input, LegOffered))
    del day.inputs[left_out], day.effects[left_out]
    with pytest.raises(AssertionError):
        day.replay(0, day.begin)


@pytest.mark.long
def test_a_day_of_ten_thousand_calls_is_replayed_to_the_byte_from_a_hundred_snapshots() -> None:
    day = Day(11, 10_000, 100)
    day.replay(0, day.begin)
    for handled, snapshot in day.snapshots:
        day.replay(handled, snapshot)
    print(f"{len(day.inputs)} inputs of {day.world.ledger.offered} calls, replayed from {len(day.snapshots)} snapshots")
