"""The plan put into the state: at the very start, and whenever the configuration was edited; nobody loses a place.

What left the plan stays as long as a call needs it: a queue with its callers in it, an agent who talks.
"""

from typing import TypeVar

from appliance.acd import admission, chance, contacts, ivr, numbers, office_calendar, people, queues, rings, shifts
from appliance.acd.ids import QueueName
from appliance.acd.line_state import Line
from appliance.acd.plan import MenuPlan, Plan, StationPlan
from appliance.acd.state import Agent, Queue, State, Station
from appliance.acd.turn import Turn

T = TypeVar("T")


def fresh(plan: Plan) -> State:
    """The state of a box that was never on: everybody logged out, every device unknown."""
    state = State(plan, chance=chance.seed(plan.box))
    _apply(state, plan)
    return state


def first_input(turn: Turn) -> None:
    """The very first thing that happens: agents with `auto_login` are at their stations."""
    turn.state.started = True
    for agent in turn.state.agents.values():
        agent.since_ms = turn.now_ms
        shifts.log_in_by_itself(turn, agent)


def plan_changed(turn: Turn, plan: Plan) -> None:
    state = turn.state
    _spell_again(turn, plan)
    known, menus = set(state.agents), state.plan.menus
    _apply(state, plan)
    for agent in list(state.agents.values()):
        if agent.removed:
            _dismiss(turn, agent)
    _move_stations(turn)
    _empty_removed_queues(turn)
    _change_menus(turn, menus)
    _want_again(turn)
    contacts.plan_changed(turn)
    office_calendar.plan_changed(turn)
    for agent in state.agents.values():
        if agent.plan.name not in known:
            agent.since_ms = turn.now_ms
            shifts.log_in_by_itself(turn, agent)
    for name in state.queues:
        turn.touched_queues[name] = turn.thinned_queues[name] = None
    for line in state.lines:
        turn.touched_lines[line] = None
    for agent in state.agents.values():
        if agent.state == "ready":
            turn.freed_agents.append(agent.plan.name)


def _apply(state: State, plan: Plan) -> None:
    state.plan = plan
    _apply_queues(state, plan)
    agent_plans = {agent.name: agent for agent in plan.agents}
    for name, agent in state.agents.items():
        agent.removed = name not in agent_plans
    for name, agent_plan in agent_plans.items():
        known = state.agents.setdefault(name, Agent(agent_plan))
        known.plan = agent_plan
        known.queues = tuple(queue.name for queue in plan.queues if name in queue.agents)
    stations = {station.name: station for station in plan.stations}
    state.stations = {
        name: state.stations.get(name) or _new_station(station, state) for name, station in stations.items()
    }
    for station_name, station_state in state.stations.items():
        station_state.plan = stations[station_name]
    for agent in state.agents.values():
        back = state.stations.get(agent.station) if agent.station is not None else None
        if back is not None and back.agent is None:
            back.agent = agent.plan.name  # it had left the plan while the agent was on a call there
    lines = {line.name: line for line in plan.lines}
    state.lines = {name: state.lines.get(name) or Line(line) for name, line in lines.items()}
    for line_name, line_state in state.lines.items():
        line_state.plan = lines[line_name]
        line_state.calls = sum(call.line == line_name for call in state.calls.values())


def _new_station(plan: StationPlan, state: State) -> Station:
    """One that comes with a change is not known to the switch that runs: nothing is to be expected from it."""
    return Station(plan, "up" if plan.always_reachable else "unreachable", reported=state.started)


def _apply_queues(state: State, plan: Plan) -> None:
    plans = {queue.name: queue for queue in plan.queues}
    used = {call.queue for call in state.calls.values()}
    kept: dict[QueueName, Queue] = {}
    for name, queue_plan in plans.items():
        kept[name] = state.queues.get(name) or Queue(queue_plan)
        kept[name].plan, kept[name].removed = queue_plan, False
    for name, queue in state.queues.items():
        if name not in kept and name in used:
            queue.removed = True
            kept[name] = queue
    state.queues = kept


def _dismiss(turn: Turn, agent: Agent) -> None:
    """No longer in the plan: logged out now, or after the call, and then forgotten."""
    agent.queues = ()
    if agent.state == "logged_out":
        del turn.state.agents[agent.plan.name]
    else:
        people.log_out(turn, agent)


def _move_stations(turn: Turn) -> None:
    """Agents whose station left the plan are logged out: there is nothing left to ring."""
    for agent in list(turn.state.agents.values()):
        if agent.station is not None and agent.station not in turn.state.stations:
            people.log_out(turn, agent)


def _spell_again(turn: Turn, plan: Plan) -> None:
    """The country, and with it how numbers are written, may be another now: what is known by number is known by the
    new one. Of two that become one the older stays."""
    state, now = turn.state, (plan.country_code, plan.national_digits, plan.abroad)
    if now == (state.plan.country_code, state.plan.national_digits, state.plan.abroad):
        return
    due = {key: turn.deadlines.when_ms("callback", key) or turn.now_ms for key in state.callbacks}
    for key in due:
        turn.deadlines.cancel("callback", key)
    state.worklist = _by_number(plan, {item.number or key: item for key, item in state.worklist.items()})
    state.callbacks = _by_number(plan, state.callbacks)
    state.last_agents = _by_number(plan, state.last_agents)
    state.left_behind = _by_number(plan, state.left_behind)
    for key, at_ms in _by_number(plan, due).items():
        turn.deadlines.set("callback", key, at_ms)


def _by_number(plan: Plan, known: dict[str, T]) -> dict[str, T]:
    again: dict[str, T] = {}
    for number, what in known.items():
        again.setdefault(numbers.key(plan, number), what)
    return again


def _want_again(turn: Turn) -> None:
    """Tiers, skills or agents may be others now: everybody keeps the place, and wants what the plan says."""
    for queue in turn.state.queues.values():
        for place in list(queue.waiting):
            call = turn.state.calls[place[2]]
            last = turn.state.agents.get(call.sticky) if call.sticky is not None else None
            if last is None or queue.plan.name not in last.queues:
                call.sticky = None
            if call.for_agent not in queue.plan.agents:
                call.for_agent = None
            if queues.is_hungry(queue, call):
                queues.want(turn, call, queue)


def _empty_removed_queues(turn: Turn) -> None:
    """Who waits in a queue that is gone goes where the line leads now, or hears that all are busy."""
    for queue in [queue for queue in turn.state.queues.values() if queue.removed]:
        for _, _, name in list(queue.waiting):
            call = turn.state.calls[name]
            rings.stop_all(turn, call, "caller_left", "cancelled")
            queues.leave(turn, call)
            admission.queue_is_gone(turn, call)


def _change_menus(turn: Turn, before: dict[str, MenuPlan]) -> None:
    """Who is in a menu that is another one now hears it from the beginning; one that is gone is left."""
    for call in list(turn.state.calls.values()):
        if call.state != "menu":
            continue
        if call.menu not in turn.state.plan.menus:
            admission.menu_is_gone(turn, call)
        elif call.menu in before and turn.state.plan.menus[call.menu] != before[call.menu]:
            ivr.hear_again(turn, call)
