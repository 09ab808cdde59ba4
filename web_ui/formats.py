"""Numbers as people read them: durations, times, money, percentages and telephone numbers, in Spanish and English."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from web_ui.settings import Language

_MONTHS = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
MICROS = 1_000_000
_NBSP = "\N{NO-BREAK SPACE}"


def duration(ms: int) -> str:
    """`0:07`, `12:40`, `1:02:03`; "–" for a negative one, which means it never came to that."""
    if ms < 0:
        return "–"
    seconds = ms // 1000
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@dataclass(frozen=True)
class Formats:
    """The formats of one reader: a language, and the box's time zone and currency."""

    language: Language
    time_zone: ZoneInfo
    currency: str

    def clock(self, utc_ms: int) -> str:
        """The time of day, `10:31:02`; "–" for 0, which means it never came to that."""
        return "–" if utc_ms <= 0 else self._local(utc_ms).strftime("%H:%M:%S")

    def date_time(self, utc_ms: int) -> str:
        """`22 nov 2026, 10:31:02` / `22 Nov 2026, 10:31:02`."""
        if utc_ms <= 0:
            return "–"
        local = self._local(utc_ms)
        return f"{local.day} {_MONTHS[self.language][local.month - 1]} {local.year}, {local:%H:%M:%S}"

    def day(self, local_date: str) -> str:
        """A local date as `1 nov 2026`; as it is, if it is none."""
        try:
            day = date.fromisoformat(local_date)
        except ValueError:
            return local_date
        return f"{day.day} {_MONTHS[self.language][day.month - 1]} {day.year}"

    def short_time(self, utc_ms: int, now_utc_ms: int) -> str:
        """The time of day for today, with the day before it for other days: `10:31`, `21 nov 10:31`."""
        if utc_ms <= 0:
            return "–"
        local = self._local(utc_ms)
        if local.date() == self._local(now_utc_ms).date():
            return f"{local:%H:%M}"
        return f"{local.day} {_MONTHS[self.language][local.month - 1]} {local:%H:%M}"

    @staticmethod
    def phone(number: str) -> str:
        """A number in groups that can be read out, where the plan is known (Spain); else as the network gave it."""
        prefix, national = (f"+34{_NBSP}", number[3:]) if number.startswith("+34") else ("", number)
        if len(national) != 9 or not national.isdigit() or national[0] not in "6789":
            return number
        return prefix + _NBSP.join((national[:3], national[3:6], national[6:]))

    def machine_time(self, utc_ms: int) -> str:
        """For the `datetime` attribute of a <time>."""
        return self._local(utc_ms).isoformat(timespec="seconds")

    def number(self, value: float, decimals: int = 0) -> str:
        text = f"{value:,.{decimals}f}"
        if self.language == "es":
            text = text.translate(str.maketrans(",.", ".,"))
        return text

    def percent(self, ratio: float | None) -> str:
        """A ratio from 0 to 1 as a percentage; "–" when there is nothing to divide by."""
        if ratio is None:
            return "–"
        value = self.number(ratio * 100, 1)
        return f"{value}{_NBSP}%" if self.language == "es" else f"{value}%"

    def money(self, micros: int) -> str:
        """Exact, with two to six decimals: a charge of 12 345 micros is `0,012345 €`."""
        whole, rest = divmod(abs(micros), MICROS)
        decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
        sign = "−" if micros < 0 else ""
        symbol = _SYMBOLS.get(self.currency)
        if self.language == "es":
            return f"{sign}{self.number(whole)},{decimals}{_NBSP}{symbol or self.currency}"
        amount = f"{self.number(whole)}.{decimals}"
        return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount}{_NBSP}{self.currency}"

    def precise(self, ms: int) -> str:
        """A duration with a tenth of a second where that matters: `3,4 s`, from a minute on `1:02`."""
        if not 0 <= ms < 60_000:
            return duration(ms)
        # Cut, not rounded: 59,96 s is not 60,0 s.
        return f"{self.number(ms // 100 / 10, 1)}{_NBSP}s"

    def size(self, size_bytes: int) -> str:
        if size_bytes < 1_000_000:
            return f"{self.number(size_bytes / 1000)}{_NBSP}kB"
        return f"{self.number(size_bytes / MICROS, 1)}{_NBSP}MB"

    def _local(self, utc_ms: int) -> datetime:
        return datetime.fromtimestamp(utc_ms / 1000, self.time_zone)
