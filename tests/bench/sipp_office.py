"""A box with sipp on both sides, for the figures about SIP: callers from a trunk, agents at fixed contacts."""

import ctypes
import os
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.box import Box, Faces, make_box
from tests.sound import tone

HERE = Path(__file__).parent / "sipp"
AGENT_PORT = 5070
SO_TIMESTAMPNS = 35
SO_ATTACH_FILTER = 26


def office_tables(outside: str, agents: int, *, record: bool) -> str:
    """One SIP trunk, `agents` agents at fixed contacts, one queue without greeting or wrap-up."""
    names = [f"a{number}" for number in range(1, agents + 1)]
    tables = [
        f'[[line]]\nname = "trunk"\ndriver = "sip"\naddress = "{outside}"\nqueue = "cola"\n',
        *(
            f'[[station]]\nname = "s{name}"\nkind = "sip"\nextension = "{200 + number}"\n'
            f'contact = "sip:{200 + number}@{outside}:{AGENT_PORT}"\n'
            f'[[agent]]\nname = "{name}"\nfull_name = "{name}"\nnumber = "{100 + number}"\n'
            f'station = "s{name}"\nauto_login = true\n'
            for number, name in enumerate(names, 1)
        ),
        f'[[queue]]\nname = "cola"\ntitle = "Cola"\nagents = {names!r}\nwrap_up_s = 0\ngreeting = ""\n'
        f"announce_position_every_s = 0\nrecord = {str(record).lower()}\nmax_length = 1000\n".replace("'", '"'),
        '[[tariff]]\nname = "todo"\ndirection = "in"\nrate_micros_per_minute = 20000\n',
    ]
    return "\n".join(tables)


class SippBox(Box):
    """A box that remembers the addresses around it."""

    def __init__(self, config: Path, faces: Faces) -> None:
        super().__init__(config)
        self.faces = faces


@contextmanager
def sipp_box(agents: int, *, record: bool) -> Iterator[SippBox]:
    """The box with its agents' phones answering; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as folder:
        faces = Faces.unused()
        box = SippBox(make_box(Path(folder), faces, office_tables(faces.outside, agents, record=record)).config, faces)
        box.start()
        try:
            box.wait_status(
                "every agent ready", lambda status: sum(a.state == "ready" for a in status.agents) == agents
            )
            yield box
        finally:
            box.stop()


def scenario(name: str, folder: Path, sound: Path | None) -> Path:
    """The scenario file, sending this raw A-law sound by RTP when there is one."""
    action = ""
    if sound is not None:
        action = f'<nop><action><exec rtp_stream="{sound},-1,8"/></action></nop>'
    made = folder / f"{name}.xml"
    made.write_text((HERE / f"{name}.xml").read_text().replace("<!-- RTP -->", action))
    return made


def speech_like_alaw(folder: Path) -> Path:
    """Ten seconds of a tone as raw A-law, by sox: something for RTP to carry."""
    raw = folder / "tone.raw"
    raw.write_bytes(tone(440, 10.0, -20))
    made = folder / "tone.al"
    form = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1"]
    subprocess.run(["sox", *form, raw, "-t", "raw", "-e", "a-law", "-b", "8", made], check=True)
    return made


class Sipp:
    """One sipp process; its log and counts stay in `folder`."""

    def __init__(self, folder: Path, name: str, file: Path, address: str, port: int, *more: str) -> None:
        self.folder = folder / f"{name}-{port}"
        self.folder.mkdir(exist_ok=True)
        argv = ["sipp", *more, "-sf", str(file), "-i", address, "-mi", address, "-p", str(port), "-nostdin"]
        argv += ["-trace_err", "-error_file", str(self.folder / "errors.log"), "-timeout_error"]
        self.process = subprocess.Popen(
            argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self, timeout_s: float) -> int:
        return self.process.wait(timeout_s)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(5)


def agents_phone(box: SippBox, folder: Path, sound: Path | None) -> Sipp:
    """One sipp that is every agent's phone."""
    return Sipp(folder, "agent", scenario("agent", folder, sound), box.faces.outside, AGENT_PORT, "-mp", "16000")


def callers(
    box: SippBox,
    folder: Path,
    count: int,
    rate: float,
    talk_ms: int,
    *,
    at_once: int,
    sound: Path | None,
    port: int = 5080,
) -> Sipp:
    """`count` callers, `rate` a second, each talking for `talk_ms` from its answer on."""
    more = ["-s", "900", "-m", str(count), "-r", str(max(1, round(rate * 10))), "-rp", "10000"]
    more += ["-l", str(at_once), "-d", str(talk_ms), "-mp", "26000", f"{box.faces.lan}:5060"]
    return Sipp(folder, "caller", scenario("caller", folder, sound), box.faces.outside, port, *more)


class InviteClock:
    """Times on the wire, by the kernel's stamps: each caller's INVITE to the box, and the INVITE to the agent for it.

    A packet socket on loopback sees every datagram as it is sent. Callers are told apart by the user of their From,
    which the box shows the agent as the caller. Needs root (CAP_NET_RAW).
    """

    def __init__(self, box: SippBox) -> None:
        self._box = box
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        _only_invites(self._socket)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.2)
        self._stop = threading.Event()
        self.sent_ms: dict[str, float] = {}
        self.rung_ms: dict[str, float] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> list[float]:
        """Stop watching. Milliseconds from a caller's INVITE to its agent's, of every call that came so far."""
        self._stop.set()
        self._thread.join()
        self._socket.close()
        return [self.rung_ms[user] - self.sent_ms[user] for user in self.rung_ms if user in self.sent_ms]

    def _watch(self) -> None:
        outside = socket.inet_aton(self._box.faces.outside)
        lan = socket.inet_aton(self._box.faces.lan)
        while not self._stop.is_set():
            try:
                data, control, _, address = self._socket.recvmsg(4096, 256)
            except TimeoutError:
                continue
            if address[2] != socket.PACKET_OUTGOING and address[2] != 0:
                continue
            header = (data[0] & 15) * 4
            source, target = data[12:16], data[16:20]
            payload = data[header + 8 :]
            if data[9] != socket.IPPROTO_UDP or not payload.startswith(b"INVITE "):
                continue
            at_ms = _stamp_ms(control)
            user = _from_user(payload)
            if source == outside and target == lan:
                self.sent_ms.setdefault(user, at_ms)
            elif target == outside and struct.unpack("!H", data[header + 2 : header + 4])[0] == AGENT_PORT:
                self.rung_ms.setdefault(user, at_ms)


# Classic BPF (linux/filter.h) from the IP header on: UDP that begins with "INVI". Code, jump if true, if false, k.
INVITES_ONLY = (
    (0x30, 0, 0, 9),  # A = protocol
    (0x15, 0, 4, socket.IPPROTO_UDP),
    (0xB1, 0, 0, 0),  # X = length of the IP header
    (0x40, 0, 0, 8),  # A = the word after the UDP header
    (0x15, 0, 1, int.from_bytes(b"INVI", "big")),
    (0x06, 0, 0, 65_535),  # take it
    (0x06, 0, 0, 0),  # leave it
)


def _only_invites(tap: socket.socket) -> None:
    """Let the kernel pass over everything else: a copy of each RTP packet would be charged to the box that sends it,
    and reading them in Python would take the processor from what is measured."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in INVITES_ONLY))
    tap.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(INVITES_ONLY), ctypes.addressof(program)))


def _stamp_ms(control: list[tuple[int, int, bytes]]) -> float:
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return float(seconds * 1000 + nanoseconds / 1e6)
    return time.time() * 1000


def _from_user(message: bytes) -> str:
    for line in message.split(b"\r\n"):
        if line.lower().startswith((b"from:", b"f:")):
            return line.split(b"sip:", 1)[-1].split(b"@", 1)[0].decode(errors="replace")
    return ""


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def spread(values: list[float]) -> str:
    return f"p50 {statistics.median(values):.2f}, p99 {percentile(values, 0.99):.2f}, max {max(values):.2f}"


def require_root() -> bool:
    """Whether the wire can be watched; says so where not."""
    if os.geteuid() == 0:
        return True
    print("this benchmark watches loopback with a packet socket: run it as root")
    return False
