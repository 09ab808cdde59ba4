"""The music on hold, composed and played here: nobody's rights, the same bytes everywhere, no seam where it loops."""

from __future__ import annotations

import math
from array import array

MUSIC_DBFS = -24.0
BEAT_S = 0.5
"""120 beats a minute felt as 60: a note each half second, a chord a bar of four seconds."""
BARS = 16
DECAY_S = 0.9
NOTE_S = 3.2
ATTACK_S = 0.02
HARMONICS = ((1, 1.0), (2, 0.35), (3, 0.12))

# A minor, F, C, G, then D minor, A minor, F, G: the roots as MIDI notes with the chord's other tones above.
CHORDS = (
    (57, 60, 64, 69),
    (53, 60, 65, 69),
    (48, 60, 64, 67),
    (55, 59, 62, 67),
    (50, 62, 65, 69),
    (57, 60, 64, 72),
    (53, 57, 65, 69),
    (55, 62, 67, 71),
)
PATTERN = (0, 1, 2, 3, 2, 1, 2, 1)
"""Which tone of the chord each half beat plays."""
MELODY = (
    76,
    0,
    74,
    72,
    69,
    0,
    72,
    0,
    74,
    0,
    76,
    74,
    72,
    0,
    0,
    71,
    69,
    0,
    72,
    74,
    76,
    0,
    79,
    0,
    76,
    74,
    72,
    0,
    71,
    0,
    0,
    0,
)
"""A note each second (0 rests), over eight bars."""


def music_samples(rate_hz: int) -> array[int]:
    """64 s of it as s16 samples; the tails of the last notes sound on under the first ones."""
    total = int(BARS * 8 * BEAT_S * rate_hz)
    sound = [0.0] * total
    for bar in range(BARS):
        for step, tone in enumerate(PATTERN):
            at = (bar * 8 + step) * BEAT_S
            _pluck(sound, rate_hz, at, CHORDS[bar % len(CHORDS)][tone], 0.8 if step else 1.0)
    for second in range(int(BARS * 8 * BEAT_S)):
        note = MELODY[second % len(MELODY)]
        if note:
            _pluck(sound, rate_hz, float(second), note, 0.7)
    rms = math.sqrt(sum(x * x for x in sound) / total)
    gain = 32767 * 10 ** (MUSIC_DBFS / 20) / rms
    return array("h", (max(-23000, min(23000, round(x * gain))) for x in sound))


def _pluck(sound: list[float], rate_hz: int, at_s: float, note: int, loudness: float) -> None:
    """Add a plucked string at `at_s`, going round the end of `sound` to its beginning."""
    hertz = 440.0 * 2 ** ((note - 69) / 12)
    begin = int(at_s * rate_hz)
    attack = int(ATTACK_S * rate_hz)
    release = int(0.2 * rate_hz)
    count = int(NOTE_S * rate_hz)
    for harmonic, share in HARMONICS:
        # A decaying sine as a rotating, shrinking vector: two multiplications instead of a sine and an exponential.
        step = 2 * math.pi * hertz * harmonic / rate_hz
        shrink = math.exp(-harmonic / (DECAY_S * rate_hz))
        turn_x, turn_y = shrink * math.cos(step), shrink * math.sin(step)
        x, y = loudness * share, 0.0
        for n in range(count):
            level = min(1.0, n / attack, (count - n) / release)
            index = begin + n
            sound[index if index < len(sound) else index - len(sound)] += y * level
            x, y = x * turn_x - y * turn_y, x * turn_y + y * turn_x
