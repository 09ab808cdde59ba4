"""One SIP call of a peer and the account it belongs to, as pjsua2 calls them back: events out, sound in and out."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pjsua2 as pj

from appliance.demo.sip_records import CallSound, EventKind, PeerEvent, Sound

SILENCE_DBFS = -99.0
WITH_SOUND = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)

log = logging.getLogger(__name__)


def now_ms() -> int:
    """Milliseconds of CLOCK_BOOTTIME."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class CallHost(Protocol):
    """What a call needs of the engine whose thread it lives on."""

    emit: Callable[[PeerEvent], None]
    calls: "dict[str, PeerCall]"
    null_sink: Any

    def new_key(self) -> str: ...
    def guarded(self, where: str) -> AbstractContextManager[None]: ...
    def player(self, sound: Sound) -> Any: ...


class PeerCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One SIP call of a peer. Lives on the engine's thread; others know its key."""

    def __init__(self, engine: CallHost, account: "PeerAccount", call_id: int = -1) -> None:
        super().__init__(account, pj.PJSUA_INVALID_ID if call_id < 0 else call_id)
        self.engine = engine
        self.peer = account.peer
        self.key = engine.new_key()
        self.sound: Sound = account.sound
        self.record_path = f"{account.record_dir}/{account.peer}-{self.key}.wav" if account.record_dir else ""
        self.number = ""
        self.called = ""
        self.by_us = False
        self.loudest_dbfs = SILENCE_DBFS
        self.answered = False
        self.held = False
        self._media: Any = None
        self._player: Any = None
        self._recorder: Any = None
        engine.calls[self.key] = self

    def tell(self, kind: EventKind, code: int = 0, text: str = "") -> None:
        event = PeerEvent(now_ms(), self.peer, kind, self.key, self.number, self.called, code, text, self.by_us)
        self.engine.emit(event)

    def onCallState(self, prm: Any) -> None:
        with self.engine.guarded("onCallState"):
            info = self.getInfo()
            if info.state == pj.PJSIP_INV_STATE_EARLY and info.role == pj.PJSIP_ROLE_UAC:
                self.tell("ringing", info.lastStatusCode)
            elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
                self.answered = True
                self.tell("answered", info.lastStatusCode)
            elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
                self.tell("ended", info.lastStatusCode, info.lastReason)
                self.forget()

    def onCallMediaState(self, prm: Any) -> None:
        with self.engine.guarded("onCallMediaState"):
            held = False
            self._media = None
            info = self.getInfo()  # kept: its media are freed with it
            for index, media in enumerate(info.media):
                if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in WITH_SOUND:
                    self._media = self.getAudioMedia(index)
                    held = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            if self._media is not None:
                self._media.startTransmit(self.engine.null_sink)
                self._mix()
            if held != self.held:
                self.held = held
                self.tell("held" if held else "resumed")

    def onDtmfEvent(self, prm: Any) -> None:
        with self.engine.guarded("onDtmfEvent"):
            if prm.flags & 1 == 0:
                self.tell("digit", text=prm.digit)

    def play(self, sound: Sound) -> None:
        self.sound = sound
        self._player = None
        self._mix()

    def record(self, path: str) -> None:
        self.record_path = path
        self._recorder = None
        self._mix()

    def _mix(self) -> None:
        if self._media is None:
            return
        if self._player is None:
            self._player = self.engine.player(self.sound)
        self._player.startTransmit(self._media)
        if self._recorder is None and self.record_path:
            self._recorder = pj.AudioMediaRecorder()
            self._recorder.createRecorder(self.record_path)
        if self._recorder is not None:
            self._media.startTransmit(self._recorder)

    def measure(self) -> float:
        """Level heard in the last frame, dB below full scale."""
        heard = SILENCE_DBFS if self._media is None else dbfs_of_percent(self._media.getTxLevel())
        self.loudest_dbfs = max(self.loudest_dbfs, heard)
        return heard

    def sound_heard(self) -> CallSound:
        heard = self.measure()
        try:
            stream = self.getStreamStat(0)
        except pj.Error:
            return CallSound(heard, self.loudest_dbfs, 0, 0, 0)
        rtcp = stream.rtcp
        return CallSound(heard, self.loudest_dbfs, rtcp.rxStat.pkt, rtcp.txStat.pkt, rtcp.rxStat.loss)

    def forget(self) -> None:
        """Every reference goes now: a lingering Call would hang up whatever call gets its slot (pjproject 3856)."""
        self._media = self._player = self._recorder = None
        self.engine.calls.pop(self.key, None)


class PeerAccount(pj.Account):  # type: ignore[misc]
    """One phone, or one carrier."""

    def __init__(self, engine: CallHost, peer: str, sound: Sound, record_dir: str) -> None:
        super().__init__()
        self.engine = engine
        self.peer = peer
        self.sound = sound
        self.record_dir = record_dir
        self.on_incoming: Callable[[PeerCall], None] = lambda call: None

    def onRegState(self, prm: Any) -> None:
        with self.engine.guarded("onRegState"):
            good = prm.code // 100 == 2 and prm.expiration > 0
            kind: EventKind = "registered" if good else "unregistered"
            self.engine.emit(PeerEvent(now_ms(), self.peer, kind, code=prm.code, text=prm.reason))

    def onIncomingCall(self, prm: Any) -> None:
        with self.engine.guarded("onIncomingCall"):
            call = PeerCall(self.engine, self, prm.callId)
            call.number = user_of(call.getInfo().remoteUri)
            call.called = user_of(prm.rdata.wholeMsg.split(" ", 2)[1])
            call.tell("incoming")
            self.on_incoming(call)


def dbfs_of_percent(percent: int) -> float:
    """pjsua2's level of what a port gives (mean magnitude, mu-law coded, in percent) as a sine's RMS in dBFS, ±1 dB."""
    code = min(percent * 255 // 100, 127)
    linear = ((((code & 0x0F) << 3) + 0x84) << (code >> 4)) - 0x84
    return SILENCE_DBFS if linear == 0 else round(20 * math.log10(linear * math.pi / (2 * math.sqrt(2)) / 32768), 1)


def user_of(uri: str) -> str:
    """The user part of `"Ana" <sip:101@host;x>`; "" for an anonymous caller."""
    _, _, rest = uri.partition("sip:")
    user, at, _ = rest.partition("@")
    return "" if not at or user == "anonymous" else user.partition(";")[0]
