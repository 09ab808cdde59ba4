"""`./centralita test --long power`: the running box loses its power again and again, and forgets nothing.

CENTRALITA_POWER_CUTS: how many cuts (default 2; 50 is the figure the box is held to), one in five in the middle of a
write. CENTRALITA_POWER_SEED: the same dice again. Each start is the one that mends what the cut before it left, and the
one whose traffic the next cut ends. Each prints a line when its checks are done.
"""

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE

import pytest

from image_build.description import read_image
from image_build.disk import MIB
from image_build.image_command import copy_sparse
from tests.conftest import free_port
from tests.image_build.power_rig import (
    BACK_S,
    Ledger,
    PoweredBox,
    count,
    unwell,
    wait_back,
)
from tests.image_build.power_traffic import Traffic, office
from tests.image_build.test_image import DISK_BYTES, image
from tests.image_build.volatile_disk import Cut
from tests.waiting import wait_for

pytestmark = pytest.mark.long
__all__ = ["image"]

CUTS = int(os.environ.get("CENTRALITA_POWER_CUTS", "2"))
SEED = int(os.environ.get("CENTRALITA_POWER_SEED", "1"))
TORN_EACH = 5
"""One cut in so many comes in the middle of a write."""
SHORTEST_S, LONGEST_S = 8, 45
"""Of traffic, from the first answered call to the cut: half of them longer than two heartbeats are apart."""


@dataclass(frozen=True)
class Judged:
    """What a start has shown of the cut before it."""

    back_s: float
    """From switching on until an agent talked."""
    cpu_s: float
    """What emulating that took."""
    checked: int
    """Rows that had been acknowledged."""
    faults: list[str]
    short_ms: list[int]
    """Of each call that was up."""
    control_lost: int
    mended: str
    """What e2fsck said."""

    def said(self) -> str:
        return (
            f"takes calls after {self.back_s:.0f} s ({self.cpu_s:.0f} CPU-s); {self.checked} rows acknowledged before, "
            f"{len(self.faults)} faults; {len(self.short_ms)} calls closed, {max(self.short_ms, default=0)} ms short "
            f"at most; control lost {self.control_lost}; e2fsck: {self.mended or 'clean'}"
        )


@dataclass
class Series:
    """A box that is cut off and switched on again, and what has come of it so far."""

    disk: Path
    folder: Path
    phones_port: int
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    judged: list[Judged] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)

    def start(self, *, cut: bool, torn: bool = False, forgets: bool = False) -> list[str]:
        """Switch it on, judge it, and after some traffic, of which its disk `forgets` what it said it kept, cut it off.
        Returns the faults found; prints a line."""
        number = len(self.judged)
        folder = self.folder / f"start{number}"
        box = PoweredBox(self.disk, folder, self.chance.randrange(1 << 32))
        traffic = Traffic(folder / "sipp", box.machine.sip_port, self.phones_port, number, self.chance)
        try:
            judged = self._judge(box, traffic)
            if forgets:
                box.disk.forget()
            taken = self._cut(box, traffic, torn=torn) if cut else None
        except AssertionError:
            print(f"start {number} failed; its console:\n{box.machine.console()[-3000:]}", file=sys.stderr)
            raise
        finally:
            traffic.close()
            box.end()
        self.judged.append(judged)
        if taken is not None:
            self.cuts.append(taken)
            self.ledger.power_went(box.heard, traffic, taken.at_s)
        print(
            f"start {number}: {judged.said()}; cut: {taken}, {len(self.ledger.up)} calls up",
            *judged.faults[:20],
            sep="\n  ",
            file=sys.stderr,
            flush=True,
        )
        return judged.faults

    def _judge(self, box: PoweredBox, traffic: Traffic) -> Judged:
        back_s, cpu_s = wait_back(box, traffic), box.machine.cpu_s
        heard, ledger = box.heard, self.ledger
        return Judged(
            back_s,
            cpu_s,
            len(ledger.rows),
            [*ledger.lost(heard), *ledger.badly_closed(heard), *unwell(box)],
            ledger.shortness_ms(heard),
            ledger.control_lost(heard),
            box.machine.run("grep -v clean, /run/e2fsck.log | head -3", BACK_S).replace("\n", "; "),
        )

    def _cut(self, box: PoweredBox, traffic: Traffic, *, torn: bool) -> Cut:
        until_s = time.monotonic() + self.chance.uniform(SHORTEST_S, LONGEST_S)
        while time.monotonic() < until_s:
            time.sleep(0.1)
            traffic.listen()
        return box.cut(self.chance, torn=torn)


def new_box(image: Path, folder: Path, config: str) -> Path:
    """The disk of a box that was never started, with its installer's configuration."""
    disk, office_toml = folder / "disk.img", folder / "office.toml"
    copy_sparse(image, disk)
    os.truncate(disk, DISK_BYTES)
    office_toml.write_text(config)
    subprocess.run(["mcopy", "-i", f"{disk}@@{MIB}", str(office_toml), "::/office.toml"], check=True)
    return disk


@pytest.fixture
def series(image: Path, tmp_path: Path) -> Series:
    print(f"\nCENTRALITA_POWER_CUTS={CUTS} CENTRALITA_POWER_SEED={SEED}", file=sys.stderr)
    phones_port = free_port()
    return Series(new_box(image, tmp_path, office(phones_port)), tmp_path, phones_port, random.Random(SEED))


def test_power_cuts_lose_nothing_that_was_acknowledged(series: Series) -> None:
    for number in range(CUTS):
        series.start(cut=True, torn=number % TORN_EACH == TORN_EACH - 1 or number == 1)
    series.start(cut=False)
    rows, backs = series.ledger.rows, sorted(one.back_s for one in series.judged)
    torn = sum(one.torn_of > 0 for one in series.cuts)
    faults = [f"start {number}: {fault}" for number, one in enumerate(series.judged) for fault in one.faults]
    short_ms = [ms for one in series.judged for ms in one.short_ms]
    control_lost = sum(one.control_lost for one in series.judged)
    print(
        f"{len(series.cuts)} cuts, {torn} in the middle of a write, {sum(one.in_cache for one in series.cuts)} sectors "
        f"unflushed; acknowledged: {count(rows, ['calls'])} calls, {count(rows, ['ledger'])} lines of the ledger, "
        f"{len(rows)} rows in all; {len(short_ms)} calls that were up closed, at most {max(short_ms, default=0)} ms "
        f"short; control lost {control_lost} rows; takes calls after {backs[len(backs) // 2]:.0f} s (median), "
        f"{backs[-1]:.0f} s (longest), emulated; faults: {len(faults)}",
        file=sys.stderr,
    )
    assert not faults, "\n".join(faults)
    assert torn >= CUTS // TORN_EACH
    assert control_lost > 0, "a writer that does not wait for the disk lost nothing: this test sees no loss"


def test_power_cuts_of_a_disk_that_forgets_what_it_said_it_kept_are_seen(series: Series) -> None:
    """The control experiment: the same checks, on a disk that answers the flushes of the traffic and does nothing."""
    series.start(cut=True, forgets=True)
    assert count(series.ledger.rows, ["calls", "legs", "agent_states"]), "nothing was acknowledged"
    faults = series.start(cut=False)
    assert any(one.startswith("lost: ") for one in faults), "a disk that forgets was not noticed"


def test_power_that_goes_while_the_configuration_is_taken_does_not_lose_it(image: Path, tmp_path: Path) -> None:
    """The initrd removes it from the start-up partition, and that is all of the disk's cache that gets written."""
    config = office(free_port())
    disk = new_box(image, tmp_path, config)
    sizes = read_image("amd64").partitions
    esp = range(MIB, (1 + sizes.esp_mib) * MIB)
    box = PoweredBox(disk, tmp_path / "start", SEED)
    try:
        # A name removed from a FAT's directory begins with E5 (Microsoft's FAT specification, section 6).
        box.disk.cut_with(lambda at, written: at in esp and b"\xe5FFICE~1TOM" in written)
        wait_for("it to be removed", box.disk.is_cut.is_set, BACK_S)
    finally:
        box.end()
    left = subprocess.run(["mdir", "-b", "-i", f"{disk}@@{MIB}", "::/"], stdout=PIPE, check=True).stdout
    assert b"office" not in left
    data = tmp_path / "data.ext4"
    with disk.open("rb") as whole:
        whole.seek((1 + sizes.esp_mib + 2 * sizes.root_mib) * MIB)
        data.write_bytes(whole.read(sizes.data_mib * MIB))
    mended = subprocess.run(["/usr/sbin/e2fsck", "-p", str(data)], stdout=PIPE, check=False)
    assert mended.returncode < 4, mended.stdout
    look = ["/usr/sbin/debugfs", "-R", "cat /lib/centralita-box/etc/office.toml", str(data)]
    assert subprocess.run(look, stdout=PIPE, check=True).stdout.decode() == config
