"""Which lines are on a statement, and what they come to: the same in any order, and each line once."""

from collections import Counter
from dataclasses import replace as with_other

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.billing.charging import correction, lines_of_call
from appliance.billing.lines import Line
from appliance.billing.statements import Extent, Issue, Late, Sums, late_months, payable
from tests.billing.test_ledger import CALL, CONTRACT

MONTHS = ("2026-09", "2026-10", "2026-11", "2026-12")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_sum_of_lines_is_the_total_and_the_sum_over_calls_in_any_order(data: st.DataObject) -> None:
    """Calls of any length; some are corrected once or twice, some lines were booked late."""
    lines: list[Line] = []
    over_calls: Counter[str] = Counter()
    for number in range(data.draw(st.integers(0, 12))):
        month = data.draw(st.sampled_from(MONTHS))
        call = replace(CALL, call=f"o-{number}", period=month, talked_ms=data.draw(st.integers(0, 4_000_000)))
        first = list(lines_of_call(CONTRACT, call))
        lines += first
        if data.draw(st.booleans()):
            then = list(lines_of_call(CONTRACT, replace(call, dispositions=("1",))))
            was, now = first[0], then[0]
            fixed = correction(1, 1, was.amount_micros, was.tax_micros, now, "test")
            lines += [fixed] if fixed is not None else []
            first = [now, *first[1:]]
        over_calls[call.call] = sum(line.amount_micros + line.tax_micros for line in first)
    sums = Sums(2)
    for line in data.draw(st.permutations(lines)):
        sums.add(line)
    totals = sums.totals()
    exact = sum(line.amount_micros + line.tax_micros for line in lines)
    assert totals.amount_micros + totals.tax_micros == exact == sum(over_calls.values())
    assert sum(group.amount_micros + group.tax_micros for group in totals.groups) == exact
    assert sum(tax.tax_micros for tax in totals.taxes) == totals.tax_micros
    assert sum(tax.amount_micros for tax in totals.taxes) == totals.amount_micros
    assert totals.payable_micros == exact + totals.rounding_micros
    assert totals.payable_micros % 10_000 == 0 and abs(totals.rounding_micros) <= 5_000
    assert totals.lines == len(lines) == sum(group.lines for group in totals.groups)
    again = Sums(2)
    for line in lines:
        again.add(line)
    assert again.totals() == totals


def test_what_is_paid_is_rounded_half_up_and_back_the_same() -> None:
    assert [payable(micros, 2) for micros in (4_999, 5_000, 14_999, -5_000, -4_999, 0)] == [
        0,
        10_000,
        10_000,
        -10_000,
        0,
        0,
    ]
    assert payable(1_500_000, 0) == 2_000_000
    assert payable(1_234_567, 6) == 1_234_567


@settings(max_examples=300, deadline=None)
@given(
    booked=st.lists(st.sampled_from(MONTHS), max_size=30),
    issued=st.lists(st.tuples(st.sampled_from(MONTHS), st.integers(0, 30)), max_size=4, unique_by=lambda one: one[0]),
)
def test_a_line_is_on_one_statement_at_most_whatever_the_order_they_are_made_in(
    booked: list[str], issued: list[tuple[str, int]]
) -> None:
    """Lines are booked one after the other; statements are made in between, of any months."""
    moments = sorted(min(until, len(booked)) for _, until in issued)
    issues: list[Issue] = []
    shown: Counter[int] = Counter()
    for (month, _), until in zip(issued, moments, strict=True):
        extent = Extent("Acme", month, {late.month: late.after for late in late_months(issues, month)})
        shown.update(number for number in range(1, until + 1) if extent.has(number, booked[number - 1]))
        issues.append(Issue(month, until))
    assert all(times == 1 for times in shown.values())
    until_of = {issue.month: issue.until for issue in issues}
    for number, month in enumerate(booked, 1):
        if month in until_of and number <= until_of[month]:
            assert shown[number] == 1, "a line that was booked before its month's statement is on one"
        elif month in until_of and any(one.month > month and one.until >= number for one in issues):
            assert shown[number] == 1, "a line that came late is on the next statement of a later month"
        else:
            assert shown[number] == 0


def test_what_came_late_is_on_the_next_statement_only() -> None:
    issues = [Issue("2026-09", 10), Issue("2026-10", 20)]
    assert late_months(issues, "2026-11") == (Late("2026-09", 20), Late("2026-10", 20))
    assert late_months(issues[:1], "2026-10") == (Late("2026-09", 10),)
    assert late_months(issues, "2026-09") == ()


def test_an_extent_shows_no_later_month() -> None:
    extent = Extent("Acme", "2026-10", {"2026-09": 5})
    assert [extent.has(6, month) for month in ("2026-08", "2026-09", "2026-10", "2026-11")] == [
        False,
        True,
        True,
        False,
    ]
    assert not with_other(extent, late={"2026-09": 6}).has(6, "2026-09")
