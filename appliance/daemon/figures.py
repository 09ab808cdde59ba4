"""The figures of a span of time, worked out from the calls in the store by the rules of the trade."""

import sqlite3
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.acd.hours import local_time
from appliance.daemon.rows import Figures, QueueFigures

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)


def local_midnight(time_zone: str, now_utc_ms: int) -> int:
    """The beginning of the local day that `now_utc_ms` is in, as UTC ms."""
    now = local_time(time_zone, now_utc_ms)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return round(midnight.timestamp() * 1000)


def day_span(time_zone: str, first: date | None, last: date | None) -> tuple[int, int | None]:
    """Local days, both included, as UTC ms, the end not included; without a day there is no such end."""
    until = midnight_of(min(last, LAST_DAY) + timedelta(days=1), time_zone) if last is not None else None
    return midnight_of(first, time_zone) if first is not None else 0, until


def midnight_of(day: date, time_zone: str) -> int:
    """The beginning of a local day as UTC ms; of the nearest day that a clock can have, for one of another age."""
    known = min(max(day, FIRST_DAY), LAST_DAY + timedelta(days=1))
    return round(datetime(known.year, known.month, known.day, tzinfo=ZoneInfo(time_zone)).timestamp() * 1000)


def today(store: sqlite3.Connection, time_zone: str, now_utc_ms: int) -> Figures:
    """Figures of the local day that `now_utc_ms` is in."""
    since = local_midnight(time_zone, now_utc_ms)
    # 26 h later is within the next local day also on the day that has 25 hours.
    next_day = local_midnight(time_zone, since + int(timedelta(hours=26).total_seconds() * 1000))
    return figures(store, since, next_day)


_COUNTS = """
    sum(came) as offered,
    sum(came and answered_at > 0) as answered,
    sum(came and answered_at > 0 and wait_ms <= target_ms) as answered_in_target,
    sum(came and end_reason in ('abandoned', 'short_abandon')) as abandoned,
    sum(came and end_reason = 'short_abandon') as short_abandoned,
    sum(came and end_reason in ('abandoned', 'short_abandon') and wait_ms <= target_ms) as abandoned_in_target,
    sum(came and end_reason = 'overflowed') as overflowed,
    sum(iif(came and answered_at > 0, wait_ms, 0)) as answered_wait_ms,
    max(iif(came, wait_ms, 0)) as longest_wait_ms,
    sum(iif(came and answered_at > 0, talk_ms, 0)) as talk_ms,
    sum(iif(came and answered_at > 0, hold_ms, 0)) as hold_ms,
    sum(iif(came, (select coalesce(sum(wrap_up_ms), 0) from wrap_ups where wrap_ups.call = calls.call), 0))
        as wrap_up_ms,
    sum(direction = 'out' and line <> '') as called_out,
    sum(direction = 'out' and answered_at > 0) as reached,
    sum(charge_micros) as charges_micros
    from (select *, direction = 'in' and queued_at > 0 as came from calls) as calls
    where offered_at >= ? and offered_at < ?"""
"""What came to a queue is `offered`; whom we called ourselves did not come. Talk with an outside number handled no
call here."""


def figures(store: sqlite3.Connection, since_utc_ms: int, until_utc_ms: int) -> Figures:
    """Figures of a span of time, a queue each and in total, by the rules of `rows.QueueFigures`."""
    span = (since_utc_ms, until_utc_ms)
    by_queue = store.execute(f"select queue, {_COUNTS} and queue is not null group by queue order by queue", span)
    queues = tuple(_figures(row) for row in by_queue)
    total = store.execute(f"select null as queue, {_COUNTS} and queue is not null", span).fetchone()
    every = store.execute(
        """select count(*), coalesce(sum(charge_micros), 0), coalesce(sum(charge_reason = 'no_rate'), 0), max(currency)
           from calls where offered_at >= ? and offered_at < ?""",
        span,
    ).fetchone()
    worklist_open = store.execute("select count(*) from worklist where closed_at = 0").fetchone()[0]
    return Figures(
        since_utc_ms=since_utc_ms,
        until_utc_ms=until_utc_ms,
        currency=every[3] or "",
        calls=every[0],
        charges_micros=every[1],
        uncharged=every[2],
        worklist_open=worklist_open,
        total=_figures(total),
        queues=queues,
    )


def _figures(row: sqlite3.Row) -> QueueFigures:
    def count(name: str) -> int:
        return int(row[name] or 0)

    offered, answered, abandoned = count("offered"), count("answered"), count("abandoned")
    in_target, abandoned_in_target = count("answered_in_target"), count("abandoned_in_target")
    handled_ms = count("talk_ms") + count("hold_ms") + count("wrap_up_ms")
    return QueueFigures(
        queue=row["queue"],
        offered=offered,
        answered=answered,
        answered_in_target=in_target,
        abandoned=abandoned,
        short_abandoned=count("short_abandoned"),
        abandoned_in_target=abandoned_in_target,
        overflowed=count("overflowed"),
        service_level=_ratio(in_target, offered - count("short_abandoned")),
        service_level_of_answered=_ratio(in_target, answered),
        service_level_2=_ratio(in_target + abandoned_in_target, answered + abandoned),
        service_level_strict=_ratio(in_target, answered + abandoned - abandoned_in_target),
        abandonment=_ratio(abandoned, offered),
        asa_ms=count("answered_wait_ms") // answered if answered else None,
        aht_ms=handled_ms // answered if answered else None,
        longest_wait_ms=count("longest_wait_ms"),
        called_out=count("called_out"),
        reached=count("reached"),
        talk_ms=count("talk_ms"),
        hold_ms=count("hold_ms"),
        wrap_up_ms=count("wrap_up_ms"),
        charges_micros=count("charges_micros"),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
