"""A switch for the ACD under test: legs that live without sound, on the real socket, as strict as the real one.

It numbers and keeps what it says until it is acknowledged, refuses a gap in the effects' numbers, introduces itself
with its inventory as of the last acknowledged input, and notes as a violation whatever a switch must never be told:
a leg minted twice, a leg that never was, a connection of legs that are not answered. It runs in a thread of its own and
goes on while there is no ACD, as calls do, and leaves what was not heard in the real one's file.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from appliance.acd import effects as e
from appliance.acd import inputs as i
from appliance.acd.ids import LegId, LineName, StationName
from appliance.acd.wire import (
    Ack,
    Done,
    FromSwitch,
    Hello,
    LineSplitter,
    ToSwitch,
    decode_from_acd,
    encode,
)
from appliance.switch.unheard import UnheardFile

LegState = Literal["offered", "dialling", "ringing", "answered", "ended"]


def now_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@dataclass
class Leg:
    """A leg as the switch knows it, with the moments (CLOCK_BOOTTIME ms, 0: never) the ledger is made of."""

    id: LegId
    line: LineName | None = None
    station: StationName | None = None
    number: str = ""
    called: str = ""
    state: LegState = "offered"
    began_ms: int = 0
    answered_ms: int = 0
    ended_ms: int = 0
    cause: str = ""
    peer: LegId | None = None
    listed_from: int = 0
    """The input that told of it; 0 when the ACD made it."""
    ended_seq: int = 0


@dataclass
class Said:
    """The peer's ledger: what it carried out, and what it should never have been asked."""

    effects: list[e.SwitchEffect] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    connections: int = 0


class SwitchPeer:
    """Listens at `path`. `on_ring(leg)` and `on_talk(caller, agent)` are told, in its thread, so that a script can act.

    The script's own doings (`offer`, `answer`, `hang_up`) may be called from any thread.
    """

    def __init__(self, path: Path, incarnation: str = "peer-1") -> None:
        self.path = path
        self.incarnation = incarnation
        self.said = Said()
        self.legs: dict[LegId, Leg] = {}
        self.on_ring: Callable[[Leg], None] = lambda leg: None
        self.on_talk: Callable[[Leg, Leg], None] = lambda caller, agent: None
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._seq = 0
        self._acknowledged = 0
        self._kept: deque[tuple[int, bytes]] = deque()
        self._last_effect = 0
        self._connection: socket.socket | None = None
        self._splitter = LineSplitter()
        self._offers = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._unheard = UnheardFile(path)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="switch peer", daemon=True)
        self._thread.start()

    # --- what the world does

    def offer(self, number: str = "+34600111222", line: str = "operador") -> Leg:
        """A call arrives."""
        with self._lock:
            self._offers += 1
            name = LegId(f"{self.incarnation}-{self._offers}")
            leg = Leg(name, LineName(line), None, number, "+34910000000", "offered", now_ms())
            self.legs[name] = leg
            leg.listed_from = self._say(i.LegOffered(name, LineName(line), number, leg.called), leg.began_ms)
            return leg

    def dials(self, station: str, digits: str) -> Leg:
        """Somebody dials on a station."""
        with self._lock:
            self._offers += 1
            name = LegId(f"{self.incarnation}-{self._offers}")
            leg = Leg(name, None, StationName(station), state="offered", began_ms=now_ms())
            self.legs[name] = leg
            leg.listed_from = self._say(i.StationDialled(name, StationName(station), digits), leg.began_ms)
            return leg

    def answer(self, leg: Leg) -> bool:
        """A station is lifted; False when it does not ring any more."""
        with self._lock:
            if leg.state not in ("dialling", "ringing"):
                return False
            self._answered(leg)
            return True

    def hang_up(self, leg: Leg, cause: i.LegCause = "normal") -> bool:
        """The far end of a leg is gone; False when it was already."""
        with self._lock:
            if leg.state == "ended":
                return False
            self._end(leg, cause, by_us=False)
            return True

    def tell(self, what: i.SwitchInput) -> None:
        """Anything else that happens."""
        with self._lock:
            self._say(what, now_ms())

    def up(self) -> list[Leg]:
        with self._lock:
            return [leg for leg in self.legs.values() if leg.state != "ended"]

    @property
    def unacknowledged(self) -> int:
        return len(self._kept)

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def cut(self) -> None:
        """Lose the connection, as when a buffer overflowed."""
        with self._lock:
            self._drop()

    def restart(self, incarnation: str, keep: tuple[LegId, ...] = ()) -> None:
        """Die and come back: only the legs of `keep` are still up, found again under other names."""
        with self._lock:
            self._unheard.close()
            self._drop(noticed=False)
            self.incarnation, self._seq, self._acknowledged, self._last_effect = incarnation, 0, 0, 0
            self._kept.clear()
            kept = [self.legs[name] for name in keep]
            for leg in self.legs.values():
                if leg.state != "ended":
                    leg.state, leg.ended_ms = "ended", now_ms()
            self.legs.clear()
            for leg in kept:
                self._offers += 1
                again = Leg(LegId(f"{incarnation}-{self._offers}"), leg.line, leg.station, leg.number, leg.called)
                again.state, again.began_ms, again.answered_ms = "answered", now_ms(), now_ms()
                again.listed_from = -1
                self.legs[again.id] = again

    def close(self) -> None:
        """Die, for good."""
        self._stopping = True
        self._thread.join(5)
        self._unheard.close()
        self._drop(noticed=False)
        self._listener.close()
        self._selector.close()
        self.path.unlink(missing_ok=True)

    # --- effects

    def _carry_out(self, effect: e.SwitchEffect) -> None:
        self.said.effects.append(effect)
        match effect:
            case e.RingStation(leg=name, station=station):
                self._ring(name, station)
            case e.DialLine(leg=name, line=line, number=number):
                self._dial(name, line, number)
            case e.AnswerLeg(leg=name):
                leg = self._known(name, effect)
                if leg is not None and leg.state == "offered":
                    self._answered(leg)
            case e.RefuseLeg(leg=name, cause=cause) | e.HangUpLeg(leg=name, cause=cause):
                leg = self._known(name, effect)
                if leg is not None and leg.state != "ended":
                    self._end(leg, "cancelled" if leg.state in ("dialling", "ringing") else cause, by_us=True)
            case e.Connect(a=one, b=other):
                self._connect(one, other, effect)
            case e.Disconnect(a=one, b=other):
                self._known(one, effect), self._known(other, effect)
            case e.Play(leg=name, token=token):
                if self._known(name, effect) is not None:
                    self._say(i.PlayFinished(name, token), now_ms())
            case e.SetBackground(leg=name):
                self._known(name, effect)
            case _:
                pass

    def _ring(self, name: LegId, station: StationName) -> None:
        if name in self.legs:
            self.said.violations.append(f"leg {name} is minted twice")
            return
        leg = Leg(name, None, station, state="ringing", began_ms=now_ms())
        self.legs[name] = leg
        self._say(i.LegProgress(name), now_ms())
        self.on_ring(leg)

    def _dial(self, name: LegId, line: LineName, number: str) -> None:
        if name in self.legs:
            self.said.violations.append(f"leg {name} is minted twice")
            return
        self.legs[name] = Leg(name, line, None, number, state="dialling", began_ms=now_ms())
        self._say(i.LegProgress(name), now_ms())

    def _connect(self, one: LegId, other: LegId, effect: e.SwitchEffect) -> None:
        a, b = self._known(one, effect), self._known(other, effect)
        if a is None or b is None or "ended" in (a.state, b.state):
            return
        if not a.state == b.state == "answered":
            self.said.violations.append(f"{effect} of legs that are {a.state} and {b.state}")
        if a.peer == b.id:
            self.said.violations.append(f"{effect}: connected already")
        a.peer, b.peer = b.id, a.id
        caller, agent = (a, b) if a.line is not None else (b, a)
        self.on_talk(caller, agent)

    def _known(self, name: LegId, effect: e.SwitchEffect) -> Leg | None:
        leg = self.legs.get(name)
        if leg is None:
            self.said.violations.append(f"{effect}: there never was such a leg")
        return leg

    def _answered(self, leg: Leg) -> None:
        leg.state, leg.answered_ms = "answered", now_ms()
        self._say(i.LegAnswered(leg.id), leg.answered_ms)

    def _end(self, leg: Leg, cause: i.LegCause, by_us: bool) -> None:
        leg.state, leg.ended_ms, leg.cause = "ended", now_ms(), cause
        leg.ended_seq = self._say(i.LegEnded(leg.id, cause, by_us), leg.ended_ms)

    # --- the wire

    def _say(self, what: i.SwitchInput, at_ms: int) -> int:
        self._seq += 1
        line = encode(FromSwitch(self._seq, at_ms, what))
        self._kept.append((self._seq, line))
        if self._connection is None:
            self._unheard.add(line)
        self._send(line)
        return self._seq

    def _send(self, line: bytes) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):  # a dead ACD's end is about to be read
                self._connection.sendall(line)

    def _run(self) -> None:
        while not self._stopping:
            self._unheard.alive(now_ms())
            for key, _ in self._selector.select(0.05):
                with self._lock:
                    key.data()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        if self._connection is not None:
            self._read()
        if self._connection is not None:
            self.said.violations.append("a second ACD connected")
            connection.close()
            return
        self._connection = connection
        self._splitter = LineSplitter()
        self.said.connections += 1
        self._selector.register(connection, selectors.EVENT_READ, self._read)
        self._send(encode(Hello(self.incarnation, self._last_effect, self._inventory())))
        for _, line in self._kept:
            self._send(line)

    def _inventory(self) -> tuple[i.FoundLeg, ...]:
        """Legs as of the last acknowledged input; what came later is told by the inputs that follow."""
        return tuple(
            i.FoundLeg(
                leg.id,
                "answered" if leg.state == "ended" else leg.state,
                leg.line,
                leg.station,
                leg.number,
                leg.listed_from == -1,
                leg.called,
            )
            for leg in self.legs.values()
            if leg.listed_from <= self._acknowledged and (leg.state != "ended" or leg.ended_seq > self._acknowledged)
        )

    def _read(self) -> None:
        if self._connection is None:
            return  # cut by the script since the selector saw something
        try:
            data = self._connection.recv(262_144, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return  # what was seen was said on the connection before this one
        except OSError:
            data = b""
        if not data:
            self._drop()
            return
        before = self._last_effect
        for line in self._splitter.feed(data):
            frame = decode_from_acd(line)
            if isinstance(frame, Ack):
                self._take_ack(frame.seq)
            elif not self._take_effect(frame):
                return
        if self._last_effect != before:
            self._send(encode(Done(self._last_effect)))

    def _take_ack(self, seq: int) -> None:
        if seq > self._seq:
            self.said.violations.append(f"acknowledged input {seq}; the last is {self._seq}")
        self._acknowledged = max(self._acknowledged, seq)
        while self._kept and self._kept[0][0] <= seq:
            self._kept.popleft()
        if not self._kept:
            self._unheard.forget()

    def _take_effect(self, frame: ToSwitch) -> bool:
        if frame.seq <= self._last_effect:
            return True
        if frame.seq != self._last_effect + 1:
            self.said.violations.append(f"effect {frame.seq} after {self._last_effect}")
            self._drop()
            return False
        self._last_effect = frame.seq
        self._carry_out(frame.effect)
        return True

    def _drop(self, noticed: bool = True) -> None:
        if self._connection is not None:
            self._selector.unregister(self._connection)
            self._connection.close()
            self._connection = None
            if noticed:
                self._unheard.begin(self.incarnation, now_ms(), (line for _, line in self._kept))
