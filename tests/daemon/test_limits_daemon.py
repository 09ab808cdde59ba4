"""Limits of money in the ACD's own process: what never reaches the switch, what is cut, what a restart remembers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from appliance.account_report import pay_in
from appliance.acd import effects as e
from appliance.acd.ids import LineName
from appliance.acd.inputs import LineChanged
from appliance.daemon.accounts import balances
from appliance.daemon.queries import open_store
from appliance.daemon.why import call_as_data
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.scenes import rows
from tests.daemon.switch_peer import Leg, SwitchPeer
from tests.waiting import wait_for

MOBILE, ABROAD = "600111222", "00441214960000"
TARIFFS = """
[[tariff]]
name = "moviles-fuera"
direction = "out"
prefix = "+346"
rate_micros_per_minute = 60_000_000
first_increment_s = 1
next_increment_s = 1

[[tariff]]
name = "reino-unido"
direction = "out"
prefix = "+44"
rate_micros_per_minute = 1_000_000

[dialling]
international = true
"""
"""Mobile numbers cost 1.00 a second."""
DAY = """
[[limit]]
name = "dia"
per = "day"
maximum_micros = {micros}
warn_s = 3
"""
PREPAID = """
[[limit]]
name = "prepago"
prepaid = true
client = "*"
"""
GUARD = """
[fraud_guard]
costly = ["+44"]
concurrent = 1
"""


@contextmanager
def running(folder: Path, peer: SwitchPeer, rules: str) -> Iterator[AcdProcess]:
    """An office of the client acme, with its line up."""
    path = office(folder, agents=2, extra=TARIFFS + rules)
    path.write_text(path.read_text().replace('title = "Ventas"', 'title = "Ventas"\nclient = "acme"'))
    with AcdProcess(path) as acd:
        start(acd, peer)
        yield acd


def start(acd: AcdProcess, peer: SwitchPeer) -> None:
    acd.start()
    wait_for("the switch is connected", lambda: acd.client.status().switch_connected)
    peer.tell(LineChanged(LineName("operador"), "up"))
    wait_for("the line is up", lambda: acd.client.status().lines[0].health == "up")


def said(peer: SwitchPeer, *kinds: type) -> list[e.SwitchEffect]:
    return [effect for effect in list(peer.said.effects) if isinstance(effect, kinds)]


def heard(peer: SwitchPeer, leg: Leg) -> list[str]:
    return [
        effect.prompts[0] for effect in list(peer.said.effects) if isinstance(effect, e.Play) and effect.leg == leg.id
    ]


def dialled(peer: SwitchPeer, station: str, number: str) -> Leg:
    """Somebody dials, and the switch has the leg that goes out."""
    known = set(peer.legs)
    desk = peer.dials(station, number)

    def goes_out() -> Leg | None:
        return next((leg for leg in peer.up() if leg.id not in known and leg.id != desk.id and leg.line), None)

    return wait_for(f"{number} is dialled", goes_out)


def refused(peer: SwitchPeer, station: str, number: str) -> str:
    """Somebody dials what is not placed; what they hear."""
    dials = len(said(peer, e.DialLine))
    desk = peer.dials(station, number)
    (prompt,) = wait_for("the refusal is spoken", lambda: heard(peer, desk))
    wait_for("they are hung up", lambda: desk.state == "ended")
    assert len(said(peer, e.DialLine)) == dials, "it never reached the switch"
    return prompt


def test_what_there_is_no_money_for_is_refused_told_and_written_down(tmp_path: Path, peer: SwitchPeer) -> None:
    with running(tmp_path, peer, DAY.format(micros=4_000_000)) as acd:
        assert refused(peer, "mesa-ana", MOBILE) == "es/no_money"
        assert len(said(peer, e.DialWithheld)) == 1
        (row,) = rows(acd, 1)
        assert (row.end_reason, row.direction, row.charge_micros) == ("rejected", "out", 0)
        with closing(open_store(acd.store)) as db:
            why = call_as_data(db, row.call, "en")
        assert why is not None and "limit dia had 4.00 left of 4.00, and it would cost 5.00 at least" in why.text
        text = acd.configuration.read_text()
        acd.configuration.write_text(text.replace("maximum_micros = 4000000", "maximum_micros = 9000000"))
        acd.client.reload()
        leg = dialled(peer, "mesa-ana", MOBILE)
        peer.hang_up(leg, "busy")
        rows(acd, 2)


def test_a_call_is_warned_of_and_cut_and_what_it_cost_outlives_a_kill(tmp_path: Path, peer: SwitchPeer) -> None:
    """8.00 are 8 s: warned 3 s before, cut one before they are over."""
    with running(tmp_path, peer, DAY.format(micros=8_000_000)) as acd:
        customer = dialled(peer, "mesa-ana", MOBILE)
        desk = next(leg for leg in peer.up() if leg.station == "mesa-ana")
        assert peer.answer(customer)
        wait_for("the agent is warned", lambda: "es/money_low" in heard(peer, desk))
        assert heard(peer, customer) == [] and customer.state == "answered"
        assert refused(peer, "mesa-luis", MOBILE) == "es/no_money", "what is reserved is not there for others"
        wait_for("it is cut", lambda: customer.state == "ended")
        row = next(row for row in rows(acd, 2) if row.end_reason == "answered")
        assert row.hung_up_by == "system" and 6_900 <= row.talk_ms <= 8_000, row
        assert 7_000_000 <= row.charge_micros <= 8_000_000
        acd.kill()
        start(acd, peer)
        assert refused(peer, "mesa-ana", MOBILE) == "es/no_money"


def test_calls_that_are_up_keep_their_money_over_a_kill_and_are_cut_all_the_same(
    tmp_path: Path, peer: SwitchPeer
) -> None:
    with running(tmp_path, peer, DAY.format(micros=9_000_000) + GUARD) as acd:
        customer = dialled(peer, "mesa-ana", MOBILE)
        peer.answer(customer)
        wait_for("they talk", lambda: acd.client.status().calls[0].state == "talking")
        acd.kill()
        start(acd, peer)
        assert refused(peer, "mesa-luis", MOBILE) == "es/no_money"
        wait_for("it is cut", lambda: customer.state == "ended")
        row = next(row for row in rows(acd, 2) if row.end_reason == "answered")
        assert row.hung_up_by == "system" and row.charge_micros <= 9_000_000


def test_an_account_pays_for_calls_from_its_first_top_up_on(tmp_path: Path, peer: SwitchPeer) -> None:
    with running(tmp_path, peer, PREPAID) as acd:
        assert refused(peer, "mesa-ana", MOBILE) == "es/no_money"
        assert pay_in(acd.configuration, "acme", "6", "r1", "enero", "jefa", "en") == 0
        customer = dialled(peer, "mesa-ana", MOBILE)
        peer.answer(customer)
        wait_for("it is cut", lambda: customer.state == "ended")
        row = next(row for row in rows(acd, 2) if row.end_reason == "answered")
        with closing(open_store(acd.store)) as db:
            (balance,) = balances(db)
        assert balance.left_micros == 6_000_000 - row.charge_micros
        assert 5_000_000 <= row.charge_micros <= 6_000_000
        assert refused(peer, "mesa-ana", MOBILE) == "es/no_money"
        emergency = dialled(peer, "mesa-ana", "112")
        assert emergency.number == "112", "whatever is left"


def test_the_guard_lets_one_call_at_a_time_go_to_costly_numbers(tmp_path: Path, peer: SwitchPeer) -> None:
    with running(tmp_path, peer, GUARD) as acd:
        first = dialled(peer, "mesa-ana", ABROAD)
        assert refused(peer, "mesa-luis", ABROAD) == "es/number_guarded"
        acd.kill()
        start(acd, peer)
        assert refused(peer, "mesa-luis", ABROAD) == "es/number_guarded", "it is still up"
        peer.hang_up(first, "busy")
        dialled(peer, "mesa-luis", ABROAD)
