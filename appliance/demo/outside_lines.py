"""The outside ends of the office's lines: the network behind a modem's twin, and the carrier behind a SIP trunk.

Both offer calls to the box and say what the box did with them. Everything here happens on the world's loop.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.demo.loop import WorldLoop
from appliance.demo.sip_engine import PeerError
from appliance.demo.sip_peers import SipPeers
from appliance.demo.sip_quiet import PacketWatch
from appliance.demo.sip_records import PeerEvent, Silence, Sound
from appliance.demo.sip_roles import Carrier
from appliance.demo.sounds import SILENCE_DBFS, Ear, Voice
from appliance.demo.world_records import LineKind, WorldRefused
from hw.twins import LineTwin

RECORD_SETTLES_MS = 250
"""A recording is whole on disk so long after its call."""
WAV_HEADER_BYTES = 44

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LineEnd:
    """A call left its line. `by_box`: the box hung up or refused it; else the caller did, or the line was lost."""

    call: str
    by_box: bool
    lost: bool = False
    code: int = 0
    """SIP status of a refusal; 0 where there is none."""


class LineListener(Protocol):
    """Who is told, on the loop."""

    def box_answered(self, call: str) -> None: ...
    def call_ended(self, end: LineEnd) -> None: ...


class OutsideLine(Protocol):
    """One line as the network sees it. Methods are for the loop's thread and raise WorldRefused with the reason."""

    name: str
    kind: LineKind
    limit: int
    plugged: bool

    def calls(self) -> tuple[str, ...]: ...
    def offer(self, call: str, caller: str, called: str, tones: tuple[int, ...]) -> None: ...
    def hang_up(self, call: str) -> None: ...
    def say(self, call: str, sound: Sound) -> None: ...
    def heard_dbfs(self, call: str) -> float: ...
    def quiet_ms(self, call: str) -> int:
        """How long its caller has heard nothing, up to now: no sound, or on a trunk no packet."""

    def when_heard(self, call: str, then: Callable[[Ear], None]) -> None:
        """After the call: what its caller heard, once that is known."""

    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def close(self) -> None: ...


class TwinLine:
    """A modem's line: one call at a time, its sound in this process."""

    limit = 1

    def __init__(self, name: str, kind: LineKind, twin: LineTwin, loop: WorldLoop, listener: LineListener) -> None:
        self.name = name
        self.kind = kind
        self.plugged = True
        self._twin = twin
        self._loop = loop
        self._listener = listener
        self._call = ""
        self._offers = 0
        self._answered = False
        self._voice = Voice(Silence())
        self._last_ears: dict[str, Ear] = {}
        twin.on_event = self._from_twin
        twin.start()

    def calls(self) -> tuple[str, ...]:
        return (self._call,) if self._call else ()

    def offer(self, call: str, caller: str, called: str, tones: tuple[int, ...]) -> None:
        if not self.plugged:
            raise WorldRefused(f"line {self.name} is unplugged; plug it in first")
        if self._call:
            raise WorldRefused(f"line {self.name} is taken; wait until its call is over")
        self._voice = Voice(Silence(), tones)
        self._twin.attach_far_end(self._voice)
        self._offers += 1
        try:
            self._twin.ring(caller, called)
        except RuntimeError as error:
            raise WorldRefused(f"line {self.name} takes no call now: {error}") from error
        self._call, self._answered = call, False

    def hang_up(self, call: str) -> None:
        if call == self._call:
            self._twin.far_end_hangs_up()
            self._over(by_box=False)

    def say(self, call: str, sound: Sound) -> None:
        if call == self._call:
            self._voice.say(sound)

    def heard_dbfs(self, call: str) -> float:
        return self._voice.ear.level_dbfs if call == self._call else SILENCE_DBFS

    def quiet_ms(self, call: str) -> int:
        return round(1000 * (time.monotonic() - self._voice.heard_at_s)) if call == self._call else 0

    def when_heard(self, call: str, then: Callable[[Ear], None]) -> None:
        ear = self._last_ears.pop(call, None)
        then(ear if ear is not None else Ear())

    def unplug(self) -> None:
        self.plugged = False
        self._twin.unplug()
        if self._call:
            self._over(by_box=False, lost=True)

    def plug(self) -> None:
        self._twin.plug()
        self.plugged = True

    def close(self) -> None:
        self._twin.close()

    def _from_twin(self, kind: str, detail: str) -> None:
        """In the twin's thread; a busy loop may come to it when there is another call."""
        offer = self._offers
        self._loop.post(lambda: self._happened(kind, offer))

    def _happened(self, kind: str, offer: int) -> None:
        if not self._call or offer != self._offers:
            return
        if kind == "answered":
            self._answered = True
            self._listener.box_answered(self._call)
        elif kind == "hung_up" and (self._answered or self.kind != "fxo"):
            # An analogue line that was not lifted cannot be put down: that would be the call's before.
            self._over(by_box=True)

    def _over(self, by_box: bool, lost: bool = False) -> None:
        call, self._call = self._call, ""
        while len(self._last_ears) > 20:
            self._last_ears.pop(next(iter(self._last_ears)))
        self._last_ears[call] = self._voice.ear
        self._listener.call_ended(LineEnd(call, by_box, lost))


class TrunkLine:
    """A SIP trunk's line: several calls at once, their sound in PJSIP."""

    kind: LineKind = "sip"

    def __init__(
        self,
        name: str,
        peers: SipPeers,
        carrier: Carrier,
        limit: int,
        loop: WorldLoop,
        listener: LineListener,
        record_dir: Path | None = None,
    ) -> None:
        """`record_dir`: where what callers hear is kept for `when_heard`; None when nobody will ask."""
        self.name = name
        self.limit = limit
        self.plugged = True
        self._peers = peers
        self._carrier = carrier
        self._loop = loop
        self._listener = listener
        self._record_dir = record_dir
        self._keys: dict[str, str] = {}
        self._packets: dict[str, PacketWatch] = {}
        self._ours: dict[str, str] = {}
        self._tones: dict[str, tuple[int, ...]] = {}
        self._recorded: set[str] = set()

    def calls(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def offer(self, call: str, caller: str, called: str, tones: tuple[int, ...]) -> None:
        if not self.plugged:
            raise WorldRefused(f"the carrier of {self.name} is silent; plug it in first")
        if len(self._keys) >= self.limit:
            raise WorldRefused(f"line {self.name} has {self.limit} calls already; wait until one is over")
        try:
            key = self._carrier.place(called, caller)
        except PeerError as error:
            raise WorldRefused(f"the carrier of {self.name} cannot call: {error}") from error
        self._keys[call], self._ours[key] = key, call
        self._packets[call] = PacketWatch(self._peers)
        if self._record_dir is not None:
            self._tones[call] = tones

    def hang_up(self, call: str) -> None:
        if call in self._keys:
            with contextlib.suppress(PeerError):  # it ended this moment, which will be told
                self._peers.hang_up(self._keys[call])

    def say(self, call: str, sound: Sound) -> None:
        if call in self._keys:
            with contextlib.suppress(PeerError):
                self._peers.play(self._keys[call], sound)

    def heard_dbfs(self, call: str) -> float:
        try:
            return self._peers.sound(self._keys[call]).heard_dbfs if call in self._keys else SILENCE_DBFS
        except PeerError:
            return SILENCE_DBFS

    def quiet_ms(self, call: str) -> int:
        return self._packets[call].quiet_ms(self._keys[call]) if call in self._keys else 0

    def when_heard(self, call: str, then: Callable[[Ear], None]) -> None:
        ear = Ear(self._tones.pop(call, ()))
        self._loop.after(RECORD_SETTLES_MS, lambda: self._listen(call, ear, then))

    def unplug(self) -> None:
        raise WorldRefused(f"{self.name} is a SIP trunk and has no plug; unplug a modem")

    def plug(self) -> None:
        raise WorldRefused(f"{self.name} is a SIP trunk and has no plug; plug in a modem")

    def close(self) -> None:
        for call in self.calls():
            self.hang_up(call)

    def happened(self, event: PeerEvent) -> None:
        """An event of the carrier, on the loop."""
        call = self._ours.get(event.call)
        if call is None:
            return
        if event.kind == "answered":
            if self._record_dir is not None:
                try:
                    self._peers.record(event.call, str(self._record_dir / f"{call}.wav"))
                    self._recorded.add(call)
                except PeerError as error:
                    log.warning("%s: what the caller of %s hears is not kept: %s", self.name, call, error)
            self._listener.box_answered(call)
        elif event.kind == "ended":
            del self._ours[event.call], self._keys[call], self._packets[call]
            self._listener.call_ended(LineEnd(call, not event.by_us, code=event.code))

    def _listen(self, call: str, ear: Ear, then: Callable[[Ear], None]) -> None:
        file = self._record_dir / f"{call}.wav" if self._record_dir is not None else None
        if file is not None and file.exists():
            ear.listen(file.read_bytes()[WAV_HEADER_BYTES:])
            file.unlink()
            if ear.heard_ms and not ear.loud_ms:
                log.warning("%s: the caller of %s heard silence for %d ms", self.name, call, ear.heard_ms)
        elif call in self._recorded:
            log.warning("%s: there is no recording of what the caller of %s heard", self.name, call)
        self._recorded.discard(call)
        then(ear)
