"""After a power cut: what the store remembers, put into a state that is fresh from the plan. There are no calls.

The store remembers log-ins, pauses, night mode, the worklist with its promised calls, and the last call number.
"""

from appliance.acd import agents, callbacks, lamps, numbers, people
from appliance.acd.effects import CloseStoredWorklistItem
from appliance.acd.inputs import DurableAgent, DurableWorklistItem, RestoreDurable
from appliance.acd.state import Callback, Worklisted
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
    state.worklist[key] = Worklisted(item.queue, item.reason, item.since_utc_ms, item.attempts, item.number)
    if item.callback_place_utc_ms and item.queue is not None and len(state.callbacks) < callbacks.PROMISES_KEPT:
        place_ms = item.callback_place_utc_ms - state.utc_offset_ms
        state.callbacks[key] = Callback(item.number, item.queue, place_ms, item.callback_tries)
        turn.deadlines.set("callback", key, turn.now_ms + callbacks.NOT_NOW_MS)


def _restore_agent(turn: Turn, durable: DurableAgent) -> None:
    agent = turn.state.agents.get(durable.agent)
    if agent is None or agent.state not in ("logged_out", "ready", "not_ready"):
        return
    if (agent.state, agent.station) == (durable.state, durable.station):
        return
    if agent.state != "logged_out":
        people.log_out(turn, agent)
    station = turn.state.stations.get(durable.station) if durable.station is not None else None
    if durable.state == "logged_out" or station is None or station.agent is not None:
        return
    agents.log_in(turn, agent, station.plan.name)
    if durable.state == "not_ready":
        agents.move(turn, agent, "pause", durable.reason)
