"""Income, cost and margin: each call is of one group, each minute of who talked, and the groups add up to the whole."""

from pathlib import Path

import pytest

from appliance.acd.effects import AgentSegment, Cdr, LegRecord, StoreCdr, StoreWrapUp
from appliance.acd.ids import AgentName, LegId, LineName, StationName
from appliance.billing.contracts import Contract, Contracts, PerCall, PerProject
from appliance.billing.lines import COST_ACCOUNT, FeeFact, Line
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.connection import connect
from appliance.daemon.ledger_writes import Ledger
from appliance.daemon.money_groups import ALL_BY, By
from appliance.daemon.money_queries import Money, Report, money, money_of_call
from appliance.daemon.period_closing import Month, close
from appliance.daemon.queries import open_store
from appliance.daemon.store_writes import Office
from tests.daemon.records import ANA, DESK, OFFERED_AT, QUEUE, abandoned, cdr
from tests.daemon.stores import writing

LUIS = AgentName("luis")
CONTRACT = Contract(
    "acme",
    "1",
    "Acme",
    "EUR",
    calls=(PerCall("llamada", 500_000),),
    projects=(PerProject("cuota", 9_000_000, project="web"),),
)
COSTS = RateTable([Rate("entrantes", "in", "+34", rate_micros_per_minute=60_000)], "EUR")
OFFICE = Office("oficina", COSTS, contracts=Contracts([CONTRACT]))
MONTH = Month.named("2026-11", OFFICE.time_zone)
HOURLY = {"ana": 18_000_000, "luis": 36_000_000}


def _transferred(number: int) -> Cdr:
    """Ana talked for 40 s and Luis for 20."""
    segments = (
        AgentSegment(ANA, DESK, QUEUE, 4_000, 38_000, 2_000, "talked"),
        AgentSegment(LUIS, StationName("mesa2"), QUEUE, 1_000, 20_000, 0, "talked"),
    )
    return cdr(number, client="Acme", project="web", segments=segments)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Ana's call of a minute for Acme; one that both had; one of nobody's client; one that hung up after a ring."""
    path = tmp_path / "store.sqlite3"
    rang = (AgentSegment(ANA, DESK, QUEUE, 9_000, 0, 0, "caller_left"),)
    with writing(path, OFFICE) as writer:
        writer.durable(
            StoreCdr(cdr(1, client="Acme", project="web")),
            StoreCdr(_transferred(2)),
            StoreCdr(cdr(3, line=LineName("fijo"), caller="")),
            StoreCdr(abandoned(4, 9_000, client="Acme", project="web", segments=rang)),
            StoreWrapUp(cdr(1).call, ANA, 10_000, ""),
        )
    db = connect(path, "rw")
    with db:
        db.execute("begin immediate")
        close(Ledger(db, 1), OFFICE.contracts, MONTH)
    db.close()
    return path


def _report(path: Path, by: By) -> Report:
    with open_store(path) as db:
        return money(db, by, MONTH.from_ms, MONTH.until_ms, HOURLY, lambda number: "vip" if number else "")


def test_a_client_s_margin_is_its_income_less_what_carriers_and_agents_cost(store: Path) -> None:
    acme = _report(store, "client").groups["Acme"]
    # 18/h is 0.005 a second: Ana 64 + 44 + 9 + 10 s; 0.01: Luis 21 s. Two calls at 0.50, the month at 9.
    agents = (64 + 44 + 9 + 10) * 5_000 + 21 * 10_000
    assert acme == Money(3, 2, 120_000, 10_000_000, 120_000, agents, 9 * 5_000)
    assert acme.margin_micros == 10_000_000 - 120_000 - agents
    assert acme.per_contact_micros == (120_000 + agents) // 2
    assert acme.per_unanswered_micros == 45_000


@pytest.mark.parametrize("by", ALL_BY)
def test_whatever_they_are_grouped_by_the_sum_is_the_same(store: Path, by: By) -> None:
    report, other = _report(store, by), _report(store, "client")
    total = report.total
    assert (total.calls, total.answered, total.talked_ms, total.cost_micros) == (
        other.total.calls,
        other.total.answered,
        other.total.talked_ms,
        other.total.cost_micros,
    )
    assert total.income_micros + report.outside_micros == other.total.income_micros == 10_000_000


def test_minutes_are_of_the_agent_who_talked(store: Path) -> None:
    groups = _report(store, "agent").groups
    assert {name: group.talked_ms for name, group in groups.items()} == {"ana": 160_000, "luis": 20_000, "": 0}


def test_groups_are_called_as_the_calls_say(store: Path) -> None:
    assert set(_report(store, "destination").groups) == {"in +34 entrantes", "in"}
    assert set(_report(store, "line").groups) == {"movil1", "fijo"}
    assert set(_report(store, "segment").groups) == {"vip", ""}
    assert set(_report(store, "project").groups) == {"web", ""}


def test_a_call_shows_both_sides_and_what_was_corrected_of_its_cost(store: Path) -> None:
    call = cdr(1).call
    db = connect(store, "rw")
    line = Line(
        COST_ACCOUNT, "cost", call, "entrantes", "2", "", OFFERED_AT, "2026-11", FeeFact(70_000), 10_000, "EUR",
        call=call, revision=1, was_micros=60_000, why="rerated",
    )  # fmt: skip
    with db:
        db.execute("begin immediate")
        Ledger(db, 1)._append(line)
    db.close()
    with open_store(store) as reader:
        both = money_of_call(reader, call, 60_000)
    assert (both.income_micros, both.carrier_micros, both.margin_micros) == (500_000, 70_000, 430_000)
    assert [one.kind for one in both.lines] == ["cost", "call"]
    assert _report(store, "client").groups["Acme"].carrier_micros == 130_000


def test_an_outside_number_a_caller_was_sent_to_is_of_its_own_line_and_destination(tmp_path: Path) -> None:
    out = Rate("fijos", "out", "+34", rate_micros_per_minute=90_000)
    path = tmp_path / "store.sqlite3"
    sent = LegRecord(
        LegId("acd-9"), "number", LineName("trunk"), None, None, 1_000, 5_000, 65_000, "normal", "signalled"
    )
    call = cdr(1, forwarded_to="+34911222333", legs=(*cdr(1).legs, sent))
    with writing(path, Office("oficina", RateTable([*COSTS.rates, out], "EUR"))) as writer:
        writer.durable(StoreCdr(call), StoreCdr(cdr(2)))
    by_line, by_destination = _report(path, "line"), _report(path, "destination")
    assert {name: one.carrier_micros for name, one in by_line.groups.items()} == {"movil1": 120_000, "trunk": 90_000}
    assert {name: one.carrier_micros for name, one in by_destination.groups.items()} == {
        "in +34 entrantes": 120_000,
        "out +34 fijos": 90_000,
    }
    assert by_line.total == by_destination.total == _report(path, "queue").total
