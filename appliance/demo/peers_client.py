"""SIP peers in a process of their own, driven from this one: what tests with an engine of their own use."""

import contextlib
import itertools
import queue
import subprocess
import sys
import threading
import time

from appliance.demo.sip_records import (
    Answer,
    Ask,
    AskSound,
    Behave,
    CallSound,
    CarrierBehaviour,
    CarrierSettings,
    EventKind,
    HangUp,
    Hold,
    PeerEvent,
    PeerRequest,
    PhoneSettings,
    Place,
    PlaySound,
    Quit,
    Record,
    Register,
    Reject,
    Reply,
    SendDigits,
    Sound,
    decode_from_peers,
    encode,
)

REPLY_TIMEOUT_S = 15.0
MAX_EVENTS = 100_000


class RemotePeerError(Exception):
    """The peers' process refused or died; the message says what it said."""


class RemotePeers:
    """Starts `python -m appliance.demo.sip_peers --json` and speaks with it. A context manager; thread-safe.

    `events` is everything that happened, in order; `wait` looks through it, from the beginning or from a mark.
    """

    def __init__(self) -> None:
        self.events: list[PeerEvent] = []
        self._happened = threading.Condition()
        self._replies: dict[int, queue.SimpleQueue[Reply]] = {}
        self._ids = itertools.count(1)
        self._write = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "appliance.demo.sip_peers", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read, name="peers-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> "RemotePeers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add_phone(self, settings: PhoneSettings) -> str:
        """Its SIP socket, `address:port`. Its name as a peer is its extension."""
        return self._ask(settings).name

    def add_carrier(self, settings: CarrierSettings) -> str:
        return self._ask(settings).name

    def place(self, peer: str, called: str, caller: str = "", sound: Sound | None = None) -> str:
        """A carrier or a phone calls; the call's key."""
        return self._ask(Place(peer, called, caller, sound)).name

    def register(self, peer: str, on: bool) -> None:
        self._ask(Register(peer, on))

    def behave(self, peer: str, behaviour: CarrierBehaviour) -> None:
        self._ask(Behave(peer, behaviour))

    def answer(self, call: str) -> None:
        self._ask(Answer(call))

    def reject(self, call: str, code: int = 486) -> None:
        self._ask(Reject(call, code))

    def hang_up(self, call: str) -> None:
        self._ask(HangUp(call))

    def send_digits(self, call: str, digits: str) -> None:
        self._ask(SendDigits(call, digits))

    def hold(self, call: str, on: bool) -> None:
        self._ask(Hold(call, on))

    def play(self, call: str, sound: Sound) -> None:
        self._ask(PlaySound(call, sound))

    def record(self, call: str, path: str) -> None:
        """What the call hears goes to this WAV from now on; "" ends the file."""
        self._ask(Record(call, path))

    def sound(self, call: str) -> CallSound:
        sound = self._ask(AskSound(call)).sound
        if sound is None:
            raise RemotePeerError("the peers' process answered without a sound")
        return sound

    def mark(self) -> int:
        """Now, as a place in `events`."""
        with self._happened:
            return len(self.events)

    def wait(
        self,
        kind: EventKind,
        *,
        peer: str = "",
        call: str = "",
        number: str = "",
        since: int = 0,
        timeout_s: float = 30,
    ) -> PeerEvent:
        """The first such event from `since` on. Raises TimeoutError that tells what happened instead."""
        deadline = time.monotonic() + timeout_s
        looked = since
        with self._happened:
            while True:
                for event in self.events[looked:]:
                    fits = event.peer == (peer or event.peer) and event.call == (call or event.call)
                    if event.kind == kind and fits and event.number == (number or event.number):
                        return event
                looked = len(self.events)
                left_s = deadline - time.monotonic()
                if left_s <= 0 or not self._happened.wait(left_s):
                    told = "; ".join(f"{e.peer} {e.kind} {e.call} {e.code}" for e in self.events[since:]) or "nothing"
                    raise TimeoutError(f"no `{kind}` of {peer or call or 'anybody'} in {timeout_s} s; instead: {told}")

    def close(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._send(Ask(next(self._ids), Quit()))
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, request: PeerRequest) -> Reply:
        ask = Ask(next(self._ids), request)
        replies = self._replies[ask.id] = queue.SimpleQueue()
        try:
            self._send(ask)
            reply = replies.get(timeout=REPLY_TIMEOUT_S)
        except (queue.Empty, OSError) as error:
            raise RemotePeerError(f"no reply to {request!r}: exit code {self._process.poll()}") from error
        finally:
            del self._replies[ask.id]
        if reply.error:
            raise RemotePeerError(f"{request!r}: {reply.error}")
        return reply

    def _send(self, ask: Ask) -> None:
        assert self._process.stdin is not None
        with self._write:
            self._process.stdin.write(encode(ask) + b"\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            record = decode_from_peers.decode(line)
            if isinstance(record, Reply):
                if record.id in self._replies:
                    self._replies[record.id].put(record)
                continue
            with self._happened:
                if len(self.events) < MAX_EVENTS:
                    self.events.append(record)
                self._happened.notify_all()
