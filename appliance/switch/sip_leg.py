"""One SIP call as a leg: PJSIP's callbacks in, the exchange's commands out. Engine's thread only."""

import functools
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol

import pjsua2 as pj

from appliance.acd.ids import LegId
from appliance.acd.inputs import LegCause
from appliance.switch.legs import Exchange
from appliance.switch.lines.trunk_hosts import is_alive
from appliance.switch.native_port import CallLook
from appliance.switch.sip_causes import CAUSE_STATUS, reason_cause, reason_header, status_cause

log = logging.getLogger(__name__)
P = ParamSpec("P")

DTMF_MS = 120
DTMF_IS_UPDATE = 1
"""pjmedia/stream.h; the Python module has not its name. Set while a digit that was told goes on."""


class SipOwner(Protocol):
    """Who keeps the call objects: PJSIP needs them alive until the call is over, and not one moment longer."""

    @property
    def exchange(self) -> Exchange: ...
    @property
    def look(self) -> Callable[[int], CallLook]:
        """How a call of PJSIP is, by its number."""

    def forget(self, call: "SipLeg") -> None: ...


def guarded(method: Callable[P, None]) -> Callable[P, None]:
    """PJSIP swallows an exception in a callback; say it aloud."""

    @functools.wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception:
            log.exception("a SIP callback failed")

    return run


def call_options(status: int = 0) -> Any:
    """Options of a call with one stream of sound."""
    options = pj.CallOpParam(True)
    options.opt.audioCount = 1
    options.opt.videoCount = 0
    options.opt.textCount = 0  # else each call gets a real-time text stream, whose thread stalls a hang-up by 100 ms
    if status:
        options.statusCode = status
    return options


class SipLeg(pj.Call):  # type: ignore[misc]
    """A `LegPort`. `leg` is known before any callback can report something."""

    def __init__(self, account: Any, owner: SipOwner, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.leg = LegId("")
        self.on_sign: Callable[[], None] | None = None
        """Called when the far end of a call we make rings, answers or refuses: somebody is there."""
        self.incoming = call_id != pj.PJSUA_INVALID_ID
        self._owner = owner
        self._slot: int | None = None
        self._confirmed = False
        self._held = False
        self._over = False
        """The exchange knows that the leg is over; PJSIP may still be saying good-bye."""
        self.silent_since_ms = 0
        self.packets = -1

    # --- what the exchange asks

    @property
    def slot(self) -> int | None:
        # A phone that rings may already send sound (183); nobody hears it before it is answered.
        return self._slot if self._confirmed or self.incoming else None

    @property
    def watched(self) -> bool:
        """Whether sound must keep coming: connected and not on hold."""
        return self._confirmed and not self._held and not self._over

    def ring(self) -> None:
        """180 to a caller."""
        self.answer_status(180)

    def turn_away(self, status: int) -> None:
        """Refuse a call of which the exchange knows nothing."""
        self._over = True
        options = pj.CallOpParam()
        options.statusCode = status
        self.hangup(options)

    def answer_status(self, status: int) -> None:
        pj.Call.answer(self, call_options(status))

    def answer(self, prm: Any = None) -> None:
        """200 to a caller. (`prm` only because PJSIP's own method of this name has it.)"""
        if self._over:
            return
        try:
            self.answer_status(200)
        except pj.Error as error:
            log.error("leg %s cannot be answered: %s", self.leg, error.reason)
            self._end("failed", by_us=False, status=500)

    def refuse(self, cause: LegCause) -> None:
        self._end(cause, by_us=True, status=CAUSE_STATUS[cause])

    def hang_up(self, cause: LegCause) -> None:
        self._end(cause, by_us=True, status=CAUSE_STATUS[cause] if self.incoming and not self._confirmed else 0)

    def time_out(self) -> None:
        """No sound came for too long."""
        self._end("media_timeout", by_us=False, status=0)

    def send_digits(self, digits: str) -> None:
        prm = pj.CallSendDtmfParam()
        prm.digits = digits
        prm.duration = DTMF_MS
        try:
            self.sendDtmf(prm)
        except pj.Error as error:
            log.warning("digits cannot be sent on leg %s: %s", self.leg, error.reason)

    def received_packets(self) -> int:
        """RTP packets so far; raises pj.Error when there is no stream."""
        stream = self.getStreamStat(0)  # kept: what is in it is freed with it
        return int(stream.rtcp.rxStat.pkt)

    def _end(self, cause: LegCause, by_us: bool, status: int) -> None:
        """Over for us now; what the far end still has to say to it (487, 200) may take its time."""
        if self._over:
            return
        self._over = True
        self._slot = None
        self._owner.exchange.ended(self.leg, cause, by_us)
        options = pj.CallOpParam()
        if status:
            options.statusCode = status
        if cause != "normal":
            reason = pj.SipHeader()
            reason.hName = "Reason"
            reason.hValue = reason_header(cause)
            options.txOption.headers.append(reason)
        try:
            self.hangup(options)
        except pj.Error as error:
            log.debug("leg %s was gone already: %s", self.leg, error.reason)

    # --- what PJSIP reports

    @guarded
    def onCallState(self, prm: Any) -> None:
        info = self._owner.look(self.getId())
        exchange = self._owner.exchange
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            # Every reference goes now: an object that outlived its call would own a stranger's slot.
            self._owner.forget(self)
            self._slot = None
            if not self._over:
                self._over = True
                exchange.ended(self.leg, self._remote_cause(info.last_status, prm))
                if not self._confirmed and info.last_status >= 300 and is_alive(info.last_status):
                    self._sign()
        elif self._over:
            return
        elif info.state == pj.PJSIP_INV_STATE_EARLY and not self.incoming:
            if info.last_status in (180, 183):
                exchange.progress(self.leg)
                self._sign()
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self._confirmed:
            self._confirmed = True
            exchange.answered(self.leg)
            self._sign()

    def _sign(self) -> None:
        if self.on_sign is not None:
            self.on_sign()

    def _remote_cause(self, status: int, prm: Any) -> LegCause:
        """Why the far end, or the network between us, ended it."""
        said = None
        if prm.e.type == pj.PJSIP_EVENT_TSX_STATE and prm.e.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
            said = reason_cause(prm.e.body.tsxState.src.rdata.wholeMsg)
        if self._confirmed:
            return said or ("normal" if status in (0, 200) else status_cause(status))
        if self.incoming:
            return "cancelled"
        return said if said and said != "normal" else status_cause(status)

    @guarded
    def onCallMediaState(self, prm: Any) -> None:
        if self._over:
            return
        sound = self._owner.look(self.getId())
        held = sound.media_status not in (-1, pj.PJSUA_CALL_MEDIA_ACTIVE)
        heard = sound.media_status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
        slot = sound.slot if heard and sound.slot >= 0 else None
        # A re-INVITE may have made the port anew, even under the same number: connect it again in any case.
        self._slot = slot
        self._owner.exchange.sound_changed(self.leg)
        if self._confirmed and held != self._held:
            self._held = held
            self._owner.exchange.held(self.leg, held)

    @guarded
    def onDtmfEvent(self, prm: Any) -> None:
        if not self._over and prm.flags & DTMF_IS_UPDATE == 0:
            self._owner.exchange.digit(self.leg, prm.digit)

    @guarded
    def onCallTransferRequest(self, prm: Any) -> None:
        # PJSIP would dial whatever a phone names. Where calls go is the ACD's decision.
        log.warning("leg %s asked for a transfer to %s: declined", self.leg, prm.dstUri)
        prm.statusCode = pj.PJSIP_SC_DECLINE

    @guarded
    def onCallReplaceRequest(self, prm: Any) -> None:
        log.warning("somebody asked to replace leg %s: declined", self.leg)
        prm.statusCode = pj.PJSIP_SC_DECLINE
