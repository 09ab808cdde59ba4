"""Lists as carriers send them: every dialect that is read gives the same rates, to the micro-unit, and what is kept is
what was read."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.configuration.tariff_books import Book, Listed, name_of, read_list
from appliance.configuration.tariff_rows import BookRate, Known
from appliance.daemon.tariff_shelf import Shelf

KNOWN = Known(("movil1", "sip-2"), ("banco",), ("noche",), "ES", "EUR")
LIST = """prefix,description,price,connect fee,first increment,next increment,direction,valid from
+346,España móvil,0.024,0.05,60,1,out,2026-12-01
+34,"España, fijo",0.01,0,1,1,out,
=1004,Atención,0,0,60,60,out,
*,Resto,1.5,0.1,60,60,out,
"""
WANTED = (
    BookRate(2, 1, "+346", 24_000, "España móvil", "out", None, "", "", 50_000, 60, 1, "2026-12-01"),
    BookRate(3, 1, "+34", 10_000, "España, fijo", first_increment_s=1, next_increment_s=1),
    BookRate(4, 1, "=1004", 0, "Atención"),
    BookRate(5, 1, "", 1_500_000, "Resto", connect_fee_micros=100_000),
)
SPANISH = """Prefijo;Destino;Precio;Establecimiento;Primer incremento;Siguiente incremento;Sentido;Válido desde
+346;España móvil;0,024;0,05;60;1;saliente;2026-12-01
+34;España, fijo;0,01;0;1;1;saliente;
=1004;Atención;0;0;60;60;saliente;
*;Resto;1,5;0,1;60;60;saliente;
"""
TOML = """# the same
currency = "EUR"
[[rate]]
prefix = "+346"
description = "España móvil"
price = 0.024
connect_fee = "0.05"
next_increment_s = 1
valid_from = 2026-12-01

[[rate]]
prefijo = "+34"
destino = 'España, fijo'
rate_micros_per_minute = 10_000
first_increment_s = 1
next_increment_s = 1
[[rate]] # short
prefix = "=1004"
price = 0
description = "Atención"
[[rate]]
prefix = "*"
price = 1.5
connect_fee = 0.1
description = "Resto"
"""


def _tab(text: str) -> str:
    return text.replace('"España, fijo"', "España| fijo").replace(",", "\t").replace("|", ",")


DIALECTS: dict[str, tuple[str, bytes]] = {
    "comma": (".csv", LIST.encode()),
    "byte order mark": (".csv", b"\xef\xbb\xbf" + LIST.encode()),
    "CRLF": (".CSV", LIST.replace("\n", "\r\n").encode()),
    "CR alone": (".csv", LIST.replace("\n", "\r").encode()),
    "no end of the last line": (".txt", LIST.rstrip().encode()),
    "tab": (".tsv", _tab(LIST).encode()),
    "bar": (".csv", _tab(LIST).replace("\t", "|").encode()),
    "semicolon, Spanish, decimal commas": (".csv", SPANISH.encode()),
    "quoted decimal commas": (".csv", LIST.replace("0.024,0.05", '"0,024","0,05"').replace(",0.01,", ',"0,01",')
                              .replace(",1.5,0.1,", ',"1,5","0,1",').encode()),
    "delimiter told to Excel": (".csv", b"sep=;\n" + SPANISH.encode()),
    "empty rows of a spreadsheet": (".csv", (SPANISH + ";;;;;;;\n\n").encode()),
    "everything quoted": (".csv", "\n".join(
        ",".join(f'"{cell}"' for cell in row) for row in csv.reader(io.StringIO(LIST))).encode()),
    "TOML": (".toml", TOML.encode()),
    "TOML with a mark and CRLF": (".toml", b"\xef\xbb\xbf" + TOML.replace("\n", "\r\n").encode()),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_rates(dialect: str) -> None:
    kind, data = DIALECTS[dialect]
    assert _without_places(_good(data, kind).rates) == _without_places(WANTED)


def test_rates_know_their_place_in_the_file() -> None:
    assert _good(LIST.encode()).rates == WANTED
    assert [rate.at_line for rate in _good(b"sep=;\r\n\r\n" + SPANISH.encode()).rates] == [4, 5, 6, 7]
    assert [(rate.at_line, rate.at_column) for rate in _good(TOML.encode(), ".toml").rates] == [
        (4, 1), (12, 1), (18, 1), (22, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "micros"),
    [("0", 0), ("1", 1_000_000), ("0.000001", 1), ("0.0240000000", 24_000), ("1000000", 10**12), ("000.5", 500_000)],
)
def test_prices_are_exact(price: str, micros: int) -> None:
    (rate,) = _good(f"prefix;price\n+1;{price}\n".encode()).rates
    assert rate.rate_micros_per_minute == micros


@pytest.mark.parametrize(
    ("prices", "micros"),
    [
        (("1,234", "0,5"), (1_234_000, 500_000)),
        (("0,234",), (234_000,)),
        (("12", "1,5", "1,500"), (12_000_000, 1_500_000, 1_500_000)),
    ],
)
def test_decimal_commas_are_read_where_the_column_leaves_no_doubt(
    prices: tuple[str, ...], micros: tuple[int, ...]
) -> None:
    rows = "".join(f"+{number};{price}\n" for number, price in enumerate(prices, 30))
    rates = _good(f"prefix;price\n{rows}".encode()).rates
    assert tuple(rate.rate_micros_per_minute for rate in rates) == micros


def test_the_first_day_is_the_earliest_where_every_rate_has_one() -> None:
    assert _good(LIST.encode()).first_day == ""
    text = "prefix,price,from\n+1,1,2026-12-05\n+2,1,2026-12-01\n"
    assert _good(text.encode()).first_day == "2026-12-01"


@pytest.mark.parametrize(
    ("file", "name"),
    [("orange.csv", "orange"), ("Tarifas Móvil (2026).CSV", "tarifas-movil-2026"), ("¡¡.csv", ""), ("_a.csv", "a"),
     (f"{'x' * 60}.toml", "x" * 32)],
)  # fmt: skip
def test_a_book_is_called_like_its_file(file: str, name: str) -> None:
    assert name_of(Path(file)) == name


_DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2099, 1, 1))
_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=40).map(
    lambda text: " ".join(text.split())
)
_MICROS = st.one_of(st.integers(0, 10**7), st.integers(0, 10**12), st.sampled_from([0, 1, 999_999, 10**12]))
RATES = st.builds(
    BookRate,
    at_line=st.just(0),
    at_column=st.just(0),
    prefix=st.one_of(st.just(""), st.from_regex(r"[+=][0-9]{1,15}", fullmatch=True)),
    rate_micros_per_minute=_MICROS,
    description=_TEXT,
    direction=st.sampled_from(["in", "out"]),
    line=st.sampled_from([None, "movil1", "sip-2"]),
    project=st.sampled_from(["", "banco"]),
    hours=st.sampled_from(["", "noche"]),
    connect_fee_micros=_MICROS,
    first_increment_s=st.integers(1, 3600),
    next_increment_s=st.integers(1, 3600),
    valid_from=st.one_of(st.just(""), _DAYS.map(lambda day: day.isoformat())),
    free_s=st.integers(0, 3600),
    minimum_micros=_MICROS,
    rounding=st.sampled_from(["half_up", "half_even", "up", "down"]),
    counts=st.sampled_from(["talk", "line"]),
).map(lambda rate: replace(rate, counts="talk") if rate.direction == "out" else rate)
_MONEY_AND_TIME = (
    "connect_fee",
    "first_increment_s",
    "next_increment_s",
    "valid_from",
    "free_s",
    "minimum",
    "rounding",
    "counts",
)
COLUMNS = ("prefix", "description", "price_per_minute", "direction", "line", "project", "hours", *_MONEY_AND_TIME)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RATES, min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_is_written_is_read(rates: list[BookRate], delimiter: str, ending: str, comma: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    writer.writerow(COLUMNS)
    for rate in rates:
        writer.writerow(_cells(rate, "," if comma else "."))
    assert _without_places(_good(out.getvalue().encode()).rates) == tuple(rates)


@settings(max_examples=50, deadline=None)
@given(rates=st.lists(RATES, min_size=1, max_size=6))
def test_what_is_kept_is_what_was_read(rates: list[BookRate], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("kept")
    book = Book("orange", "2026.1", 3, "2026-12-01", "EUR", "ñ.csv", "", 17, tuple(rates))
    shelf = Shelf(folder)
    with shelf.changing():
        shelf.put(book)
    (found,) = Shelf(folder).look()
    assert (found.book, found.wrong) == (book, "")


def _cells(rate: BookRate, point: str) -> list[str]:
    def money(micros: int) -> str:
        """Always with decimals, not three of them: no doubt is left."""
        return f"{micros // 10**6}{point}{micros % 10**6:06d}"

    return [
        rate.prefix or "*",
        rate.description,
        money(rate.rate_micros_per_minute),
        rate.direction,
        rate.line or "",
        rate.project,
        rate.hours,
        money(rate.connect_fee_micros),
        str(rate.first_increment_s),
        str(rate.next_increment_s),
        rate.valid_from,
        str(rate.free_s),
        money(rate.minimum_micros),
        rate.rounding,
        rate.counts,
    ]


def _good(data: bytes, kind: str = ".csv") -> Listed:
    listed = read_list(data, kind, KNOWN)
    assert listed.problems.texts("list", "en") == []
    return listed


def _without_places(rates: Sequence[BookRate]) -> tuple[BookRate, ...]:
    return tuple(replace(rate, at_line=0, at_column=0) for rate in rates)
