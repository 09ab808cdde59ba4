"""What a handset port costs the switch: CPU while its person talks, while nobody does, and of a panel that blinks.

A process of its own, as in the product, holds the ports; the twins and their people are in this one and are not
counted. Talking, each port exchanges a period of sound every 20 ms with an exchange that gives back silence, which is
what the native audio port costs to within a hundredth.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from hw.boards import load_board
from hw.devices import HandsetEvent, PortHealth
from hw.handset_port import HandsetPort
from hw.handset_port_sim import HandsetTwin, make_sound_cards, sound_card_file
from hw.panel import Panel
from hw.panel_sim import simulated_pins

SPAN_S = 10.0
TARGET_TALKING_PERCENT = 1.0
TARGET_IDLE_PERCENT = 0.05
LAMPS = 9


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    from tests.sound import ToneEnd  # here: numpy's own threads are nothing the measured process should have

    board = load_board("laptop")
    native = Path(os.environ["CENTRALITA_NATIVE"])
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name:
        folder = Path(name)
        os.environ.update(make_sound_cards(board, folder, native))
        twins = [
            HandsetTwin(port, folder / "bench.sock", sound_card_file(folder, port.number))
            for port in board.handset_port
        ]
        for twin in twins:
            twin.attach_person(ToneEnd(425))
            twin.start()
        words = [sys.executable, "-m", "tests.bench.handset_cpu", str(folder / "bench.sock")]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as measured:
            assert measured.stdout is not None
            said = measured.stdout.read()
        for twin in twins:
            twin.close()
    if measured.returncode != 0:
        return 1
    figures = json.loads(said)
    if as_json:
        print(json.dumps(figures))
    print(f"handset_idle_cpu {figures['idle']:.3f} % of a core (target ≤ {TARGET_IDLE_PERCENT})")
    print(f"panel_blinking_cpu {figures['blinking']:.3f} % of a core ({LAMPS} lamps at 4 Hz)")
    print(f"handset_cpu {figures['talking']:.3f} % of a core (target ≤ {TARGET_TALKING_PERCENT})")
    return 0


def _cpu_percent() -> float:
    """This process's CPU over SPAN_S."""
    before, begun = time.process_time(), time.monotonic()
    threading.Event().wait(SPAN_S)
    return (time.process_time() - before) / (time.monotonic() - begun) * 100


def _measure(socket_path: str) -> None:
    """In the process measured: per cent of a core, a port; prints one JSON object."""
    board = load_board("laptop")
    pins = simulated_pins(Path(socket_path))
    up = threading.Semaphore(0)

    def tell(event: HandsetEvent) -> None:
        if isinstance(event, PortHealth) and event.state == "up":
            up.release()

    ports = [HandsetPort(wiring, pins, tell) for wiring in board.handset_port]
    for port in ports:
        port.start()
    for _ in ports:
        if not up.acquire(timeout=10):
            sys.exit("a sound card of the twin did not come up")
    idle = _cpu_percent() / len(ports)
    for port in ports:
        port.attach_sound(lambda heard: bytes(len(heard)))
    talking = _cpu_percent() / len(ports)
    for port in ports:
        port.close()
    panel = Panel({lamp.name: lamp.pin for lamp in board.lamp}, {}, pins, print)
    panel.start()
    for lamp in board.lamp:
        panel.set_lamp(lamp.name, "fast_blink")
    blinking = _cpu_percent()
    panel.close()
    pins.close()
    print(json.dumps({"idle": idle, "talking": talking, "blinking": blinking}))


if __name__ == "__main__":
    _measure(sys.argv[1])
