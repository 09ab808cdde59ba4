"""The live picture for the page and the terminal, made from the state: `view.Status`."""

from collections.abc import Mapping

from appliance.acd import allowances, calls, contacts, pauses, queues, wrap_up
from appliance.acd.admission import why_closed
from appliance.acd.agents import local_day
from appliance.acd.desk import Contact
from appliance.acd.ids import CallId, LineName
from appliance.acd.lamps import queue_pattern
from appliance.acd.line_state import Balance, Line, LineTest
from appliance.acd.state import Agent, Call, Queue
from appliance.acd.turn import Turn
from appliance.acd.view import (
    AgentView,
    BalanceView,
    CallView,
    ContactView,
    LineTestView,
    LineView,
    PauseView,
    QueueView,
    StationView,
    Status,
)


def make(turn: Turn) -> Status:
    """What the call centre looks like at the turn's moment. Changes nothing."""
    state, today = turn.state, local_day(turn)
    places = {name: i for queue in state.queues.values() for i, (_, _, name) in enumerate(queue.waiting, 1)}
    return Status(
        state.plan.box,
        turn.now_utc_ms,
        state.clock_synchronised,
        state.night_mode,
        bool(state.switch_incarnation),
        tuple(_call(turn, call, places.get(call.id, 0)) for call in state.calls.values()),
        tuple(_agent(turn, agent, today) for agent in state.agents.values()),
        _lines(turn),
        tuple(
            StationView(name, station.plan.extension, station.health, station.agent, station.detail)
            for name, station in state.stations.items()
        ),
        tuple(_queue(turn, queue) for queue in state.queues.values() if not queue.removed),
        tuple(PauseView(pause.code, pause.title, pause.digit) for pause in pauses.offered(state)),
        tuple(_contact(turn, contact) for contact in state.contacts.values()),
    )


def _call(turn: Turn, call: Call, position: int) -> CallView:
    running_ms = turn.now_ms - call.state_since_ms
    wait_ms, talk_ms = calls.spent(call, "waiting", "ringing"), calls.spent(call, "talking", "outside")
    return CallView(
        call.id,
        call.state,
        call.line,
        call.caller,
        call.called,
        call.queue,
        call.conversation.agent if call.conversation is not None else None,
        position,
        wait_ms + running_ms if call.state in ("waiting", "ringing") else wait_ms,
        talk_ms + running_ms if call.state in ("talking", "outside") else talk_ms,
        call.offered_ms + turn.state.utc_offset_ms,
        call.recording_on,
        call.direction,
        call.menu if call.state == "menu" else "",
        call.caller_name,
    )


def _agent(turn: Turn, agent: Agent, today: str) -> AgentView:
    return AgentView(
        agent.plan.name,
        agent.plan.full_name,
        agent.state,
        agent.reason,
        agent.station,
        agent.call,
        turn.now_ms - agent.since_ms,
        agent.queues,
        agent.calls_today if agent.day == today else 0,
        agent.missed_in_a_row,
        contacts.open_with(turn.state, agent.plan.name),
        agent.pause_is_over,
        not agent.on_shift,
        not wrap_up.why_not_extend(agent),
        wrap_up.needs_disposition(agent),
    )


def _contact(turn: Turn, contact: Contact) -> ContactView:
    until_ms = contact.accepted_ms if contact.accepted_ms >= 0 else turn.now_ms
    return ContactView(
        contact.contact,
        contact.channel,
        contact.queue,
        contact.customer,
        contact.state,
        contact.agent,
        until_ms - contact.queued_ms,
    )


def _lines(turn: Turn) -> tuple[LineView, ...]:
    on_line = {call.line: call.id for call in turn.state.calls.values()}
    up_ms = allowances.up_ms(turn)
    return tuple(_line(turn, line, on_line.get(name), up_ms) for name, line in turn.state.lines.items())


def _line(turn: Turn, line: Line, call: CallId | None, up_ms: Mapping[LineName, int]) -> LineView:
    since, _ = allowances.used(turn, line)
    return LineView(
        line.plan.name,
        line.plan.mode,
        line.health,
        line.detail,
        line.signal_percent,
        line.operator,
        call,
        line.plan.number,
        line.plan.allowance.each_month_ms,
        allowances.used_together(turn, line, up_ms),
        since,
        line.sim,
        line.since_ms + turn.state.utc_offset_ms if line.since_ms >= 0 else 0,
        line.told_down,
        _test(turn, line.test) if line.test is not None else None,
        _balance(turn, line.balance) if line.balance is not None else None,
        bool(line.plan.balance_code),
        line.told_degraded,
    )


def _balance(turn: Turn, balance: Balance) -> BalanceView:
    at_ms = balance.answered_ms if balance.answered_ms >= 0 else balance.asked_ms
    return BalanceView(balance.number, balance.state, balance.text, at_ms + turn.state.utc_offset_ms)


def _test(turn: Turn, test: LineTest) -> LineTestView:
    """Over is one whose line is free again, for the next."""

    def since_ms(at_ms: int) -> int:
        return at_ms - test.began_ms if at_ms >= 0 else -1

    return LineTestView(
        test.number,
        test.called,
        test.state == "over" and test.leg not in turn.state.legs,
        since_ms(test.rang_ms),
        since_ms(test.answered_ms),
        since_ms(test.ended_ms),
        test.evidence,
        test.cause,
        test.recording,
        test.recorded_ms,
        test.listens,
        test.far_end_left,
        test.counted_ms,
    )


def _queue(turn: Turn, queue: Queue) -> QueueView:
    members = [turn.state.agents[name] for name in queue.plan.agents if name in turn.state.agents]
    return QueueView(
        queue.plan.name,
        queue.plan.title,
        len(queue.arrived),
        queues.longest_wait_ms(queue, turn.now_ms),
        sum(agent.state == "ready" for agent in members),
        sum(call.queue == queue.plan.name and call.state in ("talking", "held") for call in turn.state.calls.values()),
        sum(agent.state != "logged_out" for agent in members),
        not why_closed(turn, queue),
        queue_pattern(queue, turn.now_ms),
        queue.plan.target_ms,
    )
