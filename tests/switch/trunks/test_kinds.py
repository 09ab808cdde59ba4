"""Trunks of every kind the rules allow: what each is told to dial leaves for the carrier, by the way written."""

import pytest

from tests.switch.trunks.carrier import Terms
from tests.switch.trunks.conftest import Trunk
from tests.switch.trunks.test_registering import dialled


@pytest.mark.parametrize(
    ("keys", "transport"),
    [
        ('address = "{address}"\naddress_port = {port}\nhosts =', "UDP"),
        ('address = "{address}"\naddress_port = {port}\nhosts =\ntransport = "tcp"', "TCP"),
        ("", "UDP"),
        ('transport = "tcp"', "TCP"),
    ],
    ids=["address", "address by tcp", "hosts", "hosts by tcp"],
)
@pytest.mark.parametrize("account", [True, False], ids=["password", "no password"])
def test_a_call_out(keys: str, transport: str, account: bool, trunk: Trunk) -> None:
    carrier = trunk.carrier(terms=Terms(asks=account))
    known = "" if account else "user =\nauth_user =\npassword =\n"
    trunk.start("registrar =\n" + known + keys.format(address=carrier.address, port=carrier.port))
    trunk.is_up()
    got = dialled(trunk)
    assert got.uri.startswith("sip:600333444@")
    assert f"SIP/2.0/{transport}" in got.all("via")[1]
    trunk.phone.reply(got, 486, "Busy Here")
