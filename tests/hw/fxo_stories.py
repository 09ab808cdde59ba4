"""What the tests of analogue modems share: ports whose reads come in any pieces, with a DTR wire, with USB power."""

import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hw.at_conversation_sim import AnswerFaults
from hw.devices import Answered, Dialling, Ended, Ringing
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import FxoFaults
from hw.power_cure import UsbSocket
from hw.serial_transport import SerialTransport, Transport, TransportLost
from hw.usb_power import Done
from tests.hw.modem_rig import QUICK_FXO, Rig, at_once, quick_fxo_faults, rig
from tests.waiting import wait_for

SEED = 4
NUMBER = "934445566"
AT_ONCE = 8
PIECES = (1, 1, 2, 3, 7, 40, 333)


class PieceTransport(SerialTransport):
    """Reads so few bytes at a time that everything is cut everywhere sometime; notes what the host wrote."""

    def __init__(self, port: str, seed: int, dtr_dropped: Callable[[], None] | None = None) -> None:
        super().__init__(port)
        self._chance = random.Random(seed)
        self._dtr_dropped = dtr_dropped
        self.written = bytearray()

    def read(self) -> bytes:
        try:
            data = os.read(self.fileno(), self._chance.choice(PIECES))
        except BlockingIOError:
            return b""
        except OSError as error:
            raise TransportLost(str(error)) from error
        if not data:
            raise TransportLost("was unplugged")
        return data

    def write(self, data: bytes) -> int:
        sent = super().write(data)
        self.written += data[:sent]
        return sent

    def set_dtr(self, on: bool) -> bool:
        """The wire that a pseudo-terminal does not have, where the test gave one."""
        if self._dtr_dropped is None:
            return super().set_dtr(on)
        if not on:
            self._dtr_dropped()
        return True


class TwinPower:
    """The USB port the twin hangs on. Switching takes a moment, and its end is told by another thread."""

    PATH = "1-1.3"

    def __init__(self, twin: Callable[[], FxoModemTwin], refuses: str = "") -> None:
        self._twin = twin
        self._refuses = refuses
        self.cycles = 0

    def cycle(self, usb_path: str, done: Done) -> None:
        assert usb_path == self.PATH
        threading.Thread(target=lambda: done(self._refuses or self._cycle())).start()

    def socket(self) -> UsbSocket:
        return UsbSocket(self, lambda: self.PATH)

    def _cycle(self) -> str:
        self._twin().unplug()
        time.sleep(0.05)  # without power; this is the device's time, not a wait for something
        self._twin().plug()
        self.cycles += 1
        return ""


class RawPort:
    """The twin without a driver: bytes in and out."""

    def __init__(self, port: str) -> None:
        self._transport = SerialTransport(port)
        self.heard = bytearray()

    def ask(self, command: str) -> str:
        """The final result: the first after the command's echo, for there may be answers left to what came before."""
        self.heard.clear()
        self._transport.write(command.encode() + b"\r")

        def answer() -> str | None:
            self.heard += self._transport.read()
            _, echo, after = bytes(self.heard).partition(command.encode() + b"\r")
            found = re.search(rb"\r\n(OK|ERROR|CONNECT|NO DIALTONE)\r\n", after) if echo else None
            return found.group(1).decode() if found else None

        return wait_for(f"an answer to {command}", answer)

    def says_ok(self) -> bool:
        self.send(b"AT\r")
        return self.has(b"OK")

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    def has(self, *any_of: bytes) -> bool:
        self.heard += self._transport.read()
        return any(one in self.heard for one in any_of)

    def close(self) -> None:
        self._transport.close()


@contextmanager
def raw(folder: Path, model: str, faults: FxoFaults) -> Iterator[tuple[FxoModemTwin, RawPort]]:
    twin = FxoModemTwin(folder, name=model, model=model, faults=faults)
    twin.start()
    port = RawPort(twin.port)
    try:
        wait_for("its start", port.says_ok)
        yield twin, port
    finally:
        port.close()
        twin.close()


def fxo_twin(line: Rig) -> FxoModemTwin:
    assert isinstance(line.twin, FxoModemTwin)
    return line.twin


@dataclass
class Place:
    """Where a story is told."""

    folder: Path
    model: str
    faults: FxoFaults = field(default_factory=quick_fxo_faults)
    transports: list[PieceTransport] = field(default_factory=list)
    lines: list[Rig] = field(default_factory=list)

    @property
    def written(self) -> bytes:
        return b"".join(bytes(one.written) for one in self.transports)

    @contextmanager
    def line(
        self,
        *,
        until: str = "up",
        dtr: bool = False,
        country: str = "ES",
        power: TwinPower | None = None,
        **timings: int,
    ) -> Iterator[Rig]:
        self.faults.answers = AnswerFaults(split_writes=True)

        def open_transport(port: str) -> Transport:
            drop = (lambda: fxo_twin(self.lines[-1]).drop_dtr()) if dtr else None
            self.transports.append(PieceTransport(port, SEED + len(self.transports), drop))
            return self.transports[-1]

        quick = replace(QUICK_FXO, **timings)  # type: ignore[arg-type]
        with rig(
            self.folder,
            self.model,
            self.faults,
            open_transport=open_transport,
            until="",
            fxo_timings=quick,
            country=country,
            usb_socket=power.socket() if power is not None else None,
        ) as line:
            self.lines.append(line)
            if until:
                line.events.health(until)
            yield line


def comes_in(line: Rig, number: str = NUMBER) -> None:
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.twin.ring(number)
    assert line.events.next(Ringing).caller == number
    line.modem.answer()
    assert line.events.next(Answered) == Answered("signalled")
    wait_for("sound", lambda: line.twin.sound.running)


def goes_out(line: Rig, emergency: bool = False) -> None:
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.modem.dial(NUMBER, emergency)
    line.events.next(Dialling)
    wait_for("sound", lambda: line.twin.sound.running)


def goes_on(line: Rig) -> None:
    """The call is up and stays up for 30 frames."""
    frames = line.twin.sound.frames
    wait_for("30 frames", lambda: line.twin.sound.frames > frames + 30)
    assert line.twin.call_state == "connected"
    assert not line.events.of(Ended)


def over(line: Rig, how: Ended) -> None:
    assert line.events.next(Ended) == how
    line.events.skip()
    comes_in(line)


Story = Callable[[Place], None]
Row = tuple[str, tuple[str, ...], Story]
"""The sentence a behaviour comes from, the models that show it, and the story."""
Case = tuple[str, str, Story]


def groups(rows: tuple[Row, ...]) -> list[list[Case]]:
    """A case for each model of a row, as many at a time as two cores bear."""
    cases = [(source, model, story) for source, models, story in rows for model in models]
    return [cases[at : at + AT_ONCE] for at in range(0, len(cases), AT_ONCE)]


def tell(cases: list[Case], folder: Path) -> None:
    """The stories side by side; a failure names its row."""
    print(f"seed {SEED}")

    def told(case: Case, own: Path) -> None:
        _, model, story = case
        (own / "raw").mkdir(parents=True)
        story(Place(own, model))

    at_once(*cases)(told)(folder)
