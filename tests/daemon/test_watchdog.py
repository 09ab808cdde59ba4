"""What the ACD tells systemd: ready once it takes calls, alive from its own loop, and nothing while that loop hangs."""

import os
import signal
from pathlib import Path

from tests.daemon.acd_process import office
from tests.supervised import hear, heard_by_systemd
from tests.waiting import wait_for

WATCHDOG_S = 0.4


def test_a_loop_that_hangs_is_silent_and_one_that_goes_on_is_heard_again(tmp_path: Path) -> None:
    """It hangs in reading its configuration, from a pipe into which nobody writes."""
    config = office(tmp_path)
    text = config.read_text()
    (config.parent / "run").mkdir()
    with heard_by_systemd("acd", config, WATCHDOG_S) as (process, hears):
        assert hear(hears, 60).startswith("READY=1")
        assert [hear(hears, 20) for _ in range(3)] == ["WATCHDOG=1"] * 3
        config.unlink()
        os.mkfifo(config)
        process.send_signal(signal.SIGHUP)
        wait_for("silence", lambda: hear(hears, 2 * WATCHDOG_S) == "")
        config.write_text(text)
        assert hear(hears, 20) == "WATCHDOG=1"
        process.terminate()
        said = [hear(hears, 20)]
        while said[-1] == "WATCHDOG=1":
            said.append(hear(hears, 20))
        assert said[-1] == "STOPPING=1"
        assert process.wait(30) == 0
