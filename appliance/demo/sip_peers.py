"""SIP phones and a carrier for the demo and the tests, in this process or (`--json`) in one that speaks JSON lines.

Real SIP and RTP through pjsua2, from addresses of their own. pjsua2 allows one engine a process, so a test that has
one already drives its peers through `peers_client.RemotePeers`.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from appliance.demo.sip_engine import PeerError, SipEngine, no_event
from appliance.demo.sip_records import (
    MAX_LINE_BYTES,
    Answer,
    Ask,
    AskSound,
    Behave,
    CallSound,
    CarrierSettings,
    FromPeers,
    HangUp,
    Hold,
    PeerEvent,
    PhoneSettings,
    Place,
    PlaySound,
    Quit,
    Record,
    Register,
    Reject,
    Reply,
    SendDigits,
    Sound,
    decode_ask,
    encode,
)
from appliance.demo.sip_roles import Carrier, SipPhone, answer_call, hang_up_call, hold_call


class SipPeers:
    """All phones and carriers of this process. `on_event` is called on the SIP thread: it only queues.

    Methods may be called from any thread, wait until the work was done (not until the network answered), and raise
    PeerError. What came of them is an event.
    """

    def __init__(self, on_event: Callable[[PeerEvent], None] = no_event, rtp_from_port: int = 30_000) -> None:
        self._engine = SipEngine(on_event)
        self._rtp_from_port = rtp_from_port

    def start(self) -> None:
        self._engine.start()

    def close(self) -> None:
        self._engine.close()

    def add_phone(self, settings: PhoneSettings) -> "SipPhone":
        """Its name as a peer is its extension."""
        return self._engine.run(lambda: SipPhone(self._engine, settings, self._rtp_from_port))

    def add_carrier(self, settings: CarrierSettings) -> "Carrier":
        return self._engine.run(lambda: Carrier(self._engine, settings, self._rtp_from_port))

    # Calls are known by their keys, whoever's they are.

    def answer(self, call: str) -> None:
        self._engine.run(lambda: answer_call(self._engine.call(call)))

    def reject(self, call: str, code: int = 486) -> None:
        self._engine.run(lambda: hang_up_call(self._engine.call(call), code))

    def hang_up(self, call: str) -> None:
        self._engine.run(lambda: hang_up_call(self._engine.call(call)))

    def send_digits(self, call: str, digits: str) -> None:
        """As RFC 4733 telephone-events."""
        self._engine.run(lambda: self._engine.call(call).dialDtmf(digits))

    def hold(self, call: str, on: bool) -> None:
        self._engine.run(lambda: hold_call(self._engine, call, on))

    def play(self, call: str, sound: Sound) -> None:
        """Say this in place of what was said."""
        self._engine.run(lambda: self._engine.call(call).play(sound))

    def record(self, call: str, path: str) -> None:
        """Write what is heard to a WAV file from now on; "" ends it. The file is whole when this returns, or the call
        has ended."""
        self._engine.run(lambda: self._engine.call(call).record(path))

    def sound(self, call: str) -> CallSound:
        return self._engine.run(lambda: self._engine.call(call).sound_heard())

    def live_calls(self, peer: str = "") -> list[str]:
        """Keys of the calls that are up, of one peer or of all."""
        return self._engine.run(lambda: [key for key, call in self._engine.calls.items() if peer in ("", call.peer)])


class PeersServer:
    """Serves SipPeers over two byte streams: an `Ask` a line in; `Reply` and `PeerEvent` lines out."""

    def __init__(self, asks: BinaryIO, answers: BinaryIO) -> None:
        self._asks = asks
        self._answers = answers
        self._lock = threading.Lock()
        self._peers = SipPeers(self._say)
        self._phones: dict[str, SipPhone] = {}
        self._carriers: dict[str, Carrier] = {}

    def serve(self) -> None:
        """Until `Quit` or the end of the asks."""
        self._peers.start()
        try:
            while line := self._asks.readline(MAX_LINE_BYTES + 1):
                ask = decode_ask.decode(line)
                if isinstance(ask.ask, Quit):
                    break
                self._say(self._reply(ask))
        finally:
            self._peers.close()

    def _say(self, record: FromPeers) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._answers.write(encode(record) + b"\n")
            self._answers.flush()

    def _reply(self, ask: Ask) -> Reply:
        try:
            return self._carry_out(ask)
        except (PeerError, KeyError, TimeoutError) as error:
            return Reply(ask.id, error=f"{type(error).__name__}: {error}")

    def _carry_out(self, ask: Ask) -> Reply:
        match ask.ask:
            case PhoneSettings() as phone:
                self._phones[phone.extension] = self._peers.add_phone(phone)
                return Reply(ask.id, name=self._phones[phone.extension].contact())
            case CarrierSettings() as carrier:
                self._carriers[carrier.name] = self._peers.add_carrier(carrier)
                return Reply(ask.id, name=self._carriers[carrier.name].contact())
            case Place(peer, called, caller, sound):
                if peer in self._phones:
                    return Reply(ask.id, name=self._phones[peer].dial(called, sound))
                return Reply(ask.id, name=self._carriers[peer].place(called, caller, sound))
            case AskSound(call):
                return Reply(ask.id, sound=self._peers.sound(call))
            case _:
                self._do(ask)
                return Reply(ask.id)

    def _do(self, ask: Ask) -> None:
        match ask.ask:
            case Register(peer, on):
                self._phones[peer].register(on)
            case Behave(peer, behaviour):
                self._carriers[peer].behave(behaviour)
            case Answer(call):
                self._peers.answer(call)
            case Reject(call, code):
                self._peers.reject(call, code)
            case HangUp(call):
                self._peers.hang_up(call)
            case SendDigits(call, digits):
                self._peers.send_digits(call, digits)
            case Hold(call, on):
                self._peers.hold(call, on)
            case PlaySound(call, sound):
                self._peers.play(call, sound)
            case Record(call, path):
                self._peers.record(call, path)


def main(arguments: list[str]) -> int:
    if arguments != ["--json"]:
        print("usage: python -m appliance.demo.sip_peers --json (asks on stdin, replies and events on stdout)")
        return 2
    try:
        PeersServer(sys.stdin.buffer, sys.stdout.buffer).serve()
    except msgspec.DecodeError as error:
        print(f"not an ask: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # pjsua2's objects must not meet the interpreter's last garbage collection
