"""A line's account in PJSIP: its registration, its answers to digest challenges, its questions whether a host lives.

Kamailio carries all of it (RFC 3261 16); the account is the user agent, because only a user agent may answer a
challenge: it has to count the sequence number up in every request that follows (22.2), which a proxy cannot.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pjsua2 as pj

from appliance.switch.lines.trunk_granted import granted_s
from appliance.switch.sip_leg import guarded

Srtp = Literal["off", "optional", "required"]
SRTP_USE: dict[Srtp, int] = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "required": pj.PJMEDIA_SRTP_MANDATORY,
}
HOST_HEADER = "X-Centralita-Host"
_HOST = re.compile(rf"(?im)^{HOST_HEADER}\s*:\s*(\S+)")
_RETRY_AFTER = re.compile(r"(?im)^retry-after\s*:\s*(\d{1,9})")


@dataclass(frozen=True)
class TrunkSettings:
    """`route` is Kamailio's URI with the line in it; `contact` the box's, at which the carrier finds the line again."""

    route: str
    contact: str = ""
    domain: str = ""
    user: str = ""
    auth_user: str = ""
    password: str = field(default="", repr=False)
    realm: str = ""
    register_s: int = 0
    """0: it does not register."""
    srtp: Srtp = "off"


class TrunkEvents(Protocol):
    """Who is told; on the engine's thread."""

    def registration(self, status: int, reason: str, retry_after_ms: int, granted_s: int) -> None:
        """The carrier's answer to a REGISTER; 408 when there was none. A 200 that grants no second keeps nothing."""

    def host_answered(self, uri: str, status: int) -> None: ...

    def carried(self) -> None:
        """A call came in from the carrier, or was answered there."""


class TrunkAccount(pj.Account):  # type: ignore[misc]
    """Made by `SipCalls.open_trunk`, which keeps it alive."""

    def __init__(self, events: TrunkEvents, come_in: Callable[[Any, Any], None], settings: TrunkSettings) -> None:
        super().__init__()
        self.insists_on_srtp = settings.srtp == "required"
        self._settings = settings
        self._events = events
        self._come_in = come_in

    @guarded
    def onIncomingCall(self, prm: Any) -> None:
        self._events.carried()
        self._come_in(self, prm)

    @guarded
    def onRegState(self, prm: Any) -> None:
        after = _RETRY_AFTER.search(prm.rdata.wholeMsg)
        status = int(prm.code) if prm.code else 408
        settings = self._settings
        granted = granted_s(prm.rdata.wholeMsg, settings.contact, settings.register_s) if status // 100 == 2 else 0
        self._events.registration(status, prm.reason, int(after[1]) * 1000 if after else 0, granted)

    @guarded
    def onSendRequest(self, prm: Any) -> None:
        asked = _HOST.search(prm.e.body.tsxState.tsx.lastTx.wholeMsg)
        if asked is not None:
            self._events.host_answered(asked[1], int(prm.e.body.tsxState.tsx.statusCode))

    def register(self) -> None:
        """REGISTER now; `registration` follows. Raises pj.Error while another is on its way."""
        self.setRegistration(True)

    def ask(self, domain: str, uri: str) -> None:
        """OPTIONS to one host; `host_answered` follows. Raises pj.Error."""
        prm = pj.SendRequestParam()
        prm.method = "OPTIONS"
        prm.txOption.targetUri = f"sip:{domain}"
        header = pj.SipHeader()
        header.hName = HOST_HEADER
        header.hValue = uri
        prm.txOption.headers.append(header)
        self.sendRequest(prm)


def set_srtp(config: Any, srtp: Srtp) -> None:
    """Whether sound is encrypted. The signalling that carries the keys is secure from Kamailio on; before, loopback."""
    config.mediaConfig.srtpUse = SRTP_USE[srtp]
    config.mediaConfig.srtpSecureSignaling = 0


def fill_config(config: Any, settings: TrunkSettings) -> None:
    """Put a trunk's part into an AccountConfig."""
    config.sipConfig.proxies.clear()
    config.sipConfig.proxies.append(settings.route)
    set_srtp(config, settings.srtp)
    if not settings.user:
        return
    config.idUri = f"sip:{settings.user}@{settings.domain}"
    config.sipConfig.contactForced = f"<{settings.contact}>"
    # The carrier sees Kamailio's address, and NAT is the proxy's business: nothing of ours is to be rewritten.
    nat = config.natConfig
    nat.contactRewriteUse = nat.viaRewriteUse = nat.sdpNatRewriteUse = nat.sipOutboundUse = 0
    nat.udpKaIntervalSec = 0
    if settings.password:
        user = settings.auth_user or settings.user
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", settings.realm or "*", user, 0, settings.password))
    if settings.register_s:
        registration = config.regConfig
        registration.registrarUri = f"sip:{settings.domain}"
        registration.registerOnAdd = False
        registration.timeoutSec = settings.register_s
        registration.retryIntervalSec = registration.firstRetryIntervalSec = 0  # `trunk_registration` says when
