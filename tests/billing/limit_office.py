"""An office for tests of the limits: calls, told to `Limits` as they happen, and a slow account of what each costs."""

from dataclasses import dataclass, field

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.limit_terms import (
    Account,
    Group,
    Guard,
    Limit,
    Low,
    Out,
    Placed,
    Refusal,
    account_window,
    covers,
    subject,
    window,
)
from appliance.billing.limits import Limits
from appliance.billing.rating import rate_call
from appliance.billing.tariffs import Rate, RateTable

ZONE = "Europe/Madrid"
NOON_UTC_MS = 1_795_345_200_000
"""2026-11-22T11:00:00Z, noon in Madrid, a Sunday."""
START_MS = 1_000_000
HOUR_MS = 3_600_000
AFTERNOON = {"tarde": Hours(ZONE, (OpenSpan(tuple(range(7)), 780, 1440),))}
"""From one o'clock: an hour after a test begins."""
RATES = (
    Rate("moviles", "out", "+346", rate_micros_per_minute=600_000, first_increment_s=1, next_increment_s=1),
    Rate("fijos", "out", "+349", connect_fee_micros=100_000, rate_micros_per_minute=300_000),
    Rate("fijos-tarde", "out", "+349", rate_micros_per_minute=900_000, calendar="tarde"),
    Rate("raros", "out", "+33", None, "", 50_000, 600_000, 30, 6, free_s=20, minimum_micros=400_000),
    Rate("topados", "out", "+44", rate_micros_per_minute=600_000, maximum_micros=1_500_000),
    Rate("de-linea", "out", "+346", LineName("cara"), "", 0, 2_000_000, 60, 30, rounding="up", decimals=2),
    Rate("emergencias", "out", "=112"),
)
TABLE = RateTable(RATES, "EUR", AFTERNOON)
NUMBERS = ("+34600111222", "+34910000000", "+33123456789", "+447700900000", "+99123", "=112")
GROUPS = tuple(
    Group(line, agent, client, "") for line in ("barata", "cara") for agent in ("ana", "bob") for client in ("acme", "")
)


def cost(placed: Placed, answered_utc_ms: int, talk_ms: int) -> int:
    """By the rating alone."""
    line = LineName(placed.group.line)
    charge = rate_call(
        TABLE, "out", placed.number, line, "", talk_ms, at_utc_ms=answered_utc_ms, rated_as=placed.rated_as
    )
    return charge.total_micros


@dataclass
class Call:
    placed: Placed
    answered_ms: int = -1
    ended_ms: int = -1

    def cost_at(self, now_ms: int) -> int:
        until_ms = self.ended_ms if self.ended_ms >= 0 else now_ms
        if self.answered_ms < 0:
            return 0
        return cost(self.placed, self.answered_ms - START_MS + NOON_UTC_MS, max(until_ms - self.answered_ms, 1))


@dataclass
class Office:
    """Calls, told to `limits` as they happen, and kept."""

    limits: Limits
    rules: tuple[Limit, ...]
    accounts: dict[str, Account] = field(default_factory=dict)
    now_ms: int = START_MS
    calls: list[Call] = field(default_factory=list)
    said: list[Low | Out] = field(default_factory=list)
    wakes_late_ms: int = 0

    @classmethod
    def of(cls, *rules: Limit, guard: Guard | None = None, **accounts: int) -> "Office":
        office = cls(Limits(TABLE, rules, guard or Guard(), ZONE), rules)
        for client, micros in accounts.items():
            office.accounts[client] = Account(NOON_UTC_MS, micros)
            office.limits.set_account(client, office.accounts[client])
        return office

    @property
    def utc_ms(self) -> int:
        return self.now_ms - START_MS + NOON_UTC_MS

    def dials(self, number: str, group: Group = GROUPS[0], *, emergency: bool = False) -> Refusal | Call:
        name = f"c{len(self.calls)}"
        placed = Placed(f"leg-{name}", name, group, number, "", self.utc_ms, emergency)
        refused = self.limits.ask(placed, self.now_ms, self.utc_ms)
        if refused is not None:
            return refused
        self.calls.append(Call(placed))
        return self.calls[-1]

    def dialled(self, number: str, group: Group = GROUPS[0]) -> Call:
        call = self.dials(number, group)
        assert isinstance(call, Call), call
        return call

    def answered(self, number: str, group: Group = GROUPS[0]) -> Call:
        call = self.dialled(number, group)
        self.answers(call)
        return call

    def answers(self, call: Call) -> None:
        if call.answered_ms < 0 and call.ended_ms < 0:
            call.answered_ms = self.now_ms
            self.limits.answered(call.placed.leg, self.now_ms, self.utc_ms)

    def ends(self, call: Call) -> None:
        if call.ended_ms < 0:
            call.ended_ms = self.now_ms
            placed = call.placed
            self.limits.ended(placed.leg, self.now_ms)
            self.limits.settle(placed.call, placed.begun_utc_ms, [(placed.group, call.cost_at(self.now_ms))])

    def waits(self, ms: int) -> None:
        """Time passes; who is to be cut is."""
        until_ms = self.now_ms + ms
        while (wakes_ms := self.limits.next_ms()) is not None and wakes_ms + self.wakes_late_ms <= until_ms:
            self.now_ms = max(self.now_ms, wakes_ms + self.wakes_late_ms)
            for said in self.limits.due(self.now_ms):
                self.said.append(said)
                if isinstance(said, Out):
                    self.ends(next(call for call in self.calls if call.placed.leg == said.leg))
        self.now_ms = until_ms

    def spent(self, rule: Limit, group: Group, begun_utc_ms: int) -> int:
        """The slow sum: every call that counts in this limit with a call of this group and time."""
        return sum(
            call.cost_at(self.now_ms)
            for call in self.calls
            if covers(rule, call.placed.group)
            and subject(rule, call.placed.group) == subject(rule, group)
            and self._when(rule, group, begun_utc_ms) == self._when(rule, call.placed.group, call.placed.begun_utc_ms)
        )

    def _when(self, rule: Limit, group: Group, utc_ms: int) -> object:
        if rule.per == "prepaid":
            return account_window(self.accounts.get(group.client), group.client)
        return window(rule.per, ZONE, utc_ms)

    def most(self, rule: Limit, group: Group) -> int:
        if rule.per != "prepaid":
            return rule.most_micros
        account = self.accounts.get(group.client)
        return account.credit_micros if account is not None else 0

    def is_within_all_limits(self) -> None:
        for call in self.calls:
            for rule in self.rules:
                if covers(rule, call.placed.group):
                    spent = self.spent(rule, call.placed.group, call.placed.begun_utc_ms)
                    assert spent <= self.most(rule, call.placed.group), (rule, spent)
