"""Months closed where contracts changed in them: each subject charged once, and closing again writes nothing."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import StoreCdr, StoreWrapUp
from appliance.billing.contracts import Contract, Contracts, PerProject, PerResult
from appliance.billing.ledger import Audit, Entry
from appliance.billing.lines import Line, MinutesFact
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.connection import connect
from appliance.daemon.ledger_writes import Ledger, decide_result, month_of
from appliance.daemon.period_closing import Month, close
from appliance.daemon.store_writes import Office
from tests.daemon.records import ANA, OFFERED_AT, cdr
from tests.daemon.stores import writing

MONTH = Month.named("2026-11", "Europe/Madrid")
MIDDLE = OFFERED_AT + 350_000
"""Between the third and the fourth call."""
MINUTES = RateTable([Rate("entrantes", "in", rate_micros_per_minute=60_000)], "EUR")
MONTHLY = PerProject("mes", 9_000_000, included_calls=1, extra_call_micros=250_000)
CONTRACT = Contract("acme", "1", "Acme", "EUR", projects=(MONTHLY,))


def office(*contracts: Contract) -> Office:
    return Office("oficina", RateTable((), "EUR"), contracts=Contracts(contracts))


def filled(folder: Path, contracts: Office, **changes: object) -> Path:
    """Six answered calls of a minute."""
    path = folder / "store.sqlite3"
    with writing(path, contracts) as store:
        store.durable(*(StoreCdr(cdr(number, client="Acme", **changes)) for number in range(1, 7)))
    return path


def closed(path: Path, contracts: Office) -> list[tuple[str, str, int]]:
    """Close it, and once more, which writes nothing. Kind, subject and amount of what was written."""
    db = connect(path, "rw")
    with db:
        db.execute("begin immediate")
        written = close(Ledger(db, 5), contracts.contracts, MONTH)
    with db:
        db.execute("begin immediate")
        assert close(Ledger(db, 6), contracts.contracts, MONTH) == []
    for (account,) in db.execute("select distinct account from ledger").fetchall():
        rows = db.execute("select number, line, hash from ledger where account = ? order by number", (account,))
        Audit().read(Entry(number, msgspec.json.decode(line, type=Line), hash_) for number, line, hash_ in rows)
    db.close()
    return [(line.kind, line.subject, line.amount_micros) for line in written]


def test_a_contract_renewed_within_the_month_charges_what_is_extra_of_both_versions(tmp_path: Path) -> None:
    dearer = msgspec.structs.replace(MONTHLY, fee_micros=12_000_000, extra_call_micros=300_000)
    both = office(
        replace(CONTRACT, valid_to_ms=MIDDLE), replace(CONTRACT, version="2", valid_from_ms=MIDDLE, projects=(dearer,))
    )
    assert sorted(closed(filled(tmp_path, both), both)) == [
        ("extra", "acme v1/mes/2026-11", 500_000),
        ("extra", "acme v2/mes/2026-11", 600_000),
        ("fee", "acme/mes/2026-11", 12_000_000),
    ]


def test_a_project_s_own_contract_takes_its_calls_out_only_while_it_is_in_force(tmp_path: Path) -> None:
    own = Contract("tienda", "1", "Acme", "EUR", project="tienda", valid_from_ms=MIDDLE)
    both = office(CONTRACT, own)
    path = filled(tmp_path, both, project="tienda")
    assert ("extra", "acme v1/mes/2026-11", 500_000) in closed(path, both), "three calls before it, one included"


def test_a_clause_that_is_no_more_is_given_back(tmp_path: Path) -> None:
    before = office(CONTRACT)
    path = filled(tmp_path, before)
    assert len(closed(path, before)) == 2
    renamed = office(replace(CONTRACT, projects=(msgspec.structs.replace(MONTHLY, name="cuota"),)))
    assert sorted(closed(path, renamed)) == [
        ("extra", "acme v1/cuota/2026-11", 1_250_000),
        ("extra", "acme v1/mes/2026-11", -1_250_000),
        ("fee", "acme/cuota/2026-11", 9_000_000),
        ("fee", "acme/mes/2026-11", -9_000_000),
    ]
    assert closed(path, office()) == [], "a client without any contract keeps what was charged"


def test_the_least_of_a_month_counts_calls_for_the_contract_that_charges_them_now(tmp_path: Path) -> None:
    """Six minutes at 0.06 by one contract; then half is corrected by another, whose they all are then."""
    first = office(Contract("uno", "1", "Acme", "EUR", minutes=MINUTES))
    path = filled(tmp_path, first)
    half = RateTable([Rate("entrantes", "in", rate_micros_per_minute=30_000)], "EUR")
    second = office(Contract("dos", "1", "Acme", "EUR", minutes=half, minimum_micros=1_000_000))
    db = connect(path, "rw")
    with db:
        db.execute("begin immediate")
        ledger = Ledger(db, 5)
        for (text,) in db.execute("select line from ledger").fetchall():
            line = msgspec.json.decode(text, type=Line)
            assert isinstance(line.facts, MinutesFact)
            charge = msgspec.structs.replace(line.facts.charge, rate_micros_per_minute=30_000, total_micros=30_000)
            facts = msgspec.structs.replace(line.facts, charge=charge)
            ledger.charge(msgspec.structs.replace(line, contract="dos", facts=facts, amount_micros=30_000), "test")
    db.close()
    assert closed(path, second) == [("minimum", "dos//2026-11", 820_000)]


def test_a_result_whose_clause_is_no_more_can_be_reversed_but_not_confirmed(tmp_path: Path) -> None:
    path, call = tmp_path / "store.sqlite3", cdr(1).call
    sells = office(replace(CONTRACT, results=(PerResult("cita", 5_000_000, ("7",), charged_when="claimed"),)))
    with writing(path, sells) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 4_000, "7"))
    db, place = connect(path, "rw"), sells.place
    with db:
        db.execute("begin immediate")
        ledger, without = Ledger(db, 5), office(CONTRACT).contracts
        assert not decide_result(ledger, without, place, call, "cita", "confirmed", "eva", "")
        assert decide_result(ledger, without, place, call, "cita", "reversed", "eva", "")
    assert db.execute("select state, decided from results").fetchone() == ("reversed", 1)
    amounts = [row[0] for row in db.execute("select amount_micros from ledger order by number")]
    assert amounts == [5_000_000, -5_000_000]
    db.close()


def test_a_disposition_after_the_currency_was_changed_corrects_nothing_and_is_kept(tmp_path: Path) -> None:
    path, call = tmp_path / "store.sqlite3", cdr(1).call
    result = PerResult("cita", 5_000_000, ("7",), charged_when="claimed")
    with writing(path, office(replace(CONTRACT, results=(result,)))) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 4_000, "7"))
    pesos = Office(
        "oficina",
        RateTable((), "MXN"),
        contracts=Contracts(
            [replace(CONTRACT, currency="MXN", results=(msgspec.structs.replace(result, price_micros=9),))]
        ),
    )
    with writing(path, pesos) as store:
        store.durable(StoreWrapUp(call, ANA, 4_000, "3"))
        assert store.store.refused == 0
    db = connect(path, "rw")
    assert db.execute("select disposition from wrap_ups").fetchone() == ("3",)
    assert db.execute("select amount_micros from ledger").fetchall() == [(5_000_000,)]
    db.close()


@pytest.mark.parametrize(
    "time_zone", ["Europe/Madrid", "America/Havana", "America/Asuncion", "Atlantic/Azores", "Asia/Beirut", "Asia/Amman"]
)
def test_every_instant_is_of_one_month_whatever_its_clock_does(time_zone: str) -> None:
    """Among these are clocks that are changed at midnight, which then is twice or not at all."""
    for year in range(2015, 2031):
        for number in range(1, 13):
            month = Month.named(f"{year}-{number:02}", time_zone)
            assert month_of(time_zone, month.from_ms) == month_of(time_zone, month.until_ms - 1) == month.name
            assert Month.named(month_of(time_zone, month.until_ms), time_zone).from_ms == month.until_ms
