"""The pure machine: `Acd.handle(input, at_ms) -> effects`; which rule handles which input, and which deadline.

No clock, I/O, thread, randomness or logging in here or in anything it calls: the same inputs at the same times give the
same effects, on any machine, from any snapshot.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from appliance.acd import (
    admission,
    agents,
    announcements,
    balances,
    callback_attempts,
    contacts,
    conversation,
    dialling,
    lamps,
    leg_inputs,
    legs,
    line_health,
    line_tests,
    message_inputs,
    messages,
    money,
    money_inputs,
    office_calendar,
    pauses,
    people,
    plan_change,
    queues,
    recordings,
    records,
    recovery,
    restore,
    rings,
    routing,
    shifts,
    snapshot,
    star_codes,
    status,
    wrap_up,
)
from appliance.acd import inputs as i
from appliance.acd.deadlines import Deadline, Deadlines
from appliance.acd.distribution import settle
from appliance.acd.effects import DeskEffect, Effect, StoreEffect, SwitchEffect
from appliance.acd.ids import CallId
from appliance.acd.plan import Language, Plan
from appliance.acd.refusals import sentence, why_not
from appliance.acd.state import Agent, Call, Leg, State, Waiter
from appliance.acd.turn import Turn
from appliance.acd.view import Status

# Each handler takes the type it is listed under; the type checker cannot express that, so the tables say Any.
_INPUTS: dict[type, Callable[[Turn, Any], object]] = {
    i.SwitchStarted: recovery.switch_started,
    i.SwitchLost: recovery.switch_lost,
    i.SwitchBack: recovery.switch_back,
    i.LegOffered: routing.offered,
    i.LegFound: recovery.leg_found,
    i.LegProgress: leg_inputs.progress,
    i.LegAnswered: leg_inputs.answered,
    i.LegEnded: leg_inputs.ended,
    i.LegHeld: leg_inputs.held,
    i.DigitPressed: leg_inputs.digit,
    i.PlayFinished: leg_inputs.play_finished,
    i.RecordingFinished: recordings.finished,
    i.LineChanged: line_health.changed,
    i.StationChanged: leg_inputs.station_changed,
    i.StationDialled: star_codes.dialled,
    i.ButtonPressed: people.button,
    i.AgentLogin: people.obey,
    i.AgentLogout: people.obey,
    i.AgentPause: people.obey,
    i.AgentResume: people.obey,
    i.EndWrapUp: people.obey,
    i.ExtendWrapUp: people.obey,
    i.SetDisposition: people.obey,
    i.SetNightMode: people.obey,
    i.CloseWorklistItem: people.obey,
    i.CallBack: people.obey,
    i.TestLine: people.obey,
    i.AskBalance: people.obey,
    i.HangUpCall: people.obey,
    i.ContactOffered: contacts.offered,
    i.ContactAccepted: contacts.accepted,
    i.ContactRejected: contacts.rejected,
    i.ContactClosed: contacts.closed,
    message_inputs.SendMessage: messages.send,
    message_inputs.MessageCame: messages.came,
    message_inputs.MessageSent: messages.sent,
    message_inputs.MessageFailed: messages.failed,
    message_inputs.MessageReported: messages.reported,
    message_inputs.NetworkAnswered: balances.answered,
    message_inputs.MessagesStored: messages.stored,
    money_inputs.DialRefused: money.refused,
    money_inputs.MoneyLow: money.low,
    money_inputs.MoneyOut: money.out,
    i.DaemonStarted: recovery.daemon_started,
    i.ClockSet: recovery.clock_set,
    i.BoxHealth: recovery.box_health,
    i.PlanChanged: lambda turn, changed: plan_change.plan_changed(turn, changed.plan),
    i.Tick: lambda turn, tick: None,
    i.RestoreDurable: restore.restore,
}


def _on_call(rule: Callable[[Turn, Call], None]) -> Callable[[Turn, str], None]:
    return lambda turn, subject: rule(turn, turn.state.calls[subject])  # type: ignore[index]


def _on_waiter(turn: Turn, subject: str, rule: Callable[[Turn, Waiter], None]) -> None:
    waiter = turn.waiter(CallId(subject))
    assert waiter is not None, "who left waits for nothing"
    rule(turn, waiter)


def _on_leg(rule: Callable[[Turn, Leg], None]) -> Callable[[Turn, str], None]:
    return lambda turn, subject: rule(turn, turn.state.legs[subject])  # type: ignore[index]


def _on_agent(rule: Callable[[Turn, Agent], None]) -> Callable[[Turn, str], None]:
    return lambda turn, subject: rule(turn, turn.state.agents[subject])  # type: ignore[index]


_DEADLINES: dict[str, Callable[[Turn, str], None]] = {
    "answer": _on_call(leg_inputs.never_through),
    "greeting": _on_call(admission.greeting_over),
    "menu": _on_call(admission.key_overdue),
    "max_wait": _on_call(admission.waited_too_long),
    "announce": _on_call(announcements.announce_position),
    "message": _on_call(announcements.next_message),
    "heartbeat": _on_call(records.heartbeat),
    "goodbye": _on_call(admission.goodbye_over),
    "voicemail_prompt": _on_call(admission.take_message),
    "voicemail_end": _on_call(admission.goodbye_over),
    "max_call": _on_call(conversation.hang_up_call),
    "want": lambda turn, subject: _on_waiter(turn, subject, queues.want_changes),
    "contact_offer": lambda turn, subject: contacts.offer_over(turn, turn.state.contacts[subject]),  # type: ignore[index]
    "contact_retry": _on_agent(contacts.may_be_asked_again),
    "ring_more": _on_call(queues.ring_more),
    "ring": _on_leg(rings.timed_out),
    "dial": _on_leg(dialling.timed_out),
    "dial_again": _on_call(dialling.emergency_again),
    "callback": callback_attempts.due,
    "offer": _on_call(announcements.offer_callback),
    "whisper": _on_call(conversation.whispered),
    "closing": _on_leg(legs.still_closing),
    "star": _on_leg(star_codes.said),
    "wrap_up": _on_agent(wrap_up.over),
    "retry": _on_agent(agents.may_be_rung_again),
    "pause_over": _on_agent(pauses.over),
    "shift_over": _on_agent(shifts.leave),
    "shift": office_calendar.shift_changes,
    "scheduled_pause": office_calendar.scheduled_pause,
    "closing_time": office_calendar.closing_time,
    "line_test": line_tests.overdue,
    "balance": balances.overdue,
    "line_down": line_health.still_down,
    "text": messages.go_on,
    "lamp": lambda turn, subject: turn.touched_queues.update({subject: None}),  # type: ignore[dict-item]
}


AWAY_AGAIN_MS = 500
"""While the switch is away nothing comes due but lamps: no call can be told anything, and perhaps none is left. What
was due is looked at again after so long."""


class Effects(NamedTuple):
    """What is to be done about an input: the switch's part in its order, then the store's, then the desks'."""

    switch: list[SwitchEffect]
    store: list[StoreEffect]
    desk: Sequence[DeskEffect] = ()

    @property
    def all(self) -> list[Effect]:
        return [*self.switch, *self.store, *self.desk]


class Acd:
    """One call centre. Give it everything that happens, in order; do everything it says, in order."""

    def __init__(self, plan: Plan) -> None:
        self._state = plan_change.fresh(plan)
        self._deadlines = Deadlines(self._state)

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self._state.plan

    def handle(self, input: i.Input, at_ms: int) -> Effects:
        """What to do about an input that happened at `at_ms` (CLOCK_BOOTTIME): the switch's part, then the store's.

        Deadlines that passed since the last input are handled first, each at its own time. A time before the last
        input's counts as the last input's: time never goes back. Never raises for what people or devices may do;
        IllegalTransition and AssertionError are bugs.
        """
        switch: list[SwitchEffect] = []
        store: list[StoreEffect] = []
        desk: list[DeskEffect] = []
        at_ms = max(at_ms, self._state.now_ms)
        while (due := self._deadlines.pop_due(at_ms)) is not None:
            self._fire(due, switch, store, desk)
        turn = self._turn(at_ms, switch, store, desk)
        if not self._state.started:
            plan_change.first_input(turn)
        _INPUTS[type(input)](turn, input)
        _finish(turn)
        return Effects(switch, store, desk)

    def next_deadline(self) -> int | None:
        """When `handle(Tick(), …)` is wanted at the latest; None when nothing is waited for."""
        return self._deadlines.next_ms()

    def refusal(self, command: i.Command, language: Language = "es", at_ms: int = 0) -> str | None:
        """A plain sentence why this command cannot be done at `at_ms`, or when something happened last; None when it
        can. `handle` ignores one that cannot."""
        refusal = why_not(self._state, command, max(at_ms, self._state.now_ms))
        return sentence(refusal, language) if refusal is not None else None

    def view(self, at_ms: int) -> Status:
        """The live picture at `at_ms`."""
        return status.make(Turn(self._state, self._deadlines, max(at_ms, self._state.now_ms), [], []))

    def snapshot(self) -> bytes:
        """The whole state; `from_snapshot` of it goes on exactly where this one is."""
        return snapshot.encode(self._state)

    @classmethod
    def from_snapshot(cls, data: bytes) -> "Acd":
        """Raises snapshot.SnapshotError."""
        acd = cls.__new__(cls)
        acd._state = snapshot.decode(data)
        acd._deadlines = Deadlines(acd._state)
        return acd

    @property
    def state(self) -> State:
        """To look at, in tests and tools; only rules change it."""
        return self._state

    def _fire(
        self, due: Deadline, switch: list[SwitchEffect], store: list[StoreEffect], desk: list[DeskEffect]
    ) -> None:
        turn = self._turn(max(due.at_ms, self._state.now_ms), switch, store, desk)
        if self._state.switch_lost_ms >= 0 and due.kind != "lamp":
            self._deadlines.set(due.kind, due.subject, turn.now_ms + AWAY_AGAIN_MS)
            return
        _DEADLINES[due.kind](turn, due.subject)
        if due.kind == "want":  # whoever comes to want other agents in this moment is served by place, not by chance
            for also in self._deadlines.pop_alike(due):
                _DEADLINES[also.kind](turn, also.subject)
        _finish(turn)

    def _turn(self, now_ms: int, switch: list[SwitchEffect], store: list[StoreEffect], desk: list[DeskEffect]) -> Turn:
        self._state.now_ms = now_ms
        return Turn(self._state, self._deadlines, now_ms, switch, store, desk)


def _finish(turn: Turn) -> None:
    """What follows every input: callers and free agents come together, and the lamps show it."""
    contacts.take_back(turn)
    if turn.thinned_queues:
        admission.send_on_who_waits_for_nobody(turn)
        contacts.take_back(turn)  # whose last ring that ended, after the end of the shift
    if turn.hungry_calls or turn.freed_agents:
        settle(turn)
    if turn.touched_queues or turn.touched_lines:
        lamps.light(turn)
