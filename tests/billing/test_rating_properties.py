"""What holds of any charge: longer is never cheaper, parts add up to the whole, integers, nothing changed unnoticed.

Tables of rates with every field there is, calls around the moments at which tariffs begin and end and clocks change.
"""

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple, TypeVar

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from appliance.billing.amounts import STEPS_MICROS
from appliance.billing.charges import Charge, Piece
from appliance.billing.rating import rate_call, together, worked_out
from appliance.billing.tariffs import FOREVER_MS, Rate, RateTable, TariffError
from tests.billing.reference import (
    CALENDARS,
    CHANGES_UTC_MS,
    DAY_MS,
    HOUR_MS,
    LINES,
    PREFIXES,
    PROJECTS,
    ROUNDINGS,
    Call,
    limited,
    rate_at,
)

EXAMPLES = 150
NUMBERS = ("+34600111222", "+34600111222", "0034601222333", "34 910 000 000", "+351211234567", "")
MIDNIGHTS = tuple(change + days * DAY_MS - change % DAY_MS for change in CHANGES_UTC_MS for days in (-1, 0, 1, 2))
moments = st.builds(
    lambda midnight, hour, more: midnight + hour * HOUR_MS + more,
    st.sampled_from(MIDNIGHTS),
    st.sampled_from((-2, -1, 0, 1, 2, 3, 6, 7, 18, 19, 22, 23)),
    st.sampled_from((-600_000, -300_001, -100_000, -60_000, -29_999, -1_000, -1, 0, 1, 60_000)),
)
durations = st.builds(
    lambda whole_s, more_ms: 1000 * whole_s + more_ms,
    st.sampled_from((0, 1, 29, 60, 61, 119, 180, 299, 300, 450, 600, 899)),
    st.sampled_from((1, 999, 1_000)),
)


class Case(NamedTuple):
    table: RateTable
    call: Call


@st.composite
def rates(draw: st.DrawFn, number: int, around_ms: int, plain: bool) -> Rate:
    """`plain`: without what is done to the sum: free seconds, limits, rounding."""
    edge_ms = around_ms + draw(st.sampled_from((-60_000, 0, 1, 29_500, 60_000, 61_000, 150_000, 300_000)))
    side = draw(st.sampled_from(("", "from", "to")))
    decimals = 6 if plain else draw(st.sampled_from((6, 6, 4, 2, 0)))
    least = 0 if plain else draw(st.sampled_from((0, 0, 1, 7))) * STEPS_MICROS[decimals]
    most = 0 if plain else draw(st.sampled_from((0, 0, 1, 50))) * STEPS_MICROS[decimals]
    return Rate(
        f"r{number}",
        "out",
        draw(st.sampled_from(("", "", "+34", "346", "34600", *PREFIXES))),
        draw(st.sampled_from((None, None, None, *LINES))),
        draw(st.sampled_from(("", "", *PROJECTS))),
        draw(st.sampled_from((0, 1, 50_000))),
        draw(st.sampled_from((0, 1, 7, 24_000, 60_000, 123_457, 9_999_999))),
        draw(st.sampled_from((1, 6, 30, 60, 113, 180))),
        draw(st.sampled_from((1, 6, 7, 30, 60))),
        f"v{number}",
        draw(st.sampled_from(("", *CALENDARS))),
        max(edge_ms, 0) if side == "from" else 0,
        edge_ms if side == "to" else FOREVER_MS,
        0 if plain else draw(st.sampled_from((0, 0, 3, 45))),
        least,
        most + least if most else 0,
        draw(st.sampled_from(ROUNDINGS)) if not plain else "half_up",
        decimals,
        not plain and draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn, *, plain: bool = False) -> Case:
    """A table of rates that do not contradict one another, and a call that is out on one of its lines."""
    around_ms = draw(moments)
    kept = [Rate("all", "out", "", None, "", 10_000, 60_000, 30, 6)] if draw(st.integers(0, 3)) else []
    for number in range(draw(st.integers(1, 8))):
        try:
            kept = list(RateTable([*kept, draw(rates(number, around_ms, plain))], "EUR", CALENDARS).rates)
        except TariffError:
            continue
    call = Call(
        "out",
        draw(st.sampled_from(NUMBERS)),
        draw(st.sampled_from(LINES)),
        draw(st.sampled_from(PROJECTS)),
        draw(durations),
        around_ms,
        0 if plain else draw(st.sampled_from((0, 0, 30, 10_000))),
    )
    return Case(RateTable(kept, "EUR", CALENDARS), call)


def charged(case: Case, rated_ms: int = -1) -> Charge:
    call = case.call
    return rate_call(
        case.table,
        call.direction,
        call.number,
        call.line,
        call.project,
        call.rated_ms if rated_ms < 0 else rated_ms,
        at_utc_ms=call.at_utc_ms,
        included_s=call.included_s,
    )


# longer is never cheaper


@given(cases(), st.integers(0, 200_000))
@settings(max_examples=EXAMPLES)
def test_a_longer_call_never_costs_less_and_never_uses_less_of_the_contract(case: Case, more_ms: int) -> None:
    short, long = charged(case), charged(case, case.call.rated_ms + more_ms)
    assert long.total_micros >= short.total_micros
    assert long.billed_s >= short.billed_s and long.included_s >= short.included_s


@given(cases(), st.integers(0, 100))
@settings(max_examples=EXAMPLES)
def test_more_minutes_in_the_contract_never_make_a_call_dearer(case: Case, more_s: int) -> None:
    more = Case(case.table, case.call._replace(included_s=case.call.included_s + more_s))
    assert charged(more).total_micros <= charged(case).total_micros


# parts add up to the whole


def time_micros(charge: Charge) -> Fraction:
    """What its time costs, exact: before connect fee, limits and rounding."""
    if charge.reason != "rated":
        return Fraction(0)
    pieces = charge.pieces or (whole_piece(charge),)
    return sum(
        (Fraction((piece.billed_s - piece.free_s) * piece.rate_micros_per_minute, 60) for piece in pieces), Fraction(0)
    )


def whole_piece(charge: Charge) -> Piece:
    return Piece(
        charge.tariff,
        charge.tariff_version,
        charge.prefix,
        0,
        charge.billed_s,
        0,
        charge.rate_micros_per_minute,
        charge.next_increment_s,
    )


def going_on(table: RateTable) -> RateTable:
    """The same rates for a call that is not begun but goes on: each increment is a next one, and no fee is due."""
    return RateTable(
        [replace(rate, connect_fee_micros=0, first_increment_s=rate.next_increment_s) for rate in table.rates],
        "EUR",
        CALENDARS,
    )


def parted_at(case: Case, at_s: int) -> tuple[Charge, Charge]:
    """The call's first so many seconds, and the rest as a call that goes on then."""
    rest = case.call._replace(rated_ms=case.call.rated_ms - at_s * 1000, at_utc_ms=case.call.at_utc_ms + at_s * 1000)
    return charged(case, at_s * 1000), charged(Case(going_on(case.table), rest))


@given(cases(plain=True))
@settings(max_examples=EXAMPLES)
def test_a_call_parted_where_its_tariff_ends_costs_what_it_costs_whole(case: Case) -> None:
    """Parted at the end of the increment in which the tariff ends, the connect fee in the first part, the rest going on
    in next increments; then rounded once: to the micro-unit, whatever calendars, dates, midnight and clocks do.

    Free seconds, a least and a most are of a whole call, and the parts have none. A rest that begins where no tariff
    holds is charged nothing to its end, as any call is that begins there: no boundary to part a call at.
    """
    whole = charged(case)
    for piece in whole.pieces[1:]:
        if piece.tariff:
            first, rest = parted_at(case, piece.from_s)
            assert time_micros(first) + time_micros(rest) == time_micros(whole)
            rate = rate_at(case.table, case.call, case.call.at_utc_ms)
            assert rate is not None
            assert limited(rate, rate.connect_fee_micros + time_micros(first) + time_micros(rest)) == whole.total_micros


@given(cases(plain=True), st.integers(0, 10_000), st.sampled_from((0, 0, 7, 400)))
@settings(max_examples=2 * EXAMPLES)
def test_a_call_parted_at_the_end_of_any_increment_costs_what_it_costs_whole(
    case: Case, which: int, included_s: int
) -> None:
    """With what its contract includes, used from the beginning and handed on: the first part takes what it can."""
    with_some = Case(case.table, case.call._replace(included_s=included_s))
    whole = charged(with_some)
    ends_s = [at_s for at_s, tariff in increments(whole) if tariff and 0 < at_s * 1000 < case.call.rated_ms]
    if not ends_s:
        return
    at_s = ends_s[which % len(ends_s)]
    first = charged(with_some, at_s * 1000)
    rest = parted_at(Case(case.table, case.call._replace(included_s=included_s - first.included_s)), at_s)[1]
    assert time_micros(first) + time_micros(rest) == time_micros(whole)
    assert first.included_s + rest.included_s == whole.included_s


def increments(charge: Charge) -> Iterator[tuple[int, str]]:
    """When each begins, and under which tariff."""
    for piece in charge.pieces or ((whole_piece(charge),) if charge.reason == "rated" else ()):
        at_s = piece.from_s
        while at_s < piece.from_s + piece.billed_s:
            yield at_s, piece.tariff
            at_s += piece.next_increment_s if at_s else charge.first_increment_s


# which rate


@given(cases(), st.integers(-90_000, 90_000))
@settings(max_examples=EXAMPLES)
def test_the_rate_found_is_the_one_found_by_looking_at_every_rate(case: Case, more_ms: int) -> None:
    call = case.call
    at_ms = max(call.at_utc_ms + more_ms, 0)
    found = case.table.found("out", call.number, call.line, call.project, at_ms)
    assert found.rate == rate_at(case.table, call, at_ms)
    for later_ms in (at_ms + 1, (at_ms + found.until_ms) // 2, found.until_ms - 1):
        if at_ms <= later_ms < min(found.until_ms, at_ms + 10 * DAY_MS):
            assert rate_at(case.table, call, later_ms) == found.rate, "certain until then"


# what is kept


def walk(value: object) -> Iterator[object]:
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from walk(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from walk(one)
    else:
        yield value


@st.composite
def charges(draw: st.DrawFn) -> Charge:
    """As they are kept: some with a leg more."""
    charge = charged(draw(cases()))
    legs = draw(st.integers(0, 2))
    return together(charge, tuple(replace(charged(draw(cases())), line="fijo1") for _ in range(legs)))


@given(charges())
@settings(max_examples=EXAMPLES)
def test_a_charge_is_integers_and_words_comes_back_from_json_and_can_be_worked_out(charge: Charge) -> None:
    assert {type(value) for value in walk(charge)} <= {int, str, bool}
    kept = msgspec.json.encode(charge)
    assert msgspec.json.decode(kept, type=Charge) == charge
    assert msgspec.json.encode(msgspec.json.decode(kept, type=Charge)) == kept
    assert worked_out(charge) == charge.total_micros
    assert charge.arithmetic("en") and charge.arithmetic("es")


def by_hand(charge: Charge) -> Fraction | int:
    """A charge's total from what it carries, in fractions; it shares nothing with the rating."""
    legs = sum(int(by_hand(leg)) for leg in charge.legs)
    if charge.reason != "rated":
        return legs
    is_free = charge.pieces and all(piece.free_s == piece.billed_s or not piece.tariff for piece in charge.pieces)
    if is_free and not charge.fee_when_free:
        return legs
    limits = Rate(
        "x",
        "out",
        minimum_micros=charge.minimum_micros,
        maximum_micros=charge.maximum_micros,
        rounding=charge.rounding,
        decimals=charge.decimals,
    )
    return limited(limits, charge.connect_fee_micros + time_micros(charge)) + legs


Kept = TypeVar("Kept", bound=Struct)
STRANGE = (-(1 << 70), -1_000_000, -1, 0, 1, 7, 59, 61, 1 << 70)


@given(charges(), st.data())
@settings(max_examples=3 * EXAMPLES)
def test_no_figure_of_a_charge_can_be_changed_so_that_its_money_changes_and_it_still_holds(
    charge: Charge, data: st.DataObject
) -> None:
    """By one figure anywhere in it: then it contradicts itself, or comes to another total than it says. What it still
    holds with is what it cost; and whatever is changed, the hash over it is another."""
    changed = change_one(charge, data)
    assert msgspec.json.encode(changed) != msgspec.json.encode(charge)
    try:
        holds = worked_out(changed) == changed.total_micros
    except ValueError:
        return
    if holds:
        assert (changed.total_micros, by_hand(changed)) == (charge.total_micros, charge.total_micros)


def change_one(charge: Charge, data: st.DataObject) -> Charge:
    parts = ["", *(f"pieces {n}" for n in range(len(charge.pieces))), *(f"legs {n}" for n in range(len(charge.legs)))]
    where, _, place = data.draw(st.sampled_from(parts)).partition(" ")
    if where:
        parts_ = getattr(charge, where)
        one = _change(parts_[int(place)], data)
        return replace(charge, **{where: (*parts_[: int(place)], one, *parts_[int(place) + 1 :])})
    return _change(charge, data)


def _change(record: Kept, data: st.DataObject) -> Kept:
    figures = [name for name in record.__struct_fields__ if isinstance(getattr(record, name), int)]
    name = data.draw(st.sampled_from(figures))
    was = getattr(record, name)
    now = data.draw(st.one_of(st.sampled_from(STRANGE), st.sampled_from((was - 1, was + 1, 2 * was + 60))))
    assume(now != was)
    return replace(record, **{name: now})


def test_pieces_that_are_not_the_time_that_was_rated_are_refused() -> None:
    """With pieces the rated time stands beside them, and they have to be that time in whole increments."""
    table = RateTable(
        [
            Rate("early", "out", rate_micros_per_minute=60_000, valid_to_ms=100_000, first_increment_s=30),
            Rate("late", "out", rate_micros_per_minute=6_000, valid_from_ms=100_000, next_increment_s=10, free_s=0),
        ],
        "EUR",
    )
    charge = rate_call(table, "out", "1", LINES[0], "", 100_000, at_utc_ms=60_000, included_s=5)
    assert len(charge.pieces) == 2 and worked_out(charge) == charge.total_micros
    for rated_ms in (1, 79_000, 90_000, 100_001, 10_000_000):
        with pytest.raises(ValueError, match="in increments"):
            worked_out(replace(charge, rated_ms=rated_ms))
    for changes in ({"included_s": 4}, {"free_s": 3}, {"included_s": 400}):
        with pytest.raises(ValueError, match="free"):
            worked_out(replace(charge, **changes))
    first, second = charge.pieces
    with pytest.raises(ValueError, match="free"):
        worked_out(replace(charge, pieces=(replace(first, free_s=0), replace(second, free_s=5))))
    with pytest.raises(ValueError, match="first piece"):
        worked_out(replace(charge, rate_micros_per_minute=1))


def test_random_charges_of_the_reference_hold_too() -> None:
    """The seeds of the differential test, so that what it found stays found."""
    from tests.billing.reference import a_call, a_moment, some_rates

    for seed in range(200):
        chance = random.Random(seed)
        around_ms = a_moment(chance)
        case = Case(some_rates(chance, around_ms), a_call(chance, around_ms))
        charge = charged(case)
        assert worked_out(charge) == by_hand(charge) == charge.total_micros, f"seed {seed}"
