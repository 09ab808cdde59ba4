"""From names to hosts, by a name server on a real socket: SRV, NAPTR, addresses, and servers that are no help."""

import queue
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance.switch.lines.trunk_lookup import Found, LookupFailed, Srv, Transport, in_order
from appliance.switch.lines.trunk_names import Names
from appliance.switch.lines.trunk_workers import MAX_AT_ONCE, MAX_WAITING
from tests.switch.trunks.name_server import NameServer

NAME = "operador.example"


@pytest.fixture
def server() -> Iterator[NameServer]:
    made = NameServer("127.0.31.53")
    yield made
    made.close()


@pytest.fixture
def look_up(server: NameServer) -> Iterator[Callable[..., Found | LookupFailed]]:
    answers: queue.Queue[Any] = queue.Queue()
    names = Names((server.place,), lambda answer, found: answer(found))

    def ask(*entries: str, transport: Transport = "udp", timeout_s: float = 60) -> Found | LookupFailed:
        names.look_up(entries, transport, answers.put)
        found: Found | LookupFailed = answers.get(timeout=timeout_s)
        return found

    yield ask
    names.close()


def uris(found: Found | LookupFailed) -> list[str]:
    assert isinstance(found, Found), found
    return [one.removeprefix("sip:").partition(";")[0] for one in found.uris]


LookUp = Callable[..., Found | LookupFailed]


def test_addresses_need_no_name_server(server: NameServer, look_up: LookUp) -> None:
    found = look_up("192.0.2.1", "192.0.2.2:5080", transport="tcp")
    assert isinstance(found, Found)
    assert found.uris == ("sip:192.0.2.1:5060;transport=tcp", "sip:192.0.2.2:5080;transport=tcp")
    assert server.asked == []


def test_srv_records_are_tried_by_priority(server: NameServer, look_up: LookUp) -> None:
    server.have(f"_sip._udp.{NAME}", "SRV", f"20 0 5070 b.{NAME}.", f"10 0 5060 a.{NAME}.")
    server.hosts(f"a.{NAME}", ["192.0.2.1", "192.0.2.2"])
    server.hosts(f"b.{NAME}", ["192.0.2.3"])
    assert uris(look_up(NAME)) in (
        ["192.0.2.1:5060", "192.0.2.2:5060", "192.0.2.3:5070"],
        ["192.0.2.2:5060", "192.0.2.1:5060", "192.0.2.3:5070"],
    )


def test_naptr_names_the_service_of_the_line_s_transport(server: NameServer, look_up: LookUp) -> None:
    server.have(
        NAME, "NAPTR",
        f'10 10 "s" "SIPS+D2T" "" _sips._tcp.{NAME}.',
        f'20 20 "s" "SIP+D2U" "" _later._udp.{NAME}.',
        f'20 10 "s" "SIP+D2U" "" _mine._udp.{NAME}.',
    )  # fmt: skip
    server.have(f"_mine._udp.{NAME}", "SRV", f"0 0 5090 a.{NAME}.")
    server.hosts(f"a.{NAME}", ["192.0.2.1"])
    assert uris(look_up(NAME)) == ["192.0.2.1:5090"]


def test_a_name_without_srv_is_an_address(server: NameServer, look_up: LookUp) -> None:
    server.hosts(NAME, ["192.0.2.1"])
    assert uris(look_up(NAME)) == ["192.0.2.1:5060"]


def test_a_name_with_a_port_is_an_address_whatever_srv_says(server: NameServer, look_up: LookUp) -> None:
    server.have(f"_sip._udp.{NAME}", "SRV", f"0 0 5090 a.{NAME}.")
    server.hosts(NAME, ["192.0.2.1"])
    assert uris(look_up(f"{NAME}:5080")) == ["192.0.2.1:5080"]
    assert server.asked == [(NAME, "A")]


def test_hosts_that_are_found_count_where_others_are_not_and_they_are_asked_for_again(
    server: NameServer, look_up: LookUp
) -> None:
    server.hosts(NAME, ["192.0.2.1"])
    found = look_up(f"nobody.{NAME}", NAME)
    assert uris(found) == ["192.0.2.1:5060"]
    assert isinstance(found, Found) and found.ttl_s == 0


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("nobody", f"there is no address of the name {NAME}"),
        ("error", "the name server answers with an error"),
        ("silent", "the name server does not answer"),
        ("refuses", f"{NAME} says that it offers no SIP by udp"),
    ],
)
def test_why_nothing_was_found(trouble: str, words: str, server: NameServer, look_up: LookUp) -> None:
    server.error, server.silent = trouble == "error", trouble == "silent"
    if trouble == "refuses":
        server.have(f"_sip._udp.{NAME}", "SRV", "0 0 5060 .")
    found = look_up(NAME)
    assert isinstance(found, LookupFailed) and str(found) == words


def test_a_name_nobody_answers_for_holds_up_no_other(server: NameServer) -> None:
    """Seven lines whose carrier's own name server is dead, and then one whose is not: its answer comes first."""
    answers: queue.Queue[tuple[str, Found | LookupFailed]] = queue.Queue()
    names = Names((server.place,), lambda answer, found: answer(found))
    dead = [f"dead{number}.example" for number in range(7)]
    server.silent_about = {f"{kind}{one}" for one in dead for kind in ("", "_sip._udp.")}
    server.hosts(NAME, ["192.0.2.1"])
    for one in (*dead, NAME):
        names.look_up((one,), "udp", lambda found, one=one: answers.put((one, found)))  # type: ignore[misc]
    first, found = answers.get(timeout=60)
    assert first == NAME and uris(found) == ["192.0.2.1:5060"]
    names.close()


def test_a_carrier_with_many_silent_names_is_given_up_on(server: NameServer, look_up: LookUp) -> None:
    """30 names of 6 s each would be three minutes; what was found until then counts."""
    server.have(f"_sip._udp.{NAME}", "SRV", *(f"{number} 0 5060 host{number}.{NAME}." for number in range(30)))
    server.silent_about = {f"host{number}.{NAME}" for number in range(1, 30)}
    server.hosts(f"host0.{NAME}", ["192.0.2.1"])
    assert uris(look_up(NAME, timeout_s=60)) == ["192.0.2.1:5060"]


def test_an_engine_that_takes_nothing_for_a_moment_hears_later(server: NameServer) -> None:
    answers: queue.Queue[Found | LookupFailed] = queue.Queue()
    refusals = iter(range(3))

    def post(answer: Callable[[Any], None], found: Any) -> None:
        if next(refusals, None) is not None:
            raise RuntimeError("50000 events wait for the engine: it does not keep up")
        answer(found)

    names = Names((server.place,), post)
    server.hosts(NAME, ["192.0.2.1"])
    for _ in range(2):
        names.look_up((NAME,), "udp", answers.put)
        assert uris(answers.get(timeout=20)) == ["192.0.2.1:5060"]
    names.close()


def test_a_question_too_many_is_answered_at_once() -> None:
    answers: list[Found | LookupFailed] = []
    server = NameServer("127.0.31.53")
    server.silent = True
    names = Names((server.place,), lambda answer, found: answer(found))
    for _ in range(MAX_AT_ONCE + MAX_WAITING + 30):
        names.look_up((NAME,), "udp", answers.append)
    assert len(answers) >= 30
    names.close()
    server.close()


def test_records_of_one_priority_are_drawn_by_their_weight() -> None:
    chance = random.Random(1)
    records = [Srv(5, 90, 1, "a"), Srv(5, 10, 2, "b"), Srv(1, 0, 3, "c"), Srv(5, 0, 4, "d")]
    drawn = [[one.target for one in in_order(records, chance)] for _ in range(1000)]
    assert all(one[0] == "c" and sorted(one) == ["a", "b", "c", "d"] for one in drawn)
    assert 800 < sum(one[1] == "a" for one in drawn) < 950


def test_the_same_answer_in_another_order_is_the_same_order(server: NameServer, look_up: LookUp) -> None:
    """Name servers turn their addresses round at each question; a line would register somewhere else each time."""
    places = [f"192.0.2.{number}" for number in range(1, 7)]
    server.hosts(NAME, places)
    first = uris(look_up(NAME))
    server.have(f"_sip._udp.w.{NAME}", "SRV", *(f"1 1 506{number} t{number}.{NAME}." for number in range(6)))
    for number in range(6):
        server.hosts(f"t{number}.{NAME}", [places[number]])
    drawn = uris(look_up(f"w.{NAME}"))
    for turn in range(1, 6):
        server.hosts(NAME, places[turn:] + places[:turn])
        assert uris(look_up(NAME)) == first
        assert uris(look_up(f"w.{NAME}")) == drawn
    assert sorted(first) == [f"{one}:5060" for one in places]


@pytest.mark.parametrize("address", ["0.0.0.0", "255.255.255.255", "224.0.0.1", "0.0.0.7"])
def test_an_address_no_host_can_have_is_none(address: str, server: NameServer, look_up: LookUp) -> None:
    """What filters answer for names they block: calls to 0.0.0.0 would come back to this box."""
    server.hosts(NAME, [address, "192.0.2.1"])
    assert uris(look_up(NAME)) == ["192.0.2.1:5060"]
    server.hosts(NAME, [address])
    found = look_up(NAME)
    assert isinstance(found, LookupFailed)
    assert str(found) == f"the name server says {address} for {NAME}, which no host can have"
