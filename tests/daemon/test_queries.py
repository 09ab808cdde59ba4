"""What readers get: the figures by their rules, worked out by hand, and narrowed lists."""

import sqlite3
from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr, StoreWorklistItem, StoreWrapUp
from appliance.acd.ids import CallId, QueueName
from appliance.daemon.migrations import OLDEST, SCHEMA_VERSION
from appliance.daemon.numbers import set_number
from appliance.daemon.queries import (
    StoreMissing,
    agent_history,
    calls,
    customer,
    figures,
    local_midnight,
    open_store,
    today,
)
from appliance.words_details import detail_words
from tests.daemon.records import ANA, OFFERED_AT, QUEUE, abandoned, agent_state, cdr
from tests.daemon.stores import writing

SUPPORT = QueueName("soporte")
ALL_TIME = (0, 2 * OFFERED_AT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def test_there_is_no_store_yet(path: Path) -> None:
    with pytest.raises(StoreMissing, match="Start the ACD"):
        open_store(path)


@pytest.mark.parametrize(
    ("changed_by", "said"), [(-1, "older version.*Start the ACD"), (1, "newer version.*Install that version again")]
)
def test_a_store_of_another_version_is_not_read(path: Path, changed_by: int, said: str) -> None:
    """New readers may be there before the new ACD has brought the store up to date."""
    with writing(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute(f"pragma user_version = {SCHEMA_VERSION + changed_by}")
        set_number(db, OLDEST, SCHEMA_VERSION + changed_by)
    with pytest.raises(StoreMissing, match=said) as raised:
        open_store(path)
    assert detail_words(str(raised.value), "es") != str(raised.value)


def test_readers_cannot_write(path: Path) -> None:
    with writing(path), pytest.raises(Exception, match="readonly"):
        open_store(path).execute("delete from calls")


def test_the_figures_of_a_day_by_hand(path: Path) -> None:
    with writing(path) as to:
        to.durable(
            StoreCdr(cdr(1, wait_ms=5_000)),  # in target
            StoreCdr(cdr(2, wait_ms=20_000)),  # just in target
            StoreCdr(cdr(3, wait_ms=20_001)),  # just not
            StoreCdr(cdr(4, wait_ms=0, caller="+4912345")),  # at once; no tariff
            StoreCdr(abandoned(5, 4_999)),
            StoreCdr(abandoned(6, 15_000)),
            StoreCdr(abandoned(7, 90_000)),
            StoreCdr(abandoned(8, 30_000, end_reason="overflowed")),
            StoreCdr(cdr(9, wait_ms=50_000, queue=SUPPORT)),  # in the target of its own queue, 60 s
            StoreCdr(abandoned(10, 0, queue=None, queued_at=0, end_reason="rejected")),
            StoreCdr(cdr(11, direction="out", wait_ms=600_000)),  # called back, after ten minutes in its place
            StoreCdr(abandoned(12, 9_000, direction="out", end_reason="busy", legs=())),
            StoreCdr(abandoned(13, 8_000, talk_ms=90_000, end_reason="overflowed")),  # with an outside number
            StoreWrapUp(CallId("oficina-1"), ANA, 8_000, "venta"),
            StoreWorklistItem("+34600111222", CallId("oficina-6"), QUEUE, "abandoned", OFFERED_AT),
        )
        found = figures(open_store(path), *ALL_TIME)
    sales, total = next(one for one in found.queues if one.queue == QUEUE), found.total
    assert (sales.offered, sales.answered, sales.answered_in_target) == (9, 4, 3)
    assert (sales.abandoned, sales.short_abandoned, sales.abandoned_in_target, sales.overflowed) == (3, 1, 2, 2)
    assert (sales.called_out, sales.reached) == (2, 1)
    assert sales.service_level == 3 / (9 - 1)
    assert sales.service_level_of_answered == 3 / 4
    assert sales.service_level_2 == (3 + 2) / (4 + 3)
    assert sales.service_level_strict == 3 / (4 + 3 - 2)
    assert sales.abandonment == 3 / 9
    assert sales.asa_ms == (5_000 + 20_000 + 20_001 + 0) // 4
    assert sales.aht_ms == (4 * 60_000 + 8_000) // 4
    assert sales.longest_wait_ms == 90_000
    assert (sales.talk_ms, sales.hold_ms, sales.wrap_up_ms) == (4 * 58_000, 4 * 2_000, 8_000)
    assert sales.charges_micros == 3 * 74_000 + 98_000
    assert [one.queue for one in found.queues] == [SUPPORT, QUEUE]
    assert (total.queue, total.offered, total.answered, total.answered_in_target) == (None, 10, 5, 4)
    assert (found.calls, found.charges_micros, found.uncharged) == (13, 4 * 74_000 + 98_000, 2)
    assert (found.worklist_open, found.currency) == (1, "EUR")


def test_figures_of_nothing_have_no_quotients(path: Path) -> None:
    with writing(path):
        found = figures(open_store(path), *ALL_TIME)
    assert (found.calls, found.queues, found.total.offered) == (0, (), 0)
    assert (found.total.service_level, found.total.asa_ms, found.total.aht_ms) == (None, None, None)


def test_today_is_the_local_day_also_when_it_has_25_hours(path: Path) -> None:
    hour = 3_600_000
    sunday = 1_792_879_200_000  # 2026-10-25 00:00 in Madrid, when summer time ends at 03:00
    assert local_midnight("Europe/Madrid", sunday + 24 * hour) == sunday
    with writing(path) as to:
        to.durable(
            StoreCdr(cdr(1, offered_at=sunday - 1)),
            StoreCdr(cdr(2, offered_at=sunday)),
            StoreCdr(cdr(3, offered_at=sunday + 25 * hour - 1)),
            StoreCdr(cdr(4, offered_at=sunday + 25 * hour)),
        )
        found = today(open_store(path), "Europe/Madrid", sunday + 12 * hour)
    assert (found.since_utc_ms, found.until_utc_ms, found.calls) == (sunday, sunday + 25 * hour, 2)


def test_calls_are_narrowed_and_paged(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(StoreCdr(cdr(number)) for number in range(1, 6)))
        to.durable(StoreCdr(abandoned(6, 9_000, caller="+34911")), StoreCdr(cdr(7, queue=SUPPORT)))
        store = open_store(path)

        def ids(**narrowed: object) -> list[str]:
            return [row.call.removeprefix("oficina-") for row in calls(store, **narrowed)]  # type: ignore[arg-type]

        assert ids() == ["7", "6", "5", "4", "3", "2", "1"]
        page = calls(store, 3)
        assert ids(limit=3, before_record=page[-1].record) == ["4", "3", "2"]
        assert ids(queue="soporte") == ["7"]
        assert ids(caller="+34911") == ["6"]
        assert ids(end_reasons=("abandoned", "short_abandon")) == ["6"]
        assert ids(since_utc_ms=cdr(3).offered_at, until_utc_ms=cdr(5).offered_at) == ["4", "3"]
        assert ids(limit=-1) == []


def test_a_customer_is_counted_once_a_call(path: Path) -> None:
    number = "+34600111222"
    with writing(path) as to:
        told = (StoreCdr(cdr(1)), StoreCdr(abandoned(2, 9_000)), StoreCdr(cdr(3, caller="")), StoreCdr(cdr(1)))
        to.durable(*told)
        store = open_store(path)
        known = customer(store, number)
        assert customer(store, "+34999") is None
        assert customer(store, "") is None
    assert known is not None
    assert (known.calls, known.answered, known.abandoned, known.last_agent) == (2, 1, 1, "ana")
    assert (known.first_seen, known.last_seen) == (cdr(1).offered_at, cdr(2).offered_at)


def test_an_agents_history_is_the_newest_first(path: Path) -> None:
    with writing(path) as to:
        to.durable(agent_state(1, "ready"), agent_state(2, "not_ready", "cafe"))
        store = open_store(path)
        assert [(row.state, row.reason) for row in agent_history(store, "ana")] == [
            ("not_ready", "cafe"),
            ("ready", ""),
        ]
        assert agent_history(store, "nadie") == []
        assert len(agent_history(store)) == 2
