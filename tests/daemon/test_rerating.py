"""Calls rated anew come to what they would have been charged from the start, by new lines, and once."""

import os
import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.acd.effects import StoreCdr, StoreWrapUp
from appliance.billing.contracts import Contract, Contracts, PerCall, PerResult
from appliance.billing.tariffs import RateTable
from appliance.daemon.ledger_writes import Ledger, OtherCurrency
from appliance.daemon.period_closing import Month, close
from appliance.daemon.rerating import Progress, Rerating
from appliance.daemon.short_writes import JobRefused, store_for_job
from appliance.daemon.store_writes import Office
from tests.daemon.ledgers import ALL, audited, lines_count, opened, rerated
from tests.daemon.money_cases import random_calls, random_office, what_is_said
from tests.daemon.records import ANA, OFFERED_AT, cdr
from tests.daemon.stores import writing

SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 10**6)


@pytest.mark.parametrize("case", range(12))
def test_rated_anew_is_as_if_it_had_been_so_from_the_start(case: int, tmp_path: Path) -> None:
    print(f"seed {SEED} (set SEED to repeat another)")
    chance = random.Random(SEED * 100 + case)
    before, after = random_office(chance), random_office(chance)
    said = what_is_said(chance, random_calls(chance, 40))
    path, fresh = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    for office, store in ((before, path), (after, fresh)):
        with writing(store, office) as to:
            to.durable(*said)
    with opened(path) as db:
        was = audited(db)
    progress = rerated(path, after)
    with opened(path) as db, opened(fresh) as other:
        now, expected = audited(db), audited(other)
        covered = set(expected)
        kept = {key: was[key] for key in was if key not in covered and is_kept(db, after, key)}
        assert now == expected | kept
        count = lines_count(db)
        assert db.execute("select count(*) from rerating").fetchone() == (0,)
        claims = "select call, result, state from results where state <> 'reversed' order by 1, 2"
        names = {(c.client, r.name) for c in after.contracts.all for r in c.results}
        stored = [row for row in db.execute(claims) if any(name == row[1] for _, name in names)]
        assert set(other.execute(claims).fetchall()) <= set(stored)
    assert progress.finished and progress.calls == 40
    assert (sum(one.lines for one in progress.differences.values()) == 0) == (progress.changed == 0)
    again = rerated(path, after)
    assert (again.changed, again.differences) == (0, {})
    with opened(path) as db:
        assert lines_count(db) == count


def is_kept(db: sqlite3.Connection, office: Office, key: tuple[str, str, str]) -> bool:
    """Of calls whose client has no contract in force for them now."""
    call = key[2].partition("/")[0]
    row = db.execute("select client, project, offered_at from calls where call = ?", (call,)).fetchone()
    return key[0] != "=cost" and office.contracts.find(*row) is None


def test_interrupted_after_each_batch_it_goes_on_and_says_the_same_in_the_end(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    before, after = random_office(chance), random_office(chance)
    said = what_is_said(chance, random_calls(chance, 200))
    whole, parts = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    for path in (whole, parts):
        with writing(path, before) as to:
            to.durable(*said)
    expected = rerated(whole, after)
    runs, progress = 0, Progress()
    while not progress.finished:
        runs += 1
        with store_for_job(parts) as db:
            progress = one_batch(db, after)
    assert runs > 5
    assert (progress.calls, progress.changed, progress.kept) == (expected.calls, expected.changed, expected.kept)
    assert progress.differences == expected.differences
    with opened(whole) as db, opened(parts) as other:
        assert audited(db) == audited(other)


def test_a_place_kept_under_other_prices_is_not_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with writing(path, priced(5)) as to:
        to.durable(*(StoreCdr(cdr(number, client="Acme")) for number in range(1, 101)))
    with store_for_job(path) as db:
        assert not one_batch(db, priced(6)).finished
    assert rerated(path, priced(7)).calls == 100
    with opened(path) as db:
        assert set(audited(db).values()) == {(7, 0)}


def test_a_dry_run_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with writing(path, priced(5)) as to:
        to.durable(*(StoreCdr(cdr(number, client="Acme")) for number in range(1, 4)), StoreCdr(cdr(4, client="Bolt")))
    dry = rerated(path, priced(6), replace(ALL, dry_run=True))
    with opened(path) as db:
        assert lines_count(db) == 3
        assert db.execute("select count(*) from rerating").fetchone() == (0,)
    done = rerated(path, priced(6))
    assert (dry.calls, dry.changed, dry.differences) == (done.calls, done.changed, done.differences) != (0, 0, {})
    ((account, difference),) = done.differences.items()
    assert (account, difference.lines, difference.micros) == (("Acme", "acme"), 3, 3)


def test_only_the_client_and_the_days_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with writing(path, priced(5, "Acme", "Bolt")) as to:
        to.durable(*(StoreCdr(cdr(number, client="Acme" if number % 2 else "Bolt")) for number in range(1, 9)))
    order = replace(ALL, client="Acme", from_ms=cdr(3).offered_at, until_ms=cdr(7).offered_at)
    assert rerated(path, priced(6, "Acme", "Bolt"), order).calls == 2
    with opened(path) as db:
        changed = {subject for (_, _, subject), sums in audited(db).items() if sums == (6, 0)}
    assert changed == {"oficina-3", "oficina-5"}


def test_what_a_client_without_any_contract_was_charged_stays_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with writing(path, priced(5)) as to:
        to.durable(StoreCdr(cdr(1, client="Acme")))
    progress = rerated(path, Office("oficina", RateTable((), "EUR")))
    assert (progress.changed, progress.kept) == (0, 1)


def test_a_price_and_a_result_that_are_no_more_are_given_back(tmp_path: Path) -> None:
    path, call = tmp_path / "a.sqlite3", cdr(1).call
    result = PerResult("cita", 9, ("7",), charged_when="claimed")
    with writing(path, priced(5, results=(result,))) as to:
        to.durable(StoreCdr(cdr(1, client="Acme")), StoreWrapUp(call, ANA, 1, "7"))
    assert rerated(path, priced(None)).changed == 1
    with opened(path) as db:
        assert audited(db) == {}
    rerated(path, priced(None, results=(result,)))
    with opened(path) as db:
        assert audited(db) == {("Acme", "result", f"{call}/cita"): (9, 0)}


def test_another_currency_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with writing(path, priced(5)) as to:
        to.durable(StoreCdr(cdr(1, client="Acme")))
    with pytest.raises(OtherCurrency, match="oficina-1 was charged in EUR and the box charges in MXN"):
        rerated(path, Office("oficina", RateTable((), "MXN")))


def test_what_the_writer_stores_while_a_batch_is_looked_at_is_looked_at_again(tmp_path: Path) -> None:
    """An agent changes a disposition between the look and the writing: the newest is charged, once."""
    path, call = tmp_path / "a.sqlite3", cdr(1).call
    by_code = (PerCall("venta", 100, dispositions=("1",)), PerCall("otra", 1))
    dearer = (PerCall("venta", 200, dispositions=("1",)), PerCall("otra", 2))
    with writing(path, priced(None, calls=by_code)) as to:
        to.durable(*(StoreCdr(cdr(number, client="Acme")) for number in range(1, 60)))
        codes = iter(["1", "3", "1", "3", "1"])

        def utc_ms() -> int:
            """Asked within each look, before anything is read."""
            code = next(codes, "")
            if code:
                to.durable(StoreWrapUp(call, ANA, 1, code))
            return OFFERED_AT

        with store_for_job(path) as db:
            db.execute("select 1 from calls").fetchone()
            Rerating(db, priced(None, calls=dearer), ALL, utc_ms).run(lambda _: None, lambda: False)
        to.durable(StoreWrapUp(call, ANA, 1, ""))
    with opened(path) as db:
        sums = audited(db)
        assert sums.pop(("Acme", "call", call)) == (200, 0)
        assert set(sums.values()) == {(2, 0)}


def test_months_that_were_closed_are_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    least = {"minimum_micros": 1_000}
    with writing(path, priced(5, **least)) as to:
        to.durable(*(StoreCdr(cdr(number, client="Acme")) for number in range(1, 11)))
    with opened(path) as db, db:
        db.execute("begin immediate")
        close(Ledger(db, 5), priced(5, **least).contracts, Month.named("2026-11", "Europe/Madrid"))
    progress = rerated(path, priced(6, **least))
    assert progress.months == 1
    with opened(path) as db:
        assert audited(db)["Acme", "minimum", "acme//2026-11"] == (940, 0)
    assert progress.differences["Acme", "acme"].micros == 0


def test_a_store_that_is_not_there_or_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with pytest.raises(JobRefused, match=r"a\.sqlite3: there is no store"):
        rerated(path, priced(1))
    with writing(path):
        pass
    with opened(path) as db:
        db.execute("pragma user_version = 9")
    with pytest.raises(JobRefused, match=r"a\.sqlite3: made by an older version \(schema 9\)"):
        rerated(path, priced(1))
    path.write_bytes(b"no store at all" * 1_000)
    with pytest.raises(JobRefused, match=r"a\.sqlite3: .*damaged"):
        rerated(path, priced(1))


def one_batch(db: sqlite3.Connection, office: Office) -> Progress:
    """A job that is told to stop after its first 25 calls."""
    once = iter([False])
    job = Rerating(db, office, ALL, lambda: OFFERED_AT)
    job.first_batch = 25
    return job.run(lambda _: None, lambda: next(once, True))


def priced(price: int | None, *clients: str, **changes: Any) -> Office:
    """A price for each call."""
    calls = () if price is None else (PerCall("llamada", price),)
    contracts = [
        replace(Contract(client.lower(), "1", client, "EUR", calls=calls), **changes) for client in clients or ("Acme",)
    ]
    return Office("oficina", RateTable((), "EUR"), contracts=Contracts(contracts))
