"""SIP calls: the account, who may call in and as what, calls out through Kamailio, and legs whose sound has stopped."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj

from appliance.acd.ids import LegId, LineName, StationName
from appliance.configuration.file import Configuration
from appliance.switch.engine import MAX_CALL_LEGS, boot_ms
from appliance.switch.legs import Exchange, LegImpossible
from appliance.switch.lines.trunk_account import TrunkAccount, TrunkEvents, TrunkSettings, fill_config, set_srtp
from appliance.switch.native_port import CallLook
from appliance.switch.sip_leg import SipLeg, call_options, guarded
from appliance.switch.sip_messages import Invitation, is_encrypted, read_invitation, sip_identity

log = logging.getLogger(__name__)

SPARE_LEGS = 32
"""Never used for new calls: a phone that does not answer a BYE keeps its leg for 32 s."""
MEDIA_PORTS = 4 * MAX_CALL_LEGS
MEDIA_WATCH_MS = 500


@dataclass(frozen=True)
class SipSettings:
    """What SIP needs to know of the configuration."""

    inside: str
    proxy: str
    realm: str
    sound_address: str
    sound_from_port: int
    media_timeout_ms: int
    callers_in: frozenset[str]
    """Lines on which calls may come in."""
    encrypted: frozenset[str]
    """Lines whose calls are never taken without encryption."""
    may_encrypt: bool
    """Some line's calls may be encrypted."""
    users: dict[str, str]
    """Of the lines that register: under which user the carrier knows each."""
    extensions: dict[str, StationName]

    @classmethod
    def of(cls, configuration: Configuration) -> "SipSettings":
        sip = configuration.sip
        return cls(
            inside=sip.inside,
            proxy=f"sip:{sip.inside}:{sip.inside_port};lr",
            realm=sip.realm,
            sound_address=sip.listen,
            sound_from_port=sip.rtp_from_port,
            media_timeout_ms=int(sip.media_timeout_s * 1000),
            callers_in=frozenset(line.name for line in configuration.line if line.driver == "sip"),
            encrypted=frozenset(line.name for line in configuration.line if line.srtp == "required"),
            may_encrypt=any(line.srtp != "off" for line in configuration.line),
            users={line.name: line.user for line in configuration.line if line.driver == "sip" and line.registrar},
            extensions={one.extension: StationName(one.name) for one in configuration.station if one.kind == "sip"},
        )


class _Account(pj.Account):  # type: ignore[misc]
    def __init__(self, calls: "SipCalls") -> None:
        super().__init__()
        self._calls = calls

    @guarded
    def onIncomingCall(self, prm: Any) -> None:
        self._calls.come_in(self, prm)


class SipCalls:
    """All SIP legs of the process. Engine's thread."""

    def __init__(
        self,
        settings: SipSettings,
        exchange: Exchange,
        look: Callable[[int], CallLook],
        take_calls: Callable[[str, int], None],
    ) -> None:
        self._settings = settings
        self._take_calls = take_calls
        self.exchange = exchange
        self.look = look
        self._legs: dict[int, SipLeg] = {}
        self._account: Any = None
        self._to_phones: Any = None
        self._trunks: list[TrunkAccount] = []

    def start(self) -> None:
        """Calls can come and go from now on."""
        self._account = self._to_phones = _Account(self)
        config = self._account_config()
        if self._settings.may_encrypt:
            # Phones may then call in by either kind too. What it calls itself are phones, to whom nothing new is
            # offered: that goes by an account nobody ever calls.
            set_srtp(config, "optional")
        self._account.create(config, True)
        if self._settings.may_encrypt:
            self._to_phones = _Account(self)
            config = self._account_config()
            config.idUri = "sip:phones@centralita.invalid"
            self._to_phones.create(config, False)

    def open_trunk(self, line: str, trunk: TrunkSettings, events: TrunkEvents) -> TrunkAccount:
        """The account of one line. Its calls in are the account's too, whatever names the far end writes into them: as
        the account has it, sound that must be encrypted stays so, and what is offered otherwise is refused with 488."""
        account = TrunkAccount(events, self.come_in, trunk)
        config = self._account_config()
        fill_config(config, trunk)
        account.create(config, False)
        self._take_calls(line, account.getId())
        self._trunks.append(account)
        return account

    def _account_config(self) -> Any:
        settings = self._settings
        config = pj.AccountConfig()
        config.idUri = f"sip:centralita@{settings.realm}"
        config.sipConfig.proxies.append(settings.proxy)
        # Without this each call out asks the name server for our own address, and waits for it.
        config.sipConfig.ipv6Use = config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
        config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        sound = config.mediaConfig.transportConfig
        sound.port = settings.sound_from_port
        sound.portRange = MEDIA_PORTS
        if settings.sound_address != "0.0.0.0":
            sound.boundAddress = sound.publicAddress = settings.sound_address
        config.mediaConfig.streamKaEnabled = False
        return config

    @property
    def legs(self) -> int:
        return len(self._legs)

    # --- calls in

    def come_in(self, account: Any, prm: Any) -> None:
        """An INVITE: refuse it, or offer it to the ACD and say 180."""
        leg = SipLeg(account, self, prm.callId)
        self._legs[id(leg)] = leg
        try:
            status = self._offer(leg, prm, getattr(account, "insists_on_srtp", False))
        except Exception:
            log.exception("an incoming call could not be handled")
            status = 500
        if status:
            leg.turn_away(status)

    def _offer(self, leg: SipLeg, prm: Any, insists_on_srtp: bool) -> int:
        """0 when offered, else the status to refuse it with."""
        source = prm.rdata.srcAddress.rpartition(":")[0]
        if source != self._settings.inside:
            log.warning("an INVITE straight from %s: only Kamailio may send us calls; refused", prm.rdata.srcAddress)
            return 403
        if len(self._legs) > MAX_CALL_LEGS - SPARE_LEGS:
            log.warning("%d SIP legs are up: a call is refused", len(self._legs))
            return 503
        asked = read_invitation(prm.rdata.wholeMsg, self._settings.users)
        if asked.station:
            return self._offer_station(leg, asked)
        if asked.line not in self._settings.callers_in:
            log.warning("a call to %s for line %r, which is not ours; refused", asked.called, asked.line)
            return 404
        if asked.line in self._settings.encrypted and not is_encrypted(prm.rdata.wholeMsg, insists_on_srtp):
            log.warning("a call on line %s would not be encrypted, as its `srtp` requires: refused", asked.line)
            return 488
        # First the ACD, then the caller's 180: both happen while the other side works.
        leg.leg = self.exchange.offered(leg, LineName(asked.line), asked.caller, asked.called, asked.caller_name)
        leg.ring()
        return 0

    def _offer_station(self, leg: SipLeg, asked: Invitation) -> int:
        station = self._settings.extensions.get(asked.station)
        if station is None:
            log.warning("a call from extension %s, which is not of the configuration; refused", asked.station)
            return 403
        leg.leg = self.exchange.dialled(leg, station, asked.called)
        leg.ring()
        return 0

    # --- calls out

    def call(
        self,
        leg: LegId,
        uri: str,
        name: str,
        user: str,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        account: TrunkAccount | None = None,
        host: str = "",
        on_sign: Callable[[], None] | None = None,
    ) -> SipLeg:
        """INVITE `uri` through Kamailio as `name`/`user` of our realm, or of `host` by a line's account. Raises
        LegImpossible."""
        if len(self._legs) > MAX_CALL_LEGS - SPARE_LEGS:
            raise LegImpossible("congestion", f"{len(self._legs)} SIP legs are up")
        port = SipLeg(account or self._to_phones, self)
        port.leg = leg
        port.on_sign = on_sign
        options = call_options()
        options.txOption.localUri = sip_identity(name, user, host or self._settings.realm)
        for key, value in headers:
            header = pj.SipHeader()
            header.hName = key
            header.hValue = value
            options.txOption.headers.append(header)
        self._legs[id(port)] = port
        try:
            port.makeCall(uri, options)
        except pj.Error as error:
            self._legs.pop(id(port), None)
            raise LegImpossible("failed", f"{uri} cannot be called: {error.reason}") from error
        return port

    # --- keeping them

    def forget(self, call: SipLeg) -> None:
        self._legs.pop(id(call), None)

    def watch_sound(self) -> None:
        """Hang up legs to which no RTP came for `media_timeout_s`; call it each MEDIA_WATCH_MS."""
        limit_ms = self._settings.media_timeout_ms
        if limit_ms == 0:
            return
        now = boot_ms()
        for leg in list(self._legs.values()):
            if not leg.watched:
                leg.silent_since_ms = 0
                continue
            try:
                packets = leg.received_packets()
            except pj.Error:
                continue
            if packets != leg.packets or leg.silent_since_ms == 0:
                leg.packets = packets
                leg.silent_since_ms = now
            elif now - leg.silent_since_ms >= limit_ms:
                log.warning("no sound came on leg %s for %.0f s: hung up", leg.leg, limit_ms / 1000)
                leg.time_out()

    def close(self) -> None:
        """No call is left (or it is given up): PJSIP must not find a Call object at its end."""
        self._legs.clear()
        while self._trunks:
            self._trunks.pop().shutdown()
        if self._to_phones is not self._account:
            self._to_phones.shutdown()
        self._to_phones = None
        if self._account is not None:
            self._account.shutdown()
            self._account = None
