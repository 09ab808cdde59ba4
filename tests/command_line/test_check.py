"""`check` says of each thing whether it works, whatever else does not."""

from pathlib import Path

import pytest

from appliance.box import check_box


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
