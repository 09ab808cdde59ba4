"""`./centralita test --long faults`: the running box with its disk, clock and network at fault goes on answering.

The page says what is wrong and what to do, as far as anybody can reach it; where nobody can, the box is asked inside.
Two machines go through all of it, since each start of one takes minutes.
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.image_build.claiming import PageSession, claim, code_on_screen, log_in
from tests.image_build.test_image import ADDRESS, UNITS, disk, image, is_active
from tests.image_build.virtual_box import START_S, VirtualBox
from tests.image_build.virtual_lan import LanRefused, VirtualLan
from tests.waiting import wait_for

pytestmark = pytest.mark.long
__all__ = ["disk", "image"]

SEEN_S = 240.0
"""The box looks every 5 s; emulated beside others that may be minutes."""
FINDINGS = (
    "PYTHONPATH=/opt/centralita:/usr/lib/centralita/python python3 -c '"
    "from pathlib import Path; from appliance.daemon.control_client import ControlClient; import json; "
    'print(json.dumps([one.kind for one in ControlClient(Path("/run/centralita/acd.sock")).status().findings]))\''
)
SHUTDOWN = (
    "python3 -c 'import fcntl, os, struct; "
    'fcntl.ioctl(os.open("/var", os.O_RDONLY), 0x8004587D, struct.pack("I", 1))\''
)
"""EXT4_IOC_SHUTDOWN: from then on every access is an I/O error, as on a disk that was pulled out."""


class Machine:
    """A box and the browser of somebody who has claimed it."""

    def __init__(self, box: VirtualBox, qmp: Path) -> None:
        self.box = box
        self._qmp_path = qmp
        self.page: PageSession | None = None

    def claim(self, url: str) -> None:
        wait_for("the page", lambda: "csrf" in PageSession(url).get("/login"), START_S, 1)
        self.page = claim(url, code_on_screen(self.box))

    def says(self, words: str, path: str = "/calls") -> str:
        assert self.page is not None
        page = self.page
        return wait_for(words, lambda: html if words in (html := page.get(path)) else "", SEEN_S, 2)

    def no_more(self, words: str) -> None:
        assert self.page is not None
        page = self.page
        wait_for(f"no {words}", lambda: (html := page.get("/calls")) and words not in html, SEEN_S, 2)

    def finds(self, kind: str) -> list[str]:
        """What the box finds, asked inside."""

        def look() -> list[str]:
            said = self.box.run(FINDINGS).splitlines()
            found = json.loads(said[-1]) if said and said[-1].startswith("[") else []
            return found if kind in found else []

        return wait_for(f"{kind} is found", look, SEEN_S, 2)

    def answers(self) -> None:
        assert self.box.ask_options(ADDRESS).startswith("SIP/2.0 200")

    def link(self, *, up: bool) -> None:
        """The cable."""
        with socket.socket(socket.AF_UNIX) as qmp:
            qmp.settimeout(30)
            qmp.connect(str(self._qmp_path))
            lines = qmp.makefile("rw")
            lines.readline()
            for command, words in (("qmp_capabilities", {}), ("set_link", {"name": "net", "up": up})):
                lines.write(json.dumps({"execute": command, "arguments": words}) + "\n")
                lines.flush()
                while "return" not in (said := json.loads(lines.readline())):
                    assert "error" not in said, said


def machine(disk: Path, folder: Path, rtc: str, lan: VirtualLan | None = None) -> Machine:
    """Started at a wrong time; what it writes is forgotten."""
    folder.mkdir(parents=True, exist_ok=True)
    qmp = folder / "qmp"
    devices = ("-rtc", f"base={rtc}", "-qmp", f"unix:{qmp},server=on,wait=off")
    return Machine(VirtualBox(disk, folder, lan=lan, devices=devices), qmp)


@pytest.fixture(scope="module")
def in_2040(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = machine(disk, tmp_path_factory.mktemp("in2040"), "2040-01-01T00:00:00")
    try:
        yield made
    finally:
        made.box.close()


def test_a_clock_wrong_by_years_is_said_and_what_changes_when_it_is_put_right(in_2040: Machine) -> None:
    in_2040.claim(f"http://127.0.0.1:{in_2040.box.page_port}")
    in_2040.answers()
    in_2040.says("cree que es 01/01/2040")
    print(f"page claimed in 2040 {in_2040.box.age_s:.0f} s after the start", file=sys.stderr)
    in_2040.box.run("date -s '2026-11-23 12:00'")
    assert in_2040.page is not None
    in_2040.says("13 años adelantado")
    assert "cree que es" not in in_2040.page.get("/calls"), "said once, and over"
    in_2040.answers()


def test_a_full_data_partition(in_2040: Machine) -> None:
    in_2040.box.run(
        "fallocate -l $(df -B1 --output=avail /var | tail -1) /var/ballast; cat /dev/zero > /var/more; sync"
    )
    in_2040.says("El disco de datos está lleno")
    in_2040.answers()
    in_2040.box.run("rm -f /var/ballast /var/more")
    in_2040.no_more("El disco de datos está lleno")


def test_no_network_at_all(in_2040: Machine) -> None:
    in_2040.link(up=False)
    in_2040.finds("no_network")
    for unit in UNITS:
        assert is_active(in_2040.box, unit), unit
    in_2040.link(up=True)
    in_2040.no_more("No hay red")
    in_2040.answers()


def test_a_data_partition_that_fails_and_is_only_read(in_2040: Machine) -> None:
    in_2040.box.run("mount -o remount,abort /var")
    in_2040.says("solo se deja leer")
    in_2040.answers()


def test_a_data_partition_that_is_gone(in_2040: Machine) -> None:
    """Root is on the same disk, so only the data's file system goes."""
    in_2040.box.run(SHUTDOWN)
    in_2040.finds("data_read_only")
    in_2040.answers()


class Neighbour:
    """Another device of the office, which has this address and answers for it."""

    def __init__(self, lan: VirtualLan, address: str) -> None:
        self.name = f"{lan.name}n"
        self._must("ip", "netns", "add", self.name)
        self._must("ip", "link", "add", "nb", "netns", lan.name, "type", "veth", "peer", "nb", "netns", self.name)
        self._must("ip", "-n", lan.name, "link", "set", "nb", "master", "office", "up")
        self._must("ip", "-n", self.name, "link", "set", "nb", "up")
        self._must("ip", "-n", self.name, "address", "add", f"{address}/24", "dev", "nb")

    def leaves(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=False)

    def _must(self, *words: str) -> None:
        subprocess.run(words, check=True)


@pytest.fixture(scope="module")
def clashing(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, VirtualLan, Neighbour]]:
    """In 2009, on a network where another device has the address that the box is given."""
    folder = tmp_path_factory.mktemp("clashing")
    try:
        lan = VirtualLan(folder / "lan", gives=10)
    except LanRefused as refused:
        pytest.skip(str(refused))
    neighbour = Neighbour(lan, lan.address(10))
    made = machine(disk, folder / "box", "2009-01-01T00:00:00", lan)
    try:
        yield made, lan, neighbour
    finally:
        made.box.close()
        neighbour.leaves()
        lan.close()


def own_address(box: VirtualBox) -> str:
    """What it gave itself (RFC 3927), "" while it has not."""
    found = re.search(r"inet (169\.254\.[0-9.]+)/", box.run("ip -4 address show"))
    return found[1] if found else ""


def test_an_address_that_another_device_has_is_not_taken_and_is_said(
    clashing: tuple[Machine, VirtualLan, Neighbour],
) -> None:
    box, lan, neighbour = clashing
    for unit in UNITS:
        wait_for(unit, partial(is_active, box.box, unit), START_S, 2)
    assert int(box.box.run("date +%Y")) >= 2026, "never before the image was made"
    box.finds("address_clash")
    assert lan.address(10) not in box.box.run("ip -4 address show"), "it is the other's"
    subprocess.run(["ip", "-n", lan.name, "address", "add", "169.254.7.7/16", "dev", "office"], check=True)
    own = wait_for("an address of its own", lambda: own_address(box.box), SEEN_S, 2)
    with lan.inside():
        box.claim(f"http://{own}")
        box.says(f"usa ya la dirección {lan.address(10)}")
        box.says("no está sincronizado", "/")
    neighbour.leaves()
    wait_for("its address", lambda: lan.address(10) in box.box.run("ip -4 address show"), SEEN_S, 2)
    with lan.inside():
        later = log_in(f"http://{lan.address(10)}")
        wait_for("it is over", lambda: "usa ya la dirección" not in later.get("/calls"), SEEN_S, 2)
