"""`why` at the terminal: why a call went where it went, why an agent was rung or not, in sentences or as data."""

import sqlite3
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from appliance.acd.explain import why_agent, why_call
from appliance.acd.ids import AgentName
from appliance.acd.plan import Language
from appliance.billing.charges import Charge
from appliance.configuration.file import read_configuration
from appliance.daemon.figures import day_span
from appliance.daemon.queries import StoreMissing, call_details, decisions, open_store
from appliance.daemon.why import MAX_PAGE, NoSuchPlace, WhyAgent, agent_as_data, call_as_data
from appliance.terminal import WORDS, sorry, store_path
from appliance.words import code_text
from appliance.words_details import detail_words

MORE: dict[Language, str] = {
    "es": "Hay más: añada --before {next}",
    "en": "There is more: add --before {next}",
}
NO_PLACE: dict[Language, str] = {
    "es": "--before {before}: escriba lo que dijo la página anterior, como 1-1000000042.",
    "en": "--before {before}: give what the page before said, such as 1-1000000042.",
}
NOT_LOOKED_AT: dict[Language, str] = {
    "es": "Ninguna decisión de esos días contó con {agent}.",
    "en": "No decision of those days looked at {agent}.",
}


@dataclass(frozen=True)
class Period:
    """Local days, both included; None: from the first, up to now. A page of it."""

    first: date | None = None
    last: date | None = None
    before: str = ""
    limit: int = 20


def show_why(
    config: Path, call: str, language: Language | None, agent: AgentName | None = None, *, as_json: bool = False
) -> int:
    """Print why a call went where it went and what it cost; with an agent, why that agent was rung for it or not.

    1 when there is no such call.
    """
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    try:
        store = open_store(store_path(configuration))
        made, details = decisions(store, call), call_details(store, call)
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    if details is None and not made:
        return sorry(WORDS[spoken]["unknown"])
    if as_json:
        found = call_as_data(store, call, spoken) if agent is None else _of_call(store, agent, spoken, call)
        return _print_json(found)
    if agent is not None:
        print(why_agent(made, agent, spoken))
        return 0
    row, pruned = (None, 0) if details is None else (details.row, details.pruned_after_days)
    print(why_call(made, row, spoken, pruned))
    if details is not None:
        _print_charge(details.charge, spoken)
    return 0


def show_why_agent(
    config: Path, agent: AgentName, period: Period, language: Language | None, *, as_json: bool = False
) -> int:
    """Print why an agent was rung or not in a time, the newest first, a page of it. 1 when that cannot be read."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    since, until = day_span(configuration.box.time_zone, period.first, period.last)
    try:
        found = agent_as_data(
            open_store(store_path(configuration)),
            agent,
            spoken,
            since_utc_ms=since,
            until_utc_ms=until,
            before=period.before,
            limit=period.limit,
        )
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    except NoSuchPlace:
        return sorry(NO_PLACE[spoken].format(before=period.before))
    if as_json:
        return _print_json(found)
    zone = ZoneInfo(configuration.box.time_zone)
    for one in found.decisions:
        at = datetime.fromtimestamp(one.decision.at_utc_ms / 1000, zone)
        print(f"{at:%Y-%m-%d %H:%M:%S}  {one.sentence}")
    if not found.decisions:
        print(NOT_LOOKED_AT[spoken].format(agent=agent))
    if found.next:
        print(MORE[spoken].format(next=found.next), file=sys.stderr)
    return 0


def _of_call(store: sqlite3.Connection, agent: AgentName, spoken: Language, call: str) -> WhyAgent:
    return agent_as_data(store, agent, spoken, call=call, limit=MAX_PAGE)


def _print_json(found: object) -> int:
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    return 0


def _print_charge(charge: Charge, spoken: Language) -> None:
    free = f"0 {charge.currency} ({code_text('charge_reason', charge.reason, spoken)})"
    has_sum = charge.reason == "rated" or charge.legs
    print(f"{WORDS[spoken]['charge']}: {charge.arithmetic(spoken) if has_sum else free}")
