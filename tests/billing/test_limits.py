"""Limits of money: any number of calls at any times, and no limit they share is ever exceeded.

`Office` is a slow account of the same: it keeps every call, and adds up what each costs by `rate_call` alone.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.limit_terms import (
    Account,
    Group,
    Guard,
    Limit,
    Low,
    Out,
    Per,
    Placed,
    Refusal,
    account_window,
    covers,
    subject,
    window,
)
from appliance.billing.limits import CUT_MS, LEAST_MS, Limits
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


DAY = Limit("dia", "day", 2_000_000)


def test_a_call_is_placed_while_there_is_money_for_its_first_increment() -> None:
    office = Office.of(Limit("dia", "day", 1_000_000))
    first = office.answered("+34910000000")  # 0.10 + 0.30 a minute
    assert office.limits.left(first.placed.group, office.utc_ms) == {"dia": 600_000}
    second = office.dialled("+34910000000")
    refused = office.dials("+34910000000")
    assert refused == Refusal("limit", "dia", 200_000, 1_000_000, 400_000)
    office.ends(second)
    assert office.limits.left(first.placed.group, office.utc_ms) == {"dia": 600_000}, "nobody answered"
    assert isinstance(office.dials("+34910000000"), Call)


def test_a_call_is_warned_and_then_cut_before_an_increment_there_is_no_money_for() -> None:
    office = Office.of(Limit("dia", "day", 1_000_000, warn_ms=20_000))
    call = office.answered("+34910000000")
    office.waits(3 * 60_000 - 20_001)
    assert not office.said
    office.waits(1)
    assert office.said == [Low(call.placed.leg, "dia", 20_000 - CUT_MS)]
    office.waits(60_000)
    assert office.said[1:] == [Out(call.placed.leg, "dia")]
    assert call.ended_ms - call.answered_ms == 3 * 60_000 - CUT_MS
    assert office.limits.left(call.placed.group, call.placed.begun_utc_ms) == {"dia": 0}


def test_money_that_another_call_leaves_lets_a_warned_one_go_on() -> None:
    office = Office.of(DAY)
    one, other = office.answered("+34910000000"), office.dialled("+34910000000")
    office.waits(5 * 60_000 - 15_000)  # 0.10 + 5 × 0.30 and 0.40 for the one that still rings
    assert office.said == [Low(one.placed.leg, "dia", 14_000)]
    office.ends(other)
    office.waits(60_000)
    assert one.ended_ms < 0
    office.waits(60_000)
    assert office.said[1:] == [Low(one.placed.leg, "dia", 14_000), Out(one.placed.leg, "dia")]


def test_increments_of_a_second_are_cut_within_the_last_seconds() -> None:
    office = Office.of(Limit("dia", "day", 605_000))  # 60.5 s
    call = office.answered("+34600111222")
    office.waits(120_000)
    assert [type(said) for said in office.said] == [Low, Out]
    assert call.ended_ms - call.answered_ms == 60_000 - CUT_MS


def test_nothing_is_dialled_that_would_be_cut_at_once() -> None:
    office = Office.of(Limit("dia", "day", LEAST_MS // 1000 * 10_000 - 1))
    refused = office.dials("+34600111222")
    assert isinstance(refused, Refusal) and (refused.reason, refused.cost_micros) == ("limit", 50_000)


def test_a_call_counts_in_the_hour_it_began_in_and_the_next_hour_is_new() -> None:
    office = Office.of(Limit("hora", "hour", 1_000_000))
    office.waits(HOUR_MS - 60_000)
    long = office.answered("+447700900000")
    office.waits(60_000 + 1)
    assert office.limits.left(GROUPS[0], office.utc_ms) == {"hora": 1_000_000}
    office.waits(60_000)
    assert long.ended_ms >= 0 and office.limits.left(GROUPS[0], office.utc_ms) == {"hora": 1_000_000}


def test_a_limit_for_each_agent_is_one_for_each() -> None:
    office = Office.of(Limit("agente", "day", 600_000, agent="*"))
    office.answered("+447700900000", Group("barata", "ana", "", ""))
    assert isinstance(office.dials("+447700900000", Group("barata", "ana", "", "")), Refusal)
    assert isinstance(office.dials("+447700900000", Group("barata", "bob", "", "")), Call)
    assert isinstance(office.dials("+447700900000", Group("barata", "", "", "")), Call), "it is nobody's"


def test_a_line_that_has_used_up_its_own_leaves_it_to_another() -> None:
    office = Office.of(Limit("linea", "day", 100_000, line="barata"), Limit("dia", "day", 2_500_000))
    refused = office.dials("+447700900000", Group("barata", "ana", "", ""))
    assert isinstance(refused, Refusal) and refused.other_line
    office.answered("+447700900000", Group("cara", "ana", "", ""))
    office.waits(170_000)
    refused = office.dials("+447700900000", Group("barata", "ana", "", ""))
    assert isinstance(refused, Call | Refusal) and not isinstance(refused, Call) and refused.other_line
    office.answered("+447700900000", Group("cara", "ana", "", ""))
    refused = office.dials("+447700900000", Group("barata", "ana", "", ""))
    assert isinstance(refused, Refusal) and (refused.limit, refused.other_line) == ("dia", False)


def test_a_number_without_a_price_is_refused_where_a_limit_says_so() -> None:
    office = Office.of(Limit("acme", "day", 1_000_000, client="acme"))
    refused = office.dials("+99123", Group("barata", "ana", "acme", ""))
    assert isinstance(refused, Refusal) and refused.reason == "no_price"
    assert isinstance(office.dials("+99123", Group("barata", "ana", "", "")), Call), "no limit is for it"
    lenient = Office.of(Limit("acme", "day", 1_000_000, client="acme", refuses_unknown=False))
    assert isinstance(lenient.dials("+99123", Group("barata", "ana", "acme", "")), Call)


def test_the_dearer_rate_that_begins_while_it_rings_is_paid_for_before_it_is_dialled() -> None:
    office = Office.of(Limit("dia", "day", 899_999))
    office.waits(HOUR_MS - 30_000)
    refused = office.dials("+34910000000")
    assert isinstance(refused, Refusal) and refused.cost_micros == 900_000


def test_what_the_store_tells_is_spent_and_another_line_is_a_new_try() -> None:
    office = Office.of(Limit("dia", "day", 1_000_000), Limit("prepago", "prepaid", client="*"), acme=700_000)
    placed = Placed("leg", "call", Group("barata", "ana", "acme", ""), "+447700900000", "", NOON_UTC_MS)
    unread = office.limits.unread(placed)
    assert [(one.from_ms, one.client) for one in unread] == [(NOON_UTC_MS - 12 * HOUR_MS, ""), (NOON_UTC_MS, "acme")]
    office.limits.know(unread[0], {placed.group: 300_000, Group("cara", "bob", "", ""): 50_000})
    office.limits.know(unread[1], {placed.group: 100_000})
    assert not office.limits.unread(placed)
    assert office.limits.left(placed.group, NOON_UTC_MS) == {"dia": 650_000, "prepago": 600_000}
    assert office.limits.ask(placed, START_MS, NOON_UTC_MS) is None
    office.limits.answered("leg", START_MS, NOON_UTC_MS)
    office.limits.ended("leg", START_MS + 1_000)  # nobody had answered, the line says now
    again = Placed("leg-2", "call", placed.group, placed.number, "", NOON_UTC_MS)
    assert office.limits.ask(again, START_MS + 2_000, NOON_UTC_MS + 2_000) is None
    assert office.limits.left(placed.group, NOON_UTC_MS) == {"dia": 50_000, "prepago": 0}
    office.limits.settle("call", NOON_UTC_MS, [])
    assert office.limits.left(placed.group, NOON_UTC_MS) == {"dia": 650_000, "prepago": 600_000}


def test_an_account_pays_for_no_call_that_began_before_it_was_opened() -> None:
    office = Office.of(Limit("prepago", "prepaid", client="*"), acme=5_000_000)
    early = Placed("leg", "call", Group("barata", "ana", "acme", ""), "+447700900000", "", NOON_UTC_MS - 1)
    refused = office.limits.ask(early, START_MS, NOON_UTC_MS)
    assert refused is not None and refused.reason == "prepaid"
    unknown = Placed("leg", "call", Group("barata", "ana", "otro", ""), "+447700900000", "", NOON_UTC_MS)
    refused = office.limits.ask(unknown, START_MS, NOON_UTC_MS)
    assert refused == Refusal("prepaid", "prepago", 0, 0, 600_000)
    assert office.limits.prepaid_clients(unknown.group) == ["otro"]
    assert office.limits.prepaid_clients(Group("barata", "ana", "", "")) == []


def test_a_leg_of_no_record_counts_when_it_is_over() -> None:
    office = Office.of(DAY)
    placed = Placed("leg", "call", GROUPS[0], "+447700900000", "", NOON_UTC_MS, on_record=False)
    assert office.limits.ask(placed, START_MS, NOON_UTC_MS) is None
    office.limits.answered("leg", START_MS, NOON_UTC_MS)
    office.limits.ended("leg", START_MS + 61_000)
    assert office.limits.left(GROUPS[0], NOON_UTC_MS) == {"dia": 2_000_000 - 1_200_000}
    office.limits.ended("leg", START_MS + 62_000)
    office.limits.answered("leg", START_MS + 62_000, NOON_UTC_MS)
    assert office.limits.left(GROUPS[0], NOON_UTC_MS) == {"dia": 2_000_000 - 1_200_000}


def test_calls_that_are_up_are_taken_over_whatever_is_left() -> None:
    office = Office.of(Limit("dia", "day", 1_000_000), guard=Guard(("+44",), at_once=1))
    rings = Placed("rings", "one", GROUPS[0], "+447700900000", "", NOON_UTC_MS)
    talks = Placed("talks", "two", GROUPS[0], "+447700900000", "", NOON_UTC_MS)
    office.limits.adopt(rings, START_MS, NOON_UTC_MS)
    assert office.limits.left(GROUPS[0], NOON_UTC_MS) == {"dia": 400_000}
    office.now_ms += 70_000
    office.limits.adopt(talks, office.now_ms, office.utc_ms, START_MS)
    office.limits.adopt(talks, office.now_ms, office.utc_ms, START_MS)
    assert office.limits.left(GROUPS[0], NOON_UTC_MS) == {"dia": 400_000 - 1_200_000}
    assert list(office.limits.due(START_MS + 120_000 - 15_000)) == [Low("talks", "dia", 14_000)]
    assert list(office.limits.due(START_MS + 120_000 - CUT_MS)) == [Out("talks", "dia")]
    assert list(office.limits.due(START_MS + 120_000 - CUT_MS)) == []
    assert list(office.limits.due(START_MS + 120_000)) == [Out("talks", "dia")], "it is said again while it goes on"
    refused = office.dials("+447700900001")
    assert isinstance(refused, Refusal) and refused.reason == "guard_at_once"


def test_the_guard_counts_calls_to_costly_numbers() -> None:
    night = Hours(ZONE, (OpenSpan((0, 1, 2, 3, 4, 5), 0, 1440),))
    office = Office.of(guard=Guard(("+33",), costly_from_micros=1_000_000, calls_a_minute=2, at_once=2))
    one = office.dialled("+33123456789")
    office.dialled("+34600111222")
    two = office.dialled("+34600111222", Group("cara", "bob", "", ""))  # 2.00 a minute on this line
    refused = office.dials("+33123456789")
    assert isinstance(refused, Refusal) and refused.reason == "guard_at_once"
    office.ends(one)
    refused = office.dials("+99123")
    assert isinstance(refused, Refusal) and refused.reason == "guard_minute", "what has no price may cost anything"
    office.waits(60_000)
    office.dialled("+33123456789")
    office.ends(two)
    office.limits.guard_saw(Placed("x", "x", GROUPS[0], "+33123456789"), office.now_ms, office.utc_ms)
    office.limits.guard_saw(Placed("y", "y", GROUPS[0], "+34600111222"), office.now_ms, office.utc_ms)
    refused = office.dials("+33123456789")
    assert isinstance(refused, Refusal) and refused.reason == "guard_minute"
    sundays = Office.of(guard=Guard(("+33",), hours=night))
    refused = sundays.dials("+33123456789")
    assert isinstance(refused, Refusal) and refused.reason == "guard_hours"
    assert isinstance(sundays.dials("+34600111222"), Call)
    assert isinstance(sundays.dials("+33123456789", emergency=True), Call)


def test_the_numbers_of_all_other_countries_may_be_costly() -> None:
    office = Office.of(guard=Guard(abroad_of="+34", at_once=1))
    office.dialled("+33123456789")
    for number in ("+34600111222", "=112"):
        office.dialled(number)
    assert isinstance(office.dials("+447700900000"), Refusal)


PERS: tuple[Per, ...] = ("hour", "day", "month", "prepaid")


def a_limit(per: Per, most: int, line: str, agent: str, client: str, warn_ms: int) -> Limit:
    if per == "prepaid":
        line, agent, client = "", "", "*"
    return Limit("", per, most, line, agent, client, "", warn_ms, per == "day")


some_limits = st.lists(
    st.builds(
        a_limit,
        st.sampled_from(PERS),
        st.integers(0, 8_000_000),
        st.sampled_from(("", "*", "cara")),
        st.sampled_from(("", "*", "ana")),
        st.sampled_from(("", "acme")),
        st.sampled_from((0, 5_000, 15_000)),
    ),
    min_size=1,
    max_size=4,
)
steps = st.lists(
    st.tuples(
        st.sampled_from(("dial", "dial", "answer", "answer", "end", "wait", "wait", "emergency")),
        st.integers(0, 10**6),
        st.integers(0, 400_000),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(some_limits, st.integers(0, 8_000_000), steps, st.integers(0, CUT_MS), st.integers(0, HOUR_MS))
def test_no_limit_is_ever_exceeded_and_the_counters_are_the_slow_sums(
    rules: list[Limit], credit: int, script: list[tuple[str, int, int]], late_ms: int, later_ms: int
) -> None:
    """Whatever calls there are and whenever they are answered and end: no limit is exceeded, no account is below zero
    at any moment, no emergency is refused; when all are over, what is left is what the slow sums say."""
    named = tuple(replace(rule, name=f"l{place}") for place, rule in enumerate(rules))
    office = Office.of(*named, acme=credit)
    office.wakes_late_ms = late_ms
    office.waits(later_ms)
    for what, which, ms in script:
        number, group = NUMBERS[which % len(NUMBERS)], GROUPS[which % len(GROUPS)]
        up = [call for call in office.calls if call.ended_ms < 0]
        if what == "emergency":
            assert isinstance(office.dials("=112", group, emergency=True), Call)
        elif what == "dial":
            office.dials(number, group)
        elif what == "wait":
            office.waits(ms)
        elif up:
            (office.answers if what == "answer" else office.ends)(up[which % len(up)])
        office.is_within_all_limits()
    for call in office.calls:
        office.ends(call)
    office.is_within_all_limits()
    assert not office.limits.up
    for call in office.calls:
        group, begun = call.placed.group, call.placed.begun_utc_ms
        slow = {
            rule.name: office.most(rule, group) - office.spent(rule, group, begun)
            for rule in named
            if covers(rule, group)
        }
        assert office.limits.left(group, begun) == slow
