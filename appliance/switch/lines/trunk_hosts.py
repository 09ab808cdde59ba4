"""Which of a carrier's hosts live, and in which order they are tried. Pure: no clock, no sockets.

Every host is asked by OPTIONS now and then (RFC 3261 11; the same packets keep a NAT's door open). A host that
answers none from the first may be of those that ignore OPTIONS: it comes after those that answer, and before those that
have stopped. So one that died is left within PING_EVERY_MS and the time a question may take, and taken again when it
has answered BACK_AFTER times in a row.

A host that is a line's only one is asked less often (`alone`): there is nobody to change to, and what has gone is only
to be said. What is not answered is asked again soon, and then less and less often.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_HOSTS = 8
"""After names are resolved."""
PING_EVERY_MS = 4_000
BACK_AFTER = 2
AGAIN_MS = 4_000
"""After the first question that was not answered; it doubles …"""
GONE_LONGEST_MS = 60_000
SILENT_LONGEST_MS = 600_000
"""… up to the one for a host that has stopped answering, and the other for one that never has."""


@dataclass(frozen=True)
class Pace:
    """How often a host is asked, and how many questions in a row it leaves unanswered when it is gone. 0 ms: never."""

    every_ms: int = PING_EVERY_MS
    gone_after: int = 1
    backs_off: bool = False


OFTEN = Pace()


def alone(every_ms: int) -> Pace:
    """For a line's only host."""
    return Pace(every_ms, gone_after=2, backs_off=True)


@dataclass
class _Host:
    uri: str
    place: int
    """In the carrier's own order."""
    answers: int = 0
    """In a row."""
    ever: bool = False
    missed: bool = False
    """It did not answer at least once."""
    gone: bool = False
    misses: int = 0
    """In a row."""
    asked_at_ms: int | None = None

    @property
    def rank(self) -> tuple[int, int]:
        return (2 if self.gone else 1 if self.missed and not self.ever else 0, self.place)

    def is_due(self, now_ms: int, pace: Pace) -> bool:
        return pace.every_ms > 0 and (self.asked_at_ms is None or now_ms - self.asked_at_ms >= self._wait_ms(pace))

    def _wait_ms(self, pace: Pace) -> int:
        if not pace.backs_off:
            return pace.every_ms
        if self.misses == 0:
            return min(AGAIN_MS, pace.every_ms) if self.gone else pace.every_ms
        if not self.ever:
            return min(pace.every_ms << min(self.misses - 1, 10), SILENT_LONGEST_MS)
        return min(AGAIN_MS << min(self.misses - 1, 10), GONE_LONGEST_MS)


class Hosts:
    """The hosts of one line, by URI (`sip:192.0.2.1:5060;transport=udp`)."""

    def __init__(self, pace: Pace = OFTEN) -> None:
        self._pace = pace
        self._hosts: dict[str, _Host] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    def become(self, uris: Iterable[str]) -> bool:
        """These are the hosts, in the carrier's order; what is known of those that stay is kept. Whether it is news."""
        before = self.order()
        wanted = list(dict.fromkeys(uris))[:MAX_HOSTS]
        self._hosts = {uri: self._hosts.get(uri, _Host(uri, 0)) for uri in wanted}
        for place, host in enumerate(self._hosts.values()):
            host.place = place
        return self.order() != before

    def order(self) -> tuple[str, ...]:
        """Best first; all of them, for one that seems dead is better than none."""
        return tuple(host.uri for host in sorted(self._hosts.values(), key=lambda host: host.rank))

    @property
    def all_gone(self) -> bool:
        """Whether every host has answered once and does not any more."""
        return bool(self._hosts) and all(host.gone for host in self._hosts.values())

    @property
    def any_answers(self) -> bool:
        return any(host.answers for host in self._hosts.values())

    def carried(self) -> None:
        """A call came from it, or rang, was answered or refused there. So an only host that seemed gone lives, and its
        silence tells nothing until it answers a question again; which of several it was is not known."""
        if len(self._hosts) != 1:
            return
        (host,) = self._hosts.values()
        if host.gone:
            host.gone = host.ever = False

    def due(self, now_ms: int) -> list[str]:
        """The hosts to ask now; each counts as asked."""
        due = [host for host in self._hosts.values() if host.is_due(now_ms, self._pace)]
        for host in due:
            host.asked_at_ms = now_ms
        return [host.uri for host in due]

    def answered(self, uri: str, alive: bool) -> bool:
        """What came of a question; of a host that is not ours any more, nothing. Whether the order is another now."""
        host = self._hosts.get(uri)
        if host is None:
            return False
        before = self.order()
        if not alive:
            host.answers = 0
            host.missed = True
            host.misses += 1
            host.gone = host.gone or (host.ever and host.misses >= self._pace.gone_after)
        else:
            host.misses = 0
            host.answers += 1
            if not host.gone or host.answers >= BACK_AFTER:
                host.gone = False
                host.ever = True
        return self.order() != before


def is_alive(status: int) -> bool:
    """Whether a status says that a host takes part: any answer but those of one that cannot (RFC 3261 21.5), and 408
    and 477, which the proxy makes when none came, or nothing could be sent."""
    return (status not in (408, 477) and not 500 <= status < 600) or status == 501
