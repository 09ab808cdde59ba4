"""Hears the digits people press in telephone sound: the DTMF receiver of SpanDSP, fed in any pieces.

SpanDSP's receiver keeps to ITU-T Q.24: a digit of 40 ms and a gap of 50 ms are heard, with 8 dB of twist (4 dB
reverse), frequencies off by 1.5 %, levels down to -26 dB, at a signal-to-noise ratio of 15 dB.
"""

import ctypes
import weakref
from dataclasses import dataclass

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.libraries import spandsp

BLOCK_SAMPLES = 102
"""What SpanDSP decides on at a time: 12.75 ms. A digit is known after two such blocks in a row."""
_MOST_DIGITS = 8
_LEAVE_DECIBELS = -1
_LEAVE_THRESHOLD = -99


@dataclass(frozen=True)
class HeardDigit:
    """A digit (0-9 * # A-D), told once, as soon as it is sure; `at_ms` counts the sound heard until then."""

    digit: str
    at_ms: int


class DtmfReceiver:
    """Hears one telephone's digits. Not for two threads at once.

    `dial_tone` says that the office's dial tone may be heard together with the digits: it is filtered out then.
    Raises SignalLibraryMissing.
    """

    def __init__(self, *, dial_tone: bool = False) -> None:
        self._library = spandsp()
        self._state = self._library.dtmf_rx_init(None, None, None)
        if not self._state:
            raise MemoryError("no memory for a DTMF receiver")
        weakref.finalize(self, self._library.dtmf_rx_free, self._state)
        self._library.dtmf_rx_parms(self._state, int(dial_tone), _LEAVE_DECIBELS, _LEAVE_DECIBELS, _LEAVE_THRESHOLD)
        self._out = ctypes.create_string_buffer(_MOST_DIGITS)
        self._samples = 0
        self._half = b""

    def heard(self, sound: bytes) -> list[HeardDigit]:
        """The digits that became sure with these samples (s16le mono 8,000 Hz, any number; half a sample waits for its
        other half)."""
        if self._half:
            sound = self._half + sound
        whole = len(sound) // 2
        self._half = sound[2 * whole :]
        digits: list[HeardDigit] = []
        position = 0
        while position < whole:
            # In the receiver's own blocks, so that a long piece has each digit at its time.
            count = min(BLOCK_SAMPLES - self._samples % BLOCK_SAMPLES, whole - position)
            self._library.dtmf_rx(self._state, sound[2 * position : 2 * (position + count)], count)
            position += count
            self._samples += count
            if self._samples % BLOCK_SAMPLES == 0:
                digits += self._taken()
        return digits

    def _taken(self) -> list[HeardDigit]:
        count = self._library.dtmf_rx_get(self._state, self._out, _MOST_DIGITS - 1)
        at_ms = self._samples * 1000 // SAMPLE_RATE_HZ
        return [HeardDigit(digit, at_ms) for digit in self._out.raw[:count].decode("ascii")]
