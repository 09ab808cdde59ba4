"""What the switch says of legs and stations, handed to the rule it concerns; what is late is named here.

A leg is known from its LegOffered, StationDialled or RingStation to its LegEnded. One that we hung up is `closing`:
whatever else is said of it crossed our hang-up on the way, and changes nothing.
"""

from appliance.acd import (
    admission,
    agents,
    announcements,
    assumed_answers,
    conversation,
    dialling,
    ivr,
    legs,
    line_tests,
    rings,
    star_codes,
)
from appliance.acd.ending import end
from appliance.acd.ids import LegId
from appliance.acd.inputs import (
    DigitPressed,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegProgress,
    PlayFinished,
    StationChanged,
)
from appliance.acd.state import Call, Leg
from appliance.acd.turn import Turn


def progress(turn: Turn, what: LegProgress) -> None:
    """The station rings: it can be reached; or a number that was dialled does."""
    leg = _live(turn, what.leg, "progress")
    agent = turn.agent_of(leg) if leg is not None else None
    if agent is not None:
        agent.failed_in_a_row = 0
    call = turn.call_of(leg) if leg is not None and leg.state == "dialling" else None
    if leg is not None and leg.role == "test":
        line_tests.far_ring(turn, leg)
    elif leg is not None and call is not None:
        dialling.far_ring(turn, call, leg)


def answered(turn: Turn, what: LegAnswered) -> None:
    leg = _live(turn, what.leg, "answered")
    if leg is None:
        return
    if leg.state == "answered":
        if not assumed_answers.proved(turn, leg, what.evidence):
            turn.late("answered_twice", leg.id, turn.call_of(leg))
    elif leg.role == "agent" and leg.state == "ringing":
        leg.evidence = what.evidence
        conversation.agent_lifted(turn, leg)
    elif leg.role == "test":
        line_tests.answered(turn, leg, what.evidence)
    elif leg.role in ("agent", "dialler"):
        conversation.station_through(turn, leg, what.evidence)
    elif leg.state == "dialling":
        call = turn.call_of(leg)
        assert call is not None, "a dialled leg that is not closing has its call"
        dialling.answered(turn, call, leg, what.evidence)
    elif leg.role == "star":
        star_codes.through(turn, leg)
    else:
        conversation.caller_through(turn, leg, what.evidence)


def ended(turn: Turn, what: LegEnded) -> None:
    leg = turn.state.legs.get(what.leg)
    if leg is None:
        turn.late("ended_unknown", what.leg)
        return
    call = turn.call_of(leg)
    if leg.role == "test":
        line_tests.ended(turn, leg, what.cause)
    elif leg.state == "closing" or leg.role == "star" or call is None:
        legs.forget(turn, leg)
    elif leg.id in call.rings:
        rings.over(turn, leg, rings.outcome_of(what.cause), what.cause, ended=True)
        legs.forget(turn, leg)
    else:
        no_answer = assumed_answers.was_none(call, leg, what)
        if no_answer:
            assumed_answers.undo(turn, call, leg)
        legs.record(turn, call, leg, what.cause)
        legs.forget(turn, leg)
        if no_answer:
            assumed_answers.go_on(turn, call, what.cause)
        elif leg.state == "dialling":
            dialling.not_reached(turn, call, what.cause)
        elif leg.role == "caller":
            conversation.caller_left(turn, call, what.cause)
        else:
            conversation.agent_left(turn, call, leg, what.cause)


def held(turn: Turn, what: LegHeld) -> None:
    leg = _live(turn, what.leg, "held")
    if leg is not None:
        conversation.hold(turn, leg, what.held)


def digit(turn: Turn, what: DigitPressed) -> None:
    """A key of a caller in a menu, or of one who waits and whose queue has such a way out; any other means nothing."""
    leg = _live(turn, what.leg, "digit")
    call = turn.call_of(leg) if leg is not None else None
    if call is not None and call.leg == what.leg:
        admission.key_pressed(turn, call, what.digit)


def play_finished(turn: Turn, what: PlayFinished) -> None:
    leg = _live(turn, what.leg, "play")
    if leg is None:
        return
    call = turn.call_of(leg)
    talk = call.conversation if call is not None else None
    if leg.role == "star":
        star_codes.said(turn, leg)
    elif leg.role == "test":
        line_tests.played(turn, leg)
    elif call is not None and talk is not None and talk.leg == leg.id and talk.whisper == what.token:
        conversation.whispered(turn, call)
    elif talk is not None and talk.leg == leg.id and talk.warning == what.token:
        talk.warning = ""
    elif call is None or call.leg != leg.id or call.play_token != what.token:
        turn.late("play_of_before", what.token, call)
    else:
        _heard(turn, call)


def _heard(turn: Turn, call: Call) -> None:
    kind = call.play
    announcements.stop(call)
    if kind == "menu" and call.state == "menu":
        ivr.heard(turn, call)
    elif kind == "greeting" and call.state == "greeting":
        admission.greeting_over(turn, call)
    elif kind == "voicemail":
        admission.take_message(turn, call)
    elif kind == "goodbye":
        admission.goodbye_over(turn, call)


def never_through(turn: Turn, call: Call) -> None:
    """We answered the caller, and the path never opened."""
    end(turn, call, "failed", "network", "failed")


def station_changed(turn: Turn, what: StationChanged) -> None:
    """A station that is up and on-hook again can be rung for whoever waits."""
    state = turn.state
    station = state.stations.get(what.station)
    if station is None:
        turn.late("unknown_station", what.station)
        return
    station.health, station.off_hook, station.detail = what.health, what.off_hook, what.detail
    station.reported = True
    agent = state.agents.get(station.agent) if station.agent is not None else None
    if agent is not None:
        turn.freed_agents.append(agent.plan.name)
        agents.thin_out(turn, agent)


def _live(turn: Turn, name: LegId, said: str) -> Leg | None:
    """The leg, if it is known and not closing; else what was said of it is late."""
    leg = turn.state.legs.get(name)
    if leg is None:
        turn.late(f"{said}_unknown", name)
        return None
    if leg.state == "closing":
        turn.late(f"{said}_after_hang_up", name, turn.call_of(leg))
        return None
    return leg
