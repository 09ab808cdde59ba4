"""Records that tests of the store and the journal put in: whole, plausible, and different where a test says so."""

import msgspec

from appliance.acd.effects import AgentSegment, Candidate, Cdr, Decision, LegRecord, StoreAgentState
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName, RecordingName, StationName

OFFERED_AT = 1_795_000_000_000
LINE, QUEUE, ANA, DESK = LineName("movil1"), QueueName("ventas"), AgentName("ana"), StationName("mesa1")


def cdr(number: int = 1, **changes: object) -> Cdr:
    """An answered call of 60 s talk after 5 s wait; `changes` are fields of Cdr."""
    call = CallId(f"oficina-{number}")
    offered_at = OFFERED_AT + number * 100_000
    answered = Cdr(
        call=call,
        seq=number,
        incarnation=1,
        direction="in",
        line=LINE,
        caller="+34600111222",
        called="+34910000000",
        queue=QUEUE,
        queues=(QUEUE,),
        project="",
        client="",
        offered_at=offered_at,
        queued_at=offered_at,
        answered_at=offered_at + 5_000,
        ended_at=offered_at + 65_000,
        clock_synchronised=True,
        ivr_ms=0,
        wait_ms=5_000,
        ring_ms=4_000,
        talk_ms=58_000,
        hold_ms=2_000,
        voicemail_ms=0,
        end_reason="answered",
        hung_up_by="caller",
        evidence="signalled",
        agent=ANA,
        recording=RecordingName(f"2026/11/22/{call}.wav"),
        legs=(
            LegRecord(LegId(f"1-{number}"), "caller", LINE, None, None, 0, 5_000, 65_000, "normal", "signalled"),
            LegRecord(LegId(f"acd-{number}"), "agent", None, DESK, ANA, 1_000, 5_000, 65_000, "normal"),
        ),
        segments=(AgentSegment(ANA, DESK, QUEUE, 4_000, 58_000, 2_000, "talked"),),
    )
    return msgspec.structs.replace(answered, **changes)


def abandoned(number: int, wait_ms: int, **changes: object) -> Cdr:
    """A caller who hung up while waiting."""
    offered_at = OFFERED_AT + number * 100_000
    plain: dict[str, object] = {
        "answered_at": 0,
        "ended_at": offered_at + wait_ms,
        "wait_ms": wait_ms,
        "ring_ms": 0,
        "talk_ms": 0,
        "hold_ms": 0,
        "end_reason": "short_abandon" if wait_ms < 5_000 else "abandoned",
        "agent": None,
        "recording": None,
        "segments": (),
    }
    return cdr(number, **(plain | changes))


def decision(number: int, call: str = "oficina-1") -> Decision:
    """Ana rung, Luis not since he is on a call."""
    return Decision(
        number=number,
        call=CallId(call),
        at_utc_ms=OFFERED_AT,
        kind="ring",
        queue=QUEUE,
        strategy="longest_idle",
        reason="longest_idle",
        detail="",
        waited_ms=0,
        candidates=(
            Candidate(ANA, "ready", "", 12_000, True),
            Candidate(AgentName("luis"), "talking", "talking", 0, False),
        ),
    )


def agent_state(number: int, state: str, reason: str = "", call: str | None = None) -> StoreAgentState:
    return StoreAgentState(number, ANA, state, reason, DESK, None if call is None else CallId(call), OFFERED_AT, 0)
