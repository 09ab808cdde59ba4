"""Turns the limits and the fraud guard of a proved configuration into what billing works with."""

from appliance.billing.limit_terms import Guard, Limit
from appliance.configuration.file import Configuration
from appliance.configuration.file_money import Limit as LimitTable
from appliance.configuration.numbering import numbering, written
from appliance.daemon.plan_times import hours_plan


def build_limits(configuration: Configuration) -> tuple[Limit, ...]:
    return tuple(_limit(limit) for limit in configuration.limit)


def build_guard(configuration: Configuration) -> Guard:
    guard, country = configuration.fraud_guard, configuration.box.country
    known = numbering(country)
    abroad, home = ("00", "+", known.abroad), f"+{known.code}" if known.code else "+-"
    hours = next((table for table in configuration.hours if table.name == guard.hours), None)
    return Guard(
        prefixes=tuple(one for prefix in guard.costly if prefix not in abroad for one in _beginnings(prefix, country)),
        abroad_of=home if any(prefix in abroad for prefix in guard.costly) else "",
        costly_from_micros=guard.costly_from_micros,
        calls_a_minute=guard.calls_per_minute,
        at_once=guard.concurrent,
        hours=hours_plan(hours, configuration.box) if hours is not None else None,
    )


def _limit(table: LimitTable) -> Limit:
    return Limit(
        name=table.name,
        per="prepaid" if table.per is None else table.per,
        most_micros=table.maximum_micros,
        line=table.line or "",
        agent=table.agent or "",
        client=table.client or "",
        project=table.project or "",
        warn_ms=round(table.warn_s * 1000),
        refuses_unknown=table.unknown_price == "refuse",
    )


def _beginnings(prefix: str, country: str) -> tuple[str, ...]:
    """As numbers are rated (`e164`): with the country's code, or as a network's own short number."""
    whole = written(prefix, country, prefix=True)
    return (whole,) if prefix.startswith(("+", "00")) else (whole, f"={prefix}")
