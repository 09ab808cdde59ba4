"""The sounds callers hear: there, at their level, without clicks, in both languages; the music without a seam."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.acd.prompts import PROMPTS
from appliance.switch.native_port import Bridge
from appliance.switch.prompts import AT_LEISURE, PARTS, RINGBACK, WITH_BEEP, speak
from appliance.switch.sounds import Sounds, SoundsError, read_wav
from tests.sound import LAST_BITS, largest_difference, level_dbfs, samples, tone_dbfs
from tests.sound import read_wav as sound_of

LANGUAGES = ("es", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_is_there_at_a_good_level_and_begins_and_ends_in_silence(prompts_dir: Path, language: str) -> None:
    for name in {**PROMPTS, **PARTS}:
        sound = read_wav(prompts_dir / language / f"{name}.wav")
        x = np.abs(samples(sound))
        assert x.max() <= 32768 * 10 ** (-3 / 20), name
        blocks = [level_dbfs(sound[at : at + 640]) for at in range(0, len(sound) - 640, 640)]
        speaking = [10 ** (one / 10) for one in blocks if one > max(blocks) - 30]
        assert abs(10 * np.log10(np.mean(speaking)) + 20) < 2.5, name
        assert 0.2 < len(x) / 8000 < 15, name
        assert x[:80].max() < 60, f"{name} begins with a click"
        assert name in WITH_BEEP or x[-80:].max() < 60, f"{name} ends with a click"


def test_voicemail_ends_in_the_tone(prompts_dir: Path) -> None:
    sound = read_wav(prompts_dir / "es" / "voicemail.wav")
    assert abs(tone_dbfs(sound[-2 * 2400 : -2 * 200], 1000) + 16) < 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_end_of_the_money_is_told_by_two_tones_before_words(prompts_dir: Path, language: str) -> None:
    sound = read_wav(prompts_dir / language / "money_low.wav")
    for begins in (480, 480 + 1600 + 480):
        assert abs(tone_dbfs(sound[2 * (begins + 200) : 2 * (begins + 1400)], 1400) + 16) < 1
    assert tone_dbfs(sound[2 * 4640 :], 1400) < -40, "then there are words"


@pytest.mark.parametrize("country", RINGBACK)
def test_ringback_has_its_countrys_tone_and_rhythm(prompts_dir: Path, country: str) -> None:
    wanted = RINGBACK[country]
    sound = read_wav(prompts_dir / "ringback" / f"{country}.wav")
    assert len(sound) / 16_000 == pytest.approx(wanted.on_s + wanted.off_s)
    on = int(wanted.on_s * 8000) * 2
    for hz in wanted.hertz:
        assert tone_dbfs(sound[:on], hz) > -27
    assert level_dbfs(sound[on:]) < -100


@pytest.mark.parametrize("text", ["- Para ventas, pulse uno.", "-Ventas: pulse uno.", "--help", "-f/etc/passwd"])
def test_words_may_begin_with_a_dash(text: str) -> None:
    assert speak(text, "es") == speak(text.lstrip("-"), "es")


def test_what_is_spoken_beside_calls_runs_at_an_ordinary_priority() -> None:
    look = "import os; print(os.sched_getscheduler(0), os.nice(0))"
    nice = os.nice(0)
    found = subprocess.run([*AT_LEISURE, sys.executable, "-c", look], capture_output=True, check=True, text=True).stdout
    assert found.split() == [str(os.SCHED_OTHER), str(min(19, nice + 10))]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask for a real-time priority")
def test_it_leaves_the_real_time_priority_of_the_switch() -> None:
    look = "import os; print(os.sched_getscheduler(0))"
    real_time = ["chrt", "--rr", "5"]
    asked = subprocess.run([*real_time, "true"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("no real-time priorities here")
    found = subprocess.run([*real_time, *AT_LEISURE, sys.executable, "-c", look], capture_output=True, check=True)
    assert found.stdout.split() == [b"%d" % os.SCHED_OTHER]


def test_music_is_long_calm_and_has_no_seam(prompts_dir: Path) -> None:
    sound = read_wav(prompts_dir / "music.wav")
    x = samples(sound)
    assert len(x) >= 60 * 8000
    assert abs(level_dbfs(sound) + 24) < 1 and np.abs(x).max() < 32768 * 10 ** (-3 / 20)
    steps = np.abs(np.diff(np.concatenate([x[-400:], x[:400]])))
    assert steps[399] <= np.percentile(np.abs(np.diff(x)), 99.9), "the loop clicks"
    loudness = [level_dbfs(sound[at : at + 16_000]) for at in range(0, len(sound) - 16_000, 16_000)]
    assert max(loudness) - min(loudness) < 12


def test_the_same_texts_give_the_same_sound(prompts_dir: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "appliance.switch.prompts", "build", str(tmp_path)], check=True, timeout=900)
    made = {file.relative_to(tmp_path): file for file in tmp_path.rglob("*.wav")}
    before = {file.relative_to(prompts_dir): file for file in prompts_dir.rglob("*.wav")}
    assert made.keys() == before.keys()
    for name, file in made.items():
        assert largest_difference(sound_of(file), sound_of(before[name])) <= LAST_BITS, name


def test_the_boxs_address_is_spoken_digit_by_digit(bridge: Bridge, prompts_dir: Path) -> None:
    sounds = Sounds(bridge, prompts_dir, "ES", lambda: "192.168.123.101")
    spoken = sounds.prompt("es/box_address")
    one, point = sounds.prompt("es/digit_1"), sounds.prompt("es/point")
    assert len(spoken) == 1 + 12 + 3
    assert spoken[1:2] == one and spoken[4:5] == point and spoken[-1:] == one
    assert sounds.prompt("fr/box_address") == []


def test_a_folder_without_prompts_is_refused_and_a_bad_file_is_named(
    bridge: Bridge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / "es" / "broken.wav").write_bytes(b"RIFFnonsense")
    with pytest.raises(SoundsError, match="has no prompts"):
        Sounds(bridge, tmp_path)
    assert "broken.wav" in caplog.text and "music.wav" in caplog.text
