"""Takes the echo of what is sent out of what a line brings back: SpeexDSP's canceller, fed in any pieces.

A hybrid (two wires towards the exchange, four towards us) sends part of what we say back to us, later by the modem's
and our own buffers. The canceller learns that path; it has to be told what was sent, sample for sample. It learns the
path's beginning fastest, so what was sent is held back until shortly before its echo comes (`echo_delay`). What its
filter leaves is made quieter by SpeexDSP's preprocessor, which costs 20 ms of delay. Where no echo was found, the line
is heard as it is.
"""

import ctypes
import weakref

from hw.devices import FRAME_BYTES, SAMPLE_RATE_HZ
from hw.signals.echo_delay import BLOCK_MS, BLOCK_SAMPLES, LONGEST, EchoDelay
from hw.signals.libraries import speexdsp

FRAME_SAMPLES = FRAME_BYTES // 2
TAIL_SAMPLES = FRAME_SAMPLES
"""20 ms, aligned by `echo_delay`: a hybrid's path is nearly all in its first 8 ms (ITU-T G.168 annex D), and a filter
of one block learns in half a second what one of 64 ms learns in several."""
EARLY_BLOCKS = 1
"""How long before the echo what was sent is given to the canceller: 5 ms, which the delay may be wrong by."""
MAX_AHEAD_BYTES = 25 * FRAME_BYTES
"""Sent and not yet heard: 500 ms. What is more means that sound was lost on the way; the oldest is forgotten."""
MOST_AHEAD_FRAMES, AHEAD_WINDOW = 2, 100
"""Sent and not yet heard, at the least of so many frames' moments (2 s): more than a modem was given before it played
them cannot come back in what comes next. Some of what came was lost, and nobody told."""
MAX_PAST_BYTES = LONGEST * 2 * BLOCK_SAMPLES + FRAME_BYTES
_SET_SAMPLING_RATE = 24
_SET_DENOISE = 0
_SET_NOISE_SUPPRESS = 18
_SET_ECHO_SUPPRESS = 20
_SET_ECHO_SUPPRESS_ACTIVE = 22
_SET_ECHO_STATE = 24
SUPPRESS_NOISE_DB = 0
"""The line's noise stays, and tones are as loud as they were."""
SUPPRESS_DB = -40
"""Of what the filter leaves while only we speak …"""
SUPPRESS_ACTIVE_DB = -15
"""… and while the far end speaks."""


class EchoCanceller:
    """For one line, one call after another (`begin`). Not for two threads at once. Raises SignalLibraryMissing.

    `heard` returns whole frames as they become complete, as many bytes as came but for less than a frame.
    """

    def __init__(self) -> None:
        self._library = speexdsp()
        self._echo = self._library.speex_echo_state_init(FRAME_SAMPLES, TAIL_SAMPLES)
        self._after = self._library.speex_preprocess_state_init(FRAME_SAMPLES, SAMPLE_RATE_HZ)
        if not self._echo or not self._after:
            raise MemoryError("no memory for an echo canceller")
        weakref.finalize(self, _free, self._library, self._echo, self._after)
        rate = ctypes.c_int(SAMPLE_RATE_HZ)
        self._library.speex_echo_ctl(self._echo, _SET_SAMPLING_RATE, ctypes.byref(rate))
        self._library.speex_preprocess_ctl(self._after, _SET_ECHO_STATE, self._echo)
        for request, value in (
            (_SET_DENOISE, 1),
            (_SET_NOISE_SUPPRESS, SUPPRESS_NOISE_DB),
            (_SET_ECHO_SUPPRESS, SUPPRESS_DB),
            (_SET_ECHO_SUPPRESS_ACTIVE, SUPPRESS_ACTIVE_DB),
        ):
            self._library.speex_preprocess_ctl(self._after, request, ctypes.byref(ctypes.c_int(value)))
        self._rest = bytearray()
        self._sent = bytearray()
        self._past = bytearray(MAX_PAST_BYTES)
        """What was sent, up to now in the time of what comes."""
        self._delay = EchoDelay()
        self._least_ahead = MAX_AHEAD_BYTES
        self._heard_frames = 0
        self._early = 0
        """Bytes by which what was sent is held back."""

    @property
    def delay_ms(self) -> int | None:
        """How late the echo comes, once it is known; not counting what is on its way from us."""
        return None if self._delay.blocks is None else BLOCK_MS * self._delay.blocks

    def begin(self) -> None:
        """Another call: nothing is on its way. What was learnt of the path is kept, for the line is the same."""
        self._rest.clear()
        self._sent.clear()

    def sent(self, sound: bytes) -> None:
        """This goes out after all that was sent before (s16le mono 8,000 Hz)."""
        self._sent += sound
        surplus = len(self._sent) - MAX_AHEAD_BYTES
        if surplus > 0:
            del self._sent[: surplus + surplus % 2]

    def lost(self, frames: int) -> None:
        """So many frames never came, and their echo with them; less than none: as many too many were told lost."""
        for _ in range(min(frames, MAX_AHEAD_BYTES // FRAME_BYTES)):
            self._next_sent()
        if frames < 0:
            room = MAX_AHEAD_BYTES - len(self._sent)
            self._sent[:0] = bytes(max(0, min(-frames * FRAME_BYTES, room)))

    def heard(self, sound: bytes) -> bytes:
        """What came without our echo in it."""
        self._rest += sound
        clean = bytearray()
        while len(self._rest) >= FRAME_BYTES:
            came = bytes(self._rest[:FRAME_BYTES])
            del self._rest[:FRAME_BYTES]
            clean += self._frame(came)
        return bytes(clean)

    def _align(self) -> None:
        """The delay is known, or another one: the filter begins anew, when that makes a difference to it."""
        early = max(0, (self._delay.blocks or 0) - EARLY_BLOCKS) * 2 * BLOCK_SAMPLES
        if early != self._early:
            self._early = early
            self._library.speex_echo_state_reset(self._echo)

    def _look_ahead(self) -> None:
        self._least_ahead = min(self._least_ahead, len(self._sent))
        self._heard_frames += 1
        if self._heard_frames % AHEAD_WINDOW == 0:
            surplus = self._least_ahead // FRAME_BYTES - MOST_AHEAD_FRAMES
            self._least_ahead = MAX_AHEAD_BYTES
            if surplus > 0:
                self.lost(surplus)

    def _next_sent(self) -> bytes:
        now = bytes(self._sent[:FRAME_BYTES])
        del self._sent[:FRAME_BYTES]
        now += bytes(FRAME_BYTES - len(now))
        self._past += now
        del self._past[:FRAME_BYTES]
        return now

    def _frame(self, came: bytes) -> bytes:
        self._look_ahead()
        now = self._next_sent()
        if self._delay.frame(now, came):
            self._align()
        end = len(self._past) - self._early
        said = bytes(self._past[end - FRAME_BYTES : end])
        out = ctypes.create_string_buffer(FRAME_BYTES)
        self._library.speex_echo_cancellation(self._echo, came, said, out)
        self._library.speex_preprocess_run(self._after, out)
        return came if self._delay.blocks is None else out.raw


def _free(library: ctypes.PyDLL, echo: int, after: int) -> None:
    library.speex_preprocess_state_destroy(after)
    library.speex_echo_state_destroy(echo)
