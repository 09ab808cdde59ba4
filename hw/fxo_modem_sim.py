"""The twin of analogue voice modems: one pseudo-terminal with a telephone line behind it, as unkind as told.

What commands are answered is in `fxo_modem_sim_commands`, the line with its exchange in `fxo_modem_sim_line`, its
sound on the tty in `fxo_modem_sim_sound`; this file is the modem's life.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hw.at_conversation_sim import AnswerFaults, AtConversation, Reply
from hw.device_loop import DeviceLoop, NamedTimers
from hw.fxo_modem_sim_commands import MODELS, FxoState, plain_reply, sent_digit
from hw.fxo_modem_sim_faults import FxoFaults
from hw.fxo_modem_sim_identity import identity_lines
from hw.fxo_modem_sim_line import TwinCall, TwinLine
from hw.fxo_modem_sim_sound import DuplexSound
from hw.fxo_modem_sim_tones import Tone
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty
from hw.twins import FarEnd

_DIAL = re.compile(r"^ATD[TP]([0-9*#]{1,32});$")


class FxoModemTwin:
    """A LineTwin. `directory` gets the link `<name>`."""

    def __init__(
        self, directory: Path, *, name: str = "fxo1", model: str = "cx93010", faults: FxoFaults | None = None
    ) -> None:
        self.faults = faults or FxoFaults()
        self.port = self.audio_port = str(directory / name)
        self.on_event: Callable[[str, str], None] = lambda kind, detail: None
        self.on_plugged: Callable[[bool], None] = lambda plugged: None
        """Called in the twin's thread when its tty came or is about to go: what USB shows follows."""
        self._model = MODELS[model]
        if self.faults.old_firmware:
            self._model = replace(self._model, firmware="1.2.19")
        self._rng = random.Random(f"{self.faults.seed}/{name}")
        self._loop = DeviceLoop(f"twin {name}")
        self._timers = NamedTimers(self._loop)
        self._tty = TwinTty(self._loop, Path(self.port), self._typed)
        self._line = TwinLine(self._loop, self.faults, self, lambda kind, detail: self.on_event(kind, detail))
        self._sound = DuplexSound(self._loop, self._tty, self._line.frame, self.faults, self._rng)
        self._conversation = AtConversation(
            self._loop,
            self._tty.write,
            self._carry_out,
            self._aborted,
            ("",),
            self._answer_faults(),
            self._rng,
            self._slow_ms,
        )
        self._state = FxoState()
        self._plugged = self._deaf = self._wedged = False
        self._calls = 0
        self.commands: list[str] = []
        """Every command line the host sent, newest last, the last 1,000."""

    def _answer_faults(self) -> AnswerFaults:
        return replace(self.faults.answers, urc_interleaving=0.0)  # a voice modem says nothing by itself but events

    # What tests and the demo do.

    def start(self) -> None:
        self._loop.start()
        self._loop.call_and_wait(self._plug)

    def ring(self, caller: str, called: str = "") -> None:
        self._loop.call_and_wait(lambda: self._line.ring(caller))

    def far_end_rings(self) -> None:
        self._loop.call_and_wait(self._line.far_end_rings)

    def far_end_answers(self) -> None:
        self._loop.call_and_wait(self._line.far_end_answers)

    def far_end_is_busy(self) -> None:
        self._loop.call_and_wait(lambda: self._line.far_end_is("busy"))

    def far_end_is_congested(self) -> None:
        self._loop.call_and_wait(lambda: self._line.far_end_is("congestion"))

    def far_end_hangs_up(self) -> None:
        self._loop.call_and_wait(self._line.far_end_hangs_up)

    def exchange_plays(self, tone: Tone | None) -> None:
        """In the middle of a talk; None: no tone any more."""
        self._loop.call_and_wait(lambda: self._line.exchange_plays(tone))

    def send_digits(self, digits: str) -> None:
        self._loop.call_and_wait(lambda: self._send_digits(digits))

    def tells(self, character: str) -> None:
        """The modem says `<DLE>character` now."""
        self._loop.call_and_wait(lambda: self.hears(character))

    def says(self, data: bytes) -> None:
        """These bytes come from the modem now, in pieces of the twin's choice when it splits its writes."""
        self._loop.call_and_wait(lambda: self._tty.write(data))

    def attach_far_end(self, far_end: FarEnd) -> None:
        self._line.far_end = far_end

    def unplug(self) -> None:
        self._loop.call_and_wait(self._unplug)

    def plug(self) -> None:
        self._loop.call_and_wait(self._plug)

    def reboot(self) -> None:
        self._loop.call_and_wait(self._boot)

    def wedge(self) -> None:
        """Nothing comes and nothing is answered until it is unplugged."""
        self._loop.call_and_wait(self._wedge)

    def receive_only(self) -> None:
        """Another program left the modem in +VRX."""
        self._loop.call_and_wait(self._left_in_vrx)

    def drop_dtr(self) -> None:
        """What the wire does that a pseudo-terminal does not have: with &D2, on hook and back to commands."""
        self._loop.call_and_wait(self._dtr_dropped)

    def close(self) -> None:
        self._loop.call(self._shut)
        self._loop.stop()

    @property
    def call_state(self) -> str:
        """ "" when the line is quiet, else "ringing", "dialling", "connected" or "released" (the far end left)."""
        return "" if self._line.state == "quiet" else self._line.state

    @property
    def calls(self) -> list[TwinCall]:
        """What truly happened."""
        return self._loop.call_and_wait(lambda: [replace(call) for call in self._line.calls])

    @property
    def rings(self) -> int:
        return self._line.rings

    @property
    def sound(self) -> TwinSound:
        return self._sound.clock

    @property
    def lifted(self) -> bool:
        return self._line.lifted

    @property
    def ready_for_calls(self) -> bool:
        """Told all that a caller's number and sound need."""
        state = self._state
        waits = self._speaks() and not self._sound.running
        return waits and state.fclass == 8 and state.vcid and state.format_set

    @property
    def plugged(self) -> bool:
        return self._plugged

    @property
    def wedged(self) -> bool:
        return self._wedged

    @property
    def country(self) -> str:
        return self._state.country

    # Plugged and booting.

    def _plug(self) -> None:
        if not self._plugged:
            self._plugged = True
            self._tty.plug()
            self.on_plugged(True)
            self._boot()

    def _unplug(self) -> None:
        if self._plugged:
            self.on_plugged(False)
        self._plugged = self._wedged = False
        self._power_lost()
        self._tty.unplug()

    def _shut(self) -> None:
        self._line.close()
        self._unplug()

    def _power_lost(self) -> None:
        self._timers.cancel_all()
        self._line.dropped("power")
        self._sound.stop()
        self._state = FxoState()
        self._conversation.reset()
        self._calls = 0

    def _boot(self) -> None:
        if not self._plugged:
            raise RuntimeError("the twin is unplugged")
        self._power_lost()
        self._wedged = False
        self._deaf = True
        self._timers.set("boot", self.faults.boot_ms, self._booted)

    def _booted(self) -> None:
        self._deaf = False  # a voice modem says no banner

    def _wedge(self) -> None:
        self._wedged = True
        self._sound.hold()

    def _dtr_dropped(self) -> None:
        if not self._wedged:
            self._leave_sound(said=False)
            self._on_hook()

    def _left_in_vrx(self) -> None:
        self._state.fclass, self._state.sound_format, self._state.format_set = 8, "a_law", True
        self._off_hook()
        self._sound.begin(self._state, receive_only=True, after_a_call=False)

    # The line tells the modem.

    def hears_ring(self) -> None:
        if not self._speaks():
            return
        if self._state.fclass == 8:
            self._tty.write(b"\x10R")
        if not self._sound.running and (self._state.fclass != 8 or self.faults.ring_twice):
            self._conversation.say("RING")

    def hears_identity(self, caller: str) -> bool:
        if not self._state.vcid or not self._speaks() or self._sound.running:
            return False
        lines = identity_lines(self.faults.identity, caller, self.faults.name, self.faults.withheld_as)
        for line in lines:
            self._conversation.say(line)
        return bool(lines)

    def hears_tone(self, character: str) -> None:
        if not self._model.countries or self._state.country == self.faults.country:
            self.hears(character)

    def hears(self, character: str) -> None:
        if self._speaks() and self._state.fclass == 8:
            self._tty.write(b"\x10" + character.encode("latin-1"))

    def leaves_sound(self) -> None:
        self._leave_sound(said=True)

    def _speaks(self) -> bool:
        return self._plugged and not self._deaf and not self._wedged

    def _send_digits(self, digits: str) -> None:
        if self._line.state != "connected" or not self._sound.running:
            raise RuntimeError("no call is connected")
        self._sound.send_digits(digits, self.hears)

    # The host's side.

    def _typed(self, data: bytes) -> None:
        if self._deaf or self._wedged:
            return
        if not self._sound.running:
            self._conversation.received(data)
        elif self._sound.typed(data):
            self._leave_sound(said=True)

    def _leave_sound(self, said: bool) -> None:
        if self._sound.running:
            self._timers.cancel("wedge")
            self._sound.end(said)
            if said:
                self._conversation.say("OK")

    def _slow_ms(self, text: str) -> float:
        """How long a command takes by its nature."""
        number = _DIAL.match(text.upper())
        if number is None:
            return 0.0
        return self.faults.dial_tone_ms + self.faults.digit_ms * len(number.group(1))

    def _aborted(self) -> None:
        self._line.aborted()

    def _carry_out(self, text: str) -> Reply:
        self.commands = [*self.commands[-999:], text]
        text = text.upper()
        if text in ("ATE0", "ATE1"):
            self._conversation.echo = text == "ATE1"
            return ["OK"]
        plain = plain_reply(text, self._model, self._state, self.faults.refuses_country)
        return plain or self._line_command(text) or ["ERROR"]

    def _line_command(self, text: str) -> Reply | None:
        state = self._state
        voice = state.fclass == 8
        if text in ("AT+VLS=0", "ATH0", "ATH", "ATZ"):
            if text.startswith("AT+V") and not voice:
                return ["ERROR"]
            self._on_hook()
            if text == "ATZ":
                self._state = FxoState()
            return [] if self._wedged else ["OK"]
        if text == "AT+VLS=1" and voice:
            self._off_hook()
            return ["OK"]
        if text in ("AT+VTR", "AT+VRX") and voice and state.vls == 1 and state.format_set:
            self._loop.after(0, lambda: self._sound_begins(receive_only=text == "AT+VRX"))
            return ["CONNECT"]
        number = _DIAL.match(text)
        if number and voice and state.vls == 1:
            hears = not self._model.countries or state.country == self.faults.country
            if not self._line.dial_tone() or not hears:
                return ["NO DIALTONE"]
            self._line.dialled(number.group(1))
            return ["OK"]
        digit = sent_digit(text, self._model) if voice else None
        if digit is not None:
            if digit and self._line.state == "connected":
                self.on_event("digit", digit)
            return ["OK"]
        return None

    def _sound_begins(self, receive_only: bool) -> None:
        if self._wedged or not self._plugged:
            return
        self._sound.begin(self._state, receive_only, after_a_call=self._calls > 0)
        if self.faults.wedges_in_call_ms:
            self._timers.set("wedge", self.faults.wedges_in_call_ms, self._wedge)
        self._line.sound_begins()

    def _off_hook(self) -> None:
        self._state.vls = 1
        if self._model.firmware < self._model.lifting_firmware:
            return
        self._line.lift()
        if self._model.confirms_lift:
            self._loop.after(20, lambda: self.hears("H"))

    def _on_hook(self) -> None:
        lifted = self._line.lifted
        self._state.vls = 0
        self._line.dropped("host")
        if lifted:
            self._calls += 1
            if self.faults.wedges_after_calls and self._calls >= self.faults.wedges_after_calls:
                self._wedge()
