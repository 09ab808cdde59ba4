"""Line echo: how much weaker it is after two seconds of a call, what is left of a talker over it, and the cost.

Simulated (`tests.hybrid`): what is sent, speech (`tests.spoken`), goes through A-law, the delay of modem and buffers
(20, 60, 100 and 250 ms), a hybrid of ITU-T G.168 annex D (D.2 and D.6) with 8 dB of return loss, noise at -68 dBFS, and
A-law again. Six speakers each, ten seconds, nothing learnt before. Echo loss is what came over what was left, noise
included, from the third second on; the least of all is judged. The talker is another speaker who comes in after four
seconds: how much weaker they are, and how like before (correlation).
"""

import json
import time
from itertools import product

import numpy as np

from hw.devices import FRAME_BYTES
from hw.signals.echo_canceller import EchoCanceller
from tests.hybrid import PATHS, as_sound, echo_of, mixed, on_the_wire
from tests.sound import RATE_HZ, samples
from tests.spoken import speech

SECONDS = 10
SPEAKERS = 6
DELAYS_MS = (20, 60, 100, 250)
TARGET_DB = 25.0
ADDED_SAMPLES = FRAME_BYTES // 2


def cancelled(canceller: EchoCanceller, sent: bytes, came: bytes) -> bytes:
    """What is left when these go out and come in at the same time, frame by frame."""
    left = bytearray()
    for at in range(0, len(sent) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
        left += canceller.heard(came[at : at + FRAME_BYTES])
        canceller.sent(on_the_wire(sent[at : at + FRAME_BYTES]))
    return bytes(left)


def loss_db(came: bytes, left: bytes, from_s: float) -> float:
    """From that second on."""
    before, after = samples(came)[: len(left) // 2], samples(left)
    begin = int(from_s * RATE_HZ)
    return float(10 * np.log10(np.sum(before[begin:] ** 2) / max(np.sum(after[begin:] ** 2), 1.0)))


def talkers(count: int, seconds: float) -> list[bytes]:
    size = int(seconds * RATE_HZ) * 2
    return [next(speech(seconds, seed))[:size] for seed in range(0, 50 * count, 50)]


def over_echo(far: bytes, near: bytes, come_in_s: int) -> tuple[float, float]:
    """Of a talker who comes in over the echo: dB weaker, and correlation with before."""
    begin = come_in_s * RATE_HZ
    said = as_sound(np.concatenate([np.zeros(begin), samples(near)[begin:] * 0.7]))
    left = samples(cancelled(EchoCanceller(), far, mixed(echo_of(far, "D.2", delay_ms=60), said)))
    heard, talker = left[begin + ADDED_SAMPLES :], samples(said)[begin : len(left) - ADDED_SAMPLES]
    powers = np.sum(heard**2), np.sum(talker**2)
    return float(10 * np.log10(powers[1] / powers[0])), float(np.dot(heard, talker) / np.sqrt(powers[0] * powers[1]))


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    voices = talkers(SPEAKERS, SECONDS)
    losses, cpu_s = [], 0.0
    for far, path, delay_ms in product(voices, PATHS, DELAYS_MS):
        came = echo_of(far, path, delay_ms=delay_ms)
        wire = on_the_wire(far)
        canceller, left = EchoCanceller(), bytearray()
        began = time.process_time()
        for at in range(0, len(far) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
            left += canceller.heard(came[at : at + FRAME_BYTES])
            canceller.sent(wire[at : at + FRAME_BYTES])
        cpu_s += time.process_time() - began
        losses.append(loss_db(came, bytes(left), 2))
    both = [over_echo(far, near, 4) for far, near in zip(voices, voices[1:] + voices[:1], strict=True)]
    cpu_percent = 100 * cpu_s / len(losses) / SECONDS
    if as_json:
        print(json.dumps({"least_db": min(losses), "mean_db": float(np.mean(losses)), "cpu_percent": cpu_percent}))
    print(f"echo_line_cpu {cpu_percent:.3f} % of a core a line")
    print(f"echo_talker_weaker {max(one[0] for one in both):.1f} dB at most")
    print(f"echo_talker_alike {min(one[1] for one in both):.2f} correlation at least")
    print(f"echo_loss_mean {np.mean(losses):.1f} dB of {len(losses)} runs")
    print(f"echo_loss {min(losses):.1f} dB at least, from the third second on (target ≥ {TARGET_DB:g})")
    return 0
