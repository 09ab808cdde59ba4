"""What a call costs is what each of its connections to a network costs: outside numbers callers are sent to, customers
who wait for an agent after they answered, and calls nobody at the office talked in."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import Cdr, StoreCdr
from appliance.acd.ids import LineName
from appliance.acd.plan import Destination
from appliance.billing.charges import Charge
from appliance.billing.charging import lines_of_call
from appliance.billing.contracts import Contract
from appliance.billing.rating import worked_out
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.ledger_writes import FACTS_SQL, Place, facts_of, facts_of_row
from appliance.daemon.queries import call_details, calls, open_store
from appliance.daemon.record_chain import FIRST, record_hash
from appliance.daemon.store_writes import Office as StoreOffice
from appliance.daemon.store_writes import charge_for
from tests.acd.office import NOON_UTC_MS
from tests.acd.test_calling_out import far_end, far_leg
from tests.acd.test_sent_on import office as sending_office
from tests.daemon.records import abandoned, cdr
from tests.daemon.stores import OFFICE, writing

OUTSIDE = Destination("number", number="911222333")
DAY_MS = 86_400_000
FIXED = Rate("fijos", "out", "+34", None, "", 50_000, 60_000, 1, 1)
FREEPHONE = Rate("900", "in", "", LineName("gsm1"), "", 0, 120_000, 60, 60, valid_from_ms=NOON_UTC_MS - DAY_MS)


def office_of(*rates: Rate) -> StoreOffice:
    return StoreOffice(rates=RateTable(rates, "EUR"))


def sent_on(talked_ms: int = 60_000) -> Cdr:
    """A caller on `gsm1` who waited 20 s, and 5 s for the outside number on `trunk` to answer."""
    one = sending_office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    one.calls("600111222", "gsm1")
    one.wait(20_000)
    far_end(one, "rings")
    one.wait(5_000)
    outside = far_end(one, "answers")
    one.wait(talked_ms)
    one.ends(outside)
    return one.cdr()


def test_an_outside_number_a_caller_is_sent_to_costs_what_a_call_to_it_costs() -> None:
    charge = charge_for(office_of(FIXED), sent_on())
    assert charge.total_micros == 50_000 + 60_000
    (leg,) = charge.legs
    assert (leg.number, leg.rated_as, leg.line) == ("911222333", "+34911222333", "trunk")
    assert (leg.reason, leg.direction, leg.rated_ms, leg.total_micros) == ("rated", "out", 60_000, 110_000)
    assert worked_out(charge) == charge.total_micros


def test_the_way_in_of_a_caller_who_is_sent_on_is_rated_at_the_time_it_was_and_not_in_1970() -> None:
    charge = charge_for(office_of(FIXED, FREEPHONE), sent_on())
    assert (charge.reason, charge.tariff, charge.own_micros) == ("rated", "900", 120_000)
    assert charge.at_utc_ms == NOON_UTC_MS + 25_000
    assert (charge.total_micros, worked_out(charge)) == (230_000, 230_000)
    assert charge.arithmetic("en") == (
        "0 + 60 s (60 + 0 x 60) x 0.12/min = 0.12 EUR (900 v1); 911222333 (trunk): "
        "0.05 + 60 s (1 + 59 x 1) x 0.06/min = 0.11 EUR (fijos v1); = 0.23 EUR"
    )


def test_a_client_pays_the_minutes_of_a_caller_who_is_sent_on_at_the_time_they_were(tmp_path: Path) -> None:
    """By the record, and by its row when it is read again."""
    place = Place("Europe/Madrid", "ES")
    contract = Contract("acme", "1", "Acme", "EUR", minutes=RateTable([FREEPHONE], "EUR"))
    facts = facts_of(sent_on(), place)
    (line,) = lines_of_call(contract, facts)
    assert (line.amount_micros, facts.answered_at) == (120_000, NOON_UTC_MS + 25_000)
    with writing(tmp_path / "store.sqlite3") as to:
        to.durable(StoreCdr(sent_on()), StoreCdr(cdr(7)), StoreCdr(abandoned(8, 3_000)))
        rows = open_store(tmp_path / "store.sqlite3").execute(f"select {FACTS_SQL} from calls order by record")
        assert [facts_of_row(tuple(row), place) for row in rows] == [
            facts_of(record, place) for record in (sent_on(), cdr(7), abandoned(8, 3_000))
        ]


def test_a_leg_no_tariff_covers_is_to_be_looked_at_even_if_the_way_in_is_rated(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    office = replace(OFFICE, rates=RateTable([FREEPHONE], "EUR"))
    with writing(path, office) as to:
        to.durable(StoreCdr(sent_on()))
    (row,) = calls(open_store(path))
    assert (row.charge_reason, row.charge_micros) == ("no_rate", 120_000)
    details = call_details(open_store(path), row.call)
    assert details is not None and details.forwarded_to == "911222333"
    assert details.hash == record_hash(FIRST, sent_on(), details.charge)
    assert msgspec.json.decode(msgspec.json.encode(details.charge), type=Charge) == details.charge


def test_an_outside_number_that_did_not_answer_costs_nothing() -> None:
    one = sending_office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    one.ends(far_leg(one), "busy")
    one.hears_to_the_end(caller)
    charge = charge_for(office_of(FIXED, FREEPHONE), one.cdr())
    assert (charge.legs, charge.total_micros) == ((), 0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"total_micros": 1}, "and says 1"),
        ({"currency": "MXN"}, "another currency"),
        ({"billed_s": 61}, "the charge says 61"),
    ],
)
def test_a_leg_that_contradicts_itself_is_refused(changes: dict[str, object], says: str) -> None:
    charge = charge_for(office_of(FIXED), sent_on())
    (leg,) = charge.legs
    with pytest.raises(ValueError, match=says):
        worked_out(msgspec.structs.replace(charge, legs=(msgspec.structs.replace(leg, **changes),)))
    nested = msgspec.structs.replace(leg, legs=(leg,), total_micros=2 * leg.total_micros)
    with pytest.raises(ValueError, match="legs of its own"):
        worked_out(msgspec.structs.replace(charge, legs=(nested,)))


def test_a_record_of_before_calls_said_whom_they_were_sent_to_keeps_its_hash() -> None:
    """Worked out by the version before."""
    assert "forwarded_to" not in msgspec.json.encode(cdr(1)).decode()
    kept = msgspec.json.decode(msgspec.json.encode(cdr(1)), type=Cdr)
    made = record_hash(FIRST, kept, charge_for(OFFICE, kept))
    assert made == "75f02098ad0f07b73f2d339bded2aa6b4949aa8a1f01bbd04767c90cc8764e69"
