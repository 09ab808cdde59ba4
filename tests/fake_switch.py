"""A switch for tests that keeps strictly to the contract: it knows its legs and refuses effects that make no sense.

No sound, no time, no threads. `carry_out` returns what a real switch would say about the effect sooner or later; the
test or the simulated world says when, or in what disorder.
"""

from dataclasses import dataclass, field

from appliance.acd import effects as e
from appliance.acd.ids import LegId, LineName, RecordingName, StationName
from appliance.acd.inputs import (
    FoundLeg,
    LegAnswered,
    LegCause,
    LegEnded,
    LegOffered,
    LegProgress,
    RecordingFinished,
    StationDialled,
    SwitchInput,
)


class EffectMakesNoSense(AssertionError):
    """The ACD asked for something no switch could do: about a leg that never was, or twice, or in the wrong state."""


@dataclass
class FakeLeg:
    leg: LegId
    state: str
    line: LineName | None = None
    station: StationName | None = None
    number: str = ""
    over: bool = False
    dialled: bool = False
    """Somebody at the station dialled."""
    background: str = "silence"
    playing: str = ""
    heard: list[str] = field(default_factory=list)


class FakeSwitch:
    def __init__(self, incarnation: str = "s1") -> None:
        self.incarnation = incarnation
        self.legs: dict[LegId, FakeLeg] = {}
        """Every leg there ever was, the ones that are over too."""
        self._up: dict[LegId, FakeLeg] = {}
        self.pairs: set[frozenset[LegId]] = set()
        self.recordings: dict[RecordingName, tuple[LegId, ...]] = {}
        self._recorded: set[RecordingName] = set()
        self.lamps: dict[str, str] = {}
        self.done: list[e.SwitchEffect] = []
        self._minted = 0
        self.is_told_again = False
        """An ACD that was introduced to it anew may say again what it said before."""
        self.modems = {LineName("gsm1"), LineName("gsm2"), LineName("fxo1")}
        """Lines that carry one call."""

    # what the world does

    def offer(self, line: str, caller: str, called: str = "") -> LegOffered:
        leg = self._mint()
        self.has(FakeLeg(leg, "offered", LineName(line), number=caller))
        return LegOffered(leg, LineName(line), caller, called)

    def dial(self, station: str, digits: str) -> StationDialled:
        leg = self._mint()
        self.has(FakeLeg(leg, "offered", station=StationName(station), dialled=True))
        return StationDialled(leg, StationName(station), digits)

    def lift(self, leg: LegId) -> list[SwitchInput]:
        """Somebody lifts a ringing station; nothing when it does not ring any more."""
        one = self.legs[leg]
        if one.over or one.state != "ringing":
            return []
        one.state = "answered"
        return [LegAnswered(leg)]

    def far_end(self, leg: LegId, what: str) -> list[SwitchInput]:
        """The number that was dialled "rings" or "answers"; nothing when it is not dialled any more."""
        one = self.legs[leg]
        if one.over or one.state != "dialling":
            return []
        if what == "rings":
            return [LegProgress(leg)]
        one.state = "answered"
        return [LegAnswered(leg)]

    def end(self, leg: LegId, cause: LegCause = "normal", *, by_us: bool = False) -> list[SwitchInput]:
        """The leg is over, said once; the recordings of which it was the last leg are whole."""
        one = self.legs[leg]
        if one.over:
            return []
        one.over, one.playing = True, ""
        del self._up[leg]
        self.pairs = {pair for pair in self.pairs if leg not in pair}
        finished = [name for name, legs in self.recordings.items() if all(self.legs[other].over for other in legs)]
        said: list[SwitchInput] = [LegEnded(leg, cause, by_us)]
        for name in finished:
            said += self._finish(name)
        return said

    def up(self) -> list[FakeLeg]:
        return list(self._up.values())

    def ringing(self) -> list[FakeLeg]:
        return [leg for leg in self.up() if leg.state == "ringing"]

    def hear_each_other(self, a: LegId, b: LegId) -> bool:
        return frozenset((a, b)) in self.pairs

    def restart(self, incarnation: str, keep: set[LegId]) -> tuple["FakeSwitch", dict[LegId, LegId]]:
        """Another incarnation, in which the legs to keep are found again under new ids (old id -> new id)."""
        new = FakeSwitch(incarnation)
        renamed = {}
        for old in [leg for leg in self.legs.values() if leg.leg in keep and not leg.over]:
            leg = new._mint()
            new.has(FakeLeg(leg, old.state, old.line, old.station, old.number, dialled=old.dialled))
            renamed[old.leg] = leg
        return new, renamed

    def inventory(self, *, adopted: bool) -> tuple[FoundLeg, ...]:
        return tuple(
            FoundLeg(leg.leg, leg.state, leg.line, leg.station, leg.number, adopted, dialled=leg.dialled)  # type: ignore[arg-type]
            for leg in self.up()
        )

    # what the ACD asks

    def carry_out(self, effect: e.SwitchEffect) -> list[SwitchInput]:
        """Do it; what the switch will say of it. Raises EffectMakesNoSense."""
        self.done.append(effect)
        match effect:
            case e.AnswerLeg(name):
                return self._answer(name)
            case e.RefuseLeg(name, cause):
                if self._leg(name).over:
                    return []  # it had been offered twice
                if self.legs[name].state != "offered":
                    raise EffectMakesNoSense(f"{effect}: the leg is {self.legs[name].state}")
                return self.end(name, cause, by_us=True)
            case e.HangUpLeg(name, cause):
                return [] if self._leg(name).over else self.end(name, cause, by_us=True)
            case e.RingStation(name, station, caller):
                return self._ring(name, station, caller)
            case e.Play(name, prompts, token):
                self._play(effect, self._leg(name), prompts, token)
            case e.SetBackground(name, background):
                self._leg(name).background = background
            case e.Connect(a, b):
                self._connect(effect, a, b)
            case e.Disconnect(a, b):
                if (
                    {self._leg(a).over, self._leg(b).over} == {False}
                    and not self.hear_each_other(a, b)
                    and not self.is_told_again
                ):
                    raise EffectMakesNoSense(f"{effect}: they are not connected")
                self.pairs.discard(frozenset((a, b)))
            case e.StartRecording(name, legs):
                if name in self._recorded:
                    raise EffectMakesNoSense(f"{effect}: that recording exists already")
                self._recorded.add(name)
                for one in legs:
                    self._leg(one)
                self.recordings[name] = legs
            case e.StopRecording(name):
                if name not in self._recorded:
                    raise EffectMakesNoSense(f"{effect}: it was never begun in {self.incarnation}")
                return self._finish(name)
            case e.SetLamp(lamp, pattern):
                self.lamps[lamp] = pattern
            case e.DialLine(name, line, number):
                return self._dial(name, line, number)
        return []

    def has(self, leg: FakeLeg) -> None:
        """From now on this leg is up."""
        self.legs[leg.leg] = self._up[leg.leg] = leg

    def _mint(self) -> LegId:
        self._minted += 1
        return LegId(f"{self.incarnation}-{self._minted}")

    def _leg(self, name: LegId) -> FakeLeg:
        leg = self.legs.get(name)
        if leg is None:
            raise EffectMakesNoSense(f"leg {name} never existed in {self.incarnation}")
        return leg

    def _answer(self, name: LegId) -> list[SwitchInput]:
        leg = self._leg(name)
        if leg.over:
            return []
        if leg.state != "offered":
            raise EffectMakesNoSense(f"AnswerLeg {name}: it is {leg.state}")
        leg.state = "answered"
        return [LegAnswered(name)]

    def _ring(self, name: LegId, station: StationName, caller: str) -> list[SwitchInput]:
        if name in self.legs:
            raise EffectMakesNoSense(f"RingStation {name}: that leg exists already")
        if any(leg.dialled and leg.station == station for leg in self.up()):
            self.has(FakeLeg(name, "ringing", station=station, number=caller))
            return self.end(name, "busy")  # somebody dials there, and the ACD had not heard of it
        busy = [leg.leg for leg in self.up() if leg.station == station]
        if busy:
            raise EffectMakesNoSense(f"RingStation {name}: {station} already has {busy}")
        self.has(FakeLeg(name, "ringing", station=station, number=caller))
        return [LegProgress(name)]

    def _dial(self, name: LegId, line: LineName, number: str) -> list[SwitchInput]:
        """A modem has one call: the driver says so, as of a network without room."""
        if name in self.legs:
            raise EffectMakesNoSense(f"DialLine {name}: that leg exists already")
        busy = line in self.modems and any(leg.line == line for leg in self.up())
        self.has(FakeLeg(name, "dialling", line, number=number, dialled=True))
        return self.end(name, "congestion") if busy else []

    def _play(self, effect: e.Play, leg: FakeLeg, prompts: tuple[str, ...], token: str) -> None:
        if leg.over:
            return
        if leg.state != "answered":
            raise EffectMakesNoSense(f"{effect}: the leg is {leg.state}")
        warned = leg.station is not None and all(one.endswith("/money_low") for one in prompts)
        if any(leg.leg in pair for pair in self.pairs) and not warned:
            raise EffectMakesNoSense(f"{effect}: the leg is in a conversation")
        leg.playing = token
        leg.heard += prompts

    def _connect(self, effect: e.Connect, a: LegId, b: LegId) -> None:
        for name in (a, b):
            leg = self._leg(name)
            if leg.over:
                return
            if leg.state != "answered":
                raise EffectMakesNoSense(f"{effect}: {name} is {leg.state}")
            others = [pair for pair in self.pairs if name in pair and pair != frozenset((a, b))]
            if others:
                raise EffectMakesNoSense(f"{effect}: {name} is connected already")
            leg.playing = ""
        self.pairs.add(frozenset((a, b)))

    def _finish(self, name: RecordingName) -> list[SwitchInput]:
        if self.recordings.pop(name, None) is None:
            return []
        return [RecordingFinished(name, 1_000, 16_044)]
