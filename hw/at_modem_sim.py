"""The twin of GSM and 4G voice modems: two pseudo-terminals with a telephone network behind them, as unkind as told.

How each model phrases things is in `at_modem_sim_models`, how it answers commands in `at_modem_sim_commands`, its calls
in `at_modem_sim_calls`; this file is its life (plugged, booting, registered) and puts it together.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hw.at_conversation_sim import AnswerFaults, AtConversation, Reply
from hw.at_modem_sim_answers import OtherAnswers
from hw.at_modem_sim_calls import SimCalls
from hw.at_modem_sim_commands import CommonCommands, SimCard, SimSettings
from hw.at_modem_sim_models import MODELS, CallFaults, FarEndCause, SimCall
from hw.at_modem_sim_sound import SimSound, SoundFaults
from hw.device_loop import DeviceLoop, NamedTimers
from hw.sms_modem_sim import SimMessages, SmsFaults
from hw.sound_card_sim import HandsetSoundTwin
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty
from hw.twins import FarEnd

T = TypeVar("T")


@dataclass
class AtFaults(CallFaults):
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
    deaf_to_reset: bool = False
    """It says OK to its restart and does nothing."""
    takes_more_without_sim: bool = False
    """Than 3GPP TS 27.007 §8.3 names."""
    second_port_deaf: bool = False
    banner_lost: bool = False
    """Of what it says at a start only the last line comes: the host opened the port too late for the rest."""


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
        self.second_port = str(directory / f"{name}.at2")
        """Where it takes commands too, while it carries one out on the first, if the model does."""
        self.on_event: Callable[[str, str], None] = lambda kind, detail: None
        self.on_plugged: Callable[[bool], None] = lambda plugged: None
        """Called in the twin's thread when its ttys came or are about to go: what USB shows follows."""
        self.card = SimCard(sim_pin)
        self._rng = random.Random(f"{self.faults.seed}/{name}")
        self._model = MODELS[model]()
        self._loop = DeviceLoop(f"twin {name}")
        self._timers = NamedTimers(self._loop)
        self._tty = TwinTty(self._loop, Path(self.port), self._typed)
        self._second_tty = TwinTty(
            self._loop, Path(self.second_port), lambda data: None if self._is_deaf else self._second.received(data)
        )
        self._audio_tty = TwinTty(self._loop, Path(self.audio_port), lambda data: self._sound.came(data))
        self._conversation = AtConversation(
            self._loop,
            self._tty.write,
            self._carry_out,
            lambda: self._calls.aborted(),
            self._model.noise,
            self.faults.answers,
            self._rng,
            self._slow_ms,
        )
        self._second = AtConversation(
            self._loop,
            self._second_tty.write,
            self._carry_out_second,
            lambda: self._calls.aborted(),
            self._model.noise,
            self.faults.answers,
            self._rng,
            self._slow_ms,
        )
        self._commands = CommonCommands(self._model, self.card, self._conversation, self._writes_ucs2)
        self._others = OtherAnswers(self._model.name, self._commands.words)
        self._commands.strict_without_sim = not self.faults.takes_more_without_sim
        self._messages = SimMessages(
            self._loop,
            self._conversation,
            self._model.name,
            self.faults.messages,
            self._rng,
            lambda: self._commands.registered,
            self._writes_ucs2,
        )
        self._sound = SimSound(self._loop, self._audio_tty, model, self._conversation.say, self.faults.sound, self._rng)
        self._calls = SimCalls(
            self._loop,
            self._model,
            self,
            self._commands,
            self._sound,
            self.faults,
            lambda kind, detail: self.on_event(kind, detail),
            self._die,
        )
        self._plugged = self._deaf = False
        self.commands: list[str] = []
        """Every command line the host sent, newest last, the last 1,000."""
        self.second_commands: deque[str] = deque(maxlen=1_000)
        """Those of them that came over the second port."""

    # What tests and the demo do.

    def start(self) -> None:
        self._loop.start()
        self._loop.call_and_wait(self._plug)

    def ring(self, caller: str, called: str = "") -> None:
        self._loop.call_and_wait(lambda: self._calls.ring(caller))

    def second_caller(self, caller: str) -> bool:
        """Somebody calls while a call is up. False: the network told them busy."""
        return self._loop.call_and_wait(lambda: self._calls.second_caller(caller))

    def second_caller_gives_up(self) -> None:
        self._loop.call_and_wait(self._calls.second_caller_gives_up)

    def far_end_answers(self) -> None:
        self._loop.call_and_wait(self._calls.far_end_answers)

    def far_end_is_busy(self) -> None:
        self.far_end_refuses("busy")

    def far_end_refuses(self, cause: FarEndCause) -> None:
        """The called, or the network for them, does not take the call."""
        self._loop.call_and_wait(lambda: self._calls.over(cause, by_host=False))

    def far_end_hangs_up(self) -> None:
        self._loop.call_and_wait(lambda: self._calls.over("normal", by_host=False))

    def send_digits(self, digits: str) -> None:
        self._loop.call_and_wait(lambda: self._calls.send_digits(digits))

    def say(self, line: str) -> None:
        """A line by itself, on each port; nobody may be there to read it."""

        def say() -> None:
            self._conversation.say(line)
            if self._model.has_second_port:
                self._second.say(line)

        self._loop.call_and_wait(say)

    def attach_far_end(self, far_end: FarEnd) -> None:
        self._sound.clocked.attach(far_end)

    def with_messages(self, do: Callable[[SimMessages], T]) -> T:
        """Look at its messages, or let the network deliver some."""
        return self._loop.call_and_wait(lambda: do(self._messages))

    def attach_card(self, card: HandsetSoundTwin) -> None:
        """It is a USB sound card as well; before `start`. Whoever made the card starts and closes it."""
        self._sound.attach_card(card)

    def unplug(self) -> None:
        self._loop.call_and_wait(self._unplug)

    def plug(self) -> None:
        self._loop.call_and_wait(self._plug)

    def lose_second_port(self) -> None:
        """Its tty goes, and nothing else; it comes back when the modem is plugged."""
        self._loop.call_and_wait(self._second_tty.unplug)

    def reboot(self) -> None:
        """A brown-out: the ttys stay, the call is gone, the banner comes again."""
        self._loop.call_and_wait(self._boot)

    def forget_settings(self) -> None:
        """It does what it does at power-up, while its call goes on."""

        def forget() -> None:
            self._commands.settings = SimSettings()

        self._loop.call_and_wait(forget)

    def close(self) -> None:
        self._loop.call(self._unplug)
        self._loop.stop()

    @property
    def sound(self) -> TwinSound:
        """Its counters: frames, underruns, overruns."""
        return self._sound.clocked

    @property
    def call_state(self) -> str:
        """ "" when there is no call, else "ringing", "dialling", "alerting", "active" or "held"."""
        call = self._calls.call
        return call.state if call is not None else ""

    @property
    def dials(self) -> bool:
        """ATD was given and is not answered yet."""
        return self._loop.call_and_wait(lambda: self._conversation.dials or self._second.dials)

    @property
    def history(self) -> tuple[SimCall, ...]:
        """Its last calls as they really were, newest last."""
        return tuple(self._calls.history)

    @property
    def registered(self) -> bool:
        return self._commands.registered

    @property
    def someone_waits(self) -> bool:
        return self._calls.waiting is not None

    @property
    def imei(self) -> str:
        return self._commands.imei

    @imei.setter
    def imei(self, imei: str) -> None:
        self._commands.imei = imei

    def die(self) -> None:
        """It answers nothing any more until its power was off; the ttys stay."""
        self._loop.call_and_wait(self._die)

    # Plugged, booting, registered.

    def _plug(self) -> None:
        if not self._plugged:
            self._plugged = True
            self._tty.plug()
            if self._model.has_second_port:
                self._second_tty.plug()
            if self._model.has_sound_port:
                self._audio_tty.plug()
            self._sound.plugged(True)
            self.on_plugged(True)
            self._boot()

    def _unplug(self) -> None:
        if self._plugged:
            self.on_plugged(False)
        self._plugged = False
        self._power_lost()
        self._tty.unplug()
        self._second_tty.unplug()
        self._audio_tty.unplug()
        self._sound.plugged(False)

    def _power_lost(self) -> None:
        self._timers.cancel_all()
        self._sound.power_lost()
        self._conversation.reset()
        self._second.reset()
        self._calls.power_lost()
        self._commands.settings = SimSettings()
        self._commands.registered = False
        self._others.restarted()
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
        for line in self._model.banner[-1:] if self.faults.banner_lost else self._model.banner:
            self._conversation.say(line.format(sim=self.card.state if self.card.present else "NOT INSERTED"))
        self._timers.set("register", self.faults.register_ms, self._register)

    def _register(self) -> None:
        if self.card.state != "READY" or not self.card.present:
            self._timers.set("register", self.faults.register_ms, self._register)
            return
        self._commands.registered = True
        for line in self._commands.registration_news():
            self._conversation.say(line)

    def _typed(self, data: bytes) -> None:
        if not self._deaf:
            self._conversation.received(data)

    def _die(self) -> None:
        """It answers nothing any more until it is unplugged; the ttys stay."""
        self._power_lost()
        self._deaf = True

    def _slow_ms(self, text: str) -> float:
        return self.faults.dial_answer_ms if text.upper().startswith("ATD") else 0.0

    def _writes_ucs2(self) -> bool:
        return self._others.value("+CSCS") == '"UCS2"'

    @property
    def _is_deaf(self) -> bool:
        return self._deaf or self.faults.second_port_deaf

    def _carry_out_second(self, text: str) -> Reply:
        if text in ("ATE0", "ATE1"):
            self._second.echo = text == "ATE1"
            return ["OK"]
        self.second_commands.append(text)
        return self._carry_out(text)

    def _carry_out(self, text: str) -> Reply:
        self.commands = [*self.commands[-999:], text]
        upper = text.upper()
        known = self._commands.reply(text) or self._others.reply(upper if '"' not in text else text)
        if known is not None:
            return known
        about_messages = self._messages.command(text)
        if about_messages is not None:
            return about_messages
        reply = self._calls.command(upper)
        if reply is None:
            reply = self._sound.command(upper, self.call_state == "active")
        if reply is None and upper == self._model.reboot_command:
            self._timers.set("reset", 20, self._reset)
            return ["OK"]
        return self._commands.error(4 if upper.startswith("AT+") else 100) if reply is None else reply

    def _reset(self) -> None:
        if self.faults.deaf_to_reset:
            return
        if not self._model.reboot_replugs:
            self._boot()
            return
        self._unplug()
        self._timers.set("replug", self.faults.reset_ms, self._plug)
