"""The desks of the office from the person's side: a handset on the box's port, or a SIP phone. On the world's loop."""

import contextlib
import time
from collections.abc import Callable
from typing import Protocol

from appliance.demo.loop import WorldLoop
from appliance.demo.sip_engine import PeerError
from appliance.demo.sip_peers import SipPeers
from appliance.demo.sip_quiet import PacketWatch
from appliance.demo.sip_records import PeerEvent, Silence, Sound
from appliance.demo.sip_roles import SipPhone
from appliance.demo.sounds import SILENCE_DBFS, Voice
from appliance.demo.world_records import StationKind, WorldRefused
from hw.handset_port_sim import HandsetTwin


class DeskListener(Protocol):
    """Who is told, on the loop."""

    def desk_rings(self, desk: "Desk", number: str) -> None:
        """It began to ring; `number` is the caller it shows, "" when it has no display."""

    def desk_stops(self, desk: "Desk") -> None:
        """It rings no more: lifted, answered elsewhere, or given up."""

    def desk_hears_end(self, desk: "Desk") -> None:
        """The other side hung up (a SIP phone knows; a plain handset never does)."""


class Desk(Protocol):
    """One station with a person at it. Methods raise WorldRefused with the reason."""

    name: str
    kind: StationKind
    extension: str
    ringing: bool
    lifted: bool
    reachable: bool

    def lift(self) -> None: ...
    def replace(self) -> None: ...
    def say(self, sound: Sound) -> None:
        """What the person says from now on, in this call and the next ones."""

    def heard_dbfs(self) -> float: ...
    def quiet_ms(self) -> int:
        """How long the person has heard nothing, up to now. A SIP phone tells of an end by itself, but not of a box
        that died: there it is how long no packet came."""

    def close(self) -> None: ...


class PortDesk:
    """A handset wired to the box: hook, lamp, and sound in this process."""

    kind: StationKind = "port"

    def __init__(
        self,
        name: str,
        extension: str,
        make_twin: Callable[[Callable[[bool], None]], HandsetTwin],
        loop: WorldLoop,
        listener: DeskListener,
        tones: tuple[int, ...] = (),
    ) -> None:
        """`make_twin` is given what to call when the lamp begins or ends to blink; `tones` are known to the ear."""
        self.name = name
        self.extension = extension
        self.ringing = False
        self.lifted = False
        self.reachable = True
        self._loop = loop
        self._listener = listener
        self._tones = tones
        self._voice = Voice(Silence())
        self._sound: Sound = Silence()
        self._twin = make_twin(lambda on: loop.post(lambda: self._rings(on)))
        self._twin.attach_person(self._voice)
        self._twin.start()

    def lift(self) -> None:
        if self.lifted:
            raise WorldRefused(f"{self.name} is off its hook already")
        self._voice = Voice(self._sound, self._tones)
        self._twin.attach_person(self._voice)
        self.lifted = True
        self._twin.lift()

    def replace(self) -> None:
        if not self.lifted:
            raise WorldRefused(f"{self.name} lies on its hook already")
        self.lifted = False
        self._twin.replace()

    def say(self, sound: Sound) -> None:
        self._sound = sound
        self._voice.say(sound)

    def heard_dbfs(self) -> float:
        return self._voice.ear.level_dbfs if self.lifted else SILENCE_DBFS

    def quiet_ms(self) -> int:
        # By the clock, not by what came: with nobody on the line the sound card may stand still.
        return round(1000 * (time.monotonic() - self._voice.heard_at_s)) if self.lifted else 0

    def heard_tone_ms(self, hz: int) -> int:
        """For how long, since it was lifted, this tone was heard."""
        return self._voice.ear.tone_ms.get(hz, 0)

    def close(self) -> None:
        self._twin.close()

    def _rings(self, on: bool) -> None:
        if on == self.ringing:
            return
        self.ringing = on
        if on:
            self._listener.desk_rings(self, "")
        else:
            self._listener.desk_stops(self)


class PhoneDesk:
    """A SIP phone that registers."""

    kind: StationKind = "sip"

    def __init__(self, name: str, phone: SipPhone, peers: SipPeers, listener: DeskListener) -> None:
        self.name = name
        self.extension = phone.name
        self.ringing = False
        self.lifted = False
        self.reachable = False
        self._phone = phone
        self._peers = peers
        self._listener = listener
        self._call = ""
        self._sound: Sound = Silence()
        self._packets = PacketWatch(peers)

    def lift(self) -> None:
        if self.lifted:
            raise WorldRefused(f"{self.name} is in a call already")
        if not self.ringing:
            raise WorldRefused(f"{self.name} is a SIP phone and does not ring; there is nothing to answer")
        self.lifted = True
        self._packets.forget()
        with contextlib.suppress(PeerError):  # gone this moment: its end will be told
            self._peers.play(self._call, self._sound)
            self._peers.answer(self._call)
        self._stops()

    def replace(self) -> None:
        if not self._call:
            raise WorldRefused(f"{self.name} has no call to end")
        with contextlib.suppress(PeerError):
            if self.lifted:
                self._peers.hang_up(self._call)
            else:
                self._peers.reject(self._call)

    def say(self, sound: Sound) -> None:
        self._sound = sound
        if self.lifted:
            with contextlib.suppress(PeerError):
                self._peers.play(self._call, sound)

    def heard_dbfs(self) -> float:
        if not self.lifted:
            return SILENCE_DBFS
        try:
            return self._peers.sound(self._call).heard_dbfs
        except PeerError:
            return SILENCE_DBFS

    def quiet_ms(self) -> int:
        return self._packets.quiet_ms(self._call) if self.lifted else 0

    def close(self) -> None:
        with contextlib.suppress(WorldRefused):
            self.replace()

    def happened(self, event: PeerEvent) -> None:
        """An event of this phone, on the loop."""
        match event.kind:
            case "registered":
                self.reachable = True
            case "unregistered":
                self.reachable = False
            case "incoming" if not self._call:
                self._call = event.call
                self.ringing = True
                self._listener.desk_rings(self, event.number)
            case "ended" if event.call == self._call:
                was_lifted, self.lifted, self._call = self.lifted, False, ""
                self._stops()
                if was_lifted and not event.by_us:
                    self._listener.desk_hears_end(self)

    def _stops(self) -> None:
        if self.ringing:
            self.ringing = False
            self._listener.desk_stops(self)
