"""When a modem gets its frames: its queue in simulated time, its clock off, its frames late, lost, stopped."""

import random
from dataclasses import dataclass, field

import pytest

from hw.devices import FRAME_BYTES
from hw.sound_pace import FRAME_MS, QUEUED_MS, SILENT_MS, SoundPace
from hw.sound_rest import EVERY_FRAMES, REST_FRAMES, SoundRest

SEED = 4
LATE_MS = 40.0
LOUD = b"\x00\x40" * (FRAME_BYTES // 2)


@dataclass
class Modem:
    """Consumes a frame of ours and says one, each 20 ms of its clock; what it says arrives late."""

    ppm: float
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    pace: SoundPace = field(default_factory=SoundPace)
    rest: SoundRest = field(default_factory=SoundRest)
    said_frames: int = 0
    """Ours: 0.4 s of a pause in each 4 s."""
    queued: int = 0
    starved: list[float] = field(default_factory=list)
    most_queued: int = 0
    frames: int = 0
    now_ms: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    """Of frames on their way."""

    def run(self, until_ms: float, held_up: tuple[float, float] = (0, 0), lost: tuple[float, float] = (0, 0)) -> None:
        """On with time; our thread does nothing while `held_up`, and what is said while `lost` never arrives."""
        step_ms = FRAME_MS / (1 + self.ppm / 1e6)
        while self.now_ms < until_ms:
            tick_ms = (self.frames + 1) * step_ms
            due_ms = self.pace.due_ms if self.pace.due_ms is not None else float("inf")
            arrives_ms = self.arrivals[0] if self.arrivals else float("inf")
            if held_up[0] <= min(due_ms, arrives_ms) < held_up[1]:
                due_ms, arrives_ms = max(due_ms, held_up[1]), max(arrives_ms, held_up[1])
            self.now_ms = min(tick_ms, due_ms, arrives_ms)
            if self.now_ms == arrives_ms:
                self.arrivals.pop(0)
                self.pace.heard(1, self.now_ms)
                self._take()
            elif self.now_ms == due_ms:
                self._take()
            else:
                self._tick()
                if not lost[0] <= self.now_ms < lost[1]:
                    before = self.arrivals[-1] if self.arrivals else 0.0
                    self.arrivals.append(max(before, self.now_ms + self.rng.uniform(0, LATE_MS)))

    def _take(self) -> None:
        frames = self.pace.take(self.now_ms)
        self.said_frames += frames
        pause = self.said_frames % 200 < 20
        sound, led = self.rest.over((bytes(FRAME_BYTES) if pause else LOUD) * frames)
        if led:
            self.pace.led()
        self.queued += len(sound) // FRAME_BYTES
        self.most_queued = max(self.most_queued, self.queued)

    def _tick(self) -> None:
        self.frames += 1
        if self.queued:
            self.queued -= 1
        elif not 2 <= self.said_frames % 200 <= 22:
            self.starved.append(self.now_ms)  # in a pause nobody hears it


@pytest.mark.parametrize("ppm", [0.0, 200.0, -200.0, 1000.0, -1000.0])
def test_half_an_hour_with_a_late_modem_neither_starves_it_nor_fills_it(ppm: float) -> None:
    modem = Modem(ppm)
    modem.run(1_800_000)
    assert all(at < 100 for at in modem.starved), "only before it was heard for the first time"
    assert modem.most_queued <= 3


@pytest.mark.parametrize("held_up_ms", [10.0, 30.0])
def test_a_thread_that_is_a_little_late_is_not_heard(held_up_ms: float) -> None:
    modem = Modem(200)
    modem.run(20_000)
    for at in range(20_000, 80_000, 700):
        modem.run(at + 700, held_up=(at, at + held_up_ms))
    assert all(at < 100 for at in modem.starved)
    assert modem.most_queued <= 4


@pytest.mark.parametrize("held_up_ms", [60.0, 150.0, 400.0])
def test_after_being_held_up_the_delay_is_what_it_was(held_up_ms: float) -> None:
    modem = Modem(-200)
    modem.run(10_000)
    modem.run(12_000, held_up=(10_010, 10_010 + held_up_ms))
    assert len([at for at in modem.starved if at > 100]) <= held_up_ms // FRAME_MS
    modem.most_queued = 0
    modem.run(600_000)
    assert all(at < 12_000 for at in modem.starved)
    assert modem.most_queued <= 3


def test_frames_lost_on_the_way_do_not_starve_the_modem() -> None:
    modem = Modem(200)
    modem.run(10_000)
    for at in range(10_000, 100_000, 9_000):
        modem.run(at + 9_000, lost=(at + 100, at + 190))
    modem.run(200_000)
    assert all(at < 100 for at in modem.starved)
    assert modem.most_queued <= 3


def test_what_a_wire_held_up_is_made_good_in_pauses() -> None:
    """It starved, and got the frames all the same: more in it than anybody knows of."""
    modem = Modem(-200)
    modem.run(10_000)
    modem.queued += 8
    modem.run(60_000)
    modem.most_queued = 0
    modem.run(120_000)
    assert all(at < 100 for at in modem.starved)
    assert modem.most_queued <= 3


def test_a_pause_is_left_out_only_where_it_is_one() -> None:
    rest, silent = SoundRest(), bytes(FRAME_BYTES)

    def said(frames: list[bytes]) -> list[tuple[int, bool]]:
        return [(len(sound) // FRAME_BYTES, led) for sound, led in map(rest.over, frames)]

    assert set(said([LOUD] * EVERY_FRAMES)) == {(1, False)}
    assert said([silent] * 4 + [LOUD]) == [(1, False), (1, False), (0, False), (0, False), (3, False)], "all of it came"
    assert set(said([silent] * 50)) == {(1, False)}, "not so soon again"
    assert set(said([LOUD] * EVERY_FRAMES)) == {(1, False)}
    pause = [(1, False)] * 2 + [(0, False)] * (REST_FRAMES - 1) + [(2, True)]
    assert said([silent] * (2 + REST_FRAMES)) == pause
    assert set(said([silent] * 50 + [LOUD] * EVERY_FRAMES)) == {(1, False)}
    assert said([silent] * 6 + [LOUD])[-2:] == [(0, False), (2, True)], "empty by then"


def test_a_modem_that_says_nothing_gets_nothing_until_it_speaks_again() -> None:
    modem = Modem(0)
    modem.run(5_000)
    modem.run(5_000 + SILENT_MS + 2 * FRAME_MS + QUEUED_MS, lost=(5_000, 20_000))
    assert modem.pace.due_ms is None
    assert modem.pace.take(modem.now_ms + 1_000) == 0
    modem.run(60_000)
    assert modem.pace.due_ms is not None
    assert all(at < 100 or 5_000 < at < 7_000 for at in modem.starved)


def test_nothing_is_due_before_the_modem_spoke_or_before_its_time() -> None:
    pace = SoundPace()
    assert pace.take(1_000) == 0
    pace.heard(1, 1_000)
    assert pace.take(1_000) == 2
    assert pace.take(1_000) == 0
    assert pace.take(1_000 + FRAME_MS) == 1
