"""A line of one address, without a registration: asked now and then whether it lives, degraded while it does
not say so: calls are tried all the same, for not all carriers answer such questions."""

from collections.abc import Callable, Iterator

import pytest

from appliance.acd.effects import DialLine
from appliance.acd.ids import LegId, LineName
from appliance.acd.inputs import LegAnswered, LegOffered, LineChanged
from tests.switch.kamailio.peer import SDP, Message, Peer
from tests.switch.switch_office import LAN
from tests.switch.trunks.carrier import PHONE
from tests.switch.trunks.conftest import LINE, Trunk
from tests.waiting import wait_for

LATEST_S = 40.0
TAKEN = "calls from {} are taken"
UNSAID = "{} does not answer (OPTIONS); calls are tried all the same"
OFTEN = "asked_every_s = 2"


def start(trunk: Trunk, address: str, port: int, keys: str = OFTEN) -> None:
    none = "registrar =\nuser =\nauth_user =\npassword =\nhosts ="
    trunk.start(f'{none}\naddress = "{address}"\naddress_port = {port}\n{keys}')


@pytest.mark.parametrize(("transport", "how"), [("udp", "silent"), ("tcp", "stopped")])
def test_a_carrier_that_dies_is_noticed_without_a_call_and_so_is_its_return(
    transport: str, how: str, trunk: Trunk
) -> None:
    carrier = trunk.carrier()
    start(trunk, carrier.address, carrier.port, f'{OFTEN}\ntransport = "{transport}"')
    assert trunk.is_up(timeout_s=LATEST_S).detail == TAKEN.format(carrier.address)
    wait_for("a question that was answered", lambda: carrier.heard("OPTIONS") > 2, LATEST_S)
    mark = trunk.acd.mark
    (carrier.freeze if how == "silent" else carrier.stop)()
    assert trunk.is_degraded(mark, LATEST_S).detail == UNSAID.format(carrier.address)
    mark = trunk.acd.mark
    (carrier.thaw if how == "silent" else carrier.start)()
    assert trunk.is_up(mark, 2 * LATEST_S).detail == TAKEN.format(carrier.address)


@pytest.fixture
def silent() -> Iterator[Peer]:
    with Peer(PHONE) as made:
        yield made


class Questions:
    """What a peer is asked, each once however often it is said."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._seen: set[str] = set()

    def next(self) -> Message:
        got = self._peer.receive(
            lambda got: got.first.startswith("OPTIONS") and got["call-id"] not in self._seen, LATEST_S
        )
        self._seen.add(got["call-id"])
        return got


def test_one_that_never_answers_such_questions_is_not_called_dead(trunk: Trunk, silent: Peer) -> None:
    """Carriers may ignore OPTIONS; calls from there count as ever."""
    start(trunk, silent.address, silent.port)
    asked = Questions(silent)
    for _ in range(3):
        asked.next()
    text = silent.request("INVITE", f"sip:910@{LAN}:{trunk.office.port}", "<sip:600@c>;tag=1", body=SDP)
    silent.send(text, (LAN, trunk.office.port))
    trunk.acd.wait(LegOffered, timeout_s=LATEST_S, line=LINE)
    health = [one.health for one in trunk.acd.inputs() if isinstance(one, LineChanged) and one.line == LINE]
    assert "up" in health and "down" not in health


def test_any_word_is_a_sign_of_life_and_what_is_asked_is_plain(trunk: Trunk, silent: Peer) -> None:
    start(trunk, silent.address, silent.port)
    asked = Questions(silent)
    for status, reason in ((405, "Method Not Allowed"), (404, "Not Found"), (200, "OK")):
        got = asked.next()
        assert got.uri == f"sip:{silent.address}" and not got["x-centralita-host"]
        silent.reply(got, status, reason)
    for _ in range(2):
        got = asked.next()
        silent.reply(got, 503, "Service Unavailable")
    assert trunk.is_degraded(timeout_s=LATEST_S).detail == UNSAID.format(silent.address)
    assert not [one for one in trunk.acd.inputs() if isinstance(one, LineChanged) and one.health == "down"]


def call_in(trunk: Trunk, silent: Peer) -> None:
    text = silent.request("INVITE", f"sip:910@{LAN}:{trunk.office.port}", "<sip:600@c>;tag=1", body=SDP)
    silent.send(text, (LAN, trunk.office.port))
    trunk.acd.wait(LegOffered, timeout_s=LATEST_S, line=LINE)


def call_out(trunk: Trunk, silent: Peer) -> None:
    trunk.acd.do(DialLine(LegId("fuera-1"), LineName(LINE), "600333444"))
    silent.reply(silent.invite(LATEST_S), 200, "OK", body=SDP)
    trunk.acd.wait(LegAnswered, timeout_s=LATEST_S, leg="fuera-1")


@pytest.mark.parametrize("call", [call_in, call_out])
@pytest.mark.parametrize("keys", ["", 'user = "cuenta"\npassword = "clave"'], ids=["plain", "account"])
def test_a_call_shows_that_the_carrier_lives_whatever_it_says_to_questions(
    call: Callable[[Trunk, Peer], None], keys: str, trunk: Trunk, silent: Peer
) -> None:
    start(trunk, silent.address, silent.port, f"{OFTEN}\n{keys}")
    asked = Questions(silent)
    silent.reply(asked.next(), 200, "OK")
    for _ in range(2):
        silent.reply(asked.next(), 503, "Service Unavailable")
    trunk.is_degraded(timeout_s=LATEST_S)
    mark = trunk.acd.mark
    call(trunk, silent)
    assert trunk.is_up(mark, LATEST_S).detail == TAKEN.format(silent.address)


def test_zero_asks_nothing(trunk: Trunk, silent: Peer) -> None:
    start(trunk, silent.address, silent.port, "asked_every_s = 0")
    trunk.is_up(timeout_s=LATEST_S)
    assert silent.silence(3)
