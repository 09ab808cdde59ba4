"""Who hears what: connections of the conference as the legs' states want them, and only the difference made.

A leg hears, in this order: the prompts being played to it; the leg it is connected to, unless that one is on hold; its
background. A recording hears the legs it is of. Nothing else is connected to anything.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.acd.effects import Background
from appliance.acd.ids import LegId, RecordingName
from appliance.switch.engine import boot_ms
from appliance.switch.native_port import MAX_PLAYLIST, Bridge, Player
from appliance.switch.sounds import Sounds

log = logging.getLogger(__name__)

LOOPS: tuple[Background, ...] = ("music", "ringback")
PLAY_GRACE_MS = 5_000
"""A prompt that is not over this long after it should be is called finished: nobody waits for ever."""


@dataclass
class _Playing:
    player: Player
    run: int
    token: str
    late_at_ms: int


@dataclass
class _Sound:
    """What the mixer keeps of one leg. `port` is its conference port as of the last `port_changed`."""

    slot: Callable[[], int | None]
    port: int | None = None
    background: Background = "silence"
    playing: _Playing | None = None
    peer: LegId | None = None
    held: bool = False
    recordings: set[RecordingName] = field(default_factory=set)


Sink = tuple[str, str]
"""("leg", id) or ("recording", name)."""


class Mixer:
    """Keeps the conference as the legs' states say. Engine's thread."""

    def __init__(self, bridge: Bridge, sounds: Sounds, finished: Callable[[LegId, str], None]) -> None:
        self._bridge = bridge
        self._sounds = sounds
        self._finished = finished
        self._legs: dict[LegId, _Sound] = {}
        self._recordings: dict[RecordingName, tuple[int, set[LegId]]] = {}
        self._hears: dict[Sink, tuple[int, set[int]]] = {}
        """What each sink is connected to now: its own port and its sources' ports."""
        self._idle: list[Player] = []
        self._plays: dict[tuple[int, int], LegId] = {}
        self._loops: dict[Background, int] = {}
        for background in LOOPS:
            clip = sounds.loop(background)
            if clip is not None:
                player = Player(bridge)
                player.start([clip], loop=True)
                self._loops[background] = player.slot

    # --- legs

    def add(self, leg: LegId, slot: Callable[[], int | None]) -> None:
        """A leg begins; `slot` tells its conference port, None while it has none."""
        self._legs[leg] = _Sound(slot)
        self.port_changed(leg)

    def remove(self, leg: LegId) -> None:
        sound = self._legs.get(leg)
        if sound is None:
            return
        self._stop_playing(sound)
        # Its port is gone (SIP) or idle (a line's own): nothing may stay connected to that number.
        self._forget_port(leg, sound)
        del self._legs[leg]
        for name in sound.recordings:
            self._recordings[name][1].discard(leg)
        if sound.peer in self._legs:
            self._legs[sound.peer].peer = None
            self._mix(sound.peer)

    def port_changed(self, leg: LegId) -> None:
        """The leg's conference port appeared, vanished or was made anew, even under the same number."""
        sound = self._legs.get(leg)
        if sound is not None:
            self._forget_port(leg, sound)
            sound.port = sound.slot()
            self._mix_around(leg)

    def held(self, leg: LegId, held: bool) -> None:
        sound = self._legs.get(leg)
        if sound is not None:
            sound.held = held
            self._mix_around(leg)

    def set_background(self, leg: LegId, background: Background) -> None:
        sound = self._legs.get(leg)
        if sound is not None:
            sound.background = background
            self._mix(leg)

    def connect(self, a: LegId, b: LegId) -> None:
        """Let two legs hear each other and nobody else."""
        if a == b or a not in self._legs or b not in self._legs:
            return
        for one in (a, b):
            sound = self._legs[one]
            self._stop_playing(sound)
            if sound.peer is not None and sound.peer not in (a, b):
                self.disconnect(one, sound.peer)
        self._legs[a].peer, self._legs[b].peer = b, a
        self._mix(a)
        self._mix(b)

    def disconnect(self, a: LegId, b: LegId) -> None:
        for one, other in ((a, b), (b, a)):
            sound = self._legs.get(one)
            if sound is not None and sound.peer == other:
                sound.peer = None
        for one in (a, b):
            if one in self._legs:
                self._mix(one)

    def peer(self, leg: LegId) -> LegId | None:
        sound = self._legs.get(leg)
        return sound.peer if sound else None

    # --- prompts

    def play(self, leg: LegId, prompts: tuple[str, ...], token: str) -> None:
        """Play prompts one after another; `finished(leg, token)` at the end, also when none of them can be played."""
        sound = self._legs.get(leg)
        if sound is None:
            return
        self._stop_playing(sound)
        clips = [clip for prompt in prompts for clip in self._sounds.prompt(prompt)]
        if len(clips) > MAX_PLAYLIST:
            log.error("%d prompts at once to leg %s: only %d are heard", len(clips), leg, MAX_PLAYLIST)
            del clips[MAX_PLAYLIST:]
        if not clips:
            self._mix(leg)
            self._finished(leg, token)
            return
        player = self._idle.pop() if self._idle else Player(self._bridge)
        run = player.start(clips)
        length_ms = sum(self._sounds.length_ms(clip) for clip in clips)
        sound.playing = _Playing(player, run, token, boot_ms() + length_ms + PLAY_GRACE_MS)
        self._plays[player.index, run] = leg
        self._mix(leg)

    def collect_finished(self) -> None:
        """Report prompts that came to their end; call it when the bridge notified."""
        for player, run in self._bridge.finished():
            leg = self._plays.get((player, run))
            if leg is not None:
                self._end_playing(leg)

    def collect_late(self) -> None:
        """End prompts nobody could hear to the end (a leg without sound); call it now and then."""
        now = boot_ms()
        for leg in [leg for leg in self._plays.values() if self._late(leg, now)]:
            log.warning("prompts to leg %s did not come to their end", leg)
            self._end_playing(leg)

    def _late(self, leg: LegId, now: int) -> bool:
        playing = self._legs[leg].playing
        return playing is not None and now > playing.late_at_ms

    def _end_playing(self, leg: LegId) -> None:
        sound = self._legs[leg]
        assert sound.playing is not None
        token = sound.playing.token
        self._stop_playing(sound)
        self._mix(leg)
        self._finished(leg, token)

    def _stop_playing(self, sound: _Sound) -> None:
        playing, sound.playing = sound.playing, None
        if playing is None:
            return
        playing.player.stop()
        del self._plays[playing.player.index, playing.run]
        self._disconnect_source(playing.player.slot)
        self._idle.append(playing.player)

    # --- recordings

    def record(self, name: RecordingName, slot: int, legs: set[LegId]) -> None:
        """The recorder at port `slot` hears these legs until `stop_recording`."""
        self._recordings[name] = (slot, {leg for leg in legs if leg in self._legs})
        for leg in self._recordings[name][1]:
            self._legs[leg].recordings.add(name)
        self._mix_recording(name)

    def stop_recording(self, name: RecordingName) -> None:
        slot, legs = self._recordings.pop(name, (-1, set()))
        for leg in legs:
            self._legs[leg].recordings.discard(name)
        if slot >= 0:
            self._set(("recording", name), slot, set())

    def recorded_legs(self, name: RecordingName) -> int:
        """How many of its legs are still there."""
        return len(self._recordings[name][1]) if name in self._recordings else 0

    # --- the difference

    def loop_port(self, background: Background) -> int | None:
        """The port everybody with this background hears."""
        return self._loops.get(background)

    def connections(self) -> set[tuple[int, int]]:
        """(source, sink) ports connected now."""
        return {(source, sink) for sink, sources in self._hears.values() for source in sources}

    def _wanted(self, sound: _Sound) -> set[int]:
        if sound.playing is not None:
            return {sound.playing.player.slot}
        if sound.peer is not None and not self._legs[sound.peer].held:
            heard = self._legs[sound.peer].port
            return set() if heard is None else {heard}
        loop = self._loops.get(sound.background)
        return set() if loop is None else {loop}

    def _mix(self, leg: LegId) -> None:
        sound = self._legs[leg]
        if sound.port is not None:
            self._set(("leg", leg), sound.port, self._wanted(sound))

    def _mix_around(self, leg: LegId) -> None:
        """The leg itself and whoever may hear it."""
        self._mix(leg)
        sound = self._legs[leg]
        if sound.peer is not None:
            self._mix(sound.peer)
        for name in sound.recordings:
            self._mix_recording(name)

    def _mix_recording(self, name: RecordingName) -> None:
        slot, legs = self._recordings[name]
        heard = {one for one in (self._legs[leg].port for leg in legs) if one is not None}
        self._set(("recording", name), slot, heard)

    def _set(self, sink: Sink, slot: int, wanted: set[int]) -> None:
        _, now = self._hears.get(sink, (slot, set()))
        for source in now - wanted:
            self._bridge.disconnect(source, slot)
        made = {source for source in wanted - now if self._bridge.connect(source, slot)}
        if len(made) < len(wanted - now):
            log.error("port %d cannot hear %s", slot, wanted - now - made)
        now = (now & wanted) | made
        if now:
            self._hears[sink] = (slot, now)
        else:
            self._hears.pop(sink, None)

    def _forget_port(self, leg: LegId, sound: _Sound) -> None:
        """Undo everything at the leg's port. What the bridge undid by itself (the port is gone) is no error."""
        slot, sources = self._hears.pop(("leg", leg), (-1, set()))
        for source in sources:
            self._bridge.disconnect(source, slot)
        if sound.port is not None:
            self._disconnect_source(sound.port)
            sound.port = None

    def _disconnect_source(self, source: int) -> None:
        for sink, (slot, sources) in list(self._hears.items()):
            if source in sources:
                self._bridge.disconnect(source, slot)
                sources.discard(source)
                if not sources:
                    del self._hears[sink]
