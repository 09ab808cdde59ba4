"""`check` says of each thing whether it works, whatever else does not."""

from pathlib import Path

import pytest

from appliance.box import check_box
from tests.hw.machine_tree import whole_pi4


def office(folder: Path, *, key: str = "", listen: str = "127.0.0.1") -> Path:
    config = folder / "office.toml"
    config.write_text(
        f"""
[box]
data_dir = "{folder}/data"
run_dir = "{folder}/run"
{key}
[sip]
listen = "{listen}"
[[line]]
name = "movil1"
driver = "gsm"
model = "sim7600"
port = "{folder}/no-such-tty"
queue = "ventas"
[[station]]
name = "mesa1"
kind = "sip"
extension = "201"
password = "una-larga"
[[agent]]
name = "ana"
full_name = "Ana Ruiz"
number = "11"
station = "mesa1"
[[queue]]
name = "ventas"
title = "Ventas"
agents = ["ana"]
"""
    )
    return config


def test_a_modem_that_is_not_plugged_in_is_one_thing_among_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_box(office(tmp_path)) == 1
    said = capsys.readouterr().out
    assert said.count("no-such-tty does not exist") == 1
    assert "✗ [[line]] movil1, port: " in said
    assert "✓ configuration" in said
    assert "✓ [sip] listen" in said
    for part in ("kamailio", "PJSIP", "pins"):
        assert f"✓ {part}: " in said
    assert "1 of " in said


def test_an_address_that_is_not_this_machines_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_box(office(tmp_path, listen="192.0.2.1")) == 1
    assert "✗ [sip] listen: 192.0.2.1 cannot be used" in capsys.readouterr().out


def test_a_wrong_key_is_named_and_nothing_else_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_box(office(tmp_path, key='languaje = "es"')) == 1
    said = capsys.readouterr().out
    assert "✗ " in said
    assert "unknown key `languaje` in [box]" in said
    assert "nothing else was checked" in said


def test_every_problem_of_the_file_has_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_box(office(tmp_path, key='time_zone = "Nowhere"', listen="everywhere")) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if "✗" in line]
    assert [line.split(":")[0] for line in wrong] == ["  ✗ [box] time_zone", "  ✗ [sip] listen"]


def test_the_machine_is_compared_with_its_board_in_the_language_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = office(tmp_path, key='board = "pi4-usb-modems"')
    tree = whole_pi4(tmp_path / "pi")
    tree.watchdog(state="inactive")
    assert check_box(config, root=tree.root) == 1
    said = capsys.readouterr().out
    assert "✓ ordenador: es un Raspberry Pi 4 Model B Rev 1.5, como dice la placa." in said
    assert "✗ vigilante: Broadcom BCM2835 Watchdog timer está, pero nadie lo usa" in said
    assert "      → systemd necesita RuntimeWatchdogSec" in said
    assert "✓ módems: 4 enchufados; líneas con módem: 1." in said
    assert check_box(config, "en", tree.root) == 1
    assert "✓ clock: there is a clock with a battery: rtc-ds1307 1-0068." in capsys.readouterr().out
