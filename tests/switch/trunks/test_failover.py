"""A carrier with several hosts: the next within 10 s when the first dies, and back when it returns; and by names."""

from collections.abc import Iterator

import pytest

from tests.steady_clock import within
from tests.switch.trunks.carrier import DOMAIN, USER, Carrier
from tests.switch.trunks.conftest import Trunk
from tests.switch.trunks.name_server import NameServer
from tests.switch.trunks.test_registering import call_in, dialled
from tests.waiting import wait_for

FAILOVER_S = 10.0
"""By a clock that stands still while the machine does (`steady_clock`)."""


def through(trunk: Trunk, carrier: Carrier, since: int, timeout_s: float = 40.0) -> None:
    """Wait until the line is registered through this carrier."""
    wanted = f"registered at {DOMAIN} through {carrier.address}:{carrier.port}"
    wait_for(
        wanted,
        lambda: any(getattr(one, "detail", "") == wanted for one in trunk.acd.inputs(since)),
        timeout_s=timeout_s,
    )


@pytest.mark.real_time
def test_the_next_host_within_ten_seconds_and_back_when_the_first_returns(trunk: Trunk) -> None:
    first, second = trunk.carrier(), trunk.carrier()
    trunk.start()
    through(trunk, first, 0)
    assert second.heard("REGISTER") == 0
    mark = trunk.acd.mark
    with within(FAILOVER_S, "registered at the next host after the first died"):
        first.freeze()
        wait_for("registration at the second", lambda: second.heard(f"REGISTER {USER}") > 0)
    through(trunk, second, mark)
    call_in(trunk, second)
    got = dialled(trunk)
    assert got.source == (second.address, second.port)
    trunk.phone.reply(got, 486, "Busy Here")
    mark = trunk.acd.mark
    first.thaw()
    through(trunk, first, mark)
    call_in(trunk, first)
    got = dialled(trunk, leg="fuera-2")
    assert got.source == (first.address, first.port)
    trunk.phone.reply(got, 486, "Busy Here")


@pytest.mark.real_time
def test_a_call_in_the_moment_of_death_is_not_lost(trunk: Trunk) -> None:
    """Nobody knows yet that the first host is dead; the call goes by the second after 3 s."""
    first, second = trunk.carrier(), trunk.carrier()
    trunk.start()
    through(trunk, first, 0)
    first.freeze()
    with within(FAILOVER_S, "failover"):
        got = dialled(trunk)
    assert got.source == (second.address, second.port)
    trunk.phone.reply(got, 486, "Busy Here")


@pytest.mark.real_time
@pytest.mark.parametrize("how", ["silent", "refuses"])
def test_the_next_host_over_tcp(how: str, trunk: Trunk) -> None:
    first, second = trunk.carrier(), trunk.carrier()
    trunk.start('transport = "tcp"')
    through(trunk, first, 0)
    if how == "silent":
        first.freeze()
    else:
        first.stop()
    with within(FAILOVER_S, "failover"):
        got = dialled(trunk)
    assert got.source == (second.address, second.port)
    assert "SIP/2.0/TCP" in " ".join(got.all("via"))
    trunk.phone.reply(got, 486, "Busy Here")
    with within(FAILOVER_S, "registration at the second"):
        wait_for("it", lambda: second.heard(f"REGISTER {USER}") > 0)


@pytest.mark.real_time
def test_one_host_that_stops_answering_is_a_line_that_is_down_before_its_registration_ends(trunk: Trunk) -> None:
    only = trunk.carrier()
    trunk.start()
    trunk.is_up()
    mark = trunk.acd.mark
    wait_for("an answered question", lambda: only.heard("OPTIONS") > 1)
    only.freeze()
    with within(FAILOVER_S, "failover"):
        assert trunk.is_down(mark).detail == f"{DOMAIN} does not answer"
    mark = trunk.acd.mark
    only.thaw()
    trunk.is_up(mark)


def test_a_first_host_that_was_dead_from_the_start(trunk: Trunk) -> None:
    first, second = trunk.carrier(), trunk.carrier()
    first.stop()
    trunk.start()
    through(trunk, second, 0)
    call_in(trunk, second)


@pytest.fixture
def names() -> Iterator[NameServer]:
    made = NameServer("127.0.31.53")
    yield made
    made.close()


def start_by_names(trunk: Trunk, names: NameServer) -> None:
    """The line has its registrar's domain only; who its hosts are is the name server's to say."""
    trunk.start("hosts =", sip=f'name_servers = ["{names.place}"]')


def serve(names: NameServer, *carriers: Carrier) -> None:
    records = [f"{10 * place} 0 {one.port} sbc{place}.{DOMAIN}." for place, one in enumerate(carriers, 1)]
    names.have(f"_sip._udp.{DOMAIN}", "SRV", *records)
    for place, one in enumerate(carriers, 1):
        names.hosts(f"sbc{place}.{DOMAIN}", [one.address])


@pytest.mark.real_time
def test_hosts_by_srv_the_next_when_the_first_dies(trunk: Trunk, names: NameServer) -> None:
    first, second = trunk.carrier(), trunk.carrier()
    serve(names, first, second)
    start_by_names(trunk, names)
    through(trunk, first, 0)
    mark = trunk.acd.mark
    first.freeze()
    with within(FAILOVER_S, "failover"):
        through(trunk, second, mark)
    first.thaw()


def test_a_name_server_that_dies_takes_no_line_with_it(trunk: Trunk, names: NameServer) -> None:
    carrier = trunk.carrier()
    serve(names, carrier)
    start_by_names(trunk, names)
    trunk.is_up()
    mark = trunk.acd.mark
    names.silent = True
    asked = len(names.asked)
    wait_for("the next question", lambda: len(names.asked) > asked, timeout_s=60)
    wait_for("what came of it", lambda: "the name server does not answer" in trunk.office.log(), timeout_s=60)
    call_in(trunk, carrier)
    assert not [one for one in trunk.acd.inputs(mark) if getattr(one, "health", "") == "down"]


def test_a_carrier_that_moves_is_followed(trunk: Trunk, names: NameServer) -> None:
    old, new = trunk.carrier(), trunk.carrier()
    serve(names, old)
    start_by_names(trunk, names)
    trunk.is_up()
    serve(names, new)
    wait_for("registration at the new host", lambda: new.heard(f"REGISTER {USER}") > 0)
    call_in(trunk, new)


def test_a_name_nobody_knows_is_told_and_taken_when_it_is_known(trunk: Trunk, names: NameServer) -> None:
    carrier = trunk.carrier()
    start_by_names(trunk, names)
    trunk.is_down_because(f"no host of {DOMAIN} is known: there is no address of the name {DOMAIN}")
    serve(names, carrier)
    trunk.is_up()
