"""When a modem needs the next frame of our sound, told from when its own come. No clock, no I/O: moments come in.

A modem speaks and listens in one clock, which is not ours, and what it says reaches us up to tens of milliseconds late.
The earliest frames of each second show its clock; frames are written on time in it whatever the others' lateness, so
that the modem holds QUEUED_MS of sound: enough for this thread to be late, and no more delay than that.
"""

FRAME_MS = 20.0
LEAD_FRAMES = 1
"""Sent ahead of the first frame: silence, at the begin of a call."""
QUEUED_MS = 38.0
"""What the modem still has when the next frame comes: how late that may be without being heard."""
LATE_MS = 24.0
"""Beyond it the modem is led anew: whether it starved meanwhile or not, afterwards it is known what it has."""
PHASE_MS = (LEAD_FRAMES + 1) * FRAME_MS - QUEUED_MS
"""That is: how long after the modem's own frame ours is written."""
WINDOW_FRAMES = 50
"""A second."""
UNSURE_MS = 2.0
"""How exactly the earliest frame of a second tells the modem's clock: it was late, too, by about half of this."""
MAX_SHIFT_MS = 2.0
"""In a second: follows a clock that is off by 2,000 ppm, ten times what modems' crystals are."""
LOST_MS = 12.0
"""A change beyond it from one second to the next is a lost or doubled frame, not a clock."""
SILENT_MS = 500.0
"""A modem that sends nothing for so long needs nothing."""


class SoundPace:
    """`heard` whenever sound came, `take` at `due_ms`: it says how many frames to write."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A call's sound starts: nothing is due before the modem speaks."""
        self.due_ms: float | None = None
        self.missed_frames = 0
        """Which the last `take` left out because it came too late for them: the modem was silent meanwhile."""
        self._leads = LEAD_FRAMES
        self._lost_frames = 0
        self._heard_frames = 0.0
        self._heard_at_ms = 0.0
        self._ticks = 0
        self._step_ms = FRAME_MS
        self._distance_ms: float | None = None
        self._clock_ms: float | None = None
        self._earliest_ms = float("inf")
        self._window_ends = float(WINDOW_FRAMES)

    def heard(self, frames: float, now_ms: float) -> None:
        """So much came from the modem."""
        if self.due_ms is None:
            self._lead(now_ms)
        self._heard_frames += frames
        self._heard_at_ms = now_ms
        self._earliest_ms = min(self._earliest_ms, now_ms - self._heard_frames * FRAME_MS)
        if self._heard_frames >= self._window_ends:
            self._steer()

    def take(self, now_ms: float) -> int:
        """How many frames the modem is to get now."""
        self.missed_frames = 0
        if self.due_ms is None or now_ms < self.due_ms:
            return 0
        if now_ms - self._heard_at_ms > SILENT_MS:
            self.begin()
            return 0
        if now_ms - self.due_ms > LATE_MS:
            self.missed_frames = max(0, int((now_ms - self.due_ms) / FRAME_MS) - LEAD_FRAMES)
            self._lead(now_ms)
        frames, self._leads = self._leads, 0
        while self.due_ms <= now_ms:
            self.due_ms += self._step_ms
            self._ticks += 1
            frames += 1
        return frames

    def take_lost(self) -> int:
        """How many frames of the modem's never came, found since this was asked last; less than none: some came that
        were thought lost."""
        lost, self._lost_frames = self._lost_frames, 0
        return lost

    def led(self) -> None:
        """The modem was empty, and got LEAD_FRAMES beside what was due: as at the begin of a call."""
        self._distance_ms = None
        self._step_ms = FRAME_MS

    def _lead(self, now_ms: float) -> None:
        self.due_ms = now_ms
        self._leads = LEAD_FRAMES
        self.led()

    def _new_window(self) -> None:
        self._earliest_ms = float("inf")
        self._window_ends = self._heard_frames + WINDOW_FRAMES

    def _steer(self) -> None:
        assert self.due_ms is not None
        clock_ms, before_ms = self._earliest_ms, self._clock_ms
        self._clock_ms = clock_ms
        self._new_window()
        ours_ms = self.due_ms - self._ticks * FRAME_MS
        if self._distance_ms is None:
            self._distance_ms = _wanted_distance(ours_ms - clock_ms)
        elif before_ms is not None and abs(clock_ms - before_ms) > LOST_MS:
            self._distance_ms -= clock_ms - before_ms
            self._lost_frames += round((clock_ms - before_ms) / FRAME_MS)
        wrong_ms = clock_ms + self._distance_ms - ours_ms
        self._step_ms = FRAME_MS + max(-MAX_SHIFT_MS, min(MAX_SHIFT_MS, wrong_ms)) / WINDOW_FRAMES


def _wanted_distance(distance_ms: float) -> float:
    """How far our frames shall be behind the modem's; the first one was written `distance_ms` behind, while the modem
    had the LEAD_FRAMES. Just around the moment of a frame nobody can tell whether the modem took one more before it or
    not: between the two then."""
    behind_ms = (distance_ms + UNSURE_MS / 2) % FRAME_MS
    if behind_ms > FRAME_MS - UNSURE_MS:
        return distance_ms - FRAME_MS / 2 + UNSURE_MS
    return distance_ms + UNSURE_MS / 2 - behind_ms + PHASE_MS
