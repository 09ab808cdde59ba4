"""The rules of who may serve whom: tiers, draws and skills name agents who can, so that no caller waits for nobody."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration, Queue
from appliance.configuration.problems import place, unknown
from appliance.configuration.ways import entrances, heard


def serving_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold, in the order of the file."""
    for queue in configuration.queue:
        yield from _tiers(queue)
        yield from _weights(queue)
        yield from _progression(queue)
        yield from _needs(place("queue", queue.name, "needs"), queue.needs, queue, configuration)
        if 0 < queue.needs_relax_s < 1:
            where = place("queue", queue.name, "needs_relax_s")
            yield f"{where}: less than a second. Write 1 or more, or 0 for never."
        if queue.needs_relax_s and not queue.needs and not any(line.needs for line in configuration.line):
            where = place("queue", queue.name, "needs_relax_s")
            yield f"{where}: no skill is needed, so there is nothing to relax. Add `needs`, or remove it."
        yield from _keys(queue)
    queues = {queue.name: queue for queue in configuration.queue}
    for line in configuration.line:
        for name in _queues_of(configuration, "line", line.name) if line.needs else ():
            needs = _together(line.needs, queues[name].needs)
            yield from _needs(place("line", line.name, "needs"), needs, queues[name], configuration)
    for caller in configuration.caller:
        own = caller.queue is not None or caller.menu is not None
        came_by = ("caller", caller.number or caller.prefix) if own else ("line", None)
        for name in _queues_of(configuration, *came_by) if caller.needs else ():
            where = place("caller", caller.name or caller.number or caller.prefix, "needs")
            yield from _needs(where, _together(caller.needs, queues[name].needs), queues[name], configuration)


def _tiers(queue: Queue) -> Iterator[str]:
    where = place("queue", queue.name, "tiers")
    for agent in queue.tiers:
        if agent not in queue.agents:
            yield unknown(where, "agent of the queue", agent, queue.agents)
    if queue.agents and all(queue.tiers.get(agent, 1) > 1 for agent in queue.agents):
        yield f"{where}: nobody is in tier 1, so who waits would be left alone at first. Leave somebody out of `tiers`."
    after = place("queue", queue.name, "tier_after_s")
    if list(queue.tier_after_s) != sorted(queue.tier_after_s):
        yield f"{after}: a later tier would join before an earlier one. Write the seconds in rising order."
    if len(queue.tier_after_s) >= max(queue.tiers.values(), default=1):
        yield (
            f"{after}: has a time for tier {len(queue.tier_after_s) + 1}, and nobody is in it. "
            "Write one number for each tier from 2 on, and put agents into it with `tiers`."
        )


def _weights(queue: Queue) -> Iterator[str]:
    where = place("queue", queue.name, "weights")
    for agent in queue.weights:
        if agent not in queue.agents:
            yield unknown(where, "agent of the queue", agent, queue.agents)
    if queue.weights and queue.strategy != "weighted_random":
        yield f'{where}: only strategy = "weighted_random" draws with weights. Choose that one, or remove `weights`.'


def _progression(queue: Queue) -> Iterator[str]:
    if queue.strategy == "ring_progressively" and queue.ring_more_s >= queue.ring_timeout_s:
        yield (
            f"{place('queue', queue.name, 'ring_more_s')}: a ring ends after {queue.ring_timeout_s:g} s "
            "(`ring_timeout_s`), before one agent more is rung. Make it less than that."
        )


def _needs(where: str, needs: dict[str, int], queue: Queue, configuration: Configuration) -> Iterator[str]:
    """Somebody of the queue has all of it, or will do when enough of it is relaxed."""
    agents = [agent for agent in configuration.agent if agent.name in queue.agents]
    if not needs or not agents or queue.needs_relax_s:
        return
    able = [agent for agent in agents if all(agent.skills.get(skill, 0) >= level for skill, level in needs.items())]
    if not able:
        demanded = ", ".join(f"{skill} at level {level}" for skill, level in needs.items())
        yield (
            f"{where}: no agent of queue {queue.name} has {demanded}, so nobody would ever be rung. "
            "Give the agents `skills`, demand less, or let it relax with `needs_relax_s`."
        )


def _keys(queue: Queue) -> Iterator[str]:
    for key, target in queue.exit_keys.items():
        if target == f"queue:{queue.name}":
            where = place("queue", queue.name, f'exit_keys."{key}"')
            yield (f"{where}: leads back into the same queue. Choose another queue or voicemail, or remove the key.")


def _together(some: dict[str, int], others: dict[str, int]) -> dict[str, int]:
    return some | {skill: max(some.get(skill, 0), level) for skill, level in others.items()}


def _queues_of(configuration: Configuration, table: str, name: str | None) -> list[str]:
    """Every queue those who come in there (None: on any line) can come to, through menus, by overflow and key too."""
    coming = [one for one in entrances(configuration) if one.table == table and name in (None, one.name)]
    places = {one.place for one in heard(configuration, coming)}
    return [queue.name for queue in configuration.queue if f"queue:{queue.name}" in places]
