"""Boards: which pin and which sound card is what, read from a TOML file and proved to make sense.

A profile is a file of hw/boards/; an office may also write a board of its own in its configuration. How the parts are
wired is told in wiring.md.

Names of lamps and buttons say what they are for, by position, so that a board fits any office:

    queue:1     lamp of the first [[queue]] of the configuration file, queue:2 of the second, …
    line:1      lamp of the first [[line]], …
    night_mode  lamp: night mode is on; button: turn it on or off
    login:1     button beside handset port 1: queue login of who sits at the station with board_port = 1
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

BOARDS_DIR = Path(__file__).parent / "boards"

Pin = Annotated[int, Meta(ge=2, le=27)]
"""GPIO number (BCM), not the position on the header. 0 and 1 belong to the board's identification EEPROM."""
LampName = Annotated[str, Meta(pattern=r"^(queue:[1-9][0-9]?|line:[1-9][0-9]?|night_mode)$")]
ButtonName = Annotated[str, Meta(pattern=r"^(login:[1-9][0-9]?|night_mode)$")]


class BoardError(ValueError):
    """A board was refused, or this machine is not that board. The message is for the installer: what is wrong, what
    to do."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class HandsetWiring(_Table, frozen=True):
    """One handset port: its sound card, hook switch and lamp, and a ringer where there is one."""

    number: Annotated[int, Meta(ge=1, le=32)]
    alsa_capture: str
    """ALSA PCM name of the microphone, e.g. `plughw:CARD=handset1`."""
    alsa_playback: str
    hook_pin: Pin
    lamp_pin: Pin
    hook_active_low: bool = True
    """The pin is low while the handset is lifted (the switch closes to ground; the pull-up is the board's)."""
    ringer_pin: Pin | None = None


class Lamp(_Table, frozen=True):
    name: LampName
    pin: Pin


class Button(_Table, frozen=True):
    """A push button from its pin to ground."""

    name: ButtonName
    pin: Pin


class Board(_Table, frozen=True):
    title: str
    pin_factory: Literal["lgpio", "mock"]
    """lgpio: the pins of a Raspberry Pi. mock: pins that only the bench drives and watches (hw/panel_sim.py)."""
    handset_port: tuple[HandsetWiring, ...] = ()
    lamp: tuple[Lamp, ...] = ()
    button: tuple[Button, ...] = ()

    def handset(self, number: int) -> HandsetWiring | None:
        """The handset port with this number."""
        return next((port for port in self.handset_port if port.number == number), None)

    def lamp_pins(self, queues: Sequence[str], lines: Sequence[str]) -> dict[str, int]:
        """Lamps as the ACD names them (`queue:<name>`, `line:<name>`, `night_mode`) -> pin.

        `queues` and `lines` are the names in the order of the configuration file. A position with no queue or line
        has no lamp, and a queue beyond the board's lamps has none either.
        """
        named = {f"queue:{i}": f"queue:{name}" for i, name in enumerate(queues, 1)}
        named |= {f"line:{i}": f"line:{name}" for i, name in enumerate(lines, 1)}
        named["night_mode"] = "night_mode"
        return {named[lamp.name]: lamp.pin for lamp in self.lamp if lamp.name in named}

    def button_pins(self, stations: Mapping[int, str]) -> dict[str, int]:
        """Buttons as the ACD names them (`login:<station>`, `night_mode`) -> pin; `stations` by handset port number."""
        named = {f"login:{number}": f"login:{name}" for number, name in stations.items()}
        named["night_mode"] = "night_mode"
        return {named[button.name]: button.pin for button in self.button if button.name in named}


def board_names() -> list[str]:
    """The profiles there are."""
    return sorted(path.stem for path in BOARDS_DIR.glob("*.toml"))


def load_board(name_or_path: str | Path) -> Board:
    """The profile of this name in hw/boards, or of this file. Raises BoardError."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = BOARDS_DIR / f"{name_or_path}.toml"
        if not path.is_file():
            raise BoardError(f'no board "{name_or_path}". There are: {", ".join(board_names())}.')
    try:
        board = msgspec.toml.decode(path.read_bytes(), type=Board)
    except OSError as error:
        raise BoardError(f"{path}: cannot be read: {error.strerror}. Correct the path of the board's file.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BoardError(f"{path}: {error}. Correct that key and start again.") from error
    return proved_board(board, str(path))


def proved_board(board: Board, where: str) -> Board:
    """The board, proved to make sense. Raises BoardError that names `where` it is written."""
    problems = [*_pins_shared(board), *_names_shared(board)]
    if problems:
        raise BoardError(f"{where}: {' '.join(problems)}")
    return board


def _pin_users(board: Board) -> Iterator[tuple[int, str]]:
    for port in board.handset_port:
        yield port.hook_pin, f"hook_pin of handset port {port.number}"
        yield port.lamp_pin, f"lamp_pin of handset port {port.number}"
        if port.ringer_pin is not None:
            yield port.ringer_pin, f"ringer_pin of handset port {port.number}"
    yield from ((lamp.pin, f"lamp {lamp.name}") for lamp in board.lamp)
    yield from ((button.pin, f"button {button.name}") for button in board.button)


def _pins_shared(board: Board) -> Iterator[str]:
    users: dict[int, str] = {}
    for pin, user in _pin_users(board):
        first = users.setdefault(pin, user)
        if first != user:
            yield f"pin {pin} has two users: {first} and {user}. Give one of them another pin."


def _names_shared(board: Board) -> Iterator[str]:
    named = [
        *(f"handset port {port.number}" for port in board.handset_port),
        *(f"lamp {lamp.name}" for lamp in board.lamp),
        *(f"button {button.name}" for button in board.button),
    ]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"{name} is there twice. Remove one, or give it another name."
    cards: dict[str, int] = {}
    for port in board.handset_port:
        for card in {port.alsa_capture, port.alsa_playback}:
            if cards.setdefault(card, port.number) != port.number:
                yield f"handset ports {cards[card]} and {port.number} share the sound card {card}. Give each its own."
