"""Asks name servers for carriers' hosts, beside the engine: a server that is silent holds up nobody's call.

Nor another line's look-up, for up to MAX_AT_ONCE are under way at a time; and each ends within ENTRY_S for each of its
entries, of which a line has four at most.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.rdatatype
import dns.resolver

from appliance.switch.lines.trunk_lookup import Ask, Found, LookupFailed, Naptr, NoRecords, Srv, Transport, uris_of
from appliance.switch.lines.trunk_workers import Workers

log = logging.getLogger(__name__)

QUESTION_S = 2.0
"""One server's time for one question; the next is asked then."""
LOOKUP_S = 6.0
"""A whole question, over all servers."""
NAPTR_S = 3.0
"""The same for NAPTR, which some routers leave unanswered; the next question decides."""
ENTRY_S = 10.0
"""All questions for one entry of `hosts`."""
Answer = Callable[[Found | LookupFailed], None]


class Names:
    """`look_up` from any thread; the answer comes by `post`, on the engine's."""

    def __init__(self, servers: tuple[str, ...], post: Callable[..., None]) -> None:
        self._servers = servers
        self._post = post
        self._workers = Workers("names", post)
        self._seed = random.randrange(1 << 32)
        """Boxes spread over a carrier's hosts; one box draws the same each time, or it would move at each look-up."""

    def look_up(self, entries: tuple[str, ...], transport: Transport, answer: Answer) -> None:
        """The hosts of all entries in their order. Those that are found count, where others are not."""

        def answered(found: Found | LookupFailed | Exception) -> None:
            expected = isinstance(found, Found | LookupFailed)
            answer(found if expected else LookupFailed("the name server's answer cannot be read"))  # type: ignore[arg-type]

        if not self._workers.do(lambda: self._look_up(entries, transport), answered):
            self._post(answer, LookupFailed("the name server does not answer"))

    def close(self) -> None:
        self._workers.close()

    def _look_up(self, entries: tuple[str, ...], transport: Transport) -> Found | LookupFailed:
        try:
            return self._find(entries, transport)
        except LookupFailed as error:
            return error

    def _find(self, entries: tuple[str, ...], transport: Transport) -> Found:
        ask = _Servers(self._servers)
        uris: list[str] = []
        trouble: LookupFailed | None = None
        for entry in entries:
            ask.begin()
            try:
                uris += uris_of(entry, transport, ask, random.Random(f"{self._seed} {entry}"))
            except LookupFailed as error:
                trouble = trouble or error
        if not uris:
            assert trouble is not None
            raise trouble
        return Found(tuple(uris), 0 if trouble else ask.ttl_s)


class _Servers(Ask):
    """The name servers given, or the system's (/etc/resolv.conf, read anew each time: a router may have changed it)."""

    def __init__(self, servers: tuple[str, ...]) -> None:
        self.ttl_s = 86_400
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except (OSError, dns.resolver.NoResolverConfiguration) as error:
            raise LookupFailed("this box knows no name server: check its network") from error
        if servers:
            self._resolver.nameservers = [
                dns.nameserver.Do53Nameserver(host, int(port or 53))
                for host, _, port in (one.partition(":") for one in servers)
            ]
        self._resolver.timeout = QUESTION_S
        self._until = 0.0

    def begin(self) -> None:
        """An entry's time begins."""
        self._until = time.monotonic() + ENTRY_S

    def naptr(self, name: str) -> list[Naptr]:
        try:
            answer = self._ask(name, "NAPTR", NAPTR_S)
        except LookupFailed:
            # Routers that know only addresses and SRV answer such a question with an error; the next one decides.
            return []
        return [
            Naptr(one.order, one.preference, _text(one.flags), _text(one.service), _name(one.replacement))
            for one in answer
        ]

    def srv(self, name: str) -> list[Srv]:
        answer = self._ask(name, "SRV")
        return [Srv(one.priority, one.weight, one.port, _name(one.target)) for one in answer]

    def addresses(self, name: str) -> list[str]:
        return [one.to_text() for one in self._ask(name, "A")]

    def _ask(self, name: str, kind: str, most_s: float = LOOKUP_S) -> Any:
        left_s = min(most_s, self._until - time.monotonic())
        if left_s <= 0:
            raise LookupFailed("the name server does not answer")
        try:
            answer = self._resolver.resolve(name, kind, search=False, lifetime=left_s)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
            raise NoRecords(name) from error
        except dns.resolver.NoNameservers as error:
            raise LookupFailed("the name server answers with an error") from error
        except dns.exception.DNSException as error:
            raise LookupFailed("the name server does not answer") from error
        assert answer.rrset is not None
        self.ttl_s = min(self.ttl_s, answer.rrset.ttl)
        return answer.rrset


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")


def _name(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True))
