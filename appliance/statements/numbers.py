"""Amounts, percentages and times as a place writes them: by the CLDR's data, through Babel."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from appliance.acd.plan import Language

MICROS = 1_000_000
NO_BREAK = "\u00a0"


class NoSuchLocale(Exception):
    """Written like no place that is known."""


@dataclass(frozen=True)
class Place:
    """Whose number formats are used: `es-ES` writes 1.234,56 €, `es-MX` $1,234.56."""

    tag: str
    locale: Locale

    @classmethod
    def named(cls, tag: str) -> "Place":
        """Of `es-ES`. Raises NoSuchLocale."""
        try:
            return cls(tag, Locale.parse(tag, sep="-"))
        except (UnknownLocaleError, ValueError, TypeError) as error:
            raise NoSuchLocale(tag) from error

    @property
    def point(self) -> str:
        """What stands before decimals."""
        return _symbols(self)[0]

    def amount(self, micros: int, decimals: int) -> str:
        """Without its currency, with so many decimals: 1.234,5600."""
        point, group, _ = _symbols(self)
        whole, part = divmod(abs(micros), MICROS)
        text = f"{whole:,}".replace(",", group)
        return f"{'-' if micros < 0 else ''}{text}" + (
            f"{point}{part:06d}"[: decimals + len(point)] if decimals else ""
        )

    def money(self, micros: int, currency: str) -> str:
        """With its currency, exact: as many decimals as the currency has, or as are needed."""
        least = len(str(abs(micros) % MICROS + MICROS).rstrip("0")) - 1
        usual = _currency_decimals(currency)
        if least <= usual:
            return str(format_currency(Decimal(micros) / MICROS, currency, locale=self.locale))
        zeros = "0" * least
        pattern = self.locale.currency_formats["standard"].pattern
        pattern = pattern.replace(".00", f".{zeros}") if ".00" in pattern else pattern.replace("0", f"0.{zeros}", 1)
        return str(
            format_currency(Decimal(micros) / MICROS, currency, pattern, locale=self.locale, currency_digits=False)
        )

    def percent(self, ppm: int) -> str:
        """Of millionths: 210_000 is `21 %`."""
        return f"{format_decimal(Decimal(ppm) / 10_000, '#,##0.####', locale=self.locale)}{NO_BREAK}%"


def default_place(language: Language, country: str) -> str:
    """The box's country's, in a language; of a pair nobody knows, the language's own."""
    try:
        return Place.named(f"{language}-{country}").tag
    except NoSuchLocale:
        return "es-ES" if language == "es" else "en-GB"


@cache
def _symbols(place: Place) -> tuple[str, str, str]:
    symbols = place.locale.number_symbols["latn"]
    return str(symbols["decimal"]), str(symbols["group"]), str(symbols["minusSign"])


@cache
def _currency_decimals(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def month_words(name: str, language: Language) -> str:
    """`2026-11` as `noviembre de 2026`; what is no month as it is."""
    try:
        first = datetime.strptime(f"{name}-01", "%Y-%m-%d")
    except ValueError:
        return name
    return str(format_date(first, "MMMM 'de' y" if language == "es" else "MMMM y", locale=language))


def moment(utc_ms: int, zone: ZoneInfo, language: Language) -> str:
    """Day, minute and how far from UTC: the hour before a clock goes back is another than the one after."""
    at = datetime.fromtimestamp(utc_ms / 1000, zone)
    return str(format_datetime(at, "d MMM y, HH:mm ZZZZ", tzinfo=zone, locale=language))
