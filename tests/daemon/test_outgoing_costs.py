"""Calls we place cost from their answer to their end, whoever of the office talked meanwhile, or nobody."""

import pytest

from appliance.acd.callbacks import FIRST_AFTER_MS
from appliance.acd.inputs import AnswerEvidence, LegAnswered, SwitchLost, SwitchStarted
from appliance.acd.plan import CallbackPlan
from appliance.billing.charges import Charge
from appliance.billing.rating import worked_out
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.store_writes import Office as StoreOffice
from appliance.daemon.store_writes import charge_for
from tests.acd.office import Office
from tests.acd.test_assumed_answers import assumes
from tests.acd.test_callbacks import asks_back, busy_ana
from tests.acd.test_callbacks import office as callback_office
from tests.acd.test_calling_out import far_end, far_leg
from tests.acd.test_calling_out import office as calling_office
from tests.daemon.records import cdr

BY_SECONDS = StoreOffice(rates=RateTable([Rate("moviles", "out", "+346", None, "", 0, 60_000, 1, 1)], "EUR"))
BY_MINUTES = StoreOffice(rates=RateTable([Rate("todo", "out", "", None, "", 50_000, 60_000, 60, 60)], "EUR"))


def customer_is_there() -> Office:
    """A customer who is called back has answered, and an agent is rung for them."""
    one = callback_office("ana bob", callback=CallbackPlan("customer", attempts=1))
    talking = busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    one.ends(talking)
    one.wait(3_000)
    far_end(one, "answers")
    return one


def test_a_customer_costs_while_they_wait_for_the_agent_kept_for_them() -> None:
    one = customer_is_there()
    one.wait(10_000)
    desk = one.lifts("ana")
    one.wait(60_000)
    one.ends(desk)
    record = one.cdrs()[-1]
    assert (record.direction, record.talk_ms) == ("out", 60_000)
    charge = charge_for(BY_SECONDS, record)
    assert (charge.rated_ms, charge.total_micros, worked_out(charge)) == (70_000, 70_000, 70_000)


def test_a_customer_who_answered_and_hung_up_before_an_agent_lifted_costs_too() -> None:
    one = customer_is_there()
    one.wait(7_000)
    one.ends(next(leg.leg for leg in one.switch.up() if leg.line))
    record = one.cdrs()[-1]
    assert (record.direction, record.talk_ms, record.answered_at) == ("out", 0, 0)
    charge = charge_for(BY_SECONDS, record)
    assert (charge.reason, charge.total_micros) == ("rated", 7_000)


def test_a_call_that_was_answered_and_ended_in_the_same_moment_costs_what_any_answer_does() -> None:
    one = calling_office()
    one.dials("ana", "910111222")
    one.ends(far_end(one, "answers"))
    charge = charge_for(BY_MINUTES, one.cdr())
    assert (charge.reason, charge.rated_ms, charge.total_micros) == ("rated", 1, 110_000)


def test_a_number_that_did_not_answer_costs_nothing() -> None:
    one = calling_office()
    one.dials("ana", "910111222")
    one.wait(20_000)
    one.ends(far_leg(one), "no_answer")
    charge = charge_for(BY_MINUTES, one.cdr())
    assert (charge.reason, charge.total_micros) == ("unanswered", 0)


def test_a_call_found_again_by_a_new_switch_is_one_connection_and_pays_one_connect_fee() -> None:
    """The modem kept it while nobody could be heard: the network charges that time too."""
    one = calling_office()
    desk = one.dials("ana", "910111222")
    far_end(one, "answers")
    one.wait(30_000)
    one.do(SwitchLost())
    one.wait(5_000)
    kept = {leg.leg for leg in one.switch.up()}
    one.switch, _ = one.switch.restart("s2", kept)
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    one.wait(30_000)
    one.ends(next(leg.leg for leg in one.switch.up() if leg.line))
    record = one.cdr()
    answered = [leg for leg in record.legs if leg.role == "caller" and leg.answered_ms >= 0]
    assert len(answered) == 2 and desk not in {leg.leg for leg in answered}
    charge = charge_for(BY_MINUTES, record)
    assert (charge.rated_ms, charge.total_micros) == (65_000, 50_000 + 120_000)


def test_a_record_without_the_leg_that_talked_costs_its_talk() -> None:
    record = cdr(1, direction="out", called="+34600111222", caller="", legs=())
    assert charge_for(BY_MINUTES, record).total_micros == 110_000


def emergency(*rates: Rate) -> Charge:
    one = calling_office()
    one.dials("ana", "112")
    far_end(one, "answers")
    one.wait(60_000)
    one.ends(next(leg.leg for leg in one.switch.up() if leg.line))
    return charge_for(StoreOffice(rates=RateTable(rates, "EUR"), emergency=("112",)), one.cdr())


def test_an_emergency_is_free_whatever_the_tariff_of_all_numbers_says() -> None:
    charge = emergency(Rate("todo", "out", "", None, "", 50_000, 60_000, 60, 60))
    assert (charge.reason, charge.number, charge.rated_ms, charge.total_micros) == ("emergency", "112", 60_000, 0)
    assert worked_out(charge) == 0 and charge.arithmetic("es") == "0 EUR (emergencia)"
    assert emergency().reason == "emergency", "and nobody need look for a tariff"


def test_a_tariff_of_the_emergency_number_itself_is_asked_for() -> None:
    """An office may name numbers that are only its own emergencies, and those may cost."""
    assert emergency(Rate("alarma", "out", "=112", None, "", 0, 60_000, 60, 60)).total_micros == 60_000


@pytest.mark.parametrize(("evidence", "cost"), [("polarity", 1_000), ("signalled", 1_000), ("voice_detected", 5_000)])
def test_an_answer_that_was_assumed_costs_from_when_the_network_tells_of_it(
    evidence: AnswerEvidence, cost: int
) -> None:
    """A voice says that there was an answer, and not when."""
    one = calling_office()
    one.dials("ana", "600111222")
    customer = assumes(one)
    one.wait(4_000)
    one.do(LegAnswered(customer, evidence))
    one.wait(1_000)
    one.ends(customer)
    assert charge_for(BY_SECONDS, one.cdr()).total_micros == cost


def test_an_answer_that_was_assumed_and_was_none_costs_nothing() -> None:
    one = calling_office()
    one.dials("ana", "600111222")
    customer = assumes(one)
    one.wait(4_000)
    one.ends(customer, "busy")
    assert charge_for(BY_SECONDS, one.cdr()).reason == "unanswered"
