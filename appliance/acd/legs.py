"""The legs: making one, hanging one up and making sure it goes, and its line in the call's record."""

from appliance.acd import allowances
from appliance.acd.effects import HangUpLeg, LegRecord, RefuseLeg
from appliance.acd.ids import LegId
from appliance.acd.inputs import AnswerEvidence, LegCause
from appliance.acd.state import Call, Leg
from appliance.acd.turn import Turn

CLOSING_MS = 5_000
"""A leg that was hung up should have ended by then; else it is hung up again."""
HANG_UPS_LIMIT = 3
NO_ANSWER: tuple[LegCause, ...] = ("busy", "congestion")
"""What a line says of a number that did not answer, and of nothing else."""
LEGS_RECORDED = 200
"""Legs kept in one call's record. Beyond it the oldest rings are left out, never a leg somebody talked on."""


def mint(turn: Turn) -> LegId:
    """The id of a leg we are about to ask for: from the state, so that a replay mints the same."""
    number = turn.state.next_leg
    turn.state.next_leg = number + 1
    return LegId(f"acd-{number}")


def came_through(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> None:
    """The leg's path is open."""
    leg.state, leg.answered_ms, leg.evidence = "answered", turn.now_ms, evidence
    turn.deadlines.cancel("dial", leg.id)


def never_answered(leg: Leg, cause: LegCause) -> bool:
    """Whether the end of a dialled leg, for this cause, says that there was no answer although its line assumed one."""
    return leg.state == "answered" and leg.evidence == "assumed" and cause in NO_ANSWER


def hang_up(turn: Turn, leg: Leg, cause: LegCause = "normal") -> None:
    """End a leg whatever its state. It is `closing` until its LegEnded comes."""
    if leg.state == "closing":
        return
    turn.switch.append(HangUpLeg(leg.id, cause))
    _close(turn, leg)


def refuse(turn: Turn, leg: Leg, cause: LegCause) -> None:
    """Turn away a caller or a dialling station that was not answered."""
    turn.switch.append(RefuseLeg(leg.id, cause))
    _close(turn, leg)


def still_closing(turn: Turn, leg: Leg) -> None:
    """A leg did not end although we hung it up: say it again, and forget it in the end."""
    if leg.hang_ups >= HANG_UPS_LIMIT:
        turn.late("never_ended", leg.id)
        forget(turn, leg)
        return
    say_again(turn, leg)


def say_again(turn: Turn, leg: Leg) -> None:
    turn.switch.append(HangUpLeg(leg.id))
    _close(turn, leg)


def forget(turn: Turn, leg: Leg) -> None:
    """The leg is gone."""
    turn.state.legs.pop(leg.id, None)
    turn.deadlines.cancel("closing", leg.id)
    turn.deadlines.cancel("ring", leg.id)
    turn.deadlines.cancel("dial", leg.id)
    if leg.role in ("star", "dialler"):
        turn.deadlines.cancel("star", leg.id)
        station = turn.state.stations.get(leg.station) if leg.station is not None else None
        if station is not None and station.star_legs > 0:
            station.star_legs -= 1
            if station.agent is not None:
                turn.freed_agents.append(station.agent)


def record(turn: Turn, call: Call, leg: Leg, cause: LegCause) -> None:
    """The leg's part in the call is over now: its line in the call's record."""
    allowances.count(turn, leg)
    call.legs.append(line_of(call, leg, turn.now_ms, cause))
    if len(call.legs) > LEGS_RECORDED:
        dropped = next((old for old in call.legs if old.answered_ms < 0), call.legs[0])
        call.legs.remove(dropped)


def line_of(call: Call, leg: Leg, now_ms: int, cause: LegCause) -> LegRecord:
    """A leg as it stands in a record, ended now."""
    return LegRecord(
        leg.id,
        leg.role if leg.role in ("caller", "number") else "agent",
        leg.line,
        leg.station,
        leg.agent,
        leg.started_ms - call.offered_ms,
        leg.answered_ms - call.offered_ms if leg.answered_ms >= 0 else -1,
        now_ms - call.offered_ms,
        cause,
        leg.evidence,
    )


def _close(turn: Turn, leg: Leg) -> None:
    leg.state = "closing"
    leg.hang_ups += 1
    turn.deadlines.cancel("ring", leg.id)
    turn.deadlines.cancel("dial", leg.id)
    turn.deadlines.cancel("star", leg.id)
    turn.deadlines.set("closing", leg.id, turn.now_ms + CLOSING_MS)
