"""Calls rated anew take the minutes that lines' contracts include as they would have from the start."""

import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import StoreCdr
from appliance.acd.ids import LineName
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan, Plan
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.rerating import Order, Progress, Rerating
from appliance.daemon.short_writes import store_for_job
from appliance.daemon.store_writes import Office
from tests.daemon.ledgers import ALL, Sums, audited, opened
from tests.daemon.records import OFFERED_AT, cdr
from tests.daemon.stores import writing

DAY_MS = 86_400_000
LINES = (LineName("a"), LineName("b"), LineName("c"))
SHARED = AllowancePlan(each_month_ms=2_000_000, covers={"": False, "9": True}, pool="p", resets_on_day=10)
PLAN = Plan(
    box="oficina",
    lines=(
        LinePlan(LINES[0], allowance=SHARED),
        LinePlan(LINES[1], allowance=SHARED),
        LinePlan(LINES[2], allowance=AllowancePlan(each_month_ms=600_000)),
    ),
    country_code="34",
    national_digits=9,
    abroad="00",
    time_zone="Europe/Madrid",
)
NO_TARIFF = Office("oficina", RateTable((), "EUR"), plan=PLAN)
RATED = replace(NO_TARIFF, rates=RateTable([Rate("fijos", "out", "+34", rate_micros_per_minute=60_000)], "EUR"))


def calls_out(chance: random.Random, count: int) -> list[StoreCdr]:
    """Over 80 days, in their order."""
    made = []
    for number in range(1, count + 1):
        talk_ms, line = chance.randrange(1_000, 200_000), chance.choice(LINES)
        legs = (msgspec.structs.replace(cdr().legs[0], line=line, answered_ms=0, ended_ms=talk_ms),)
        shared = {"client": chance.choice(("Acme", "Bolt")), "called": chance.choice(("910000000", "600000000"))}
        offered_at = OFFERED_AT + (80 * number // count - 40) * DAY_MS
        call = cdr(number, direction="out", line=line, talk_ms=talk_ms, hold_ms=0, legs=legs, **shared)
        made.append(StoreCdr(msgspec.structs.replace(call, offered_at=offered_at)))
    return made


@pytest.mark.parametrize(
    "order",
    [
        ALL,
        replace(ALL, from_ms=OFFERED_AT - 3 * DAY_MS),
        replace(ALL, from_ms=OFFERED_AT, until_ms=OFFERED_AT + 20 * DAY_MS),
        replace(ALL, client="Acme"),
    ],
)
def test_minutes_are_taken_in_the_order_of_the_records(order: Order, tmp_path: Path) -> None:
    said = calls_out(random.Random(5), 300)
    path, fresh = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    for store, office in ((path, NO_TARIFF), (fresh, RATED)):
        with writing(store, office) as to:
            to.durable(*said)
    progress = Progress()
    while not progress.finished:
        with store_for_job(path) as db:
            once = iter([False])
            job = Rerating(db, RATED, order, lambda: OFFERED_AT)
            job.first_batch = 25
            progress = job.run(lambda _: None, lambda once=once: next(once, True))  # type: ignore[misc]
    with opened(path) as db, opened(fresh) as other:
        expected: Sums = {}
        wanted = "select call from calls where offered_at >= ? and offered_at < ? and (? = '' or client = ?)"
        of_order = {row[0] for row in db.execute(wanted, (order.from_ms, order.until_ms, order.client, order.client))}
        for key, sums in audited(other).items():
            if key[2] in of_order:
                expected[key] = sums
        assert expected and audited(db) == expected
        used = "select * from included_minutes order by 1, 2"
        assert db.execute(used).fetchall() == other.execute(used).fetchall(), "the writer's own counting goes on"
