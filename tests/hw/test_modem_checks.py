"""What the installer is told of the modems that are plugged in."""

from pathlib import Path

import pytest

from hw.at_modem_sim import AtModemTwin
from hw.modem_checks import check_modems
from hw.modem_profiles import read_gsm_profile
from hw.serial_transport import SerialTransport
from hw.usb_modems import UsbTree
from hw.usb_modems_sim import UsbTreeSim
from tests.hw.modem_rig import quick_gsm_faults
from tests.waiting import wait_for


@pytest.mark.parametrize("model", ["sim7600", "ec25", "huawei_e1550"])
def test_each_modem_says_who_it_is_and_how_to_name_it(model: str, tmp_path: Path) -> None:
    sim = UsbTreeSim(tmp_path)
    tree = UsbTree(sim.sys, sim.dev)
    assert check_modems(tree) == []
    profile = read_gsm_profile(model)
    twin = AtModemTwin(tmp_path, model=model, faults=quick_gsm_faults())
    sim.insert("1-1.2", twin, profile.usb, profile.at_interface, profile.sound_interface)
    twin.start()
    try:
        finding = wait_for("it started", lambda: next((one for one in check_modems(tree) if one.ok), None))
        assert finding.part == "modem in USB socket 1-1.2"
        assert twin.card.iccid in finding.sentence and profile.title in finding.sentence
        assert f'imei = "{twin.imei}" or usb = "1-1.2"' in finding.sentence
        twin.card.present = False
        assert "no SIM that answers" in check_modems(tree)[0].sentence
        running = SerialTransport(twin.port)
        assert "in use" in check_modems(tree)[0].sentence
        running.close()
        twin.die()
        silent = check_modems(tree)[0]
        assert not silent.ok and "does not answer" in silent.sentence and silent.what_to_do
    finally:
        twin.close()


def test_what_is_no_modem_of_ours_is_left_alone(tmp_path: Path) -> None:
    sim = UsbTreeSim(tmp_path)
    twin = AtModemTwin(tmp_path, faults=quick_gsm_faults())
    sim.insert("2-1", twin, "0403:6001", "02", "04")
    twin.start()
    try:
        assert check_modems(UsbTree(sim.sys, sim.dev)) == []
        assert not twin.commands
    finally:
        twin.close()
