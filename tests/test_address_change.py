"""SIP follows the box's address when it is left to the network, and is left alone otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.address_change import has_moved
from appliance.configuration.file import read_configuration
from appliance.configuration.own_address import own_address
from appliance.switch.kamailio import Limits, render

ROOT = Path(__file__).resolve().parents[1]
NEW_BOX = ROOT / "image_build/box/usr/share/centralita/office.toml"


def rendered(folder: Path, listen: str) -> Path:
    """What Kamailio was started with when this was the address."""
    config = folder / "then.toml"
    config.write_text(NEW_BOX.read_text().replace('"auto"', f'"{listen}"'))
    made = folder / "run/kamailio/kamailio.cfg"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text(render(read_configuration(config), Limits()))
    return made


def test_only_another_address_is_a_move(tmp_path: Path) -> None:
    made = rendered(tmp_path, "192.168.1.7")
    assert has_moved(made, "192.168.1.8")
    assert not has_moved(made, "192.168.1.7")
    assert not has_moved(made, "127.0.0.1"), "a cable that is out for a moment"
    assert not has_moved(tmp_path / "none", "192.168.1.8"), "Kamailio has not started yet"


@pytest.mark.parametrize("listen, then, restarts", [("auto", "203.0.113.9", True), ("auto", None, False)])
def test_sip_is_started_anew_where_the_box_is_now(
    tmp_path: Path, listen: str, then: str | None, restarts: bool
) -> None:
    if own_address() == "127.0.0.1":
        pytest.skip("this machine has no network")
    rendered(tmp_path, then or own_address())
    asked = called(tmp_path, NEW_BOX)
    assert (asked == "try-restart centralita-kamailio.service centralita-switch.service\n") == restarts


def test_an_address_that_is_written_in_the_file_stays(tmp_path: Path) -> None:
    rendered(tmp_path, "203.0.113.9")
    fixed = tmp_path / "fixed.toml"
    fixed.write_text(NEW_BOX.read_text().replace('"auto"', '"203.0.113.9"'))
    assert called(tmp_path, fixed) == ""


def called(folder: Path, config: Path) -> str:
    """What systemctl is asked by the program as systemd runs it."""
    tools = folder / "tools"
    tools.mkdir()
    script = tools / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" > {folder}/asked\n')
    script.chmod(0o755)
    words = ["--config", str(config), "--run-dir", str(folder / "run")]
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "appliance.address_change", *words], cwd=ROOT, env=env, check=True)
    return (folder / "asked").read_text() if (folder / "asked").exists() else ""
