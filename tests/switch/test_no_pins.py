"""A board whose pins cannot be used: what needs no pins works, and what needs them is seen to be down."""

from pathlib import Path

import pytest

from appliance.acd.effects import Connect, SetLamp
from appliance.acd.inputs import StationChanged
from hw.boards import BoardError
from hw.panel import real_pins
from tests.switch.conftest import Stage
from tests.switch.switch_office import SwitchOffice, wait_logged

HANDSET = """
[[station]]
name = "mesa1"
kind = "port"
extension = "101"
board_port = 1
"""


@pytest.fixture
def without_pins() -> None:
    try:
        real_pins().close()
    except BoardError:
        return
    pytest.skip("this machine has pins that can be used: it cannot show what happens without")


@pytest.mark.usefixtures("without_pins")
def test_calls_go_on_and_the_handset_says_that_its_pins_cannot_be_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    office = SwitchOffice(tmp_path, board="pi4-usb-modems", more=HANDSET)
    office.start()
    try:
        with office.peers(tmp_path, phones=("201", "202"), record=False) as peers:
            stage = Stage(office, peers, tmp_path)
            told = stage.acd.wait(StationChanged, station="mesa1")
            assert (told.health, told.off_hook) == ("unreachable", False)
            assert "pins cannot be used" in told.detail
            talk = stage.conversation()
            stage.acd.do(Connect(talk.caller, talk.agent))
            stage.hears(talk.at_carrier)
            stage.acd.do(SetLamp("night_mode", "steady"))
            stage.end(talk.caller, talk.agent)
        wait_logged(office, "let this user use /dev/gpiochip*")
        assert office.log().count("pins of this machine cannot be used") == 1
    finally:
        office.stop()
