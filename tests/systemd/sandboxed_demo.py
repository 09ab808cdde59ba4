"""The demo, with each process of the box under its unit's sandbox: `… -m tests.systemd.sandboxed_demo FOLDER N`."""

import sys
from pathlib import Path

from appliance.demo.office_text import Addresses
from appliance.demo.stage import demo
from tests.systemd.unit import Unit

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEMD = ROOT / "systemd"
DEVICES = ("tty", "cards")
"""What stands for /dev and for the world outside: the simulated modems' terminals and sound cards."""


def own_folders(unit: Unit, folder: Path) -> list[str]:
    """A unit's ReadWritePaths in a box in this folder, made where they are missing."""
    found = []
    for path in unit["ReadWritePaths"].split():
        for installed, here in (("/run/centralita", "run"), ("/var/lib/centralita", "data")):
            if path.startswith(installed):
                made = folder / here / path.removeprefix(installed).lstrip("/")
                made.mkdir(parents=True, exist_ok=True)
                found.append(str(made))
    return found


def sandboxed(service: str, folder: Path, more: list[str]) -> list[str]:
    """The words before a command that put it under the sandbox of this unit."""
    file = SYSTEMD / f"centralita-{service}.service"
    writable = [*own_folders(Unit(file), folder), *more]
    return [sys.executable, "-m", "tests.systemd.sandbox", str(file), ":".join(writable), "--"]


def main(folder: Path, network: int, calls_per_hour: float) -> int:
    def own_command(*words: str | Path) -> list[str]:
        argv = [sys.executable, "-m", "appliance", *map(str, words)]
        if words[0] == "world":
            return argv
        devices = [str(folder / name) for name in DEVICES] if words[0] == "switch" else []
        return [*sandboxed(str(words[0]), folder, devices), *argv]

    addresses = Addresses.of_network(network, 8080)
    return demo(folder, 1, calls_per_hour, addresses, own_command)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
