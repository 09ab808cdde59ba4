"""A month's fees, extras and minimum, worked out from the stored calls and put into the ledger.

Closing a month again is allowed, and needed when a call of it comes late: what differs then is a correction.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from appliance.acd.hours import instant_of
from appliance.billing.charging import Used, line_of_extra, line_of_fee, line_of_minimum, line_of_set_up
from appliance.billing.contracts import Contract, Contracts, PerProject
from appliance.billing.lines import Line
from appliance.daemon.ledger_writes import Ledger, month_of

CLOSED_AGAIN = "month"
"""Why a line was corrected: the month has other calls than when it was closed."""


@dataclass(frozen=True)
class Month:
    """A calendar month by the box's clock; `until_ms` is outside. UTC ms."""

    name: str
    from_ms: int
    until_ms: int

    @classmethod
    def named(cls, name: str, time_zone: str) -> "Month":
        """Of `2026-11`. Raises ValueError when it is none."""
        try:
            first = date.fromisoformat(f"{name}-01")
        except ValueError:
            raise ValueError(f"{name} is no month. Write year and month, as 2026-11.") from None
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return cls(first.strftime("%Y-%m"), instant_of(time_zone, first, 0), instant_of(time_zone, after, 0))


def in_force(contracts: Contracts, month: Month) -> Iterator[tuple[Contract, int, int]]:
    """Each contract in force in a month, with from when to when in it; of a contract that was renewed within the month
    both versions, each for its own calls."""
    for contract in contracts.all:
        from_ms, until_ms = max(contract.valid_from_ms, month.from_ms), min(contract.valid_to_ms, month.until_ms)
        if from_ms < until_ms:
            yield contract, from_ms, until_ms


def close(ledger: Ledger, contracts: Contracts, month: Month, client: str = "") -> list[Line]:
    """Charge what a month comes to beside its calls and results, in one transaction of the caller's. Returns the lines
    that were written: none when it was closed and nothing has changed.

    A contract that was renewed within the month pays its fees once, by the version in force at the month's end.
    """
    written: list[Line | None] = []
    for contract, from_ms, until_ms in in_force(contracts, month):
        if client and contract.client != client:
            continue
        if month.from_ms <= contract.valid_from_ms or contract.valid_from_ms == 0:
            line = line_of_set_up(contract, month.name, from_ms)
            if line is not None and not ledger.has(line.account, line.kind, line.subject):
                written.append(ledger.charge(line, ""))
        own, last_ms = contracts.own_projects(contract), until_ms - 1
        last = _is_last(contracts, contract, month)
        for clause in contract.projects:
            fee = line_of_fee(contract, clause, month.name, last_ms) if last else None
            used = used_of(ledger.db, contract, clause, from_ms, until_ms, own)
            extra = line_of_extra(contract, clause, month.name, last_ms, used)
            written += [ledger.charge(line, CLOSED_AGAIN) for line in (fee, extra) if line is not None]
        if last:
            charged = _charged(ledger.db, contract, month)
            minimum = line_of_minimum(contract, month.name, last_ms, charged)
            if minimum is not None:
                written.append(ledger.charge(minimum, CLOSED_AGAIN))
    return [line for line in written if line is not None]


def used_of(
    db: sqlite3.Connection, contract: Contract, clause: PerProject, from_ms: int, until_ms: int, own: Iterable[str]
) -> Used:
    """The answered calls offered in a time that a clause counts, and their talk in its steps; `own`: projects with a
    contract of their own, which are not counted."""
    project = clause.project or contract.project
    left_out = tuple(own)
    step_ms = clause.increment_s * 1000
    row = db.execute(
        f"""select count(*), coalesce(sum((talk_ms + hold_ms + :step - 1) / :step), 0) from calls
            where offered_at >= :from_ms and offered_at < :until_ms and client = :client and talk_ms + hold_ms > 0
                and (:project = '' or project = :project)
                and project not in ({", ".join(f":own{place}" for place in range(len(left_out)))})""",
        {
            "step": step_ms,
            "from_ms": from_ms,
            "until_ms": until_ms,
            "client": contract.client,
            "project": project,
            **{f"own{place}": name for place, name in enumerate(left_out)},
        },
    ).fetchone()
    return Used(int(row[0]), int(row[1]) * clause.increment_s)


def months_between(time_zone: str, first_utc_ms: int, last_utc_ms: int) -> list[str]:
    """The months, by a place's clock, from one instant to another."""
    year, month = (int(part) for part in month_of(time_zone, first_utc_ms).split("-"))
    end = month_of(time_zone, last_utc_ms)
    names: list[str] = []
    while (name := f"{year:04d}-{month:02d}") <= end:
        names.append(name)
        year, month = year + month // 12, month % 12 + 1
    return names


def _is_last(contracts: Contracts, contract: Contract, month: Month) -> bool:
    """Whether no later version of the contract is in force in the month."""
    return not any(
        other.name == contract.name and other.client == contract.client and other.valid_from_ms > contract.valid_from_ms
        for other, _, _ in in_force(contracts, month)
    )


def _charged(db: sqlite3.Connection, contract: Contract, month: Month) -> int:
    """What the contract's lines of a month come to, without tax, the set-up and what is missing to the minimum."""
    row = db.execute(
        """select coalesce(sum(amount_micros), 0) from ledger
           where account = ? and period = ? and kind not in ('minimum', 'set_up')
               and json_extract(line, '$.contract') = ?""",
        (contract.client, month.name, contract.name),
    ).fetchone()
    return int(row[0])
