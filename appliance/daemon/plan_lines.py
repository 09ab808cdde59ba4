"""Turns the lines of a proved configuration into the ACD's: where callers go, which numbers go out, what they cost."""

from appliance.acd.ids import LineName, QueueName
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan
from appliance.configuration import file
from appliance.configuration.numbering import ABROAD, as_dialled, numbering, rules_for

_MENU = "menu:"


def line_plan(line: file.Line, country: str) -> LinePlan:
    return LinePlan(
        name=LineName(line.name),
        mode=line.mode,
        queue=None if line.queue is None else QueueName(line.queue),
        number=line.number,
        priority=line.priority,
        needs=dict(line.needs),
        did={called: QueueName(to) for called, to in line.did.items() if not to.startswith(_MENU)},
        menu=line.menu or "",
        did_menus={called: to.removeprefix(_MENU) for called, to in line.did.items() if to.startswith(_MENU)},
        language=line.language,
        channels=line.channels if line.driver == "sip" else 1,
        calls=rules_for(line.calls, country),
        costs=_costs(line, country),
        allowance=_allowance(line, country),
        has_dial_tone=line.driver == "fxo",
        balance_code=line.balance_code if line.driver == "gsm" else "",
        messages_per_minute=line.may_write[0],
        messages_per_day=line.may_write[1],
    )


def _costs(line: file.Line, country: str) -> dict[str, int]:
    """The country's own code is every number of the country: what is said of every number is then of those abroad."""
    costs, known = line.cost_micros_per_minute, numbering(country)
    national = [prefix for prefix in costs if prefix and not as_dialled(prefix, known)]
    others = {as_dialled(prefix, known): micros for prefix, micros in costs.items() if prefix not in national}
    if not national:
        return others
    return {ABROAD: others.get("", 0)} | others | {"": costs[national[0]]}


def _allowance(line: file.Line, country: str) -> AllowancePlan:
    """Numbers of other countries, and those that cost extra, are included only where the file names them."""
    if not line.allowance_minutes:
        return AllowancePlan()
    known = numbering(country)
    never = dict.fromkeys((ABROAD, *known.elsewhere, *known.premium), False)
    named = rules_for(line.allowance_calls, country) if line.allowance_calls else {"": True}
    return AllowancePlan(
        each_month_ms=line.allowance_minutes * 60_000,
        resets_on_day=line.allowance_resets_on_day,
        covers={"": False} | never | named,
        first_increment_ms=line.allowance_first_increment_s * 1000,
        next_increment_ms=line.allowance_next_increment_s * 1000,
        pool=line.allowance_pool,
        ends_on=line.allowance_until,
    )
