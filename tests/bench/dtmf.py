"""Digits heard in sound: of 64 at 20 dB signal-to-noise, false ones in speech, and what a port costs.

The 64 are each of the 16 digits four times, in white noise 20 dB below the two tones together, at -9 to -30 dBm0, 60 ms
to 100 ms long, in pieces of 20 ms that begin anywhere. The speech is `tests.spoken`'s: at least ten minutes of Spanish
and English by twelve voices, at 5 pitches, 4 paces and 3 levels. CPU is that of the receiver, fed 20 ms at a time, of
speech, as a port's is.
"""

import json
import random
import time
from array import array

from hw.devices import FRAME_BYTES
from hw.dtmf import DIGITS, digit_sound
from hw.signals.dtmf_receiver import DtmfReceiver, HeardDigit
from tests.spoken import speech

SEED = 20
SPEECH_S = 20 * 60
SNR_DB = 20
TARGET_HEARD = 64
TARGET_FALSE_PER_10_MIN = 1.0


def noisy(digit: str, chance: random.Random) -> bytes:
    """A digit with silence around it, all under noise."""
    tone = array("h", digit_sound(digit))[: chance.randint(480, 800)]
    gain = 10 ** (-chance.uniform(0, 21) / 20)
    power = sum(sample * sample for sample in tone) / len(tone) * gain * gain
    sigma = (power / 10 ** (SNR_DB / 10)) ** 0.5
    before, after = chance.randint(400, 1200), 1000
    whole = [0.0] * before + [sample * gain for sample in tone] + [0.0] * after
    return array("h", (round(sample + chance.gauss(0, sigma)) for sample in whole)).tobytes()


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    chance = random.Random(SEED)
    heard = 0
    for digit in DIGITS * 4:
        receiver = DtmfReceiver(dial_tone=True)
        found = [one.digit for one in _in_pieces(receiver, noisy(digit, chance))]
        heard += found == [digit]
    false: list[HeardDigit] = []
    spoken_s = cpu_s = 0.0
    for sound in speech(SPEECH_S, SEED):
        receiver = DtmfReceiver(dial_tone=True)
        began = time.process_time()
        false += _in_pieces(receiver, sound)
        cpu_s += time.process_time() - began
        spoken_s += len(sound) / 16_000
    per_10_min = len(false) / spoken_s * 600
    if as_json:
        figures = {"heard": heard, "false": len(false), "speech_s": spoken_s, "cpu_percent": 100 * cpu_s / spoken_s}
        print(json.dumps(figures))
    print(f"dtmf_port_cpu {100 * cpu_s / spoken_s:.3f} % of a core a port")
    print(f"dtmf_talk_off {per_10_min:.2f} false digits in 10 minutes of speech, of {spoken_s / 60:.1f} (target < 1)")
    print(f"dtmf_heard {heard} of {TARGET_HEARD} digits at {SNR_DB} dB (target {TARGET_HEARD})")
    return 0


def _in_pieces(receiver: DtmfReceiver, sound: bytes) -> list[HeardDigit]:
    return [
        digit
        for begin in range(0, len(sound), FRAME_BYTES)
        for digit in receiver.heard(sound[begin : begin + FRAME_BYTES])
    ]
