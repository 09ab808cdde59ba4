"""Board profiles: those we ship fit a Pi 4, and a wrong one is refused with what is wrong."""

from pathlib import Path

import pytest
from gpiozero import LED

from hw.boards import BoardError, board_names, load_board
from hw.contact import Contact
from hw.panel_sim import BenchPins

HEAD = 'title = "t"\npin_factory = "mock"\n'
PORT = """[[handset_port]]
number = {n}
alsa_capture = "{card}"
alsa_playback = "{card}"
hook_pin = {hook}
lamp_pin = {lamp}
"""


def _port(n: int, hook: int, lamp: int, card: str = "") -> str:
    return PORT.format(n=n, card=card or f"card{n}", hook=hook, lamp=lamp)


@pytest.mark.parametrize("name", board_names())
def test_every_board_we_ship_has_pins_a_pi_4_has(name: str) -> None:
    board = load_board(name)
    pins = BenchPins()  # pretends to be a Pi 4, with its fixed pull-ups
    used = [
        *(Contact(port.hook_pin, port.hook_active_low, pins, lambda: None) for port in board.handset_port),
        *(Contact(button.pin, True, pins, lambda: None) for button in board.button),
        *(LED(port.lamp_pin, pin_factory=pins) for port in board.handset_port),
        *(LED(port.ringer_pin, pin_factory=pins) for port in board.handset_port if port.ringer_pin is not None),
        *(LED(lamp.pin, pin_factory=pins) for lamp in board.lamp),
    ]
    assert len(pins.levels()) == len(used)


def test_the_boards_that_were_promised_are_there() -> None:
    assert len(load_board("pi4-usb-modems").handset_port) == 3
    assert len(load_board("laptop").handset_port) == 2
    assert (load_board("pi4-usb-modems").pin_factory, load_board("laptop").pin_factory) == ("lgpio", "mock")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD + _port(1, 5, 17) + '[[lamp]]\nname = "queue:1"\npin = 17\n',
         "pin 17 has two users: lamp_pin of handset port 1 and lamp queue:1"),
        (HEAD + _port(1, 5, 5), "pin 5 has two users: hook_pin of handset port 1 and lamp_pin of handset port 1"),
        (HEAD + _port(1, 5, 17) + _port(1, 6, 27), "handset port 1 is there twice"),
        (HEAD + _port(1, 5, 17, "x") + _port(2, 6, 27, "x"), "handset ports 1 and 2 share the sound card x"),
        (HEAD + '[[lamp]]\nname = "queue:1"\npin = 1\n', "lamp queue:1: GPIO 1 belongs to the EEPROM"),
        (HEAD + '[[lamp]]\nname = "queue:1"\npin = 40\n', "lamp queue:1: GPIO 40 is not on the 40-pin header"),
        (HEAD + '[[lamp]]\nname = "queue:1"\npin = "16"\n', "lamp[0].pin"),
        (HEAD + '[[lamp]]\nname = "queue:ventas"\npin = 16\n', "lamp[0].name"),
        (HEAD + '[[button]]\nname = "coffee"\npin = 16\n', "button[0].name"),
        (HEAD + '[[button]]\nname = "night_mode"\npins = 16\n', "pins"),
        (HEAD + "colour = 3\n", "colour"),
        ('title = "t"\npin_factory = "rpi"\n', "pin_factory"),
        (HEAD + "lamp = [\n", "Correct that key"),
    ],
)  # fmt: skip
def test_a_wrong_board_is_refused_with_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(BoardError) as refused:
        load_board(file)
    assert why in str(refused.value)
    assert str(file) in str(refused.value)


def test_an_unknown_board_is_refused_with_those_there_are() -> None:
    with pytest.raises(BoardError, match="laptop, pi4-usb-modems"):
        load_board("pi5")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="No such file"):
        load_board(tmp_path / "none.toml")


def test_lamps_and_buttons_go_to_the_nth_queue_line_and_the_station_at_the_port() -> None:
    board = load_board("laptop")
    assert board.lamp_pins(["ventas", "soporte"], ["movil1"]) == {
        "queue:ventas": 16,
        "queue:soporte": 20,
        "line:movil1": 12,
        "night_mode": 11,
    }
    assert board.button_pins({2: "mesa2"}) == {"login:mesa2": 2, "night_mode": 8}


def test_more_queues_than_lamps_leaves_the_last_without() -> None:
    lamps = load_board("laptop").lamp_pins([f"q{n}" for n in range(9)], [])
    assert [name for name in lamps if name.startswith("queue:")] == ["queue:q0", "queue:q1", "queue:q2", "queue:q3"]
