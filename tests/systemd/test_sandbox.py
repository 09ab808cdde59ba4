"""Each process does its work under what its unit forbids: a whole simulated office answers, connects, records, charges
and shows calls while a forbidden system call would end whoever makes it.

The sandbox is made without systemd, by `tests.systemd.sandbox`; what it does not try is said there.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.box import Faces, make_box, unused_number
from tests.supervised import hear
from tests.systemd.sandbox import system_calls
from tests.systemd.sandboxed_demo import ROOT, SYSTEMD, own_folders, sandboxed
from tests.systemd.unit import Unit
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make name spaces and drop capabilities")
CALLS_PER_HOUR = 600
CLOUD_OUT_OF_REACH = '[cloud]\ndsn = "postgresql://127.0.0.1:9/nowhere"\n'


@contextmanager
def demo(folder: Path) -> Iterator[Path]:
    """The office under its sandboxes; the file with what it says."""
    log = folder / "said"
    network = unused_number("127.0.{}.1", 100)
    argv = [sys.executable, "-m", "tests.systemd.sandboxed_demo", str(folder), str(network), str(CALLS_PER_HOUR)]
    with log.open("wb") as said:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        wait_for("the office", lambda: "Ready after" in log.read_text() or process.poll() is not None, 120, 0.2)
        assert process.poll() is None, log.read_text()
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def stored(store: Path) -> tuple[int, int, int]:
    """Calls that are over, those among them with a talk, and recordings that are finished."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        calls, talks = db.execute("select count(*), coalesce(sum(talk_ms > 0), 0) from calls").fetchone()
        (recordings,) = db.execute("select count(*) from recordings").fetchone()
    db.close()
    return calls, talks, recordings


def test_a_whole_office_works_under_the_sandboxes_of_its_units(tmp_path: Path) -> None:
    with demo(tmp_path) as log:
        store = tmp_path / "data/centralita.sqlite3"

        def worked() -> bool:
            assert "killed by signal" not in log.read_text(), log.read_text()
            calls, talks, recordings = stored(store)
            return calls >= 3 and talks >= 1 and recordings >= 1

        wait_for("calls that are stored, talked and recorded", worked, 180, 0.5)
        page = log.read_text().split("The page: ")[1].split()[0]
        with urllib.request.urlopen(page, timeout=30) as answer:
            assert answer.status == 200 and b"Centralita" in answer.read()
        backed_up_and_finished(tmp_path)
    assert "killed by signal" not in log.read_text() and "ended with code" not in log.read_text(), log.read_text()


def backed_up_and_finished(folder: Path) -> None:
    """The jobs, beside the running office: a backup while calls are stored, and a restore with nothing to finish."""
    stick = folder / "stick"
    stick.mkdir()
    config = folder / "office.toml"
    config.write_text(f'{config.read_text()}\n[backup]\nfolder = "{stick}"\nsame_disk = true\n')
    for service, words in (("backup", ["create", "--scheduled"]), ("restore", ["finish"])):
        argv = [sys.executable, "-m", "appliance", "backup", *words, "--config", str(config)]
        job = sandboxed(service, folder, [str(stick)])
        done = subprocess.run([*job, *argv], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{service}: {done.returncode} {done.stdout} {done.stderr}"
    assert len(list(stick.glob("centralita-*.age"))) == 1


def test_the_sync_goes_on_under_its_sandbox(tmp_path: Path) -> None:
    """With a cloud that cannot be reached: it is ready, and alive after it was refused."""
    box = make_box(tmp_path, Faces.unused(), CLOUD_OUT_OF_REACH)
    folders = own_folders(Unit(SYSTEMD / "centralita-sync.service"), tmp_path)
    notify = Path(folders[0]) / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears:
        hears.bind(str(notify))
        argv = [sys.executable, "-m", "appliance", "sync", "--config", str(box.config)]
        log = tmp_path / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*sandboxed("sync", tmp_path, []), *argv], cwd=ROOT, stdout=said, stderr=said,
                env={**os.environ, "NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": "800000"},
            )  # fmt: skip
        try:
            for word in ("READY=1", "WATCHDOG=1", "WATCHDOG=1"):
                wait_for(word, lambda word=word: word in hear(hears, 1) or process.poll() is not None, 60)  # type: ignore[misc]
            assert process.poll() is None, f"{process.poll()}: {log.read_text()}"
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.parametrize("service", ["acd", "web", "sync", "kamailio", "switch", "backup", "restore"])
def test_what_nobody_needs_is_forbidden(service: str) -> None:
    calls = system_calls(Unit(SYSTEMD / f"centralita-{service}.service"))
    assert not calls & {
        "ptrace",
        "mount",
        "init_module",
        "bpf",
        "reboot",
        "swapon",
        "setuid",
        "kexec_load",
        "chroot",
    }
    assert {"read", "write", "futex", "openat"} <= calls


def test_the_sandbox_ends_who_does_what_is_forbidden(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    script = (
        "import ctypes, mmap, os, socket, sys\n"
        "what = sys.argv[1]\n"
        "if what == 'write': open('/var/forbidden', 'w')\n"
        "if what == 'family': socket.socket(socket.AF_INET)\n"
        "if what == 'execute': mmap.mmap(-1, 4096, prot=7)\n"
        "if what == 'call': ctypes.CDLL(None).unshare(0x10000000)\n"
        "if what == 'capability': os.mknod(sys.argv[2] + '/null', 0o20666, os.makedev(1, 3))\n"
    )
    ends = {}
    for what in ("nothing", "write", "family", "execute", "call", "capability"):
        argv = [*sandboxed("acd", tmp_path, []), sys.executable, "-c", script, what, str(tmp_path / "data")]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        ends[what] = done.stderr.strip().splitlines()[-1].split(":")[0] if done.returncode == 1 else done.returncode
    killed = -signal.SIGSYS
    assert ends == {
        "nothing": 0,
        "write": "OSError",
        "family": killed,
        "execute": killed,
        "call": killed,
        "capability": "PermissionError",
    }
