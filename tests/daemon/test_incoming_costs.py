"""Calls that cost whoever is called: a freephone number's carrier counts from when the box picks up, to the end."""

import pytest

from appliance.acd.effects import Cdr
from appliance.acd.inputs import DigitPressed
from appliance.acd.plan import Destination
from appliance.billing.rating import worked_out
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.store_writes import Office as StoreOffice
from appliance.daemon.store_writes import charge_for
from tests.acd.office import NOON_UTC_MS, Office, small_plan, ventas
from tests.daemon.records import cdr

BY_TALK = Rate("talk", "in", "", None, "", 50_000, 60_000, 1, 1)
BY_LINE = Rate("line", "in", "", None, "", 50_000, 60_000, 1, 1, counts="line")


def cost(record: Cdr, *rates: Rate) -> tuple[str, int, int]:
    """Reason, ms and money."""
    charge = charge_for(StoreOffice(rates=RateTable(rates, "EUR")), record)
    assert worked_out(charge) == charge.total_micros
    return charge.reason, charge.rated_ms, charge.total_micros


def waits(wait_ms: int, talk_ms: int = 0) -> Cdr:
    """A caller who is picked up at once, waits, and talks with Ana."""
    one = Office(small_plan(ventas("ana")))
    caller = one.calls()
    one.wait(wait_ms)
    if talk_ms:
        one.sits_down("ana")
        one.lifts("ana")
        one.wait(talk_ms)
    one.ends(caller)
    return one.cdr()


def test_a_wait_costs_where_the_line_counts_and_the_talk_alone_where_it_does_not() -> None:
    record = waits(20_000, 30_000)
    assert cost(record, BY_TALK) == ("rated", 30_000, 50_000 + 30_000)
    assert cost(record, BY_LINE) == ("rated", 50_000, 50_000 + 50_000)


def test_a_caller_nobody_answered_costs_what_the_line_counts() -> None:
    assert cost(waits(20_000), BY_TALK) == ("unanswered", 0, 0)
    assert cost(waits(20_000), BY_LINE) == ("rated", 20_000, 50_000 + 20_000)


def test_a_message_that_ends_the_call_costs_where_the_line_counts() -> None:
    one = Office(small_plan(ventas("ana", exit_keys={"1": Destination("message", prompt="direccion")})))
    caller = one.calls()
    one.do(DigitPressed(caller, "1"))
    one.wait(9_000)
    one.hears_to_the_end(caller)
    assert cost(one.cdr(), BY_LINE) == ("rated", 9_000, 59_000)


def test_a_caller_who_was_never_picked_up_costs_nothing() -> None:
    one = Office(small_plan(ventas("ana")), through=False)
    caller = one.calls()
    one.wait(3_000)
    one.ends(caller)
    assert cost(one.cdr(), BY_LINE) == ("unanswered", 0, 0)


def test_the_rate_that_says_so_is_the_one_in_force_when_the_box_picks_up() -> None:
    """A caller who came before noon and was talked to after it."""
    record = waits(20_000, 30_000)
    assert record.offered_at == NOON_UTC_MS
    picked_up = Rate("now", "in", "", None, "", 50_000, 60_000, 1, 1, valid_to_ms=NOON_UTC_MS + 10_000, counts="line")
    later = Rate("later", "in", "", None, "", 0, 6_000, 1, 1, valid_from_ms=NOON_UTC_MS + 10_000)
    assert cost(record, picked_up, later) == ("rated", 50_000, 50_000 + 10_000 + 4_000)
    later_by_line = Rate("later", "in", "", None, "", 0, 6_000, 1, 1, "1", "", NOON_UTC_MS + 10_000, counts="line")
    assert cost(record, later_by_line) == ("rated", 30_000, 3_000), "none held then: the talk, by the one that does"


@pytest.mark.parametrize("rate", [BY_TALK, BY_LINE])
def test_a_number_that_is_dialled_is_counted_by_the_line_whatever_its_tariff_says(rate: Rate) -> None:
    out = Rate("out", "out", "", None, "", 50_000, 60_000, 1, 1, counts=rate.counts)
    assert cost(cdr(1, direction="out", called="910111222"), out) == ("rated", 60_000, 110_000)
