"""`./centralita board` prints or writes what an installer asks for."""

from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.board_arguments import WHAT
from appliance.board_command import MADE


def test_every_kind_is_made_for_a_real_board(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(MADE) | {"list", "files"} == set(WHAT)
    for what in MADE:
        assert main(["board", what, "pi4-usb-modems", "--language", "en"]) == 0
        assert len(capsys.readouterr().out) > 100, what


def test_a_drawing_goes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "drawing", "pi5-usb-modems", "--out", f"{tmp_path}/d.svg"]) == 0
    assert "puerto de auricular 1" in (tmp_path / "d.svg").read_text()
    assert main(["board", "drawing", "pi5-usb-modems", "--out", f"{tmp_path}/none/d.svg"]) == 1
    assert "cannot be written: No such file" in capsys.readouterr().err


def test_boards_are_listed_and_a_board_of_ones_own_is_taken_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["board", "list"]) == 0
    assert "pi5-usb-modems: Raspberry Pi 5, módems USB" in capsys.readouterr().out
    own = tmp_path / "mine.toml"
    own.write_text('title = "t"\npin_factory = "lgpio"\n[[button]]\nname = "night_mode"\npin = 8\nwire = "white"\n')
    assert main(["board", "table", f"{own}"]) == 0
    assert "pulsador: modo noche" in capsys.readouterr().out
    assert main(["board", "overlay", f"{own}"]) == 1
    assert "mine: names no `computer`" in capsys.readouterr().err


def test_a_board_that_is_not_said_or_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as wrong:
        main(["board", "table"])
    assert wrong.value.code == 2
    assert "which board? There are: laptop, pi4-usb-modems" in capsys.readouterr().err
    assert main(["board", "table", "pi9"]) == 1
    assert 'no board "pi9"' in capsys.readouterr().err
