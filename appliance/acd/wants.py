"""Whom a caller may be given to: the last agent, tiers and skills, each wider the longer the caller waits.

All of it is a function of the plan and of how long the caller has waited, and changes at moments known beforehand.
"""

from collections.abc import Mapping

from appliance.acd.desk import Contact
from appliance.acd.plan import QueuePlan
from appliance.acd.state import Agent, Queue, Waiter, Want


def of(queue: Queue, call: Waiter, now_ms: int) -> tuple[Want, int | None]:
    """What the call wants now, and when that changes by itself (None: it does not)."""
    plan, since_ms = queue.plan, call.queued_ms if call.queued_ms >= 0 else now_ms
    waited_ms = now_ms - since_ms
    changes: list[int] = []
    only = call.sticky if call.sticky is not None and waited_ms < plan.sticky_ms else None
    if only is not None:
        changes.append(plan.sticky_ms)
    only = call.for_agent or only
    tier, last = 1, max(plan.tiers.values(), default=1)
    while tier < last:
        after_ms = plan.tier_after_ms[tier - 1] if tier <= len(plan.tier_after_ms) else 0
        if waited_ms < after_ms:
            changes.append(after_ms)
            break
        tier += 1
    needs = _needs(plan.needs, call.needs) if plan.needs or call.needs else {}
    if needs and plan.needs_relax_ms > 0:
        relaxed = waited_ms // plan.needs_relax_ms
        needs = {skill: level - relaxed for skill, level in needs.items() if level > relaxed}
        if needs:
            changes.append((relaxed + 1) * plan.needs_relax_ms)
    channel = call.channel if isinstance(call, Contact) else "voice"
    return Want(only, tier, needs, channel), since_ms + min(changes) if changes else None


def key(want: Want) -> str:
    """The same for the same want."""
    if want.only is None and not want.needs and want.channel == "voice":
        return str(want.tier)
    needs = ",".join(f"{skill}:{level}" for skill, level in want.needs.items())
    return f"{want.tier}|{want.only or ''}|{needs}{'' if want.channel == 'voice' else '|' + want.channel}"


def is_anybody(plan: QueuePlan, want: Want) -> bool:
    """Whether every agent of the queue is one the caller wants: `barred` need not be asked."""
    if want.only is not None or want.needs:
        return False
    return not plan.tiers or want.tier >= max(plan.tiers.values())


def barred(plan: QueuePlan, want: Want, agent: Agent) -> str:
    """Why this agent of the queue is not one the caller wants: the reason code, "" for one who is.

    Who had the caller last is wanted whatever the tier and the skills are.
    """
    name = agent.plan.name
    if want.only is not None:
        return "" if name == want.only else "kept_for_last_agent"
    if want.needs:
        skills = agent.plan.skills
        if any(skills.get(skill, 0) < level for skill, level in want.needs.items()):
            return "skill"
    return "tier" if plan.tiers.get(name, 1) > want.tier else ""


def _needs(*demands: Mapping[str, int]) -> dict[str, int]:
    """Every skill demanded, at the highest level; in the order of the names, so that the same needs have one key."""
    skills = sorted({skill for demand in demands for skill in demand})
    return {skill: max(demand.get(skill, 0) for demand in demands) for skill in skills}
