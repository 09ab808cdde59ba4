"""What a line says of itself to a person, of every kind of fact, in both languages."""

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from appliance.acd.plan import Language
from appliance.billing.charging import (
    Used,
    correction,
    line_of_extra,
    line_of_fee,
    line_of_minimum,
    line_of_result,
    line_of_set_up,
    lines_of_call,
    nothing_due,
)
from appliance.billing.contracts import Contract, PerProject
from appliance.billing.lines import Line
from appliance.statements.line_words import arithmetic, what, when
from appliance.statements.numbers import NoSuchLocale, Place, default_place, month_words
from tests.billing.test_ledger import CALL, CONTRACT, IVA

CLAUSE = PerProject("mes", 9_000_000, IVA, "tienda", 10, 200_000, 600, 60_000)
MONEY = Contract("acme", "2", "Acme", "EUR", set_up_micros=30_000_000, minimum_micros=20_000_000)


def must(line: Line | None) -> Line:
    assert line is not None
    return line


FIRST = next(lines_of_call(CONTRACT, CALL))
SALE = next(lines_of_call(CONTRACT, replace(CALL, dispositions=("1",))))
RESULT = must(line_of_result(CONTRACT, CALL, CONTRACT.results[0], "confirmed", "eva"))
REVERSED = must(line_of_result(CONTRACT, CALL, CONTRACT.results[0], "reversed", "eva"))
EXTRA = must(line_of_extra(MONEY, CLAUSE, "2026-11", 5, Used(12, 630)))


@pytest.mark.parametrize(
    ("line", "spanish", "english"),
    [
        (FIRST, "una llamada atendida = 0,5 EUR", "an answered call = 0.5 EUR"),
        (
            SALE,
            "una llamada atendida, tipificación 1 = 2 EUR",
            "an answered call, disposition 1 = 2 EUR",
        ),
        (
            must(correction(4, 1, 500_000, 105_000, SALE, "disposition")),
            "una llamada atendida, tipificación 1 = 2 EUR; 2 - 0,5 ya cargado = 1,5 EUR "
            "(corrige la línea 4: otra tipificación)",
            "an answered call, disposition 1 = 2 EUR; 2 - 0.5 charged already = 1.5 EUR "
            "(corrects line 4: another disposition)",
        ),
        (RESULT, "confirmado por eva = 5 EUR", "confirmed by eva = 5 EUR"),
        (
            must(correction(7, 1, 5_000_000, 1_050_000, REVERSED, "reversed")),
            "anulado por eva = 0 EUR; 0 - 5 ya cargado = -5 EUR (corrige la línea 7: anulado por eva)",
            "reversed by eva = 0 EUR; 0 - 5 charged already = -5 EUR (corrects line 7: reversed by eva)",
        ),
        (must(line_of_fee(MONEY, CLAUSE, "2026-11", 5)), "por el mes = 9 EUR", "for the month = 9 EUR"),
        (must(line_of_set_up(MONEY, "2026-11", 5)), "una vez = 30 EUR", "once = 30 EUR"),
        (
            EXTRA,
            "(12 - 10 incluidas) llamadas x 0,2 + (630 - 600 incluidas) s x 0,06/min = 0,43 EUR",
            "(12 - 10 included) calls x 0.2 + (630 - 600 included) s x 0.06/min = 0.43 EUR",
        ),
        (nothing_due(EXTRA), "ninguna cláusula la cobra = 0 EUR", "no clause charges it = 0 EUR"),
        (nothing_due(FIRST), "ninguna cláusula la cobra = 0 EUR", "no clause charges it = 0 EUR"),
        (
            must(line_of_minimum(MONEY, "2026-11", 5, 12_500_000)),
            "al menos 20, cargado 12,5 = 7,5 EUR",
            "at least 20, charged 12.5 = 7.5 EUR",
        ),
    ],
)
def test_arithmetic_in_a_line(line: Line, spanish: str, english: str) -> None:
    assert arithmetic(line, "es", ",") == spanish
    assert arithmetic(line, "en") == english


def test_what_and_when() -> None:
    zone = ZoneInfo("Europe/Madrid")
    assert what(FIRST, "es") == "Llamada llamada" and what(must(line_of_set_up(MONEY, "x", 5)), "en") == "Set-up acme"
    assert when(replace(FIRST, at_utc_ms=1_795_000_000_000), zone) == "2026-11-18 12:06:40"
    month = replace(must(line_of_fee(MONEY, CLAUSE, "2026-11", 5)), at_utc_ms=1_796_079_599_999)
    assert when(month, zone) == "2026-11-30"


@pytest.mark.parametrize(
    ("tag", "currency", "micros", "seen"),
    [
        ("es-ES", "EUR", 1_234_560_000, "1.234,56 €"),
        ("es-ES", "EUR", 101_667, "0,101667 €"),
        ("es-MX", "MXN", 1_234_560_000, "$1,234.56"),
        ("es-MX", "MXN", -500_000, "-$0.50"),
        ("en-GB", "EUR", 1_234_567_891_234, "€1,234,567.891234"),
        ("es-CL", "CLP", 1_234_000_000, "$1.234"),
    ],
)
def test_money_is_exact_and_as_the_place_writes_it(tag: str, currency: str, micros: int, seen: str) -> None:
    assert Place.named(tag).money(micros, currency).replace("\u00a0", " ") == seen


def test_places() -> None:
    languages: tuple[Language, ...] = ("es", "en")
    assert [default_place(language, "MX") for language in languages] == ["es-MX", "en-GB"]
    assert default_place("es", "XX") == "es-ES"
    assert month_words("2026-11", "es") == "noviembre de 2026" and month_words("?", "en") == "?"
    for wrong in ("", "xx-YY", "es_ES", "../x", "e" * 500):
        with pytest.raises(NoSuchLocale):
            Place.named(wrong)
    place = Place.named("es-ES")
    assert [place.amount(micros, 2) for micros in (-1_234_560_000, 5_000, 0)] == ["-1.234,56", "0,00", "0,00"]
    assert place.percent(105_500).replace("\u00a0", " ") == "10,55 %"
