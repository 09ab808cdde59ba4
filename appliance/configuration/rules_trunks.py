"""The rules of SIP trunks: how each is reached and proves itself, and how their calls are told apart."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from appliance.configuration.file import Configuration, Line
from appliance.configuration.problems import place

MAX_TRUNKS = 60
"""The SIP library has room for 64 accounts."""
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE
)
_HOST = re.compile(r"(?P<host>[^:]*)(?::(?P<port>[0-9]{1,5}))?")
_OF_TRUNKS = ("registrar", "user", "auth_user", "password", "password_file", "realm", "hosts", "ca_file")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\"\\]*")


def trunk_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each thing that does not hold."""
    for line in configuration.line:
        if line.driver == "sip":
            yield from _reached(line, configuration.sip.realm)
            yield from _proved(line)
            yield from _secret(line, configuration.sip.tls_port)
        else:
            yield from _no_trunk(line)
    yield from _told_apart(configuration)
    if sum(line.driver == "sip" for line in configuration.line) > MAX_TRUNKS:
        yield f'[[line]] driver: more than {MAX_TRUNKS} lines have driver = "sip". Leave some out.'


def is_host_address(text: str) -> bool:
    """An IPv4 address one machine can have. (IPv6 is switched off in the SIP engine.)"""
    try:
        address = IPv4Address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast or text == "255.255.255.255")


def is_host_name(text: str) -> bool:
    """A name to ask a name server for (RFC 1123 2.1); what has digits and dots only is a mistyped address."""
    return _NAME.fullmatch(text) is not None and re.fullmatch(r"[0-9.]+", text) is None


def _no_trunk(line: Line) -> Iterator[str]:
    if line.address or line.address_port:
        yield (
            f'{place("line", line.name, "address")}: only a line with driver = "sip" has an address. '
            "Remove `address` and `address_port`."
        )
    for key in _OF_TRUNKS:
        if getattr(line, key):
            yield f'{place("line", line.name, key)}: only a line with driver = "sip" has one. Remove `{key}`.'


def _reached(line: Line, realm: str) -> Iterator[str]:
    """An address, a registrar or hosts, and each such as can be called."""
    where = place("line", line.name, "address")
    if (line.address or not (line.registrar or line.hosts)) and not is_host_address(line.address):
        yield (
            f'{where}: "{line.address}" is no IPv4 address. Write the address the carrier calls from, or its domain as '
            "`registrar` if it wants to be registered at."
        )
    if line.asked_every_s is not None and (line.registrar or line.hosts):
        yield (
            f"{place('line', line.name, 'asked_every_s')}: hosts and registrars are asked every 4 s, so that the next "
            "one is taken in time. Remove it."
        )
    if line.registrar:
        where = place("line", line.name, "registrar")
        if not (is_host_address(line.registrar) or is_host_name(line.registrar)):
            yield f'{where}: "{line.registrar}" is no domain name. Write what the carrier calls domain or registrar.'
        if line.registrar.lower() == realm:
            yield f"{where}: {realm} is this box itself ([sip] realm). Write the carrier's domain."
    for one in line.hosts:
        found = _HOST.fullmatch(one)
        good = found is not None and (is_host_address(found["host"]) or is_host_name(found["host"]))
        if not good or found is None or not 0 < int(found["port"] or 5060) <= 65_535:
            yield (
                f'{place("line", line.name, "hosts")}: "{one}" is no host. '
                'Write an address or a name, with ":port" where the carrier says one.'
            )


def _proved(line: Line) -> Iterator[str]:
    """A user and one password, where they are needed, and nothing that would break out of its header."""
    where = place("line", line.name, "password")
    secret = line.password or line.password_file
    if line.registrar and not line.user:
        yield f"{place('line', line.name, 'user')}: a line that registers needs one. Write the account's user."
    if line.registrar and not secret:
        yield f"{where}: a line that registers needs one. Write `password`, or `password_file`."
    if secret and not line.user:
        yield f"{where}: there is no `user` it would be of. Write `user`, or remove the password."
    if line.password and line.password_file:
        yield f"{where}: `password_file` is there as well. Remove one of them."
    if line.password_file and not line.password_file.startswith("/"):
        yield (
            f'{place("line", line.name, "password_file")}: "{line.password_file}" is no full path. '
            'Write it from "/" on.'
        )
    for key in ("auth_user", "realm"):
        if _PRINTABLE.fullmatch(getattr(line, key)) is None:
            yield f"{place('line', line.name, key)}: has a quote, a backslash or a control character. Write it without."


def _secret(line: Line, tls_port: int) -> Iterator[str]:
    """TLS where it is asked for, and no keys sent in the clear."""
    names = [one for one in (line.registrar, *line.hosts) if is_host_name(one.partition(":")[0])]
    if line.transport == "tls" and not tls_port:
        yield (
            f"{place('line', line.name, 'transport')}: TLS needs a port and a certificate of this box. "
            "Write [sip] `tls_port`, and put cert.pem and key.pem in data_dir/tls."
        )
    if line.transport == "tls" and not (line.registrar or line.hosts):
        yield (
            f"{place('line', line.name, 'transport')}: a certificate proves a name, and there is none. "
            "Write the carrier's domain as `registrar` or in `hosts`."
        )
    elif line.transport == "tls" and not names:
        yield (
            f"{place('line', line.name, 'transport')}: a certificate proves a name, and there are only addresses. "
            "Write the carrier's name as `registrar` or in `hosts`."
        )
    if line.ca_file and line.transport != "tls":
        yield f'{place("line", line.name, "ca_file")}: is for transport = "tls" only. Write that, or remove `ca_file`.'
    if line.ca_file and not line.ca_file.startswith("/"):
        yield f'{place("line", line.name, "ca_file")}: "{line.ca_file}" is no full path. Write it from "/" on.'
    if line.peer_certificate != "off" and line.transport != "tls":
        yield (
            f"{place('line', line.name, 'peer_certificate')}: over {line.transport} nobody shows a certificate. "
            'Write transport = "tls", or remove `peer_certificate`.'
        )
    if line.srtp != "off" and line.transport != "tls":
        yield (
            f"{place('line', line.name, 'srtp')}: over {line.transport} anybody could read the keys. "
            'Write transport = "tls", or remove `srtp`.'
        )


def trunk_file_problems(configuration: Configuration) -> Iterator[str]:
    """Files that lines name and this machine has not got."""
    for line in configuration.line:
        if line.ca_file and not Path(line.ca_file).is_file():
            where = place("line", line.name, "ca_file")
            yield f"{where}: {line.ca_file} is not there. Put the authorities' PEM file there."


def _told_apart(configuration: Configuration) -> Iterator[str]:
    """A call's source must say which line it is: one line an address, or one an address and port; where lines register,
    one an account."""
    trunks = [line for line in configuration.line if line.driver == "sip"]
    for number, line in enumerate(trunks):
        for other in trunks[:number]:
            same_port = line.address_port == other.address_port or 0 in (line.address_port, other.address_port)
            if line.address and line.address == other.address and same_port:
                yield (
                    f"{place('line', line.name, 'address')}: {line.address} is the address of line {other.name} too, "
                    "so their calls could not be told apart. Give each its own `address_port`, or make them one line."
                )
            same_registrar = line.registrar and line.registrar.lower() == other.registrar.lower()
            if same_registrar and line.user == other.user:
                yield (
                    f"{place('line', line.name, 'user')}: {line.user} is registered at {line.registrar} by line "
                    f"{other.name} already. Give it the user of another account, or make them one line."
                )
