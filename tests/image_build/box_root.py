"""The image's own root in a folder: everything of an update but starting a machine, at this machine's speed.

The real root file system is mounted read-only, with its RAUC, its D-Bus and its program of ours; the two roots, the
start-up partition and the data partition are files that stay from one `run` to the next. (RAUC wants a bundle on a disk
of the box, so data are a file system of their own.) What GRUB would start next is told by its rules, `grub_starts`;
tests/image_build/test_start.py holds them against GRUB itself.
"""

import shlex
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.update.start_file import StartFile
from appliance.update.start_memory import TRIES, Slot, StartMemory, other
from image_build.disk import NEW_MEMORY, grubenv

DATA_BYTES = 1_600 << 20
_ENTER = """set -eu
mount --make-rprivate /
m={work}/m
mkdir -p $m
mount -t squashfs -o loop,ro {root} $m
mount -t proc proc $m/proc
mount --bind {work}/cmdline $m/proc/cmdline
mount -t sysfs -o ro sysfs $m/sys
for one in run tmp dev; do mount -t tmpfs tmpfs $m/$one; done
cd $m/dev
for one in null zero full random urandom; do touch $one; mount --bind /dev/$one $one; done
mknod loop-control c 10 237
for n in $(seq 0 63); do mknod loop$n b 7 $n; done
mkdir -p disk/by-partlabel
ln -s /mnt/rootA disk/by-partlabel/rootA
ln -s /mnt/rootB disk/by-partlabel/rootB
mount -t ext4 -o loop,noatime {work}/var.img $m/var
mkdir -p $m/var/lib
mount --bind {work}/esp $m/boot/efi
mount --bind {work}/slots $m/mnt
mkdir -p $m/run/dbus $m/run/in $m/run/centralita
mount --bind {given} $m/run/in
if [ -n "{code}" ]; then mount --bind "{code}" $m/opt/centralita/appliance; fi
cd /
exec chroot $m /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 sh -c {script}
"""
_SERVICES = """dbus-daemon --system --fork
rauc --mount=/run/rauc/mnt service > /var/rauc.log 2>&1 &
i=0; until busctl --system list 2>/dev/null | grep -q ^de.pengutronix.rauc; do
    i=$((i+1)); [ $i -lt 300 ] || { cat /var/rauc.log; exit 9; }; sleep 0.1
done
"""


def grub_starts(memory: StartMemory, readable: set[Slot]) -> tuple[Slot | None, StartMemory]:
    """Which root GRUB starts, and the memory after it: image_build/grub/grub.cfg."""
    for _round in (1, 2):
        for slot in (memory.slot, other(memory.slot)):
            root = memory.root(slot)
            if root.state != "bad" and root.left > 0:
                memory = memory.with_root(slot, replace(root, left=root.left - 1))
                if slot in readable:
                    return slot, memory
        for slot in (memory.slot, other(memory.slot)):
            memory = memory.with_root(slot, replace(memory.root(slot), left=TRIES))
    return next((slot for slot in (memory.slot, other(memory.slot)) if slot in readable), None), memory


@dataclass(frozen=True)
class BoxRoot:
    """`root`: the image's root.squashfs; `given`: a folder seen as /run/in; `code`: another appliance folder than the
    root's."""

    work: Path
    root: Path
    given: Path
    code: Path | None = None

    def make(self, running: Slot = "A") -> None:
        """A new box, which has started with root A and is well."""
        for name in ("esp/EFI/BOOT", "slots"):
            (self.work / name).mkdir(parents=True)
        for slot in ("A", "B"):
            with (self.work / f"slots/root{slot}").open("wb") as file:
                file.truncate(1 << 30)
        data = self.work / "var.img"
        with data.open("wb") as file:
            file.truncate(DATA_BYTES)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", str(data)], check=True)
        for name in ("grubenv", "grubenv.2"):
            (self.work / "esp/EFI/BOOT" / name).write_bytes(grubenv(NEW_MEMORY))
        self.started(running)

    def started(self, slot: Slot) -> None:
        """The kernel was started by GRUB with this root."""
        (self.work / "cmdline").write_text(f"root=PARTLABEL=root{slot} ro centralita.slot={slot} quiet\n")

    def command(self, script: str, *, services: bool = True) -> list[str]:
        """The words that run a shell script as root of the box; killing them kills all that it has begun."""
        inside = (_SERVICES if services else "") + script
        enter = _ENTER.format(
            work=shlex.quote(str(self.work)),
            root=shlex.quote(str(self.root)),
            given=shlex.quote(str(self.given)),
            code=self.code or "",
            script=shlex.quote(inside),
        )
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "sh", "-c", enter]

    def run(self, script: str, timeout_s: float = 600, *, services: bool = True) -> str:
        """What it says, both ways."""
        done = subprocess.run(
            self.command(script, services=services),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    def update(self, words: str, *, services: bool = True) -> str:
        return self.run(f"/opt/centralita/centralita update {words} --language en", services=services)

    def memory(self, running: Slot = "A") -> StartMemory:
        return StartFile(self.work / "esp/EFI/BOOT").read(running)
