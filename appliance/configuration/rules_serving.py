"""The rules of who may serve whom: tiers, draws and skills name agents who can, so that no caller waits for nobody."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration, Line, Queue
from appliance.configuration.problems import place, unknown
from appliance.configuration.rules_people import queues_after


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
        for name in _queues_of(line, queues) if line.needs else ():
            needs = {skill: max(line.needs.get(skill, 0), level) for skill, level in queues[name].needs.items()}
            yield from _needs(place("line", line.name, "needs"), line.needs | needs, queues[name], configuration)


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
    for key, target in queues_after(queue):
        if key.startswith("exit_keys.") and target == queue.name:
            yield (
                f"{place('queue', queue.name, key)}: leads back into the same queue. "
                "Choose another queue or voicemail, or remove the key."
            )


def _queues_of(line: Line, queues: dict[str, Queue]) -> list[str]:
    """Every queue its callers can come to, by overflow and by key too."""
    found: list[str] = []
    coming = [*([line.queue] if line.queue is not None else []), *line.did.values()]
    while coming:
        name = coming.pop(0)
        if name in queues and name not in found:
            found.append(name)
            coming += [target for _, target in queues_after(queues[name])]
    return found
