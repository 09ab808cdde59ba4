"""A time zone in which it is about noon now, for tests that count a day's calls: at midnight a day has none yet."""

import time


def noon_zone() -> str:
    """IANA name of the zone with whole hours in which it is noon or less than an hour later; its sign is POSIX's."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
