"""One input (or one deadline) being handled: the state, the moment, and the effects so far.

Every rule of the ACD is a function that gets a Turn. Nothing else is passed around, and nothing outlives it except the
state and the effects.
"""

from appliance.acd.deadlines import Deadlines
from appliance.acd.desk import Contact
from appliance.acd.effects import (
    Candidate,
    Decision,
    DecisionKind,
    DeskEffect,
    StoreDecision,
    StoreEffect,
    SwitchEffect,
)
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName
from appliance.acd.line_effects import LineCandidate
from appliance.acd.state import Agent, Call, Leg, Queue, State, Waiter

LATE_DECISIONS_A_MINUTE = 60
"""More strays than this in a minute are counted, not stored: a mad device must not fill the disk."""


class IllegalTransition(Exception):
    """A table does not allow this event in this state: a bug in the ACD, never somebody's input. Names all three."""


class Turn:
    def __init__(
        self,
        state: State,
        deadlines: Deadlines,
        now_ms: int,
        switch: list[SwitchEffect],
        store: list[StoreEffect],
        desk: list[DeskEffect] | None = None,
    ) -> None:
        self.state = state
        self.deadlines = deadlines
        self.now_ms = now_ms
        self.switch = switch
        self.store = store
        self.desk = desk if desk is not None else []
        self.freed_agents: list[AgentName] = []
        """Agents who may have become free to be rung in this turn."""
        self.hungry_calls: list[CallId] = []
        """Calls that came to want an agent in this turn."""
        self.left_desks: list[Agent] = []
        """Agents with contacts who are paused or logged out now."""
        self.thinned_queues: dict[QueueName, None] = {}
        """Queues in which perhaps nobody is left to serve who waits."""
        self.touched_queues: dict[QueueName, None] = {}
        self.touched_lines: dict[LineName, None] = {}

    @property
    def now_utc_ms(self) -> int:
        return self.now_ms + self.state.utc_offset_ms

    def call_of(self, leg: Leg) -> Call | None:
        return self.state.calls.get(leg.call) if leg.call is not None else None

    def agent_of(self, leg: Leg) -> Agent | None:
        return self.state.agents.get(leg.agent) if leg.agent is not None else None

    def its_queue(self, call: Waiter) -> Queue:
        """The queue of a call that came to one, which is kept as long as such a call is up."""
        assert call.queue is not None, f"{call.id} has come to no queue"
        return self.state.queues[call.queue]

    def waiter(self, name: CallId) -> Waiter | None:
        """Who stands in a queue under this name."""
        return self.state.calls.get(name) or self.state.contacts.get(name)

    def queue_of(self, call: Call) -> Queue | None:
        return self.state.queues.get(call.queue) if call.queue is not None else None

    def play_token(self, kind: str) -> str:
        """Another for each Play, so that its end can be told from that of another."""
        number = self.state.next_play
        self.state.next_play = number + 1
        return f"{kind}-{number}"

    def decide(
        self,
        kind: DecisionKind,
        reason: str,
        *,
        call: Waiter | None = None,
        detail: str = "",
        strategy: str = "",
        candidates: tuple[Candidate, ...] = (),
        lines: tuple[LineCandidate, ...] = (),
    ) -> None:
        """Keep why this was done."""
        number = self.state.next_decision
        self.state.next_decision = number + 1
        self.store.append(
            StoreDecision(
                Decision(
                    number,
                    call.id if call is not None else None,
                    self.now_utc_ms,
                    kind,
                    call.queue if call is not None else None,
                    strategy,
                    reason,
                    detail,
                    _waited_ms(call, self.now_ms) if call is not None else 0,
                    candidates,
                    lines,
                )
            )
        )

    def late(self, reason: str, what: LegId | str, call: Call | None = None) -> None:
        """An input that came too late, twice, or about nothing we know: named, and ignored on purpose."""
        state = self.state
        minute = self.now_ms // 60_000
        if minute != state.late_minute:
            if state.late_left_out:
                self.decide("late", "left_out", detail=str(state.late_left_out))
            state.late_minute, state.late_in_minute, state.late_left_out = minute, 0, 0
        if state.late_in_minute >= LATE_DECISIONS_A_MINUTE:
            state.late_left_out += 1
            return
        state.late_in_minute += 1
        self.decide("late", reason, call=call, detail=str(what))


def _waited_ms(call: Waiter, now_ms: int) -> int:
    """Since the caller came to wait, up to the answer; 0 before the queue."""
    if isinstance(call, Contact):
        return now_ms - call.queued_ms
    if call.queued_ms < 0:
        return 0
    return (call.answered_ms if call.answered_ms >= 0 and not call.cut_off else now_ms) - call.queued_ms
