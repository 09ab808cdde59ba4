"""One modem line in a process of its own for measurements: the real driver, native port and conference; and its other
side, which plays a marked tone into the line and keeps what comes out of it.

The parent has the twin, whose work is not the line's. `python -m tests.bench.line_rig` is that process: it reads one
JSON `Order` as its argument and writes its sound and its notes of time into files, its figures as JSON on its output.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.switch.engine import Engine, SipAddress
from appliance.switch.native_port import AudioPort, Bridge, Player, Recorder, native_directory
from hw.devices import Answered, Health, LineEvent
from tests.bench.line_kinds import Driver, FarSide, LineKind, far_side
from tests.line_listening import Clock, Judgement, judge, marked_tone
from tests.machine import MachineStalls, WireStalls

UP_HZ, DOWN_HZ = 1004, 850
IDLE_S = 10.0
POLL_S = 0.017
PRIORITY = 10


@dataclass(frozen=True)
class Order:
    folder: str
    kind: LineKind
    port: str
    audio_port: str
    seconds: float
    sip_port: int


@dataclass
class LineFigures:
    """Of one run: both directions, and per cent of a core while talking beyond what the process takes idle."""

    up: Judgement
    down: Judgement
    cpu_percent: float
    idle_percent: float
    late_ticks: int
    stalls_ms: float
    ports: dict[str, object]


class _Listener:
    """Reads a recorder, noting when. The sample at which a read ends was handed over a tick before its end."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.sound = bytearray()
        self.notes: list[tuple[int, float]] = []

    def look(self) -> None:
        new = self.recorder.read()
        if new:
            self.sound += new
            self.notes.append((len(self.sound) // 2 - 160, time.monotonic()))


@contextmanager
def real_time() -> Iterator[None]:
    """This thread, and what it starts, as the switch's unit runs (systemd/centralita-switch.service), where allowed."""
    before, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, parameters)


def run_line(folder: Path, kind: LineKind, ppm: float, jitter_ms: float, seconds: float, sip_port: int) -> LineFigures:
    """One line for so long: the twin and its far end here, the rest in a process of its own."""
    with real_time():  # all but the judging, which takes minutes and is in nobody's hurry
        side = far_side(kind, folder, UP_HZ, ppm, jitter_ms, native_directory())
        order = Order(str(folder), kind, side.twin.port, side.audio_port, seconds, sip_port)
        try:
            with MachineStalls() as stalls, WireStalls() as wire:
                said = _process(order, side)
            lost = side.lost()
        finally:
            side.close()
    told, end = json.loads(said), side.end
    heard, sent = (folder / name for name in ("heard.raw", "sent.raw"))
    heard_clock, sent_clock = Clock(_notes(told["heard"])), Clock(_notes(told["sent"]))
    seen = [*stalls.seen, *wire.seen, *((at, ms) for at, ms in told["stalls"])]
    up = judge(bytes(end.said), Clock(end.said_notes), heard.read_bytes(), heard_clock, UP_HZ, seen)
    down = judge(sent.read_bytes(), sent_clock, bytes(end.heard), Clock(end.heard_notes), DOWN_HZ, seen)
    return LineFigures(
        up,
        down,
        told["cpu"],
        told["idle"],
        told["late"],
        max(ms for _, ms in [(0, stalls.worst_ms), *seen]),
        {**told["port"], **lost},
    )


def _process(order: Order, side: FarSide) -> str:
    """Runs the line's process to its end; its figures as it prints them. Raises RuntimeError when it fails."""
    words = [sys.executable, "-m", "tests.bench.line_rig", json.dumps(asdict(order))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | side.environment) as process:
        assert process.stdout is not None
        line = ""
        for line in process.stdout:
            if line != "dialled\n":
                break
            side.answers()
    if process.returncode != 0:
        raise RuntimeError(f"the line's process ended with {process.returncode}")
    return line


def _notes(told: list[list[float]]) -> list[tuple[int, float]]:
    return [(int(count), at) for count, at in told]


def _cpu_percent(seconds: float) -> float:
    before, begun = time.process_time(), time.monotonic()
    threading.Event().wait(seconds)
    return (time.process_time() - before) / (time.monotonic() - begun) * 100


def _measure(order: Order) -> None:
    engine = Engine()
    engine.start(SipAddress("127.0.30.4", order.sip_port))
    bridge = Bridge()
    port, player = AudioPort(bridge, "line"), Player(bridge)
    heard, sent = _Listener(Recorder(bridge)), _Listener(Recorder(bridge))
    bridge.connect(port.slot, heard.recorder.slot)
    bridge.connect(player.slot, sent.recorder.slot)
    bridge.connect(player.slot, port.slot)
    player.start([bridge.add_clip(marked_tone(DOWN_HZ))], loop=True)
    over = threading.Event()

    def listen() -> None:
        while not over.wait(POLL_S):
            heard.look()
            sent.look()

    listener = threading.Thread(target=listen)
    listener.start()
    came = {"up": threading.Event(), "answered": threading.Event()}

    def tell(event: LineEvent) -> None:
        if isinstance(event, Health) and event.state == "up":
            came["up"].set()
        elif isinstance(event, Answered):
            line.answered()
            came["answered"].set()

    line = Driver(order.kind, order.port, order.audio_port, port, tell)
    line.start()
    if not came["up"].wait(20):
        sys.exit("the line did not come up")
    with MachineStalls():  # so that watching costs the same in both
        idle = _cpu_percent(IDLE_S)
    line.dial("600123123")
    threading.Event().wait(1)
    print("dialled", flush=True)
    if not came["answered"].wait(20):
        sys.exit("the call was not answered")
    threading.Event().wait(2)
    bridge.clock(reset=True)
    with MachineStalls() as stalls:
        talking = _cpu_percent(order.seconds)
    late = bridge.clock().late_30_ms
    status = asdict(port.status())
    over.set()
    listener.join()
    line.close()
    folder = Path(order.folder)
    folder.joinpath("heard.raw").write_bytes(heard.sound)
    folder.joinpath("sent.raw").write_bytes(sent.sound)
    figures = {"cpu": talking - idle, "idle": idle, "late": late, "port": status, "stalls": list(stalls.seen)}
    print(json.dumps({**figures, "heard": heard.notes, "sent": sent.notes}), flush=True)
    engine.close()


if __name__ == "__main__":
    _measure(Order(**json.loads(sys.argv[1])))
    os._exit(0)  # PJSIP's threads have nothing more to say
