"""Prompts of the office's own: words that are spoken once, recordings that come first, and edits while calls go on."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.configuration.file import Configuration
from appliance.daemon.plan_builder import build_plan
from appliance.switch.native_port import Bridge, NativeError, Player
from appliance.switch.office_prompts import EARLIER_KEPT, OfficePrompts, OwnPrompts
from appliance.switch.prompts import tone, write_wav
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


@pytest.fixture(scope="module")
def box_sounds(bridge: Bridge, prompts_dir: Path) -> Sounds:
    return Sounds(bridge, prompts_dir)


@pytest.fixture
def sounds(box_sounds: Sounds) -> Iterator[Sounds]:
    yield box_sounds
    box_sounds.take({})


def read(config: Path) -> Configuration:
    return msgspec.toml.decode(config.read_text(), type=Configuration)


def spoken(own: OwnPrompts, config: Path) -> dict[str, Path]:
    """All of it made; by the names in the file."""
    configuration = read(config)
    for _ in own.speak_new(configuration):
        pass
    return own.there(configuration)


def menu_prompt(config: Path) -> str:
    """What the plan of this file names."""
    return f"es/{build_plan(read(config)).menus['principal'].prompts[0]}"


def edited(folder: Path, said: str, at_ns: int) -> Path:
    config = written(folder, said)
    os.utime(config, ns=(0, at_ns))
    return config


def look_until_there(watch: OfficePrompts, sounds: Sounds, name: str) -> list[int]:
    def there() -> bool:
        watch.look()
        return bool(sounds.prompt(name))

    wait_for(name, there, 60)
    return sounds.prompt(name)


def test_words_are_spoken_once_each_under_a_name_of_its_own(tmp_path: Path) -> None:
    own, config = OwnPrompts(), written(tmp_path)
    made = spoken(own, config)
    assert [name.rpartition(".")[0] for name in sorted(made)] == ["en/menu.principal", "es/menu.principal", "es/oferta"]
    for file in made.values():
        assert -25 < level_dbfs(read_wav(file)) < -15
    before = {name: file.stat().st_mtime_ns for name, file in made.items()}
    old = menu_prompt(config)
    again = spoken(own, written(tmp_path, "Para compras, pulse dos."))
    assert menu_prompt(config) != old and {menu_prompt(config), old} < set(again)
    assert {name: again[name].stat().st_mtime_ns for name in made} == before, "nothing is spoken twice, nothing lost"
    assert OwnPrompts().there(read(config)) == again, "a start finds what the plan in force may say yet"


@pytest.mark.parametrize("left_bytes", [0, 10, 1_000])
def test_what_a_power_cut_left_is_spoken_again(tmp_path: Path, left_bytes: int) -> None:
    config = written(tmp_path)
    file = spoken(OwnPrompts(), config)[menu_prompt(config)]
    whole = file.read_bytes()
    file.write_bytes(whole[:left_bytes])
    assert menu_prompt(config) not in OwnPrompts().there(read(config))
    assert spoken(OwnPrompts(), config)[menu_prompt(config)] == file
    assert file.read_bytes() == whole


def test_words_longest_out_of_the_file_are_forgotten(tmp_path: Path) -> None:
    """By when they left the file, not by when they were spoken: the plan in force may have been made long ago."""
    own, names = OwnPrompts(), list[str]()
    for number in range(EARLIER_KEPT // 2 + 2):
        config = written(tmp_path, f"Pulse {number}.")
        names.append(menu_prompt(config))
        for name in (names[-1], names[-1].replace("es/", "en/")):
            file = tmp_path / "prompts" / "spoken" / f"{name}.wav"
            write_wav(file, tone((440,), 0.1, -20))
            os.utime(file, ns=(0, 1_000 - number))
        there = own.there(read(config))
    assert [name for name in names if name not in there] == names[:1]
    assert len(there) == EARLIER_KEPT + 2
    assert not (tmp_path / "prompts" / "spoken" / f"{names[0]}.wav").exists()


def test_a_recording_comes_before_words(sounds: Sounds, tmp_path: Path) -> None:
    usual = sounds.prompt("es/greeting")
    for name in ("oferta", "greeting"):
        write_wav(tmp_path / "prompts" / "es" / f"{name}.wav", tone((440,), 0.1, -20))
    config = written(tmp_path)
    made = spoken(OwnPrompts(), config)
    assert [name for name in made if "oferta" in name] == ["es/oferta"]
    sounds.take(made)
    assert sounds.prompt("es/oferta.1a2b3c4d") == sounds.prompt("es/oferta") != []
    assert sounds.prompt("es/greeting") != usual
    sounds.take({})
    assert sounds.prompt("es/greeting") == sounds.prompt("es/greeting.1a2b3c4d") == usual
    assert sounds.prompt("es/oferta") == []


def test_what_cannot_be_spoken_is_named_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no espeak-ng there
    assert spoken(OwnPrompts(), written(tmp_path)) == {}
    assert "cannot be made: espeak-ng is not installed" in caplog.text and "prompt es/menu.principal." in caplog.text


def test_a_disk_that_cannot_be_written_keeps_nobody_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder where the file of old words was: it cannot be unlinked, whoever runs the test."""
    spoken_there = tmp_path / "prompts" / "spoken" / "es"
    for number in range(EARLIER_KEPT + 1):
        (spoken_there / f"menu.principal.{number:08}.wav").mkdir(parents=True)
    (tmp_path / "prompts" / "spoken" / "en").touch()
    there = spoken(OwnPrompts(), written(tmp_path))
    assert menu_prompt(tmp_path / "office.toml") in there
    assert "words nobody hears any more stay on the disk" in caplog.text and "cannot be made" in caplog.text


def test_the_start_waits_for_no_words(sounds: Sounds, tmp_path: Path) -> None:
    config = written(tmp_path)
    watch = OfficePrompts(read(config), config, sounds.take)
    assert sounds.prompt(menu_prompt(config)) == [] and "prompts" not in [one.name for one in threading.enumerate()]
    look_until_there(watch, sounds, menu_prompt(config))


def test_edited_words_are_heard_beside_the_old_without_a_restart(sounds: Sounds, tmp_path: Path) -> None:
    """Until the ACD takes the edit its plan names the old words, and callers hear them."""
    config = written(tmp_path)
    watch = OfficePrompts(read(config), config, sounds.take)
    name = menu_prompt(config)
    old = look_until_there(watch, sounds, name)
    edited(tmp_path, "Para compras, pulse dos.", 1)
    assert look_until_there(watch, sounds, menu_prompt(config)) != old
    assert sounds.prompt(name) == old, "what is as it was is not read again"


def test_clips_of_forgotten_words_are_freed_but_not_while_they_are_heard(
    bridge: Bridge, sounds: Sounds, tmp_path: Path
) -> None:
    player = Player(bridge)
    names = [f"es/oferta.{number:08}" for number in range(3)]
    for name in names:
        write_wav(tmp_path / f"{name}.wav", tone((440,), 0.1, -20))
    for _ in range(1024):  # as many as there is room for in all
        for name in names:
            sounds.take({name: tmp_path / f"{name}.wav"})
            assert sounds.prompt(name), "the room is used again"
    (heard,) = sounds.prompt(names[-1])
    player.start([heard])
    for name in names[:2]:
        sounds.take({name: tmp_path / f"{name}.wav"})
        assert sounds.prompt(name) != [heard]
    player.stop()
    sounds.take({})
    with pytest.raises(NativeError):
        player.start([heard])


def test_a_broken_edit_changes_nothing(sounds: Sounds, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = written(tmp_path)
    watch = OfficePrompts(read(config), config, sounds.take)
    name = menu_prompt(config)
    look_until_there(watch, sounds, name)
    config.write_text("[[menu")
    os.utime(config, ns=(0, 1))

    def told() -> bool:
        watch.look()
        return "the prompts stay as they are" in caplog.text

    wait_for("the broken edit in the log", told)
    assert sounds.prompt("es/greeting") and sounds.prompt(name)
