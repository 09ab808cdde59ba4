"""The sixteen DTMF tones of ITU-T Q.23 as samples, for devices that send digits as sound."""

import math
from array import array
from functools import cache

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
