"""A SIP trunk as a line: calls out through Kamailio; its calls in come by `switch.sip`. Many calls at a time.

Its account asks each host whether it lives. A line that does not register is degraded while none says so that has done
so before: carriers ignore and refuse such questions and carry calls, so calls are tried all the same. A static trunk
has one host, its address. Of a line that registers, or names its `hosts`, Kamailio is told in which order they are
tried.
"""

import logging
import re
from collections.abc import Callable, Iterable
from functools import partial

import pjsua2 as pj

from appliance.acd.ids import LegId, LineName
from appliance.acd.inputs import LineHealth
from appliance.configuration.file import Line, Sip
from appliance.switch.engine import boot_ms
from appliance.switch.legs import Exchange, LegImpossible, LegPort
from appliance.switch.lines.trunk_account import TrunkAccount
from appliance.switch.lines.trunk_certificates import Certificates
from appliance.switch.lines.trunk_hosts import Hosts, is_alive
from appliance.switch.lines.trunk_lookup import Found, LookupFailed
from appliance.switch.lines.trunk_names import Names
from appliance.switch.lines.trunk_plan import NoPassword, TrunkPlan
from appliance.switch.lines.trunk_registration import Registration, Waits
from appliance.switch.lines.trunk_trust import Trust
from appliance.switch.sip import SipCalls

LOOK_AFTER_MS = 250
LOOK_UP_AGAIN_MS = 10_000
"""At the soonest, and after a failure."""
LOOK_UP_LATEST_MS = 3_600_000
REFUSED_SAID_MS = 600_000
_NUMBER = re.compile(r"\+?[0-9*#]{1,40}")

log = logging.getLogger(__name__)


class SipLine:
    """The driver of one `[[line]]` of driver "sip"."""

    def __init__(
        self,
        line: Line,
        sip: Sip,
        calls: SipCalls,
        names: Names,
        certificates: Certificates,
        waits: Waits | None = None,
    ) -> None:
        self._line = line
        self._plan = TrunkPlan(line, sip)
        self._calls = calls
        self._names = names
        self._looks_up = False
        self._look_up_at_ms = 0
        self._not_found = ""
        """Why no host's address is known, in plain words."""
        self._exchange: Exchange | None = None
        self._account: TrunkAccount | None = None
        self._hosts = Hosts(self._plan.pace)
        self._trust: Trust | None = None
        if line.transport == "tls":
            self._trust = Trust(certificates, self._plan.names_to_prove, line.ca_file, self._trust_changed)
        self._registration = Registration(line.registrar, line.user, waits or Waits()) if line.registrar else None
        self._registered_by = ""
        """The host that was first when the carrier last accepted us."""
        self._asked_first = ""
        self._not_trusted = ""
        """Why no host has proved who it is, in plain words."""
        self._refused, self._refused_shown = "", False
        """The address whose call was not taken for the line's, and whether it showed a certificate."""
        self._refused_until_ms = 0
        """For so long it is said."""
        self._wrong = ""
        """What keeps it from ever registering, in plain words."""
        self._kamailio: bool | None = None
        self._tell: Callable[[str], None] | None = None
        self._said: tuple[LineHealth, str] | None = None
        self._closing = False

    @property
    def name(self) -> LineName:
        return LineName(self._line.name)

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        password = ""
        try:
            password = self._plan.password()
        except NoPassword as error:
            self._wrong = str(error)
        self._account = self._calls.open_trunk(self._line.name, self._plan.settings(password), self)
        if not self._plan.asks:
            address, port = self._line.address, self._line.address_port or 5060
            self._hosts.become([f"sip:{address}:{port};transport={self._line.transport}"])
        self._say()

    # --- Kamailio

    def kamailio_is(self, here: bool, tell: Callable[[str], None] | None = None) -> None:
        """Kamailio came or went; `tell` sends it a message while it is here."""
        self._kamailio = here
        self._tell = tell if here else None
        if here:
            self._tell_hosts()
            if self._registration is not None:
                self._registration.again()  # connections it held for us are gone
        self._say()

    def _tell_hosts(self) -> None:
        if self._tell is not None and self._trust is not None:
            self._tell(self._trust.message(self._line.name))
        if self._tell is not None and self._plan.asks:
            self._tell(" ".join(("hosts", self._line.name, *self._hosts.order())))

    # --- the carrier

    def look_after(self) -> None:
        """Ask what is due to be asked; call it each LOOK_AFTER_MS."""
        if self._account is None or self._closing or not self._kamailio:
            return
        now = boot_ms()
        if self._plan.asks and not self._looks_up and now >= self._look_up_at_ms:
            self._looks_up = True
            self._names.look_up(self._line.hosts or (self._line.registrar,), self._line.transport, self._looked_up)
        if self._trust is not None:
            self._trust.look_after()
        for uri in self._hosts.due(now):
            self._try(partial(TrunkAccount.ask, domain=self._plan.domain, uri=uri))
        registration = self._registration
        # With TLS it is the answer to a question that proves a connection.
        reachable = len(self._hosts) > 0 if self._trust is None else self._hosts.any_answers
        if registration is not None and not self._wrong and reachable and registration.due(now):
            registration.asked(now)
            self._asked_first = self._hosts.order()[0]
            if not self._try(TrunkAccount.register):
                registration.failed(491, "", 0, now)
        self._say()

    def _try(self, what: Callable[[TrunkAccount], None]) -> bool:
        assert self._account is not None
        try:
            what(self._account)
        except pj.Error as error:
            log.warning("line %s: the carrier could not be asked: %s", self.name, error.reason)
            return False
        return True

    def _looked_up(self, found: Found | LookupFailed) -> None:
        """What the name servers say. Hosts that were known stay when they say nothing."""
        self._looks_up = False
        if self._closing:
            return
        now = boot_ms()
        if isinstance(found, LookupFailed):
            self._look_up_at_ms = now + LOOK_UP_AGAIN_MS
            self._not_found = str(found)
            log.warning("line %s: %s", self.name, found)
        else:
            self._look_up_at_ms = now + min(max(found.ttl_s * 1000, LOOK_UP_AGAIN_MS), LOOK_UP_LATEST_MS)
            self._not_found = ""
            if self._trust is not None:
                self._trust.candidates(found.uris)
                self._trust_changed()
            else:
                self._become(found.uris)
        self._say()

    def _become(self, uris: Iterable[str]) -> None:
        first = self._hosts.order()[:1]
        if self._hosts.become(uris):
            self._order_changed(first)

    def _trust_changed(self) -> None:
        """Only hosts that have proved who they are are asked for anything."""
        if self._trust is None or self._closing:
            return
        if self._trust.refused != self._not_trusted:
            self._not_trusted = self._trust.refused
            log.warning("line %s: %s", self.name, self._not_trusted)
        self._become(self._trust.trusted)
        self._tell_hosts()
        self._say()

    def _order_changed(self, first: tuple[str, ...]) -> None:
        """Kamailio is told; a carrier's other host learns where we are. `first` is what was first before."""
        order = self._hosts.order()
        log.info("line %s: its hosts are tried in the order %s", self.name, " ".join(_bare(one) for one in order))
        self._tell_hosts()
        if order[:1] != first and self._registration is not None:
            self._registration.again()

    def registration(self, status: int, reason: str, retry_after_ms: int, granted_s: int) -> None:
        registration = self._registration
        if registration is None or self._closing:
            return
        before = registration.state
        if 200 <= status < 300 and granted_s > 0:
            registration.accepted()
            self._registered_by = self._asked_first
            if self._asked_first not in self._hosts.order()[:1]:
                registration.again()  # another became the first meanwhile
        else:
            registration.failed(status, reason, retry_after_ms, boot_ms())
            self._look_up_soon()
        if registration.state != before:
            log.info("line %s: %s", self.name, registration.detail or f"registered at {self._line.registrar}")
        self._say()

    def host_answered(self, uri: str, status: int) -> None:
        if self._closing:
            return
        first, were_gone = self._hosts.order()[:1], self._hosts.all_gone
        if self._trust is not None and not is_alive(status):
            self._trust.doubt(uri)
        if self._hosts.answered(uri, is_alive(status)):
            self._order_changed(first)
        if self._hosts.all_gone:
            self._look_up_soon()
        elif were_gone and self._registration is not None:
            self._registration.again()  # it may have forgotten us, and its connection to us is another
        self._say()

    def carried(self) -> None:
        """A call came in from the carrier, or one of ours rang, was answered or refused there."""
        if not self._closing:
            self._hosts.carried()
            self._say()

    def caller_unproved(self, address: str, shown: bool) -> None:
        """A call over TLS from a host's address came without the certificate that its `peer_certificate` requires."""
        if self._trust is None or self._closing:
            return
        self._refused, self._refused_shown = address, shown
        self._refused_until_ms = boot_ms() + REFUSED_SAID_MS
        if shown:
            self._trust.doubt_all()
        self._say()
        log.warning("line %s: %s", self.name, self._detail_now())

    def _look_up_soon(self) -> None:
        """The carrier may have moved."""
        self._look_up_at_ms = min(self._look_up_at_ms, boot_ms() + LOOK_UP_AGAIN_MS)

    # --- how it is

    def _say(self) -> None:
        """Tell the exchange, when it is news."""
        if self._exchange is None or self._closing:
            return
        state, detail = self._state(), self._detail_now()
        if (state, detail) == self._said:
            return
        self._said = (state, detail)
        self._exchange.line_changed(self.name, state, detail)

    def _state(self) -> LineHealth:
        registration = self._registration
        if self._kamailio is None:
            return "starting"
        if not self._kamailio or self._wrong:
            return "down"
        if self._hosts.all_gone:
            return "degraded" if registration is None else "down"
        if not len(self._hosts):
            return "down" if self._not_found or self._not_trusted else "starting"
        if registration is None:
            return "up"
        if registration.detail:
            return "down"
        return "up" if self._registered_by else "starting"

    def _detail_now(self) -> str:
        detail, address = self._detail(), self._refused
        if not address or boot_ms() >= self._refused_until_ms:
            return detail
        if self._refused_shown:
            return f"{detail}; a call from {address} was refused, for no host has proved the certificate it shows"
        return f"{detail}; a call from {address} was refused, for it shows no certificate"

    def _detail(self) -> str:
        line, registration = self._line, self._registration
        if self._kamailio is None:
            return "waiting for Kamailio"
        if not self._kamailio:
            return "Kamailio is not there"
        if self._wrong:
            return self._wrong
        if self._hosts.all_gone:
            if registration is None:
                return f"{self._plan.domain} does not answer (OPTIONS); calls are tried all the same"
            return f"{self._plan.domain} does not answer"
        if not len(self._hosts) and self._not_trusted:
            return self._not_trusted
        if not len(self._hosts):
            return (
                f"no host of {self._plan.domain} is known: {self._not_found}"
                if self._not_found
                else "asking the name server"
            )
        if registration is None:
            return f"calls go through {self._plan.domain}" if line.hosts else f"calls from {line.address} are taken"
        if registration.detail:
            return registration.detail
        if not self._registered_by:
            return f"registering at {line.registrar}"
        if len(self._hosts) > 1:
            return f"registered at {line.registrar} through {_bare(self._registered_by)}"
        return f"registered at {line.registrar}"

    # --- calls

    def dial(self, leg: LegId, number: str, emergency: bool = False) -> LegPort:
        if self._line.mode == "in" and not emergency:
            raise LegImpossible("rejected", f"line {self.name} is for incoming calls only")
        if _NUMBER.fullmatch(number) is None:
            raise LegImpossible("failed", f"{number!r} is no number to dial")
        port = f":{self._line.address_port}" if self._line.address_port and not self._plan.asks else ""
        uri = f"sip:{number.replace('#', '%23')}@{self._plan.domain}{port}"
        own = self._line.number
        if not self._line.user:
            account = None if self._plan.plain else self._account
            return self._calls.call(leg, uri, "", own, account=account, on_sign=self.carried)
        # The carrier knows us by the account's user; the number we would like to show is a wish (RFC 3325 9.2).
        wish = (("P-Preferred-Identity", f"<sip:{own}@{self._plan.domain}>"),) if own and own != self._line.user else ()
        host = self._plan.domain
        return self._calls.call(
            leg, uri, "", self._line.user, wish, account=self._account, host=host, on_sign=self.carried
        )

    def close(self) -> None:
        """Its calls are the account's, and the account says good-bye to the registrar when the calls are over."""
        self._closing = True


def _bare(uri: str) -> str:
    """A host's URI as people write it."""
    return uri.removeprefix("sip:").partition(";")[0]
