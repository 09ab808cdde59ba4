"""Makes the sounds callers hear: prompts spoken by espeak-ng, music and call progress tones computed here.

`python -m appliance.switch.prompts build OUT_DIR` writes, all 8 kHz mono 16-bit WAV:

    es/<name>.wav, en/<name>.wav   every prompt of acd.prompts, and the words of `PARTS`
    ringback/<country>.wav         the ringback tone of a country, one period
    music.wav                      calm, 64 s, ends where it begins

Speech has −20 dBFS RMS while it speaks, no sample above −3 dBFS, and no click at its ends.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import sys
import wave
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from appliance.acd.prompts import PROMPTS, Words
from appliance.switch.music import music_samples

RATE_HZ = 8000
FULL_SCALE = 32767
SPEECH_DBFS = -20.0
PEAK_DBFS = -3.2
WORDS_PER_MINUTE = 150
EDGE_SAMPLES = RATE_HZ * 15 // 1000
"""Faded in and out, so that no prompt clicks."""
LEAD_SAMPLES = RATE_HZ * 60 // 1000
"""Silence before and after: prompts are joined to sentences."""
VOICES = {"es": "es+f2", "en": "en-gb+f2"}

PARTS: dict[str, Words] = {
    "box_address_is": Words("La dirección es", "The address is"),
    "point": Words("punto", "point"),
    **{f"digit_{n}": Words(str(n), str(n)) for n in range(10)},
}
"""What the switch composes `box_address` of."""
WITH_BEEP = {"voicemail"}
"""Prompts that end in the tone after which one speaks."""
BEEP = (1000.0, 0.35, -16.0)
"""Hz, seconds, dBFS."""
AFTER_TONE = {"money_low"}
"""Prompts that begin with a warning tone: who talks hears that before any word."""
WARNING = (1400.0, 0.2, -16.0)
"""The same; twice. 1400 Hz is ITU-T E.180's for warnings in a conversation (of a recording)."""
AT_LEISURE = ("sh", "-c", 'chrt --other --pid 0 $$ >/dev/null 2>&1; exec nice -n 10 "$@"', "sh")
"""Before a command: the switch runs at a real-time priority, which its children have too, and calls go on meanwhile.
Where that may not be changed, the command runs all the same."""


@dataclass(frozen=True)
class Ringback:
    """A country's ringback tone: frequencies in Hz, seconds on and off (ITU-T E.180 supplement 2)."""

    hertz: tuple[float, ...]
    on_s: float
    off_s: float


RINGBACK: dict[str, Ringback] = {
    "ES": Ringback((425,), 1.5, 3),
    "MX": Ringback((425,), 1, 4),
    "AR": Ringback((425,), 1, 4),
    "CO": Ringback((425,), 1, 4.5),
    "US": Ringback((440, 480), 2, 4),
}
RINGBACK_DBFS = -22.0


class PromptError(Exception):
    """The sounds could not be made; the message says what to do."""


def tone(hertz: Sequence[float], seconds: float, dbfs: float) -> array[int]:
    """Sines together at this RMS level, their edges faded over 5 ms."""
    count = int(seconds * RATE_HZ)
    peak = FULL_SCALE * 10 ** (dbfs / 20) * math.sqrt(2 / len(hertz))
    steps = [2 * math.pi * one / RATE_HZ for one in hertz]
    made = array("h", (round(peak * sum(math.sin(step * n) for step in steps)) for n in range(count)))
    return faded(made, RATE_HZ // 200)


def faded(samples: array[int], edge: int) -> array[int]:
    """Raised-cosine edges of `edge` samples."""
    edge = min(edge, len(samples) // 2)
    for n in range(edge):
        gain = 0.5 - 0.5 * math.cos(math.pi * n / edge)
        samples[n] = round(samples[n] * gain)
        samples[-1 - n] = round(samples[-1 - n] * gain)
    return samples


def levelled(samples: array[int]) -> array[int]:
    """Speech at SPEECH_DBFS while it speaks, its few higher peaks bent down below PEAK_DBFS."""
    block = RATE_HZ // 50
    powers = [sum(x * x for x in samples[n : n + block]) / block for n in range(0, len(samples) - block + 1, block)]
    if not powers or max(powers) == 0:
        raise PromptError("a prompt is silent")
    speaking = [power for power in powers if power > max(powers) / 1000]
    rms = math.sqrt(sum(speaking) / len(speaking))
    gain = FULL_SCALE * 10 ** (SPEECH_DBFS / 20) / rms
    limit = FULL_SCALE * 10 ** (PEAK_DBFS / 20)
    knee = limit * 0.7
    return array("h", (round(_bent(x * gain, knee, limit)) for x in samples))


def _bent(x: float, knee: float, limit: float) -> float:
    size = abs(x)
    if size <= knee:
        return x
    return math.copysign(knee + (limit - knee) * math.tanh((size - knee) / (limit - knee)), x)


def trimmed(samples: array[int]) -> array[int]:
    """Without the silence espeak-ng puts around, with LEAD_SAMPLES of our own."""
    loud = max(map(abs, samples), default=0) / 100
    first = next((n for n, x in enumerate(samples) if abs(x) > loud), 0)
    last = next((n for n in range(len(samples) - 1, -1, -1) if abs(samples[n]) > loud), 0)
    spoken = samples[max(0, first - EDGE_SAMPLES) : last + EDGE_SAMPLES]
    lead = array("h", bytes(2 * LEAD_SAMPLES))
    return lead + faded(spoken, EDGE_SAMPLES) + lead


def speak(text: str, language: str) -> array[int]:
    """Synthesise a sentence. Raises PromptError."""
    # The words come after --, for they may begin with a dash.
    say = ["espeak-ng", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE), "--stdout", "--", text]
    # The band of a telephone; -R: no dither from a random seed, so the same words give the same bytes.
    fit = ["sox", "-R", "-t", "wav", "-", "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", str(RATE_HZ), "-"]
    for program in (say[0], fit[0]):
        if shutil.which(program) is None:
            raise PromptError(f"{program} is not installed; install the Debian packages espeak-ng and sox")
    try:
        spoken = subprocess.run([*AT_LEISURE, *say], capture_output=True, check=True, timeout=60).stdout
        raw = subprocess.run(
            [*AT_LEISURE, *fit, "highpass", "150", "lowpass", "3500"],
            input=spoken,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise PromptError(f"{text!r} could not be spoken: {error}") from error
    return levelled(trimmed(array("h", raw[: len(raw) // 2 * 2])))


def write_wav(file: Path, samples: array[int]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        if sys.byteorder == "big":
            samples = array("h", samples)
            samples.byteswap()
        out.writeframes(samples.tobytes())


def _write_prompt(out: Path, language: str, name: str, text: str) -> None:
    samples = speak(text, language)
    if name in AFTER_TONE:
        pulse = tone((WARNING[0],), *WARNING[1:]) + array("h", bytes(2 * LEAD_SAMPLES))
        samples = array("h", bytes(2 * LEAD_SAMPLES)) + pulse + pulse + samples
    if name in WITH_BEEP:
        samples += tone((BEEP[0],), *BEEP[1:])
    write_wav(out / language / f"{name}.wav", samples)


def build(out: Path) -> None:
    """Write everything. Raises PromptError or OSError."""
    spoken = [
        (language, name, getattr(words, language))
        for name, words in (PROMPTS | PARTS).items()
        for language in ("es", "en")
    ]
    with ThreadPoolExecutor(2) as workers:
        for number, _ in enumerate(workers.map(lambda one: _write_prompt(out, *one), spoken), 1):
            if number % 20 == 0 or number == len(spoken):
                print(f"prompts {number}/{len(spoken)}", flush=True)
    for country, ringback in RINGBACK.items():
        rest = array("h", bytes(2 * int(ringback.off_s * RATE_HZ)))
        write_wav(out / "ringback" / f"{country}.wav", tone(ringback.hertz, ringback.on_s, RINGBACK_DBFS) + rest)
    write_wav(out / "music.wav", music_samples(RATE_HZ))
    print("music 1/1", flush=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m appliance.switch.prompts")
    parser.add_argument("command", choices=["build"])
    parser.add_argument("out", type=Path)
    options = parser.parse_args(argv)
    try:
        build(options.out)
    except (PromptError, OSError) as error:
        print(f"prompts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
