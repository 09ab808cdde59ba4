"""From a carrier's name to the addresses of its hosts, in the order they are tried: RFC 3263 by a given way to ask.

The transport is the line's own, so NAPTR says only under which name its SRV records are.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal, NamedTuple

Transport = Literal["udp", "tcp", "tls"]
MAX_RECORDS = 32
"""Of one answer; the rest is not looked at."""
_SERVICE = {"udp": "SIP+D2U", "tcp": "SIP+D2T", "tls": "SIPS+D2T"}
_SRV = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_PORT = {"udp": 5060, "tcp": 5060, "tls": 5061}


class LookupFailed(Exception):
    """No addresses: the name is not there, or nobody says. The message is one plain sentence."""


class NoRecords(Exception):
    """The name server answers that there is none of the kind asked for."""


class Naptr(NamedTuple):
    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(NamedTuple):
    priority: int
    weight: int
    port: int
    target: str


class Ask:
    """How records are asked for. Each raises NoRecords, or LookupFailed when there is no answer; and says how long its
    answer holds, in seconds, to `ttl_s`."""

    ttl_s: int

    def naptr(self, name: str) -> list[Naptr]:
        raise NotImplementedError

    def srv(self, name: str) -> list[Srv]:
        raise NotImplementedError

    def addresses(self, name: str) -> list[str]:
        raise NotImplementedError


@dataclass(frozen=True)
class Found:
    """`uris` in the order to be tried; `ttl_s` is how long they hold."""

    uris: tuple[str, ...]
    ttl_s: int


def is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def uris_of(entry: str, transport: Transport, ask: Ask, chance: random.Random) -> Iterator[str]:
    """The hosts of one entry of the configuration: `sip.example`, `sip.example:5080`, `192.0.2.1`. Raises
    LookupFailed."""
    host, _, port = entry.partition(":")
    if is_address(host):
        yield _uri(host, int(port or _PORT[transport]), transport)
        return
    if port:
        places = [Srv(0, 0, int(port), host)]
    else:
        places = _services(host, transport, ask, chance) or [Srv(0, 0, _PORT[transport], host)]
    trouble: LookupFailed | None = None
    count = 0
    for place in places:
        try:
            for address in _of_hosts(place.target, ask, chance):
                count += 1
                yield _uri(address, place.port, transport)
        except NoRecords:
            trouble = trouble or LookupFailed(f"there is no address of the name {place.target}")
        except LookupFailed as error:
            trouble = error
    if not count and trouble is not None:
        raise trouble


def _of_hosts(name: str, ask: Ask, chance: random.Random) -> list[str]:
    """A name's addresses in an order that is `chance`'s, not the name server's, which turns them round each time."""
    said = sorted(ask.addresses(name))[:MAX_RECORDS]
    usable = [one for one in said if _can_be_a_host(one)]
    if not usable:
        raise LookupFailed(f"the name server says {said[0]} for {name}, which no host can have")
    chance.shuffle(usable)
    return usable


def _can_be_a_host(text: str) -> bool:
    """Filters answer 0.0.0.0 for names they block; a call to it would come back to this box (RFC 1122 3.2.1.3)."""
    address = IPv4Address(text)
    return not (address.packed[0] == 0 or address.is_multicast or address.is_reserved)


def _uri(address: str, port: int, transport: Transport) -> str:
    return f"sip:{address}:{port};transport={transport}"


def _services(name: str, transport: Transport, ask: Ask, chance: random.Random) -> list[Srv]:
    """Its SRV records as they are to be tried; [] when it has none, and its address is meant (RFC 3263 4.2)."""
    service = f"{_SRV[transport]}.{name}"
    try:
        wanted = [
            one for one in ask.naptr(name) if one.service.upper() == _SERVICE[transport] and one.flags.lower() == "s"
        ]
        if wanted:
            service = min(wanted, key=lambda one: (one.order, one.preference)).replacement
    except NoRecords:
        pass
    try:
        records = ask.srv(service)[:MAX_RECORDS]
    except NoRecords:
        return []
    if [one.target for one in records] == ["."]:
        raise LookupFailed(f"{name} says that it offers no SIP by {transport}")  # RFC 2782: a target of "."
    return in_order([one for one in records if one.target != "." and 0 < one.port <= 65_535], chance)


def in_order(records: list[Srv], chance: random.Random) -> list[Srv]:
    """By priority; of the same, drawn by weight (RFC 2782)."""
    left = sorted(records, key=lambda one: (one.priority, one.weight, one.target, one.port))
    ordered: list[Srv] = []
    while left:
        equal = [one for one in left if one.priority == left[0].priority]
        drawn = chance.randint(0, sum(one.weight for one in equal))
        for one in equal:
            drawn -= one.weight
            if drawn <= 0:
                ordered.append(one)
                left.remove(one)
                break
    return ordered
