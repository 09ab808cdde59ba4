"""Who counts as somebody at the other end of an analogue line with an echo: they, and not our own voice."""

from array import array

import pytest

from hw.devices import FRAME_BYTES
from hw.fxo_calls import SOMEBODY_MS
from hw.fxo_ear import FxoEar
from hw.signals.tones import country_tones, tone_cycle
from tests.sound import level_dbfs
from tests.spoken import speech

SECONDS = 8


def _heard_ms(theirs: bytes, ours: bytes, echo_loss_db: int) -> int:
    """What counts as somebody there, where our own sound comes back a frame later."""
    ear = FxoEar("ES", True, lambda tone: None)
    gain, sent = 10 ** (-echo_loss_db / 20), bytes(FRAME_BYTES)
    for at in range(0, len(theirs) - FRAME_BYTES, FRAME_BYTES):
        frames = zip(array("h", theirs[at : at + FRAME_BYTES]), array("h", sent), strict=True)
        ear.heard(array("h", (max(-32767, min(32767, round(one + gain * echo))) for one, echo in frames)).tobytes())
        sent = ours[at : at + FRAME_BYTES]
        ear.sent(sent)
    return ear.take_heard_ms()


def _at(sound: bytes, dbfs: float) -> bytes:
    gain = 10 ** ((dbfs - level_dbfs(sound)) / 20)
    return array("h", (round(max(-32767, min(32767, gain * one))) for one in array("h", sound))).tobytes()


@pytest.mark.parametrize("tone_dbfs", [-10, -20])
@pytest.mark.parametrize("echo_loss_db", [8, 14, 20])
def test_our_own_voice_over_a_busy_tone_is_nobody(tone_dbfs: int, echo_loss_db: int) -> None:
    cycle = tone_cycle(country_tones("ES").busy, tone_dbfs)
    busy = (cycle * (SECONDS * 16_000 // len(cycle) + 1))[: SECONDS * 16_000]
    ours = _at(next(speech(SECONDS, 3))[: SECONDS * 16_000], -20)
    assert _heard_ms(busy, ours, echo_loss_db) < SOMEBODY_MS


def test_a_quiet_talker_is_heard_between_our_own_words() -> None:
    theirs, ours = (_at(next(speech(SECONDS, seed))[: 8_000 * SECONDS], dbfs) for seed, dbfs in ((21, -35), (3, -20)))
    silence = bytes(8_000 * SECONDS)
    assert _heard_ms(silence + theirs, ours + silence, 14) > 2 * SOMEBODY_MS
