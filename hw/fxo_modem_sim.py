"""The twin of analogue voice modems: one pseudo-terminal with a telephone exchange behind it, as unkind as told.

What commands are answered is in `fxo_modem_sim_commands`; this file is its life, the line it hangs on, and its sound.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hw import dle, g711
from hw.at_conversation_sim import AnswerFaults, AtConversation, Reply
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import FRAME_BYTES
from hw.dtmf import DigitHearer
from hw.fxo_modem_sim_commands import MODELS, FxoState, plain_reply
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty
from hw.twins import FarEnd

DIGIT_REPEAT_MS = 70
DIGIT_REPEATS = 3
NOISE_BYTE = b"\x2a"


@dataclass
class FxoFaults:
    """What a twin does wrong, how the line behaves, and how slow it is."""

    seed: int = 1
    answers: AnswerFaults = field(default_factory=AnswerFaults)
    boot_ms: float = 200
    ring_every_ms: float = 4_500
    identity: Literal["plain", "spaced", "raw", "none"] = "plain"
    identity_after_rings: int = 1
    identity_after_ms: float = 300
    ring_twice: bool = False
    """Every ring is said as RING and as <DLE>R."""
    hang_up_sign: Literal["busy", "dial_tone", "loop_break", "end", "none"] = "busy"
    """How the exchange, or the modem, shows that the far end is gone."""
    tone_every_ms: float = 4_000
    """Between two reports of a busy tone."""
    false_busy: bool = False
    """Somebody's voice is taken for a busy tone once in a call."""
    unwrapped_digits: bool = False
    deaf_to_end_of_duplex: int = 0
    """So many `<DLE>^` are not noticed."""
    deaf_to_end_of_sound: bool = False
    no_dial_tone: bool = False
    wedges_after_calls: int = 0
    """After so many calls nothing is answered until it is unplugged. 0: never."""
    old_firmware: bool = False
    stale_audio: bool = False
    drift_ppm: float = 0
    jitter_ms: float = 0


class FxoModemTwin:
    """A LineTwin. `directory` gets the link `<name>`."""

    def __init__(
        self, directory: Path, *, name: str = "fxo1", model: str = "cx93010", faults: FxoFaults | None = None
    ) -> None:
        self.faults = faults or FxoFaults()
        self.port = self.audio_port = str(directory / name)
        self.on_event: Callable[[str, str], None] = lambda kind, detail: None
        self._model = MODELS[model]
        if self.faults.old_firmware:
            self._model = replace(self._model, firmware="1.2.19")
        self._rng = random.Random(f"{self.faults.seed}/{name}")
        self._loop = DeviceLoop(f"twin {name}")
        self._timers = NamedTimers(self._loop)
        self._tty = TwinTty(self._loop, Path(self.port), self._typed)
        self.sound = TwinSound(self._loop, self._sound_out, self._rng, self.faults.drift_ppm, self.faults.jitter_ms)
        self._conversation = AtConversation(
            self._loop, self._tty.write, self._carry_out, self._aborted, ("",), self._answer_faults(), self._rng
        )
        self.sound.attach(self._exchange_hears)
        self._state = FxoState()
        self._plugged = self._deaf = self._wedged = self._duplex = False
        self._line: Literal["quiet", "ringing", "connected", "dialling", "released"] = "quiet"
        self.rings = self._calls = self._ends_ignored = 0
        self._caller = ""
        self._unshielder = dle.Unshielder()
        self._hearer = DigitHearer()
        self._far_end: FarEnd | None = None
        self.commands: list[str] = []
        """Every command line the host sent, newest last, the last 1,000."""

    def _answer_faults(self) -> AnswerFaults:
        return replace(self.faults.answers, urc_interleaving=0.0)  # a voice modem says nothing by itself but events

    # What tests and the demo do.

    def start(self) -> None:
        self._loop.start()
        self._loop.call_and_wait(self._plug)

    def ring(self, caller: str, called: str = "") -> None:
        self._loop.call_and_wait(lambda: self._ring(caller))

    def far_end_answers(self) -> None:
        self._loop.call_and_wait(self._far_end_answers)

    def far_end_is_busy(self) -> None:
        self._loop.call_and_wait(lambda: self._release("b"))

    def far_end_hangs_up(self) -> None:
        self._loop.call_and_wait(self._far_end_hangs_up)

    def send_digits(self, digits: str) -> None:
        self._loop.call_and_wait(lambda: self._send_digits(digits))

    def attach_far_end(self, far_end: FarEnd) -> None:
        self._far_end = far_end

    def unplug(self) -> None:
        self._loop.call_and_wait(self._unplug)

    def plug(self) -> None:
        self._loop.call_and_wait(self._plug)

    def reboot(self) -> None:
        self._loop.call_and_wait(self._boot)

    def drop_dtr(self) -> None:
        """What the wire does that a pseudo-terminal does not have: with &D2, on hook and back to commands."""
        self._loop.call_and_wait(self._dtr_dropped)

    def close(self) -> None:
        self._loop.call(self._unplug)
        self._loop.stop()

    @property
    def call_state(self) -> str:
        """ "" when the line is quiet, else "ringing", "dialling", "connected" or "released" (the far end left)."""
        return "" if self._line == "quiet" else self._line

    # Plugged and booting.

    def _plug(self) -> None:
        if not self._plugged:
            self._plugged = True
            self._tty.plug()
            self._boot()

    def _unplug(self) -> None:
        self._plugged = self._wedged = False
        self._power_lost()
        self._tty.unplug()

    def _power_lost(self) -> None:
        self._timers.cancel_all()
        self._on_hook()
        self._duplex = False
        self.sound.stop()
        self._state = FxoState()
        self._conversation.reset()
        self._calls = 0

    def _boot(self) -> None:
        if not self._plugged:
            raise RuntimeError("the twin is unplugged")
        self._power_lost()
        self._deaf = True
        self._timers.set("boot", self.faults.boot_ms, self._booted)

    def _booted(self) -> None:
        self._deaf = False  # a voice modem says no banner

    def _dtr_dropped(self) -> None:
        if not self._wedged:
            self._leave_duplex(said=False)
            self._on_hook()
            self._state.vls = 0

    # The line, from the exchange's side.

    def _ring(self, caller: str) -> None:
        if self._line != "quiet" or self._state.lifted:
            raise RuntimeError(f"the line is {self._line}, {'off' if self._state.lifted else 'on'} hook")
        self._line, self._caller, self.rings = "ringing", caller, 0
        if self.faults.identity_after_rings == 0:
            self._say_identity()
            self._timers.set("ring", self.faults.identity_after_ms, self._ring_once)
        else:
            self._ring_once()

    def _ring_once(self) -> None:
        self.rings += 1
        if self._speaks():
            if self._state.fclass == 8:
                self._tty.write(b"\x10R")
            if self._state.fclass != 8 or self.faults.ring_twice:
                self._conversation.say("RING")
        if self.rings == self.faults.identity_after_rings:
            self._timers.set("identity", self.faults.identity_after_ms, self._say_identity)
        self._timers.set("ring", self.faults.ring_every_ms, self._ring_once)

    def _say_identity(self) -> None:
        if not self._state.vcid or self.faults.identity == "none" or not self._speaks():
            return
        number = self._caller or "P"
        if self.faults.identity == "raw":
            value = number.encode()
            parameter = bytes([4, 1]) + b"P" if not self._caller else bytes([2, len(value)]) + value
            self._conversation.say("MESG = " + (bytes([0x80, len(parameter)]) + parameter).hex().upper())
            return
        equals = " = " if self.faults.identity == "spaced" else "="
        for line in (f"DATE{equals}0117", f"TIME{equals}1452", f"NMBR{equals}{number}"):
            self._conversation.say(line)

    def _speaks(self) -> bool:
        return self._plugged and not self._deaf and not self._wedged and not self._duplex

    def _far_end_answers(self) -> None:
        if self._line != "dialling":
            raise RuntimeError("nobody is being called")
        self._line = "connected"

    def _far_end_hangs_up(self) -> None:
        if self._line == "ringing":
            self._timers.cancel("ring", "identity")
            self._line = "quiet"  # silence is all there is to notice
        elif self._line in ("connected", "dialling"):
            if self.faults.hang_up_sign == "end":
                self._line = "released"
                self._leave_duplex(said=True)
            else:
                self._release({"busy": "b", "dial_tone": "d", "loop_break": "l", "none": ""}[self.faults.hang_up_sign])

    def _release(self, event: str) -> None:
        if self._line not in ("connected", "dialling", "released"):
            return
        self._line = "released"
        if event and self._duplex:
            self._tty.write(b"\x10" + event.encode())
        if event == "b":
            self._timers.set("tone", self.faults.tone_every_ms, lambda: self._release("b"))

    def _send_digits(self, digits: str) -> None:
        if self._line != "connected" or not self._duplex:
            raise RuntimeError("no call is connected")
        self.sound.send_digits(digits)
        for place, digit in enumerate(digits):
            self._digit_events(digit.encode(), place * 2 * DIGIT_REPEAT_MS * DIGIT_REPEATS)

    def _digit_events(self, digit: bytes, after_ms: float) -> None:
        if self.faults.unwrapped_digits:
            self._loop.after(after_ms, self._writer(b"\x10" + digit))
            return
        for number in range(DIGIT_REPEATS):
            begin = b"\x10/" if number == 0 else b""
            end = b"\x10~" if number == DIGIT_REPEATS - 1 else b""
            self._loop.after(after_ms + number * DIGIT_REPEAT_MS, self._writer(begin + b"\x10" + digit + end))

    def _writer(self, data: bytes) -> Callable[[], None]:
        return lambda: self._tty.write(data)

    # The line, from the host's side.

    def _typed(self, data: bytes) -> None:
        if self._deaf or self._wedged:
            return
        if not self._duplex:
            self._conversation.received(data)
            return
        for item in self._unshielder.feed(data):
            if isinstance(item, dle.Sound):
                self.sound.hear(g711.decoder(self._state.law)(item.data))
            else:
                self._host_event(item.code)
        self._unshielder.after_end = None

    def _host_event(self, code: int) -> None:
        ends = code == ord("^") or code == dle.ETX  # <DLE><CAN> does nothing here
        if code == ord("^") and self._ends_ignored < self.faults.deaf_to_end_of_duplex:
            self._ends_ignored += 1
        elif ends and not (code == dle.ETX and self.faults.deaf_to_end_of_sound):
            self._leave_duplex(said=True)

    def _leave_duplex(self, said: bool) -> None:
        if not self._duplex:
            return
        self._duplex = False
        self.sound.stop()
        if said:
            self._tty.write(g711.encoder(self._state.law)(bytes(FRAME_BYTES)) + b"\x10\x03")
            self._conversation.say("OK")

    def _carry_out(self, text: str) -> Reply:
        self.commands = [*self.commands[-999:], text]
        text = text.upper()
        if text in ("ATE0", "ATE1"):
            self._conversation.echo = text == "ATE1"
            return ["OK"]
        return plain_reply(text, self._model, self._state) or self._line_command(text) or ["ERROR"]

    def _line_command(self, text: str) -> Reply | None:
        state = self._state
        if text in ("AT+VLS=0", "ATH0", "ATH", "ATZ"):
            if text.startswith("AT+V") and state.fclass != 8:
                return ["ERROR"]
            self._on_hook()
            if text == "ATZ":
                self._state = FxoState()
            return [] if self._wedged else ["OK"]
        if text == "AT+VLS=1" and state.fclass == 8:
            self._off_hook()
            return ["OK"]
        if text == "AT+VTR" and state.fclass == 8 and state.vls == 1 and state.format_set:
            self._loop.after(0, self._duplex_begins)
            return ["CONNECT"]
        number = re.match(r"^ATD[TP]([0-9*#]{1,32});$", text)
        if number and state.fclass == 8 and state.vls == 1:
            if self.faults.no_dial_tone or not state.lifted:
                return ["NO DIALTONE"]
            self._line = "dialling"
            self.on_event("dialled", number.group(1))
            return ["OK"]
        return None

    def _off_hook(self) -> None:
        self._state.vls = 1
        if self._model.firmware < self._model.lifting_firmware:
            return
        self._state.lifted = True
        if self._line == "ringing":
            self._timers.cancel("ring", "identity")
            self._line = "connected"
            self.on_event("answered", "")
        if self._model.confirms_lift:
            self._loop.after(20, self._writer(b"\x10H"))

    def _on_hook(self) -> None:
        was, lifted = self._line, self._state.lifted
        self._state.vls, self._state.lifted = 0, False
        if not lifted:
            return
        self._line = "quiet"
        self._timers.cancel("tone", "false busy")
        self._calls += 1
        if self.faults.wedges_after_calls and self._calls >= self.faults.wedges_after_calls:
            self._wedged = True
        if was in ("connected", "dialling", "released"):
            self.on_event("hung_up", "")

    def _aborted(self) -> None:
        self._line = "released"

    # Sound.

    def _duplex_begins(self) -> None:
        self._duplex = True
        self._unshielder = dle.Unshielder()
        self._hearer = DigitHearer()
        self._ends_ignored = 0
        if self.faults.stale_audio and self._calls:
            self._tty.write(NOISE_BYTE * FRAME_BYTES)
        if self.faults.false_busy:
            self._timers.set("false busy", 500, self._writer(b"\x10b"))
        self.sound.start()
        if self._line == "released":
            self._release("b")
        elif self._line == "quiet" and self.faults.hang_up_sign != "none":
            self._tty.write(b"\x10d")  # nobody is there: the exchange's dial tone

    def _exchange_hears(self, heard: bytes) -> bytes:
        digit = self._hearer.heard(heard)
        if digit:
            self.on_event("digit", digit)
        if self._line != "connected" or self._far_end is None:
            return bytes(len(heard))
        return self._far_end(heard)

    def _sound_out(self, said: bytes) -> None:
        if self._state.sound_format == "too_much":
            said = said[: len(said) // 2]
            self._tty.write_or_drop(b"\x10o")
        self._tty.write_or_drop(dle.shield(g711.encoder(self._state.law)(said)))
