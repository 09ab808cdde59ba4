"""What a SIP phone and a carrier do with pjsua2's calls; their methods work from any thread, through the engine."""

from typing import Any

import pjsua2 as pj

from appliance.demo.sip_call import PeerAccount, PeerCall
from appliance.demo.sip_engine import PeerError, SipEngine
from appliance.demo.sip_records import CallSound, CarrierBehaviour, CarrierSettings, PhoneSettings, Sound

RTP_PORTS = 2000
MAX_PEERS = 60


class _Peer:
    """What a phone and a carrier have in common: an account of their own, on a socket of their own."""

    def __init__(self, engine: SipEngine, name: str, sound: Sound, record_dir: str) -> None:
        if name in engine.accounts:
            raise PeerError(f"there is already a peer `{name}`")
        if len(engine.accounts) >= MAX_PEERS:
            raise PeerError(f"more than {MAX_PEERS} peers in one process")
        self.name = name
        self._engine = engine
        self._account = PeerAccount(engine, name, sound, record_dir)

    def _open(self, settings: Any, address: str, port: int, rtp_from_port: int, default: bool = False) -> None:
        self._transport = self._engine.transport(address, port)
        settings.sipConfig.transportId = self._transport
        media = settings.mediaConfig
        media.transportConfig.boundAddress = address
        media.transportConfig.port, media.transportConfig.portRange = rtp_from_port, RTP_PORTS
        media.ipv6Use = settings.sipConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED  # or each call waits for DNS
        settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        self._account.create(settings, default)
        self._engine.accounts[self.name] = self._account

    def _place(self, uri: str, number: str, called: str, sound: Sound | None, local_uri: str = "") -> str:
        call = PeerCall(self._engine, self._account)
        call.number, call.called = number, called
        if sound is not None:
            call.sound = sound
        parameters = audio_only()
        parameters.txOption.localUri = local_uri
        try:
            call.makeCall(uri, parameters)
        except pj.Error:
            call.forget()
            raise
        return str(call.key)

    def contact(self) -> str:
        """`address:port` of its SIP socket."""
        return str(self._engine.run(lambda: self._engine.endpoint.transportGetInfo(self._transport).localName))


class SipPhone(_Peer):
    """A desk phone with one call at a time: what rings or is up is `the` call of its methods."""

    def __init__(self, engine: SipEngine, settings: PhoneSettings, rtp_from_port: int) -> None:
        super().__init__(engine, settings.extension, settings.sound, settings.record_dir)
        self._settings = settings
        account = pj.AccountConfig()
        account.idUri = f"sip:{settings.extension}@{settings.realm}"
        if settings.registrar:
            account.regConfig.registrarUri = f"sip:{settings.realm}"
            account.regConfig.timeoutSec = settings.expires_s
            account.regConfig.registerOnAdd = settings.registers_at_once
            account.regConfig.retryIntervalSec = account.regConfig.firstRetryIntervalSec = 2
            account.regConfig.randomRetryIntervalSec = 0
            account.sipConfig.proxies.append(f"{settings.registrar};lr")
            credentials = pj.AuthCredInfo("digest", "*", settings.extension, 0, settings.password)
            account.sipConfig.authCreds.append(credentials)
        self._open(account, settings.bind, settings.port, rtp_from_port)
        self._account.on_incoming = self._incoming

    def _incoming(self, call: PeerCall) -> None:
        if len([other for other in self._engine.calls.values() if other.peer == self.name]) > 1:
            hang_up_call(call, 486)
            return
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        call.answer(ringing)
        if self._settings.auto_answer_ms >= 0:
            key = call.key
            self._engine.after(self._settings.auto_answer_ms, lambda: self._answer_if_ringing(key))

    def _answer_if_ringing(self, key: str) -> None:
        call = self._engine.calls.get(key)
        if call is not None and not call.answered:
            answer_call(call)

    @property
    def call(self) -> str:
        """Key of its call, "" when it has none."""
        return next((key for key, call in list(self._engine.calls.items()) if call.peer == self.name), "")

    def register(self, on: bool) -> None:
        self._engine.run(lambda: self._account.setRegistration(on))

    def answer(self) -> None:
        self._engine.run(lambda: answer_call(self._the_call()))

    def reject(self, code: int = 486) -> None:
        self._engine.run(lambda: hang_up_call(self._the_call(), code))

    def hang_up(self) -> None:
        self._engine.run(lambda: hang_up_call(self._the_call()))

    def send_digits(self, digits: str) -> None:
        self._engine.run(lambda: self._the_call().dialDtmf(digits))

    def hold(self, on: bool = True) -> None:
        self._engine.run(lambda: hold_call(self._engine, self._the_call().key, on))

    def play(self, sound: Sound) -> None:
        self._engine.run(lambda: self._the_call().play(sound))

    def record(self, path: str) -> None:
        self._engine.run(lambda: self._the_call().record(path))

    def sound(self) -> CallSound:
        return self._engine.run(lambda: self._the_call().sound_heard())

    def dial(self, number: str, sound: Sound | None = None) -> str:
        """Call a number (or star code) through the registrar's address; the call's key."""
        uri = f"sip:{number.replace('#', '%23')}@{self._settings.realm}"
        return self._engine.run(lambda: self._place(uri, self.name, number, sound))

    def _the_call(self) -> PeerCall:
        if not self.call:
            raise PeerError(f"phone {self.name} has no call")
        return self._engine.call(self.call)


class Carrier(_Peer):
    """The network behind a SIP trunk: places calls into the box and takes the box's."""

    def __init__(self, engine: SipEngine, settings: CarrierSettings, rtp_from_port: int) -> None:
        super().__init__(engine, settings.name, settings.sound, settings.record_dir)
        self._settings = settings
        self._behaviours: dict[str, CarrierBehaviour] = {"": CarrierBehaviour()}
        account = pj.AccountConfig()
        account.idUri = f"sip:carrier@{settings.address}"
        self._open(account, settings.address, settings.port, rtp_from_port, default=True)
        self._account.on_incoming = self._incoming

    def place(self, called: str, caller: str, sound: Sound | None = None) -> str:
        """Call `called` in the box from the number `caller` ("" withholds it); the call's key."""
        uri = f"sip:{called}@{self._settings.box}"
        shown = f"sip:{caller}@{self._settings.address}" if caller else '"Anonymous" <sip:anonymous@anonymous.invalid>'
        return self._engine.run(lambda: self._place(uri, caller, called, sound, shown))

    def behave(self, behaviour: CarrierBehaviour) -> None:
        """From now on, what becomes of the box's calls to numbers with this prefix."""
        self._engine.run(lambda: self._behaviours.update({behaviour.prefix: behaviour}))

    def _incoming(self, call: PeerCall) -> None:
        prefix = max((p for p in self._behaviours if call.called.startswith(p)), key=len)
        behaviour = self._behaviours[prefix]
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        call.answer(ringing)
        key = call.key
        self._engine.after(behaviour.after_ms, lambda: self._decide(key, behaviour))

    def _decide(self, key: str, behaviour: CarrierBehaviour) -> None:
        call = self._engine.calls.get(key)
        if call is None or call.answered or behaviour.does == "no_answer":
            return
        if behaviour.does == "answers":
            answer_call(call)
            if behaviour.talk_ms >= 0:
                self._engine.after(behaviour.talk_ms, lambda: self._hang_up_if_up(key))
        else:
            hang_up_call(call, 486 if behaviour.does == "busy" else 603)

    def _hang_up_if_up(self, key: str) -> None:
        if key in self._engine.calls:
            hang_up_call(self._engine.calls[key])


def audio_only() -> Any:
    parameters = pj.CallOpParam(True)
    parameters.opt.audioCount, parameters.opt.videoCount, parameters.opt.textCount = 1, 0, 0
    return parameters


def answer_call(call: PeerCall) -> None:
    parameters = audio_only()
    parameters.statusCode = 200
    call.answer(parameters)


def hang_up_call(call: PeerCall, code: int = 0) -> None:
    call.by_us = True
    parameters = pj.CallOpParam()
    parameters.statusCode = code
    call.hangup(parameters)


def hold_call(engine: SipEngine, key: str, on: bool, tries: int = 20) -> None:
    """Hold, or take back; waits (as a phone does) while an earlier re-INVITE is still under way."""
    call = engine.call(key)
    parameters = audio_only()
    try:
        if on:
            call.setHold(parameters)
        else:
            parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
            call.reinvite(parameters)
    except pj.Error:
        if tries <= 1:
            raise
        engine.after(50, lambda: hold_call(engine, key, on, tries - 1))
