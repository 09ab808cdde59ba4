"""Listening to sound in tests: how loud one tone is, what else is there, and where it stops.

Sound is s16le mono at 8,000 Hz, as bytes or a WAV file. Levels are dB below full scale of a sine's RMS, so a sine whose
peak is full scale has −3.01 dBFS.
"""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
FULL_SCALE = 32768.0
Samples = NDArray[np.float64]


def tone(hz: float, seconds: float, dbfs: float = -15.0, phase: float = 0.0) -> bytes:
    """A sine of this RMS level."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    peak = FULL_SCALE * 10 ** (dbfs / 20) * np.sqrt(2)
    return bytes((np.sin(2 * np.pi * hz * at + phase) * peak).astype("<i2"))


class ToneEnd:
    """A far end that says one tone without a seam and keeps what it hears: a `FarEnd` for the twins, and a
    `SoundExchange` for the drivers."""

    def __init__(self, hz: float, dbfs: float = -15.0) -> None:
        self._cycle = tone(hz, 1.0, dbfs)
        assert hz == int(hz), "a whole number of hertz, so that one second repeats without a seam"
        self._at = 0
        self.heard = bytearray()

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        self.heard += heard
        wanted = len(heard) if said_bytes is None else said_bytes
        out = bytearray()
        while len(out) < wanted:
            part = self._cycle[self._at : self._at + wanted - len(out)]
            out += part
            self._at = (self._at + len(part)) % len(self._cycle)
        return bytes(out)


def read_wav(file: Path) -> bytes:
    """The samples of an 8 kHz mono 16-bit WAV file; one whose header was not completed yet is read to its end."""
    raw = file.read_bytes()
    try:
        with wave.open(str(file)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE_HZ, 1, 2), file
            if sound.getnframes():
                return bytes(sound.readframes(sound.getnframes()))
    except (wave.Error, EOFError):
        pass
    at = raw.find(b"data")
    return raw[at + 8 :][: (len(raw) - at - 8) // 2 * 2] if at > 0 else b""


def samples(sound: bytes) -> Samples:
    return np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2").astype(np.float64)


def level_dbfs(sound: bytes) -> float:
    """RMS of everything in it; −120 for silence."""
    x = samples(sound)
    return _db(float(np.sqrt(np.mean(x**2)))) if len(x) else -120.0


def tone_dbfs(sound: bytes, hz: float) -> float:
    """The level of one frequency over the whole of `sound`: the median over 100 ms windows (Hann)."""
    x = samples(sound)
    n = RATE_HZ // 10
    window = np.hanning(n)
    at = np.arange(n) / RATE_HZ
    probe = np.exp(-2j * np.pi * hz * at) * window
    found = [abs(np.dot(x[i : i + n], probe)) / window.sum() * np.sqrt(2) for i in range(0, len(x) - n + 1, n)]
    return _db(float(np.median(found))) if found else -120.0


def longest_gap_ms(sound: bytes, hz: float, below_db: float = 15.0) -> float:
    """The longest stretch in which the tone is missing: its 5 ms level more than `below_db` under its own median.

    Windows are rectangular whole multiples of nothing in particular, so the level wobbles by less than 3 dB for tones
    of 400 Hz and up; a gap of 20 ms spans four of them.
    """
    x = samples(sound)
    n = RATE_HZ // 200
    at = np.arange(len(x)) / RATE_HZ
    mixed = x * np.exp(-2j * np.pi * hz * at)
    windows = np.abs(mixed[: len(x) // n * n].reshape(-1, n).mean(axis=1)) * np.sqrt(2)
    if not len(windows):
        return float("inf")
    quiet = windows < np.median(windows) * 10 ** (-below_db / 20)
    longest = run = 0
    for one in quiet:
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest * 5.0


LAST_BITS = 32
"""espeak-ng's output was once seen to differ between two runs in its last bits; this is 60 dB below full scale."""


def largest_difference(one: bytes, other: bytes) -> int:
    """The largest difference of two sounds of the same length, sample by sample (of 32,768)."""
    assert len(one) == len(other), f"{len(one)} and {len(other)} bytes"
    return int(np.max(np.abs(samples(one) - samples(other)), initial=0))


@dataclass(frozen=True)
class Heard:
    """What a listener heard of a tone, and how loud the rest was."""

    tone_dbfs: float
    other_dbfs: float
    gap_ms: float
    seconds: float


def listen(sound: bytes, hz: float) -> Heard:
    """The tone's level, its longest gap, and the level of everything else (the tone ±40 Hz taken out)."""
    x = samples(sound)
    if len(x) < RATE_HZ // 2:
        return Heard(-120.0, -120.0, float("inf"), len(x) / RATE_HZ)
    spectrum = np.fft.rfft(x)
    hertz = np.fft.rfftfreq(len(x), 1 / RATE_HZ)
    spectrum[np.abs(hertz - hz) < 40] = 0
    rest = np.fft.irfft(spectrum, len(x))
    return Heard(
        tone_dbfs(sound, hz), _db(float(np.sqrt(np.mean(rest**2)))), longest_gap_ms(sound, hz), len(x) / RATE_HZ
    )


def steady_part(sound: bytes, hz: float) -> bytes:
    """From 200 ms after the tone begins to 200 ms before it ends: a call's sound without its edges."""
    x = samples(sound)
    n = RATE_HZ // 50
    at = np.arange(len(x)) / RATE_HZ
    mixed = x * np.exp(-2j * np.pi * hz * at)
    windows = np.abs(mixed[: len(x) // n * n].reshape(-1, n).mean(axis=1))
    if not len(windows) or windows.max() <= 0:
        return b""
    loud = np.flatnonzero(windows > windows.max() * 0.35)
    first, last = (int(loud[0]) + 10) * n, (int(loud[-1]) - 9) * n
    return sound[first * 2 : max(first, last) * 2]


def _db(rms: float) -> float:
    return 20 * float(np.log10(max(rms, 1e-2) / FULL_SCALE))
