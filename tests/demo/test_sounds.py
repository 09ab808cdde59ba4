"""The people at the far ends: what they say comes out whole, and what they hear is measured right."""

import pytest

from appliance.demo.sip_records import Silence, Tone, Wav
from appliance.demo.sounds import Ear, Voice, samples_of
from tests.sound import level_dbfs, listen, tone

CHUNKS = (320, 100, 1600, 640, 2)


def test_a_voice_says_its_sound_without_a_seam_whatever_the_chunks() -> None:
    voice = Voice(Tone(425, -20))
    said = b"".join(voice(bytes(CHUNKS[n % len(CHUNKS)])) for n in range(200))
    assert len(said) > 5 * 16_000
    assert said == (samples_of(Tone(425, -20)) * 10)[: len(said)]
    heard = listen(said, 425)
    assert heard.tone_dbfs == pytest.approx(-20, abs=0.3)
    assert heard.gap_ms == 0


def test_a_voice_keeps_quiet_when_told_and_begins_again() -> None:
    voice = Voice(Tone(1000))
    voice(bytes(320))
    voice.say(Silence())
    assert not any(voice(bytes(3200)))
    voice.say(Tone(1000))
    assert voice(bytes(640)) == samples_of(Tone(1000))[:640]


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        Voice(Wav("/nowhere/at/all.wav"))


def test_an_ear_measures_level_and_silence() -> None:
    ear = Ear()
    ear.listen(tone(700, 1.0, -23))
    assert ear.level_dbfs == pytest.approx(-23, abs=0.5)
    assert (ear.heard_ms, ear.loud_ms, ear.quiet_ms) == (1000, 1000, 0)
    ear.listen(bytes(2 * 8000 * 300 // 1000))
    assert (ear.heard_ms, ear.loud_ms, ear.quiet_ms) == (1300, 1000, 300)
    assert ear.loudest_dbfs == pytest.approx(-23, abs=0.5)


@pytest.mark.parametrize("chunk", [2, 300, 320, 1600])
def test_an_ear_tells_known_tones_apart_from_each_other_and_from_the_rest(chunk: int) -> None:
    ear = Ear((500, 620, 900))
    sound = tone(620, 0.4, -25) + tone(1300, 0.5, -15) + tone(500, 0.1, -25)
    for at in range(0, len(sound), chunk):
        ear.listen(sound[at : at + chunk])
    assert ear.tone() == 620
    assert ear.tone_ms[620] == pytest.approx(400, abs=40)
    assert ear.tone_ms[500] == pytest.approx(100, abs=40)
    assert ear.tone_ms[900] == 0


def test_an_ear_hears_no_tone_in_speech_like_sound_or_for_a_moment() -> None:
    ear = Ear((500, 620))
    mixed = [tone(hz, 1.0, -25) for hz in (250, 500, 800, 1250, 1900)]
    blend = bytearray()
    for at in range(0, len(mixed[0]), 2):
        total = sum(int.from_bytes(part[at : at + 2], "little", signed=True) for part in mixed)
        blend += max(-32768, min(32767, total)).to_bytes(2, "little", signed=True)
    assert level_dbfs(bytes(blend)) > -25
    ear.listen(bytes(blend))
    ear.listen(tone(620, 0.06))
    assert ear.tone() == 0


def test_an_ear_takes_a_dial_tone_for_nobody_and_a_ringback_tone_for_somebody() -> None:
    ear = Ear()
    ear.listen(tone(425, 1.5, -20))
    assert ear.quiet_ms == 0
    ear.listen(bytes(16 * 400) + tone(425, 2.5, -20))
    assert ear.quiet_ms == 500
    ear.listen(tone(700, 0.1, -20))
    assert ear.quiet_ms == 0
