"""An office run through the ACD itself in simulated time: callers with given patience and talk, agents with given days.

Nothing of the ACD is imitated here; imitated are the switch, which does at once what it is told, and the people.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd import inputs as i
from appliance.acd.acd import Acd
from appliance.acd.ids import AgentName, LegId, LineName, StationName
from appliance.acd.inputs import LegCause
from appliance.acd.plan import Plan, StationPlan

NEVER = 10**9
PROMPT_MS = 3_000
MESSAGE_MS = 15_000
"""What a caller says to a voicemail."""


_PRESENCE = ("ready", "not_ready", "logged_out")


class Caller(NamedTuple):
    """Calls at `at_ms`; leaves when not connected to an agent after `patience_ms` (math.inf: never)."""

    at_ms: int
    line: LineName
    number: str
    called: str
    patience_ms: float
    talk_ms: int
    wrap_up_ms: int


class PickUp(NamedTuple):
    """What becomes of a ring: lifted after `ring_ms`, ended after it by the station for a cause, or left ringing."""

    ring_ms: int
    lifts: bool
    cause: LegCause | None = None


class Shift(NamedTuple):
    """From `at_ms` on an agent is there ("ready"), paused ("not_ready") or gone ("logged_out")."""

    at_ms: int
    agent: AgentName
    state: str


def simulated_plan(plan: Plan) -> Plan:
    """The plan with a phone for every agent that is always reachable. No recordings, nobody who logs in alone or is
    paused for missed rings: when somebody was paused is given. Calls come to a queue, so no greeting is before it."""
    stations = tuple(StationPlan(_station(agent.name), str(n), True) for n, agent in enumerate(plan.agents, 1000))
    return replace(
        plan,
        stations=stations,
        agents=tuple(
            replace(one, station=_station(one.name), pin="", auto_login=False, shifts=()) for one in plan.agents
        ),
        queues=tuple(
            replace(
                queue,
                record=False,
                greeting_first=False,
                missed_rings_limit=NEVER,
                wrap_up_needs_disposition=False,
            )
            for queue in plan.queues
        ),
        pauses=(),
        shifts={},
        max_calls=max(plan.max_calls, 100_000),
    )


class Simulation:
    """Give it a plan of `simulated_plan`; `run` once. What the ACD would have stored comes out as it happens."""

    def __init__(
        self,
        plan: Plan,
        pick_up: Callable[[], PickUp],
        on_stored: Callable[[e.StoreEffect], None],
        acd: Acd | None = None,
    ) -> None:
        """`acd`: one of this plan to run instead of a new one."""
        self._plan = plan
        self._pick_up = pick_up
        self._on_stored = on_stored
        self._acd = acd or Acd(plan)
        self._now_ms = 0
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._called = 0
        self._callers: dict[LegId, Caller] = {}
        self._agent_at = {agent.station: agent.name for agent in plan.agents}
        self._station_of: dict[LegId, StationName] = {}
        self._wrap_ups: dict[AgentName, int] = {}
        self._wanted: dict[AgentName, str] = {}
        """How each agent is to be by now: who is on a call becomes so when it is over."""
        self.inputs = 0

    def run(self, callers: Iterable[Caller], shifts: Sequence[Shift]) -> None:
        """Everything, until the last call is over. Callers in the order of their times; they are taken one by one."""
        shifts = sorted(shifts, key=lambda shift: shift.at_ms)
        coming = iter(callers)
        first = next(coming, None)
        begin_ms = min(
            [*([first.at_ms] if first is not None else []), *(shift.at_ms for shift in shifts[:1])], default=0
        )
        self._now_ms = begin_ms
        for started in (i.DaemonStarted(1), i.ClockSet(0, True), i.SwitchStarted("simulation")):
            self._give(started)
        for shift in shifts:
            self._at(shift.at_ms, lambda shift=shift: self._shift(shift))  # type: ignore[misc]
        if first is not None:
            self._expect(first, coming)
        while self._events or self._acd.state.calls:
            self._step()

    # --- time

    def _at(self, at_ms: int, what: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (max(at_ms, self._now_ms), self._order, what))

    def _step(self) -> None:
        due_ms = self._acd.next_deadline()
        if self._events and (due_ms is None or self._events[0][0] <= due_ms):
            self._now_ms, _, what = heapq.heappop(self._events)
            what()
        else:
            assert due_ms is not None, "a call is up, and nothing will ever happen to it"
            self._now_ms = max(self._now_ms, due_ms)
            self._give(i.Tick())

    # --- the switch

    def _give(self, input: i.Input) -> None:
        said = [input]
        while said:
            self.inputs += 1
            effects = self._acd.handle(said.pop(0), self._now_ms)
            for stored in effects.store:
                self._on_stored(stored)
                if not isinstance(stored, e.StoreAgentState):
                    continue
                if stored.state == "wrap_up":
                    self._at(self._now_ms + self._wrap_ups.get(stored.agent, 0), self._wrapped_up(stored.agent))
                elif stored.state in _PRESENCE and stored.state != self._wanted.get(stored.agent, stored.state):
                    self._at(self._now_ms, self._follow(stored.agent))
            for effect in effects.switch:
                said += self._carry_out(effect)

    def _carry_out(self, effect: e.SwitchEffect) -> list[i.Input]:
        match effect:
            case e.AnswerLeg(leg):
                return [i.LegAnswered(leg)]
            case e.RingStation(leg, station):
                self._station_of[leg] = station
                self._rings(leg, self._pick_up())
            case e.HangUpLeg(leg, cause) | e.RefuseLeg(leg, cause):
                self._callers.pop(leg, None)
                self._station_of.pop(leg, None)
                return [i.LegEnded(leg, cause, by_us=True)]
            case e.Connect(caller, agent):
                self._talk(caller, agent)
            case e.Play(leg, prompts, token):
                self._at(self._now_ms + PROMPT_MS * len(prompts), lambda: self._played(leg, token))
            case e.StartRecording(legs=(leg,)):
                self._at(self._now_ms + MESSAGE_MS, lambda: self._leave(leg))
            case e.StopRecording(recording):
                return [i.RecordingFinished(recording, 0, 0)]
            case _:
                pass
        return []

    def _played(self, leg: LegId, token: str) -> None:
        if leg in self._callers:
            self._give(i.PlayFinished(leg, token))

    # --- people

    def _expect(self, caller: Caller, coming: Iterator[Caller]) -> None:
        self._at(caller.at_ms, lambda: self._call(caller, coming))

    def _call(self, caller: Caller, coming: Iterator[Caller]) -> None:
        following = next(coming, None)
        if following is not None:
            self._expect(following, coming)
        self._called += 1
        leg = LegId(f"simulation-{self._called}")
        self._callers[leg] = caller
        self._give(i.LegOffered(leg, caller.line, caller.number, caller.called))
        if leg in self._callers and caller.patience_ms != math.inf:
            self._at(self._now_ms + int(caller.patience_ms), lambda: self._give_up(leg))

    def _give_up(self, leg: LegId) -> None:
        """Unless an agent talks with the caller by now, or a voicemail listens."""
        known = self._acd.state.legs.get(leg)
        call = self._acd.state.calls.get(known.call) if known is not None and known.call is not None else None
        if call is not None and call.conversation is None and call.state not in ("voicemail", "ending"):
            self._leave(leg)

    def _leave(self, leg: LegId) -> None:
        if self._callers.pop(leg, None) is not None:
            self._give(i.LegEnded(leg, "normal"))

    def _rings(self, leg: LegId, what: PickUp) -> None:
        cause = what.cause
        if what.lifts:
            self._at(self._now_ms + what.ring_ms, lambda: self._lift(leg))
        elif cause is not None:
            self._at(self._now_ms + what.ring_ms, lambda: self._ring_ends(leg, cause))

    def _ring_ends(self, leg: LegId, cause: LegCause) -> None:
        if self._station_of.pop(leg, None) is not None:
            self._give(i.LegEnded(leg, cause))

    def _lift(self, leg: LegId) -> None:
        if leg in self._station_of:
            self._give(i.LegAnswered(leg))

    def _talk(self, caller: LegId, agent: LegId) -> None:
        who = self._agent_at.get(self._station_of[agent])
        talks = self._callers[caller]
        if who is not None:
            self._wrap_ups[who] = talks.wrap_up_ms
        self._at(self._now_ms + talks.talk_ms, lambda: self._leave(caller))

    def _wrapped_up(self, agent: AgentName) -> Callable[[], None]:
        since_ms = self._now_ms

        def end() -> None:
            state = self._acd.state.agents.get(agent)
            if state is not None and state.state == "wrap_up" and state.since_ms == since_ms:
                self._give(i.EndWrapUp(agent))

        return end

    def _shift(self, shift: Shift) -> None:
        if shift.agent in self._acd.state.agents:
            self._wanted[shift.agent] = shift.state
            self._follow(shift.agent)()

    def _follow(self, agent: AgentName) -> Callable[[], None]:
        return lambda: self._be(agent, self._wanted[agent])

    def _be(self, name: AgentName, wanted: str) -> None:
        """Say what makes the agent so, now or after the call."""
        agent = self._acd.state.agents[name]
        if wanted == "logged_out":
            if agent.state != "logged_out":
                self._give(i.AgentLogout(name))
            return
        if agent.state == "logged_out":
            self._give(i.AgentLogin(name, trusted=True))
        if wanted == "not_ready":
            if agent.state != "not_ready":
                self._give(i.AgentPause(name, "paused"))
        elif "not_ready" in (agent.state, agent.after_call):
            self._give(i.AgentResume(name))


def _station(agent: AgentName) -> StationName:
    return StationName(f"phone-{agent}")
