"""Call progress tones heard in sound: how soon, whether any is in half an hour of speech and music, and the cost.

Each tone of the five countries (dial, ringback, busy, congestion, disconnect) is sent 12 times, at -10 to -35 dBFS, in
noise 20 dB below it, through A-law, beginning anywhere in a frame. Recognised is the first news that names it; news
names all tones of the country that begin like what was heard, fewer later. The time is from the tone's first sample.

Speech is `tests.spoken`'s, fifteen minutes; music is the box's own on hold, fifteen minutes: as it is, and faster,
slower, higher and lower (sox), so that its notes lie elsewhere. Each is heard for each country; a false tone is any
news at all.
"""

import json
import random
import subprocess
import time
from array import array
from collections.abc import Iterator

from appliance.switch.music import music_samples
from hw.devices import FRAME_BYTES, SAMPLE_RATE_HZ
from hw.g711 import decoder, encoder
from hw.signals.tone_hearer import Tone, ToneHearer
from hw.signals.tones import TONE_NAMES, ToneName, country_tones, tone_cycle
from tests.spoken import speech

COUNTRIES = ("ES", "MX", "AR", "CO", "US")
TIMES = 12
SNR_DB = 20
SEED = 425
EACH_S = 15 * 60
TARGET_MS = 1_200


def noisy_tone(country: str, name: ToneName, seconds: float, chance: random.Random) -> tuple[bytes, int]:
    """A line that is quiet for a while and then has the tone; the samples before it."""
    cycle = array("h", tone_cycle(country_tones(country).named(name)))
    gain = 10 ** (chance.uniform(-15, 10) / 20)
    sigma = 32767 * 10 ** (-20 / 20) * gain / 10 ** (SNR_DB / 20)
    before, count = chance.randint(800, 4_000), int(seconds * SAMPLE_RATE_HZ)
    tone = (cycle[n % len(cycle)] * gain + chance.gauss(0, sigma) for n in range(count))
    quiet = (chance.gauss(0, sigma) for _ in range(before))
    samples = array("h", (max(-32767, min(32767, round(sample))) for part in (quiet, tone) for sample in part))
    return decoder("a_law")(encoder("a_law")(samples.tobytes())), before


def news(hearer: ToneHearer, sound: bytes) -> Iterator[tuple[int, Tone]]:
    """Each tone told, with the samples heard until then."""
    for at in range(0, len(sound), FRAME_BYTES):
        tone = hearer.heard(sound[at : at + FRAME_BYTES])
        if tone is not None:
            yield (at + FRAME_BYTES) // 2, tone


def music(seconds: float) -> Iterator[bytes]:
    """At least so many seconds of the music on hold, in its variations."""
    plain = music_samples(SAMPLE_RATE_HZ).tobytes()
    raw = ["-t", "raw", "-r", str(SAMPLE_RATE_HZ), "-c", "1", "-e", "signed", "-b", "16", "-L", "-"]
    played_s = 0.0
    for number in range(1_000):
        cents, tempo = (0, 1.0) if number == 0 else (number * 50 - 350, 0.7 + number % 7 / 10)
        words = ["sox", "-D", "-V1", *raw, *raw, "pitch", str(cents), "tempo", str(tempo), "norm", "-6"]
        sound = subprocess.run(words, input=plain, capture_output=True, timeout=120, check=True).stdout
        yield sound
        played_s += len(sound) / 2 / SAMPLE_RATE_HZ
        if played_s >= seconds:
            return


def recognised_ms(country: str, name: ToneName, chance: random.Random) -> float | None:
    sound, before = noisy_tone(country, name, 3.0, chance)
    for at, tone in news(ToneHearer(country), sound):
        if name in tone.names:
            return (at - before) * 1000 / SAMPLE_RATE_HZ
    return None


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    chance = random.Random(SEED)
    cases = [(country, name) for country in COUNTRIES for name in TONE_NAMES for _ in range(TIMES)]
    times = [recognised_ms(country, name, chance) for country, name in cases]
    known = [one for one in times if one is not None]
    false, heard_s, cpu_s = 0, 0.0, 0.0
    for source in (speech(EACH_S, SEED), music(EACH_S)):
        for sound in source:
            heard_s += len(sound) / 2 / SAMPLE_RATE_HZ
            for country in COUNTRIES:
                began = time.process_time()
                for at, tone in news(ToneHearer(country), sound):
                    false += 1
                    print(f"false: {country} {tone} at {at / SAMPLE_RATE_HZ:.1f} s")
                cpu_s += time.process_time() - began
    cpu_percent = 100 * cpu_s / heard_s / len(COUNTRIES)
    soon = sum(one <= TARGET_MS for one in known)
    if as_json:
        print(
            json.dumps({"soon": soon, "of": len(cases), "longest_ms": max(known), "false": false, "cpu": cpu_percent})
        )
    print(f"tones_line_cpu {cpu_percent:.3f} % of a core a line")
    print(f"tones_false {false} in {heard_s / 60:.1f} minutes of speech and music, for each of 5 countries (target 0)")
    print(f"tones_longest {max(known):.0f} ms (target ≤ {TARGET_MS})")
    print(f"tones_recognised {soon} of {len(cases)} within {TARGET_MS} ms (target {len(cases)})")
    return 0
