"""A line of one address, without a registration: asked now and then whether it lives, degraded while it does
not say so: calls are tried all the same, for not all carriers answer such questions."""

from collections.abc import Callable, Iterator

import pytest

from appliance.acd.dialling import NETWORK_FAULTS
from appliance.acd.effects import DialLine
from appliance.acd.ids import LegId, LineName, QueueName
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered, LineChanged
from appliance.acd.line_effects import StoreNotice
from appliance.acd.line_health import DEGRADED_TOLD_AFTER_MS
from appliance.acd.plan import LinePlan
from appliance.daemon.messengers import sentence
from tests.acd.office import Office, small_plan, ventas
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


def test_who_looks_after_the_box_is_told_of_one_that_stays_silent_and_of_its_return(trunk: Trunk, silent: Peer) -> None:
    """What the switch says of a carrier that goes silent, given to the ACD in its own time."""
    start(trunk, silent.address, silent.port)
    asked = Questions(silent)
    trunk.acd.wait(LineChanged, timeout_s=LATEST_S, line=LINE, health="up")
    silent.reply(asked.next(), 200, "OK")
    degraded = trunk.is_degraded(timeout_s=LATEST_S)
    mark = trunk.acd.mark
    back = None
    while back is None:  # questions that were given up meanwhile are answered too
        silent.reply(asked.next(), 200, "OK")
        said = [one for one in trunk.acd.inputs(mark) if isinstance(one, LineChanged) and one.health == "up"]
        back = said[0] if said else None
    one = Office(small_plan(ventas("ana"), lines=(LinePlan(LineName(LINE), "both", QueueName("ventas")),)))
    one.do(degraded)
    one.wait(DEGRADED_TOLD_AFTER_MS)
    one.do(back)
    told = [(it.kind, sentence(it, "es")) for it in one.stored if isinstance(it, StoreNotice)]
    assert [kind for kind, _ in told] == ["line_degraded", "line_up"]
    silence = f"{silent.address} no responde (OPTIONS); las llamadas se intentan igualmente"
    assert told[0][1].startswith(f"La línea {LINE} tiene problemas: {silence}. Sus llamadas salen antes por otra")


@pytest.mark.parametrize(
    "keys",
    ["", 'user = "cuenta"\npassword = "clave"', 'address =\naddress_port =\nhosts = ["{}:{}", "127.0.31.51:5060"]'],
)
def test_a_call_to_a_carrier_that_says_nothing_at_all_may_go_on_another_line(
    keys: str, trunk: Trunk, silent: Peer
) -> None:
    """A callee who does not answer is the carrier's word; its silence is the way's fault."""
    start(trunk, silent.address, silent.port, keys.format(silent.address, silent.port))
    trunk.is_up(timeout_s=LATEST_S)
    trunk.acd.do(DialLine(LegId("fuera-1"), LineName(LINE), "600333444"))
    assert trunk.acd.wait(LegEnded, timeout_s=LATEST_S, leg="fuera-1").cause in NETWORK_FAULTS


def call_in(trunk: Trunk, silent: Peer) -> None:
    text = silent.request("INVITE", f"sip:910@{LAN}:{trunk.office.port}", "<sip:600@c>;tag=1", body=SDP)
    silent.send(text, (LAN, trunk.office.port))
    trunk.acd.wait(LegOffered, timeout_s=LATEST_S, line=LINE)


def call_out(trunk: Trunk, silent: Peer) -> None:
    trunk.acd.do(DialLine(LegId("fuera-1"), LineName(LINE), "600333444"))
    silent.reply(silent.invite(LATEST_S), 200, "OK", body=SDP)
    trunk.acd.wait(LegAnswered, timeout_s=LATEST_S, leg="fuera-1")


def call_rings(trunk: Trunk, silent: Peer) -> None:
    trunk.acd.do(DialLine(LegId("fuera-1"), LineName(LINE), "600333444"))
    silent.reply(silent.invite(LATEST_S), 180, "Ringing")


def call_refused(trunk: Trunk, silent: Peer) -> None:
    trunk.acd.do(DialLine(LegId("fuera-1"), LineName(LINE), "600333444"))
    silent.reply(silent.invite(LATEST_S), 486, "Busy Here")


@pytest.mark.parametrize("call", [call_in, call_out, call_rings, call_refused])
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
