"""lgpio is imported where nothing may be written, and leaves the process where it was."""

import subprocess
import sys
from pathlib import Path

import pytest

from hw.gpio_lines import machine_pins

ROOT = Path(__file__).resolve().parents[2]
SAYS = "from hw.gpio_lines import machine_pins; import os; print(os.getcwd(), type(machine_pins()).__name__)"


def test_the_check_reads_pins_from_a_folder_nobody_can_write() -> None:
    pytest.importorskip("lgpio", reason="lgpio is for machines with pins")
    ran = subprocess.run(
        [sys.executable, "-c", SAYS], cwd="/proc", env={"PYTHONPATH": f"{ROOT}"}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "/proc LgpioPins\n", "")


def test_without_a_chip_there_are_no_lines() -> None:
    if not list(Path("/dev").glob("gpiochip*")):
        assert machine_pins().chips() == ()
