"""What the configuration says of one trunk: what kind it is, under which names, and its account's settings."""

from dataclasses import dataclass
from pathlib import Path

from appliance.configuration.file import Line, Sip
from appliance.switch.lines.trunk_account import TrunkSettings
from appliance.switch.lines.trunk_hosts import OFTEN, Pace, alone
from appliance.switch.lines.trunk_lookup import is_address

MAX_PASSWORD = 256
ASKED_EVERY_S = 30


class NoPassword(Exception):
    """The line's trouble, not the switch's. The message is one plain sentence."""


@dataclass(frozen=True)
class TrunkPlan:
    """`line` is of driver "sip"."""

    line: Line
    sip: Sip

    @property
    def asks(self) -> bool:
        """Whether somebody is asked for its hosts: other lines have one address for good."""
        return bool(self.line.registrar or self.line.hosts)

    @property
    def pace(self) -> Pace:
        every_s = self.line.asked_every_s
        return OFTEN if self.asks else alone((ASKED_EVERY_S if every_s is None else every_s) * 1000)

    @property
    def plain(self) -> bool:
        """An address without a password, by UDP: Kamailio knows it from the configuration, and it needs no account."""
        return not (self.asks or self.line.user or self.line.transport != "udp")

    @property
    def domain(self) -> str:
        named = self.line.registrar or (self.line.hosts[0].partition(":")[0] if self.line.hosts else "")
        return named or self.line.address

    @property
    def names_to_prove(self) -> tuple[str, ...]:
        """A host may have a certificate of the carrier's domain or of the name it is written under (RFC 5922 7.2)."""
        named = (one.partition(":")[0] for one in (*self.line.hosts, self.line.registrar))
        return tuple(dict.fromkeys(one for one in named if one and not is_address(one)))

    def settings(self, password: str) -> TrunkSettings:
        line, sip = self.line, self.sip
        route = f"sip:line.{line.name}@{sip.inside}:{sip.inside_port};lr"
        if not line.user:
            return TrunkSettings(route, srtp=line.srtp)
        over = "" if line.transport == "udp" else f";transport={line.transport}"
        port = sip.tls_port if line.transport == "tls" else sip.port
        return TrunkSettings(
            route=route,
            contact=f"sip:{line.user}@{sip.listen}:{port}{over}",
            domain=self.domain,
            user=line.user,
            auth_user=line.auth_user,
            password=password,
            realm=line.realm,
            register_s=line.register_s if line.registrar else 0,
            srtp=line.srtp,
        )

    def password(self) -> str:
        """From the configuration or its file. Raises NoPassword."""
        name = self.line.password_file
        if not name:
            return self.line.password
        try:
            with Path(name).open(encoding="utf-8") as file:
                password = file.readline(MAX_PASSWORD + 2).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise NoPassword(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        if not password or len(password) > MAX_PASSWORD:
            raise NoPassword(f"the first line of {name} is no password")
        return password
