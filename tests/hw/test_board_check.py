"""The machine is compared with its board: read from a tree of folders and the pins' twin, told with what to do."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero import LED, InputDevice
from msgspec.structs import replace as but

from hw.board_check import Difference, Wanted, compare, lines_of_the_box
from hw.board_check_words import TOLD
from hw.board_overlay import line_names
from hw.boards import Board, load_board
from hw.gpio_lines_sim import BenchChip
from hw.machine import NoPins, read_machine
from hw.panel_sim import BenchPins
from tests.hw.machine_tree import MachineTree, whole_pi4

PI4 = load_board("pi4-usb-modems")
WANTED = Wanted("centralita-pi4-usb-modems", modems=4, modem_ids=frozenset({"1e0e:9001", "0baf:0303"}))


class Bench:
    """A Pi 4 on the bench: its tree, and its pins with the overlay's names."""

    def __init__(self, root: Path) -> None:
        self.tree: MachineTree = whole_pi4(root)
        self.pins = BenchPins()
        self.chip = BenchChip(self.pins, line_names(PI4))

    def compare(self, board: Board = PI4, wanted: Wanted = WANTED) -> list[Difference]:
        return compare(board, read_machine(self.tree.root, self.chip), wanted)

    def wrong(self, board: Board = PI4, wanted: Wanted = WANTED) -> list[Difference]:
        return [one for one in self.compare(board, wanted) if not one.ok]

    def only_wrong(self, board: Board = PI4) -> tuple[str, str]:
        """Kind and English sentence of the one thing that is not as it should be."""
        (one,) = self.wrong(board)
        assert one.what_to_do("es") and one.what_to_do("en")
        return one.kind, one.sentence("en")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.chip.close()
    made.pins.close()


def test_a_whole_box_is_as_its_board_says(bench: Bench) -> None:
    found = bench.compare()
    assert [one.kind for one in found] == [
        "computer", "lines", "card", "card", "card", "hub", "modems", "power", "watchdog", "clock",
    ]  # fmt: skip
    assert all(one.ok and not one.what_to_do("en") for one in found)
    assert found[1].sentence("en") == "all 22 have their names; the box uses 0 of them now."
    assert found[5].sentence("en") == "2109:2817 in socket 1-1.1, with 7 sockets."


def test_another_computer_is_named(bench: Bench) -> None:
    bench.tree._write("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    kind, said = bench.only_wrong()
    assert kind == "other_computer"
    assert said == "this is a Raspberry Pi 5 Model B Rev 1.0, and the board is for a Raspberry Pi 4 Model B."


def test_a_pc_has_no_header_and_no_chip(tmp_path: Path) -> None:
    machine = read_machine(tmp_path, NoPins())  # a root with nothing in it: nothing fails
    kinds = [one.kind for one in compare(PI4, machine, WANTED)]
    assert kinds == [
        "other_computer", "no_chip", "no_card", "no_card", "no_card", "no_hub", "few_modems", "power_unseen",
        "no_watchdog", "no_clock",
    ]  # fmt: skip


def test_a_board_that_names_no_computer_is_not_compared(bench: Bench) -> None:
    (one,) = bench.compare(Board("mine", "lgpio"))
    assert (one.kind, one.ok) == ("no_header", True)


def test_lines_without_the_boards_names_miss_their_overlay(bench: Bench) -> None:
    bench.chip = BenchChip(bench.pins)
    (one,) = bench.wrong()
    assert one.kind == "no_overlay"
    assert "dtoverlay=centralita-pi4-usb-modems" in one.what_to_do("en")


def test_a_line_with_another_name_is_of_another_boards_overlay(bench: Bench) -> None:
    names = list(line_names(PI4))
    names[16], names[17] = names[17], names[16]
    bench.chip = BenchChip(bench.pins, names)
    assert [(one.kind, one.sentence("en")) for one in bench.wrong()] == [
        ("other_name", "GPIO 17 is called lamp:queue:1: the overlay is another board's."),
        ("other_name", "GPIO 16 is called lamp:port:1: the overlay is another board's."),
    ]


def test_the_running_boxs_lines_are_its_own_and_a_drivers_are_not(bench: Bench) -> None:
    with LED(17, pin_factory=bench.pins):
        assert "the box uses 1 of them" in bench.compare()[1].sentence("en")
        assert lines_of_the_box(PI4, read_machine(bench.tree.root, bench.chip)) == {17}
        bench.chip.hold(16, "leds-gpio")
        assert bench.only_wrong() == ("other_user", "GPIO 16 (header pin 36) is used by leds-gpio.")
    bench.chip.close()
    assert not bench.wrong()


def test_a_line_in_the_wrong_direction_is_found(bench: Bench) -> None:
    with InputDevice(17, pin_factory=bench.pins):
        assert bench.only_wrong() == ("other_direction", "GPIO 17 is an input, and the board wants an output.")


def test_a_sound_adapter_that_is_missing_in_another_socket_or_another(bench: Bench) -> None:
    bench.tree.unplug("1-1.3")
    assert bench.only_wrong() == ("no_card", "no sound card sits in USB socket 1-1.3.")
    bench.tree.sound_card("Device", "1-1.3")
    assert bench.only_wrong()[1] == "the card in USB socket 1-1.3 is called Device, not handset2."
    bench.tree.unplug("1-1.3")
    bench.tree.sound_card("handset2", "1-1.1.4.2")
    assert bench.only_wrong()[0] == "card_moved"
    bench.tree.unplug("1-1.1.4.2")
    bench.tree.sound_card("handset2", "1-1.3", streams="p")
    assert bench.only_wrong() == ("card_half", "the card handset2 has not both sound in and out.")


def test_an_adapter_of_another_kind_is_found_where_the_board_says_the_kind(bench: Bench) -> None:
    board = but(PI4, handset_port=tuple(but(port, sound_id="0d8c:013c") for port in PI4.handset_port))
    found = bench.wrong(board)
    assert [one.kind for one in found] == ["card_kind"] * 3
    assert found[0].sentence("en") == "the card handset1 is a 0d8c:0014, and the board says 0d8c:013c."


def test_hub_and_modems_are_counted_and_placed(bench: Bench) -> None:
    bench.tree.unplug("1-1.1.4.1")
    assert bench.only_wrong() == ("few_modems", "only 3 plugged in; lines with a modem: 4.")
    bench.tree.usb("2-1", "1e0e:9001")
    assert bench.only_wrong()[0] == "modem_off_hub"
    assert not bench.wrong(wanted=replace(WANTED, modem_ids=frozenset(), modems=0))
    bench.tree.unplug("2-1")
    bench.tree.usb("1-1.1.4.1", "1e0e:9001")
    bench.tree.usb("1-1.1.4", "1234:5678")  # the inner hub went: sockets 1-1.1.1 to .4 are left
    assert bench.only_wrong() == ("small_hub", "it has 4 sockets, and the board says 7.")
    bench.tree.usb("1-1.1", "1234:5678")
    assert bench.only_wrong() == ("no_hub", "there is no hub in USB socket 1-1.1.")


@pytest.mark.parametrize(("alarm", "kind"), [("1", "low_power"), ("0", "power")])
def test_too_little_voltage_is_told(bench: Bench, alarm: str, kind: str) -> None:
    bench.tree.voltage(alarm)
    assert kind in [one.kind for one in bench.compare()]


def test_a_watchdog_nobody_feeds_or_another_does_not_watch(bench: Bench) -> None:
    bench.tree.watchdog(state="inactive")
    assert bench.only_wrong()[0] == "idle_watchdog"
    bench.tree.watchdog(identity="Software Watchdog")
    assert bench.only_wrong()[0] == "no_watchdog"


def test_a_clock_that_is_not_seen_is_told_with_its_wires(bench: Bench) -> None:
    bench.tree.clock("rtc-efi rtc-efi")
    (one,) = bench.wrong()
    assert one.kind == "no_clock"
    assert "GPIO 2 at 3" in one.what_to_do("en")


def test_files_that_are_links_in_a_circle_or_no_text_are_as_if_not_there(bench: Bench) -> None:
    root = bench.tree.root
    circle = root / "sys/class/sound/card9"
    circle.symlink_to(circle)
    (root / "sys/bus/usb/devices/1-9").mkdir()
    (root / "sys/class/rtc/rtc1").mkdir()
    (root / "proc/device-tree/model").write_bytes(b"Raspberry Pi 4 Model B \xff\xfe\0")
    assert not bench.wrong()


def test_every_finding_is_told_in_both_languages_with_the_same_facts() -> None:
    for kind, told in TOLD.items():
        for said in (told.part, told.sentence, told.what_to_do):
            if said is not None:
                fields = [set(re.findall(r"\{(\w+)\}", text)) for text in said]
                assert fields[0] == fields[1], kind
                assert said.es and said.en, kind
