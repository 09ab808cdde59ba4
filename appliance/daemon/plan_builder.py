"""Turns a proved configuration into what the ACD and billing work with: seconds become ms, names become plans."""

from datetime import date

from appliance.acd.hours import instant_of
from appliance.acd.ids import AgentName, LineName, QueueName, StationName
from appliance.acd.plan import AgentPlan, CallbackPlan, Plan, QueuePlan, StationPlan
from appliance.billing.tariffs import FOREVER_MS, Rate, RateTable
from appliance.configuration import file
from appliance.configuration.numbering import dial_rules, emergency_numbers, numbering, tariff_prefix
from appliance.daemon.plan_lines import line_plan
from appliance.daemon.plan_menus import (
    caller_prefixes_of,
    callers_of,
    destination,
    lookup_plan,
    menu_plan,
)
from appliance.daemon.plan_prompts import with_words
from appliance.daemon.plan_times import hours_plan, pause_plan, shift_plan, works_in

DAY_MINUTES = 1440


def build_plan(configuration: file.Configuration) -> Plan:
    """The plan of a configuration that `rules.check` let through."""
    box = configuration.box
    country = numbering(box.country)
    plan = Plan(
        box=box.name,
        queues=tuple(_queue(queue, box) for queue in configuration.queue),
        agents=tuple(_agent(agent, configuration) for agent in configuration.agent),
        stations=tuple(_station(station) for station in configuration.station),
        lines=tuple(line_plan(line, box.country) for line in configuration.line),
        hours={hours.name: hours_plan(hours, box) for hours in configuration.hours},
        pauses=tuple(pause_plan(pause, configuration) for pause in configuration.pause),
        shifts={shift.name: shift_plan(shift, box) for shift in configuration.shift},
        max_calls=configuration.max_calls,
        time_zone=box.time_zone,
        priority_worth_ms=_ms(box.priority_worth_s),
        language=box.language,
        menus={menu.name: menu_plan(menu) for menu in configuration.menu},
        lookups={lookup.name: lookup_plan(lookup) for lookup in configuration.lookup},
        country_code=country.code,
        national_digits=country.national_digits,
        abroad=country.abroad,
        callers=callers_of(configuration.caller, box.country),
        caller_prefixes=caller_prefixes_of(configuration.caller, box.country),
        emergency=emergency_numbers(box.country) + configuration.dialling.emergency,
        dial_rules=dial_rules(configuration.dialling, box.country),
        dial_timeout_ms=_ms(configuration.dialling.timeout_s),
    )
    return with_words(plan, configuration)


def build_rates(configuration: file.Configuration) -> tuple[Rate, ...]:
    """The rates billing charges by, in the order of the file; money is in micro-units of `box.currency`."""
    return tuple(rate_of(tariff, configuration.box) for tariff in configuration.tariff)


def rate_table(configuration: file.Configuration) -> RateTable:
    """The tariffs of the file, compiled. Raises TariffError when two of them cover the same calls."""
    calendars = {hours.name: hours_plan(hours, configuration.box) for hours in configuration.hours}
    return RateTable(build_rates(configuration), configuration.box.currency, calendars)


def valid_ms(first_day: str, last_day: str, time_zone: str) -> tuple[int, int]:
    """From when to when days are in a place, UTC ms; "" is always."""
    begins = date.fromisoformat(first_day) if first_day else None
    ends = date.fromisoformat(last_day) if last_day else None
    return (
        max(instant_of(time_zone, begins, 0), 0) if begins is not None else 0,
        instant_of(time_zone, ends, DAY_MINUTES) if ends is not None else FOREVER_MS,
    )


def rate_of(tariff: file.Tariff, box: file.Box) -> Rate:
    """Its first day begins, and its last ends, at midnight by the box's clock."""
    valid_from_ms, valid_to_ms = valid_ms(tariff.valid_from, tariff.valid_to, box.time_zone)
    return Rate(
        name=tariff.name,
        direction=tariff.direction,
        prefix=tariff_prefix(tariff.prefix, box.country),
        line=None if tariff.line is None else LineName(tariff.line),
        project=tariff.project,
        connect_fee_micros=tariff.connect_fee_micros,
        rate_micros_per_minute=tariff.rate_micros_per_minute,
        first_increment_s=tariff.first_increment_s,
        next_increment_s=tariff.next_increment_s,
        version=tariff.version,
        calendar=tariff.hours or "",
        valid_from_ms=valid_from_ms,
        valid_to_ms=valid_to_ms,
        free_s=tariff.free_s,
        minimum_micros=tariff.minimum_micros,
        maximum_micros=tariff.maximum_micros,
        rounding=tariff.rounding,
        decimals=tariff.decimals,
        fee_when_free=tariff.fee_when_free,
        counts=tariff.counts,
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _queue(queue: file.Queue, box: file.Box) -> QueuePlan:
    return QueuePlan(
        name=QueueName(queue.name),
        title=queue.title,
        agents=tuple(AgentName(agent) for agent in queue.agents),
        strategy=queue.strategy,
        tiers={AgentName(agent): tier for agent, tier in queue.tiers.items()},
        tier_after_ms=tuple(_ms(seconds) for seconds in queue.tier_after_s),
        weights={AgentName(agent): weight for agent, weight in queue.weights.items()},
        ring_more_ms=_ms(queue.ring_more_s),
        needs=dict(queue.needs),
        needs_relax_ms=_ms(queue.needs_relax_s),
        sticky_ms=_ms(queue.sticky_s),
        resume_ms=_ms(queue.resume_s),
        callback=_callback(queue.callback),
        whisper=queue.whisper,
        weight=queue.weight,
        language=queue.language or box.language,
        ring_timeout_ms=_ms(queue.ring_timeout_s),
        retry_ms=_ms(queue.retry_s),
        retry_rejected_ms=_ms(queue.retry_rejected_s),
        retry_busy_ms=_ms(queue.retry_busy_s),
        retry_no_answer_ms=_ms(queue.retry_no_answer_s),
        retry_unreachable_ms=_ms(queue.retry_unreachable_s),
        wrap_up_ms=_ms(queue.wrap_up_s),
        wrap_up_extend_ms=_ms(queue.wrap_up_extend_s),
        wrap_up_extensions=queue.wrap_up_extensions,
        wrap_up_longest_ms=_ms(queue.wrap_up_longest_s),
        wrap_up_ends_with_disposition=queue.wrap_up_ends_with_disposition,
        wrap_up_needs_disposition=queue.wrap_up_needs_disposition,
        missed_rings_limit=queue.missed_rings_limit,
        max_wait_ms=_ms(queue.max_wait_s),
        max_length=queue.max_length,
        target_ms=_ms(queue.target_s),
        short_abandon_ms=_ms(queue.short_abandon_s),
        announce_position_every_ms=_ms(queue.announce_position_every_s),
        announce_wait=queue.announce_wait,
        messages=queue.messages,
        message_every_ms=_ms(queue.message_every_s),
        exit_keys={key: destination(to) for key, to in queue.exit_keys.items()},
        greeting=queue.greeting,
        greeting_first=queue.greeting_first,
        record=queue.record,
        hours=queue.hours or "",
        at_closing=queue.at_closing,
        join_empty=queue.join_empty,
        leave_empty=queue.leave_empty,
        on_empty=destination(queue.on_empty),
        on_full=destination(queue.on_full),
        on_max_wait=destination(queue.on_max_wait),
        on_closed=destination(queue.on_closed),
        project=queue.project,
        client=queue.client,
    )


def _callback(callback: file.Callback) -> CallbackPlan:
    return CallbackPlan(
        first=callback.first,
        offer_after_ms=_ms(callback.offer_after_s),
        attempts=callback.attempts,
        retry_ms=_ms(callback.retry_s),
        hours=callback.hours or "",
    )


def _agent(agent: file.Agent, configuration: file.Configuration) -> AgentPlan:
    return AgentPlan(
        name=AgentName(agent.name),
        full_name=agent.full_name,
        number=agent.number,
        pin=agent.pin,
        station=None if agent.station is None else StationName(agent.station),
        skills=dict(agent.skills),
        auto_login=agent.auto_login,
        wrap_up_ms=-1 if agent.wrap_up_s is None else _ms(agent.wrap_up_s),
        capacity={"message": agent.messages} if agent.messages else {},
        messages_while_on_call=agent.messages_while_on_call,
        calls_while_in_conversation=agent.calls_while_in_conversation,
        shifts=tuple(shift.name for shift in configuration.shift if works_in(agent, shift)),
    )


def _station(station: file.Station) -> StationPlan:
    return StationPlan(StationName(station.name), station.extension, always_reachable=bool(station.contact))
