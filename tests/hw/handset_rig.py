"""A handset port under test and its twin: pins on the bench, the sound card on the ALSA twin."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from hw.boards import Board, HandsetWiring, load_board
from hw.devices import HandsetEvent, HookLifted, HookReplaced, PortHealth
from hw.handset_port import HandsetPort
from hw.handset_port_sim import HandsetTwin, make_sound_cards, sound_card_file
from hw.panel_sim import BenchPins, simulated_pins
from tests.waiting import wait_for

BOARD: Board = load_board("laptop")
Event = TypeVar("Event", HookLifted, HookReplaced, PortHealth)


@contextmanager
def sound_cards(folder: Path, native_dir: Path, board: Board = BOARD) -> Iterator[None]:
    """The board's simulated sound cards are known to ALSA in this process."""
    before = os.environ.get("ALSA_CONFIG_PATH")
    os.environ.update(make_sound_cards(board, folder, native_dir))
    try:
        yield
    finally:
        if before is None:
            del os.environ["ALSA_CONFIG_PATH"]
        else:
            os.environ["ALSA_CONFIG_PATH"] = before


class Rig:
    """One handset port with its twin, and what the port reported."""

    def __init__(self, folder: Path, wiring: HandsetWiring) -> None:
        self.folder = folder
        self.wiring = wiring
        self.socket = folder / "bench.sock"
        self.pins: BenchPins = simulated_pins(self.socket)
        self.twin = HandsetTwin(wiring, self.socket, sound_card_file(folder, wiring.number))
        self.events: list[HandsetEvent] = []
        self.port = HandsetPort(wiring, self.pins, self.events.append)

    def wait_event(self, kind: type[Event], count: int = 1) -> Event:
        """The `count`th event of this kind."""
        return wait_for(
            f"{kind.__name__} number {count} among {self.events}",
            lambda: ([e for e in self.events if isinstance(e, kind)] + [None] * count)[count - 1],
        )

    def wait_health(self, state: str) -> PortHealth:
        def last() -> PortHealth | None:
            healths = [e for e in self.events if isinstance(e, PortHealth)]
            return healths[-1] if healths and healths[-1].state == state else None

        return wait_for(f"health {state} among {self.events}", last)

    def wait_pin_in_use(self) -> None:
        wait_for("the hook's pin is in use", lambda: self.wiring.hook_pin in self.pins.levels())

    def close(self) -> None:
        self.twin.close()
        self.port.close()
        self.pins.close()


@contextmanager
def rig(folder: Path, native_dir: Path, *, started: bool = True) -> Iterator[Rig]:
    with sound_cards(folder, native_dir):
        made = Rig(folder, BOARD.handset_port[0])
        try:
            if started:
                made.twin.start()
                made.port.start()
                made.wait_health("up")
            yield made
        finally:
            made.close()
