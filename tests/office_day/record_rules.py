"""What is true of any box's records, whatever happened: the chain holds, sums add up, nobody is twice."""

from collections import defaultdict
from itertools import pairwise

from appliance.billing.rating import rate_call
from appliance.billing.tariffs import RateTable
from appliance.daemon.e164 import rated_as
from appliance.daemon.record_chain import FIRST
from appliance.daemon.rows import CallDetails
from appliance.demo.script_records import CLOCKS_MS


def chain_problems(records: list[CallDetails]) -> list[str]:
    """Records in the order of the chain that do not follow the one before them."""
    pairs = pairwise([FIRST, *(one.hash for one in records)])
    return [
        f"record {one.row.call} does not follow the one before it"
        for one, (before, _) in zip(records, pairs, strict=True)
        if one.previous_hash != before
    ]


def sum_problems(record: CallDetails, table: RateTable) -> list[str]:
    """Times that do not add up, and a charge that is not that of the record's own facts."""
    row = record.row
    found = []
    parts = row.ivr_ms + row.wait_ms + row.talk_ms + row.hold_ms + row.voicemail_ms
    if parts != row.ended_at - row.offered_at:
        found.append(f"its parts are {parts} ms, the whole is {row.ended_at - row.offered_at} ms")
    rated_ms = row.talk_ms + row.hold_ms
    charge = rate_call(table, "in", row.caller, row.line, row.project, rated_ms, rated_as=rated_as(row.caller, "ES"))
    if record.charge != charge or row.charge_micros != charge.total_micros:
        found.append(f"charge {record.charge}, not {charge}")
    talked_ms = sum(one.talk_ms + one.hold_ms for one in record.segments)
    if talked_ms != row.talk_ms + row.hold_ms:
        found.append(f"its agents talked {talked_ms} ms, the call {row.talk_ms + row.hold_ms} ms")
    found += [
        f"talk time in a segment that is not talk: {one}"
        for one in record.segments
        if one.outcome != "talked" and (one.talk_ms or one.hold_ms)
    ]
    return found


def two_places_at_once(records: list[CallDetails]) -> list[str]:
    """No agent talks in two calls at the same time."""
    talks: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for record in records:
        for leg in record.legs:
            if leg.role == "agent" and leg.agent and leg.answered_ms >= 0:
                began = record.row.offered_at + leg.answered_ms
                talks[leg.agent].append((began, record.row.offered_at + leg.ended_ms, record.row.call))
    return [
        f"{agent} talks in {one[2]} until {one[1]} and in {other[2]} from {other[0]}"
        for agent, all_talks in talks.items()
        for one, other in pairwise(sorted(all_talks))
        if other[0] < one[1] - CLOCKS_MS
    ]
