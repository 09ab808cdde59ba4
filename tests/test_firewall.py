"""The firewall's ports are the configuration's: in the image's rules for a new box, and put there when they change."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.firewall import RTP_PORTS, commands, may_listen
from appliance.switch.sip import MEDIA_PORTS

ROOT = Path(__file__).resolve().parents[1]
NEW_BOX = ROOT / "image_build/box/usr/share/centralita/office.toml"
RULES = ROOT / "image_build/box/etc/nftables.conf"


def other(folder: Path) -> Path:
    file = folder / "office.toml"
    text = NEW_BOX.read_text().replace("port = 8080", "port = 8443")
    file.write_text(text.replace("[sip]\n", "[sip]\nport = 5070\ntls_port = 5071\nrtp_from_port = 40000\n"))
    return file


def elements(text: str) -> dict[str, set[str]]:
    """Sets and what is put into them, of a rule file or of commands."""
    found = re.findall(r"(?:set|element inet centralita) (\w+) \{(?:[^{}]*elements = \{)?([^{}]*)\}", text)
    return {name: set(re.findall(r"[0-9-]+", ports)) for name, ports in found if name != "office"}


def test_the_images_rules_begin_with_the_ports_of_a_new_box() -> None:
    rules = RULES.read_text()
    first, wanted = elements(rules), elements(commands(read_configuration(NEW_BOX)))
    assert wanted == {name: first[name] - ({"5061"} if name == "sip_tcp" else set()) for name in wanted}
    assert "redirect to :8080" in rules and "redirect to :8080" in commands(read_configuration(NEW_BOX))
    assert "policy drop" in rules
    for name in wanted:
        assert f"@{name} accept" in rules, f"{name} is in no rule"
    assert not re.search(r"dport \{?[ 0-9]+.*(SIP|RTP|page)", rules), "a port that no configuration can change"


def test_another_configuration_opens_its_own_ports_and_closes_the_usual_ones(tmp_path: Path) -> None:
    configuration = read_configuration(other(tmp_path))
    told = commands(configuration)
    assert elements(told) == {
        "sip_udp": {"5070"},
        "sip_tcp": {"5070", "5071"},
        "rtp": {f"40000-{40_000 + RTP_PORTS - 1}"},
        "page": {"8443"},
    }
    assert "redirect to :8443" in told and told.count("flush") == 5
    listed = {(one.protocol, one.first, one.last) for one in may_listen(configuration)}
    assert {("udp", 5070, 5070), ("tcp", 5071, 5071), ("tcp", 8443, 8443)} <= listed


def test_the_sound_of_every_call_the_switch_takes_may_come_in() -> None:
    assert RTP_PORTS >= MEDIA_PORTS


@pytest.mark.parametrize("code", [0, 1])
def test_nft_is_told_as_the_unit_runs_it_and_its_refusal_is_said(tmp_path: Path, code: int) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "nft").write_text(f"#!/bin/sh\ncat > {tmp_path}/told\necho no such table >&2\nexit {code}\n")
    (tools / "nft").chmod(0o755)
    done = run(other(tmp_path), tools)
    assert done.returncode == code
    assert ("stays as it was: no such table" in done.stderr) == bool(code)
    assert (tmp_path / "told").read_text() == commands(read_configuration(tmp_path / "office.toml"))


def test_a_configuration_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "office.toml"
    broken.write_text("[sip]\nport = 0\n")
    done = run(broken, tmp_path)
    assert done.returncode == 1 and "stays as it was" in done.stderr


def run(config: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    words = [sys.executable, "-m", "appliance.firewall", "--config", str(config)]
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
