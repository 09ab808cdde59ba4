"""The chain of an account: what holds is let through, and the first line that does not is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.billing.charging import CallFacts, Used, correction, line_of_extra, line_of_result, lines_of_call
from appliance.billing.contracts import Contract, ContractError, Contracts, PerCall, PerProject, PerResult, Tax
from appliance.billing.ledger import FIRST, Audit, Entry, Hidden, LedgerError, chained, digest, encoded
from appliance.billing.lines import FeeFact, Line, MinutesFact, worked_out
from appliance.billing.tariffs import Rate, RateTable

IVA = Tax("IVA", 210_000)
MINUTES = RateTable([Rate("entrantes", "in", rate_micros_per_minute=100_000, next_increment_s=1)], "EUR")
CONTRACT = Contract(
    "acme",
    "2",
    "Acme",
    "EUR",
    tax=IVA,
    calls=(
        PerCall("venta", 2_000_000, IVA, dispositions=("1",)),
        PerCall("ventas", 800_000, IVA, queues=("ventas",)),
        PerCall("llamada", 500_000, IVA),
        PerCall("perdida", 100_000, counted="unanswered"),
    ),
    minutes=MINUTES,
    results=(PerResult("cita", 5_000_000, ("7",), IVA),),
)
CALL = CallFacts(
    "o-1", "Acme", "tienda", "soporte", "ana", LineName("l1"), "in", "+34600", "", 1000, 2000, 61_000, "2026-11"
)


def _entries(lines: list[Line]) -> list[Entry]:
    entries, head = list[Entry](), FIRST
    for number, line in enumerate(lines, 1):
        head = chained(head, number, digest(encoded(line)))
        entries.append(Entry(number, line, head))
    return entries


def _lines(count: int = 6) -> list[Line]:
    lines: list[Line] = []
    for number in range(count):
        lines += lines_of_call(CONTRACT, replace(CALL, call=f"o-{number}", talked_ms=1000 * number))
    return lines


@pytest.mark.parametrize(
    ("call", "charged"),
    [
        (CALL, [("call", "llamada", 500_000), ("minutes", "entrantes", 101_667)]),
        (replace(CALL, queue="ventas"), [("call", "ventas", 800_000), ("minutes", "entrantes", 101_667)]),
        (replace(CALL, dispositions=("9", "1")), [("call", "venta", 2_000_000), ("minutes", "entrantes", 101_667)]),
        (replace(CALL, talked_ms=0), [("call", "perdida", 100_000)]),
    ],
)
def test_the_first_clause_that_fits_is_charged_beside_the_minutes(
    call: CallFacts, charged: list[tuple[str, str, int]]
) -> None:
    lines = list(lines_of_call(CONTRACT, call))
    assert [(line.kind, line.clause, line.amount_micros) for line in lines] == charged
    for line in lines:
        assert worked_out(line) == (line.amount_micros, line.tax_micros)
        assert (line.contract, line.version) == ("acme", "2")


def test_taxes_are_of_each_line() -> None:
    call, minutes = lines_of_call(CONTRACT, CALL)
    assert (call.tax_micros, minutes.tax_micros) == (105_000, 21_350)


def test_a_result_is_charged_once_it_is_confirmed_and_taken_back_by_another_line() -> None:
    clause = CONTRACT.results[0]
    assert line_of_result(CONTRACT, CALL, clause, "claimed", "ana") is None
    confirmed = line_of_result(CONTRACT, CALL, clause, "confirmed", "eva")
    assert confirmed is not None and (confirmed.amount_micros, confirmed.tax_micros) == (5_000_000, 1_050_000)
    reversed_ = line_of_result(CONTRACT, CALL, clause, "reversed", "eva")
    assert reversed_ is not None
    back = correction(4, 1, confirmed.amount_micros, confirmed.tax_micros, reversed_, "reversed")
    assert back is not None and (back.amount_micros, back.tax_micros, back.corrects) == (-5_000_000, -1_050_000, 4)
    assert correction(4, 2, 0, 0, reversed_, "again") is None


def test_what_a_fee_includes_is_not_charged_again() -> None:
    clause = PerProject("mes", 0, IVA, "tienda", 10, 200_000, 600, 60_000)
    line = line_of_extra(CONTRACT, clause, "2026-11", 5, Used(12, 630))
    assert line is not None and line.amount_micros == 2 * 200_000 + 30_000
    none = line_of_extra(CONTRACT, clause, "2026-11", 5, Used(10, 600))
    assert none is not None and none.amount_micros == 0


def test_contracts_in_force_together_are_refused_and_a_project_s_own_goes_first() -> None:
    own = Contract("tienda", "1", "Acme", "EUR", project="tienda")
    contracts = Contracts([CONTRACT, own])
    assert contracts.find("Acme", "tienda", 5) is own
    assert contracts.find("Acme", "otro", 5) is CONTRACT
    assert contracts.find("Otra", "", 5) is None
    assert (contracts.taken_out(CONTRACT), contracts.taken_out(own)) == ((own,), ())
    with pytest.raises(ContractError, match="in force at the same time"):
        Contracts([CONTRACT, Contract("b", "1", "Acme", "EUR", valid_from_ms=5)])


def test_an_account_that_holds_is_let_through_whole_and_with_lines_hidden() -> None:
    entries = _entries(_lines())
    audit = Audit()
    audit.read(entries)
    assert audit.amount_micros == sum(entry.line.amount_micros for entry in entries)
    shown = [entry if entry.number % 3 else Hidden(entry.number, digest(encoded(entry.line))) for entry in entries]
    partly = Audit()
    partly.read(shown)
    assert (partly.head, partly.number) == (audit.head, audit.number)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_first_line_that_was_touched_is_named(data: st.DataObject) -> None:
    entries = _entries(_lines(8))
    place = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[place]
    kind = data.draw(st.sampled_from(["amount", "tax", "fact", "hash", "out", "order", "call", "rehashed"]))
    match kind:
        case "amount":
            line = replace(entry.line, amount_micros=entry.line.amount_micros + data.draw(st.integers(1, 10**9)))
            entries[place] = replace(entry, line=line)
        case "tax":
            entries[place] = replace(entry, line=replace(entry.line, tax_micros=entry.line.tax_micros - 1))
        case "fact":
            entries[place] = replace(entry, line=replace(entry.line, facts=FeeFact(entry.line.amount_micros)))
        case "hash":
            entries[place] = replace(entry, hash="f" * 64)
        case "call":
            entries[place] = replace(entry, line=replace(entry.line, call="o-999", subject="o-999"))
        case "out":
            if place == len(entries) - 1:
                return  # the end of an account is held by its seal
            del entries[place]
        case "order":
            other = data.draw(st.integers(0, len(entries) - 1).filter(lambda one: one != place))
            entries[place], entries[other] = entries[other], entries[place]
            place = min(place, other)
        case "rehashed":  # who makes the whole chain anew is betrayed by the arithmetic
            line = replace(entry.line, amount_micros=entry.line.amount_micros + 1)
            entries = _entries([line if one.number == entry.number else one.line for one in entries])
    with pytest.raises(LedgerError) as refused:
        Audit().read(entries)
    wrong = entries[place].number
    assert refused.value.number == wrong


def test_a_correction_must_say_what_was_charged() -> None:
    first = _lines(3)[-2]
    less = replace(first, facts=FeeFact(100_000), amount_micros=100_000, tax_micros=21_000)
    right = correction(1, 1, first.amount_micros, first.tax_micros, less, "test")
    assert right is not None
    Audit().read(_entries([first, right]))
    for wrong in (
        replace(right, corrects=2),
        replace(right, revision=2),
        replace(right, subject="o-5"),
        replace(right, was_micros=right.was_micros + 1, amount_micros=right.amount_micros - 1),
    ):
        with pytest.raises(LedgerError) as refused:
            Audit().read(_entries([first, wrong]))
        assert refused.value.number == 2
    with pytest.raises(LedgerError, match="charged already"):
        Audit().read(_entries([first, first]))


def test_minutes_that_do_not_add_up_are_named() -> None:
    line = next(line for line in _lines(3) if isinstance(line.facts, MinutesFact))
    assert isinstance(line.facts, MinutesFact)
    charge = replace(line.facts.charge, total_micros=line.facts.charge.total_micros + 1)
    wrong = replace(line, facts=MinutesFact(charge), amount_micros=charge.total_micros)
    with pytest.raises(LedgerError, match="the minutes come to"):
        Audit().read(_entries([wrong]))
