"""Minutes of varied speech as a telephone hears it, for whoever must not take speech for a signal.

espeak-ng speaks, sox makes telephone sound of it (8,000 Hz, 200 to 3,400 Hz). A speaker is a voice with a pitch, a pace
and a level; what they say is the product's prompts, the simulated office's sentences and made-up numbers and amounts,
in an order of the speaker's own. The same seed gives the same speech.
"""

import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.acd.prompts import PROMPTS
from appliance.demo.speech import AGENT_LINES, AGENTS, CALLERS
from tests.sound import RATE_HZ

VOICES = (
    "es+f2", "es+m3", "es-419+f4", "es-419+m1", "en-gb+f3", "en-us+m7", "en-gb+m5", "es+f5", "en-us+f1", "es+m4",
    "es-419+f1", "en-gb-scotland+m2",
)  # fmt: skip
PITCHES = (15, 35, 55, 75, 95)
PACES = (130, 155, 180, 205)
LEVELS_DB = (-14, -8, -3)
"""Of the loudest sample: people hold handsets near and far."""
SENTENCES = 60


@dataclass(frozen=True)
class Speaker:
    voice: str
    pitch: int
    words_per_minute: int
    peak_db: int
    text: str


def speakers(seed: int) -> Iterator[Speaker]:
    """One after another without end, each another."""
    number = 0
    while True:
        chance = random.Random(f"{seed}/{number}")
        voice = VOICES[number % len(VOICES)]
        sentences = _sentences("es" if voice.startswith("es") else "en", chance)
        yield Speaker(
            voice, chance.choice(PITCHES), chance.choice(PACES), chance.choice(LEVELS_DB), " ".join(sentences)
        )
        number += 1


def speech(seconds: float, seed: int) -> Iterator[bytes]:
    """At least so many seconds, a piece (s16le mono 8,000 Hz) for each speaker."""
    spoken_s = 0.0
    for speaker in speakers(seed):
        sound = speak(speaker)
        yield sound
        spoken_s += len(sound) / 2 / RATE_HZ
        if spoken_s >= seconds:
            return


def speak(speaker: Speaker) -> bytes:
    pace = ["-p", str(speaker.pitch), "-s", str(speaker.words_per_minute)]
    said = _run(["espeak-ng", "-v", speaker.voice, *pace, "--stdout", "--", speaker.text], b"")
    raw = ["-t", "raw", "-r", str(RATE_HZ), "-c", "1", "-e", "signed", "-b", "16", "-L", "-"]
    # -D: no dither, which is random.
    band = ["highpass", "200", "lowpass", "3400", "norm", str(speaker.peak_db)]
    return _run(["sox", "-D", "-V1", "-t", "wav", "-", *raw, *band], said)


def _sentences(language: str, chance: random.Random) -> list[str]:
    known = [getattr(words, language) for words in PROMPTS.values()]
    if language == "es":
        known += [greeting for *_, greeting in AGENTS] + [line for line, _ in AGENT_LINES]
        known += [line for *_, lines in CALLERS for line in ((lines,) if isinstance(lines, str) else lines)]
    made = []
    for _ in range(SENTENCES):
        number, amount = chance.randint(100, 999_999), chance.randint(2, 9_999)
        made.append(chance.choice([*known, f"{number}.", f"{number % 1000}, {amount} euros, {number % 60}?", *known]))
    return made


def _run(argv: list[str], given: bytes) -> bytes:
    return subprocess.run(argv, input=given, capture_output=True, timeout=120, check=True).stdout
