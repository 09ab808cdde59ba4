"""What the command line says when it cannot do what was asked: one line that names the cause, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def said(*words: str | Path) -> tuple[int, str]:
    """The exit code and everything printed."""
    argv = [sys.executable, "-m", "appliance", *map(str, words)]
    done = subprocess.run(argv, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose data folder cannot be."""
    (tmp_path / "file").touch()
    office = tmp_path / "office.toml"
    office.write_text(f'[box]\ndata_dir = "{tmp_path}/file/data"\nrun_dir = "{tmp_path}/run"\n')
    return office


@pytest.mark.parametrize("command", ["password", "calls", "status", "run", "web", "acd", "sync", "check"])
def test_no_command_shows_a_traceback(command: str, config: Path) -> None:
    code, text = said(command, "--config", config)
    assert "Traceback" not in text
    if command != "sync":  # it has no cloud to send to, which is no fault
        assert code != 0
        assert str(config.parent) in text


def test_a_file_that_is_not_there_is_named_with_one_to_copy(tmp_path: Path) -> None:
    code, text = said("check", "--config", tmp_path / "nothing.toml")
    assert code == 1
    assert "nothing.toml" in text
    assert "office.toml" in text
