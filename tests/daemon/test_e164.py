"""Numbers told in a country's own form are rated as the whole world writes them."""

from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr
from appliance.acd.ids import LineName
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.e164 import e164
from appliance.daemon.queries import call_details, open_store
from tests.daemon.records import cdr
from tests.daemon.stores import OFFICE, writing


@pytest.mark.parametrize(
    ("number", "country", "whole"),
    [
        ("600111222", "ES", "+34600111222"),
        ("+34600111222", "ES", "+34600111222"),
        ("0034600111222", "ES", "+34600111222"),
        ("34600111222", "ES", "+34600111222"),
        ("600 11 12 22", "ES", "+34600111222"),
        ("00351211234567", "ES", "+351211234567"),
        ("0600111222", "FR", "+33600111222"),
        ("5512345678", "MX", "+525512345678"),
        ("01155512345678", "US", "+55512345678"),
        ("1004", "ES", "=1004"),  # the network's own, not one of a country whose code is 1
        ("112", "ES", "=112"),
        ("911", "AR", "=911"),
        ("33612345678", "ES", "33612345678"),  # France's, from a carrier that leaves the + out
        ("34600111222", "PT", "34600111222"),
        ("", "ES", ""),
        ("anonymous", "ES", "anonymous"),
        ("123456789012345678", "ES", "123456789012345678"),
        ("+999123", "ES", "+999123"),
        ("1" * 41, "ES", "1" * 41),
        ("91111222", "ZZ", "91111222"),
    ],
)
def test_a_number_is_written_with_its_country(number: str, country: str, whole: str) -> None:
    assert e164(number, country) == whole


def test_a_short_number_is_rated_by_what_is_written_for_it_and_by_no_subscribers_prefix() -> None:
    subscribers, all_of_them = Rate("movil", "out", "+549"), Rate("all", "out")
    short = Rate("corto", "out", "=911")
    number = e164("911", "AR")
    assert RateTable([subscribers], "ARS").find("out", number, LineName("gsm1"), "") is None
    assert RateTable([subscribers, all_of_them], "ARS").find("out", number, LineName("gsm1"), "") == all_of_them
    assert RateTable([subscribers, all_of_them, short], "ARS").find("out", number, LineName("gsm1"), "") == short


@pytest.mark.parametrize("number", ["33612345678", "+33612345678", "0033612345678"])
def test_another_countrys_number_is_rated_as_such_however_it_is_told(number: str) -> None:
    rates = RateTable([Rate("france", "in", "+33"), Rate("spain", "in", "+34")], "EUR")
    found = rates.find("in", e164(number, "ES"), LineName("gsm1"), "")
    assert found is not None and found.name == "france"


def test_a_call_told_in_the_countrys_own_form_is_charged_by_its_tariff_and_says_how_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1, caller="600111222")))
    details = call_details(open_store(path), "oficina-1")
    assert details is not None
    charge = details.charge
    assert (charge.reason, charge.number, charge.rated_as, charge.prefix) == (
        "rated", "600111222", "+34600111222", "346",
    )  # fmt: skip
    assert OFFICE.rates.find("in", "600111222", LineName("gsm1"), "") is None, "as it came it begins with 6, not 346"
    assert RateTable([Rate("x", "in", "6")], "EUR").find("in", "600111222", LineName("gsm1"), "") is not None
