"""The sixteen DTMF tones of ITU-T Q.23 as samples, for devices that send digits as sound."""

import math
from array import array
from functools import cache
from operator import mul

from hw.devices import SAMPLE_RATE_HZ

DIGITS = "123A456B789C*0#D"
_LOW_HZ = (697, 770, 852, 941)
_HIGH_HZ = (1209, 1336, 1477, 1633)
TONE_MS = 100
GAP_MS = 100
"""Q.24 wants at least 40 ms each; exchanges and menus at the far end vary."""
_AMPLITUDE = 6_000
"""Each of the two tones: -12 dBm0 together about -9, as telephones send."""


@cache
def digit_sound(digit: str) -> bytes:
    """One digit and the gap after it, s16le at 8,000 Hz. Raises ValueError for what is no digit."""
    place = DIGITS.index(digit)
    low_hz, high_hz = _LOW_HZ[place // 4], _HIGH_HZ[place % 4]
    samples = array("h")
    for number in range(SAMPLE_RATE_HZ * TONE_MS // 1000):
        turn = 2 * math.pi * number / SAMPLE_RATE_HZ
        samples.append(round(_AMPLITUDE * (math.sin(turn * low_hz) + math.sin(turn * high_hz))))
    samples.extend([0] * (SAMPLE_RATE_HZ * GAP_MS // 1000))
    return samples.tobytes()


class DigitHearer:
    """Hears digits in frames of 20 ms of sound; for twins, which stand in for an exchange.

    A frame has a digit when one low and one high tone carry nearly all its power; two such frames in a row make it
    heard, once until another frame is without.
    """

    FRAME_SAMPLES = 160
    _LOUD = 3_000
    _SHARE = 0.8

    def __init__(self) -> None:
        self._before = ""
        self._told = ""

    def heard(self, frame: bytes) -> str | None:
        digit = self._digit(frame)
        news = digit if digit and digit == self._before and digit != self._told else None
        self._before = digit
        self._told = digit if digit == self._told or news else ""
        return news

    def _digit(self, frame: bytes) -> str:
        samples = array("h", frame)
        if len(samples) != self.FRAME_SAMPLES or max(samples) < self._LOUD:
            return ""
        energy = sum(map(mul, samples, samples))
        powers = [_power(samples, frequency_hz) for frequency_hz in (*_LOW_HZ, *_HIGH_HZ)]
        low, high = max(powers[:4]), max(powers[4:])
        if (low + high) * 2 / self.FRAME_SAMPLES < self._SHARE * energy or min(low, high) * 6 < max(low, high):
            return ""
        return DIGITS[powers.index(low) * 4 + powers.index(high) - 4]


def _power(samples: "array[int]", frequency_hz: int) -> float:
    cosines, sines = _waves(frequency_hz)
    in_phase: float = sum(map(mul, samples, cosines))
    in_quadrature: float = sum(map(mul, samples, sines))
    return in_phase * in_phase + in_quadrature * in_quadrature


@cache
def _waves(frequency_hz: int) -> tuple[list[float], list[float]]:
    turns = [2 * math.pi * frequency_hz * number / SAMPLE_RATE_HZ for number in range(DigitHearer.FRAME_SAMPLES)]
    return [math.cos(turn) for turn in turns], [math.sin(turn) for turn in turns]


class DigitSender:
    """Puts digits in place of the sound that goes out, one after another."""

    MAX_DIGITS = 64

    def __init__(self) -> None:
        self._sound = bytearray()

    def send(self, digits: str) -> None:
        """What is no digit is left out, and so is what comes when MAX_DIGITS wait already."""
        room = self.MAX_DIGITS * len(digit_sound("0")) - len(self._sound)
        for digit in digits:
            if digit in DIGITS and room >= len(digit_sound(digit)):
                self._sound += digit_sound(digit)
                room -= len(digit_sound(digit))

    def clear(self) -> None:
        self._sound.clear()

    def over(self, said: bytes) -> bytes:
        """`said` with the digits that wait over its beginning."""
        if not self._sound:
            return said
        size = min(len(self._sound), len(said))
        digits = bytes(self._sound[:size])
        del self._sound[:size]
        return digits + said[size:]
