"""What belongs on a client's statement of a month, and what its lines come to; nothing about files or the store.

Each line of an account is on one statement: on that of its month, as far as it was booked when that was made; else, as
what came late, on the first one made after it of a later month. Sums are of micro-units; what is to be paid is rounded
once, at the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from appliance.billing.amounts import STEPS_MICROS
from appliance.billing.lines import Kind, Line

MAX_GROUPS = 20_000
"""More than any contract makes; what has more is no statement of ours."""


class StatementError(Exception):
    """Lines that make no statement. The message says which and why."""


class Issue(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement that was made: of which month, and up to which line of the account."""

    month: str
    until: int


class Late(Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier month whose lines after number `after` were booked too late for its own statement."""

    month: str
    after: int


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines of one clause and project together. `month` is another than the statement's for what came late."""

    month: str
    contract: str
    kind: Kind
    clause: str
    project: str
    lines: int
    amount_micros: int
    tax_micros: int


class TaxSum(Struct, frozen=True, forbid_unknown_fields=True):
    """What one tax comes to, line by line, and on what."""

    name: str
    ppm: int
    amount_micros: int
    tax_micros: int


class Totals(Struct, frozen=True, forbid_unknown_fields=True):
    """`payable_micros` is amount and tax, rounded half up to the currency's decimals; `rounding_micros` more or less
    than they are."""

    lines: int
    amount_micros: int
    tax_micros: int
    payable_micros: int
    rounding_micros: int
    taxes: tuple[TaxSum, ...]
    groups: tuple[Group, ...]


def late_months(issues: Iterable[Issue], month: str) -> tuple[Late, ...]:
    """Months before `month` that have their own statement, and from where their lines come late for it. `issues` are
    those made before the statement of `month`, in the order they were made, and no other."""
    after: dict[str, int] = {}
    for issue in issues:
        for earlier in after:
            if earlier < issue.month:
                after[earlier] = max(after[earlier], issue.until)
        after[issue.month] = issue.until
    return tuple(Late(name, until) for name, until in sorted(after.items()) if name < month)


def payable(micros: int, decimals: int) -> int:
    """Rounded half up to so many decimals; what is paid back the same with the other sign."""
    step = STEPS_MICROS[decimals]
    rounded = (abs(micros) + step // 2) // step * step
    return -rounded if micros < 0 else rounded


@dataclass(frozen=True)
class Extent:
    """Which lines of an account are on the statement of a month."""

    client: str
    month: str
    late: Mapping[str, int]

    def has(self, number: int, line_month: str) -> bool:
        """Whether line `number`, of a month, is on it; lines past the statement's end are not asked for."""
        return line_month == self.month or (
            line_month < self.month and line_month in self.late and number > self.late[line_month]
        )


@dataclass
class Sums:
    """Adds lines up, in whatever order they come."""

    decimals: int
    lines: int = 0
    amount_micros: int = 0
    tax_micros: int = 0
    _taxes: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    _groups: dict[tuple[str, str, Kind, str, str], tuple[int, int, int]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Raises StatementError when lines have too many clauses to be a statement."""
        self.lines += 1
        self.amount_micros += line.amount_micros
        self.tax_micros += line.tax_micros
        tax = line.tax.name, line.tax.ppm
        of_tax, tax_micros = self._taxes.get(tax, (0, 0))
        self._taxes[tax] = of_tax + line.amount_micros, tax_micros + line.tax_micros
        key = line.period, line.contract, line.kind, line.clause, line.project
        lines, amount, taxed = self._groups.get(key, (0, 0, 0))
        self._groups[key] = lines + 1, amount + line.amount_micros, taxed + line.tax_micros
        if max(len(self._groups), len(self._taxes)) > MAX_GROUPS:
            raise StatementError(f"lines of more than {MAX_GROUPS} clauses, projects and taxes")

    def totals(self) -> Totals:
        exact = self.amount_micros + self.tax_micros
        to_pay = payable(exact, self.decimals)
        return Totals(
            self.lines,
            self.amount_micros,
            self.tax_micros,
            to_pay,
            to_pay - exact,
            tuple(TaxSum(*tax, *sums) for tax, sums in sorted(self._taxes.items())),
            tuple(Group(*key, *sums) for key, sums in sorted(self._groups.items())),
        )
