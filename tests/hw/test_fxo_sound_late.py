"""The sound of an analogue modem whose bytes come late, in simulated time: how old what it plays is, and its echo.

The modem has its own clock. Each 20 ms of it it plays a frame of ours and says one, which comes up to 40 ms late.
"""

import random
from array import array
from collections import deque
from dataclasses import dataclass, field

import pytest

from hw import dle, g711
from hw.devices import FRAME_BYTES
from hw.fxo_ear import FxoEar
from hw.fxo_sound import FRAME_CODES, FxoSound
from hw.sound_frames import SoundFrames
from tests.sound import level_dbfs
from tests.spoken import speech

SEED = 11
LATE_MS = 40.0
STARVED_MS = 100
LOOK_MS = 60.0
BEGUN_MS = 200.0
"""Until the modem was heard for the first time it has nothing of ours."""
OLDEST_MS = 42.0
"""QUEUED_MS, two frames at the moment they are written, and what drift is steered by."""
HYBRID_LOSS_DB = 10
NEVER = float("inf")


@dataclass
class Line:
    """A modem at its line, a driver's sound, and its user, who speaks without end."""

    ppm: float
    cancels_echo: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    now_ms: float = 0.0
    ticks: int = 0
    arrivals: deque[tuple[float, bytes]] = field(default_factory=deque)
    queued: deque[tuple[float, bytes]] = field(default_factory=deque)
    """Frames of ours in the modem, and when the user gave them."""
    ages_ms: list[float] = field(default_factory=list)
    """Of frames of ours when the modem began to play them."""
    starved: list[float] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        frames = SoundFrames(settle_ms=0)
        frames.attach(self._user)
        self._speech = next(speech(20, 3))
        self._unshielder = dle.Unshielder()
        ear = FxoEar("ES", self.cancels_echo, lambda tone: None)
        self.sound = FxoSound("a_law", frames, lambda code: None, STARVED_MS, ear)
        self.sound.begin(0.0)
        self._look_ms = LOOK_MS

    def _user(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        self.heard += heard
        begin = len(self.said) % (len(self._speech) - 2_000)
        said = (self._speech + self._speech)[begin : begin + (said_bytes or 0)]
        self.said += said
        return said

    def run(
        self,
        until_ms: float,
        held_up: tuple[float, float] = (0, 0),
        kept: tuple[float, float] = (0, 0),
        lost: tuple[float, float] = (0, 0),
    ) -> None:
        """On with time. Our thread does nothing while `held_up`; what the modem says while `kept` comes at its end,
        and while `lost` never."""
        step_ms = 20.0 / (1 + self.ppm / 1e6)
        while self.now_ms < until_ms:
            tick_ms = (self.ticks + 1) * step_ms
            due_ms = self.sound.due_ms if self.sound.due_ms is not None else NEVER
            arrives_ms = self.arrivals[0][0] if self.arrivals else NEVER
            ours_ms = min(due_ms, arrives_ms, self._look_ms)
            if held_up[0] <= ours_ms < held_up[1]:
                ours_ms = held_up[1]
            self.now_ms = max(self.now_ms, min(tick_ms, ours_ms))
            if tick_ms <= ours_ms:
                self._tick(kept, lost)
                continue
            if due_ms <= self.now_ms:
                self._take()
            while self.arrivals and self.arrivals[0][0] <= self.now_ms:
                self.sound.heard(self.arrivals.popleft()[1], self.now_ms)
            if self._look_ms <= self.now_ms:
                self.sound.stand_in(self.now_ms)
                self._look_ms = self.now_ms + LOOK_MS
            self._take()

    def _take(self) -> None:
        codes = b"".join(
            item.data for item in self._unshielder.feed(self.sound.take(0, self.now_ms)) if isinstance(item, dle.Sound)
        )
        for at in range(0, len(codes), FRAME_CODES):
            self.queued.append((self.now_ms, codes[at : at + FRAME_CODES]))

    def _tick(self, kept: tuple[float, float], lost: tuple[float, float]) -> None:
        self.ticks += 1
        played = g711.SILENCE["a_law"] * FRAME_CODES
        if self.queued:
            given_ms, played = self.queued.popleft()
            self.ages_ms.append(self.now_ms - given_ms)
        else:
            self.starved.append(self.now_ms)
        gain = 10 ** (-HYBRID_LOSS_DB / 20)
        echo = array("h", (round(gain * one) for one in array("h", g711.decoder("a_law")(played))))
        says = dle.shield(g711.encoder("a_law")(echo.tobytes()))
        if lost[0] <= self.now_ms < lost[1]:
            return
        before_ms = self.arrivals[-1][0] if self.arrivals else 0.0
        late_ms = max(before_ms, self.now_ms + self.chance.uniform(0, LATE_MS))
        self.arrivals.append((max(late_ms, kept[1]) if kept[0] <= self.now_ms < kept[1] else late_ms, says))


@pytest.mark.parametrize("ppm", [200.0, -200.0, 0.0])
def test_what_a_late_modem_plays_is_never_old_and_never_missing(ppm: float) -> None:
    line = Line(ppm)
    line.run(120_000)
    assert all(at < BEGUN_MS for at in line.starved)
    assert max(line.ages_ms[100:]) <= OLDEST_MS
    assert abs(len(line.heard) - len(line.said)) <= 5 * FRAME_BYTES


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_its_echo_is_cancelled_all_the_same(ppm: float) -> None:
    line = Line(ppm, cancels_echo=True)
    line.run(20_000)
    assert level_dbfs(bytes(line.heard[-16_000 * 4 :])) < level_dbfs(bytes(line.said[-16_000 * 4 :])) - 35


@pytest.mark.parametrize("held_up_ms", [30.0, 70.0, 150.0])
def test_a_thread_held_up_leaves_no_delay_and_no_echo(held_up_ms: float) -> None:
    line = Line(200.0, cancels_echo=True)
    line.run(6_000)
    line.run(7_000, held_up=(6_010, 6_010 + held_up_ms))
    line.ages_ms.clear()
    line.heard.clear()
    line.run(20_000)
    assert all(at < BEGUN_MS or 6_000 < at < 6_500 for at in line.starved)
    assert max(line.ages_ms) <= OLDEST_MS
    assert level_dbfs(bytes(line.heard)) < -55, "it did not have to be learnt anew"


def test_sound_kept_back_and_then_sent_at_once_leaves_no_delay_and_no_echo() -> None:
    line = Line(-200.0, cancels_echo=True)
    line.run(6_000)
    line.run(7_000, kept=(6_000, 6_400))
    line.ages_ms.clear()
    line.heard.clear()
    line.run(20_000)
    assert all(at < BEGUN_MS for at in line.starved), "it is fed while nothing comes from it"
    assert max(line.ages_ms) <= OLDEST_MS
    assert level_dbfs(bytes(line.heard)) < -55, "it did not have to be learnt anew"


@pytest.mark.parametrize("lost_ms", [20.0, 60.0])
def test_sound_that_is_lost_on_its_way_leaves_no_delay_and_no_echo(lost_ms: float) -> None:
    line = Line(200.0, cancels_echo=True)
    line.run(6_000)
    line.run(9_000, lost=(6_000, 6_000 + lost_ms))
    line.ages_ms.clear()
    line.heard.clear()
    line.run(20_000)
    assert all(at < BEGUN_MS for at in line.starved)
    assert max(line.ages_ms) <= OLDEST_MS
    assert level_dbfs(bytes(line.heard)) < -55, "three seconds later it is as it was"
