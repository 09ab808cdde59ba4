"""Modems found by USB interface number and kept by IMEI or socket: re-enumerated, moved, unplugged, their power cut.

The tree of folders is the twin's (`usb_modems_sim`), made as Linux makes it; drivers and ttys are real.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from hw.at_modem import AtModem
from hw.at_modem_sim import AtModemTwin
from hw.devices import Answered, Ended, Health, Ringing
from hw.modem_profiles import read_gsm_profile
from hw.power_cure import Recovery, RecoveryTimings
from hw.serial_transport import TransportLost
from hw.usb_modems import ByImei, InSocket, KnownModems, NamedPorts, Place, Ports, UsbTree
from hw.usb_modems_sim import UsbPowerTwin, UsbSocketSim, UsbTreeSim
from hw.usb_power import NoUsbPower, Uhubctl, UsbPower, hub_and_port
from tests.hw.modem_rig import QUICK_GSM, Events, quick_gsm_faults
from tests.hw.modem_tape import Tape
from tests.sound import ToneEnd
from tests.waiting import wait_for

IMEI_1, IMEI_2 = "861234050000017", "861234050000025"
SIM7600, EC25 = read_gsm_profile("sim7600"), read_gsm_profile("ec25")
QUICK = replace(QUICK_GSM, recovery=RecoveryTimings(silent_ms=600, absent_ms=800, between_ms=300))


class Box:
    """A USB tree with modems in it, and the lines that use them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.tree_sim = UsbTreeSim(root)
        self.tree = UsbTree(self.tree_sim.sys, self.tree_sim.dev)
        self.known = KnownModems()
        self._open: list[AtModem | AtModemTwin] = []

    def plug(self, socket: str, imei: str, model: str = "sim7600") -> UsbSocketSim[AtModemTwin]:
        twin = AtModemTwin(self._root / "ptys", name=f"{model}-{imei}", model=model, faults=quick_gsm_faults())
        twin.imei = imei
        profile = read_gsm_profile(model)
        interfaces = (profile.at_interface, profile.sound_interface, profile.second_at_interface)
        at = self.tree_sim.insert(socket, twin, profile.usb, *interfaces)
        twin.start()
        self._open.append(twin)
        return at

    def by_imei(self, imei: str) -> ByImei:
        return ByImei(imei, SIM7600, self.known, self.tree)

    def line(self, place: Place, power: UsbPower | None = None) -> "Line":
        events, sound = Events(), ToneEnd(1000)
        modem = AtModem(
            name="line",
            profile=SIM7600,
            place=place,
            power=power,
            events=events.put,
            timings=QUICK,
            open_transport=Tape(1).open,
        )
        modem.attach_sound(sound)
        self._open.insert(0, modem)
        modem.start()
        return Line(modem, events, sound)

    def close(self) -> None:
        for one in self._open:
            one.close()


@dataclass
class Line:
    modem: AtModem
    events: Events
    sound: ToneEnd

    def takes_a_call(self, twin: AtModemTwin) -> None:
        """And its sound, which is on the other tty."""
        wait_for("the line is free", lambda: twin.call_state == "")
        twin.ring("600")
        self.events.next(Ringing)
        self.modem.answer()
        self.events.next(Answered)
        heard = len(self.sound.heard)
        wait_for("sound", lambda: len(self.sound.heard) > heard + 4_000)


@contextmanager
def box(root: Path) -> Iterator[Box]:
    one = Box(root)
    try:
        yield one
    finally:
        one.close()


def test_the_tree_is_read_as_linux_makes_it(tmp_path: Path) -> None:
    """Interfaces 02/03 AT, 04 audio: key on the interface number, never on ttyUSBn."""
    with box(tmp_path) as one:
        one.plug("1-1.3", IMEI_1)
        one.plug("2-1", IMEI_2, "ec25")
        first, second = one.tree.devices()
        assert (first.path, first.usb) == ("1-1.3", "1e0e:9001")
        assert first.ttys == tuple((f"0{number}", f"{one.tree_sim.dev}/ttyUSB{number}") for number in range(5))
        assert (second.path, second.usb, second.tty("02")) == ("2-1", "2c7c:0125", f"{one.tree_sim.dev}/ttyUSB7")
        assert second.tty("09") == ""
        ports = one.by_imei(IMEI_1).find()
        assert (ports.port, ports.audio_port) == (first.tty("02"), first.tty("04"))
        found = InSocket("2-1", EC25, one.tree).find()
        assert (found.port, found.audio_port) == (second.tty("02"), second.tty("01"))


def test_a_tty_tells_its_socket(tmp_path: Path) -> None:
    """By its name in /dev; udev's links lead to the same."""
    with box(tmp_path) as one:
        one.plug("1-1.3", IMEI_1)
        node = one.tree_sim.dev / "ttyUSB2"
        node.unlink()
        node.touch()  # as in /dev, a node and no link
        (tmp_path / "sim7600-at").symlink_to(node)
        assert one.tree.path_of(str(tmp_path / "sim7600-at")) == "1-1.3"
        assert NamedPorts(str(node), "", one.tree).find().usb_path == "1-1.3"
        assert one.tree.path_of("/dev/null") == one.tree.path_of("") == ""


def test_a_link_that_goes_while_it_is_looked_at_is_not_there(tmp_path: Path) -> None:
    """udev takes `/dev/serial/by-id/…` away while the line's driver looks where it leads."""
    link = tmp_path / "sim7600-at"
    done = Event()

    def come_and_go() -> None:
        while not done.is_set():
            link.symlink_to("/dev/null")
            link.unlink()

    udev = Thread(target=come_and_go)
    udev.start()
    try:
        assert {UsbTree().path_of(str(link)) for _ in range(3_000)} == {""}
    finally:
        done.set()
        udev.join()


class FailsAtFirst(NamedPorts):
    """A fault of this program, not of what is plugged in."""

    def __init__(self, port: str, audio_port: str) -> None:
        super().__init__(port, audio_port)
        self.tries = 0

    def find(self) -> Ports:
        self.tries += 1
        if self.tries < 3:
            raise ValueError("a fault in the search")
        return super().find()


def test_a_fault_in_the_search_does_not_end_it(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        modem = one.plug("1-1.3", IMEI_1)
        line = one.line(FailsAtFirst(modem.twin.port, modem.twin.audio_port))
        assert line.events.health("down").detail == "internal fault: a fault in the search"
        line.events.health("up")


def test_a_machine_without_usb_has_no_modems(tmp_path: Path) -> None:
    assert UsbTree(tmp_path / "nothing", tmp_path).devices() == ()


def test_a_modem_comes_back_under_other_names_in_mid_call(tmp_path: Path) -> None:
    """USB re-enumeration: the tty dies mid-call and returns under another name."""
    with box(tmp_path) as one:
        socket = one.plug("1-1.3", IMEI_1)
        line = one.line(InSocket("1-1.3", SIM7600, one.tree))
        line.events.health("up")
        line.takes_a_call(socket.twin)
        before = one.tree.devices()[0]
        socket.twin.unplug()
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.next(Health, where=lambda health: "no SIMCom SIM7600 in USB socket 1-1.3" in health.detail)
        socket.twin.plug()
        line.events.health("up")
        after = one.tree.devices()[0]
        assert not set(before.ttys) & set(after.ttys) and before.number != after.number
        line.takes_a_call(socket.twin)


def test_a_modem_plugged_in_while_running_is_taken_by_the_line_of_its_imei(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        line = one.line(one.by_imei(IMEI_2))
        assert "is not plugged in, nor is any other" in line.events.health("down").detail
        other = one.plug("1-1.1", IMEI_1)
        wait_for("it was asked", lambda: one.known.imei_of(one.tree.devices()[0]) == IMEI_1)
        ours = one.plug("1-1.4", IMEI_2)
        line.events.health("up")
        line.takes_a_call(ours.twin)
        assert not [command for command in other.twin.commands if command.startswith(("AT+CLIP", "AT+CPIN", "AT+CLCC"))]


def test_two_lines_each_keep_their_modem_though_the_sockets_are_swapped(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        first, second = one.plug("1-1.1", IMEI_1), one.plug("1-1.2", IMEI_2)
        lines = [one.line(one.by_imei(IMEI_1)), one.line(one.by_imei(IMEI_2))]
        for line, socket in zip(lines, (first, second), strict=True):
            line.events.health("up")
            line.takes_a_call(socket.twin)
        first.twin.unplug()
        second.move("1-1.1")
        first.path = "1-1.2"
        first.twin.plug()
        for line, socket in zip(lines, (first, second), strict=True):
            assert line.events.next(Ended) == Ended("line_lost")
            line.events.health("up")
            line.takes_a_call(socket.twin)


def test_a_modem_that_restarts_is_found_again_by_its_imei(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        socket = one.plug("1-1.3", IMEI_1)
        socket.twin.faults.sound.mute = True
        line = one.line(one.by_imei(IMEI_1))
        line.events.health("up")
        socket.twin.ring("600")
        line.events.next(Ringing)
        line.modem.answer()
        line.events.health("degraded")
        socket.twin.faults.sound.mute = False
        before = one.tree.devices()[0].ttys
        line.modem.hang_up()
        line.events.health("up")
        assert "AT+CRESET" in socket.twin.commands and one.tree.devices()[0].ttys != before
        line.takes_a_call(socket.twin)


def test_what_is_not_the_modem_of_the_line_is_said(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        one.plug("1-1.1", IMEI_1, "ec25")
        one.plug("1-1.2", IMEI_2)
        with pytest.raises(TransportLost, match=r"what is in USB socket 1-1\.1 is no SIMCom SIM7600"):
            InSocket("1-1.1", SIM7600, one.tree).find()
        with pytest.raises(TransportLost, match=r"no SIMCom SIM7600 in USB socket 1-1\.9; one is in 1-1\.2"):
            InSocket("1-1.9", SIM7600, one.tree).find()
        place = one.by_imei(IMEI_1)
        place.find()
        assert not place.is_it(IMEI_2)
        with pytest.raises(TransportLost, match=f"IMEI {IMEI_1} is not plugged in; found {IMEI_2} in 1-1.2"):
            place.find()


def test_ttys_that_are_not_all_there_yet_are_waited_for(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        one.plug("1-1.3", IMEI_1)
        (one.tree_sim.sys / "bus/usb/devices/1-1.3:1.4/bInterfaceNumber").unlink()
        with pytest.raises(TransportLost, match="shows no interface 04 yet"):
            InSocket("1-1.3", SIM7600, one.tree).find()


# Power.


def test_a_modem_that_died_has_its_power_cut_and_is_back(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        socket = one.plug("1-1.3", IMEI_1)
        power = UsbPowerTwin(socket)
        line = one.line(one.by_imei(IMEI_1), power)
        line.events.health("up")
        line.takes_a_call(socket.twin)
        socket.twin.die()
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.next(Health, where=lambda health: "is switched off and on" in health.detail)
        line.events.health("up")
        line.takes_a_call(socket.twin)
        assert power.switched == ["1-1.3"]


def test_a_modem_deaf_to_its_restart_has_its_power_cut_at_once(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        socket = one.plug("1-1.3", IMEI_1)
        power = UsbPowerTwin(socket)
        socket.twin.faults.sound.mute = socket.twin.faults.deaf_to_reset = True
        line = one.line(one.by_imei(IMEI_1), power)
        line.events.health("up")
        socket.twin.ring("600")
        line.events.next(Ringing)
        line.modem.answer()
        line.events.health("degraded")
        socket.twin.faults.sound.mute = False
        line.modem.hang_up()
        wait_for("its power was cut", lambda: power.switched == ["1-1.3"])
        line.events.health("up")
        line.takes_a_call(socket.twin)


def test_a_modem_that_stays_away_has_its_socket_switched_and_a_hub_that_cannot_says_so(tmp_path: Path) -> None:
    with box(tmp_path) as one:
        socket = one.plug("1-1.3", IMEI_1)
        power = UsbPowerTwin(socket)
        power.refusal = "No compatible devices detected at location 1-1"
        line = one.line(one.by_imei(IMEI_1), power)
        line.events.health("up")
        socket.twin.unplug()
        line.events.next(Health, where=lambda health: "No compatible" in health.detail)
        wait_for("so often and no more", lambda: len(power.switched) == 3)
        socket.twin.plug()
        line.events.health("up")
        assert len(power.switched) == 3


def test_power_is_switched_rarely_and_so_often_an_hour() -> None:
    timings = RecoveryTimings(silent_ms=45_000, absent_ms=60_000, between_ms=120_000, most_an_hour=3)
    recovery = Recovery(timings)
    switched = [second for second in range(2 * 3600) if recovery.silent(second * 1000)]
    assert switched == [45, 165, 285, 3645, 3765, 3885]
    recovery = Recovery(timings)
    for second in range(0, 3600, 30):
        assert not recovery.silent(second * 1000)
        recovery.well()
    assert recovery.deaf_to_reset(4_000_000) and not recovery.deaf_to_reset(4_001_000)


def test_a_port_given_up_once_is_asked_again_before_its_power_is_cut() -> None:
    recovery = Recovery(RecoveryTimings(silent_ms=0))
    assert not recovery.silent(0)
    recovery.well()
    assert not recovery.silent(5_000) and recovery.silent(6_000)
    assert not recovery.silent(200_000) and recovery.silent(201_000)


def test_what_cures_a_modem_goes_on_curing_it() -> None:
    """A CX93010 wedges after each ten calls: it is not broken, and three times an hour would leave its line dead."""
    recovery = Recovery(RecoveryTimings(silent_ms=0, between_ms=120_000, most_an_hour=3, holds_ms=60_000))
    switched = 0
    for minute in range(0, 120, 10):
        recovery.silent(minute * 60_000)
        switched += recovery.silent(minute * 60_000 + 2_000)
        recovery.well()
    assert switched == 12
    for second in range(7_200, 10_800):  # now it does not help any more
        switched += recovery.silent(second * 1_000)
    assert switched == 15


# uhubctl itself.


def _uhubctl(folder: Path, script: str) -> Path:
    command = folder / "uhubctl"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return command


def _cycled(power: UsbPower, usb_path: str) -> str:
    said: list[str] = []
    over = Event()

    def done(why_not: str) -> None:
        said.append(why_not)
        over.set()

    power.cycle(usb_path, done)
    assert over.wait(10)
    return said[0]


def test_uhubctl_gets_the_hub_and_the_port(tmp_path: Path) -> None:
    command = _uhubctl(tmp_path, f'echo "$@" > {tmp_path}/said')
    assert _cycled(Uhubctl(str(command)), "1-1.3") == ""
    assert (tmp_path / "said").read_text() == "-l 1-1 -p 3 -a cycle -d 3\n"
    assert [hub_and_port(path) for path in ("1-1", "2-1.4.2", "", "1-", "x-1", "1-1;reboot")] == [
        ("1", "1"), ("2-1.4", "2"), ("", ""), ("", ""), ("", ""), ("", ""),
    ]  # fmt: skip


def test_what_uhubctl_cannot_is_said_in_time(tmp_path: Path) -> None:
    refusing = _uhubctl(tmp_path, 'echo "No compatible devices detected!" >&2; exit 1')
    assert _cycled(Uhubctl(str(refusing)), "1-1.3") == (
        "uhubctl could not switch port 3 of hub 1-1: No compatible devices detected!"
    )
    assert "cannot be run" in _cycled(Uhubctl(str(tmp_path / "missing")), "1-1.3")
    assert "no USB socket" in _cycled(Uhubctl(), "../1-1")
    assert "not installed" in _cycled(NoUsbPower(), "1-1.3")
    slow = _uhubctl(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    assert "did not end within 0.5 s" in _cycled(Uhubctl(str(slow), time_limit_s=0.5), "1-1.3")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
