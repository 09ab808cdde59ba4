"""Line echo on a simulated hybrid: gone soon, in pieces of any size; what is no echo stays; delays are followed."""

import random
from itertools import pairwise

import pytest

from hw.devices import FRAME_BYTES
from hw.signals.echo_canceller import MAX_AHEAD_BYTES, EchoCanceller
from hw.signals.echo_delay import BLOCK_MS, BLOCK_SAMPLES, LONGEST, EchoDelay
from tests.bench.echo import cancelled, loss_db, over_echo, talkers
from tests.hybrid import PATHS, echo_of, on_the_wire
from tests.sound import listen, tone

SENT_LATER_MS = 20
"""`cancelled` tells what was sent after what came in the same 20 ms: the canceller counts from there."""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("delay_ms", [20, 170])
def test_after_two_seconds_it_is_25_db_weaker(path: str, delay_ms: int) -> None:
    (far,) = talkers(1, 6)
    canceller = EchoCanceller()
    came = echo_of(far, path, delay_ms=delay_ms)
    assert loss_db(came, cancelled(canceller, far, came), 2) >= 25
    known_ms = canceller.delay_ms
    assert known_ms is not None and -5 <= known_ms + SENT_LATER_MS - delay_ms <= 10


def test_a_talker_over_the_echo_stays() -> None:
    far, near = talkers(2, 8)
    weaker_db, alike = over_echo(far, near, 3)
    assert weaker_db < 3 and alike > 0.75


def test_where_nothing_comes_back_what_comes_stays_as_it_is() -> None:
    far, near = talkers(2, 6)
    assert cancelled(EchoCanceller(), far, near) == near[: len(near) // FRAME_BYTES * FRAME_BYTES]


def test_a_tone_stays_as_loud_as_it_was() -> None:
    (far,) = talkers(1, 4)
    canceller = EchoCanceller()
    cancelled(canceller, far, echo_of(far, "D.2"))
    heard = listen(cancelled(canceller, bytes(16_000 * 3), tone(800, 3.0, -20))[16_000:], 800)
    assert heard.tone_dbfs == pytest.approx(-20, abs=1.0) and heard.gap_ms == 0


def test_the_path_is_known_in_the_next_call() -> None:
    (far,) = talkers(1, 6)
    canceller, came = EchoCanceller(), echo_of(far, "D.6", delay_ms=60)
    cancelled(canceller, far, came)
    canceller.begin()
    assert loss_db(came, cancelled(canceller, far, came), 0.5) >= 25


def test_a_delay_that_changes_is_found_again() -> None:
    (far,) = talkers(1, 14)
    canceller = EchoCanceller()
    half = len(far) // 2 // FRAME_BYTES * FRAME_BYTES
    cancelled(canceller, far[:half], echo_of(far[:half], "D.2", delay_ms=40))
    came = echo_of(far[half:], "D.2", delay_ms=200)
    left = cancelled(canceller, far[half:], came)
    assert canceller.delay_ms is not None and abs(canceller.delay_ms + SENT_LATER_MS - 200) <= 10
    assert loss_db(came, left, 6) >= 20


def test_pieces_of_any_size_make_no_difference() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    (far,) = talkers(1, 3)
    came, wire = echo_of(far, "D.2"), on_the_wire(far)
    whole, pieces = EchoCanceller(), EchoCanceller()
    whole.sent(wire[:8_000])
    pieces.sent(wire[:8_000])
    left, at = bytearray(), 0
    while at < 8_000:
        size = chance.randint(1, 900)
        left += pieces.heard(came[at : min(8_000, at + size)])
        at += size
    assert bytes(left) == whole.heard(came[:8_000]), seed


def test_what_is_sent_into_a_line_that_brings_nothing_back_is_not_kept() -> None:
    canceller = EchoCanceller()
    for _ in range(500):
        canceller.sent(bytes(FRAME_BYTES))
    assert len(canceller._sent) == MAX_AHEAD_BYTES


def test_a_delay_is_not_guessed_from_what_is_no_echo() -> None:
    voices = talkers(6, 10)
    for one, other in pairwise(voices):
        delay = EchoDelay()
        for at in range(0, len(one), FRAME_BYTES):
            delay.frame(one[at : at + FRAME_BYTES], other[at : at + FRAME_BYTES])
        assert delay.blocks is None
    silence = EchoDelay()
    for _ in range(300):
        silence.frame(bytes(FRAME_BYTES), bytes(FRAME_BYTES))
    assert silence.blocks is None


def test_the_longest_delay_is_found() -> None:
    (far,) = talkers(1, 4)
    late = (LONGEST - 2) * 2 * BLOCK_SAMPLES
    came = bytes(late) + far
    delay = EchoDelay()
    for at in range(0, len(far) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
        delay.frame(far[at : at + FRAME_BYTES], came[at : at + FRAME_BYTES])
    assert delay.blocks == LONGEST - 2 and BLOCK_MS * LONGEST == 400
