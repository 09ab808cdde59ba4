"""A process with one handset port in it, for tests that kill it: prints each event's name on a line."""

import signal
import sys
from pathlib import Path

from hw.boards import load_board
from hw.devices import HandsetEvent, PortHealth
from hw.handset_port import HandsetPort
from hw.panel_sim import simulated_pins


def main(socket_path: str) -> None:
    """Run until a signal."""

    def tell(event: HandsetEvent) -> None:
        print(event.state if isinstance(event, PortHealth) else type(event).__name__, flush=True)

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # before any thread is made, so that only we take it
    pins = simulated_pins(Path(socket_path))
    port = HandsetPort(load_board("laptop").handset_port[0], pins, tell)
    port.start()
    signal.sigwait({signal.SIGTERM})
    port.close()
    pins.close()


if __name__ == "__main__":
    main(sys.argv[1])
