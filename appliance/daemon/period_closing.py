"""A month's fees, extras and minimum, worked out from the stored calls and put into the ledger.

Closing a month again is allowed, and needed when a call of it comes late: what differs then is a correction.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import msgspec

from appliance.acd.hours import instant_of
from appliance.billing.charging import (
    Used,
    line_of_extra,
    line_of_fee,
    line_of_minimum,
    line_of_set_up,
    nothing_due,
)
from appliance.billing.contracts import Contract, Contracts, PerProject
from appliance.billing.lines import Line
from appliance.daemon.ledger_writes import Ledger, month_of, was_charged
from appliance.daemon.short_writes import write_shortly

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
    return charge_all(ledger, due(ledger.db, contracts, month, client))


def close_shortly(
    db: sqlite3.Connection, contracts: Contracts, month: Month, client: str, now_utc_ms: int
) -> list[Line]:
    """The same beside an ACD that goes on: worked out outside of any lock, and written in a transaction of its own."""
    return write_shortly(
        db,
        lambda: due(db, contracts, month, client),
        lambda lines: charge_all(Ledger(db, now_utc_ms), lines),
    )


def charge_all(ledger: Ledger, lines: Iterable[Line]) -> list[Line]:
    """Bring subjects to what they come to. Returns what was written."""
    return [written for line in lines if (written := ledger.charge(line, CLOSED_AGAIN)) is not None]


def due(db: sqlite3.Connection, contracts: Contracts, month: Month, client: str = "") -> list[Line]:
    """What the month comes to beside its calls and results, by the contracts in force and what is stored; and nothing
    for what was charged by a clause or a version that is no more, as long as its client has a contract in the month."""
    lines: list[Line] = []
    clients = set[str]()
    for contract, from_ms, until_ms in in_force(contracts, month):
        if client and contract.client != client:
            continue
        clients.add(contract.client)
        if month.from_ms <= contract.valid_from_ms or contract.valid_from_ms == 0:
            set_up = line_of_set_up(contract, month.name, from_ms)
            lines += [] if set_up is None or _has_set_up(db, set_up, lines) else [set_up]
        last = _is_last(contracts, contract, month)
        for clause in contract.projects:
            fee = line_of_fee(contract, clause, month.name, until_ms - 1) if last else None
            used = used_of(db, contract, clause, from_ms, until_ms, contracts.taken_out(contract))
            extra = line_of_extra(contract, clause, month.name, until_ms - 1, used)
            lines += [line for line in (fee, extra) if line is not None]
    for contract, _, until_ms in in_force(contracts, month):
        if contract.client in clients and _is_last(contracts, contract, month):
            charged = _charged_for_calls(db, contract, month)
            charged += sum(
                line.amount_micros
                for line in lines
                if (line.account, line.contract) == (contract.client, contract.name) and line.kind != "set_up"
            )
            minimum = line_of_minimum(contract, month.name, until_ms - 1, charged)
            lines += [] if minimum is None else [minimum]
    known = {(line.account, line.kind, line.subject) for line in lines}
    return lines + [nothing_due(line) for line in _of_month(db, month, clients) if _key(line) not in known]


def used_of(
    db: sqlite3.Connection,
    contract: Contract,
    clause: PerProject,
    from_ms: int,
    until_ms: int,
    taken_out: Iterable[Contract],
) -> Used:
    """The answered calls offered in a time that a clause counts, and their talk in its steps; without those of projects
    that have a contract of their own, while it is in force (`taken_out`)."""
    own = [one for one in taken_out if one.valid_from_ms < until_ms and from_ms < one.valid_to_ms]
    without = "".join(
        f" and not (project = :own{place} and offered_at >= :from{place} and offered_at < :until{place})"
        for place in range(len(own))
    )
    values: dict[str, str | int] = {
        "step": clause.increment_s * 1000,
        "from_ms": from_ms,
        "until_ms": until_ms,
        "client": contract.client,
        "project": clause.project or contract.project,
    }
    for place, one in enumerate(own):
        values |= {f"own{place}": one.project, f"from{place}": one.valid_from_ms, f"until{place}": one.valid_to_ms}
    row = db.execute(
        f"""select count(*), coalesce(sum((talk_ms + hold_ms + :step - 1) / :step), 0) from calls
            where offered_at >= :from_ms and offered_at < :until_ms and client = :client and talk_ms + hold_ms > 0
                and (:project = '' or project = :project){without}""",
        values,
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


def _charged_for_calls(db: sqlite3.Connection, contract: Contract, month: Month) -> int:
    """What the contract's calls and results of a month come to, without tax: each is of the contract that its newest
    line names. Looked up by the month (`+`: not by the kind, which would be all the years of the account)."""
    row = db.execute(
        """select coalesce(sum(micros), 0) from (
               select sum(amount_micros) as micros, max(revision), json_extract(line, '$.contract') as contract
               from ledger where account = ? and period = ? and +kind in ('call', 'minutes', 'result')
               group by kind, subject)
           where contract = ?""",
        (contract.client, month.name, contract.name),
    ).fetchone()
    return int(row[0])


def _has_set_up(db: sqlite3.Connection, line: Line, lines: Iterable[Line]) -> bool:
    """Whether it was charged, in this month or another, or is about to be."""
    return any(_key(one) == _key(line) for one in lines) or was_charged(db, *_key(line))


def _of_month(db: sqlite3.Connection, month: Month, clients: Iterable[str]) -> Iterator[Line]:
    """The newest line of each fee, extra and minimum that some clients were charged for a month and that comes to
    something."""
    for client in sorted(clients):
        for _, _, _, line in db.execute(
            """select max(revision), sum(amount_micros) as micros, sum(tax_micros) as tax, line from ledger
               where account = ? and period = ? and kind in ('fee', 'extra', 'minimum')
               group by kind, subject having micros <> 0 or tax <> 0""",
            (client, month.name),
        ):
            yield msgspec.json.decode(line, type=Line)


def _key(line: Line) -> tuple[str, str, str]:
    return line.account, line.kind, line.subject
