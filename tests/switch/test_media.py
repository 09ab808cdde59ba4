"""The mixer against the conference itself: after any sequence of events the connections made are those wanted."""

import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pjsua2 as pj
import pytest

from appliance.acd.ids import LegId, RecordingName
from appliance.switch.engine import Engine
from appliance.switch.media import LOOPS, Mixer
from appliance.switch.native_port import AudioPort, Bridge, Recorder
from appliance.switch.sounds import Sounds
from tests.waiting import wait_for

LEGS = [LegId(f"leg-{number}") for number in range(8)]
TURNS = 600
SEED = 20261122


@pytest.fixture(scope="module")
def ports(bridge: Bridge) -> Iterator[list[AudioPort]]:
    made = [AudioPort(bridge, leg) for leg in LEGS]
    yield made
    for port in made:
        port.destroy()


@pytest.fixture(scope="module")
def sounds(bridge: Bridge, prompts_dir: Path) -> Sounds:
    return Sounds(bridge, prompts_dir, "ES", lambda: "10.0.0.7")


def _made(slots: set[int]) -> set[tuple[int, int]]:
    """What PJSIP says is connected to these ports."""
    made = set()
    for source in pj.Endpoint.instance().mediaEnumPorts2():
        info = source.getPortInfo()
        made |= {(info.portId, sink) for sink in info.listeners if sink in slots}
    return made


class Model:
    """What must be heard, said again in the simplest words: one dictionary a rule."""

    def __init__(self) -> None:
        self.slot: dict[LegId, int | None] = {}
        self.background: dict[LegId, str] = {}
        self.peer: dict[LegId, LegId] = {}
        self.held: set[LegId] = set()
        self.playing: set[LegId] = set()

    def hears(self, leg: LegId) -> str:
        """A leg's port, a background's name, or `prompt`."""
        if leg in self.playing:
            return "prompt"
        peer = self.peer.get(leg)
        if peer is not None and peer not in self.held:
            return "" if self.slot[peer] is None else f"port {self.slot[peer]}"
        return "" if self.background[leg] == "silence" else self.background[leg]

    def part(self, leg: LegId) -> None:
        other = self.peer.pop(leg, None)
        if other is not None:
            self.peer.pop(other, None)


def test_after_every_event_each_leg_hears_exactly_what_it_should(
    engine: Engine, bridge: Bridge, sounds: Sounds, ports: list[AudioPort]
) -> None:
    dice = random.Random(SEED)
    mixer = Mixer(bridge, sounds, lambda leg, token: None)
    model = Model()
    own = dict(zip(LEGS, (port.slot for port in ports), strict=True))
    for turn in range(TURNS):
        leg, other = dice.sample(LEGS, 2)
        what = dice.choice(["begin", "end", "slot", "background", "play", "connect", "connect", "part", "hold"])
        if what == "begin" and leg not in model.slot:
            model.slot[leg], model.background[leg] = own[leg], "silence"
            mixer.add(leg, partial(model.slot.get, leg))
        elif leg not in model.slot:
            continue
        elif what == "end":
            model.part(leg)
            model.held.discard(leg)
            model.playing.discard(leg)
            mixer.remove(leg)
            del model.slot[leg]
        elif what == "slot":
            model.slot[leg] = dice.choice([None, own[leg]])
            mixer.port_changed(leg)
        elif what == "background":
            model.background[leg] = dice.choice(["silence", "music", "ringback"])
            mixer.set_background(leg, model.background[leg])  # type: ignore[arg-type]
        elif what == "play":
            model.playing.add(leg)
            mixer.play(leg, ("es/voicemail",), f"{turn}")
        elif what == "connect" and other in model.slot:
            for one in (leg, other):
                model.part(one)
                model.playing.discard(one)
            model.peer[leg], model.peer[other] = other, leg
            mixer.connect(leg, other)
        elif what == "part":
            if model.peer.get(leg) == other:
                model.part(leg)
            mixer.disconnect(leg, other)
        elif what == "hold":
            held = leg not in model.held
            (model.held.add if held else model.held.discard)(leg)
            mixer.held(leg, held)
        _check(mixer, model, f"seed {SEED}, turn {turn}: {what} {leg} {other}")
    time.sleep(0.06)  # connections are made at the conference's tick
    slots = set(own.values())
    wanted = {(source, sink) for source, sink in mixer.connections() if sink in slots}
    wait_for(f"the conference to agree (seed {SEED})", lambda: _made(slots) == wanted)
    for leg in list(model.slot):
        mixer.remove(leg)
    wait_for("nothing to be connected", lambda: _made(slots) == set())


def _check(mixer: Mixer, model: Model, where: str) -> None:
    sources = {sink: {source for source, to in mixer.connections() if to == sink} for sink in model.slot.values()}
    loops: dict[str, int | None] = {name: mixer.loop_port(name) for name in LOOPS}
    for leg, slot in model.slot.items():
        if slot is None:
            continue
        heard, wanted = sources[slot], model.hears(leg)
        if wanted == "prompt":
            assert len(heard) == 1 and not heard & {*loops.values(), *model.slot.values()}, where
        elif wanted.startswith("port "):
            assert heard == {int(wanted.removeprefix("port "))}, where
        else:
            assert heard == ({loops[wanted]} if wanted else set()), where


def test_a_recording_follows_its_legs_through_new_ports_and_their_ends(
    bridge: Bridge, sounds: Sounds, ports: list[AudioPort]
) -> None:
    mixer = Mixer(bridge, sounds, lambda leg, token: None)
    recorder = Recorder(bridge)
    name = RecordingName("a.wav")
    slots: dict[LegId, int | None] = {LEGS[0]: ports[0].slot, LEGS[1]: None}
    for leg in slots:
        mixer.add(leg, partial(slots.get, leg))
    mixer.record(name, recorder.slot, set(slots))

    def heard() -> set[int]:
        return {source for source, sink in mixer.connections() if sink == recorder.slot}

    assert heard() == {ports[0].slot}
    slots[LEGS[1]] = ports[1].slot
    mixer.port_changed(LEGS[1])
    assert heard() == {ports[0].slot, ports[1].slot}
    slots[LEGS[0]] = ports[2].slot  # a re-INVITE made it anew elsewhere
    mixer.port_changed(LEGS[0])
    assert heard() == {ports[2].slot, ports[1].slot}
    mixer.remove(LEGS[0])
    assert (heard(), mixer.recorded_legs(name)) == ({ports[1].slot}, 1)
    mixer.remove(LEGS[1])
    assert (heard(), mixer.recorded_legs(name)) == (set(), 0)
    mixer.stop_recording(name)
    mixer.stop_recording(name)
    recorder.destroy()
