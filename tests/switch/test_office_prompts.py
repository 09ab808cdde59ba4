"""Prompts of the office's own: words that are spoken once, recordings that come first, and edits while calls go on."""

import os
import time
from pathlib import Path

import msgspec
import pytest

from appliance.configuration.file import Configuration
from appliance.switch.native_port import Bridge
from appliance.switch.office_prompts import OfficePrompts, own_prompts
from appliance.switch.sounds import Sounds, read_wav
from tests.sound import level_dbfs
from tests.waiting import wait_for

WORDS = """
[box]
data_dir = "{folder}"
[[prompt]]
name = "oferta"
say = {{ es = "Hoy hay oferta." }}
[[menu]]
name = "principal"
say = {{ es = "{said}", en = "For sales, press one." }}
"""


def written(folder: Path, said: str = "Para ventas, pulse uno.") -> Path:
    config = folder / "office.toml"
    config.write_text(WORDS.format(folder=folder, said=said))
    return config


def configuration(folder: Path) -> Configuration:
    return msgspec.toml.decode(written(folder).read_text(), type=Configuration)


def test_words_are_spoken_once_and_forgotten_with_the_configuration(tmp_path: Path) -> None:
    made = own_prompts(configuration(tmp_path))
    assert sorted(made) == ["en/menu.principal", "es/menu.principal", "es/oferta"]
    for file in made.values():
        assert -25 < level_dbfs(read_wav(file)) < -15
    before = {name: file.stat().st_mtime_ns for name, file in made.items()}
    written(tmp_path, "Para compras, pulse dos.")
    again = own_prompts(msgspec.toml.decode((tmp_path / "office.toml").read_text(), type=Configuration))
    assert again["es/oferta"].stat().st_mtime_ns == before["es/oferta"]
    assert again["es/menu.principal"] != made["es/menu.principal"] and not made["es/menu.principal"].exists()


@pytest.mark.parametrize("left_bytes", [0, 10, 1_000])
def test_what_a_power_cut_left_is_spoken_again(tmp_path: Path, left_bytes: int) -> None:
    file = own_prompts(configuration(tmp_path))["es/menu.principal"]
    whole = file.read_bytes()
    file.write_bytes(whole[:left_bytes])
    assert own_prompts(configuration(tmp_path))["es/menu.principal"] == file
    assert file.read_bytes() == whole


def test_a_recording_comes_before_words(tmp_path: Path) -> None:
    (tmp_path / "prompts" / "es").mkdir(parents=True)
    for name in ("oferta", "greeting"):
        (tmp_path / "prompts" / "es" / f"{name}.wav").touch()
    made = own_prompts(configuration(tmp_path))
    assert made["es/oferta"] == tmp_path / "prompts" / "es" / "oferta.wav"
    assert made["es/greeting"] == tmp_path / "prompts" / "es" / "greeting.wav"


def test_what_cannot_be_spoken_is_named_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no espeak-ng there
    assert own_prompts(configuration(tmp_path)) == {}
    assert "prompt es/menu.principal cannot be made: espeak-ng is not installed" in caplog.text


def test_words_that_are_edited_are_heard_without_a_restart(bridge: Bridge, prompts_dir: Path, tmp_path: Path) -> None:
    sounds = Sounds(bridge, prompts_dir)
    sounds.add(own_prompts(configuration(tmp_path)))
    old = sounds.prompt("es/menu.principal")
    offer = sounds.prompt("es/oferta")
    config = tmp_path / "office.toml"
    watch = OfficePrompts(config, sounds.add)
    watch.look()
    assert sounds.prompt("es/menu.principal") == old
    written(tmp_path, "Para compras, pulse dos.")
    os.utime(config, ns=(0, time.time_ns() + 1))

    def heard_anew() -> bool:
        watch.look()
        return sounds.prompt("es/menu.principal") != old

    wait_for("the new words", heard_anew, 20)
    assert sounds.prompt("es/oferta") == offer, "what is as it was is not read again"


def test_a_broken_edit_changes_nothing(
    bridge: Bridge, prompts_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sounds = Sounds(bridge, prompts_dir)
    config = written(tmp_path)
    watch = OfficePrompts(config, sounds.add)
    config.write_text("[[menu")
    os.utime(config, ns=(0, 1))

    def told() -> bool:
        watch.look()
        return "the prompts stay as they are" in caplog.text

    wait_for("the broken edit in the log", told, 20)
    assert sounds.prompt("es/greeting") and not sounds.prompt("es/menu.principal")
