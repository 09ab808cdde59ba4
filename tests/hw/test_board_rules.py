"""A board that would not work, or burn, is refused with the pin, the figure and what to do."""

from pathlib import Path

import pytest

from hw.board_parts import needed_ma
from hw.boards import Board, BoardError, load_board
from hw.pi_header import BUS_PINS, COMPUTERS, FIVE_VOLTS, GPIO_OF_HEADER, GROUNDS, HEADER_OF_GPIO, THREE_VOLTS

PI = 'title = "t"\npin_factory = "lgpio"\ncomputer = "pi4"\n'
LAMP = '[[lamp]]\nname = "queue:{n}"\npin = {pin}\n'
PORT = """[[handset_port]]
number = {n}
alsa_capture = "c{n}"
alsa_playback = "c{n}"
hook_pin = {hook}
lamp_pin = {lamp}
"""
REAL = ("pi4-usb-modems", "pi5-usb-modems")


def _board(tmp_path: Path, text: str) -> Board:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_board(file)


def _refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(BoardError) as refused:
        _board(tmp_path, text)
    return str(refused.value)


def _lamp(n: int, pin: int, more: str = "") -> str:
    return LAMP.format(n=n, pin=pin) + more


def test_the_header_has_forty_pins_each_once() -> None:
    known = [*GPIO_OF_HEADER, *GROUNDS, *FIVE_VOLTS, *THREE_VOLTS]
    assert sorted(known) == list(range(1, 41))
    assert sorted(HEADER_OF_GPIO) == list(range(28))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PI + _lamp(1, 16), "lamp queue:1: has no resistor. Write its resistor_ohm"),
        (PI + _lamp(1, 16, "resistor_ohm = 100\n"), "100 Ω let 17.0 mA through, a pin bears 16.0 mA. Take 107 Ω"),
        (PI + "lamp_resistor_ohm = 330\n" + "".join(_lamp(n, pin) for n, pin in enumerate(range(16, 26), 1)),
         "together take 51.5 mA from the pins, which bear 50.0 mA"),
        (PI + _lamp(1, 6, "resistor_ohm = 680\n"), "GPIO 6 is pulled up from power-on, so it would glow or ring"),
        (PI + 'buses = ["uart"]\n' + _lamp(1, 14, "resistor_ohm = 680\n"),
         "lamp queue:1: GPIO 14 (header pin 8) is kept for uart"),
        (PI + 'buses = ["i2c"]\n[[button]]\nname = "login:1"\npin = 3\n',
         "button login:1: GPIO 3 (header pin 5) is kept for i2c"),
        (PI + 'clock = "ds3231"\n', 'Add "i2c" to `buses`'),
        (PI + 'buses = ["usb"]\n', "buses[0]"),
        (PI + "panel_ground = 4\n", "panel_ground: header pin 4 is 5 V. Grounds are 6, 9, 14"),
        (PI + "panel_ground = 40\n", "panel_ground: header pin 40 is no ground"),
        (PI + '[[button]]\nname = "login:1"\npin = 4\nwire = "black"\n', "a black wire is ground in every cable"),
        (PI + '[[button]]\nname = "login:1"\npin = 4\nwire = "red/blue"\n'
         '[[button]]\nname = "login:2"\npin = 5\nwire = "red/blue"\n', "have red/blue wires in one cable (panel)"),
        (PI + '[[button]]\nname = "login:1"\npin = 4\nwire = "teal"\n', "teal is no colour of a wire. There are: "),
        (PI + '[[part]]\nkind = "supply"\nen = "s"\nes = "s"\ngives_ma = 1000\n',
         "part supply: gives 1000 mA, and 1375 mA are needed"),
        (PI + '[[part]]\nkind = "modem"\nen = "m"\nes = "m"\nquantity = 4\nfed_by = "computer"\nma = 500\n',
         "2000 mA hang on the computer's USB sockets, which give 1200 mA"),
        (PI + '[[part]]\nkind = "modem"\nen = "m"\nes = "m"\nfed_by = "hub"\nma = 500\n', "there is none"),
    ],
)  # fmt: skip
def test_a_board_that_would_not_work_is_refused(tmp_path: Path, text: str, why: str) -> None:
    assert why in _refused(tmp_path, text)


def test_a_refusal_names_the_pins_that_are_free(tmp_path: Path) -> None:
    board = PI + 'buses = ["i2c", "spi", "i2s", "uart"]\n' + _lamp(1, 14, "resistor_ohm = 680\n")
    assert "Choose one that is free: 4, 5, 6, 12, 13, 16, 17, 22, 23, 24, 25, 26, 27." in _refused(tmp_path, board)


def test_two_sound_adapters_cannot_sit_in_one_socket(tmp_path: Path) -> None:
    ports = PORT.format(n=1, hook=5, lamp=17) + 'usb = "1-1.2"\n' + PORT.format(n=2, hook=6, lamp=27)
    text = PI + "lamp_resistor_ohm = 680\n" + ports + 'usb = "1-1.2"\n'
    assert "handset port 1 and handset port 2 share the USB socket 1-1.2" in _refused(tmp_path, text)
    hub = text.replace('usb = "1-1.2"\n', "", 1) + '[hub]\nusb = "1-1.2"\nports = 4\n'
    assert "the hub and handset port 2 share the USB socket 1-1.2" in _refused(tmp_path, hub)


def test_only_red_yellow_and_green_lamps_light_at_a_pin(tmp_path: Path) -> None:
    assert "lamp[0].led" in _refused(tmp_path, PI + _lamp(1, 16, 'resistor_ohm = 100\nled = "blue"\n'))


@pytest.mark.parametrize("name", REAL)
def test_a_board_for_a_computer_says_what_an_installer_needs(name: str) -> None:
    """Each pin's wire, its ground, its resistor; no pin of a bus it keeps; a supply that is strong enough."""
    board = load_board(name)
    assert board.model is not None
    assert board.title_es
    assert board.panel_ground in GROUNDS
    kept = {pin for bus in board.buses for pin in BUS_PINS[bus]}
    for use in board.pin_uses():
        assert use.wire, use.key
        assert use.pin not in kept
        assert not use.is_output or 1_000 <= use.high_ua <= 3_000, use
    assert all(port.usb and port.ground and port.ringer_pin for port in board.handset_port)
    assert {part.kind for part in board.part} >= {"computer", "supply", "hub", "sound", "modem", "handset"}


def test_the_two_boards_have_one_wiring() -> None:
    """A panel wired for a Pi 4 goes on a Pi 5."""
    four, five = map(load_board, REAL)
    assert four.pin_uses() == five.pin_uses()


def test_a_supply_is_sized_by_all_that_hangs_on_it(tmp_path: Path) -> None:
    text = PI + "lamp_resistor_ohm = 680\nringer_resistor_ohm = 2200\n" + PORT.format(n=1, hook=5, lamp=17)
    text += (
        'ringer_pin = 23\n[[part]]\nkind = "sound"\nen = "a"\nes = "a"\nquantity = 2\nfed_by = "computer"\nma = 100\n'
    )
    board = _board(tmp_path, text)
    # 1250 of a Pi 4, 2.5 of the lamp and 1.2 of the ringer's transistor, 35 of its buzzer, 200 at USB, a tenth more.
    assert needed_ma(board.part, COMPUTERS["pi4"], board.pin_uses(), "computer") == 1638
    assert needed_ma(board.part, COMPUTERS["pi4"], board.pin_uses(), "hub") == 0
