"""When digits are a whole number: emergencies at once, star codes, numbers of the country, and what may go on."""

import pytest

from appliance.configuration.file import Box, Configuration, Dialling
from appliance.configuration.numbering import COUNTRIES, emergency_numbers
from appliance.switch.stations.dial_plan import DialPlan


def _plan(country: str = "ES", *emergency: str) -> DialPlan:
    return DialPlan.of(Configuration(box=Box(country=country), dialling=Dialling(emergency=emergency)))


@pytest.mark.parametrize(
    ("digits", "judged"),
    [
        ("1", "more"), ("112", "complete"), ("061", "complete"), ("06", "more"), ("*", "more"), ("*4", "more"),
        ("*45", "more"), ("*46", "more"), ("*47", "complete"), ("*28", "complete"), ("*11", "more"),
        ("*11*", "complete"), ("61234567", "more"), ("612345678", "complete"), ("346123456", "more"),
        ("003461234", "more"), ("118111111", "more"), ("*61234567", "more"),
    ],
)  # fmt: skip
def test_in_spain(digits: str, judged: str) -> None:
    assert _plan().judge(digits) == judged


def test_every_emergency_number_of_every_country_goes_without_the_long_pause() -> None:
    for country in (*COUNTRIES, "XX"):
        for number in emergency_numbers(country):
            assert _plan(country).judge(number) in ("complete", "soon"), (country, number)
            assert country == "AR" or _plan(country).judge(number) == "complete", (country, number)


def test_an_emergency_number_with_which_others_begin_waits_a_little() -> None:
    assert _plan("AR").judge("112") == "soon", "Buenos Aires' numbers begin with 11"
    assert _plan("AR").judge("1123456789") == "more", "it may be abroad's or a carrier's"
    assert _plan("AR").judge("101") == "complete"
    assert _plan("ES", "11").judge("11") == "soon"
    assert _plan("ES", "1234").judge("1234") == "complete"
    assert _plan("XX").judge("612345678") == "more", "of other countries nothing is guessed"
