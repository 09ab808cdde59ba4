"""`listen = "auto"` is an address phones can reach, and every process understands it the same way."""

from ipaddress import IPv4Address
from pathlib import Path

from appliance.configuration.file import read_configuration
from appliance.configuration.own_address import own_address
from appliance.configuration.rules_network import network_problems

NEW_BOX = Path(__file__).resolve().parents[2] / "image_build/box/usr/share/centralita/office.toml"


def test_auto_is_an_address_of_this_machine() -> None:
    assert IPv4Address(own_address())
    sip = read_configuration(NEW_BOX).sip
    assert sip.listen == own_address()


def test_the_configuration_of_a_new_box_has_no_problem() -> None:
    from appliance.box import read_checked

    assert list(network_problems(read_checked(NEW_BOX, on_this_machine=False))) == []


def test_an_address_that_is_written_stays(tmp_path: Path) -> None:
    file = tmp_path / "office.toml"
    file.write_text(NEW_BOX.read_text().replace('"auto"', '"192.168.77.5"'))
    assert read_configuration(file).sip.listen == "192.168.77.5"
