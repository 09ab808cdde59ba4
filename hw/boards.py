"""Boards: which pin and which sound card is what, read from a TOML file and proved to make sense.

A profile is a file of hw/boards/; an office may also write a board of its own in its configuration. Everything an
installer needs is made from it: the drawing and the table of pins, the list of parts, the device-tree overlay and the
names of the sound cards (`./centralita board`), and `./centralita check` compares the machine with it.

Names of lamps and buttons say what they are for, by position, so that a board fits any office:

    queue:1     lamp of the first [[queue]] of the configuration file, queue:2 of the second, …
    line:1      lamp of the first [[line]], …
    night_mode  lamp: night mode is on; button: turn it on or off
    box         lamp: something is wrong with the box itself; the page says what
    login:1     button beside handset port 1: queue login of who sits at the station with board_port = 1
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hw.board_parts import Part, feeding_problems
from hw.board_rules import PinUse, electrical_problems, misplaced_pins, shared_pins, wire_problems
from hw.pi_header import COMPUTERS, Bus, Computer, ComputerName

BOARDS_DIR = Path(__file__).parent / "boards"

Pin = int
"""GPIO number (BCM), not the position on the header."""
Ohm = Annotated[int, Meta(ge=1, le=1_000_000)]
UsbPath = Annotated[str, Meta(pattern=r"^[0-9]+-[0-9]+(\.[0-9]+)*$")]
"""A USB socket as Linux names it: 1-1.2 is port 2 of the hub at port 1 of bus 1."""
UsbId = Annotated[str, Meta(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]
Wire = Annotated[str, Meta(pattern=r"^[a-z]+(/[a-z]+)?$")]
"""Colour of a wire by IEC 60757's words, two for a ringed one: `white/green`."""
LampName = Annotated[str, Meta(pattern=r"^(queue:[1-9][0-9]?|line:[1-9][0-9]?|night_mode|box)$")]
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
    usb: UsbPath | None = None
    """The socket its sound adapter sits in: the adapter is named by it."""
    sound_id: UsbId | None = None
    """What the adapter says it is, `0d8c:0014`; None: anything."""
    ground: int | None = None
    """Position on the header of its cable's ground."""
    hook_wire: Wire = ""
    lamp_wire: Wire = ""
    ringer_wire: Wire = ""

    @property
    def card_id(self) -> str:
        """The sound card's name as ALSA and udev have it; "" when the device is named in another way."""
        return self.alsa_capture.partition("CARD=")[2].partition(",")[0]

    def uses(self, lamp_ohm: int | None, ringer_ohm: int | None) -> Iterator[PinUse]:
        """The port's pins."""
        cable, n = f"port {self.number}", self.number
        where = f"of handset port {n}"
        yield PinUse(
            self.hook_pin, "hook", f"hook:{n}", f"hook_pin {where}", self.hook_active_low, wire=self.hook_wire,
            cable=cable,
        )  # fmt: skip
        yield PinUse(
            self.lamp_pin, "lamp", f"lamp:port:{n}", f"lamp_pin {where}", resistor_ohm=lamp_ohm, wire=self.lamp_wire,
            cable=cable,
        )  # fmt: skip
        if self.ringer_pin is not None:
            yield PinUse(
                self.ringer_pin, "ringer", f"ringer:{n}", f"ringer_pin {where}", resistor_ohm=ringer_ohm,
                wire=self.ringer_wire, cable=cable,
            )  # fmt: skip


class Lamp(_Table, frozen=True):
    name: LampName
    pin: Pin
    resistor_ohm: Ohm | None = None
    """None: the board's lamp_resistor_ohm."""
    led: Literal["red", "yellow", "green"] = "green"
    """Blue and white ones need more than the 3.3 V of a pin."""
    wire: Wire = ""


class Button(_Table, frozen=True):
    """A push button from its pin to ground."""

    name: ButtonName
    pin: Pin
    wire: Wire = ""


class Hub(_Table, frozen=True):
    """The USB hub the modems hang on, which switches the power of each of its ports (uhubctl)."""

    usb: UsbPath
    ports: Annotated[int, Meta(ge=1, le=32)]
    usb_id: UsbId | None = None


class Board(_Table, frozen=True):
    title: str
    pin_factory: Literal["lgpio", "mock"]
    """lgpio: the pins of a Raspberry Pi. mock: pins that only the bench drives and watches (hw/panel_sim.py)."""
    handset_port: tuple[HandsetWiring, ...] = ()
    lamp: tuple[Lamp, ...] = ()
    button: tuple[Button, ...] = ()
    title_es: str = ""
    computer: ComputerName | None = None
    """Which Raspberry Pi. None: nothing is known of the pins but that no two things share one."""
    buses: tuple[Bus, ...] = ()
    """What keeps its pins on the header for itself."""
    clock: Literal["ds3231"] | None = None
    """A real-time clock at `i2c`."""
    lamp_resistor_ohm: Ohm | None = None
    ringer_resistor_ohm: Ohm | None = None
    """Between a ringer's pin and the base of its transistor."""
    panel_ground: int | None = None
    """Position on the header of the ground of the lamps' and buttons' cable."""
    hub: Hub | None = None
    part: tuple[Part, ...] = ()
    """What must be bought beside what pins and ports imply."""

    @property
    def model(self) -> Computer | None:
        """What its computer bears."""
        return COMPUTERS[self.computer] if self.computer is not None else None

    def pin_uses(self) -> tuple[PinUse, ...]:
        """Every pin of the header that is used, in the file's order."""
        ohms = self.lamp_resistor_ohm, self.ringer_resistor_ohm
        uses = [use for port in self.handset_port for use in port.uses(*ohms)]
        for lamp in self.lamp:
            ohm = lamp.resistor_ohm or self.lamp_resistor_ohm
            uses.append(
                PinUse(
                    lamp.pin, "lamp", f"lamp:{lamp.name}", f"lamp {lamp.name}", resistor_ohm=ohm, wire=lamp.wire,
                    cable="panel",
                )
            )  # fmt: skip
        for button in self.button:
            name = f"button {button.name}"
            uses.append(PinUse(button.pin, "button", f"button:{button.name}", name, True, None, button.wire, "panel"))
        return tuple(uses)

    def handset(self, number: int) -> HandsetWiring | None:
        """The handset port with this number."""
        return next((port for port in self.handset_port if port.number == number), None)

    def lamp_pins(self, queues: Sequence[str], lines: Sequence[str]) -> dict[str, int]:
        """Lamps as the ACD names them (`queue:<name>`, `line:<name>`, `night_mode`, `box`) -> pin.

        `queues` and `lines` are the names in the order of the configuration file. A position with no queue or line
        has no lamp, and a queue beyond the board's lamps has none either.
        """
        named = {f"queue:{i}": f"queue:{name}" for i, name in enumerate(queues, 1)}
        named |= {f"line:{i}": f"line:{name}" for i, name in enumerate(lines, 1)}
        named |= {"night_mode": "night_mode", "box": "box"}
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
    uses = board.pin_uses()
    problems = [*shared_pins(uses), *misplaced_pins(uses, board.buses), *_names_shared(board)]
    problems += wire_problems(uses, list(_grounds(board)))
    if board.model is not None:
        problems += electrical_problems(uses, board.model)
        problems += feeding_problems(board.part, board.model, uses)
    if board.clock is not None and "i2c" not in board.buses:
        problems.append(f'clock: a {board.clock} hangs on I²C. Add "i2c" to `buses`, and move what uses its pins.')
    if problems:
        raise BoardError(f"{where}: {' '.join(problems)}")
    return board


def _grounds(board: Board) -> Iterator[tuple[str, int]]:
    if board.panel_ground is not None:
        yield "panel_ground", board.panel_ground
    for port in board.handset_port:
        if port.ground is not None:
            yield f"ground of handset port {port.number}", port.ground


def _names_shared(board: Board) -> Iterator[str]:
    named = [
        *(f"handset port {port.number}" for port in board.handset_port),
        *(f"lamp {lamp.name}" for lamp in board.lamp),
        *(f"button {button.name}" for button in board.button),
    ]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"{name} is there twice. Remove one, or give it another name."
    cards: dict[str, int] = {}
    sockets: dict[str, str] = {board.hub.usb: "the hub"} if board.hub is not None else {}
    for port in board.handset_port:
        for card in {port.alsa_capture, port.alsa_playback}:
            if cards.setdefault(card, port.number) != port.number:
                yield f"handset ports {cards[card]} and {port.number} share the sound card {card}. Give each its own."
        if port.usb is not None:
            owner = f"handset port {port.number}"
            if sockets.setdefault(port.usb, owner) != owner:
                yield f"{sockets[port.usb]} and {owner} share the USB socket {port.usb}. Give each its own."
