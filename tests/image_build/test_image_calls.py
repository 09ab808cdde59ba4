"""A box on an office network, from outside: its page, its name, a call from a carrier to a desk phone, its open ports.

Part of `./centralita test --long image`. Carrier, phone and listener are programs that are not ours, on real addresses
of the network; the box is as it was flashed, with the office's configuration on its start-up partition.
"""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from appliance.configuration.file import read_configuration
from appliance.firewall import USUAL_HTTP, may_listen
from image_build.environment import CHECKOUT
from tests.image_build.claiming import PASSWORD, PageSession, claim, code_on_screen, log_in
from tests.image_build.conftest import report
from tests.image_build.office_box import PHONE, OfficeBox
from tests.image_build.office_peers import DeskPhone, Ear, carrier_calls, loudest_dbfs
from tests.image_build.virtual_box import START_S
from tests.image_build.virtual_lan import open_tcp_ports, resolved_by_mdns
from tests.sound import read_wav, tone_dbfs
from tests.waiting import wait_for

pytestmark = pytest.mark.long

CALLER_HZ, AGENT_HZ = 440, 600
TALK_S = 90.0
"""From when the box answers; the agent's phone is switched on meanwhile."""
NEW_BOX = CHECKOUT / "image_build/box/usr/share/centralita/office.toml"
MOST_EXPOSED = 2.0


@pytest.fixture
def ear(office: OfficeBox) -> Iterator[Ear]:
    listening = Ear(office.lan)
    yield listening
    listening.close()


@pytest.fixture
def inside(office: OfficeBox) -> Iterator[PageSession]:
    """The page, logged in to from the network: a new box is claimed first."""
    with office.lan.inside():
        page = PageSession(office.page)
        wait_for("the page", lambda: "csrf" in page.get("/login"), START_S, 1)
        code = code_on_screen(office.box)  # made a moment after the page is up
        if 'action="/claim"' in page.get("/"):
            report("in the office: switched on → page, and claim code shown", office.box.age_s, "s")
            yield claim(office.page, code)
        else:
            yield log_in(office.page, PASSWORD)


def test_the_page_is_claimed_on_the_network_and_the_name_is_found(office: OfficeBox, inside: PageSession) -> None:
    assert inside.is_inside
    assert resolved_by_mdns(office.lan, "centralita.local") == office.lan.box


def test_a_call_is_greeted_given_to_a_phone_heard_both_ways_and_on_the_page(
    office: OfficeBox, inside: PageSession, ear: Ear
) -> None:
    folder, box = office.folder / "call", office.lan.box
    office.wait_active("switch", "acd")
    # Nobody is there to answer: the caller is answered by the box and greeted. Then the agent's phone is switched on.
    caller = carrier_calls(office.lan, folder / "caller", office.carrier, "910000002", CALLER_HZ, TALK_S)
    begun = office.box.age_s
    try:
        greeted = wait_for("the greeting", lambda: loudest_dbfs(ear.heard(box, office.carrier)) > -45, 60, 0.2)
        assert greeted
        report("call offered → greeting heard", office.box.age_s - begun, "s")
        phone = DeskPhone(office.lan, folder / "phone", office.desk, *PHONE, AGENT_HZ)
        try:
            phone.wait_for("200 OK", 60)
            switched_on = office.box.age_s
            phone.wait_for("Call established", 60)
            report("phone registered → the waiting call distributed to it", office.box.age_s - switched_on, "s")
            report("switched on → first call distributed", office.box.age_s, "s")
            hears = partial(ear.heard, box)
            wait_for("the agent's tone at the carrier", lambda: last(hears(office.carrier), AGENT_HZ) > -30, 60, 0.5)
            wait_for("the caller's tone at the phone", lambda: last(at_phone(office, ear), CALLER_HZ) > -30, 60, 0.5)
            assert caller.wait(2 * TALK_S) == 0
            phone.wait_for("terminated", 60)
        finally:
            phone.close()
    finally:
        caller.stop()
    listed = wait_for("the call on the page", lambda: re.search(r'data-key="([^"]+)"', inside.get("/calls")), 60, 1)
    record = inside.get(f"/calls/{listed[1]}")
    assert "operador" in record and "Ana Ruiz" in record and "Ventas" in record, record[:3000]
    (folder / "recording.wav").write_bytes(inside.get_bytes(f"/calls/{listed[1]}/recording/1"))
    sound = read_wav(folder / "recording.wav")
    assert min(tone_dbfs(sound, hz) for hz in (CALLER_HZ, AGENT_HZ)) > -35


def last(sound: bytes, hz: float, seconds: float = 2.0) -> float:
    """The level of a tone in the last seconds heard."""
    return tone_dbfs(sound[-int(seconds * 16_000) :], hz)


def at_phone(office: OfficeBox, ear: Ear) -> bytes:
    """What the phone's machine got: its sound may come to any of the machine's addresses."""
    return max((ear.heard(office.lan.box, one) for one in (office.desk, office.lan.gateway)), key=len)


def may_be_open() -> set[int]:
    """TCP ports of the list of what may listen, and the one the page is redirected from."""
    listed = may_listen(read_configuration(NEW_BOX))
    return {USUAL_HTTP} | {one.first for one in listed if one.protocol == "tcp"}


def test_from_outside_only_what_the_list_names_is_open(office: OfficeBox, inside: PageSession) -> None:
    assert inside.is_inside
    found = open_tcp_ports(office.lan, office.lan.box, range(1, 65_536))
    assert found <= may_be_open(), found
    assert {USUAL_HTTP, 5060} <= found


def test_every_unit_of_ours_is_as_closed_on_the_box_as_promised(office: OfficeBox) -> None:
    listed = office.box.run("systemctl list-unit-files --no-legend --plain 'centralita-*.service' | cut -d' ' -f1")
    units = [name.replace("@.", "@ttyS0.") for name in listed.split()]
    assert {f"centralita-{name}.service" for name in ("kamailio", "switch", "acd", "web", "sync")} <= set(units)
    exposed = {}
    for unit in units:
        said = office.box.run(f"systemd-analyze security --no-pager {unit} | tail -1")
        level = re.search(r"exposure level for \S+: ([0-9.]+)", said)
        assert level, said
        exposed[unit] = float(level[1])
        report(f"exposure of {unit} (at most {MOST_EXPOSED:g})", exposed[unit])
    assert max(exposed.values()) <= MOST_EXPOSED, exposed
