"""The calls in a GSM twin: the network's and the people's side of them, and what the host's call commands do.

Two calls at most, as in a network with call waiting (3GPP TS 22.030, 6.5.5.1): one that is spoken in, held, dialled or
rings, and one that waits.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Literal

from hw.at_conversation_sim import Reply, Says
from hw.at_modem_sim_commands import CommonCommands
from hw.at_modem_sim_models import CallFaults, SimCall, SimModel
from hw.at_modem_sim_sound import SimSound
from hw.device_loop import DeviceLoop, NamedTimers

EMERGENCY = ("112", "911")
"""Carried by any network in reach, registered or not (3GPP TS 22.101, 10.1.1)."""
EMERGENCY_WITHOUT_SIM = (*EMERGENCY, "000", "08", "110", "118", "119", "999")
"""While no SIM is there, by the same clause. Any other number is a subscriber's: a country's own is on its SIMs."""
WAITING_RINGS_AGAIN_MS = 40
"""From the end of a call until the one that waited rings."""
_RING_LINES = ("ring line 0", "ring line 1", "ring line 2")


class SimCalls:
    """Methods in the twin's thread only. `died`: the host did what this model does not survive."""

    def __init__(
        self,
        loop: DeviceLoop,
        model: SimModel,
        conversation: Says,
        commands: CommonCommands,
        sound: SimSound,
        faults: CallFaults,
        event: Callable[[str, str], None],
        died: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._timers = NamedTimers(loop)
        self._model = model
        self._conversation = conversation
        self._commands = commands
        self._sound = sound
        self._faults = faults
        self._event = event
        self._died = died
        self._cause = "normal"
        self.call: SimCall | None = None
        self.waiting: SimCall | None = None
        self.history: deque[SimCall] = deque(maxlen=20)
        """What really happened, newest last."""

    def power_lost(self) -> None:
        self._timers.cancel_all()
        for call in (self.call, self.waiting):
            if call is not None:
                call.over = "power"
        self.call = self.waiting = None

    def _began(self, call: SimCall) -> SimCall:
        self.history.append(call)
        return call

    # The network's side.

    def ring(self, caller: str) -> None:
        if self.call is not None:
            raise RuntimeError(f"a call is {self.call.state} already")
        if not self._commands.registered:
            raise RuntimeError("the line cannot be reached: unplugged, or not registered yet")
        self.call = self._began(SimCall(True, caller, "ringing"))
        self._ring_once()

    def second_caller(self, caller: str) -> bool:
        """Somebody calls while a call is up. False: the network told them busy."""
        call = self.call
        if call is None or call.state not in ("active", "held") or self.waiting is not None:
            self._event("told_busy", caller)
            return False
        self.waiting = self._began(SimCall(True, caller, "waiting", index=2))
        if self._commands.settings.ccwa:
            self._conversation.say(f'+CCWA: "{caller}",{self.waiting.number_type},1')
        self._news(self._model.progress(self.waiting))
        return True

    def second_caller_gives_up(self) -> None:
        self._waiting_over(by_host=False)

    def _ring_once(self) -> None:
        call = self.call
        if call is None or call.state != "ringing":
            return
        settings = self._commands.settings
        lines = self._model.rings(call, settings.cring, settings.clip and not self._faults.no_clip)
        for number, line in enumerate(lines):
            if number == 0:
                self._conversation.say(line)
            else:
                self._timers.set(_RING_LINES[number], number * self._faults.clip_after_ms, self._sayer(line))
        if (settings.ccinfo or settings.call_list_news) and "ring" not in self._timers:
            self._news(self._model.progress(call))
        self._timers.set("ring", self._faults.ring_every_ms, self._ring_once)

    def _sayer(self, line: str) -> Callable[[], None]:
        return lambda: self._conversation.say(line)

    def _news(self, lines: list[str]) -> None:
        settings = self._commands.settings
        for line in lines:
            if line.startswith('+QIND: "ccinfo"') and not settings.ccinfo:
                continue
            if line.startswith("+CLCC") and not settings.call_list_news:
                continue
            self._conversation.say(line)

    def _changed(self, call: SimCall, state: Literal["alerting", "active", "held"]) -> None:
        if call is not self.call:
            return  # over meanwhile
        call.state = state
        if state == "active":
            call.answered = True
            self._sound.call_connected()
        self._news(self._model.progress(call))
        if state == "alerting":
            call.confirmed = True

    def far_end_answers(self) -> None:
        if self.call is None or self.call.incoming or self.call.state == "active":
            raise RuntimeError("nobody is being called")
        self._timers.cancel("alert")
        if not self.call.confirmed:
            self._changed(self.call, "alerting")
        self._changed(self.call, "active")

    def over(self, cause: str, by_host: bool) -> None:
        """The call that does not wait ends; whoever waits rings then."""
        call, self.call = self.call, None
        if call is None:
            return
        self._cause = cause
        call.over = "host" if by_host else cause
        self._timers.cancel("ring", "alert", *_RING_LINES)
        self._sound.stop()
        self._news(self._model.over(call, self._faults.end_news, cause, by_host))
        if self._faults.late_hangup_ms:
            self._timers.set("late", self._faults.late_hangup_ms, self._sayer("HANGUP"))
        if by_host:
            self._event("hung_up", "")
        if self.waiting is not None:
            self._timers.set("recall", WAITING_RINGS_AGAIN_MS, self._recall)

    def _recall(self) -> None:
        call, self.waiting = self.waiting, None
        if call is not None and self.call is None:
            call.state = "ringing"
            self.call = call
            self._ring_once()

    def _waiting_over(self, by_host: bool) -> None:
        call, self.waiting = self.waiting, None
        if call is not None:
            call.over = "host" if by_host else "normal"
            self._news(self._model.over(call, self._faults.end_news, "normal", by_host))
            if by_host:
                self._event("told_busy", call.number)

    def send_digits(self, digits: str) -> None:
        if self.call is None or self.call.state != "active":
            raise RuntimeError("no call is connected")
        self._sound.clocked.send_digits(digits)
        if self._commands.settings.hears_digits:
            for digit in digits:
                self._conversation.say(self._model.digit(digit))

    # The host's side.

    def command(self, text: str) -> Reply | None:
        """The reply to a call command, None if it is none."""
        call = self.call
        if text == "AT+CLCC":
            return self._list()
        if text == "AT+CPAS":
            return [f"+CPAS: {0 if call is None else 3 if call.state == 'ringing' else 4}", "OK"]
        if text == "ATA":
            return self._ata(call)
        if text == "AT+CEER":
            if self._faults.no_cause:
                return []
            return [f"+CEER: {self._model.ceer[self._cause]}", "OK"]
        if text in ("ATH", "AT+CHUP"):
            return self._hang_up(text)
        if text.startswith("ATD"):
            return self._atd(text)
        if text.startswith("AT+CHLD="):
            return self._chld(text[8:])
        pressed = re.match(self._model.sends_digit, text)
        if pressed:
            if call is None or call.state != "active":
                return self._commands.error(3)
            self._event("digit", pressed.group(1))
            return ["OK"]
        return None

    def _list(self) -> Reply:
        """AT+CLCC. A phantom data call is mode 1 and never ends."""
        lines = [f"+CLCC: {call.clcc()}" for call in (self.call, self.waiting) if call is not None]
        if self._faults.phantom_data_call:
            lines.insert(0, '+CLCC: 3,0,0,1,0,"",128')
        if self._faults.rings_in_next_list and self.call is None:
            # The call arrives once the list was made: it is announced inside an answer that does not have it.
            caller, self._faults.rings_in_next_list = self._faults.rings_in_next_list, ""
            self.ring(caller)
        return [*lines, "OK"]

    def _hang_up(self, text: str) -> Reply:
        ignored = text == "ATH" and self._model.ath_needs_cvhu and self._commands.settings.cvhu
        ignored = ignored or (text == "AT+CHUP" and self._faults.chup_does_nothing)
        if self.call is not None and not ignored and not self._faults.never_hangs_up:
            self._loop.after(0, lambda: self.over("normal", by_host=True))
        return ["OK"]

    def _chld(self, what: str) -> Reply:
        """3GPP TS 27.007, 7.13, over the calls of TS 22.030."""
        call = self.call
        if what == "0" and self.waiting is not None:
            self._loop.after(0, lambda: self._waiting_over(by_host=True))
            return ["OK"]
        if call is None:
            return self._commands.error(3)
        if what == "11" and not self._faults.never_hangs_up:
            if self._model.chld_before_conf_kills and not call.incoming and not call.confirmed:
                self._loop.after(0, self._died)
            else:
                self._loop.after(0, lambda: self.over("normal", by_host=True))
            return ["OK"]
        if what == "2" and self.waiting is None and call.state in ("active", "held"):
            held = call.state == "active"
            self._loop.after(0, lambda: self._hold(call, held))
            return ["OK"]
        return self._commands.error(3)

    def _hold(self, call: SimCall, held: bool) -> None:
        if call is self.call:
            call.state = "held" if held else "active"
            self._news(self._model.progress(call))
            self._event("held" if held else "retrieved", "")

    def _ata(self, call: SimCall | None) -> Reply:
        if call is None or call.state != "ringing":
            return ["NO CARRIER"]
        self._timers.cancel("ring", *_RING_LINES)
        if self._faults.begin_before_ata_ok:
            self._changed(call, "active")
        else:
            self._loop.after(0, lambda: self._changed(call, "active"))
        self._event("answered", "")
        return ["OK"]

    def _atd(self, text: str) -> Reply:
        number = re.match(r"^ATD(\+?[0-9*#]{1,32});$", text)
        if number is None:
            return ["ERROR"]
        if self._model.voiceless:
            return self._commands.error(4)
        if self.call is not None:
            return self._commands.error(3)
        if number.group(1) not in (EMERGENCY if self._commands.has_card else EMERGENCY_WITHOUT_SIM):
            trouble = self._commands.sim_trouble
            if trouble is not None or not self._commands.registered:
                return trouble or ["NO CARRIER"]
        call = self.call = self._began(SimCall(False, number.group(1), "dialling"))
        self._event("dialled", call.number)
        if self._faults.answered_at_once:
            self._changed(call, "active")
            return ["OK"]
        self._news(self._model.progress(call))
        self._timers.set("alert", self._faults.alert_after_ms, lambda: self._changed(call, "alerting"))
        return ["OK"]

    def aborted(self) -> None:
        """A character came while it dialled or answered."""
        self.over("normal", by_host=True)
