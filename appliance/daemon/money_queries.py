"""Income, cost and margin, read: by client, project, queue, agent, line, destination or segment, and of one call.

Income is what the ledger charges clients; cost is what carriers take (the call's own charge, with what was corrected of
it) and what the time of agents costs: ringing, talk with hold, and wrap-up, each at its agent's price an hour.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from appliance.billing.amounts import rounded
from appliance.billing.lines import COST_ACCOUNT, Line
from appliance.daemon.money_groups import By
from appliance.daemon.rows import CallMoney

HOUR_MS = 3_600_000
_KEYS: dict[By, str] = {
    "client": "client",
    "project": "project",
    "queue": "coalesce(queue, '')",
    "agent": "coalesce(agent, '')",
    "line": "line",
    "destination": """trim(direction || ' ' || coalesce(json_extract(charge, '$.prefix'), '')
        || ' ' || coalesce(json_extract(charge, '$.tariff'), ''))""",
    "segment": "iif(direction = 'out', called, caller)",
}
_LEG_KEYS: dict[By, str] = {
    "line": "json_extract(leg.value, '$.line')",
    "destination": """trim(json_extract(leg.value, '$.direction') || ' ' || json_extract(leg.value, '$.prefix')
        || ' ' || json_extract(leg.value, '$.tariff'))""",
}
_LINE_KEYS: dict[By, str] = {"client": "account", "project": "coalesce(json_extract(line, '$.project'), '')"}


@dataclass
class Money:
    """Of a group of calls. Micro-units of the box's currency, ms."""

    calls: int = 0
    answered: int = 0
    """Somebody talked."""
    talked_ms: int = 0
    """With hold; of the agent who talked, where the group is an agent."""
    income_micros: int = 0
    """Without tax."""
    carrier_micros: int = 0
    agents_micros: int = 0
    unanswered_micros: int = 0
    """Of the cost: of calls in which nobody talked."""

    @property
    def cost_micros(self) -> int:
        return self.carrier_micros + self.agents_micros

    @property
    def margin_micros(self) -> int:
        return self.income_micros - self.cost_micros

    @property
    def per_contact_micros(self) -> int | None:
        """All cost over answered calls; None when there is none."""
        return rounded(self.cost_micros, self.answered) if self.answered and self.cost_micros >= 0 else None

    @property
    def per_unanswered_micros(self) -> int | None:
        unanswered = self.calls - self.answered
        return rounded(self.unanswered_micros, unanswered) if unanswered and self.unanswered_micros >= 0 else None


@dataclass
class Report:
    """`groups` by their key; `total` is their sum."""

    groups: dict[str, Money] = field(default_factory=dict)
    total: Money = field(default_factory=Money)
    outside_micros: int = 0
    """Income that is of no call, such as monthly fees, where the groups are not those of clients or projects."""


def money_of_call(db: sqlite3.Connection, call: str, charge_micros: int) -> CallMoney:
    """`charge_micros` is that of the call's record."""
    rows = db.execute("select account, line from ledger where call = ? order by account, number", (call,)).fetchall()
    lines = [(str(account), msgspec.json.decode(line, type=Line)) for account, line in rows]
    income = sum(line.amount_micros for account, line in lines if account != COST_ACCOUNT)
    corrected = sum(line.amount_micros for account, line in lines if account == COST_ACCOUNT)
    return CallMoney(tuple(line for _, line in lines), income, charge_micros + corrected)


def money(
    db: sqlite3.Connection,
    by: By,
    from_ms: int,
    until_ms: int,
    hourly_micros: Mapping[str, int],
    segment_of: Callable[[str], str] = lambda number: "",
) -> Report:
    """Of calls offered from one instant to another, which is outside; `hourly_micros`: what an agent's hour costs."""
    report, span = Report(), {"from_ms": from_ms, "until_ms": until_ms, "cost": COST_ACCOUNT}
    name = segment_of if by == "segment" else str
    for key, calls, answered, talked_ms, carrier, unanswered, income in db.execute(
        f"""select {_KEYS[by]}, count(*), sum(talk_ms + hold_ms > 0), sum(talk_ms + hold_ms), sum(carrier),
                sum(iif(talk_ms + hold_ms > 0, 0, carrier)), sum(income)
            from (select calls.*,
                charge_micros + coalesce((select sum(amount_micros) from ledger
                    where ledger.call = calls.call and account = :cost), 0) as carrier,
                coalesce((select sum(amount_micros) from ledger
                    where ledger.call = calls.call and account <> :cost), 0) as income
                from calls where offered_at >= :from_ms and offered_at < :until_ms)
            group by 1""",
        span,
    ):
        group = report.groups.setdefault(name(key), Money())
        _add(group, Money(calls, answered, 0 if by == "agent" else talked_ms, income, carrier, 0, unanswered))
    if by in _LEG_KEYS:
        _move_legs(db, report, by, span)
    _add_agents(db, report, by, span, hourly_micros, name)
    _add_lines_of_no_call(db, report, by, span)
    for group in report.groups.values():
        _add(report.total, group)
    return report


def _move_legs(db: sqlite3.Connection, report: Report, by: By, span: Mapping[str, object]) -> None:
    """What it costs to send a caller to an outside number is of the line and the number of that, not of the caller's
    own. What was corrected of a call's cost stays where the call is."""
    for own, key, micros, answered in db.execute(
        f"""select {_KEYS[by]}, {_LEG_KEYS[by]}, sum(json_extract(leg.value, '$.total_micros')), talk_ms + hold_ms > 0
            from calls, json_each(calls.charge, '$.legs') as leg
            where offered_at >= :from_ms and offered_at < :until_ms and instr(charge, '"legs":') > 0
            group by 1, 2, 4""",
        {"from_ms": span["from_ms"], "until_ms": span["until_ms"]},
    ):
        for name, moved in ((own, -micros), (key, micros)):
            group = report.groups.setdefault(name, Money())
            group.carrier_micros += moved
            group.unanswered_micros += 0 if answered else moved


def _add_agents(
    db: sqlite3.Connection,
    report: Report,
    by: By,
    span: Mapping[str, object],
    hourly_micros: Mapping[str, int],
    name: Callable[[str], str],
) -> None:
    """The time of agents, each at its price; an agent's own minutes are those of its segments."""
    key = "agent" if by == "agent" else "key"
    times: Iterable[tuple[str, str, int, int, int]] = db.execute(
        f"""with spans as materialized (
                select call, {_KEYS[by]} as key, talk_ms + hold_ms > 0 as answered from calls
                where offered_at >= :from_ms and offered_at < :until_ms)
            select {key}, agent, answered, sum(ms), sum(talked) from (
                select spans.key, agent, answered, ring_ms + talk_ms + hold_ms as ms, talk_ms + hold_ms as talked
                    from spans join segments on segments.call = spans.call
                union all
                select spans.key, agent, answered, wrap_up_ms, 0 from spans join wrap_ups on wrap_ups.call = spans.call)
            group by 1, 2, 3""",
        {"from_ms": span["from_ms"], "until_ms": span["until_ms"]},
    )
    for group_key, agent, answered, ms, talked_ms in times:
        micros = rounded(ms * hourly_micros.get(agent, 0), HOUR_MS)
        group = report.groups.setdefault(name(group_key), Money())
        group.agents_micros += micros
        group.unanswered_micros += 0 if answered else micros
        group.talked_ms += talked_ms if by == "agent" else 0


def _add_lines_of_no_call(db: sqlite3.Connection, report: Report, by: By, span: Mapping[str, object]) -> None:
    """Fees and the like: of their client and project."""
    key = _LINE_KEYS.get(by, "''")
    for name, micros in db.execute(
        f"""select {key}, sum(amount_micros) from ledger where call = '' and account <> :cost
                and json_extract(line, '$.at_utc_ms') >= :from_ms and json_extract(line, '$.at_utc_ms') < :until_ms
            group by 1""",
        span,
    ):
        if by in _LINE_KEYS:
            report.groups.setdefault(name, Money()).income_micros += micros
        else:
            report.outside_micros += micros


def _add(to: Money, other: Money) -> None:
    to.calls += other.calls
    to.answered += other.answered
    to.talked_ms += other.talked_ms
    to.income_micros += other.income_micros
    to.carrier_micros += other.carrier_micros
    to.agents_micros += other.agents_micros
    to.unanswered_micros += other.unanswered_micros
