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


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("more", "board", "named"),
    [
        ("languaje = 'es'", "", "unknown key `languaje` in [box]"),
        ("", "[board]\ntitle = 'Mine'\npin_factory = 'mock'\n"
         "[[board.lamp]]\nname = 'queue:1'\npin = 16\n[[board.button]]\nname = 'night_mode'\npin = 16\n",
         "[board]: pin 16 has two users: lamp queue:1 and button night_mode. Give one of them another pin."),
    ],
    ids=["unknown key", "two users of a pin"],
)  # fmt: skip
def test_a_wrong_set_up_is_refused_with_the_key_and_what_to_do(
    tmp_path: Path, command: str, more: str, board: str, named: str
) -> None:
    office = tmp_path / "office.toml"
    paths = f"data_dir = '{tmp_path}/data'\nrun_dir = '{tmp_path}/run'\n"
    office.write_text(f"[box]\n{paths}{more}\n{board}")
    code, text = said(command, "--config", office)
    assert (code, named in text, "Traceback" in text) == (1, True, False), text


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_port_that_does_not_exist_is_named(tmp_path: Path, command: str) -> None:
    office = tmp_path / "office.toml"
    office.write_text(
        f"[box]\ndata_dir = '{tmp_path}/data'\nrun_dir = '{tmp_path}/run'\n"
        f"[[line]]\nname = 'movil1'\ndriver = 'gsm'\nmodel = 'sim7600'\nport = '{tmp_path}/ttyUSB9'\nqueue = 'ventas'\n"
        "[[queue]]\nname = 'ventas'\ntitle = 'Ventas'\nagents = ['ana']\n"
        "[[agent]]\nname = 'ana'\nfull_name = 'Ana'\nnumber = '11'\n"
    )
    code, text = said(command, "--config", office)
    assert code == 1
    assert f"movil1, port: {tmp_path}/ttyUSB9 does not exist" in text
