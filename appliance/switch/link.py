"""The switch's end of the socket to the ACD (acd.wire): numbered inputs out, effects in, each exactly once.

Serviced by the engine's own loop, so an effect is carried out in the turn it arrives. No ACD: inputs are kept, in a
file too (`unheard`), and calls go on. `Hello.legs` is the inventory as of the last acknowledged input: what later
inputs say comes after it, in order.
"""

import logging
import os
import select
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from appliance.acd.effects import SwitchEffect
from appliance.acd.inputs import DigitPressed, FoundLeg, SwitchInput
from appliance.acd.wire import (
    MAX_UNACKNOWLEDGED,
    Ack,
    Done,
    FromSwitch,
    Hello,
    LineSplitter,
    ToSwitch,
    WireError,
    decode_from_acd,
    encode,
)
from appliance.switch.engine import Engine, boot_ms
from appliance.switch.unheard import UnheardFile

log = logging.getLogger(__name__)

READ_BYTES = 65_536
WRITE_BYTES = 262_144
"""Waiting in our own buffer for a slow ACD; more of them stay numbered and unencoded work is not repeated."""
DONE_WITHIN_MS = 100
"""A `Done` goes with the next input, or after this. The ACD only forgets by it, and being woken costs more."""


class LinkOwner(Protocol):
    """Whom the link serves: the exchange."""

    def carry_out(self, effect: SwitchEffect) -> None:
        """Do it now. An exception is the owner's bug: it is logged, and the effect counts as done."""

    def inventory(self, acknowledged: int) -> tuple[FoundLeg, ...]:
        """The legs the ACD may know of when it knows every input up to `acknowledged`."""

    def devices(self, acknowledged: int) -> Iterable[SwitchInput]:
        """How lines and stations are, those of which no input after `acknowledged` tells."""

    def acknowledged(self, seq: int) -> None:
        """The ACD has every input up to `seq` in its journal."""

    def renamed(self) -> None:
        """The link gave up its incarnation: no input before this moment counts as acknowledged or sent."""


class Link:
    """Make it, `open` once the first reports of the drivers are in, `send` inputs; `close` at the end."""

    def __init__(self, engine: Engine, owner: LinkOwner, path: Path, new_incarnation: Callable[[], str]) -> None:
        self._engine = engine
        self._owner = owner
        self._path = path
        self._new_incarnation = new_incarnation
        self.incarnation = new_incarnation()
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None
        self._splitter = LineSplitter()
        self._unacknowledged: deque[tuple[int, SwitchInput, bytes]] = deque()
        self._sent_seq = 0
        self._seq = 0
        self._last_effect = 0
        self._told_done = 0
        self._buffer = bytearray()
        self._unheard = UnheardFile(path)
        engine.every(DONE_WITHIN_MS, lambda: self._unheard.alive(boot_ms()))
        engine.every(DONE_WITHIN_MS, self._say_done)

    # --- inputs

    @property
    def connected(self) -> bool:
        return self._peer is not None

    @property
    def opened(self) -> bool:
        """Whether the switch has introduced itself, or would to any ACD that comes."""
        return self._listener is not None

    @property
    def unacknowledged(self) -> int:
        return len(self._unacknowledged)

    def send(self, one: SwitchInput) -> int:
        """Number an input, keep it, and send it if there is an ACD. Its number."""
        if len(self._unacknowledged) >= MAX_UNACKNOWLEDGED and not self._drop_a_digit():
            self._give_up_incarnation()
        self._seq += 1
        frame = encode(FromSwitch(self._seq, boot_ms(), one))
        self._unacknowledged.append((self._seq, one, frame))
        if self._peer is None:
            self._unheard.add(frame)
        elif not self._buffer and self._sent_seq == self._seq - 1:
            self._sent_seq = self._seq
            self._write(frame + self._done())
        return self._seq

    def _drop_a_digit(self) -> bool:
        for at, (_, one, _) in enumerate(self._unacknowledged):
            if isinstance(one, DigitPressed):
                del self._unacknowledged[at]
                return True
        return False

    def _give_up_incarnation(self) -> None:
        log.error("no ACD has taken %d inputs: starting a new incarnation", len(self._unacknowledged))
        self._unacknowledged.clear()
        self._seq = self._sent_seq = self._last_effect = self._told_done = 0
        self.incarnation = self._new_incarnation()
        self._owner.renamed()
        self._drop_peer("a new incarnation began")
        self._unheard.forget()

    # --- the socket

    def open(self) -> None:
        """Listen for the ACD. Raises OSError when the socket cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._listener = listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listener.bind(str(self._path))
        self._path.chmod(0o660)
        listener.listen(4)
        self._engine.when_ready(listener.fileno(), self._accept)

    def close(self) -> None:
        self._drop_peer("the switch ends")
        self._unheard.close()
        if self._listener is not None:
            self._engine.forget(self._listener.fileno())
            self._listener.close()
            self._listener = None
            self._path.unlink(missing_ok=True)

    def _accept(self, _: int) -> None:
        assert self._listener is not None
        try:
            peer, _address = self._listener.accept()
        except OSError:
            return  # it went away before we came to it
        why_not = self._refusal(peer)
        if why_not:
            log.warning("a connection to %s was refused: %s", self._path, why_not)
            peer.close()
            return
        peer.setblocking(False)
        self._peer = peer
        self._splitter = LineSplitter()
        self._buffer.clear()
        self._engine.when_ready(peer.fileno(), self._ready)
        acknowledged = self._unacknowledged[0][0] - 1 if self._unacknowledged else self._seq
        legs = self._owner.inventory(acknowledged)
        self._sent_seq = acknowledged
        log.info("the ACD is connected: %d legs are up, %d inputs wait", len(legs), len(self._unacknowledged))
        self._told_done = self._last_effect
        self._write(encode(Hello(self.incarnation, self._last_effect, legs)))
        self._send_waiting()
        # It may be one that has lost its memory: what was told of the devices long ago is told again.
        for one in list(self._owner.devices(acknowledged)):
            self.send(one)

    def _refusal(self, peer: socket.socket) -> str:
        _pid, uid, gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        # Units run as different users of one group; anybody else on the box has no business here.
        if uid not in (0, os.getuid()) and gid != os.getgid():
            return f"user {uid} of group {gid} is not of this product"
        if self._peer is not None:
            self._read()  # a killed ACD's connection is at its end, though we may not have come to it yet
        return "another ACD is connected" if self._peer is not None else ""

    def _drop_peer(self, why: str) -> None:
        if self._peer is None:
            return
        log.info("the ACD is away: %s; calls go on", why)
        self._engine.forget(self._peer.fileno())
        self._peer.close()
        self._peer = None
        self._buffer.clear()
        self._unheard.begin(self.incarnation, boot_ms(), (frame for _, _, frame in self._unacknowledged))

    def _ready(self, events: int) -> None:
        if events & select.EPOLLOUT:
            self._flush()
        if events & ~select.EPOLLOUT:
            self._read()

    def _read(self) -> None:
        if self._peer is None:
            return
        try:
            data = self._peer.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop_peer(str(error))
            return
        if not data:
            self._drop_peer("it closed the connection")
            return
        try:
            for line in self._splitter.feed(data):
                self._take(line)
        except WireError as error:
            self._drop_peer(f"it broke the protocol: {error}")

    def _take(self, line: bytes) -> None:
        frame = decode_from_acd(line)
        if isinstance(frame, Ack):
            self._acknowledge(frame.seq)
        else:
            self._effect(frame)

    def _acknowledge(self, seq: int) -> None:
        if seq > self._seq:
            raise WireError(f"acknowledges input {seq}; the last one is {self._seq}")
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            self._unacknowledged.popleft()
        if not self._unacknowledged:
            self._unheard.forget()
        self._sent_seq = max(self._sent_seq, seq)
        self._owner.acknowledged(seq)

    def _effect(self, frame: ToSwitch) -> None:
        if frame.seq <= self._last_effect:
            return  # sent again after a break; it is done
        if frame.seq != self._last_effect + 1:
            raise WireError(f"effect {frame.seq} comes after {self._last_effect}")
        self._last_effect = frame.seq
        try:
            self._owner.carry_out(frame.effect)
        except Exception:
            log.exception("effect %d (%s) could not be carried out", frame.seq, type(frame.effect).__name__)

    def _done(self) -> bytes:
        """What is done and was not said yet, as a frame; else nothing."""
        if self._told_done == self._last_effect:
            return b""
        self._told_done = self._last_effect
        return encode(Done(self._last_effect))

    def _say_done(self) -> None:
        if self._peer is not None and (done := self._done()):
            self._write(done)

    # --- writing without ever waiting

    def _write(self, data: bytes) -> None:
        if self._peer is None:
            return
        if not self._buffer:
            try:
                sent = self._peer.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                return  # its end is about to be read
            if sent == len(data):
                return
            data = data[sent:]
        self._buffer += data
        self._engine.when_ready(self._peer.fileno(), self._ready, select.EPOLLIN | select.EPOLLOUT)

    def _flush(self) -> None:
        if self._peer is None:
            return
        try:
            sent = self._peer.send(self._buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop_peer(str(error))
            return
        del self._buffer[:sent]
        if not self._buffer:
            self._engine.when_ready(self._peer.fileno(), self._ready)
            self._send_waiting()

    def _send_waiting(self) -> None:
        """Inputs that were not sent on this connection yet, as many as the buffer takes; the rest when it is empty."""
        for seq, _, frame in self._unacknowledged:
            if self._peer is None or len(self._buffer) > WRITE_BYTES:
                return
            if seq > self._sent_seq:
                self._sent_seq = seq
                self._write(frame)
