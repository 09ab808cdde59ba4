"""A box does not start beside another or on addresses that are taken: it says whose key it is and what to do."""

import socket
from pathlib import Path

import pytest

from appliance.box import take_charge
from appliance.configuration.file import Box, Configuration, ConfigurationError, Sip, Web

LAN, INSIDE = "127.0.99.1", "127.0.99.2"


def configuration(folder: Path) -> Configuration:
    sip = Sip(listen=LAN, port=15060, tls_port=15061, inside=INSIDE, inside_port=15062, switch_port=15063)
    return Configuration(
        box=Box(data_dir=str(folder / "data"), run_dir=str(folder / "run")), sip=sip, web=Web(listen=LAN, port=18080)
    )


@pytest.mark.parametrize(
    ("key", "kind", "address", "port"),
    [
        ("[sip] listen and port", socket.SOCK_DGRAM, LAN, 15060),
        ("[sip] listen and port", socket.SOCK_STREAM, LAN, 15060),
        ("[sip] listen and tls_port", socket.SOCK_STREAM, LAN, 15061),
        ("[sip] inside and inside_port", socket.SOCK_DGRAM, INSIDE, 15062),
        ("[sip] inside and switch_port", socket.SOCK_DGRAM, INSIDE, 15063),
        ("[sip] inside and events_port", socket.SOCK_STREAM, INSIDE, 8448),
        ("[web] listen and port", socket.SOCK_STREAM, LAN, 18080),
    ],
)
def test_a_taken_address_is_refused_with_its_key(
    key: str, kind: socket.SocketKind, address: str, port: int, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((address, port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(ConfigurationError) as refused:
            take_charge(configuration(tmp_path))
    assert str(refused.value).startswith(f"{key}: {address}:{port} cannot be used: ")
    assert "or change the key" in str(refused.value)
    take_charge(configuration(tmp_path)).close()


def test_a_second_box_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    first = take_charge(configuration(tmp_path))
    with pytest.raises(ConfigurationError, match="already runs"):
        take_charge(configuration(tmp_path))
    first.close()
    take_charge(configuration(tmp_path)).close()
