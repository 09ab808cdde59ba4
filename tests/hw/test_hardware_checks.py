"""What `./centralita check` says of ports, sound cards and pins, working and not."""

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpiozero import LED

from hw.boards import Board
from hw.checks import Finding, check_hardware
from hw.handset_port_sim import sound_card_file
from hw.panel_sim import BenchPins
from hw.sound_card_sim import HandsetSoundTwin
from tests.hw.handset_rig import BOARD, sound_cards

NOTHING = Board("no parts", "mock")


@contextmanager
def port_that_answers(answer: bytes) -> Iterator[str]:
    """A tty with somebody behind it who says `answer` to whatever is written."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def run() -> None:
        try:
            while os.read(ours, 256):
                os.write(ours, answer)
        except OSError:
            pass  # the test is over

    threading.Thread(target=run, daemon=True).start()
    try:
        yield os.ttyname(theirs)
    finally:
        os.close(theirs)
        os.close(ours)


def _one(findings: list[Finding], part: str) -> Finding:
    return next(finding for finding in findings if finding.part == part)


def test_a_modem_that_answers_a_port_that_is_silent_one_that_babbles_and_one_that_is_not_there() -> None:
    with (
        port_that_answers(b"\r\nOK\r\n") as modem,
        port_that_answers(b"") as silent,
        port_that_answers(b"$GPGGA") as gps,
    ):
        found = check_hardware(NOTHING, {"good": modem, "dead": silent, "gps": gps, "gone": "/dev/ttyNOWHERE"})
    assert _one(found, "line good").ok
    for part, why in (("dead", "nobody answers"), ("gps", "speaks, but not AT"), ("gone", "does not exist")):
        finding = _one(found, f"line {part}")
        assert not finding.ok
        assert why in finding.sentence
        assert finding.what_to_do


def test_a_card_that_opens_and_one_that_is_missing(tmp_path: Path, native_dir: Path) -> None:
    with sound_cards(tmp_path, native_dir):
        card = HandsetSoundTwin(sound_card_file(tmp_path, 1))
        card.start()
        found = check_hardware(BOARD, {})
        card.close()
    assert _one(found, "handset port 1").ok
    assert not _one(found, "handset port 2").ok
    assert "handset2" in _one(found, "handset port 2").sentence


def test_pins_that_are_free_and_one_that_is_taken() -> None:
    pins = BenchPins()
    with LED(BOARD.lamp[0].pin, pin_factory=pins):
        found = check_hardware(BOARD, {}, pins)
    taken = _one(found, f"lamp {BOARD.lamp[0].name}")
    assert not taken.ok
    assert str(BOARD.lamp[0].pin) in taken.sentence
    assert _one(found, "button night_mode").sentence == "pin 8 is not pressed now."
    assert _one(found, "hook of handset port 1").sentence == "pin 5 is not lifted now."
    pins.drive  # noqa: B018 (the factory is still usable: nothing was closed under its owner)
    with LED(BOARD.lamp[1].pin, pin_factory=pins):
        assert pins.levels()[BOARD.lamp[1].pin] == 0


def test_simulated_pins_need_no_check_and_a_machine_without_pins_is_told() -> None:
    assert _one(check_hardware(NOTHING, {}), "pins").ok
    if not Path("/dev/gpiochip0").exists():
        missing = _one(check_hardware(Board("a Pi", "lgpio"), {}), "pins")
        assert not missing.ok
        assert missing.what_to_do
