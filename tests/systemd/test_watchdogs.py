"""A process whose loop hangs says nothing more to systemd, whatever its other threads do; one that goes on does.

The loop is hung from outside, by ptrace(2): the main thread alone stops, wherever it is.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.box import Faces, make_box
from tests.supervised import hear, heard_by_systemd
from tests.waiting import wait_for

WATCHDOG_S = 0.8
PTRACE_ATTACH = 16
PTRACE_DETACH = 17
CLOUD_OUT_OF_REACH = '[cloud]\ndsn = "postgresql://127.0.0.1:9/nowhere"\n'


@contextmanager
def hung(pid: int) -> Iterator[None]:
    """The main thread of our child `pid` stands still meanwhile; its other threads go on. Raises OSError."""
    _ptrace(PTRACE_ATTACH, pid)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it ended (status {status}) when it should hang"
    try:
        yield
    finally:
        _ptrace(PTRACE_DETACH, pid)


def _ptrace(request: int, pid: int) -> None:
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    ptrace.restype = ctypes.c_long
    if ptrace(request, pid, None, None) == -1:
        raise OSError(ctypes.get_errno(), "ptrace")


@pytest.mark.parametrize("name", ["acd", "switch", "web", "sync"])
def test_a_loop_that_hangs_is_silent_and_is_heard_again_when_it_goes_on(tmp_path: Path, name: str) -> None:
    box = make_box(tmp_path, Faces.unused(), CLOUD_OUT_OF_REACH)
    with heard_by_systemd(name, box.config, WATCHDOG_S) as (process, hears):

        def says(word: str) -> bool:
            assert process.poll() is None, (tmp_path / "log").read_text()
            return word in hear(hears, 1)

        wait_for(f"{name} to be ready", lambda: says("READY=1"), 60)
        wait_for(f"{name} to say it lives", lambda: says("WATCHDOG=1"))
        with hung(process.pid):
            # What was said before is heard first; then the whole span passes in silence, and one more.
            wait_for("silence", lambda: hear(hears, 2 * WATCHDOG_S) == "")
        assert "WATCHDOG=1" in hear(hears, 30), (tmp_path / "log").read_text()
        process.terminate()
        process.wait(60)
