"""The twin of GSM and 4G voice modems: two pseudo-terminals with a telephone network behind them, as unkind as told.

How each model phrases things is in `at_modem_sim_models`, how it answers commands in `at_modem_sim_commands`; this
file is its life (plugged, booting, registered), its one call and its sound.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from hw.at_conversation_sim import AnswerFaults, AtConversation, Reply
from hw.at_modem_sim_commands import CommonCommands, SimCard, SimSettings, call_list
from hw.at_modem_sim_models import MODELS, EndNews, SimCall
from hw.at_modem_sim_sound import SimSound, SoundFaults
from hw.device_loop import DeviceLoop, NamedTimers
from hw.sms_modem_sim import SimMessages, SmsFaults
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty
from hw.twins import FarEnd

T = TypeVar("T")


@dataclass
class AtFaults:
    """What a twin does wrong, and how slow it is. The seed makes its chances the same every time."""

    seed: int = 1
    answers: AnswerFaults = field(default_factory=AnswerFaults)
    messages: SmsFaults = field(default_factory=SmsFaults)
    sound: SoundFaults = field(default_factory=SoundFaults)
    boot_ms: float = 300
    """Deaf after power-up; the banner follows."""
    register_ms: float = 100
    reset_ms: float = 600
    """A reset by USB keeps the ttys away for so long."""
    ring_every_ms: float = 5_000
    clip_after_ms: float = 30
    alert_after_ms: float = 200
    """From ATD until the called telephone rings."""
    no_clip: bool = False
    end_news: EndNews = "end_first"
    late_hangup_ms: float = 0
    """A `HANGUP` line so long after a call."""
    begin_before_ata_ok: bool = False
    phantom_data_call: bool = False
    never_hangs_up: bool = False


class AtModemTwin:
    """A LineTwin. `directory` gets the links `<name>.at` and `<name>.audio`; `sim_pin` "" : the SIM asks for none."""

    def __init__(
        self,
        directory: Path,
        *,
        name: str = "gsm1",
        model: str = "sim7600",
        faults: AtFaults | None = None,
        sim_pin: str = "",
    ) -> None:
        self.faults = faults or AtFaults()
        self.port = str(directory / f"{name}.at")
        self.audio_port = str(directory / f"{name}.audio")
        self.on_event: Callable[[str, str], None] = lambda kind, detail: None
        self.card = SimCard(sim_pin)
        self._rng = random.Random(f"{self.faults.seed}/{name}")
        self._model = MODELS[model]()
        self._loop = DeviceLoop(f"twin {name}")
        self._timers = NamedTimers(self._loop)
        self._tty = TwinTty(self._loop, Path(self.port), self._typed)
        self._audio_tty = TwinTty(self._loop, Path(self.audio_port), lambda data: self._sound.came(data))
        self._conversation = AtConversation(
            self._loop,
            self._tty.write,
            self._carry_out,
            self._aborted,
            self._model.noise,
            self.faults.answers,
            self._rng,
        )
        self._commands = CommonCommands(self._model, self.card, self._conversation)
        self._messages = SimMessages(
            self._loop,
            self._conversation,
            self._model.name,
            self.faults.messages,
            self._rng,
            lambda: self._commands.registered,
        )
        self._sound = SimSound(
            self._loop, self._audio_tty, self._model.name, self._conversation.say, self.faults.sound, self._rng
        )
        self._call: SimCall | None = None
        self._plugged = self._deaf = False
        self._cause = "normal"
        self.commands: list[str] = []
        """Every command line the host sent, newest last, the last 1,000."""

    # What tests and the demo do.

    def start(self) -> None:
        self._loop.start()
        self._loop.call_and_wait(self._plug)

    def ring(self, caller: str, called: str = "") -> None:
        self._loop.call_and_wait(lambda: self._ring(caller))

    def far_end_answers(self) -> None:
        self._loop.call_and_wait(self._far_end_answers)

    def far_end_is_busy(self) -> None:
        self._loop.call_and_wait(lambda: self._over("busy", by_host=False))

    def far_end_hangs_up(self) -> None:
        self._loop.call_and_wait(lambda: self._over("normal", by_host=False))

    def send_digits(self, digits: str) -> None:
        self._loop.call_and_wait(lambda: self._send_digits(digits))

    def attach_far_end(self, far_end: FarEnd) -> None:
        self._sound.clocked.attach(far_end)

    def with_messages(self, do: Callable[[SimMessages], T]) -> T:
        """Look at its messages, or let the network deliver some."""
        return self._loop.call_and_wait(lambda: do(self._messages))

    def unplug(self) -> None:
        self._loop.call_and_wait(self._unplug)

    def plug(self) -> None:
        self._loop.call_and_wait(self._plug)

    def reboot(self) -> None:
        """A brown-out: the ttys stay, the call is gone, the banner comes again."""
        self._loop.call_and_wait(self._boot)

    def close(self) -> None:
        self._loop.call(self._unplug)
        self._loop.stop()

    @property
    def sound(self) -> TwinSound:
        """Its counters: frames, underruns, overruns."""
        return self._sound.clocked

    @property
    def call_state(self) -> str:
        """ "" when there is no call, else "ringing", "dialling", "alerting" or "active"."""
        return self._call.state if self._call is not None else ""

    # Plugged, booting, registered.

    def _plug(self) -> None:
        if not self._plugged:
            self._plugged = True
            self._tty.plug()
            self._audio_tty.plug()
            self._boot()

    def _unplug(self) -> None:
        self._plugged = False
        self._power_lost()
        self._tty.unplug()
        self._audio_tty.unplug()

    def _power_lost(self) -> None:
        self._timers.cancel_all()
        self._sound.power_lost()
        self._conversation.reset()
        self._call = None
        self._commands.settings = SimSettings()
        self._commands.registered = False
        self._messages.restarted()
        self.card.unlocked = False

    def _boot(self) -> None:
        if not self._plugged:
            raise RuntimeError("the twin is unplugged")
        self._power_lost()
        self._deaf = True
        self._timers.set("boot", self.faults.boot_ms, self._booted)

    def _booted(self) -> None:
        self._deaf = False
        for line in self._model.banner:
            self._conversation.say(line.format(sim=self.card.state if self.card.present else "NOT INSERTED"))
        self._timers.set("register", self.faults.register_ms, self._register)

    def _register(self) -> None:
        if self.card.state != "READY" or not self.card.present:
            self._timers.set("register", self.faults.register_ms, self._register)
            return
        self._commands.registered = True
        if self._commands.settings.creg_urc:
            self._conversation.say("+CREG: 1")

    def _typed(self, data: bytes) -> None:
        if not self._deaf:
            self._conversation.received(data)

    # The call, from the network's side.

    def _ring(self, caller: str) -> None:
        if self._call is not None:
            raise RuntimeError(f"a call is {self._call.state} already")
        if not self._plugged or not self._commands.registered:
            raise RuntimeError("the line cannot be reached: unplugged, or not registered yet")
        self._call = SimCall(True, caller, "ringing")
        self._ring_once()

    def _ring_once(self) -> None:
        call = self._call
        if call is None or call.state != "ringing":
            return
        settings = self._commands.settings
        lines = self._model.rings(call, settings.cring, settings.clip and not self.faults.no_clip)
        for number, line in enumerate(lines):
            self._timers.set(f"ring line {number}", number * self.faults.clip_after_ms, self._sayer(line))
        if settings.ccinfo and "ring" not in self._timers:
            self._news(self._model.progress(call))
        self._timers.set("ring", self.faults.ring_every_ms, self._ring_once)

    def _sayer(self, line: str) -> Callable[[], None]:
        return lambda: self._conversation.say(line)

    def _news(self, lines: list[str]) -> None:
        for line in lines:
            if not line.startswith('+QIND: "ccinfo"') or self._commands.settings.ccinfo:
                self._conversation.say(line)

    def _changed(self, call: SimCall, state: Literal["alerting", "active"]) -> None:
        call.state = state
        if state == "active":
            self._sound.call_connected()
        self._news(self._model.progress(call))

    def _far_end_answers(self) -> None:
        if self._call is None or self._call.incoming or self._call.state == "active":
            raise RuntimeError("nobody is being called")
        self._timers.cancel("alert")
        self._changed(self._call, "active")

    def _over(self, cause: str, by_host: bool) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        self._cause = cause
        self._timers.cancel("ring", "alert", *(f"ring line {number}" for number in range(3)))
        self._sound.stop()
        self._news(self._model.over(call, self.faults.end_news, cause, by_host))
        if self.faults.late_hangup_ms:
            self._timers.set("late", self.faults.late_hangup_ms, self._sayer("HANGUP"))
        if by_host:
            self.on_event("hung_up", "")

    def _send_digits(self, digits: str) -> None:
        if self._call is None or self._call.state != "active":
            raise RuntimeError("no call is connected")
        self._sound.clocked.send_digits(digits)
        if self._commands.settings.hears_digits:
            for digit in digits:
                self._conversation.say(self._model.digit(digit))

    # The call, from the host's side.

    def _carry_out(self, text: str) -> Reply:
        self.commands = [*self.commands[-999:], text]
        known = self._commands.reply(text)
        if known is not None:
            return known
        about_messages = self._messages.command(text)
        if about_messages is not None:
            return about_messages
        reply = self._call_command(text.upper()) or self._sound.command(text.upper(), self.call_state == "active")
        if reply is None and text.upper() == self._model.reboot_command:
            self._timers.set("reset", 20, self._reset)
            return ["OK"]
        return reply or self._commands.error(4 if text.upper().startswith("AT+") else 100)

    def _reset(self) -> None:
        if not self._model.reboot_replugs:
            self._boot()
            return
        self._unplug()
        self._timers.set("replug", self.faults.reset_ms, self._plug)

    def _call_command(self, text: str) -> Reply | None:
        call = self._call
        if text == "AT+CLCC":
            return call_list(call, self.faults.phantom_data_call)
        if text == "ATA":
            return self._ata(call)
        if text == "AT+CEER":
            return [f"+CEER: {_CEER[self._cause]}", "OK"]
        if text in ("ATH", "AT+CHUP"):
            ignored = text == "ATH" and self._model.ath_needs_cvhu and self._commands.settings.cvhu
            if call is not None and not ignored and not self.faults.never_hangs_up:
                self._loop.after(0, lambda: self._over("normal", by_host=True))
            return ["OK"]
        if text.startswith("ATD"):
            return self._atd(text)
        pressed = re.match(r"^AT\+VTS=([0-9A-D*#])$", text)
        if pressed:
            if call is None or call.state != "active":
                return self._commands.error(3)
            self.on_event("digit", pressed.group(1))
            return ["OK"]
        return None

    def _ata(self, call: SimCall | None) -> Reply:
        if call is None or call.state != "ringing":
            return ["NO CARRIER"]
        self._timers.cancel("ring", *(f"ring line {number}" for number in range(3)))
        if self.faults.begin_before_ata_ok:
            self._changed(call, "active")
        else:
            self._loop.after(0, lambda: self._changed(call, "active"))
        self.on_event("answered", "")
        return ["OK"]

    def _atd(self, text: str) -> Reply:
        number = re.match(r"^ATD(\+?[0-9*#]{1,32});$", text)
        if number is None:
            return ["ERROR"]
        if self._call is not None:
            return self._commands.error(3)
        if not self._commands.registered and number.group(1) not in EMERGENCY:
            return ["NO CARRIER"]
        call = self._call = SimCall(False, number.group(1), "dialling")
        self._news(self._model.progress(call))
        self._timers.set("alert", self.faults.alert_after_ms, lambda: self._changed(call, "alerting"))
        self.on_event("dialled", call.number)
        return ["OK"]

    def _aborted(self) -> None:
        self._over("normal", by_host=True)


EMERGENCY = ("112", "911")
"""Carried by any network in reach, registered or not (3GPP TS 22.101, 10.1.1)."""
_CEER = {"normal": "Normal call clearing", "busy": "User busy"}
