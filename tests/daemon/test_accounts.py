"""Prepaid accounts in the store: each payment once, none ever changed, and what is left as the terminal tells it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.account_report import micros_of, pay_in, show_accounts
from appliance.acd.effects import LegRecord, StoreCdr
from appliance.acd.ids import LineName
from appliance.billing.charges import Charge
from appliance.billing.limit_terms import Group, Window
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.accounts import AccountError, TopUp, balances, top_up
from appliance.daemon.connection import connect
from appliance.daemon.queries import open_store
from appliance.daemon.spent_queries import RecentCall, account, costs_of, newest_record, recent, spent
from appliance.daemon.store_writes import Office
from tests.daemon.records import OFFERED_AT, cdr
from tests.daemon.stores import writing

OUT = Rate("fuera", "out", "", None, "", 0, 600_000, 1, 1)
OFFICE = Office("oficina", RateTable([OUT], "EUR"))
PAID = TopUp("acme", 5_000_000, "EUR", "r1", "enero", "jefa", OFFERED_AT)
ALL = Window(OFFERED_AT - 1_000, OFFERED_AT + 10**9)


def call(number: int, **changes: object) -> StoreCdr:
    """A minute's call out for acme, which costs 0.60."""
    leg = LegRecord("l", "caller", LineName("gsm2"), None, None, 0, 1_000, 61_000, "normal")  # type: ignore[arg-type]
    given: dict[str, object] = {
        "offered_at": OFFERED_AT,
        "direction": "out",
        "line": "gsm2",
        "called": "600111222",
        "client": "acme",
        "project": "",
        "agent": "ana",
        "legs": (leg,),
        "segments": (),
    }
    return StoreCdr(replace(cdr(number), **given | changes))


def test_payments_are_booked_once_by_their_reference(tmp_path: Path) -> None:
    with writing(tmp_path / "s.sqlite3"):
        pass
    with closing(connect(tmp_path / "s.sqlite3")) as db:
        assert account(db, "acme") is None and balances(db) == []
        assert top_up(db, PAID) and not top_up(db, replace(PAID, at_utc_ms=1, note="otra vez"))
        assert top_up(db, replace(PAID, reference="r2", at_utc_ms=OFFERED_AT + 5))
        assert account(db, "acme") == (OFFERED_AT, 10_000_000)
        for wrong in ({"amount_micros": 6}, {"client": "otro"}):
            with pytest.raises(AccountError, match="another payment"):
                top_up(db, replace(PAID, **wrong))
        with pytest.raises(AccountError, match="more than nothing"):
            top_up(db, replace(PAID, amount_micros=0, reference="r3"))
        with pytest.raises(AccountError, match="is in EUR"):
            top_up(db, replace(PAID, currency="MXN", reference="r4"))
        for verb in ("update top_ups set amount_micros = 1", "delete from top_ups"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                db.execute(verb)
        assert not db.in_transaction and account(db, "acme") == (OFFERED_AT, 10_000_000)


def test_what_calls_cost_is_summed_by_whose_they_are_and_told_as_it_is_stored(tmp_path: Path) -> None:
    with writing(tmp_path / "s.sqlite3", OFFICE) as store:
        store.store.tells_costs = True
        store.durable(call(1), call(2, agent=None), call(3, client="otro", offered_at=OFFERED_AT + 5_000))
        store.durable(call(1), call(4, direction="in", legs=()))
        number = LegRecord("n", "number", LineName("trunk"), None, None, 0, 5, 30_005, "normal")  # type: ignore[arg-type]
        store.durable(call(5, direction="in", legs=(number,), forwarded_to="600111222", agent=None))
        told = list(store.store.costs_stored)
    whose = Group("gsm2", "ana", "acme", "")
    assert [(one.call, one.costs) for one in told] == [
        ("oficina-1", ((whose, 600_000),)),
        ("oficina-2", ((whose._replace(agent=""), 600_000),)),
        ("oficina-3", ((whose._replace(client="otro"), 600_000),)),
        ("oficina-5", ((Group("trunk", "", "acme", ""), 300_000),)),
    ]
    with closing(open_store(tmp_path / "s.sqlite3")) as db:
        newest = newest_record(db)
        assert newest == told[-1].record
        assert spent(db, ALL, newest) == {
            whose: 600_000,
            whose._replace(agent=""): 600_000,
            whose._replace(client="otro"): 600_000,
            Group("trunk", "", "acme", ""): 300_000,
        }
        assert spent(db, ALL, told[0].record) == {whose: 600_000}
        assert spent(db, Window(OFFERED_AT + 1, ALL.to_ms), newest).keys() == {whose._replace(client="otro")}
        assert spent(db, ALL._replace(client="acme"), newest) == {Group("", "", "acme", ""): 1_500_000}
        assert recent(db, OFFERED_AT + 1, ALL.to_ms, newest) == [
            RecentCall("600111222", "oficina-3", whose._replace(client="otro"), OFFERED_AT + 5_000)
        ]


def test_every_sum_is_answered_from_an_index(tmp_path: Path) -> None:
    with writing(tmp_path / "s.sqlite3", OFFICE):
        pass
    asked: list[str] = []
    with closing(open_store(tmp_path / "s.sqlite3")) as db:
        db.set_trace_callback(asked.append)
        spent(db, ALL, 9)
        spent(db, ALL._replace(client="acme"), 9)
        account(db, "acme")
        db.set_trace_callback(None)
        for question in asked:
            plan = [row["detail"] for row in db.execute(f"explain query plan {question}")]
            assert all("SCAN" not in step for step in plan), (question, plan)
            outside = "calls_sent_outside" in str(plan)
            assert outside or any("COVERING INDEX" in step for step in plan), (question, plan)


def test_a_call_in_that_was_not_sent_outside_cost_nothing_outside() -> None:
    charge = Charge("unanswered", "EUR", "in", "", 0, 0, "", "", "", 0, 0, 0, 0, 0)
    assert costs_of(call(1, direction="in").cdr, charge) == ()


CONFIGURATION = """
[box]
data_dir = "{folder}"
[[queue]]
name = "ventas"
title = "Ventas"
agents = []
client = "acme"
"""


def test_the_terminal_books_and_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "office.toml"
    config.write_text(CONFIGURATION.format(folder=tmp_path))
    assert pay_in(config, "acme", "12,50", "r1", "", "", "en") == 1, "there is no store yet"
    assert show_accounts(config, "en") == 1
    with writing(tmp_path / "centralita.sqlite3", OFFICE):
        pass
    assert show_accounts(config, "es") == 0
    assert pay_in(config, "acme", "12,50", "r1", "enero", "jefa", "en") == 0
    assert pay_in(config, "acme", "12.5", "r1", "enero", "jefa", "es") == 0
    assert show_accounts(config, None) == 0
    said = capsys.readouterr()
    assert "account top-up CLIENTE IMPORTE abre la primera" in said.out
    assert "acme: 12.50 EUR more, reference r1. 12.50 are left." in said.out
    assert "la referencia r1 ya estaba apuntada; no cambia nada. Quedan 12,50." in said.out
    assert [line.split()[:4] for line in said.out.splitlines()[-1:]] == [["acme", "12,50", "0,00", "12,50"]]
    for client, text, reference, why in (
        (None, None, "", "Say CLIENT and AMOUNT"),
        ("otro", "5", "", "There are: acme"),
        ("acme", "0", "", "is no amount"),
        ("acme", "cinco", "", "is no amount"),
        ("acme", "5", "x" * 201, "200 characters"),
        ("acme", "5", "r1", "another payment"),
    ):
        assert pay_in(config, client, text, reference, "", "", "en") == 1
        assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "micros"),
    [("50", 50_000_000), ("0.000001", 1), ("12,5", 12_500_000), ("0", None), ("-5", None), ("1.2345678", None)],
)
def test_amounts_are_read_exactly(text: str, micros: int | None) -> None:
    assert micros_of(text) == micros
