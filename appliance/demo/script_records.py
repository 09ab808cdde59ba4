"""The script's notes of each call while it is up, and how they become the ledger's lines once everything was heard."""

from dataclasses import dataclass
from itertools import pairwise

from appliance.configuration.file import Configuration
from appliance.demo.ledger import DeskSession, EndedBy, LedgerCall, Moment, Outcome
from appliance.demo.outside_lines import LineEnd
from appliance.demo.script_plan import ActKind, ScriptCall
from appliance.demo.sounds import Ear
from appliance.demo.world_records import LineKind

FIRST_TONE_HZ = 500
TONE_STEP = 1.28
HEARD_AT_LEAST_MS = 300
CLOCKS_MS = 40
"""What threads and timers of both sides may add to any moment."""
OFFERED_LATE_MS: dict[LineKind, int] = {"sip": 500, "gsm": 1500, "fxo": 4000}
"""From the network's ring to the box's notice: a modem's caller number may come with a later ring."""
CALLER_ENDS_LATE_MS: dict[LineKind, int] = {"sip": 500, "gsm": 2000, "fxo": 9000}
"""From the caller's hang-up to the box's notice: an analogue line tells by busy tone alone."""
DESK_LATE_MS = 600
THROUGH_LATE_MS: dict[LineKind, int] = {"sip": 600, "gsm": 1500, "fxo": 1500}
"""From the lift to the connection: the caller's own path may still be opening."""
LINE_LOST_LATE_MS = 2000


def agent_tones(configuration: Configuration) -> dict[str, int]:
    """What each agent sounds like, in whole Hz, well apart from each other."""
    tones = [round(FIRST_TONE_HZ * TONE_STEP**n) for n in range(len(configuration.agent))]
    assert all(high - low > 100 for low, high in pairwise(tones)), "tones must be told apart in 20 ms"
    return {agent.name: tone for agent, tone in zip(configuration.agent, tones, strict=True)}


@dataclass
class _Notes:
    call: ScriptCall
    act: ActKind
    kind: LineKind
    offered_ms: int
    caller_ended_ms: int = -1
    agent_ended_ms: int = -1
    ended_ms: int = -1
    end: LineEnd | None = None
    ear: Ear | None = None
    answered: bool = False
    """The box opened the caller's path."""
    voicemail: bool = False


class CallBook:
    """Every call of the script, by its number."""

    def __init__(self, configuration: Configuration) -> None:
        self._agents = {tone: agent for agent, tone in agent_tones(configuration).items()}
        self._stations = {agent.name: agent.station or "" for agent in configuration.agent}
        self._max_wait_ms = {queue.name: round(1000 * queue.max_wait_s) for queue in configuration.queue}
        self._notes: dict[int, _Notes] = {}

    def open(self, call: ScriptCall, act: ActKind, kind: LineKind, at_ms: int) -> None:
        self._notes[call.number] = _Notes(call, act, kind, at_ms)

    def caller_ends(self, number: int, at_ms: int) -> None:
        self._notes[number].caller_ended_ms = at_ms

    def agent_ends(self, number: int, at_ms: int) -> None:
        self._notes[number].agent_ended_ms = at_ms

    def box_answered(self, number: int) -> None:
        self._notes[number].answered = True

    def in_voicemail(self, number: int) -> None:
        self._notes[number].voicemail = True

    def ended(self, number: int, end: LineEnd, at_ms: int) -> None:
        self._notes[number].end, self._notes[number].ended_ms = end, at_ms

    def heard(self, number: int, ear: Ear) -> None:
        self._notes[number].ear = ear

    def all_heard(self) -> bool:
        return all(notes.ear is not None for notes in self._notes.values())

    def ledger_calls(self, sessions: tuple[DeskSession, ...]) -> tuple[LedgerCall, ...]:
        """Every call's line of the ledger. Only once all is heard."""
        return tuple(self._line(notes, sessions) for notes in self._notes.values())

    def _line(self, notes: _Notes, sessions: tuple[DeskSession, ...]) -> LedgerCall:
        call, end, ear = notes.call, notes.end, notes.ear
        assert end is not None and ear is not None, f"call {call.number} is not over yet"
        tone = ear.tone(HEARD_AT_LEAST_MS)
        agent = self._agents.get(tone, "")
        session = _session(agent, notes, sessions)
        return LedgerCall(
            number=call.number,
            act=notes.act,
            line=call.line,
            caller=call.caller,
            called=call.called,
            queue=call.queue,
            outcomes=self._outcomes(notes, agent),
            ended_by=_ended_by(notes, session),
            offered=_moment(notes.offered_ms, OFFERED_LATE_MS[notes.kind]),
            ended=_ended(notes),
            agent=agent,
            station=self._stations.get(agent, ""),
            talked=None if session is None else _moment(session.lifted_ms, THROUGH_LATE_MS[notes.kind]),
            heard_ms=ear.tone_ms.get(tone, 0),
            refused_code=end.code if end.by_box and not notes.answered else 0,
        )

    def _outcomes(self, notes: _Notes, agent: str) -> tuple[Outcome, ...]:
        if agent:
            return ("answered",)
        if notes.end is not None and notes.end.by_box:
            return ("refused",)  # an analogue line can only refuse by answering and hanging up
        if notes.voicemail:
            return ("voicemail",)
        waited_ms = _ended(notes).latest_ms - notes.offered_ms
        if waited_ms >= self._max_wait_ms[notes.call.queue]:
            return ("abandoned", "voicemail")
        return ("abandoned",)


def _moment(at_ms: int, late_ms: int) -> Moment:
    return Moment(at_ms - CLOCKS_MS, at_ms + late_ms)


def _ended_by(notes: _Notes, session: DeskSession | None) -> tuple[EndedBy, ...]:
    """Who acted; both where caller and agent acted before either learnt of the other through the box."""
    if notes.end is not None and notes.end.lost:
        return ("line",)
    acted: list[EndedBy] = []
    if notes.caller_ended_ms >= 0:
        acted.append("caller")
    put_down = (
        session is not None and 0 <= session.replaced_ms <= notes.caller_ended_ms + CALLER_ENDS_LATE_MS[notes.kind]
    )
    if notes.agent_ended_ms >= 0 or (acted and put_down and notes.kind != "sip"):
        acted.append("agent")  # on a modem's line the agent may hear silence before the box hears of the end
    return tuple(acted) or ("box",)


def _ended(notes: _Notes) -> Moment:
    if notes.end is not None and notes.end.lost:
        return _moment(notes.ended_ms, LINE_LOST_LATE_MS)
    acted = [at_ms for at_ms in (notes.caller_ended_ms, notes.agent_ended_ms) if at_ms >= 0]
    late_ms = CALLER_ENDS_LATE_MS[notes.kind] if notes.caller_ended_ms >= 0 else DESK_LATE_MS
    if not acted:
        # The box ended it: that was before the network told.
        return Moment(notes.offered_ms - CLOCKS_MS, notes.ended_ms + CLOCKS_MS)
    return _moment(min(acted), late_ms)


def _session(agent: str, notes: _Notes, sessions: tuple[DeskSession, ...]) -> DeskSession | None:
    """This agent's handset as it was off its hook when the call ended."""
    acted = [at_ms for at_ms in (notes.caller_ended_ms, notes.agent_ended_ms) if at_ms >= 0]
    end_ms = min(acted, default=notes.ended_ms)
    for one in sessions:
        replaced_ms = one.replaced_ms if one.replaced_ms >= 0 else end_ms
        if agent and one.agent == agent and 0 <= one.lifted_ms <= end_ms <= replaced_ms + CLOCKS_MS:
            return one
    return None
