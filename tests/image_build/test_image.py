"""`./centralita test --long image`: the image is built from this checkout, started, and answers from outside.

Prints what took how long. Emulated (QEMU without KVM) on the machine that runs the test.
"""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.firewall import may_listen
from image_build.description import read_image
from image_build.disk import MIB, grubenv
from image_build.environment import CHECKOUT, cache_folder
from image_build.image_command import copy_sparse
from tests.image_build.claiming import CODE, PageSession, claim, code_on_screen
from tests.image_build.conftest import image as image
from tests.image_build.conftest import report as report
from tests.image_build.virtual_box import START_S, VirtualBox
from tests.waiting import wait_for

pytestmark = pytest.mark.long

NEW_BOX = CHECKOUT / "image_build/box/usr/share/centralita/office.toml"
ADDRESS = "10.0.2.15"
"""What QEMU's DHCP gives."""
UNITS = ("kamailio", "switch", "acd", "web")
DISK_BYTES = 6 << 30
LISTENING = {
    (one.protocol, port)
    for one in may_listen(read_configuration(NEW_BOX))
    if one.listens
    for port in range(one.first, one.last + 1)
}
"""All that may be open towards the network: protocol, port."""


@pytest.fixture(scope="module")
def disk(image: Path) -> Path:
    """On a larger disk than the image, as in life."""
    larger = image.with_name("larger.img")
    copy_sparse(image, larger)
    os.truncate(larger, DISK_BYTES)
    return larger


@pytest.fixture(scope="module")
def box(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualBox]:
    """The box after its first start."""
    running = VirtualBox(disk, tmp_path_factory.mktemp("box"), keep=True)
    try:
        yield running
    finally:
        running.close()


def test_from_outside_the_page_is_there_and_is_claimed_with_the_code(box: VirtualBox) -> None:
    url = f"http://127.0.0.1:{box.page_port}"
    page = PageSession(url)
    wait_for("the page", lambda: "csrf" in page.get("/login"), START_S, 1)
    report("switched on → page", box.age_s, "s")
    code = code_on_screen(box)
    assert 'action="/claim"' in page.get("/")
    assert claim(url, code).is_inside
    assert 'action="/claim"' not in page.post("/claim", code=code, password="otra cosa", again="otra cosa")
    # The screen is wiped, and shows no code any more.
    wiped = box.wait_console(re.escape(code) + r"[\s\S]*\x1b\[2J[\s\S]*Centralita · ").group()
    assert not CODE.search(wiped.rsplit("\x1b[2J", 1)[1])


def test_from_outside_sip_is_answered(box: VirtualBox) -> None:
    assert box.ask_options(ADDRESS).startswith("SIP/2.0 200")
    report("switched on → SIP answered", box.age_s, "s")
    report("CPU time of the emulation", box.cpu_s, "s")


def test_every_process_is_up_and_none_had_to_be_started_twice(box: VirtualBox) -> None:
    for unit in UNITS:
        wait_for(unit, partial(is_active, box, unit), START_S, 1)
        assert box.run(f"systemctl show -P NRestarts centralita-{unit}") == "0", unit
    assert box.run("systemctl --failed --plain --no-legend") == ""


def is_active(box: VirtualBox, unit: str) -> bool:
    return box.run(f"systemctl is-active centralita-{unit}") == "active"


def test_the_data_partition_has_grown_over_the_disk(box: VirtualBox) -> None:
    bytes_ = int(box.run("df -B1 --output=size /var | tail -1"))
    assert bytes_ > 3_000_000_000
    report("data partition on a disk of 6 GiB", bytes_ / 1e9, "GB")


def test_the_root_is_read_only_and_nobody_can_log_in(box: VirtualBox) -> None:
    assert "Read-only" in box.run("touch /usr/x")
    assert set(box.run("cut -d: -f2 /etc/shadow").split()) <= {"*", "!", "!*"}
    assert box.run("systemctl list-units --plain --no-legend '*getty@*' console-getty.service 'ssh*'") == ""


def test_the_firewall_is_up(box: VirtualBox) -> None:
    assert "policy drop" in box.run("nft list chain inet centralita input")


def test_nothing_listens_that_is_not_named(box: VirtualBox) -> None:
    found = set()
    for line in box.run("ss -lntuH").splitlines():
        protocol, _state, _recv, _send, local = line.split()[:5]
        address, _, port = local.rpartition(":")
        if not re.match(r"127\.|\[::1\]|.*%lo$", address):
            found.add((protocol, int(port)))
    assert found <= LISTENING, found - LISTENING


def test_it_keeps_its_identity_when_the_plug_is_pulled(box: VirtualBox, disk: Path, tmp_path: Path) -> None:
    before = box.run("cat /etc/machine-id; sha256sum /var/lib/centralita/web/*")
    box.run("sync")
    box.close()
    again = VirtualBox(disk, tmp_path / "again", keep=True)
    try:
        assert again.ask_options(ADDRESS).startswith("SIP/2.0 200")
        report("second start: switched on → SIP answered", again.age_s, "s")
        assert again.run("cat /etc/machine-id; sha256sum /var/lib/centralita/web/*") == before
        ours = ready_at_s(again)
        memory = again.run("grep -E 'MemTotal|MemAvailable' /proc/meminfo").split()
        report("memory in use with everything up", (int(memory[1]) - int(memory[4])) / 1024, "MiB")
    finally:
        again.close()
    theirs = bare_debian_s(disk, tmp_path)
    report("kernel started → every process ready", ours, "s")
    report("kernel started → multi-user, without ours", theirs, "s")
    report("ratio (at most 1.3)", ours / theirs)


def test_a_box_whose_data_are_gone_takes_calls_as_its_installer_told_it(image: Path, tmp_path: Path) -> None:
    """The data partition is full of noughts; the configuration is on the start-up partition and stays there."""
    broken, office = tmp_path / "broken.img", tmp_path / "office.toml"
    copy_sparse(image, broken)
    sizes = read_image("amd64").partitions
    with broken.open("r+b") as file:
        file.seek((1 + sizes.esp_mib + 2 * sizes.root_mib) * MIB)
        file.write(bytes(sizes.data_mib * MIB))
    office.write_text(NEW_BOX.read_text().replace('name = "centralita"', 'name = "prueba"'))
    subprocess.run(["mcopy", "-i", f"{broken}@@{MIB}", str(office), "::/office.toml"], check=True)
    running = VirtualBox(broken, tmp_path / "box", keep=True)
    try:
        assert running.ask_options(ADDRESS).startswith("SIP/2.0 200")
        assert running.run("cat /run/centralita-box/data-lost") == "cannot be mounted"
        assert 'name = "prueba"' in running.run("grep ^name /etc/centralita/office.toml")
        assert "tmpfs" in running.run("findmnt -n -o FSTYPE /var")
    finally:
        running.close()
    listed = subprocess.run(["mdir", "-b", "-i", f"{broken}@@{MIB}", "::"], capture_output=True, text=True, check=True)
    assert "office.toml" in listed.stdout


def ready_at_s(box: VirtualBox) -> float:
    """Since the kernel began: when the last of our processes said it was ready."""
    for unit in UNITS:
        wait_for(unit, partial(is_active, box, unit), START_S, 1)
    shown = [box.run(f"systemctl show -P ActiveEnterTimestampMonotonic centralita-{unit}") for unit in UNITS]
    return max(map(int, shown)) / 1e6


def bare_debian_s(disk: Path, tmp_path: Path) -> float:
    """The same Debian on the same machine, to multi-user, with our units masked by a word on the start-up partition."""
    bare = tmp_path / "bare.img"
    copy_sparse(disk, bare)
    memory = tmp_path / "grubenv"
    ours = (
        "centralita.target",
        "centralita-first-boot.service",
        "centralita-address.path",
        "centralita-claimed.path",
        "centralita-firewall.path",
        "centralita-firewall.service",
        "media-centralita.mount",
    )
    masked = " ".join(f"systemd.mask={unit}" for unit in ours)
    memory.write_bytes(grubenv({"slot": "A", "extra": masked}))
    subprocess.run(["mcopy", "-o", "-i", f"{bare}@@{MIB}", str(memory), "::/EFI/BOOT/grubenv"], check=True)
    running = VirtualBox(bare, tmp_path / "bare")
    try:
        look = "systemctl show -P ActiveEnterTimestampMonotonic multi-user.target"
        assert not is_active(running, "switch") and masked in running.run("cat /proc/cmdline")
        return wait_for("multi-user", lambda: int(running.run(look)), START_S, 1) / 1e6
    finally:
        running.close()


def test_the_same_inputs_give_the_same_root(image: Path) -> None:
    """Built a second time beside the first, from the kept packages; only the root is put together anew."""
    from image_build.recipe import Recipe

    recipe = Recipe("amd64", cache_folder())
    part = next(one for one in recipe.parts if one.name == "root-amd64")
    again = recipe.cache / "root-again"
    subprocess.run(["rm", "-rf", str(again)], check=True)
    again.mkdir()
    try:
        part.make(again)
        first = recipe.folder("root-amd64")
        for name in ("root.sha256", "packages.tsv"):
            assert (again / name).read_text() == (first / name).read_text(), name
        for name in ("vmlinuz", "initrd", "root.squashfs"):
            assert digest(again / name) == digest(first / name), name
    finally:
        subprocess.run(["rm", "-rf", str(again)], check=True)


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
