"""After a power cut: what the store remembers, put into a state that is fresh from the plan. There are no calls.

The store remembers log-ins, pauses, night mode, the worklist with its promised calls, and the last call number. Of the
records it tells whom to ring next, whom a caller knows, the day's counts and how long calls take. What the plan no
longer has is left out.
"""

from appliance.acd import (
    agents,
    allowances,
    callbacks,
    familiar,
    lamps,
    messages,
    numbers,
    office_calendar,
    pauses,
    people,
    queues,
    shifts,
    worklist,
)
from appliance.acd.durable import DurableAgent, DurableQueue, DurableWorklistItem
from appliance.acd.effects import CloseStoredWorklistItem
from appliance.acd.inputs import RestoreDurable
from appliance.acd.state import Callback, LastAgent, Worklisted
from appliance.acd.turn import Turn


def restore(turn: Turn, what: RestoreDurable) -> None:
    """The store's memory, into a state that is fresh from the plan."""
    state = turn.state
    state.next_call = max(state.next_call, what.next_call)
    if state.night_mode != what.night_mode:
        state.night_mode = what.night_mode
        lamps.light_night_mode(turn)
    for item in what.worklist:
        _restore_item(turn, item)
    for known in what.last_agents:
        last, key = LastAgent(known.agent, known.at_utc_ms), numbers.key(state.plan, known.number)
        numbers.remember(state.last_agents, key, last, familiar.REMEMBERED)
    messages.restore(turn, what.messages, what.message_counts, what.messages_done)
    for queue in what.queues:
        _restore_queue(turn, queue)
    for line in what.lines:
        allowances.restore(turn, line)
    for durable in what.agents:
        _restore_agent(turn, durable)


def _restore_item(turn: Turn, item: DurableWorklistItem) -> None:
    """An item of the worklist, with the call back it was promised."""
    state = turn.state
    key = numbers.key(state.plan, item.number)
    if key in state.worklist:
        # Written in two ways, which a store that knows no country's numbers cannot see.
        turn.store.append(CloseStoredWorklistItem(item.number, turn.now_utc_ms, "system", "same_number"))
        return
    if len(state.worklist) >= worklist.ITEMS_REMEMBERED:
        return
    state.worklist[key] = Worklisted(item.queue, item.reason, item.since_utc_ms, item.attempts, item.number)
    if item.callback_place_utc_ms and item.queue is not None and len(state.callbacks) < callbacks.PROMISES_KEPT:
        place_utc_ms = item.callback_place_utc_ms
        state.callbacks[key] = Callback(key, item.queue, turn.now_ms, place_utc_ms, item.callback_tries)
        turn.deadlines.set("callback", key, turn.now_ms + callbacks.NOT_NOW_MS)


def _restore_queue(turn: Turn, durable: DurableQueue) -> None:
    queue = turn.state.queues.get(durable.queue)
    if queue is None:
        return
    queue.last_rung = durable.last_rung
    for talked_ms in durable.talked_ms:
        queues.handled(queue, talked_ms + queue.plan.wrap_up_ms)


def _restore_agent(turn: Turn, durable: DurableAgent) -> None:
    state = turn.state
    agent = state.agents.get(durable.agent)
    if agent is None:
        return
    agent.day, agent.calls_today, agent.talk_today_ms = durable.day, durable.calls_today, durable.talk_today_ms
    known = (agent.state, agent.station) == (durable.state, durable.station)
    if known or agent.state not in ("logged_out", "ready", "not_ready"):
        return
    if agent.state != "logged_out":
        people.log_out(turn, agent)
    station = turn.state.stations.get(durable.station) if durable.station is not None else None
    if durable.state == "logged_out" or station is None or station.agent is not None:
        if durable.state == "logged_out" and shifts.began_since(state, agent, durable.since_utc_ms, turn.now_utc_ms):
            shifts.log_in_by_itself(turn, agent)  # it began while there was no power
        return
    agents.log_in(turn, agent, station.plan.name)
    if durable.state == "not_ready":
        agents.move(turn, agent, "pause", durable.reason)
        scheduled = office_calendar.is_scheduled(turn, agent, durable.since_utc_ms)
        pauses.took_since(turn, agent, durable.since_utc_ms, scheduled=scheduled)
    if not agent.on_shift and not shifts.allows_overtime(state, agent):
        agent.off_shift = True
        shifts.leave(turn, agent)  # it ended while there was no power
