"""Compares a box's records with the script's ledger: every call, its agent, times, segments and charge."""

import time
from collections import Counter
from itertools import pairwise

from appliance.configuration.file import Configuration, Tariff
from appliance.daemon.rows import CallDetails, CallRow, Figures
from appliance.demo.ledger import DeskSession, EndedBy, Ledger, LedgerCall, Outcome, charge_micros

END_REASONS: dict[Outcome, set[str]] = {
    "answered": {"answered"},
    "abandoned": {"abandoned", "short_abandon"},
    "refused": {"busy"},
    "voicemail": {"overflowed"},
}
HUNG_UP_BY: dict[EndedBy, str] = {"caller": "caller", "agent": "agent", "box": "system", "line": "network"}
RANG_SLACK_MS = 1500
CLOCKS_MS = 500
"""Between what the world and the box call the same moment: each notes it when its own thread comes to it."""


def national(number: str) -> str:
    return number.removeprefix("+34")


def utc_offset_ms() -> int:
    """UTC minus CLOCK_BOOTTIME."""
    return (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1_000_000


def problems(ledger: Ledger, details: list[CallDetails], configuration: Configuration) -> list[str]:
    """Everything in which the records differ from the ledger, a sentence each; empty when they agree."""
    found = [f"seed {ledger.seed}: {len(details)} records for {len(ledger.calls)} calls"]
    by_caller = {national(one.row.caller): one for one in details}
    found = found if len(details) != len(ledger.calls) or len(by_caller) != len(details) else []
    for call in ledger.calls:
        record = by_caller.get(call.caller)
        if record is None:
            found.append(f"call {call.number} from {call.caller} on {call.line} has no record")
            continue
        of_call = [
            *_what(call, record.row),
            *_when(call, record.row),
            *_segments(call, record),
            *_rings(call, record, ledger.desks),
            *_charge(call, record.row, configuration),
        ]
        found += [f"call {call.number} ({call.act}, {call.line}, {call.outcome}): {what}" for what in of_call]
    return found


def _what(call: LedgerCall, row: CallRow) -> list[str]:
    allowed = set().union(*(END_REASONS[outcome] for outcome in call.outcomes))
    enders = {HUNG_UP_BY[one] for one in call.ended_by}
    found = []
    if row.end_reason not in allowed:
        found.append(f"end_reason {row.end_reason}, not {allowed}")
    if row.hung_up_by not in enders:
        found.append(f"hung_up_by {row.hung_up_by}, not {enders}")
    if (row.agent or "") != call.agent:
        found.append(f"agent {row.agent}, but the caller heard {call.agent or 'nobody'}")
    if row.line != call.line or (call.called and row.called != call.called):
        found.append(f"line {row.line}, called {row.called}")
    if row.end_reason == "answered" and row.recording is None:
        found.append("it was answered and not recorded")
    return found


def _when(call: LedgerCall, row: CallRow) -> list[str]:
    found = []
    offset_ms = utc_offset_ms()
    for name, at, moment in (("offered", row.offered_at, call.offered), ("ended", row.ended_at, call.ended)):
        if not moment.contains(at - offset_ms):
            late_ms = at - offset_ms - moment.earliest_ms
            found.append(f"{name} {late_ms} ms after the earliest, not within {moment.latest_ms - moment.earliest_ms}")
    shortest, longest = call.talk_ms()
    if not shortest <= row.talk_ms + row.hold_ms <= longest:
        found.append(f"talk of {row.talk_ms} ms, not {shortest} to {longest}")
    parts = row.ivr_ms + row.wait_ms + row.talk_ms + row.hold_ms + row.voicemail_ms
    if parts != row.ended_at - row.offered_at:
        found.append(f"its parts are {parts} ms, the whole is {row.ended_at - row.offered_at} ms")
    return found


def _segments(call: LedgerCall, record: CallDetails) -> list[str]:
    """Talk time belongs to the agent who talked, once, and to nobody else."""
    talked = [(segment.agent, segment.talk_ms) for segment in record.segments if segment.outcome == "talked"]
    wanted = [(call.agent, record.row.talk_ms)] if call.agent else []
    found = [] if talked == wanted else [f"talked segments {talked}, not {wanted}"]
    others = [one for one in record.segments if one.outcome != "talked" and (one.talk_ms or one.hold_ms)]
    return found + [f"talk time in a segment that is not talk: {one}" for one in others]


def _rings(call: LedgerCall, record: CallDetails, desks: tuple[DeskSession, ...]) -> list[str]:
    """Each SIP phone that showed this caller has its segment, with what became of it; and each segment of one that
    showed nobody, because it was still in the call its agent had just lifted, was at a moment when it was."""
    found = []
    shown = [one for one in desks if national(one.caller_shown) == call.caller]
    segments = Counter(segment.agent for segment in record.segments)
    offered_ms = record.row.offered_at - utc_offset_ms()
    for leg in record.legs:
        if (
            leg.cause == "busy"
            and leg.agent is not None
            and _still_in_a_call(leg.agent, offered_ms + leg.ended_ms, desks)
        ):
            segments[leg.agent] -= 1
    for agent, rings in Counter(one.agent for one in shown).items():
        if segments[agent] != rings:  # type: ignore[index]
            found.append(f"{agent}'s phone rang {rings} times for it, its record has {segments[agent]}")  # type: ignore[index]
    for one in shown:
        outcomes = {segment.outcome for segment in record.segments if segment.agent == one.agent}
        if one.lifted_ms < 0 and not outcomes & {"caller_left", "answered_elsewhere", "missed"}:
            found.append(f"{one.agent} did not lift, but {outcomes}")
    return found


def _still_in_a_call(agent: str, at_ms: int, desks: tuple[DeskSession, ...]) -> bool:
    """An agent who lifts in the moment another was first has a phone that answers a call the box takes back: rung for
    the next caller before it has heard so, it is busy, and shows nobody."""
    return any(
        one.agent == agent
        and 0 <= one.lifted_ms <= at_ms + CLOCKS_MS
        and at_ms <= max(one.replaced_ms, one.stopped_ms) + CLOCKS_MS
        for one in desks
    )


def _charge(call: LedgerCall, row: CallRow, configuration: Configuration) -> list[str]:
    """Worked out again from the tariff in the file; and what the ledger's own talk time would cost includes it."""
    tariff = _tariff(row.project, configuration)
    terms = (
        tariff.connect_fee_micros,
        tariff.rate_micros_per_minute,
        tariff.first_increment_s,
        tariff.next_increment_s,
    )
    wanted = charge_micros(row.talk_ms + row.hold_ms, *terms)
    least, most = (charge_micros(talk_ms, *terms) for talk_ms in call.talk_ms())
    found = []
    if row.charge_micros != wanted:
        found.append(f"charge {row.charge_micros}, not {wanted}")
    if not least <= row.charge_micros <= most:
        found.append(f"charge {row.charge_micros}, but the talk costs {least} to {most}")
    return found


def _tariff(project: str, configuration: Configuration) -> Tariff:
    return next(
        (one for one in configuration.tariff if one.project == project),
        next(one for one in configuration.tariff if not one.project),
    )


def figure_problems(ledger: Ledger, figures: Figures) -> list[str]:
    """The day's figures counted again from the ledger."""
    sure = [call for call in ledger.calls if len(call.outcomes) == 1]
    unsure = len(ledger.calls) - len(sure)
    offered = sum(call.outcome != "refused" for call in ledger.calls)
    answered = ledger.count("answered")
    abandoned = sum(call.outcome == "abandoned" for call in sure)
    overflowed = sum(call.outcome == "voicemail" for call in sure)
    total = figures.total
    wrong = [
        (name, got, least, most)
        for name, got, least, most in (
            ("calls", figures.calls, len(ledger.calls), len(ledger.calls)),
            ("offered", total.offered, offered, offered),
            ("answered", total.answered, answered, answered),
            ("abandoned", total.abandoned, abandoned, abandoned + unsure),
            ("overflowed", total.overflowed, overflowed, overflowed + unsure),
        )
        if not least <= got <= most
    ]
    return [f"seed {ledger.seed}: {name} is {got}, not {least} to {most}" for name, got, least, most in wrong]


def overlaps(ledger: Ledger) -> list[str]:
    """Talks of one agent at the same time: there are none in an honest ledger."""
    found = []
    for agent in {call.agent for call in ledger.calls if call.agent}:
        talks = sorted((c.talked.latest_ms, c.ended.earliest_ms) for c in ledger.calls if c.agent == agent and c.talked)
        found += [f"{agent}: {a} and {b}" for a, b in pairwise(talks) if b[0] < a[1] - RANG_SLACK_MS]
    return found
