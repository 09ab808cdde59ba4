"""kill -9 of every process at random moments of a busy hour: nothing lost, nothing doubled, nobody stuck."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from appliance.acd.ids import AgentName
from appliance.daemon.plan_builder import rate_table
from appliance.daemon.queries import CallDetails, Figures, call_details, calls, figures, worklist
from appliance.demo.office import HURRIED, Addresses, prepare_office
from tests.box import Box
from tests.office_day.busy_hour import BUILT, CALLING, BusyHourProcess
from tests.office_day.busy_records import HourTruth, Kill, Process
from tests.office_day.hall import unused_network
from tests.office_day.kill_check import KillCheck
from tests.office_day.killing import Killer
from tests.office_day.ledger_check import national
from tests.waiting import wait_for

BACK_WITHIN_MS = 3_000
LONGEST_RING_MS = 7_000
LATER_MS = 3_000
"""An end that is wrong by so much is seen, if no other kill explains it."""


def test_a_few_kills_of_each_process_lose_and_double_nothing(tmp_path: Path) -> None:
    busy_hour_with_kills(tmp_path, _seed(7), {"acd": 3, "switch": 3, "web": 3, "kamailio": 2}, (0.5, 5.0))


@pytest.mark.long
def test_a_hundred_kills_of_each_process_lose_and_double_nothing(tmp_path: Path) -> None:
    busy_hour_with_kills(tmp_path, _seed(100), {"acd": 100, "switch": 100, "web": 100, "kamailio": 25}, (0.3, 7.5))


def _seed(usual: int) -> int:
    seed = int(os.environ.get("CENTRALITA_SEED", usual))
    print(f"seed {seed} (CENTRALITA_SEED=… for another)")
    return seed


def busy_hour_with_kills(
    folder: Path, seed: int, counts: Mapping[Process, int], between_s: tuple[float, float]
) -> None:
    office = prepare_office(folder, Addresses.of_network(unused_network()), HURRIED)
    box = Box(office.config)
    killer = Killer(box, seed)
    with BusyHourProcess(folder, seed) as hour:
        hour.wait(BUILT)
        try:
            box.start(office.variables)
            hour.wait(CALLING)
            killer.run(dict(counts), between_s)
            truth = hour.finish()
            _assert_healthy(box)
            with box.store() as store:
                found = [call_details(store, row.call) for row in reversed(calls(store, 10_000))]
                records = [one for one in found if one is not None]
                numbers = {one.number for closed in (False, True) for one in worklist(store, 10_000, closed=closed)}
                day = figures(store, 0, 2**53)
        finally:
            killer.close()
            print("\n".join(hour.told), box.log_tail(60), sep="\n")
            box.stop()
    (folder / "kills.json").write_bytes(msgspec.json.encode((killer.kills, killer.outages)))
    check = KillCheck(truth, killer.kills, killer.outages, records, rate_table(office.configuration), numbers)
    _say(truth, killer, records, check)
    found_wrong = [
        *check.problems(),
        *_proof(truth, records),
        *_figures(records, day),
        *_rang_for_nobody(truth, killer.kills),
    ]
    assert not found_wrong, f"seed {seed}:\n" + "\n".join(found_wrong)
    assert "Traceback" not in box.log(), box.log_tail(80)
    _assert_it_was_a_busy_hour(truth, killer, records, check)
    _assert_planted_errors_are_seen(check, records)


def _assert_planted_errors_are_seen(check: KillCheck, records: list[CallDetails]) -> None:
    """The comparison would notice a record that is missing, doubled, wrong in its sum, time or agent."""
    sure = {call.caller for call in check.truth.calls if check.to_the_ms(call) and call.answered_ms >= 0}
    at = next(n for n, one in enumerate(records) if one.row.talk_ms and national(one.row.caller) in sure)
    cut = next(
        n
        for n, one in enumerate(records)
        if one.row.end_reason == "box_restarted" and check.only_kill_near(one, LATER_MS)
    )
    honest, row = records[at], records[at].row
    other = AgentName("ana" if row.agent != "ana" else "luis")
    planted: list[tuple[int, str, list[CallDetails]]] = [
        (at, "has no record of it", []),
        (at, "does not follow the one before", []),
        (at, "it has 2 records", [honest, honest]),
        (at, "charge", [replace(honest, row=replace(row, charge_micros=row.charge_micros + 1))]),
        (at, "its parts are", [replace(honest, row=replace(row, wait_ms=row.wait_ms + 1))]),
        (at, "did not lift", [replace(honest, legs=tuple(replace(one, agent=other) for one in honest.legs))]),
        (at, "its agents talked", [replace(honest, segments=())]),
        (at, "end_reason", [replace(honest, row=replace(row, end_reason="abandoned"))]),
        (cut, "not on the worklist", [_of_caller(records[cut], "600")]),
        (at, "is nobody's", [_of_caller(honest, "600")]),
        (cut, "and ended", [_later(records[cut], LATER_MS)]),
    ]
    for where, what, instead in planted:
        found = check.of([*records[:where], *instead, *records[where + 1 :]]).problems()
        assert any(what in one for one in found), (what, found)


def _of_caller(record: CallDetails, caller: str) -> CallDetails:
    return replace(record, row=replace(record.row, caller=caller))


def _later(record: CallDetails, ms: int) -> CallDetails:
    return replace(record, row=replace(record.row, ended_at=record.row.ended_at + ms))


def _assert_healthy(box: Box) -> None:
    wait_for("all is durable", lambda: box.control.health().store_pending == 0)
    wait_for("every effect done", lambda: box.control.health().unacknowledged_effects == 0)
    health = box.control.health()
    assert (health.store_refused, health.store_dropped, health.skipped_inputs) == (0, 0, 0)
    assert (health.store_error, health.journal_error, health.configuration_error) == ("", "", "")


def _proof(truth: HourTruth, records: list[CallDetails]) -> list[str]:
    """The calls of the end: one a line, each answered, each by another agent, at the same time."""
    by_caller = {national(one.row.caller): one.row for one in records}
    rows = [by_caller[call.caller] for call in truth.calls if call.number in truth.proof and call.caller in by_caller]
    lines, agents = {row.line for row in rows}, {row.agent for row in rows}
    if len(lines) == len(agents) == 4 and {row.end_reason for row in rows} == {"answered"}:
        return []
    return [f"at the end {lines} were answered by {agents}"]


def _rang_for_nobody(truth: HourTruth, kills: list[Kill]) -> list[str]:
    """Phones that were not told to stop. One dead process is made good by the others; only when Kamailio and the switch
    die together, before either is back, or both in the course of one ring, nobody is left who knows what they rang: a
    Kamailio that is back knows no ring of before. A phone then stops by itself."""
    at = {name: [one.at_ms for one in kills if one.process == name] for name in ("kamailio", "switch")}
    both = [(min(k, s), max(k, s)) for k in at["kamailio"] for s in at["switch"] if abs(k - s) < BACK_WITHIN_MS]
    return [
        f"{one.station} rang on and on from {one.since_ms}"
        for one in truth.rang_for_nobody
        if not any(first - LONGEST_RING_MS < one.since_ms < last + 1000 for first, last in both)
        and not all(any(0 <= kill - one.since_ms < LONGEST_RING_MS for kill in kills) for kills in at.values())
    ]


def _figures(records: list[CallDetails], day: Figures) -> list[str]:
    """What the page shows, counted again from the records."""
    rows = [one.row for one in records]
    queued = [row for row in rows if row.queued_at > 0 and row.queue is not None]
    reasons = Counter(row.end_reason for row in queued)
    answered = [row for row in queued if row.answered_at > 0]
    wanted = {
        "calls": (day.calls, len(rows)),
        "charges": (day.charges_micros, sum(row.charge_micros for row in rows)),
        "offered": (day.total.offered, len(queued)),
        "answered": (day.total.answered, len(answered)),
        "abandoned": (day.total.abandoned, reasons["abandoned"] + reasons["short_abandon"]),
        "short": (day.total.short_abandoned, reasons["short_abandon"]),
        "overflowed": (day.total.overflowed, reasons["overflowed"]),
        "talk": (day.total.talk_ms, sum(row.talk_ms for row in queued)),
        "wrap-up": (day.total.wrap_up_ms, sum(wrap.wrap_up_ms for one in records for wrap in one.wrap_ups)),
    }
    return [f"the figures' {name} is {got}, the records' {want}" for name, (got, want) in wanted.items() if got != want]


def _say(truth: HourTruth, killer: Killer, records: list[CallDetails], check: KillCheck) -> None:
    kinds = Counter(call.line for call in truth.calls)
    reasons = Counter(one.row.end_reason for one in records)
    cut = sum(check.cut(call) is not None for call in truth.calls)
    whole = sum(check.whole(call) for call in truth.calls)
    print(f"{len(killer.kills)} kills {dict(Counter(one.process for one in killer.kills))} in "
          f"{(truth.ended_ms - truth.began_ms) / 1000:.0f} s")  # fmt: skip
    print(
        f"{len(truth.calls)} calls {dict(kinds)}, {whole} untouched, {cut} cut; {len(records)} records {dict(reasons)}"
    )
    back = sorted(one.to_ms - one.from_ms for one in killer.outages)
    print(f"a line was back after {back[len(back) // 2]} ms (median), {back[-1]} ms (longest)")


def _assert_it_was_a_busy_hour(truth: HourTruth, killer: Killer, records: list[CallDetails], check: KillCheck) -> None:
    """The rules above had something to judge."""
    reasons = Counter(one.row.end_reason for one in records)
    talks = sum(any(one.outcome == "talked" for one in record.segments) for record in records)
    assert len(truth.calls) >= 2 * len(killer.kills) and talks >= len(killer.kills), (len(truth.calls), talks)
    assert sum(check.whole(call) for call in truth.calls) >= len(truth.calls) // 4
    assert reasons["box_restarted"] >= 1 and reasons["abandoned"] + reasons["short_abandon"] >= 1, reasons
