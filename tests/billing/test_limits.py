"""Limits of money: any number of calls at any times, and no limit they share is ever exceeded.

The slow account they are compared with is `limit_office`'s.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.limit_terms import Group, Guard, Limit, Low, Out, Per, Placed, Refusal, covers
from appliance.billing.limits import CUT_MS, LEAST_MS
from tests.billing.limit_office import GROUPS, HOUR_MS, NOON_UTC_MS, NUMBERS, START_MS, ZONE, Call, Office

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


def test_a_call_goes_on_for_its_free_seconds_and_no_longer_without_money() -> None:
    office = Office.of(Limit("dia", "day", 100_000, warn_ms=0))
    call = office.answered("+33123456789")  # 20 s are free, then it costs 0.40 at least
    office.waits(60_000)
    assert call.ended_ms - call.answered_ms == 20_000 - CUT_MS and call.cost_at(office.now_ms) == 0


def test_what_a_call_did_not_use_is_there_before_its_record_is() -> None:
    office = Office.of(Limit("dia", "day", 1_000_000))
    call = office.answered("+34600111222")  # 0.01 a second
    office.waits(2_000)
    office.limits.ended(call.placed.leg, office.now_ms)
    assert office.limits.left(call.placed.group, office.utc_ms) == {"dia": 980_000}


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
