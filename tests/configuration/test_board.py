"""Which board the file is for: a profile by its name, the file's own, or the laptop's."""

from pathlib import Path

import pytest

from appliance.configuration.board import board_of
from appliance.configuration.file import ConfigurationError, read_configuration
from hw.boards import Board

OWN = """
[board]
title = "Ours"
pin_factory = "mock"
[[board.handset_port]]
number = 1
alsa_capture = "c"
alsa_playback = "c"
hook_pin = 5
lamp_pin = 6
[[board.lamp]]
name = "queue:1"
pin = 16
"""


def board(folder: Path, text: str) -> Board:
    file = folder / "office.toml"
    file.write_text(text)
    return board_of(read_configuration(file))


def test_a_file_that_says_nothing_is_for_a_machine_without_pins(tmp_path: Path) -> None:
    assert board(tmp_path, "").pin_factory == "mock"


def test_a_profile_is_known_by_its_name(tmp_path: Path) -> None:
    assert len(board(tmp_path, '[box]\nboard = "pi4-usb-modems"').handset_port) == 3


def test_the_files_own_board_is_the_one(tmp_path: Path) -> None:
    ours = board(tmp_path, OWN)
    assert (ours.title, ours.lamp_pins(["ventas"], []), [one.number for one in ours.handset_port]) == (
        "Ours",
        {"queue:ventas": 16},
        [1],
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[box]\nboard = "pi5"', r'\[box\] board: no board "pi5"\. There are: laptop, pi4-usb-modems'),
        ('[box]\nboard = "laptop"\n' + OWN, r"there is a \[board\] in the file too\. Remove one of them"),
        (OWN.replace("pin = 16", "pin = 5"), r"\[board\]: pin 5 has two users: hook_pin of handset port 1 and lamp"),
        (OWN.replace("pin = 16", "pins = 16"), r"unknown key `pins` in \[board\.lamp\[0\]\]"),
        (OWN.replace("pin = 16", "pin = 99"), r"\[board\]: lamp queue:1: GPIO 99 is not on the 40-pin header"),
    ],
)
def test_a_board_that_cannot_be_is_refused_with_the_key(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        board(tmp_path, text)
