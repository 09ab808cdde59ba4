"""What a client is charged, through the store's writer: with the call's record, once, and corrected by new lines."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import StoreCdr, StoreWrapUp
from appliance.acd.ids import CallId
from appliance.billing.charging import ResultState
from appliance.billing.contracts import Contract, Contracts, PerCall, PerProject, PerResult, Tax
from appliance.billing.ledger import Audit, Entry
from appliance.billing.lines import Line
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.connection import connect
from appliance.daemon.ledger_writes import Ledger, decide_result
from appliance.daemon.period_closing import Month, close, months_between
from appliance.daemon.store_writes import Office
from tests.daemon.records import ANA, abandoned, cdr
from tests.daemon.stores import writing

IVA = Tax("IVA", 210_000)
CONTRACT = Contract(
    "acme",
    "1",
    "Acme",
    "EUR",
    set_up_micros=30_000_000,
    minimum_micros=20_000_000,
    tax=IVA,
    calls=(
        PerCall("venta", 2_000_000, IVA, dispositions=("1",)),
        PerCall("llamada", 500_000, IVA),
        PerCall("perdida", 100_000, IVA, counted="unanswered"),
    ),
    minutes=RateTable([Rate("entrantes", "in", rate_micros_per_minute=60_000)], "EUR"),
    projects=(PerProject("mes", 9_000_000, IVA, "", 1, 250_000, 60, 120_000, 60),),
    results=(PerResult("cita", 5_000_000, ("7",), IVA),),
)
OFFICE = Office("oficina", RateTable((), "EUR"), contracts=Contracts([CONTRACT]))
MONTH = Month.named("2026-11", OFFICE.time_zone)


def _store(folder: Path) -> Path:
    return folder / "store.sqlite3"


def _entries(path: Path, account: str = "Acme") -> list[Entry]:
    db = connect(path, "rw")
    rows = db.execute("select number, line, hash from ledger where account = ? order by number", (account,)).fetchall()
    db.close()
    return [Entry(number, msgspec.json.decode(line, type=Line), hash_) for number, line, hash_ in rows]


def _said(path: Path) -> list[tuple[str, str, int, int]]:
    """Kind, clause, revision and amount of each line, after the account was audited."""
    entries = _entries(path)
    Audit().read(entries)
    return [(e.line.kind, e.line.clause, e.line.revision, e.line.amount_micros) for e in entries]


def _close(path: Path, month: Month = MONTH) -> int:
    db = connect(path, "rw")
    with db:
        db.execute("begin immediate")
        written = close(Ledger(db, 5), OFFICE.contracts, month)
    db.close()
    return len(written)


def _decide(path: Path, call: CallId, state: ResultState) -> bool:
    db = connect(path, "rw")
    with db:
        db.execute("begin immediate")
        found = decide_result(Ledger(db, 6), OFFICE.contracts, OFFICE.place, call, "cita", state, "eva", "")
    db.close()
    return found


def test_a_call_is_charged_with_its_record_and_once(tmp_path: Path) -> None:
    path = _store(tmp_path)
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreCdr(abandoned(2, 9_000, client="Acme")), StoreCdr(cdr(3)))
        store.durable(StoreCdr(cdr(1, client="Acme")))
    assert _said(path) == [
        ("call", "llamada", 0, 500_000),
        ("minutes", "entrantes", 0, 60_000),
        ("call", "perdida", 0, 100_000),
    ]


def test_a_disposition_that_comes_later_corrects_the_price(tmp_path: Path) -> None:
    path, call = _store(tmp_path), cdr(1).call
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 4_000, "1"))
        store.durable(StoreWrapUp(call, ANA, 4_000, "1"))
        store.durable(StoreWrapUp(call, ANA, 4_000, "3"))
    assert _said(path)[2:] == [("call", "venta", 1, 1_500_000), ("call", "llamada", 2, -1_500_000)]


def test_a_disposition_that_comes_before_the_record_counts_with_it(tmp_path: Path) -> None:
    path, call = _store(tmp_path), cdr(1).call
    with writing(path, OFFICE) as store:
        store.durable(StoreWrapUp(call, ANA, 4_000, "1"), StoreCdr(cdr(1, client="Acme")))
    assert _said(path)[0] == ("call", "venta", 0, 2_000_000)


def test_a_result_is_charged_when_somebody_confirms_it_and_stays_decided(tmp_path: Path) -> None:
    path, call = _store(tmp_path), cdr(1).call
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 4_000, "7"))
        assert [line for line in _said(path) if line[0] == "result"] == []
        assert _decide(path, call, "confirmed")
        store.durable(StoreWrapUp(call, ANA, 4_000, "3"))
    assert not _decide(path, CallId("oficina-99"), "confirmed")
    assert _decide(path, call, "reversed")
    results = [line for line in _said(path) if line[0] == "result"]
    assert results == [("result", "cita", 0, 5_000_000), ("result", "cita", 1, -5_000_000)]


def test_an_agent_who_takes_the_disposition_back_takes_the_claim_back(tmp_path: Path) -> None:
    path, call = _store(tmp_path), cdr(1).call
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 4_000, "7"))
        store.durable(StoreWrapUp(call, ANA, 4_000, "3"))
    db = connect(path, "rw")
    assert db.execute("select result, state, decided from results").fetchall() == [("cita", "reversed", 0)]
    db.close()
    assert [line for line in _said(path) if line[0] == "result"] == []


def test_a_month_is_closed_once_and_corrected_when_a_call_of_it_comes_late(tmp_path: Path) -> None:
    path = _store(tmp_path)
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")), StoreCdr(cdr(2, client="Acme")))
    assert _close(path) == 4
    assert _close(path) == 0
    # Each call 0.50 and 0.06; 9 for the month, a call and a minute above what it includes; all together 10.49.
    assert _said(path)[4:] == [
        ("set_up", "", 0, 30_000_000),
        ("fee", "mes", 0, 9_000_000),
        ("extra", "mes", 0, 370_000),
        ("minimum", "", 0, 9_510_000),
    ]
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(3, client="Acme")))
    assert _close(path) == 2
    assert _said(path)[-2:] == [("extra", "mes", 1, 370_000), ("minimum", "", 1, -930_000)]
    assert _close(path, Month.named("2026-12", OFFICE.time_zone)) == 3, "fee, extra of nought and what is missing"
    assert _said(path)[-1] == ("minimum", "", 0, 11_000_000)


def test_months_are_the_place_s(tmp_path: Path) -> None:
    assert (MONTH.from_ms, MONTH.until_ms) == (1_793_487_600_000, 1_796_079_600_000), "Madrid is an hour ahead"
    assert Month.named("2026-12", "Europe/Madrid").from_ms == MONTH.until_ms
    assert months_between("Europe/Madrid", MONTH.from_ms - 1, MONTH.until_ms) == ["2026-10", "2026-11", "2026-12"]
    with pytest.raises(ValueError, match="2026-13 is no month"):
        Month.named("2026-13", "Europe/Madrid")


def test_nobody_edits_the_ledger(tmp_path: Path) -> None:
    path = _store(tmp_path)
    with writing(path, OFFICE) as store:
        store.durable(StoreCdr(cdr(1, client="Acme")))
    db = connect(path, "rw")
    for statement in ("update ledger set amount_micros = 0", "delete from ledger"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            db.execute(statement)
    db.close()
