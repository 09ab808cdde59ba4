"""kill -9 in the middle of a restore, at seeded points: the next start finds all of the old box or all of the new one.

The restore runs in a process of its own with an audit hook (PEP 578) that counts what it does to files, and kills it at
the one it was told: nothing of ours is replaced. A process that is killed loses nothing it has written, so that what a
power cut costs beyond this is the kernel's cache: each file is fsynced before the decision, and the decision before any
file is put in its place (`test_everything_is_on_the_disk_before_the_decision`).
"""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.backup import placing
from appliance.backup.contents import BoxFolders
from appliance.backup.create import create
from appliance.backup.restore import restore
from appliance.configuration.file import read_configuration
from tests.backup.boxes import KEY, LATER, MADE, Seen, add_calls, make_box, seen, write_secrets

SEED = 20261123
POINTS = 50
WATCHED = (
    "open os.rename os.remove os.link os.mkdir os.chmod os.truncate os.listdir os.scandir sqlite3.connect shutil.rmtree"
)
COUNTING = """
import os, signal, sys
from pathlib import Path
from appliance.backup.recovery_key import RecoveryKey
from appliance.backup import placing
from appliance.backup.restore import restore
left, watched = int(sys.argv[1]), set(sys.argv[2].split())
box = sys.argv[5]
def see(event, arguments):
    global left
    if event in watched and box in str(arguments[0] if arguments else ""):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if sys.argv[1] == "0":
            print(event, arguments[:2], file=sys.stderr)
sys.addaudithook(see)
"""
RESTORE = f"""{COUNTING}
restore(Path(sys.argv[3]), RecoveryKey(bytes(range(20))), Path(sys.argv[4]), int(sys.argv[6]))
"""
FINISH = f"""{COUNTING}
placing.finish(Path(sys.argv[3]))
"""


class Rig:
    """A box with more and other things than its backup has, made again for each kill."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kept = folder / "box", folder / "kept"
        box = make_box(self.folder, 3)
        self.file = create(box, folder, KEY, "1", MADE).path
        self.new = seen(box)
        add_calls(box, 4, 9)
        write_secrets(box, "newer")
        box.configuration.write_text(box.configuration.read_text() + "# changed\n")
        self.old = seen(box)
        shutil.copytree(self.folder, self.kept)
        self.box = box

    def again(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder)

    def run(self, kill_at: int) -> subprocess.CompletedProcess[str]:
        argv = [str(kill_at), WATCHED, str(self.file), str(self.box.configuration), str(self.folder), str(LATER)]
        return subprocess.run([sys.executable, "-c", RESTORE, *argv], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return Rig(tmp_path_factory.mktemp("kills"))


def events(rig: Rig) -> list[str]:
    rig.again()
    done = rig.run(0)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def which(found: Seen, rig: Rig) -> str:
    if found == rig.old:
        return "old"
    assert found == rig.new, f"neither the old box nor the new one: {found}"
    return "new"


def test_a_kill_anywhere_leaves_the_old_box_or_the_new_one(rig: Rig) -> None:
    count = len(events(rig))
    chance = random.Random(SEED)
    points = sorted({*chance.sample(range(1, count + 1), min(POINTS, count)), *range(count - 30, count + 1)})
    print(f"seed {SEED}: {len(points)} of {count} points")
    met = []
    for point in points:
        rig.again()
        killed = rig.run(point)
        assert killed.returncode == -9, f"point {point}: {killed.stderr}"
        decided = placing.finish(rig.box.own)
        met.append(which(seen(BoxFolders.of(rig.box.configuration, read_configuration(rig.box.configuration))), rig))
        journal = list((rig.box.run_dir / "journal").iterdir())
        assert bool(journal) == (met[-1] == "old"), f"point {point}: a journal of the other store"
        assert not (decided and met[-1] == "old"), f"point {point}"
        # Whatever was left half done is in nobody's way.
        restore(rig.file, KEY, rig.box.configuration, LATER)
        assert which(seen(rig.box), rig) == "new"
        assert not list(rig.folder.rglob("*.restored")), f"point {point}"
    assert {"old", "new"} == set(met), met
    assert met == sorted(met, reverse=True), "once decided, it stays decided"


def test_a_kill_while_what_was_decided_is_finished_is_finished_again(rig: Rig) -> None:
    """Twice in the same restore: in its middle, and again in the middle of what mends that."""
    said = events(rig)
    decision = next(place for place, line in enumerate(said) if "placing.json'" in line and "os.rename" in line)
    killed_twice = 0
    for first in range(decision + 2, len(said), 3):
        rig.again()
        assert rig.run(first).returncode == -9
        argv = ["4", WATCHED, str(rig.box.own), "", str(rig.folder)]
        mended = subprocess.run([sys.executable, "-c", FINISH, *argv], check=False, capture_output=True, text=True)
        assert mended.returncode in (0, -9), mended.stderr
        killed_twice += mended.returncode == -9
        placing.finish(rig.box.own)
        assert which(seen(rig.box), rig) == "new", f"points {first} and 4"
        assert not placing.finish(rig.box.own)
    assert killed_twice > 3


def test_everything_is_on_the_disk_before_the_decision(rig: Rig) -> None:
    """As the kernel was asked, by strace: every file that is put in its place was fsynced before the decision's rename,
    and the decision's folder after it and before the first file is placed."""
    rig.again()
    argv = ["0", WATCHED, str(rig.file), str(rig.box.configuration), str(rig.folder), str(LATER)]
    trace = rig.folder.parent / "trace"
    strace = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2", "-o", str(trace)]
    done = subprocess.run([*strace, sys.executable, "-c", RESTORE, *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = trace.read_text().splitlines()
    decision = next(place for place, line in enumerate(lines) if "rename" in line and 'placing.json"' in line)
    placed = [place for place, line in enumerate(lines) if "rename" in line and '.restored"' in line]
    assert min(placed) > decision
    synced = "\n".join(line for line in lines[:decision] if "sync(" in line)
    for place in placed:
        source = lines[place].split('"')[1]
        assert f"<{source}>" in synced, f"not on the disk before the decision: {source}"
    between = "\n".join(line for line in lines[decision : min(placed)] if "sync(" in line)
    assert f"<{rig.box.own}>" in between
