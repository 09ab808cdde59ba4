"""The codes people dial on a station, and the spoken confirmation: what is dialled is done at once, then said. A number
that is no code is `station_calls`'.

*45                  log in or out whoever usually sits here     *45<number>*<pin>   hot-desk login
*46<digits>          pause with a reason, *46 resumes            *47                 end wrap-up
*48                  more time for wrap-up                       *28                 night mode on or off
*5<digits>           disposition of the last call                *11*                the switch speaks the box's address
"""

from appliance.acd import legs, station_calls
from appliance.acd.effects import AnswerLeg, Play
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentPause,
    AgentResume,
    EndWrapUp,
    ExtendWrapUp,
    PersonCommand,
    SetDisposition,
    StationDialled,
)
from appliance.acd.pauses import reason_of
from appliance.acd.people import obey, set_night_mode, toggle_login
from appliance.acd.prompts import BOX_ADDRESS, prompt
from appliance.acd.state import Leg, Station
from appliance.acd.turn import Turn

CONFIRMATION_LIMIT_MS = 15_000
LEGS_LIMIT = 64
"""Stations dialling codes at the same time; more than that is a fault, and gets congestion."""
WRONG_PINS_LIMIT = 5
PINS_REFUSED_MS = 60_000
"""After so many wrong PINs (or numbers) a station takes none until a minute after the last: 5 guesses a minute of the
10,000 PINs of four digits, and not as many as somebody can dial."""
SAID_OF_REFUSALS = {
    "pause_unknown": "unknown_pause",
    "pause_full": "pause_full",
    "pause_day_limit": "pause_used_up",
    "needs_disposition": "disposition_needed",
    "no_more_extensions": "no_more_extensions",
    "off_shift": "off_shift",
}
"""Why not, in a prompt of its own; everything else is said not to be possible."""


def dialled(turn: Turn, what: StationDialled) -> None:
    """Somebody dialled on a station: do it, answer, say what came of it, hang up."""
    state = turn.state
    if what.leg in state.legs:
        turn.late("offered_already", what.leg)
        return
    refused = station_calls.call_out(turn, what) if what.digits[:1] not in ("*", "#") else ""
    if what.leg in state.legs:
        return  # it is a call's
    leg = Leg(what.leg, "star", "offered", turn.now_ms, station=what.station)
    state.legs[leg.id] = leg
    station = state.stations.get(what.station)
    if station is None or sum(other.role == "star" for other in state.legs.values()) > LEGS_LIMIT:
        turn.decide("refuse", "unknown_station" if station is None else "too_many_codes", detail=what.station)
        legs.refuse(turn, leg, "congestion")
        return
    station.star_legs += 1
    language = station_calls.language_of(turn, station)
    said = refused or _perform(turn, station, what.digits)
    leg.prompts = (prompt(language, said),)
    leg.answer_asked = True
    turn.switch.append(AnswerLeg(leg.id))
    turn.deadlines.set("star", leg.id, turn.now_ms + CONFIRMATION_LIMIT_MS)


def through(turn: Turn, leg: Leg) -> None:
    """The station's path is open: say it."""
    leg.state, leg.answered_ms = "answered", turn.now_ms
    turn.switch.append(Play(leg.id, leg.prompts, f"star-{leg.id}"))


def said(turn: Turn, leg: Leg) -> None:
    """It was heard, or should have been by now."""
    legs.hang_up(turn, leg)


def _perform(turn: Turn, station: Station, digits: str) -> str:
    """Do what the digits say; the name of the prompt that says what came of it."""
    name = station.plan.name
    if digits == "*11*":
        return BOX_ADDRESS
    if digits == "*28":
        set_night_mode(turn, not turn.state.night_mode)
        return "night_mode_on" if turn.state.night_mode else "night_mode_off"
    if digits == "*45":
        done = toggle_login(turn, name) or ""
        return done if done in ("logged_in", "logged_out") else _refused(done)
    if digits.startswith("*45"):
        return _hot_desk(turn, station, digits[3:])
    agent = station.agent
    if agent is None:
        return "not_possible" if digits[:3] in ("*46", "*47", "*48") or digits.startswith("*5") else "unknown_code"
    return _of_agent(turn, agent, digits)


def _hot_desk(turn: Turn, station: Station, keyed: str) -> str:
    """Log in by number and PIN, unless too many wrong ones were keyed here: then none is even looked at."""
    if turn.now_ms - station.wrong_pin_ms >= PINS_REFUSED_MS:
        station.wrong_pins = 0
    if station.wrong_pins >= WRONG_PINS_LIMIT:
        return "not_possible"
    said = _log_in(turn, station.plan.name, keyed)
    if said == "wrong_pin":
        station.wrong_pins, station.wrong_pin_ms = station.wrong_pins + 1, turn.now_ms
        if station.wrong_pins == WRONG_PINS_LIMIT:
            turn.decide("refuse", "too_many_wrong_pins", detail=station.plan.name)
    return said


def _log_in(turn: Turn, station: StationName, keyed: str) -> str:
    number, _, pin = keyed.partition("*")
    for name, agent in turn.state.agents.items():
        if agent.plan.number == number:
            refusal = obey(turn, AgentLogin(name, station, pin))
            if refusal is None:
                return "logged_in"
            return "wrong_pin" if refusal.code == "wrong_pin" else _refused(refusal.code)
    return "wrong_pin"


def _of_agent(turn: Turn, agent: AgentName, digits: str) -> str:
    rest = digits[3:]
    if digits == "*46":
        return _obeyed(turn, AgentResume(agent), "resumed")
    if digits.startswith("*46"):
        return _obeyed(turn, AgentPause(agent, reason_of(turn.state, rest)), "paused")
    if digits == "*47":
        return _obeyed(turn, EndWrapUp(agent), "wrap_up_over")
    if digits == "*48":
        return _obeyed(turn, ExtendWrapUp(agent), "wrap_up_extended")
    if digits.startswith("*5"):
        return _obeyed(turn, SetDisposition(agent, digits[2:]), "disposition_saved")
    return "unknown_code"


def _obeyed(turn: Turn, command: PersonCommand, prompt_name: str) -> str:
    refusal = obey(turn, command)
    return prompt_name if refusal is None else _refused(refusal.code)


def _refused(code: str) -> str:
    return SAID_OF_REFUSALS.get(code, "not_possible")
