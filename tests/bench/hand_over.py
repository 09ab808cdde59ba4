"""What this machine itself takes to hand something on from process to process, measured beside a benchmark.

A call's set-up wakes five processes one after another (Kamailio, switch, ACD, switch, Kamailio). Five that do nothing
but pass eight bytes on, each as urgent as the one it stands for, meanwhile show what of a late call is the machine's:
on a shared host a processor is at times away for longer than all our work takes.
"""

import os
import subprocess
import sys
import threading
import time
from types import TracebackType

from appliance.box import URGENCY

CHAIN = ("kamailio", "switch", "acd", "switch", "kamailio")
EVERY_S = 0.05
SAID = b"12345678"
PASS_ON = """
import os, sys
try:
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(int(sys.argv[1])))
except OSError:
    pass  # a machine that allows nobody to be urgent does not allow the box either
while data := os.read(0, 8):
    os.write(1, data)
"""


class HandOver:
    """Passes something on every 50 ms while it is open; `times_ms` is how long each took. Their urgency needs root."""

    def __init__(self) -> None:
        self.times_ms: list[float] = []
        self._chain: list[subprocess.Popen[bytes]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def __enter__(self) -> "HandOver":
        for name in CHAIN:
            source = self._chain[-1].stdout if self._chain else subprocess.PIPE
            self._chain.append(
                subprocess.Popen(
                    [sys.executable, "-c", PASS_ON, str(URGENCY[name])], stdin=source, stdout=subprocess.PIPE, bufsize=0
                )
            )
        for before in self._chain[:-1]:
            assert before.stdout is not None
            before.stdout.close()  # the next one's now
        self._pass_on()  # until all of them run
        self._thread.start()
        return self

    def _pass_on(self) -> float:
        first, last = self._chain[0].stdin, self._chain[-1].stdout
        assert first is not None and last is not None
        before = time.monotonic()
        os.write(first.fileno(), SAID)
        if os.read(last.fileno(), len(SAID)) != SAID:
            raise RuntimeError("a process of the hand-over chain ended")
        return (time.monotonic() - before) * 1000

    def _measure(self) -> None:
        while not self._over.wait(EVERY_S):
            self.times_ms.append(self._pass_on())

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(10)
        first, last = self._chain[0].stdin, self._chain[-1].stdout
        assert first is not None and last is not None
        first.close()  # each ends when the one before it has
        for process in self._chain:
            process.wait(10)
        last.close()
