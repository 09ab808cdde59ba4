"""A handset's or a modem's sound through ALSA: a thread that is there only while sound is attached, in the sound card's
own clock.

What of pyalsaaudio 0.11 this relies on (read in its source, tried in tests/hw):
- PCM_NONBLOCK `read()` returns (frames, bytes); (0, b"") when less than anything is there, and it starts the capture;
  (-EPIPE, b"") after an overrun, having prepared the stream again: the next read starts it.
- `write(bytes)` takes any whole number of frames, starts the playback at once (start_threshold is 1), returns how many
  it took, or -EPIPE after an underrun, having prepared the stream: nothing was taken.
- `avail()` returns frames, or a negative errno without raising. Every other error raises ALSAAudioError.
- read and write let go of the GIL; opening and `close()` do not. `close()` plays what is left: `drop()` comes first.
- A PCM is used from one thread only, this one.
"""

import errno
import logging
import select
import threading
import time
from collections.abc import Callable

import alsaaudio

from hw.devices import SAMPLE_RATE_HZ, SoundExchange

PERIOD_FRAMES = 160
PERIOD_BYTES = 2 * PERIOD_FRAMES
PERIODS = 8
"""160 ms: how late this thread may be before capture is lost."""
PRIME_FRAMES = 3 * PERIOD_FRAMES
"""Silence put before the first sound. When a captured period is answered, 40 ms of it are left: the lateness that
the person does not hear."""
MAX_QUEUED_FRAMES = 3 * PERIOD_FRAMES
"""60 ms still unplayed when the next period comes (after a stall): that period is dropped, delay never builds up."""
SLIP_FRAMES = 40
SLIP_BELOW_FRAMES = 280
SLIP_ABOVE_FRAMES = 360
"""Where capture and playback are two clocks: 5 ms are repeated or left out when the fullest queue of a second is
outside of these. The fullest, because lateness of this thread only ever makes it look emptier."""
SLIP_WINDOW = 50
STALL_S = 1.0
RETRY_FIRST_S = 0.1
RETRY_MAX_S = 1.0
DOWN_AFTER_S = 3.0
"""A card that is back sooner (a USB hiccup) is not reported: the call goes on."""

log = logging.getLogger(__name__)


class SoundFailed(Exception):
    """The card cannot be used now; the message is one plain sentence."""


def open_pcm(device: str, *, playback: bool) -> alsaaudio.PCM:
    """A PCM at 8,000 Hz, 16 bits, mono, non-blocking. Raises SoundFailed."""
    try:
        pcm = alsaaudio.PCM(
            alsaaudio.PCM_PLAYBACK if playback else alsaaudio.PCM_CAPTURE,
            alsaaudio.PCM_NONBLOCK,
            device=device,
            rate=SAMPLE_RATE_HZ,
            channels=1,
            format=alsaaudio.PCM_FORMAT_S16_LE,
            periodsize=PERIOD_FRAMES,
            periods=PERIODS,
        )
    except alsaaudio.ALSAAudioError as error:
        raise SoundFailed(f"sound card {device} cannot be opened: {error}") from error
    got = pcm.info()
    if (got["rate"], got["channels"], got["format_name"]) != (SAMPLE_RATE_HZ, 1, "S16_LE"):
        pcm.close()
        raise SoundFailed(f"sound card {device} gives {got['rate']} Hz × {got['channels']}: name it as plughw:…")
    return pcm


class _Cards:
    """Both directions of the card while they are open."""

    def __init__(self, capture: str, playback: str) -> None:
        self.capture = open_pcm(capture, playback=False)
        try:
            self.playback = open_pcm(playback, playback=True)
        except SoundFailed:
            self.capture.close()
            raise
        self.buffer_frames: int = self.playback.info()["buffer_size"]
        self.queued_frames = 0
        self._fullest = 0
        self._periods = 0
        self._poller = select.poll()
        for descriptor, events in self.capture.polldescriptors():
            self._poller.register(descriptor, events)

    def begin(self) -> None:
        """Start both."""
        self._prime(b"")
        self.capture.read()

    def wait(self) -> None:
        """Until a period is there. Raises SoundFailed when none comes."""
        ready = self._poller.poll(STALL_S * 1000)
        if not ready:
            raise SoundFailed(f"the sound card gave nothing for {STALL_S:g} s")
        self.capture.polldescriptors_revents(ready)  # some plugins clear their timers here

    def _prime(self, sound: bytes) -> None:
        self._fullest = self._periods = 0
        self.playback.write(bytes(2 * PRIME_FRAMES) + sound)

    def play(self, said: bytes) -> bool:
        """Queue one period; False when the queue had run dry (and was primed anew)."""
        free = self.playback.avail()
        queued = self.queued_frames = self.buffer_frames - free if free >= 0 else 0
        if queued > MAX_QUEUED_FRAMES:
            return True
        if self.playback.write(self._slipped(said, queued)) == -errno.EPIPE:
            self._prime(said)
            return False
        return True

    def _slipped(self, said: bytes, queued: int) -> bytes:
        self._fullest = max(self._fullest, queued)
        self._periods += 1
        if self._periods < SLIP_WINDOW:
            return said
        fullest, self._fullest, self._periods = self._fullest, 0, 0
        if fullest > SLIP_ABOVE_FRAMES:
            return said[: -2 * SLIP_FRAMES]
        if fullest < SLIP_BELOW_FRAMES:
            return said + said[-2 * SLIP_FRAMES :]
        return said

    def close(self) -> None:
        for pcm in (self.capture, self.playback):
            try:
                pcm.drop()
            except alsaaudio.ALSAAudioError:
                pass  # a card that is gone has nothing left to drop
            finally:
                pcm.close()


class CardSound:
    """The sound of one handset port, or of a modem that is a sound card. `report` gets one plain sentence when it is
    down, None when it works (again); it is called from the sound thread, or from whoever calls `probe`."""

    def __init__(self, capture: str, playback: str, report: Callable[[str | None], None]) -> None:
        self._capture = capture
        self._playback = playback
        self._report = report
        self._lock = threading.Lock()
        self._exchanging = threading.Lock()
        self._cards_in_use = threading.Lock()
        self._wanted: SoundExchange | None = None
        self._attachment = 0
        self._thread: threading.Thread | None = None
        self._retry_now = threading.Event()
        self.overruns = 0
        """How often captured sound was lost because this process was late."""
        self.underruns = 0
        """How often the person heard a gap because this process was late."""
        self.queued_frames = 0
        """What was still unplayed when the last period came: the delay towards the person."""

    def attach(self, exchange: SoundExchange) -> None:
        """From now on, exchange a period (320 bytes) each 20 ms of the card's clock. Opens the card anew: nothing of
        an earlier call is left in its buffers."""
        with self._lock, self._exchanging:
            self._wanted = exchange
            self._attachment += 1
            self._retry_now.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"sound {self._capture}", daemon=True)
                self._thread.start()

    def detach(self) -> None:
        """Once this has returned, the exchange is not called any more. Not to be called from within it."""
        with self._lock, self._exchanging:
            self._wanted = None
            self._attachment += 1
            self._retry_now.set()

    def close(self) -> None:
        self.detach()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(5)

    def probe(self) -> None:
        """Report whether both directions can be opened; not while sound is attached, the sound thread knows then."""
        if self._thread is not None or not self._cards_in_use.acquire(blocking=False):
            return
        try:
            _Cards(self._capture, self._playback).close()
        except (SoundFailed, alsaaudio.ALSAAudioError) as error:
            self._report(str(error))
        else:
            self._report(None)
        finally:
            self._cards_in_use.release()

    def _run(self) -> None:
        retry_s = RETRY_FIRST_S
        failing_since: float | None = None
        while True:
            with self._lock:
                if self._wanted is None:
                    self._thread = None
                    return
                attachment = self._attachment
                self._retry_now.clear()
            began = time.monotonic()
            try:
                self._exchange_until_changed(attachment)
                failing_since, retry_s = None, RETRY_FIRST_S
                continue
            except (SoundFailed, alsaaudio.ALSAAudioError) as error:
                reason = str(error)
            except Exception as error:
                log.exception("sound of %s failed", self._capture)
                reason = f"{type(error).__name__}: {error}"
            now = time.monotonic()
            if now - began > DOWN_AFTER_S:
                failing_since, retry_s = None, RETRY_FIRST_S
            failing_since = failing_since or now
            if now - failing_since >= DOWN_AFTER_S:
                self._report(reason)
            self._retry_now.wait(retry_s)
            retry_s = min(2 * retry_s, RETRY_MAX_S)

    def _exchange_until_changed(self, attachment: int) -> None:
        with self._cards_in_use:
            cards = _Cards(self._capture, self._playback)
            try:
                cards.begin()
                self._report(None)
                pending = bytearray()
                while attachment == self._attachment:
                    cards.wait()
                    self._exchange_what_is_there(cards, pending, attachment)
            finally:
                cards.close()

    def _exchange_what_is_there(self, cards: _Cards, pending: bytearray, attachment: int) -> None:
        while attachment == self._attachment:
            frames, heard = cards.capture.read()
            if frames == -errno.EPIPE:
                self.overruns += 1
                continue
            if frames == 0:
                return
            pending += heard
            while len(pending) >= PERIOD_BYTES:
                period = bytes(pending[:PERIOD_BYTES])
                del pending[:PERIOD_BYTES]
                said = self._exchange(period, attachment)
                if said is not None and not cards.play(said):
                    self.underruns += 1
                self.queued_frames = cards.queued_frames

    def _exchange(self, heard: bytes, attachment: int) -> bytes | None:
        with self._exchanging:
            if attachment != self._attachment or self._wanted is None:
                return None
            return self._wanted(heard)
