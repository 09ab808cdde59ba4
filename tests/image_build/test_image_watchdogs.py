"""What stands still in the running image is started again: each process by systemd, PID 1 by the hardware.

Part of `./centralita test --long image`. Times are the box's own, by its monotonic clock. Emulated, a process starts
ten times slower than in life, so what is judged is the time until it is started anew, and its start is reported.
"""

import re

import pytest

from tests.image_build.conftest import report
from tests.image_build.office_box import OfficeBox
from tests.image_build.office_peers import Ear, carrier_calls, loudest_dbfs
from tests.image_build.virtual_box import START_S
from tests.waiting import wait_for

pytestmark = pytest.mark.long

BACK_S, START_UP_S = 15.0, 2.0
"""Back in service at the latest; of which so much is left for the start, which takes less in life."""


def moment_s(office: OfficeBox, unit: str, what: str) -> float:
    return int(office.box.run(f"systemctl show -P {what}TimestampMonotonic centralita-{unit}")) / 1e6


@pytest.mark.parametrize("unit", ["kamailio", "switch", "acd", "web", "sync"])
def test_a_process_that_stands_still_is_started_again_within_15_s(office: OfficeBox, unit: str) -> None:
    office.wait_active("kamailio", "switch", "acd", "web", "sync")
    stop = f"systemctl kill --kill-whom=all --signal=SIGSTOP centralita-{unit}"
    stood_still_s = float(office.box.run(f"cut -d' ' -f1 /proc/uptime; {stop}"))
    wait_for("its successor", lambda: moment_s(office, unit, "ExecMainStart") > stood_still_s, START_S, 1)
    office.wait_active(unit)
    begun_s, ready_s = moment_s(office, unit, "ExecMainStart"), moment_s(office, unit, "ActiveEnter")
    report(f"{unit} stands still → started again", begun_s - stood_still_s, "s")
    report(f"{unit} started → ready, emulated", ready_s - begun_s, "s")
    assert begun_s - stood_still_s <= BACK_S - START_UP_S
    assert office.box.ask_options(office.lan.box).startswith("SIP/2.0 200")


def test_the_hardware_starts_the_box_anew_when_pid_1_stands_still(office: OfficeBox) -> None:
    """A crash of PID 1 leaves everything running and nobody who looks after it: it feeds the watchdog no more."""
    office.wait_active("kamailio", "switch", "acd")
    office.box.run("sync")
    said = len(office.box.console())
    office.watchdog_bites()
    office.box.run("kill -SEGV 1")
    died_s = office.box.age_s
    wait_for("the firmware again", lambda: "BdsDxe: starting" in office.box.console()[said:], 180, 0.5)
    report("PID 1 stands still → the hardware has reset the box", office.box.age_s - died_s, "s")
    assert office.box.ask_options(office.lan.box).startswith("SIP/2.0 200")
    report("PID 1 stands still → SIP answered again", office.box.age_s - died_s, "s")
    office.wait_active("switch", "acd")
    ear = Ear(office.lan)
    caller = carrier_calls(office.lan, office.folder / "again", office.carrier, "910000002", 440, 20)
    try:
        wait_for("the greeting", lambda: loudest_dbfs(ear.heard(office.lan.box, office.carrier)) > -45, START_S, 0.5)
        report("PID 1 stands still → a caller is greeted again", office.box.age_s - died_s, "s")
    finally:
        caller.stop()
        ear.close()
    assert not re.search("watchdog", office.box.run("systemctl --failed --plain --no-legend"))
