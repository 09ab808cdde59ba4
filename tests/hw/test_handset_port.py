"""A handset port and its twin: hook, lamp and ringer, health, and what a new process finds."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from gpiozero import LED, GPIOPinInUse

from hw.bench_client import BenchClient
from hw.contact import Contact
from hw.devices import HookLifted, HookReplaced, PortHealth
from hw.handset_port import HandsetPort
from hw.handset_port_sim import HandsetTwin, sound_card_file
from tests.hw.handset_rig import BOARD, Rig, rig, sound_cards
from tests.sound import ToneEnd
from tests.waiting import wait_for


@pytest.fixture
def handset(tmp_path: Path, native_dir: Path) -> Iterator[Rig]:
    with rig(tmp_path, native_dir) as made:
        yield made


def test_a_bouncing_hook_is_lifted_once_and_replaced_once(handset: Rig) -> None:
    handset.twin.lift()
    handset.wait_event(HookLifted)
    handset.twin.replace()
    handset.wait_event(HookReplaced)
    hook = [e for e in handset.events if not isinstance(e, PortHealth)]
    assert hook == [HookLifted(), HookReplaced()]


def test_a_touch_shorter_than_the_bouncing_is_nothing(handset: Rig) -> None:
    for level in (0, 1, 0, 1):
        handset.pins.drive(handset.wiring.hook_pin, level)
    handset.twin.lift()
    handset.wait_event(HookLifted)
    assert [type(e) for e in handset.events] == [PortHealth, HookLifted]


def test_it_rings_until_told_otherwise(handset: Rig) -> None:
    with BenchClient(handset.socket).subscribe() as pins:
        handset.port.ring(True)
        assert handset.twin.wait_ringing(True, 5)
        lamp: list[int] = []
        sounded = False
        while len(lamp) < 7:
            change = pins.next_change(5)
            assert change is not None, f"the lamp stopped blinking after {lamp}"
            if change.pin == handset.wiring.lamp_pin:
                lamp.append(change.level)
            sounded |= change.pin == handset.wiring.ringer_pin and change.level == 1
        assert lamp == [0, 1, 0, 1, 0, 1, 0]
        assert sounded
    handset.port.ring(False)
    assert handset.twin.wait_ringing(False, 5)
    levels = handset.pins.levels()
    assert (levels[handset.wiring.lamp_pin], levels[handset.wiring.ringer_pin or 0]) == (0, 0)


def test_off_the_hook_at_start_is_told_before_its_health(tmp_path: Path, native_dir: Path) -> None:
    with rig(tmp_path, native_dir, started=False) as made:
        with Contact(made.wiring.hook_pin, True, made.pins, lambda: None):
            made.pins.drive(made.wiring.hook_pin, 0)
        made.twin.lift()  # or it would put it back as soon as it sees the pin used
        made.twin.start()
        made.port.start()
        made.wait_health("up")
        assert [type(e) for e in made.events] == [HookLifted, PortHealth]


def test_a_pin_with_another_user_is_refused_and_the_port_takes_no_other(handset: Rig) -> None:
    handset.port.close()
    with LED(handset.wiring.lamp_pin, pin_factory=handset.pins):
        second = HandsetPort(handset.wiring, handset.pins, handset.events.append)
        with pytest.raises(GPIOPinInUse, match="GPIO17"):
            second.start()
        second.close()
    third = HandsetPort(handset.wiring, handset.pins, handset.events.append)
    third.start()
    third.close()


def test_a_missing_card_is_down_at_start_and_up_once_it_is_plugged(tmp_path: Path, native_dir: Path) -> None:
    with rig(tmp_path, native_dir, started=False) as made:
        made.port.start()
        assert "handset1" in made.wait_health("down").detail
        made.twin.start()
        made.wait_health("up")
        assert [e.state for e in made.events if isinstance(e, PortHealth)] == ["down", "up"]


def test_a_card_pulled_out_in_a_talk_is_down_and_the_talk_goes_on_when_it_is_back(handset: Rig) -> None:
    switch = ToneEnd(1000)
    handset.port.attach_sound(switch)
    wait_for("sound", lambda: len(switch.heard) > 3200)
    handset.twin.unplug()
    handset.wait_health("down")
    handset.twin.plug()
    handset.wait_health("up")
    before = len(switch.heard)
    wait_for("sound again", lambda: len(switch.heard) > before + 3200)


def test_receivers_that_raise_do_not_stop_it(tmp_path: Path, native_dir: Path) -> None:
    with rig(tmp_path, native_dir, started=False) as made:
        told: SimpleQueue[object] = SimpleQueue()

        def receive(event: object) -> None:
            told.put(event)
            raise ValueError("made by the test")

        made.twin.start()
        port = HandsetPort(made.wiring, made.pins, receive)
        port.start()
        assert isinstance(told.get(timeout=10), PortHealth)
        made.twin.lift()
        assert told.get(timeout=10) == HookLifted()
        port.close()


def test_closed_it_leaves_no_thread_and_no_light(handset: Rig) -> None:
    handset.port.ring(True)
    assert handset.twin.wait_ringing(True, 5)
    handset.port.attach_sound(ToneEnd(1000))
    handset.port.close()
    assert [t.name for t in threading.enumerate() if t.name.startswith(("handset 1", "sound handset1"))] == []
    assert handset.pins.levels()[handset.wiring.lamp_pin] == 0


def test_a_process_that_was_killed_leaves_a_lifted_handset_for_the_next(tmp_path: Path, native_dir: Path) -> None:
    wiring = BOARD.handset_port[0]
    bench = tmp_path / "bench.sock"
    with sound_cards(tmp_path, native_dir):
        twin = HandsetTwin(wiring, bench, sound_card_file(tmp_path, 1))
        twin.start()
        try:
            with _switch(bench) as first:
                assert _said(first, 1) == ["up"]
                twin.lift()
                assert _said(first, 1) == ["HookLifted"]
                first.kill()
            with _switch(bench) as second:
                assert _said(second, 2) == ["HookLifted", "up"]
                second.kill()
            twin.replace()
            with _switch(bench) as third:
                # The pin still had its old level when the process began: it may be found lifted first.
                told = _said(third, 1)
                while told[-1] != "HookReplaced" and told != ["up"]:
                    told += _said(third, 1)
                third.terminate()
                assert third.wait(10) == 0
        finally:
            twin.close()


def _switch(bench: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "tests.hw.handset_process", str(bench)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _said(process: "subprocess.Popen[str]", lines: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(lines)]
