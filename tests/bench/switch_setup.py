"""A caller's INVITE in to a station's INVITE out in the bare switch: no Kamailio, an ACD that decides at once.

One loop here is both the network and the ACD, so the figure is the switch and two crossings of its socket. The bare
engine's figure on a machine of this class was 1.7 ms p50 with another thread deciding, 1.0 ms inside PJSIP's callback.
"""

import json
import re
import select
import socket
import sys
import tempfile
import time
from pathlib import Path

from appliance.acd.effects import HangUpLeg, RefuseLeg, RingStation, SwitchEffect
from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import LegEnded, LegOffered
from appliance.acd.wire import Ack, FromSwitch, LineSplitter, ToSwitch, decode_from_switch, encode
from tests.box import cpu_seconds
from tests.switch.switch_office import INSIDE, SwitchOffice
from tests.waiting import wait_for

CALLS = 500
WARM_UP = 30
TARGET_P50_MS = 2.0
TARGET_P99_MS = 4.0
SDP = f"v=0\r\no=- 1 1 IN IP4 {INSIDE}\r\ns=-\r\nc=IN IP4 {INSIDE}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n"
OFFER = f"{SDP}a=rtpmap:101 telephone-event/8000\r\n"


class World:
    """The network at Kamailio's inner address, and the ACD at the other end of the switch's socket."""

    def __init__(self, office: SwitchOffice) -> None:
        self.switch = (INSIDE, office.switch_port)
        self.network = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.network.bind((INSIDE, office.inside_port))
        self.link = wait_for("the switch", lambda: self._connect(office.run_dir / "switch.sock"), timeout_s=15)
        self.splitter = LineSplitter()
        self.effect = 0
        self.invite_at = 0.0
        self.latency_ms: list[float] = []
        self.ended: set[str] = set()

    def _connect(self, path: Path) -> socket.socket | None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(path))
        except OSError:
            sock.close()
            return None
        return sock

    def do(self, effect: SwitchEffect) -> None:
        self.effect += 1
        self.link.sendall(encode(ToSwitch(self.effect, effect)))

    def send(self, text: str) -> None:
        self.network.sendto(text.encode(), self.switch)

    def call(self, number: int) -> None:
        """One call: in, decided, out, refused at both ends."""
        call_id = f"call-{number}@{INSIDE}"
        before = len(self.latency_ms)
        invite = self._request("INVITE", number, call_id, f"X-Centralita-Line: trunk\r\n{_body(OFFER)}")
        self.invite_at = time.perf_counter()
        self.send(invite)
        self.turn_until(lambda: len(self.latency_ms) > before, "the INVITE to the station")
        legs = {f"acd-{number}", self.caller}
        self.do(HangUpLeg(LegId(f"acd-{number}")))
        self.do(RefuseLeg(self.caller, "busy"))
        self.turn_until(lambda: legs <= self.ended, "the end of both legs")

    def _request(self, method: str, number: int, call_id: str, rest: str) -> str:
        host, port = self.network.getsockname()
        return (
            f"{method} sip:910000000@{self.switch[0]}:{self.switch[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKc{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:600111222@{host}>;tag=c{number}\r\nTo: <sip:910000000@{host}>\r\nCall-ID: {call_id}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:caller@{host}:{port}>\r\n{rest}"
        )

    def turn_until(self, done: object, what: str) -> None:
        assert callable(done)
        deadline = time.monotonic() + 5
        while not done():
            left = deadline - time.monotonic()
            assert left > 0, f"not within 5 s: {what}"
            for ready in select.select([self.network, self.link], [], [], left)[0]:
                if ready is self.network:
                    self._from_network()
                else:
                    self._from_switch()

    def _from_network(self) -> None:
        message = self.network.recv(65_535).decode(errors="replace")
        first = message.split("\r\n", 1)[0]
        if first.startswith("INVITE "):
            self.latency_ms.append((time.perf_counter() - self.invite_at) * 1000)
            self.invite = message
            self._reply(message, "180 Ringing")
        elif first.startswith("CANCEL "):
            self._reply(message, "200 OK")
            self._reply(self.invite, "487 Request Terminated")
        elif re.match(r"SIP/2\.0 [3-6]", first) and "INVITE" in _field(message, "CSeq"):
            number = int(_field(message, "Call-ID").split("-")[1].split("@")[0])
            ack = self._request("ACK", number, _field(message, "Call-ID"), "Content-Length: 0\r\n\r\n")
            host, _ = self.network.getsockname()
            self.send(ack.replace(f"To: <sip:910000000@{host}>", f"To: {_field(message, 'To')}"))

    def _reply(self, request: str, status: str) -> None:
        to = _field(request, "To")
        vias = re.findall(r"(?im)^via: *(.*?)\r$", request)
        lines = [f"SIP/2.0 {status}", *(f"Via: {via}" for via in vias), f"From: {_field(request, 'From')}"]
        lines += [f"To: {to}{'' if ';tag=' in to else ';tag=phone'}", f"Call-ID: {_field(request, 'Call-ID')}"]
        lines += [f"CSeq: {_field(request, 'CSeq')}", f"Contact: <sip:201@{INSIDE}:{self.network.getsockname()[1]}>"]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]))

    def _from_switch(self) -> None:
        for line in self.splitter.feed(self.link.recv(65_536)):
            frame = decode_from_switch(line)
            if not isinstance(frame, FromSwitch):
                continue
            if isinstance(frame.input, LegOffered):
                self.caller = frame.input.leg
                number = len(self.latency_ms)
                self.do(RingStation(LegId(f"acd-{number}"), StationName("sip1"), frame.input.caller, "Ventas"))
            elif isinstance(frame.input, LegEnded):
                self.ended.add(frame.input.leg)
            self.link.sendall(encode(Ack(frame.seq)))


def _body(text: str) -> str:
    return f"Content-Type: application/sdp\r\nContent-Length: {len(text)}\r\n\r\n{text}"


def _field(message: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}: *(.*?)\r$", message)
    return found[1] if found else ""


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name:
        office = SwitchOffice(Path(name), kamailio=False)
        office.start()
        try:
            world = World(office)
            for number in range(WARM_UP):
                world.call(number)
            cpu = cpu_seconds(office.switch.pid)
            for number in range(WARM_UP, WARM_UP + CALLS):
                world.call(number)
            cpu = (cpu_seconds(office.switch.pid) - cpu) * 1000 / CALLS
            world.link.close()
        finally:
            office.stop()
    times = sorted(world.latency_ms[WARM_UP:])
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    if as_json:
        print(json.dumps({"p50_ms": p50, "p99_ms": p99, "cpu_s_per_1000": cpu, "calls": CALLS}))
    print(f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, worst {times[-1]:.2f} ms, {cpu:.1f} CPU s for 1,000 calls (no media)")
    print(f"switch_setup {p50:.2f} ms (target {TARGET_P50_MS:g}, p99 {TARGET_P99_MS:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main("--json" in sys.argv))
