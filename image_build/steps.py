"""How set-up steps run and speak: numbered, timed, with a sign of life, and with the end of the log when one fails."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class SetupFailed(Exception):
    """A step could not be done. The message says what to do about it."""


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, file=sys.stderr, flush=True)


class Progress:
    """Counts the steps that are really done and says how long each took."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._done = 0

    def step(self, title: str, work: Callable[[], None]) -> None:
        self._done += 1
        say(f"[{self._done}/{self._steps}] {title} …")
        begun = time.monotonic()
        work()
        say(f"[{self._done}/{self._steps}] {title}: done in {time.monotonic() - begun:.0f} s")


def run(argv: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a program, its output into `log`, with a line every 15 s. Raises SetupFailed with the end of the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
        )
        stop = threading.Event()
        threading.Thread(target=_sign_of_life, args=(stop, begun), daemon=True).start()
        assert process.stdout is not None
        for line in process.stdout:
            sink.write(line.encode())
            sink.flush()
            if line.startswith("pjsip "):
                say("      " + line.rstrip())
        code = process.wait()
        stop.set()
    if code != 0:
        end = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-25:])
        raise SetupFailed(f"{Path(str(argv[0])).name} ended with code {code}. The end of {log}:\n{end}")


def _sign_of_life(stop: threading.Event, begun: float) -> None:
    while not stop.wait(15):
        say(f"      … {time.monotonic() - begun:.0f} s")


def into_place(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside `target` and rename it there, so that an interrupted set-up never leaves half a folder."""
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    fill(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def as_root(argv: Sequence[str]) -> list[str]:
    """The command, by sudo when we are not root. Raises SetupFailed where neither is possible."""
    if os.geteuid() == 0:
        return list(argv)
    if shutil.which("sudo"):
        return ["sudo", *argv]
    raise SetupFailed(f"root is needed for: {' '.join(argv)}. Run this as root, or install sudo.")
