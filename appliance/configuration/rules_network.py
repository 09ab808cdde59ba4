"""The rules between SIP addresses and phones: who can be told apart on the network. Trunks are in `rules_trunks`."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from appliance.configuration.file import Configuration, Sip, Station
from appliance.configuration.problems import place
from appliance.configuration.rules_trunks import is_host_address, trunk_problems

PASSWORD_MIN_CHARACTERS = 6
_REALM = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")
_CONTACT = re.compile(r"sip:([A-Za-z0-9_.+-]{1,64})@([0-9.]{7,15})(?::([0-9]{1,5}))?(?:;transport=(udp|tcp))?")


def contact_parts(contact: str) -> tuple[str, str, int] | None:
    """The (user, IPv4 address, port) of a fixed contact, None when it is not one this product can ring."""
    match = _CONTACT.fullmatch(contact)
    if match is None or not is_host_address(match[2]):
        return None
    port = int(match[3] or 5060)
    return (match[1], match[2], port) if 0 < port <= 65_535 else None


def network_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    yield from _sip(configuration.sip)
    yield from _listening(configuration)
    yield from trunk_problems(configuration)
    for station in configuration.station:
        yield from _phone(station)


def _sip(sip: Sip) -> Iterator[str]:
    if not is_host_address(sip.listen):
        yield f'[sip] listen: "{sip.listen}" is no IPv4 address of this box. Write its address in the office network.'
    if not is_host_address(sip.inside) or not IPv4Address(sip.inside).is_loopback:
        yield f'[sip] inside: "{sip.inside}" is no loopback address. Write 127.0.0.1, or leave `inside` out.'
    for one in sip.name_servers:
        host, _, port = one.partition(":")
        if not is_host_address(host) or not re.fullmatch("[0-9]{0,5}", port) or not 0 < int(port or 53) <= 65_535:
            yield f'[sip] name_servers: "{one}" is no IPv4 address. Write the address of a name server.'
    if not _REALM.fullmatch(sip.realm):
        yield f'[sip] realm: "{sip.realm}" is no domain name. Write lower-case letters, digits, dots and hyphens.'


def _listening(configuration: Configuration) -> Iterator[str]:
    """No two listeners of the box on one address and port. Kamailio listens by UDP and TCP on all of its own."""
    sip, web = configuration.sip, configuration.web
    listeners = [
        ("[sip] port", sip.listen, sip.port),
        ("[sip] tls_port", sip.listen, sip.tls_port),
        ("[sip] inside_port", sip.inside, sip.inside_port),
        ("[sip] switch_port", sip.inside, sip.switch_port),
        ("[sip] events_port", sip.inside, sip.events_port),
        ("[web] port", web.listen, web.port),
    ]
    taken: dict[tuple[str, int], str] = {}
    for key, address, port in listeners:
        if port == 0:
            continue
        other = taken.setdefault((address, port), key)
        if other != key:
            yield f"{key}: {address}:{port} is already used by {other}. Choose another port."


def _phone(station: Station) -> Iterator[str]:
    where = place("station", station.name, "password")
    if station.kind == "port":
        for key in ("password", "contact"):
            if getattr(station, key):
                yield f'{place("station", station.name, key)}: a handset port has none. Remove it, or use kind = "sip".'
        return
    if not station.password and not station.contact:
        yield f"{where}: the phone needs one to register. Add `password`, or `contact` for a phone at a fixed address."
    if station.password and len(station.password) < PASSWORD_MIN_CHARACTERS:
        yield f"{where}: is shorter than {PASSWORD_MIN_CHARACTERS} characters and would be guessed. Write a longer one."
    if station.password and station.password == station.extension:
        yield f"{where}: is the extension itself and would be guessed first. Write another."
    if station.contact and contact_parts(station.contact) is None:
        yield (
            f'{place("station", station.name, "contact")}: "{station.contact}" is no fixed contact. '
            'Write it as "sip:201@192.168.1.20:5060".'
        )
