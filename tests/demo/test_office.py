"""The demo's office: its file passes every rule of a real box, and two offices do not meet."""

from pathlib import Path

import pytest

from appliance.configuration.rules import check
from appliance.demo.office import Office, open_office, prepare_office
from appliance.demo.office_text import HURRIED, Addresses, Pace
from hw.modem_profiles import PROFILES


@pytest.mark.parametrize("pace", [Pace(), HURRIED])
def test_the_office_is_one_that_a_box_takes(tmp_path: Path, native_dir: Path, pace: Pace) -> None:
    office = prepare_office(tmp_path, pace=pace, native_dir=native_dir)
    models = {file.stem for file in PROFILES.glob("*.toml")}
    check(office.configuration, office.board, models, on_this_machine=False)
    assert [line.driver for line in office.configuration.line] == ["gsm", "gsm", "fxo", "sip"]
    assert [station.kind for station in office.configuration.station] == ["port", "port", "sip", "sip"]
    assert {queue.strategy for queue in office.configuration.queue} == {"longest_idle", "linear", "ring_all"}
    seated = {agent.station for agent in office.configuration.agent if agent.auto_login}
    assert seated == {station.name for station in office.configuration.station}


def test_opening_it_again_gives_the_same_office(tmp_path: Path, native_dir: Path) -> None:
    made = prepare_office(tmp_path, Addresses.of_network(83, web_port=8099), native_dir=native_dir)
    opened = open_office(tmp_path)
    assert opened.addresses == made.addresses
    assert opened.configuration == made.configuration
    assert paths_of(opened) == paths_of(made)


def paths_of(office: Office) -> list[Path]:
    return [office.config, office.run_dir, office.world_socket, office.bench_socket, office.sound_cards]


def test_two_offices_share_no_address_and_no_path(tmp_path: Path, native_dir: Path) -> None:
    one = prepare_office(tmp_path / "one", Addresses.of_network(81), native_dir=native_dir)
    other = prepare_office(tmp_path / "other", Addresses.of_network(82), native_dir=native_dir)
    assert one.addresses.listen != other.addresses.listen
    assert not {one.addresses.carrier, one.addresses.phones} & {other.addresses.carrier, other.addresses.phones}
    assert not set(paths_of(one)) & set(paths_of(other))
    ports = {line.port for line in one.configuration.line if line.port}
    assert not ports & {line.port for line in other.configuration.line}


def test_without_the_compiled_parts_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="libasound_module_pcm_centralita"):
        prepare_office(tmp_path, native_dir=tmp_path)
