"""What the ACD asks for, carried out: each effect into a command to a leg, the mixer, the recordings or the panel.

An effect about a leg that is over is ignored: news cross. A leg that cannot be made is told as ended, never raised.
"""

import logging
from collections.abc import Callable
from typing import Any

from appliance.acd import effects, inputs, message_effects
from appliance.acd.effects import SwitchEffect
from appliance.acd.ids import LegId, LineName, RecordingName, StationName
from appliance.acd.inputs import LegCause, SwitchInput
from appliance.acd.message_inputs import MessageFailed, NetworkAnswered
from appliance.switch.engine import boot_ms
from appliance.switch.leg_table import Leg, LegTable
from appliance.switch.legs import LegImpossible, LegPort, LineDriver, MessageDriver, PanelDriver, StationDriver
from appliance.switch.media import Mixer
from appliance.switch.native_port import Bridge
from appliance.switch.recordings import Recordings

log = logging.getLogger(__name__)

MAX_LEGS = 480


class EffectRunner:
    """`say` sends an input to the ACD; `ended` reports a leg's end. Engine's thread."""

    def __init__(
        self,
        bridge: Bridge,
        legs: LegTable,
        mixer: Mixer,
        recordings: Recordings,
        say: Callable[[SwitchInput], object],
        ended: Callable[[LegId, LegCause, bool], None],
    ) -> None:
        self._bridge = bridge
        self._legs = legs
        self._mixer = mixer
        self._recordings = recordings
        self._say = say
        self._ended = ended
        self._recording_ends: dict[RecordingName, int] = {}
        self._lines: dict[LineName, LineDriver] = {}
        self._stations: dict[StationName, StationDriver] = {}
        self._panel: PanelDriver | None = None

    def use(self, lines: list[LineDriver], stations: list[StationDriver], panel: PanelDriver | None) -> None:
        """The lines, stations and panel there are."""
        self._lines = {line.name: line for line in lines}
        self._stations = {station.name: station for station in stations}
        self._panel = panel

    def run(self, effect: SwitchEffect) -> None:
        """Carry it out now."""
        _CARRY_OUT[type(effect)](self, effect)

    def end_recordings(self) -> None:
        """Those that are as long as they may be, or whose legs have all ended."""
        now = boot_ms()
        for name, ends in list(self._recording_ends.items()):
            if now >= ends or self._mixer.recorded_legs(name) == 0:
                self._stop_recording(name)

    def close(self) -> None:
        """The drivers' end."""
        for line in self._lines.values():
            line.close()
        for station in self._stations.values():
            station.close()
        if self._panel is not None:
            self._panel.close()

    def _port(self, leg: LegId) -> LegPort | None:
        """The leg's port; None (which is normal: news cross) when the leg is over."""
        entry = self._legs.get(leg)
        if entry is None:
            log.debug("an effect about leg %s, which is over", leg)
        return entry.port if entry else None

    def _answer(self, effect: effects.AnswerLeg) -> None:
        if (port := self._port(effect.leg)) is not None:
            port.answer()

    def _refuse(self, effect: effects.RefuseLeg) -> None:
        if (port := self._port(effect.leg)) is not None:
            port.refuse(effect.cause)

    def _hang_up(self, effect: effects.HangUpLeg) -> None:
        if (port := self._port(effect.leg)) is not None:
            port.hang_up(effect.cause)

    def _ring(self, effect: effects.RingStation) -> None:
        station = self._stations.get(effect.station)
        self._make(
            Leg(effect.leg, "dialling", station=effect.station, number=effect.caller, known=True),
            None if station is None else lambda: station.ring(effect.leg, effect.caller, effect.title),
        )

    def _dial(self, effect: effects.DialLine) -> None:
        line = self._lines.get(effect.line)
        self._make(
            Leg(effect.leg, "dialling", line=effect.line, number=effect.number, dialled=True, known=True),
            None if line is None else lambda: line.dial(effect.leg, effect.number, effect.emergency),
        )

    def _dial_withheld(self, effect: effects.DialWithheld) -> None:
        """What it says: nothing."""

    def _make(self, leg: Leg, make: Callable[[], LegPort] | None) -> None:
        """A leg the ACD asked for: made by its driver, or over at once."""
        if leg.leg in self._legs:
            log.error("leg %s exists already", leg.leg)
            return
        self._legs.add(leg)
        try:
            if make is None:
                raise LegImpossible("failed", f"no such line or station: {leg.line or leg.station}")
            if len(self._legs) > MAX_LEGS:
                raise LegImpossible("congestion", f"{MAX_LEGS} legs are up")
            leg.port = make()
        except LegImpossible as error:
            log.warning("leg %s: %s", leg.leg, error)
            self._ended(leg.leg, error.cause, False)
        except Exception:
            log.exception("leg %s could not be made", leg.leg)
            self._ended(leg.leg, "failed", False)
        else:
            if leg.leg in self._legs:  # it may have failed while it was being made
                self._mixer.add(leg.leg, lambda: leg.port.slot if leg.port else None)

    def _play(self, effect: effects.Play) -> None:
        self._mixer.play(effect.leg, effect.prompts, effect.token)

    def _background(self, effect: effects.SetBackground) -> None:
        self._mixer.set_background(effect.leg, effect.background)

    def _connect(self, effect: effects.Connect) -> None:
        self._mixer.connect(effect.a, effect.b)

    def _disconnect(self, effect: effects.Disconnect) -> None:
        self._mixer.disconnect(effect.a, effect.b)

    def _start_recording(self, effect: effects.StartRecording) -> None:
        slot = self._recordings.start(self._bridge, effect.recording)
        if slot is None:
            if effect.recording not in self._recordings.running():
                # The ACD waits for the end of what it began; size 0 says that there is no file.
                self._say(inputs.RecordingFinished(effect.recording, 0, 0))
            return
        self._mixer.record(effect.recording, slot, set(effect.legs))
        self._recording_ends[effect.recording] = boot_ms() + effect.max_ms

    def _stop(self, effect: effects.StopRecording) -> None:
        self._stop_recording(effect.recording)

    def _stop_recording(self, name: RecordingName) -> None:
        if self._recording_ends.pop(name, None) is not None:
            self._mixer.stop_recording(name)
            self._recordings.stop(name)

    def _lamp(self, effect: effects.SetLamp) -> None:
        if self._panel is not None:
            self._panel.set_lamp(effect.lamp, effect.pattern)

    def _send_text(self, effect: message_effects.SendText) -> None:
        line = self._lines.get(effect.line)
        if isinstance(line, MessageDriver):
            line.send_message(effect.message, effect.number, effect.text)
        else:
            self._say(MessageFailed(effect.line, effect.message, "line_is_gone"))

    def _kept(self, effect: message_effects.MessageKept) -> None:
        line = self._lines.get(effect.line)
        if isinstance(line, MessageDriver):
            line.message_kept(effect.message)

    def _ask_network(self, effect: message_effects.AskNetwork) -> None:
        line = self._lines.get(effect.line)
        if isinstance(line, MessageDriver):
            line.ask_network(effect.code)
        else:
            self._say(NetworkAnswered(effect.line, effect.code, "refused"))


_CARRY_OUT: dict[type, Callable[[EffectRunner, Any], None]] = {
    effects.AnswerLeg: EffectRunner._answer,
    effects.RefuseLeg: EffectRunner._refuse,
    effects.HangUpLeg: EffectRunner._hang_up,
    effects.RingStation: EffectRunner._ring,
    effects.DialLine: EffectRunner._dial,
    effects.DialWithheld: EffectRunner._dial_withheld,
    effects.Play: EffectRunner._play,
    effects.SetBackground: EffectRunner._background,
    effects.Connect: EffectRunner._connect,
    effects.Disconnect: EffectRunner._disconnect,
    effects.StartRecording: EffectRunner._start_recording,
    effects.StopRecording: EffectRunner._stop,
    effects.SetLamp: EffectRunner._lamp,
    message_effects.SendText: EffectRunner._send_text,
    message_effects.MessageKept: EffectRunner._kept,
    message_effects.AskNetwork: EffectRunner._ask_network,
}
