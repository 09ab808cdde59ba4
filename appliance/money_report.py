"""`money` in the terminal: income, cost and margin of a time by client, project, queue, agent, line and so on."""

import csv
import sqlite3
import sys
from datetime import date, timedelta
from pathlib import Path

from appliance.acd.callers import known
from appliance.acd.hours import instant_of
from appliance.acd.plan import Language
from appliance.billing.charges import money as decimal
from appliance.configuration.agent_cost import hourly_micros
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.money_groups import By
from appliance.daemon.money_queries import Money, Report, money
from appliance.daemon.plan_builder import build_plan
from appliance.daemon.queries import StoreMissing, open_store
from appliance.terminal import columns, sorry, store_path
from appliance.words_details import detail_words

MINUTE_MS = 60_000
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "client": "CLIENTE",
        "project": "PROYECTO",
        "queue": "COLA",
        "agent": "AGENTE",
        "line": "LÍNEA",
        "destination": "DESTINO",
        "segment": "SEGMENTO",
        "header": "LLAMADAS|ATENDIDAS|MINUTOS|INGRESOS|OPERADORES|AGENTES|MARGEN|COSTE POR CONTACTO",
        "total": "TOTAL",
        "without": "(sin nombre)",
        "from_to": "Del {first} al {last}, en {currency}, sin impuestos.",
        "outside": "Otros ingresos, que no son de una llamada (cuotas y similares): {money}",
        "unanswered": "Llamadas sin atender: {count}; costaron {money} ({each} cada una).",
        "no_hourly": "El tiempo de los agentes no se cuenta: falta `agent_cost_micros_per_hour` en [box].",
        "order": "El primer día, {first}, es posterior al último, {last}.",
    },
    "en": {
        "client": "CLIENT",
        "project": "PROJECT",
        "queue": "QUEUE",
        "agent": "AGENT",
        "line": "LINE",
        "destination": "DESTINATION",
        "segment": "SEGMENT",
        "header": "CALLS|ANSWERED|MINUTES|INCOME|CARRIERS|AGENTS|MARGIN|COST PER CONTACT",
        "total": "TOTAL",
        "without": "(no name)",
        "from_to": "From {first} to {last}, in {currency}, without tax.",
        "outside": "Other income, of no call (fees and the like): {money}",
        "unanswered": "Unanswered calls: {count}; they cost {money} ({each} each).",
        "no_hourly": "The time of agents is not counted: `agent_cost_micros_per_hour` of [box] is missing.",
        "order": "The first day, {first}, is after the last, {last}.",
    },
}


def show_money(
    config: Path, by: By, first: date, last: date, language: Language | None = None, as_csv: bool = False
) -> int:
    """Print the report of the days from `first` to `last`, by the box's clock. 1 when there is no store to read."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    if last < first:
        return sorry(words["order"].format(first=first, last=last))
    try:
        with open_store(store_path(configuration)) as store:
            report = _report(store, configuration, by, first, last)
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    rows = _rows(report, by, spoken)
    if as_csv:
        csv.writer(sys.stdout).writerows(rows)
        return 0
    print(words["from_to"].format(first=first, last=last, currency=configuration.box.currency))
    print("\n".join(columns(rows)))
    if report.outside_micros:
        print(words["outside"].format(money=decimal(report.outside_micros)))
    total = report.total
    if total.per_unanswered_micros is not None:
        each, all_ = decimal(total.per_unanswered_micros), decimal(total.unanswered_micros)
        print(words["unanswered"].format(count=total.calls - total.answered, money=all_, each=each))
    if not any(hourly_micros(configuration).values()):
        print(words["no_hourly"])
    return 0


def _report(store: sqlite3.Connection, configuration: Configuration, by: By, first: date, last: date) -> Report:
    plan = build_plan(configuration)
    zone = configuration.box.time_zone
    from_ms, until_ms = instant_of(zone, first, 0), instant_of(zone, last + timedelta(1), 0)

    def segment_of(number: str) -> str:
        who = known(plan, number)
        return who.segment if who is not None else ""

    return money(store, by, from_ms, until_ms, hourly_micros(configuration), segment_of)


def _rows(report: Report, by: By, language: Language) -> list[tuple[str, ...]]:
    words = WORDS[language]
    by_margin = sorted(report.groups.items(), key=lambda item: (-item[1].margin_micros, item[0]))
    rows = [(words[by], *words["header"].split("|"))]
    rows += [_row(key or words["without"], group) for key, group in by_margin]
    return [*rows, _row(words["total"], report.total)]


def _row(name: str, group: Money) -> tuple[str, ...]:
    each = group.per_contact_micros
    return (
        name,
        str(group.calls),
        str(group.answered),
        str(-(-group.talked_ms // MINUTE_MS)),
        decimal(group.income_micros),
        decimal(group.carrier_micros),
        decimal(group.agents_micros),
        decimal(group.margin_micros),
        "" if each is None else decimal(each),
    )
