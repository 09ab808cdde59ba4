"""The rules of limits and of the fraud guard: whom and what they name exists, and each of them limits something."""

from collections.abc import Iterator

from appliance.configuration.file import Configuration
from appliance.configuration.file_money import EACH, Limit
from appliance.configuration.problems import place, repeated, unknown


def money_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    yield from repeated("limit", "name", (limit.name for limit in configuration.limit))
    known = {
        "line": [line.name for line in configuration.line],
        "agent": [agent.name for agent in configuration.agent],
        "client": sorted({queue.client for queue in configuration.queue if queue.client}),
        "project": sorted({queue.project for queue in configuration.queue if queue.project}),
    }
    for limit in configuration.limit:
        for key, names in known.items():
            named = getattr(limit, key)
            if named is not None and named != EACH and named not in names:
                what = f"queue's {key}" if key in ("client", "project") else key
                yield unknown(place("limit", limit.name, key), what, named, names)
        yield from _prepaid(limit) if limit.prepaid else _of_a_time(limit)
    yield from _guard(configuration)


def _prepaid(limit: Limit) -> Iterator[str]:
    if limit.client is None:
        yield f'{place("limit", limit.name, "client")}: an account is a client\'s. Name one, or write "*" for each.'
    for key in ("per", "line", "agent", "project"):
        if getattr(limit, key) is not None:
            yield f"{place('limit', limit.name, key)}: an account is a client's alone. Remove it, or `prepaid`."
    if limit.maximum_micros:
        yield (
            f"{place('limit', limit.name, 'maximum_micros')}: what an account allows is what was paid in. Remove it, "
            "or `prepaid`."
        )


def _of_a_time(limit: Limit) -> Iterator[str]:
    if limit.per is None:
        yield f'{place("limit", limit.name, "per")}: says no time. Write "hour", "day" or "month".'
    if not limit.maximum_micros:
        yield (
            f"{place('limit', limit.name, 'maximum_micros')}: says no amount. Write how much in micro-units, 1 000 000 "
            "for one."
        )


def _guard(configuration: Configuration) -> Iterator[str]:
    guard = configuration.fraud_guard
    hours = [table.name for table in configuration.hours]
    if guard.hours is not None and guard.hours not in hours:
        yield unknown(place("fraud_guard", "", "hours"), "hours table", guard.hours, hours)
    says_which = bool(guard.costly or guard.costly_from_micros)
    says_what = bool(guard.calls_per_minute or guard.concurrent or guard.hours)
    if says_what and not says_which:
        yield (
            f"{place('fraud_guard', '', 'costly')}: no number is costly. Write how they begin, or what the first "
            "minute costs in `costly_from_micros`."
        )
    if says_which and not says_what:
        yield (
            f"{place('fraud_guard', '', 'costly')}: nothing is done about costly numbers. Write `calls_per_minute`, "
            "`concurrent` or `hours`."
        )
