"""Disks that are full or may not be written, real ones: small file systems in a name space of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.backup.create import create
from tests.backup.boxes import KEY, MADE, make_box, seen
from tests.daemon.test_money_disk import allowed

ROOT = Path(__file__).resolve().parent.parent.parent
APART = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
ON_ANOTHER_DISK = """
mount -t tmpfs -o "$1" tmpfs "$2" || exit 99
where="$2"
shift 2
"$@"
code=$?
echo "left: $(ls -A "$where" | tr '\\n' ' ')"
exit $code
"""


def on_disk(options: str, where: Path, *words: object) -> subprocess.CompletedProcess[str]:
    if not allowed(where):
        pytest.skip("this user may not mount a file system, even in a name space of its own")
    argv = [sys.executable, "-m", "appliance", "backup", *map(str, words), "--language", "en"]
    return subprocess.run(
        [*APART, ON_ANOTHER_DISK, "sh", options, str(where), *argv],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [("size=32k", "the disk is full"), ("ro", "the disk is read-only"), ("size=64k,nr_inodes=1", "full")],
)
def test_a_stick_that_takes_no_backup_says_why_and_keeps_nothing_half(tmp_path: Path, options: str, says: str) -> None:
    box = make_box(tmp_path / "box", 3)
    before, stick = seen(box), tmp_path / "stick"
    stick.mkdir()
    done = on_disk(options, stick, "create", "--to", stick, "--config", box.configuration)
    assert done.returncode == 1 and f"{stick}" in done.stderr and says in done.stderr, done.stderr
    assert "left: \n" in done.stdout and "Traceback" not in done.stderr
    assert seen(box) == before and not list(box.own.glob("*.partial"))


def test_a_restore_that_does_not_fit_is_not_begun(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    box.data_dir.rename(tmp_path / "lost")
    box.data_dir.mkdir()
    words = ("restore", file, "--key", KEY.text(), "--config", box.configuration)
    done = on_disk("size=400k", box.data_dir, *words)
    assert done.returncode == 1 and "MB must be free" in done.stderr, done.stderr
    assert "left: backup \n" in done.stdout
    done = on_disk("size=100m", box.data_dir, *words)
    assert done.returncode == 0, done.stderr
