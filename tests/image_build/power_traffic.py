"""The office whose power is cut: its configuration, its callers and its agents' phones (sipp), around a virtual box.

They reach the box by QEMU's own network: it is 10.0.2.15 there, and everybody on this machine is 10.0.2.2.
"""

import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from image_build.environment import CHECKOUT
from tests.conftest import free_port

HERE = Path(__file__).parent / "sipp"
NEW_BOX = CHECKOUT / "image_build/box/usr/share/centralita/office.toml"
AGENTS = 2
CALLS_IN_A_START = 2000
"""More than there is time for."""
AT_ONCE = 10
EACH_S = 4
"""A new caller so often: with calls of 5 to 70 s two talk, others wait, and one ends or gives up every few seconds."""
SHORTEST_MS, LONGEST_MS = 5_000, 70_000


def office(phones_port: int) -> str:
    """office.toml: a trunk, two agents at SIP phones, a queue whose calls are recorded and charged to a client."""
    tables = [
        '[[line]]\nname = "trunk"\ndriver = "sip"\naddress = "10.0.2.2"\nasked_every_s = 0\nqueue = "ventas"\n',
        *(
            f'[[station]]\nname = "mesa{number}"\nkind = "sip"\nextension = "{200 + number}"\n'
            f'contact = "sip:{200 + number}@10.0.2.2:{phones_port}"\n'
            f'[[agent]]\nname = "a{number}"\nfull_name = "A {number}"\nnumber = "{10 + number}"\n'
            f'station = "mesa{number}"\nauto_login = true\n'
            for number in range(1, AGENTS + 1)
        ),
        '[[queue]]\nname = "ventas"\ntitle = "Ventas"\nagents = ["a1", "a2"]\nwrap_up_s = 1\n'
        'announce_position_every_s = 0\nrecord = true\nproject = "tienda"\nclient = "acme"\n',
        '[[tariff]]\nname = "entrantes"\ndirection = "in"\nrate_micros_per_minute = 20000\n',
        '[[contract]]\nname = "acme"\nclient = "acme"\n'
        '[[contract.call]]\nname = "llamada"\nprice_micros = 300000\ncounted = "any"\n'
        '[[contract.minute]]\nname = "minutos"\ndirection = "in"\nrate_micros_per_minute = 120000\n',
    ]
    # Nobody here sends sound: what is recorded is what the box plays.
    return NEW_BOX.read_text().replace("[sip]\n", "[sip]\nmedia_timeout_s = 3600\n") + "\n" + "\n".join(tables)


@dataclass(frozen=True)
class Heard:
    """A line of a log of sipp, when it came to be seen, by time.monotonic()."""

    what: str
    """A caller was "answered" or has "ended", an agent's phone is "talking"."""
    number: str
    at_s: float


class Traffic:
    """Everybody on the phone during one start of the box: callers from the first moment on, before it answers."""

    def __init__(self, folder: Path, sip_port: int, phones_port: int, start: int, chance: random.Random) -> None:
        """`start`: which start of the box this is; it is in the callers' numbers."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        calls = folder / "calls.csv"
        lines = [
            f"6{start:03}{number:05};{chance.randint(SHORTEST_MS, LONGEST_MS)}" for number in range(CALLS_IN_A_START)
        ]
        calls.write_text("SEQUENTIAL\n" + "\n".join(lines) + "\n")
        self._logs = {folder / "calls.log": 0, folder / "phones.log": 0}
        """How much of each has been read."""
        self.heard: list[Heard] = []
        more = ["-inf", str(calls), "-s", "900", "-m", str(CALLS_IN_A_START), "-r", "1", "-rp", str(EACH_S * 1000)]
        more += ["-l", str(AT_ONCE), f"127.0.0.1:{sip_port}"]
        self._processes = [
            _sipp(folder, "agent", "phones.log", "-p", str(phones_port)),
            _sipp(folder, "caller", "calls.log", *more),
        ]

    def listen(self) -> list[Heard]:
        """What callers have logged until now. Fails when sipp has ended before its time."""
        for process in self._processes:
            assert process.poll() is None, f"sipp ended with {process.returncode}: see {self._folder}"
        now_s = time.monotonic()
        for log, read in self._logs.items():
            text = log.read_text() if log.exists() else ""
            self._logs[log] = text.rfind("\n") + 1
            for line in text[read : self._logs[log]].splitlines():
                what, _, number = line.strip().partition(" ")
                self.heard.append(Heard(what, number, now_s))
        return self.heard

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


def _sipp(folder: Path, name: str, log: str, *more: str) -> subprocess.Popen[bytes]:
    argv = ["sipp", "-sf", str(HERE / f"{name}.xml"), "-i", "127.0.0.1", "-mp", str(free_port()), "-nostdin"]
    argv += more
    argv += [
        "-trace_logs",
        "-log_file",
        str(folder / log),
        "-trace_err",
        "-error_file",
        str(folder / f"{name}-errors.log"),
    ]
    return subprocess.Popen(
        argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
