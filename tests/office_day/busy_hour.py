"""A busy hour around a box, in a process of its own (pjsua2 allows one engine a process).

`python -m tests.office_day.busy_hour DIRECTORY SEED` says `built` when the box may be started, calls as soon as the box
is ready, and on a line of standard input stops calling, sees everybody home, proves with one call a line and agent that
nothing is stuck, and leaves `truth.json`.
"""

import logging
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.acd.view import Status
from appliance.demo.box_watch import BoxWatch
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.office import Office, open_office
from appliance.demo.sip_engine import PeerError
from appliance.demo.world_parts import WorldParts
from tests.office_day.busy_people import CALLER_HZ, BusyPeople
from tests.office_day.busy_records import HourTruth

STEP_MS = 50
BETWEEN_CALLS_MS = 800
"""On average."""
REST_LIMIT_S = 100.0
"""SIP transactions whose other side was killed take 32 s, or twice that, to be given up (RFC 3261, timers B and F)."""
PROOF_LIMIT_S = 40.0
PROOF_CALLS = (("gsm1", ""), ("gsm2", ""), ("fijo1", ""), ("troncal", "910000003"))
BUILT, CALLING = "built", "calling"
TRUTH = "truth.json"


class Stuck(Exception):
    """Something did not come to rest; the message says what everybody was doing."""


class BusyHour:
    """The world: `build`, start the box, `open`, and in the end `truth`."""

    def __init__(self, office: Office, seed: int) -> None:
        self.loop = WorldLoop()
        self.people = BusyPeople(seed)
        heard = office.directory / "heard"
        heard.mkdir(exist_ok=True)
        self._parts = WorldParts(office, self.loop, self.people, record_dir=heard, tones=(CALLER_HZ,))
        self._watch = BoxWatch(office.run_dir / "acd.sock", lambda status: self.loop.post(lambda: self._heed(status)))
        self._status: Status | None = None
        self._seed = seed
        self._dice = random.Random(f"arrivals {seed}")
        self._calling = False
        self._next_ms = 0
        self._placed = 0
        self._began_ms = now_ms()

    def build(self) -> None:
        self.loop.start()
        self._parts.start()
        self.people.move_in(self._parts)

    def open(self) -> None:
        """The box is there. Raises Stuck."""
        self._watch.start()
        self._parts.register_phones()
        self.loop.ask(self._step)
        self._wait("the box to be ready", self._at_rest, REST_LIMIT_S)
        self._began_ms, self._calling = now_ms(), True

    def truth(self) -> HourTruth:
        """Stop calling, wait until all is over, prove that nothing is stuck. Raises Stuck."""
        self._calling = False
        self._wait("the hour to be over", self._at_rest, REST_LIMIT_S)
        proof = self._prove()
        self._wait("everybody to be home", self._at_rest, REST_LIMIT_S)
        people = self.people
        calls = tuple(people.truth(one) for one in sorted(people.over, key=lambda one: one.number))
        desks = tuple(session for seat in people.seats.values() for session in seat.sessions)
        rang = tuple(people.rang_for_nobody)
        return HourTruth(self._seed, self._began_ms, now_ms(), calls, desks, proof, rang)

    def close(self) -> None:
        self._watch.close()
        self.loop.stop()
        self._parts.close()

    def _prove(self) -> tuple[int, ...]:
        """A call on each line, one after another, until every agent talks at the same time."""
        self.people.proving = True
        first = self._placed
        for line, called in PROOF_CALLS:
            self._prove_line(line, called)
        self._wait("every agent to talk", lambda: self.people.everybody_talks)
        self.loop.ask(self.people.hang_up_all)
        return tuple(range(first + 1, self._placed + 1))

    def _prove_line(self, line: str, called: str) -> None:
        self._placed += 1
        number = self._placed
        self._wait(f"{line} to take a call", lambda: self.people.place(number, line, called))
        self._wait(f"an agent to take the call of {line}", lambda: self.people.talks(number))

    def _wait(self, what: str, done: Callable[[], bool], limit_s: float = PROOF_LIMIT_S) -> None:
        deadline = time.monotonic() + limit_s
        while not self.loop.ask(done, 20):
            if time.monotonic() > deadline:
                raise Stuck(f"waited {limit_s:.0f} s for {what}: {self.loop.ask(self._doing)}")
            time.sleep(0.05)

    def _step(self) -> None:
        self.people.step()
        if self._calling and now_ms() >= self._next_ms:
            self._next_ms = now_ms() + round(self._dice.expovariate(1 / BETWEEN_CALLS_MS))
            self._placed += 1
            self.people.place_one(self._placed)
        self.loop.after(STEP_MS, self._step)

    def _heed(self, status: Status) -> None:
        self._status = status
        self.people.heed(status)

    def _at_rest(self) -> bool:
        status = self._status
        return (
            self.people.quiet
            and status is not None
            and status.switch_connected
            and not status.calls
            and all(agent.state == "ready" for agent in status.agents)
            and all(station.health == "up" for station in status.stations)
            and all(line.health == "up" for line in status.lines)
        )

    def _doing(self) -> str:
        status = self._status
        told = self.people.doing()
        if status is not None:
            told.append(f"switch connected: {status.switch_connected}")
            told += [f"{call.call} {call.line} {call.caller} {call.state} {call.agent}" for call in status.calls]
            told += [f"{agent.agent} {agent.state} {agent.reason}" for agent in status.agents]
            told += [f"{line.line} {line.health}: {line.detail}" for line in status.lines if line.health != "up"]
            told += [f"{one.station} {one.health}: {one.detail}" for one in status.stations if one.health != "up"]
        return f"now {now_ms()}; " + "; ".join(told)


class BusyHourProcess:
    """Starts it; a context manager."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._truth = directory / TRUTH
        self.told: list[str] = []
        argv = [sys.executable, "-m", "tests.office_day.busy_hour", str(directory), str(seed)]
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._said = {BUILT: threading.Event(), CALLING: threading.Event()}
        self._reader = threading.Thread(target=self._read, name="busy-hour-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> "BusyHourProcess":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def wait(self, what: str, timeout_s: float = 60) -> None:
        """`BUILT` or `CALLING`. Raises Stuck."""
        if not self._said[what].wait(timeout_s):
            raise Stuck(f"the busy hour never said {what}: " + "\n".join(self.told))

    def finish(self, timeout_s: float = 300) -> HourTruth:
        """End the hour. Raises Stuck with what it told."""
        assert self._process.stdin is not None
        self._process.stdin.write("finish\n")
        self._process.stdin.flush()
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Stuck(f"not over after {timeout_s} s: " + "\n".join(self.told)) from error
        self._reader.join(5)
        if code != 0:
            raise Stuck("\n".join(self.told))
        return msgspec.json.decode(self._truth.read_bytes(), type=HourTruth)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word = line.strip()
            if word in self._said:
                self._said[word].set()
            else:
                self.told.append(word)


def main(arguments: list[str]) -> int:
    logging.basicConfig(level=logging.WARNING)
    directory = Path(arguments[0])
    hour = BusyHour(open_office(directory), int(arguments[1]))
    try:
        hour.build()
        print(BUILT, flush=True)
        hour.open()
        print(CALLING, flush=True)
        if not sys.stdin.readline():
            return 1
        truth = hour.truth()
    except (Stuck, PeerError, OSError) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return 1
    finally:
        hour.close()
    (directory / TRUTH).write_bytes(msgspec.json.format(msgspec.json.encode(truth)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
