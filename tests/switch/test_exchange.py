"""The exchange with drivers by script, in this process: found calls, late and doubled reports, odd drivers, limits."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from appliance.acd.effects import (
    Connect,
    DialLine,
    DialWithheld,
    HangUpLeg,
    Play,
    RingStation,
    SetLamp,
    StartRecording,
    StopRecording,
)
from appliance.acd.ids import LegId, LineName, RecordingName, StationName
from appliance.acd.inputs import (
    ButtonPressed,
    DigitPressed,
    LegAnswered,
    LegCause,
    LegEnded,
    LegFound,
    LegHeld,
    LegOffered,
    LegProgress,
    LineChanged,
    PlayFinished,
    RecordingFinished,
    SwitchInput,
)
from appliance.acd.wire import MAX_UNACKNOWLEDGED
from appliance.switch.engine import Engine, boot_ms
from appliance.switch.exchange import SwitchExchange
from appliance.switch.legs import Exchange, LegImpossible, LegPort, SoundPort
from appliance.switch.link import Link
from appliance.switch.native_port import Bridge
from appliance.switch.sounds import Sounds
from tests.sound import level_dbfs, read_wav, tone
from tests.switch.acd_peer import AcdPeer

T = TypeVar("T", bound=SwitchInput)


class ScriptedLeg:
    """A leg whose far end is the test."""

    def __init__(self, driver: "ScriptedLine") -> None:
        self.driver = driver
        self.leg = LegId("")
        self.up = False
        self.commands: list[str] = []

    @property
    def slot(self) -> int | None:
        return self.driver.sound.slot if self.up else None

    def answer(self) -> None:
        self.commands.append("answer")
        self.up = True
        self.driver.sound.open()
        self.driver.exchange.answered(self.leg)

    def refuse(self, cause: LegCause) -> None:
        self.hang_up(cause)

    def hang_up(self, cause: LegCause) -> None:
        self.commands.append(f"hang_up {cause}")
        self.up = False
        self.driver.sound.close()
        self.driver.exchange.ended(self.leg, cause, by_us=True)

    def send_digits(self, digits: str) -> None:
        self.commands.append(f"digits {digits}")


class ScriptedLine:
    """A line or station driver that does what the test says."""

    def __init__(self, name: str, dial: Callable[["ScriptedLine", LegId], LegPort] | None = None) -> None:
        self._name = name
        self._dial = dial
        self.exchange: Exchange
        self.sound: SoundPort
        self.closed = False

    @property
    def name(self) -> LineName:
        return LineName(self._name)

    def start(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.sound = exchange.sound_port(self._name)

    def dial(self, leg: LegId, number: str, emergency: bool = False) -> LegPort:
        if self._dial is None:
            raise LegImpossible("busy", "it is busy")
        return self._dial(self, leg)

    def close(self) -> None:
        self.closed = True


class ScriptedPanel:
    def __init__(self) -> None:
        self.lamps: list[tuple[str, str]] = []

    def start(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def set_lamp(self, lamp: str, pattern: str) -> None:
        self.lamps.append((lamp, pattern))

    def close(self) -> None:
        self.lamps.append(("all", "off"))


class Rig:
    def __init__(self, engine: Engine, bridge: Bridge, sounds: Sounds, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.exchange = SwitchExchange(engine, bridge, sounds, folder / "recordings", folder / "switch.sock")
        bridge.notify(engine.wake_fd)
        self.panel = ScriptedPanel()
        self.acd: AcdPeer

    def start(self, *lines: ScriptedLine) -> None:
        self.exchange.start(list(lines), [], self.panel, {line.name for line in lines})

    def connect(self) -> AcdPeer:
        self.exchange.link.open()
        made: list[AcdPeer] = []
        thread = threading.Thread(target=lambda: made.append(AcdPeer(self.folder / "switch.sock")))
        thread.start()
        self.turn_until(lambda: not thread.is_alive(), "the ACD to connect")
        self.acd = made[0]
        return self.acd

    def turn_until(self, done: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
            self.engine.turn(5)
            self.exchange.played()
            self.exchange.look_after()

    def wait(self, kind: type[T], timeout_s: float = 30.0, **fields: object) -> T:
        found: list[T] = []

        def look() -> bool:
            found[:] = [
                one
                for one in self.acd.inputs()
                if isinstance(one, kind) and all(getattr(one, key) == value for key, value in fields.items())
            ]
            return bool(found)

        self.turn_until(look, f"{kind.__name__} {fields}; heard {self.acd.inputs()}", timeout_s)
        return found[0]

    def quiet(self) -> list[SwitchInput]:
        """Turn until an effect sent now is done; everything heard."""
        number = self.acd.do(SetLamp("night_mode", "off"))
        self.turn_until(lambda: self.acd.done >= number, "a lamp")
        return self.acd.inputs()


@pytest.fixture(scope="module")
def sounds(bridge: Bridge, prompts_dir: Path) -> Sounds:
    return Sounds(bridge, prompts_dir, "ES", lambda: "192.168.1.20")


@pytest.fixture
def rig(engine: Engine, bridge: Bridge, sounds: Sounds, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(engine, bridge, sounds, tmp_path)
    yield rig
    if hasattr(rig, "acd"):
        rig.acd.close()
    rig.exchange.close()
    rig.exchange.link.close()


def test_calls_found_before_the_introduction_are_in_it_as_adopted(rig: Rig) -> None:
    line, other = ScriptedLine("gsm1"), ScriptedLine("gsm2")
    rig.start(line, other)
    port = ScriptedLeg(line)
    port.up = True
    before_ms = boot_ms()
    port.leg = rig.exchange.found(port, "answered", line=line.name, number="600111222")
    found_by_ms = boot_ms()
    assert not rig.exchange.settled
    rig.exchange.line_changed(line.name, "starting", "looking")
    rig.exchange.line_changed(other.name, "up", "ok")
    assert not rig.exchange.settled, "the first line still looks for calls"
    rig.exchange.line_changed(line.name, "up", "ok")
    assert rig.exchange.settled
    acd = rig.connect()
    assert acd.hello is not None
    (found,) = acd.hello.legs
    assert (found.leg, found.state, found.line, found.number, found.adopted) == (
        port.leg, "answered", "gsm1", "600111222", True,
    )  # fmt: skip
    assert found.announced, "an ACD that knows no such call takes it when it was found"
    told = rig.wait(LegFound)
    assert told.found == replace(found, announced=False)
    assert before_ms <= acd.at_ms(told) <= found_by_ms, "told with the moment it was found"
    acd.do(HangUpLeg(port.leg))
    assert rig.wait(LegEnded, leg=port.leg).by_us


def test_a_call_found_too_late_is_hung_up_unless_it_still_rings(rig: Rig) -> None:
    line = ScriptedLine("gsm1")
    rig.start(line)
    rig.connect()
    talking = ScriptedLeg(line)
    talking.leg = rig.exchange.found(talking, "answered", line=line.name, number="600111222")
    assert talking.commands == ["hang_up failed"]
    ringing = ScriptedLeg(line)
    ringing.leg = rig.exchange.found(ringing, "offered", line=line.name, number="600333444")
    offered = rig.wait(LegOffered)
    assert (offered.leg, offered.caller) == (ringing.leg, "600333444")
    assert not [one for one in rig.quiet() if isinstance(one, LegEnded)]


def test_what_a_driver_says_twice_or_late_is_told_once(rig: Rig) -> None:
    line = ScriptedLine("gsm1", lambda driver, leg: ScriptedLeg(driver))
    rig.start(line)
    acd = rig.connect()
    leg = LegId("acd-1")
    number = acd.do(DialLine(leg, line.name, "600"))
    rig.turn_until(lambda: acd.done >= number, "the call")
    say = rig.exchange
    say.progress(leg)
    say.progress(leg)
    say.held(leg, True)  # not answered yet: says nothing
    say.answer_proved(leg, "polarity")
    say.answered(leg, "assumed")
    say.answered(leg)
    say.answer_proved(leg, "polarity")
    say.progress(leg)
    say.held(leg, False)
    say.held(leg, True)
    say.held(leg, True)
    say.digit(leg, "x")
    say.digit(leg, "")
    say.digit(leg, "7")
    say.ended(leg, "line_lost")
    say.ended(leg, "normal")
    say.answered(leg)
    say.answer_proved(leg, "polarity")
    say.digit(leg, "8")
    assert rig.quiet() == [
        LegProgress(leg),
        LegAnswered(leg, "assumed"),
        LegAnswered(leg, "polarity"),
        LegHeld(leg, True),
        DigitPressed(leg, "7"),
        LegEnded(leg, "line_lost"),
    ]


def test_a_leg_that_cannot_be_made_ends_at_once_and_nothing_else_happens(rig: Rig) -> None:
    def broken(driver: ScriptedLine, leg: LegId) -> LegPort:
        raise RuntimeError("the driver has a bug")

    def fails_while_made(driver: ScriptedLine, leg: LegId) -> LegPort:
        driver.exchange.ended(leg, "congestion")
        return ScriptedLeg(driver)

    rig.start(ScriptedLine("busy"), ScriptedLine("broken", broken), ScriptedLine("fails", fails_while_made))
    acd = rig.connect()
    acd.do(
        DialLine(LegId("a"), LineName("busy"), "1"),
        DialLine(LegId("b"), LineName("broken"), "1"),
        DialLine(LegId("c"), LineName("fails"), "1"),
        DialLine(LegId("d"), LineName("attic"), "1"),
        RingStation(LegId("e"), StationName("attic"), "", ""),
        Connect(LegId("a"), LegId("c")),
        DialWithheld(LegId("f")),
    )
    rig.quiet()
    ended = {one.leg: one.cause for one in acd.inputs() if isinstance(one, LegEnded)}
    assert ended == {"a": "busy", "b": "failed", "c": "congestion", "d": "failed", "e": "failed"}
    assert rig.exchange.legs == 0


def test_reports_from_a_device_thread_come_in_order(rig: Rig) -> None:
    line = ScriptedLine("gsm1")
    rig.start(line)
    rig.connect()

    def device() -> None:
        for _ in range(200):
            port = ScriptedLeg(line)
            port.leg = rig.exchange.offered(port, line.name, "600")
            rig.exchange.digit(port.leg, "1")
            rig.exchange.ended(port.leg, "normal")

    thread = threading.Thread(target=device)
    thread.start()
    rig.turn_until(lambda: len(rig.acd.inputs()) == 600, "600 inputs")
    thread.join()
    for number, one in enumerate(rig.acd.inputs()):
        assert isinstance(one, (LegOffered, DigitPressed, LegEnded)[number % 3])
    assert len({one.leg for one in rig.acd.inputs() if isinstance(one, LegOffered)}) == 200


def test_lamps_buttons_and_lines_pass_through(rig: Rig) -> None:
    line = ScriptedLine("gsm1")
    rig.start(line)
    acd = rig.connect()
    acd.do(SetLamp("queue:ventas", "fast_blink"))
    rig.exchange.button("login:1")
    rig.exchange.line_changed(line.name, "degraded", "weak signal", 12, "Movistar")
    rig.wait(ButtonPressed, button="login:1")
    assert rig.wait(LineChanged) == LineChanged(line.name, "degraded", "weak signal", 12, "Movistar")
    rig.quiet()
    assert ("queue:ventas", "fast_blink") in rig.panel.lamps


def _answered(rig: Rig, line: ScriptedLine) -> ScriptedLeg:
    port = ScriptedLeg(line)
    port.leg = rig.exchange.offered(port, line.name, "600")
    port.answer()
    return port


def test_a_recording_ends_by_its_limit_by_its_legs_and_by_order(rig: Rig) -> None:
    first, second = ScriptedLine("gsm1"), ScriptedLine("gsm2")
    rig.start(first, second)
    acd = rig.connect()
    legs = [_answered(rig, line) for line in (first, second)]
    names = [RecordingName(f"2026/{name}.wav") for name in ("limit", "legs", "order")]
    acd.do(
        StartRecording(names[0], (legs[0].leg,), max_ms=700),
        StartRecording(names[1], (legs[1].leg,)),
        StartRecording(names[2], (legs[0].leg, legs[1].leg)),
    )
    sound = tone(400, 0.02, -20)

    def speak() -> bool:
        first.sound.exchange(sound)
        time.sleep(0.01)
        return bool([one for one in acd.inputs() if isinstance(one, RecordingFinished)])

    rig.turn_until(speak, "the limit")
    finished = rig.wait(RecordingFinished, recording=names[0])
    assert 500 <= finished.duration_ms <= 1500
    second.exchange.ended(legs[1].leg, "normal")
    assert rig.wait(RecordingFinished, recording=names[1]).size_bytes > 44
    acd.do(StopRecording(names[2]))
    whole = rig.wait(RecordingFinished, recording=names[2])
    file = rig.folder / "recordings" / names[2]
    assert file.stat().st_size == whole.size_bytes
    heard = read_wav(file)
    assert whole.duration_ms == len(heard) // 16
    assert level_dbfs(heard) > -35
    assert not list((rig.folder / "recordings" / ".partial").iterdir())


@pytest.mark.parametrize("name", ["../outside.wav", "/etc/passwd.wav", "a/../../b.wav", "noend", "x" * 300 + ".wav"])
def test_a_recording_with_a_bad_name_is_refused_and_the_call_goes_on(rig: Rig, name: str) -> None:
    line = ScriptedLine("gsm1")
    rig.start(line)
    acd = rig.connect()
    port = _answered(rig, line)
    acd.do(StartRecording(RecordingName(name), (port.leg,)))
    assert rig.wait(RecordingFinished) == RecordingFinished(RecordingName(name), 0, 0)
    assert port.up


def test_prompts_of_a_leg_that_ends_or_has_no_sound_keep_nobody_waiting(rig: Rig) -> None:
    line = ScriptedLine("gsm1")
    rig.start(line)
    acd = rig.connect()
    port = _answered(rig, line)
    acd.do(Play(port.leg, ("es/number_1",), "heard"))
    rig.wait(PlayFinished, token="heard")
    acd.do(Play(port.leg, ("es/voicemail",), "cut off"))
    rig.quiet()
    rig.exchange.ended(port.leg, "normal")
    silent = ScriptedLeg(line)
    silent.leg = rig.exchange.offered(silent, line.name, "600")
    acd.do(Play(silent.leg, ("es/number_1",), "unheard"))
    rig.wait(PlayFinished, token="unheard")
    assert [one.token for one in rig.quiet() if isinstance(one, PlayFinished)] == ["heard", "unheard"]


def test_with_no_acd_the_digits_go_first_and_then_the_incarnation(rig: Rig) -> None:
    """At the wire's limit of 20,000 inputs."""
    line = ScriptedLine("gsm1")
    rig.start(line)
    port = _answered(rig, line)
    link: Link = rig.exchange.link
    before = link.incarnation
    for _ in range(MAX_UNACKNOWLEDGED):
        rig.exchange.digit(port.leg, "5")
    assert link.incarnation == before and link.unacknowledged == MAX_UNACKNOWLEDGED
    for _ in range(MAX_UNACKNOWLEDGED):
        rig.exchange.line_changed(line.name, "up")
    assert link.incarnation != before
    acd = rig.connect()
    assert acd.hello is not None and acd.hello.incarnation == link.incarnation
    assert [(one.leg, one.state, one.adopted) for one in acd.hello.legs] == [(port.leg, "answered", False)]
    assert not [one for one in acd.inputs() if isinstance(one, LegOffered | DigitPressed)]
