"""Compares a machine with its board: what is there, what is missing, what is another. Pure; `hw.machine` reads."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hw.board_check_words import INPUT, NO_COMPUTER, OUTPUT, TOLD, Language
from hw.board_overlay import line_names
from hw.boards import Board, HandsetWiring
from hw.gpio_lines import OUR_NAME
from hw.machine import GpioChip, Machine, SoundCard, UsbDevice
from hw.pi_header import HEADER_OF_GPIO, Computer


@dataclass(frozen=True)
class Difference:
    """One thing that was compared, as it should be or not."""

    kind: str
    """A key of TOLD."""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        return TOLD[self.kind].what_to_do is None

    def part(self, language: Language) -> str:
        return TOLD[self.kind].part.text(language).format(**dict(self.facts))

    def sentence(self, language: Language) -> str:
        return TOLD[self.kind].sentence.text(language).format(**dict(self.facts))

    def what_to_do(self, language: Language) -> str:
        """ "" when it is as it should be."""
        said = TOLD[self.kind].what_to_do
        return said.text(language).format(**dict(self.facts)) if said is not None else ""


@dataclass(frozen=True)
class Wanted:
    """What the configuration adds to the board."""

    overlay: str
    modems: int
    """How many lines have a modem on USB."""
    modem_ids: frozenset[str]
    """USB ids of the models there are profiles of."""
    language: Language = "en"
    """Of the few facts that are words."""


def compare(board: Board, machine: Machine, wanted: Wanted) -> list[Difference]:
    """Everything of the board, in the order in which an installer would look at it."""
    computer = board.model
    if computer is None:
        return [_told("no_header")]
    found = [_computer(computer, machine, wanted.language), *_lines(board, computer, machine, wanted)]
    for port in board.handset_port:
        found += _card(port, machine.sound_cards)
    found += _hub(board, machine.usb)
    found += _modems(board, machine.usb, wanted)
    found += _box(board, computer, machine)
    return found


def lines_of_the_box(board: Board, machine: Machine) -> frozenset[int]:
    """The pins that the running box has now: nobody may try them."""
    chip = machine.chip(board.model.gpio_label) if board.model is not None else None
    return frozenset(line.number for line in chip.lines if line.user == OUR_NAME) if chip is not None else frozenset()


def _told(kind: str, **facts: object) -> Difference:
    return Difference(kind, tuple((name, f"{fact}") for name, fact in facts.items()))


def _computer(computer: Computer, machine: Machine, language: Language) -> Difference:
    if machine.model.startswith(computer.model):
        return _told("computer", found=machine.model)
    return _told("other_computer", found=machine.model or NO_COMPUTER.text(language), wanted=computer.title)


def _lines(board: Board, computer: Computer, machine: Machine, wanted: Wanted) -> Iterator[Difference]:
    chip = machine.chip(computer.gpio_label)
    if chip is None:
        yield _told("no_chip", wanted=computer.gpio_label)
        return
    wrong = list(_wrong_names(board, chip, wanted.overlay)) + list(_wrong_lines(board, chip, wanted.language))
    yield from wrong
    if not wrong:
        used = sum(1 for use in board.pin_uses() if (line := chip.line(use.pin)) is not None and line.user == OUR_NAME)
        yield _told("lines", count=len(board.pin_uses()), used=used)


def _wrong_names(board: Board, chip: GpioChip, overlay: str) -> Iterator[Difference]:
    names = line_names(board)
    uses = board.pin_uses()
    found = {use.pin: line.name if (line := chip.line(use.pin)) is not None else "" for use in uses}
    if uses and not any(found[use.pin] == use.line for use in uses):
        yield _told("no_overlay", overlay=overlay)
        return
    for use in uses:
        if found[use.pin] != names[use.pin]:
            yield _told("other_name", line=use.line, pin=use.pin, found=found[use.pin] or "–")


def _wrong_lines(board: Board, chip: GpioChip, language: Language) -> Iterator[Difference]:
    for use in board.pin_uses():
        line = chip.line(use.pin)
        if line is None or not line.user:
            continue
        if line.user != OUR_NAME:
            position = HEADER_OF_GPIO[use.pin]
            yield _told("other_user", line=use.line, pin=use.pin, position=position, user=line.user)
        elif line.is_output != use.is_output:
            found, right = (OUTPUT, INPUT) if line.is_output else (INPUT, OUTPUT)
            yield _told(
                "other_direction", line=use.line, pin=use.pin, found=found.text(language), wanted=right.text(language)
            )


def _card(port: HandsetWiring, cards: Collection[SoundCard]) -> Iterator[Difference]:
    name = port.card_id
    if not name or port.usb is None:
        return
    at_socket = next((card for card in cards if card.usb == port.usb), None)
    by_name = next((card for card in cards if card.id == name), None)
    facts = {"port": port.number, "card": name, "socket": port.usb}
    if by_name is None:
        yield _told("card_name", found=at_socket.id, **facts) if at_socket is not None else _told("no_card", **facts)
    elif by_name.usb != port.usb:
        yield _told("card_moved", found=by_name.usb or "–", **facts)
    elif port.sound_id is not None and by_name.usb_id != port.sound_id:
        yield _told("card_kind", found=by_name.usb_id, wanted=port.sound_id, **facts)
    elif not (by_name.captures and by_name.plays):
        yield _told("card_half", **facts)
    else:
        yield _told("card", **facts)


def _hub(board: Board, usb: Collection[UsbDevice]) -> Iterator[Difference]:
    hub = board.hub
    if hub is None:
        return
    found = next((device for device in usb if device.path == hub.usb), None)
    if found is None or not found.is_hub:
        yield _told("no_hub", socket=hub.usb)
        return
    if hub.usb_id is not None and found.usb_id != hub.usb_id:
        yield _told("other_hub", socket=hub.usb, found=found.usb_id, wanted=hub.usb_id)
        return
    # A hub of seven sockets is two of four in one case: the second takes a port of the first.
    inner = [device for device in usb if device.is_hub and _hangs_on(device.path, hub.usb)]
    ports = found.ports + sum(device.ports - 1 for device in inner)
    if ports < hub.ports:
        yield _told("small_hub", found=ports, wanted=hub.ports)
    else:
        yield _told("hub", usb_id=found.usb_id, socket=hub.usb, ports=ports)


def _modems(board: Board, usb: Collection[UsbDevice], wanted: Wanted) -> Iterator[Difference]:
    modems = [device for device in usb if device.usb_id in wanted.modem_ids]
    hub = board.hub
    if hub is not None:
        for modem in modems:
            if not _hangs_on(modem.path, hub.usb):
                yield _told("modem_off_hub", usb_id=modem.usb_id, socket=modem.path)
    kind = "modems" if len(modems) >= wanted.modems else "few_modems"
    if modems or wanted.modems:
        yield _told(kind, found=len(modems), wanted=wanted.modems)


def _hangs_on(path: str, hub: str) -> bool:
    return path.startswith(f"{hub}.")


def _box(board: Board, computer: Computer, machine: Machine) -> Iterator[Difference]:
    voltage = {True: "low_power", False: "power", None: "power_unseen"}
    yield _told(voltage[machine.too_little_voltage])
    dog = next((dog for dog in machine.watchdogs if dog.identity == computer.watchdog), None)
    if dog is None:
        yield _told("no_watchdog", wanted=computer.watchdog)
    else:
        yield _told("watchdog" if dog.is_running else "idle_watchdog", found=dog.identity)
    if board.clock is not None:
        # The driver's name is its family's and the bus address: `rtc-ds1307 1-0068`.
        name = next((clock for clock in machine.clocks if "ds1307" in clock or board.clock in clock), None)
        yield _told("clock", found=name) if name is not None else _told("no_clock", wanted=board.clock.upper())
