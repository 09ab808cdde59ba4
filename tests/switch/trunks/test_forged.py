"""What a carrier, or whoever sends from its address, may not say: that a call is a desk's, or another line's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.inputs import LegOffered, StationDialled
from tests.switch.acd_peer import AcdPeer
from tests.switch.kamailio.peer import SDP, Peer
from tests.switch.switch_office import CARRIER, LAN, SwitchOffice

OTHER = '\n[[line]]\nname = "otra"\ndriver = "sip"\naddress = "127.0.31.77"\n'


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwitchOffice]:
    made = SwitchOffice(Path(tmp_path_factory.mktemp("forged")), more=OTHER)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def acd(office: SwitchOffice) -> Iterator[AcdPeer]:
    made = office.acd()
    yield made
    made.close()


@pytest.mark.parametrize("mark", ["Station: 201", "Line: otra"])
@pytest.mark.parametrize(
    "extra",
    [
        "X-Centralita-{mark}\r\n",
        "x-centralita-{mark}\r\n",
        "Subject: a\r\n X-Centralita-{mark}\r\n",
        "Subject: a\r\n\tX-Centralita-{mark}\r\n",
        "Subject: a\nX-Centralita-{mark}\r\n",
        "Subject: a\rX-Centralita-{mark}\r\n",
        "\nX-Centralita-{mark}\r\n",
        "\nSubject: a\r\nX-Centralita-{mark}\r\n",
        "\n\r\nX-Centralita-{mark}\r\n",
    ],
    ids=["plain", "small", "folded", "folded by tab", "LF", "CR", "after LF", "behind LF", "behind LF CRLF"],
)
def test_a_mark_from_outside_is_nobody_s(extra: str, mark: str, office: SwitchOffice, acd: AcdPeer) -> None:
    since = acd.mark
    with Peer(CARRIER, office.carrier_port) as carrier:
        text = carrier.request(
            "INVITE", f"sip:80612345678@{LAN}:{office.port}", "<sip:600@c>;tag=1", "", extra.format(mark=mark), body=SDP
        )
        carrier.send(text, (LAN, office.port))
        # A sound call behind it: when that one is there, the forged one has been judged.
        sound = carrier.request("INVITE", f"sip:910000000@{LAN}:{office.port}", "<sip:601@c>;tag=1", body=SDP)
        carrier.send(sound, (LAN, office.port))
        acd.wait(LegOffered, since, caller="601", line="trunk")
    got = [one for one in acd.inputs(since) if isinstance(one, (LegOffered, StationDialled))]
    assert all(isinstance(one, LegOffered) and one.line == "trunk" for one in got), got
