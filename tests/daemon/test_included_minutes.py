"""Minutes of a line's contract, as they make calls cheaper: used once, shared among lines, until they end."""

from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import Cdr, StoreCdr
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan, Plan
from appliance.billing.charges import Charge
from appliance.billing.rating import worked_out
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.connection import connect
from appliance.daemon.store_writes import Office
from tests.daemon.records import OFFERED_AT, cdr
from tests.daemon.stores import writing

RATES = RateTable([Rate("fijos", "out", "+34", connect_fee_micros=50_000, rate_micros_per_minute=60_000)], "EUR")
A, B, C = LineName("a"), LineName("b"), LineName("c")
BY_MINUTE = AllowancePlan(each_month_ms=180_000, covers={"": False, "9": True}, pool="p")


def _office(plan: AllowancePlan = BY_MINUTE) -> Office:
    lines = (
        LinePlan(A, allowance=plan),
        LinePlan(B, allowance=plan),
        LinePlan(C, allowance=AllowancePlan(each_month_ms=60_000)),
    )
    zone = "Europe/Madrid"
    box = Plan(box="oficina", lines=lines, country_code="34", national_digits=9, abroad="00", time_zone=zone)
    return Office("oficina", RATES, plan=box, emergency=("112",))


def _out(number: int, talk_s: int, line: LineName = A, called: str = "910000000") -> StoreCdr:
    legs = (msgspec.structs.replace(cdr().legs[0], line=line, answered_ms=0, ended_ms=talk_s * 1000),)
    made: Cdr = cdr(number, direction="out", line=line, called=called, talk_ms=talk_s * 1000, hold_ms=0, legs=legs)
    return StoreCdr(made)


def _charges(path: Path, office: Office, *effects: StoreCdr) -> list[Charge]:
    with writing(path, office) as store:
        store.durable(*effects)
    db = connect(path, "rw")
    charges = [msgspec.json.decode(row[0], type=Charge) for row in db.execute("select charge from calls order by seq")]
    db.close()
    for charge in charges:
        assert worked_out(charge) == charge.total_micros
    return charges


def test_calls_are_free_while_minutes_last_and_then_cost(tmp_path: Path) -> None:
    charges = _charges(tmp_path / "s.sqlite3", _office(), _out(1, 61), _out(2, 90), _out(3, 10))
    assert [(one.included_s, one.total_micros) for one in charges] == [(120, 0), (60, 50_000 + 60_000), (0, 110_000)]


def test_a_record_that_is_written_again_takes_no_minutes_again(tmp_path: Path) -> None:
    path, first = tmp_path / "s.sqlite3", _out(1, 61)
    _charges(path, _office(), first, first)
    charges = _charges(path, _office(), first, _out(2, 60))
    assert [one.total_micros for one in charges] == [0, 0]


def test_lines_share_a_pool_and_another_line_has_its_own(tmp_path: Path) -> None:
    charges = _charges(tmp_path / "s.sqlite3", _office(), _out(1, 120), _out(2, 90, B), _out(3, 60, C), _out(4, 1, B))
    assert [one.included_s for one in charges] == [120, 60, 60, 0]


def test_each_month_has_its_minutes(tmp_path: Path) -> None:
    later = _out(2, 180)
    month_ms = 31 * 86_400_000
    later = StoreCdr(msgspec.structs.replace(later.cdr, offered_at=later.cdr.offered_at + month_ms))
    charges = _charges(tmp_path / "s.sqlite3", _office(), _out(1, 180), later, _out(3, 60))
    assert [one.included_s for one in charges] == [180, 180, 0]


@pytest.mark.parametrize("called", ["600000000", "+33100000000", "112"])
def test_what_the_contract_does_not_include_takes_nothing(called: str, tmp_path: Path) -> None:
    charges = _charges(tmp_path / "s.sqlite3", _office(), _out(1, 60, called=called), _out(2, 180))
    assert [one.included_s for one in charges] == [0, 180]


def test_a_contract_that_is_over_includes_nothing(tmp_path: Path) -> None:
    plan = msgspec.structs.replace(BY_MINUTE, ends_on=local_day("Europe/Madrid", OFFERED_AT))
    after = _out(2, 60)
    after = StoreCdr(msgspec.structs.replace(after.cdr, offered_at=after.cdr.offered_at + 86_400_000))
    charges = _charges(tmp_path / "s.sqlite3", _office(plan), _out(1, 60), after)
    assert [one.included_s for one in charges] == [60, 0]
