"""The ACD's process with a switch of the tests at its socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import SwitchPeer
from tests.waiting import wait_for


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[SwitchPeer]:
    switch = SwitchPeer(tmp_path / "run" / "switch.sock")
    yield switch
    switch.close()
    assert switch.said.violations == []


@pytest.fixture
def acd(tmp_path: Path, peer: SwitchPeer) -> Iterator[AcdProcess]:
    with AcdProcess(office(tmp_path)) as process:
        process.start()
        wait_for("the switch is connected", lambda: process.client.status().switch_connected)
        yield process
