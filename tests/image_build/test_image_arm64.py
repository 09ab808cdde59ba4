"""`./centralita test --long image_arm64`: the Raspberry Pi's image is built on this machine, started, and takes calls.

The machine is QEMU's `virt`, the Pi's firmware is played from the image's own files (virtual_pi.py: what that leaves
out). Prints what took how long: emulated, beside whatever else runs here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from image_build import raspberry
from image_build.description import read_image
from image_build.disk import MIB
from image_build.environment import CHECKOUT, cache_folder, install_packages, missing_packages
from image_build.image_command import copy_sparse
from tests.image_build.claiming import PageSession, claim, code_on_screen
from tests.image_build.test_image import ADDRESS, DISK_BYTES, LISTENING, UNITS, digest, is_active, report
from tests.image_build.virtual_box import START_S, VirtualBox
from tests.image_build.virtual_pi import VirtualPi, firmware, read_start_file
from tests.waiting import wait_for

pytestmark = pytest.mark.long

PI_START_S = 3 * START_S
"""AArch64 emulated on two cores: twice the work of a PC's, and others work here too."""
BOARDS = ("bcm2711-rpi-4-b.dtb", "bcm2712-rpi-5-b.dtb", "bcm2837-rpi-3-b-plus.dtb", "bcm2837-rpi-zero-2-w.dtb")
DEVICE_TREE = b"\xd0\x0d\xfe\xed"
"""Its magic number (Devicetree Specification, 5.2)."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as anybody would build it."""
    folder = tmp_path_factory.mktemp("image")
    packages = missing_packages(["boot_arm64"])
    if packages:
        install_packages(packages, cache_folder() / "setup.log")
    command = [str(CHECKOUT / "centralita"), "image", "build", "--arch", "arm64", "--out", str(folder)]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    said = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    assert said.returncode == 0, said.stdout
    print("\n" + said.stdout, file=sys.stderr)
    return folder / "centralita-arm64.img"


@pytest.fixture(scope="module")
def box(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualBox]:
    """The box after its first start, on a larger disk than the image."""
    disk = image.with_name("larger.img")
    copy_sparse(image, disk)
    os.truncate(disk, DISK_BYTES)
    running = VirtualPi(disk, tmp_path_factory.mktemp("box"))
    try:
        yield running
    finally:
        running.close()


def test_the_firmware_finds_what_it_reads(image: Path) -> None:
    started = firmware(image)
    assert (started.partition, firmware(image, tryboot=True).partition) == (2, 3)
    assert started.config["arm_64bit"] == "1"
    assert started.command_line.startswith("root=PARTLABEL=rootA ro ")
    for name in BOARDS:
        assert read_start_file(image, started.partition, name).startswith(DEVICE_TREE), name
    for name in raspberry.FIRMWARE:
        assert read_start_file(image, started.partition, name), name
    assert read_start_file(image, 1, raspberry.FIRST_STAGE)
    kernel = read_start_file(image, started.partition, started.config["kernel"])
    assert kernel.startswith(b"\x1f\x8b"), "packed by gzip, which the firmware unpacks"


def test_the_disk_has_the_partitions_where_they_are_said_to_be(image: Path) -> None:
    table = json.loads(subprocess.run(["sfdisk", "-J", str(image)], capture_output=True, text=True, check=True).stdout)
    table = table["partitiontable"]
    assert (table["label"], table["id"]) == ("dos", f"0x{raspberry.DISK_ID}")
    wanted = {
        (one.start_mib * MIB // 512, one.size_mib * MIB // 512)
        for one in raspberry.places(read_image("arm64")).values()
    }
    assert {(one["start"], one["size"]) for one in table["partitions"]} == wanted


def test_the_page_is_there_and_is_claimed_with_the_code(box: VirtualBox) -> None:
    url = f"http://127.0.0.1:{box.page_port}"
    page = PageSession(url)
    wait_for("the page", lambda: "csrf" in page.get("/login"), PI_START_S, 1)
    report("switched on → page", box.age_s, "s")
    assert claim(url, code_on_screen(box)).is_inside


def test_sip_is_answered(box: VirtualBox) -> None:
    assert box.ask_options(ADDRESS, PI_START_S).startswith("SIP/2.0 200")
    report("switched on → SIP answered", box.age_s, "s")
    report("CPU time of the emulation", box.cpu_s, "s")


def test_every_process_is_up_and_none_had_to_be_started_twice(box: VirtualBox) -> None:
    for unit in UNITS:
        wait_for(unit, partial(is_active, box, unit), PI_START_S, 1)
        assert box.run(f"systemctl show -P NRestarts centralita-{unit}") == "0", unit
    assert box.run("systemctl --failed --plain --no-legend") == ""
    shown = [box.run(f"systemctl show -P ActiveEnterTimestampMonotonic centralita-{unit}") for unit in UNITS]
    report("kernel started → every process ready", max(map(int, shown)) / 1e6, "s")
    memory = box.run("grep -E 'MemTotal|MemAvailable' /proc/meminfo").split()
    report("memory in use with everything up", (int(memory[1]) - int(memory[4])) / 1024, "MiB")


def test_it_is_what_it_says_it_is(box: VirtualBox) -> None:
    assert box.run("uname -m") == "aarch64"
    assert box.run("uname -r") == read_image("arm64").kernel_release
    # Users and links that maintainer scripts have made, on another machine (crossing.py).
    assert box.run("stat -c '%U:%G %a' /usr/lib/dbus-1.0/dbus-daemon-launch-helper") == "root:messagebus 4754"
    assert "libc.so.6" in box.run("/usr/sbin/ldconfig -p | grep aarch64-linux-gnu/libc.so.6")


def test_the_data_partition_has_grown_over_the_disk(box: VirtualBox) -> None:
    bytes_ = int(box.run("df -B1 --output=size /var | tail -1"))
    assert bytes_ > 2_500_000_000
    report("data partition on a disk of 6 GiB", bytes_ / 1e9, "GB")


def test_the_root_is_read_only_and_nothing_listens_that_is_not_named(box: VirtualBox) -> None:
    assert "Read-only" in box.run("touch /usr/x")
    assert set(box.run("cut -d: -f2 /etc/shadow").split()) <= {"*", "!", "!*"}
    assert "policy drop" in box.run("nft list chain inet centralita input")
    found = set()
    for line in box.run("ss -lntuH | grep -v -e 127.0.0 -e '\\[::1\\]' -e %lo").splitlines():
        protocol, _state, _recv, _send, local = line.split()[:5]
        found.add((protocol, int(local.rpartition(":")[2])))
    assert found <= LISTENING, found - LISTENING


def test_the_same_inputs_give_the_same_image(image: Path) -> None:
    """Debian's base and the root are made a second time beside the first, from the kept packages."""
    from image_build.recipe import Recipe

    recipe = Recipe("arm64", cache_folder())
    for name, files in {
        "base-arm64": ("base.tar",),
        "root-arm64": ("root.sha256", "packages.tsv", "root.squashfs", "start/kernel8.img", "start/initramfs8"),
    }.items():
        part = next(one for one in recipe.parts if one.name == name)
        again = recipe.cache / f"{name}-again"
        subprocess.run(["rm", "-rf", str(again)], check=True)
        again.mkdir()
        try:
            part.make(again)
            first = recipe.folder(name)
            for file in files:
                assert digest(again / file) == digest(first / file), f"{name}: {file}"
        finally:
            subprocess.run(["rm", "-rf", str(again)], check=True)
