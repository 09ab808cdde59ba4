"""The exchange: what legs, lines, stations and media report becomes inputs for the ACD, each once and in order.

It decides nothing; `effect_runner` carries out what the ACD decides. It is the `legs.Exchange` of the drivers, and the
`LinkOwner` of the link: it knows what to tell an ACD that comes back.
"""

import itertools
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, ParamSpec

from appliance.acd import inputs
from appliance.acd.effects import SwitchEffect
from appliance.acd.ids import LegId, LineName, RecordingName, StationName
from appliance.acd.inputs import AnswerEvidence, FoundLeg, LegCause, LineHealth, StationHealth, SwitchInput
from appliance.acd.message_inputs import MessageInput
from appliance.switch.effect_runner import EffectRunner
from appliance.switch.engine import Engine, boot_ms
from appliance.switch.leg_table import Leg, LegState, LegTable
from appliance.switch.legs import LegPort, LineDriver, PanelDriver, SoundPort, StationDriver
from appliance.switch.link import Link
from appliance.switch.media import Mixer
from appliance.switch.native_port import AudioPort, Bridge
from appliance.switch.recordings import Recordings
from appliance.switch.sounds import Sounds

log = logging.getLogger(__name__)
P = ParamSpec("P")


def new_incarnation() -> str:
    """Another name for each life of the switch; leg ids begin with it."""
    return f"{boot_ms():x}-{os.getpid():x}{secrets.token_hex(2)}"


class SwitchExchange:
    """Made on the engine's thread; what drivers report may come from any."""

    def __init__(
        self, engine: Engine, bridge: Bridge, sounds: Sounds, recordings_folder: Path, socket_path: Path
    ) -> None:
        self._engine = engine
        self._bridge = bridge
        self._mixer = Mixer(bridge, sounds, self._play_finished)
        self._recordings = Recordings(recordings_folder, self._recording_written)
        self._legs = LegTable()
        self._numbers = itertools.count(1)
        self._devices: dict[str, tuple[int, SwitchInput]] = {}
        """The latest news of each line and station, and the number it was told with."""
        self._silent: set[str] = set()
        """Drivers that may find calls and have not said yet how they are."""
        self.link = Link(engine, self, socket_path, new_incarnation)
        self._runner = EffectRunner(bridge, self._legs, self._mixer, self._recordings, self._say, self._ended)

    # --- set-up and end, engine's thread

    def start(
        self,
        lines: list[LineDriver],
        stations: list[StationDriver],
        panel: PanelDriver | None,
        may_find_calls: set[str],
    ) -> None:
        """Start the drivers; `settled` once each of `may_find_calls` has said how it is. Raises OSError when there can
        be no recordings folder."""
        self._recordings.start_thread()
        self._runner.use(lines, stations, panel)
        self._silent = set(may_find_calls)
        for line in lines:
            line.start(self)
        for station in stations:
            station.start(self)
        if panel is not None:
            panel.start(self)

    @property
    def settled(self) -> bool:
        return not self._silent

    @property
    def legs(self) -> int:
        """How many are up."""
        return len(self._legs)

    def look_after(self) -> None:
        """What must not be forgotten; call it twice a second."""
        self._mixer.collect_late()
        self._runner.end_recordings()

    def played(self) -> None:
        """Some player came to its end; call it when the bridge says so."""
        self._mixer.collect_finished()

    def hang_up_all(self) -> None:
        for leg in self._legs.up():
            if leg.port is not None:
                leg.port.hang_up("failed")

    def close(self) -> None:
        """Recordings to the disk, drivers to their end."""
        self._recordings.close()
        self._runner.close()

    # --- LinkOwner

    def carry_out(self, effect: SwitchEffect) -> None:
        self._runner.run(effect)

    def inventory(self, acknowledged: int) -> tuple[FoundLeg, ...]:
        return self._legs.inventory(acknowledged)

    def devices(self, acknowledged: int) -> list[SwitchInput]:
        return [one for seq, one in self._devices.values() if seq <= acknowledged]

    def acknowledged(self, seq: int) -> None:
        self._legs.acknowledged(seq)

    def renamed(self) -> None:
        self._legs.renamed()
        self._devices = {name: (0, one) for name, (_, one) in self._devices.items()}

    def _say(self, one: SwitchInput) -> int:
        return self.link.send(one)

    # --- what media says

    def _play_finished(self, leg: LegId, token: str) -> None:
        self._say(inputs.PlayFinished(leg, token))

    def _recording_written(self, name: RecordingName, duration_ms: int, size_bytes: int) -> None:
        self.post(self._say, inputs.RecordingFinished(name, duration_ms, size_bytes))

    # --- legs.Exchange: what drivers ask and say

    def post(self, what: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        self._engine.post(what, *args, **kwargs)

    def sound_port(self, name: str) -> SoundPort:
        return AudioPort(self._bridge, name)

    def _mint(self) -> LegId:
        return LegId(f"{self.link.incarnation}-{next(self._numbers)}")

    def _here(self, what: Callable[..., object], *args: Any) -> None:
        """Now when this is the engine's thread, else soon and in order."""
        if self._engine.here():
            what(*args)
        else:
            self._engine.post(what, *args)

    def offered(self, port: LegPort, line: LineName, caller: str, called: str = "", caller_name: str = "") -> LegId:
        leg = self._mint()
        entry = Leg(leg, "offered", port=port, line=line, number=caller)
        self._here(self._begin, entry, inputs.LegOffered(leg, line, caller, called, caller_name))
        return leg

    def dialled(self, port: LegPort, station: StationName, digits: str) -> LegId:
        leg = self._mint()
        entry = Leg(leg, "offered", port=port, station=station, number=digits)
        self._here(self._begin, entry, inputs.StationDialled(leg, station, digits))
        return leg

    def _begin(self, leg: Leg, one: SwitchInput) -> None:
        self._legs.add(leg)
        port = leg.port
        assert port is not None
        self._mixer.add(leg.leg, lambda: port.slot)
        leg.said = self._say(one)

    def found(
        self,
        port: LegPort,
        state: Literal["offered", "dialling", "ringing", "answered"],
        *,
        line: LineName | None = None,
        station: StationName | None = None,
        number: str = "",
        dialled: bool = False,
    ) -> LegId:
        leg = Leg(self._mint(), state, port, line, station, number, dialled, adopted=True, known=True)
        self._here(self._found, leg)
        return leg.leg

    def _found(self, leg: Leg) -> None:
        port = leg.port
        assert port is not None
        if self.link.opened and not (leg.state == "offered" and leg.line is not None):
            # The ACD has been told what is up and has closed the rest: nobody would own this call.
            log.warning("a call was found on %s after the switch introduced itself: hung up", leg.line or leg.station)
            leg.known = False
            self._legs.add(leg)
            port.hang_up("failed")
            return
        if self.link.opened:
            assert leg.line is not None
            leg.adopted = leg.known = False
            self._begin(leg, inputs.LegOffered(leg.leg, leg.line, leg.number, ""))
            return
        self._legs.add(leg)
        self._mixer.add(leg.leg, lambda: port.slot)
        leg.said = self._say(inputs.LegFound(leg.as_found()))

    def progress(self, leg: LegId) -> None:
        self._here(self._change, leg, "ringing", inputs.LegProgress(leg))

    def answered(self, leg: LegId, evidence: AnswerEvidence = "signalled") -> None:
        self._here(self._change, leg, "answered", inputs.LegAnswered(leg, evidence))

    def answer_proved(self, leg: LegId, evidence: AnswerEvidence) -> None:
        self._here(self._proved, leg, evidence)

    def _proved(self, leg: LegId, evidence: AnswerEvidence) -> None:
        entry = self._legs.get(leg)
        if entry is not None and entry.state in ("answered", "held"):
            self._say(inputs.LegAnswered(leg, evidence))

    def _change(self, leg: LegId, state: LegState, one: SwitchInput) -> None:
        entry = self._legs.get(leg)
        if entry is None or not entry.advances_to(state):
            return
        entry.state = state
        self._say(one)
        if state == "answered":
            self._mixer.port_changed(leg)

    def sound_changed(self, leg: LegId) -> None:
        self._here(self._mixer.port_changed, leg)

    def held(self, leg: LegId, held: bool) -> None:
        self._here(self._held, leg, held)

    def _held(self, leg: LegId, held: bool) -> None:
        entry = self._legs.get(leg)
        if entry is None or entry.state != ("answered" if held else "held"):
            return
        entry.state = "held" if held else "answered"
        self._mixer.held(leg, held)
        self._say(inputs.LegHeld(leg, held))

    def digit(self, leg: LegId, digit: str) -> None:
        self._here(self._digit, leg, digit)

    def _digit(self, leg: LegId, digit: str) -> None:
        if leg in self._legs and len(digit) == 1 and digit in "0123456789*#ABCD":
            self._say(inputs.DigitPressed(leg, digit))

    def ended(self, leg: LegId, cause: LegCause, by_us: bool = False) -> None:
        self._here(self._ended, leg, cause, by_us)

    def _ended(self, leg: LegId, cause: LegCause, by_us: bool) -> None:
        entry = self._legs.get(leg)
        if entry is None:
            return
        seq = self._say(inputs.LegEnded(leg, cause, by_us)) if entry.said or entry.known else 0
        self._legs.end(leg, seq)
        self._mixer.remove(leg)

    def line_changed(
        self,
        line: LineName,
        health: LineHealth,
        detail: str = "",
        signal_percent: int = -1,
        operator: str = "",
        sim: str = "",
    ) -> None:
        said = inputs.LineChanged(line, health, detail, signal_percent, operator, sim)
        self._here(self._driver_changed, line, health, said)

    def said_of_messages(self, one: MessageInput) -> None:
        self._here(self._say, one)

    def station_changed(
        self, station: StationName, health: StationHealth, off_hook: bool = False, detail: str = ""
    ) -> None:
        self._here(self._driver_changed, station, health, inputs.StationChanged(station, health, off_hook, detail))

    def _driver_changed(self, name: str, health: str, one: SwitchInput) -> None:
        self._devices[name] = (self._say(one), one)
        if health != "starting":
            self._silent.discard(name)

    def button(self, button: str) -> None:
        self._here(self._say, inputs.ButtonPressed(button))
