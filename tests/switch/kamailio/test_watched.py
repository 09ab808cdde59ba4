"""Kamailio says nothing to systemd; who starts it does, and is silent when a worker of it does not answer."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.switch.kamailio_watch import Place, answers
from tests.box import Faces, make_box
from tests.supervised import hear, heard_by_systemd
from tests.waiting import wait_for

WATCHDOG_S = 1.6


def workers(watcher: int) -> list[int]:
    """Kamailio's own processes: the watcher's child and that one's children."""
    found, parents = list[int](), {watcher}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent in parents:
            parents.add(int(folder.name))
            found.append(int(folder.name))
    return found


def said_within(hears: socket.socket, seconds: float) -> str:
    """Everything said from now on for so long."""
    end, said = time.monotonic() + seconds, ""
    while (left_s := end - time.monotonic()) > 0:
        said += hear(hears, left_s) + "\n"
    return said


@contextmanager
def standing_still(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def silenced_by(pids: list[int], place: Place) -> int:
    """The worker that reads this place: nobody answers there while it stands still."""
    for pid in pids:
        with standing_still([pid]):
            if not answers(place, 1, 1.0):
                return pid
    raise AssertionError(f"every worker may stand still and {place} is answered")


@pytest.mark.parametrize("who", ["everybody", "the reader of the phones' port", "the reader of the switch's port"])
def test_a_worker_that_stands_still_is_told_and_one_that_goes_on_too(tmp_path: Path, who: str) -> None:
    config = make_box(tmp_path, Faces.unused(), "").config
    sip = read_configuration(config).sip
    with heard_by_systemd("kamailio", config, WATCHDOG_S) as (process, hears):

        def says(word: str) -> bool:
            assert process.poll() is None, (tmp_path / "log").read_text()
            return word in hear(hears, 1)

        wait_for("READY", lambda: says("READY=1"), 60)
        wait_for("an answer at every port", lambda: says("STATUS=answers"), 60)
        pids = workers(process.pid)
        if who != "everybody":
            place = (sip.listen, sip.port) if "phones" in who else (sip.inside, sip.inside_port)
            pids = [silenced_by(pids, ("udp", *place))]
        with standing_still(pids):
            wait_for("silence", lambda: "WATCHDOG=1" not in said_within(hears, 2 * WATCHDOG_S))
        wait_for("life again", lambda: says("WATCHDOG=1"))
        process.terminate()
        assert process.wait(60) == 0
        assert not answers(("udp", sip.listen, sip.port), 1, 0.5)
