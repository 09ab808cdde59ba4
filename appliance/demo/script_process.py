"""The script in a process of its own (pjsua2 allows one engine a process, and a test may have used its own up).

`python -m appliance.demo.script_process DIRECTORY SEED COUNT PARALLEL` plays it in the office prepared there; the first
line it prints says that the bodies are built and the box may be started. The ledger is left in `ledger.json`.
"""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from appliance.demo.ledger import Ledger
from appliance.demo.office import open_office
from appliance.demo.script import ScriptStuck, ScriptWorld, run_script
from appliance.demo.sip_engine import PeerError

BUILT = "built"
LEDGER = "ledger.json"


class ScriptProcess:
    """Starts the script beside a box that the caller starts once `wait_built` returned. A context manager."""

    def __init__(self, directory: Path, seed: int, count: int, parallel: int = 8) -> None:
        self._ledger = directory / LEDGER
        self._ledger.unlink(missing_ok=True)
        self.told: list[str] = []
        """What it said so far: an act a line, and why it stopped."""
        words = [str(directory), str(seed), str(count), str(parallel)]
        argv = [sys.executable, "-m", "appliance.demo.script_process", *words]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._built = threading.Event()
        self._reader = threading.Thread(target=self._read, name="script-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> "ScriptProcess":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def wait_built(self, timeout_s: float = 30) -> None:
        """Raises ScriptStuck."""
        if not self._built.wait(timeout_s):
            raise ScriptStuck("the script's modems and phones were not built: " + "\n".join(self.told))

    def ledger(self, timeout_s: float) -> Ledger:
        """Wait for the end of the script. Raises ScriptStuck with what it told."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ScriptStuck(f"not over after {timeout_s} s: " + "\n".join(self.told)) from error
        self._reader.join(5)
        if code != 0:
            raise ScriptStuck("\n".join(self.told))
        return msgspec.json.decode(self._ledger.read_bytes(), type=Ledger)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == BUILT:
                self._built.set()
            else:
                self.told.append(line.rstrip())


def main(arguments: list[str]) -> int:
    logging.basicConfig(level=logging.WARNING)
    directory, seed, count, parallel = Path(arguments[0]), int(arguments[1]), int(arguments[2]), int(arguments[3])
    world = ScriptWorld(open_office(directory), seed, lambda what: print(what, flush=True))
    try:
        world.build()
        print(BUILT, flush=True)
        world.start()
        ledger = run_script(world, count, parallel)
    except (ScriptStuck, PeerError, OSError) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return 1
    finally:
        world.close()
    (directory / LEDGER).write_bytes(msgspec.json.format(msgspec.json.encode(ledger)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
