"""What clients owe by their contracts, slowly and in fractions, to compare the ledger with.

It shares with the ledger the contracts' own records, `e164`, and nothing else: calls are matched, months are cut and
amounts are rounded here once more, by the rules in words.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from appliance.acd.effects import Cdr
from appliance.billing.contracts import Contract, PerCall, PerProject, PerResult, Tax
from appliance.daemon.e164 import e164
from appliance.daemon.store_writes import Office
from tests.billing.reference import Call, total_micros
from tests.daemon.ledgers import Sums

Codes = Mapping[str, Collection[str]]
"""By call: the dispositions that its agents gave it last."""
Decided = Mapping[tuple[str, str], str]
"""By call and result."""


class Owed:
    """Sums by account, kind and subject."""

    def __init__(self, office: Office, calls: Iterable[Cdr], codes: Codes, decided: Decided) -> None:
        self.office = office
        self.calls = [call for call in calls if call.client]
        self.codes = codes
        self.decided = decided
        self.sums: Sums = {}
        self.of_contract: dict[tuple[str, str, str], Fraction] = {}
        """By client, contract and month: what the month's least is compared with."""
        for call in self.calls:
            contract = self.in_force(call.client, call.project, call.offered_at)
            if contract is not None:
                self._call(contract, call)

    def in_force(self, client: str, project: str, at_ms: int) -> Contract | None:
        fit = [
            one
            for one in self.office.contracts.all
            if one.client == client and one.project in ("", project) and one.valid_from_ms <= at_ms < one.valid_to_ms
        ]
        return max(fit, key=lambda one: len(one.project), default=None)

    def month(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.office.time_zone)).strftime("%Y-%m")

    def close(self, months: Iterable[str]) -> None:
        """What each month comes to, one after the other."""
        for month in months:
            for contract in self.office.contracts.all:
                if self._is_in(contract, month):
                    self._month(contract, month)
            for contract in self.office.contracts.all:
                if self._is_in(contract, month) and self._is_last(contract, month) and contract.minimum_micros:
                    charged = self.of_contract.get((contract.client, contract.name, month), Fraction(0))
                    missing = max(Fraction(0), contract.minimum_micros - charged)
                    self._owe(contract, "minimum", f"{contract.name}//{month}", missing, contract.tax)

    def _call(self, contract: Contract, call: Cdr) -> None:
        month = self.month(call.offered_at)
        for clause in contract.calls:
            if _fits(clause, call, self.codes.get(call.call, ())):
                self._owe(contract, "call", call.call, Fraction(clause.price_micros), clause.tax, month)
                break
        if contract.minutes is not None and _talked_ms(call):
            number = e164(call.called if call.direction == "out" else call.caller, self.office.country)
            of_call = Call(
                call.direction, number, call.line, call.project, _talked_ms(call), call.answered_at, included_s=0
            )
            minutes = Fraction(total_micros(contract.minutes, of_call))
            self._owe(contract, "minutes", call.call, minutes, contract.tax, month)
        for result in contract.results:
            if self._is_due(result, call):
                subject = f"{call.call}/{result.name}"
                self._owe(contract, "result", subject, Fraction(result.price_micros), result.tax, month)

    def _is_due(self, result: PerResult, call: Cdr) -> bool:
        claimed = bool(set(self.codes.get(call.call, ())) & set(result.dispositions))
        state = self.decided.get((call.call, result.name), "claimed" if claimed else "reversed")
        return state == "confirmed" or (state == "claimed" and result.charged_when == "claimed")

    def _month(self, contract: Contract, month: str) -> None:
        begins = contract.valid_from_ms == 0 or self.month(contract.valid_from_ms) == month
        if begins and contract.set_up_micros and (contract.client, "set_up", contract.name) not in self.sums:
            self._owe(contract, "set_up", contract.name, Fraction(contract.set_up_micros), contract.tax)
        for clause in contract.projects:
            if self._is_last(contract, month):
                subject = f"{contract.name}/{clause.name}/{month}"
                self._owe(contract, "fee", subject, Fraction(clause.fee_micros), clause.tax, month)
            subject = f"{contract.name} v{contract.version}/{clause.name}/{month}"
            self._owe(contract, "extra", subject, self._extra(contract, clause, month), clause.tax, month)

    def _extra(self, contract: Contract, clause: PerProject, month: str) -> Fraction:
        calls, talked_s = 0, 0
        for call in self.calls:
            if self.month(call.offered_at) != month or not _talked_ms(call) or call.client != contract.client:
                continue
            if self.in_force(call.client, call.project, call.offered_at) is not contract:
                continue
            if clause.project in ("", call.project):
                calls += 1
                while_s = 0
                while while_s * 1000 < _talked_ms(call):
                    while_s += clause.increment_s
                talked_s += while_s
        more_s = Fraction(max(0, talked_s - clause.included_s), 60)
        more = max(0, calls - clause.included_calls) * clause.extra_call_micros
        return Fraction(more + floor(more_s * clause.extra_minute_micros + Fraction(1, 2)))

    def _is_in(self, contract: Contract, month: str) -> bool:
        last_ms = min(contract.valid_to_ms, 1 << 41) - 1
        return self.month(contract.valid_from_ms) <= month <= self.month(last_ms)

    def _is_last(self, contract: Contract, month: str) -> bool:
        versions = [
            one.valid_from_ms
            for one in self.office.contracts.all
            if (one.client, one.name) == (contract.client, contract.name) and self._is_in(one, month)
        ]
        return contract.valid_from_ms == max(versions)

    def _owe(
        self, contract: Contract, kind: str, subject: str, micros: Fraction, tax: Tax, compared_in: str = ""
    ) -> None:
        assert micros.denominator == 1
        if micros:
            with_tax = floor(micros * Fraction(tax.ppm, 1_000_000) + Fraction(1, 2))
            self.sums[contract.client, kind, subject] = int(micros), with_tax
        if compared_in:
            key = (contract.client, contract.name, compared_in)
            self.of_contract[key] = self.of_contract.get(key, Fraction(0)) + micros


def _talked_ms(call: Cdr) -> int:
    return call.talk_ms + call.hold_ms


def _fits(clause: PerCall, call: Cdr, codes: Collection[str]) -> bool:
    return (
        clause.counted in ("any", "answered" if _talked_ms(call) else "unanswered")
        and clause.direction in ("", call.direction)
        and (not clause.queues or call.queue in clause.queues)
        and (not clause.dispositions or any(code in clause.dispositions for code in codes))
    )
