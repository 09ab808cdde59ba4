"""What the GSM twins answer to commands: settings, SIM, network; errors for what is unknown or out of place."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hw.at_conversation_sim import AtConversation, Reply
from hw.at_modem_sim_answers import swapped_digits
from hw.at_modem_sim_models import SimModel


@dataclass
class SimSettings:
    """What commands change, gone at a reboot."""

    echo: bool = True
    clip: bool = False
    cring: bool = False
    registration_news: dict[str, int] = field(default_factory=dict)
    """Of +CREG, +CGREG and +CEREG: 1 news of the state, 2 of the cell as well."""
    operator_format: int = 0
    """0 its name, 2 its number."""
    error_codes: bool = False
    cvhu: int = 1
    hears_digits: bool = False
    ccinfo: bool = False
    ccwa: bool = False
    call_list_news: bool = False


@dataclass
class SimCard:
    """What a SIM remembers through reboots. `pin` "" : no PIN is asked."""

    pin: str = ""
    present: bool = True
    tries_left: int = 3
    unlocked: bool = False
    busy: bool = False
    """It does not get ready."""
    iccid: str = "8934071100000000017"
    imsi: str = "214070000000017"
    centre: str = "+34600000001"
    """Its network's message centre."""

    @property
    def state(self) -> str:
        if self.busy:
            return "BUSY"
        if not self.pin or self.unlocked:
            return "READY"
        return "SIM PIN" if self.tries_left > 0 else "SIM PUK"

    def enter(self, pin: str) -> bool:
        if self.tries_left <= 0:
            return False
        self.unlocked = pin == self.pin
        self.tries_left = 3 if self.unlocked else self.tries_left - 1
        return self.unlocked


_CPIN = re.compile(r'^AT\+CPIN="?(\d{4,8})"?$')
_BEFORE_SIM = ("ATE", "ATV", "ATI", "AT+CMEE", "AT+CG", "AT+CPIN", "AT+CFUN", "AT+CRESET", "AT+CPCMREG=?", "AT^CVOICE?")
_REGISTRATION = re.compile(r"^AT(\+C[GE]?REG)(?:=([012])|(\?))$")
_CELL = "00C3,01A2D001"
"""Area and cell, hexadecimal, as a SIM7600 writes them: without quotes."""
_ALSO_BEFORE_SIM = ("ATD", "ATH", "AT+CPAS")
"""3GPP TS 27.007 §8.3: no more than these; ATD for emergencies only. +CLCC and +CHUP are not among them."""
_SIMS_OWN = ("AT+CR", "AT+CS", "AT+COPS", "AT+CM", "AT+CNMI", "AT+CUSD", "AT+CCID", "AT+QCCID", "AT+CICCID")
_SETTINGS: dict[str, tuple[str, bool]] = {
    "AT+CLIP=1": ("clip", True),
    "AT+CLIP=0": ("clip", False),
    "AT+CRC=1": ("cring", True),
    "AT+CRC=0": ("cring", False),
    "AT+CMEE=1": ("error_codes", True),
    "AT+CMEE=0": ("error_codes", False),
    "AT+CCWA=1": ("ccwa", True),
    "AT+CCWA=0": ("ccwa", False),
    "AT+CLCC=1": ("call_list_news", True),
    "AT+CLCC=0": ("call_list_news", False),
    'AT+QINDCFG="ccinfo",1,0': ("ccinfo", True),
}


class CommonCommands:
    """What every model answers that has nothing to do with a call. Returns None for what it does not know."""

    def __init__(
        self, model: SimModel, card: SimCard, conversation: AtConversation, writes_ucs2: Callable[[], bool]
    ) -> None:
        self._model = model
        self._card = card
        self._conversation = conversation
        self._writes_ucs2 = writes_ucs2
        self.settings = SimSettings()
        self.strict_without_sim = True
        """What must be taken without a SIM is, and nothing else; else all but what is the SIM's or the network's."""
        self.registered = False
        self.signal = 20
        self.operator = "Movistar"
        self.operator_number = "21407"
        self.imei = "861234050000017"

    def error(self, code: int) -> Reply:
        return [f"+CME ERROR: {code}" if self.settings.error_codes else "ERROR"]

    def words(self) -> dict[str, str]:
        """What is this modem's own and this card's own, by the names that answers kept as data have."""
        card = self._card
        return {
            "imei": self.imei,
            "imsi": card.imsi,
            "iccid_bcd": swapped_digits(card.iccid),
            "centre": card.centre,
            "clock": time.strftime("%y/%m/%d,%H:%M:%S+00", time.gmtime()),
        }

    def registration_news(self) -> list[str]:
        """What it says by itself when it has registered."""
        wanted = self.settings.registration_news
        return [f"{name}: 1" + (f",{_CELL}" if n == 2 else "") for name, n in wanted.items() if n]

    @property
    def has_card(self) -> bool:
        return self._card.present

    @property
    def sim_trouble(self) -> Reply | None:
        """The error of what needs a SIM that is ready; None when it is."""
        if not self._card.present:
            return self.error(10)
        if self._card.state != "READY":
            return self.error({"SIM PIN": 11, "SIM PUK": 12, "BUSY": 14}[self._card.state])
        return None

    def reply(self, text: str) -> Reply | None:
        command = text.upper() if '"' not in text else text
        taken: tuple[str, ...] = (*_BEFORE_SIM, *_ALSO_BEFORE_SIM)
        if not self.strict_without_sim and not command.startswith(_SIMS_OWN):
            taken = (command,)
        if not command.startswith(taken) and command not in ("AT", self._model.pin_tries_query):
            trouble = self.sim_trouble
            if trouble is not None:
                return trouble
        return self._identity(command) or self._sim(command) or self._network(command) or self._setting(command)

    def _identity(self, command: str) -> Reply | None:
        if command == "AT":
            return ["OK"]
        if command in ("ATE0", "ATE1"):
            self._conversation.echo = command == "ATE1"
            return ["OK"]
        if command == "ATV1":
            return ["OK"]
        if command in ("AT+CGMI", "AT+CGMM"):
            return [self._model.identity[("AT+CGMI", "AT+CGMM").index(command)], "OK"]
        if command == "AT+CGMR":
            return [self._model.firmware_before + self._model.identity[2], "OK"]
        if command == "AT+CGSN":
            return [self.imei, "OK"]
        if command == "ATI":
            maker, model, firmware = self._model.identity
            return [f"Manufacturer: {maker}", f"Model: {model}", f"Revision: {firmware}", f"IMEI: {self.imei}", "OK"]
        return None

    def _sim(self, command: str) -> Reply | None:
        card = self._card
        if command == "AT+CPIN?" and card.present and card.busy:
            return self.error(14)
        if command == "AT+CPIN?":
            return [f"+CPIN: {card.state}", "OK"] if card.present else self.error(10)
        if command == self._model.pin_tries_query:
            return [self._model.pin_tries(card.tries_left), "OK"] if card.present else self.error(10)
        if command == self._model.iccid_query:
            return [self._model.iccid(card.iccid), "OK"]
        entered = _CPIN.match(command)
        if entered and card.present:
            if card.state != "SIM PIN":
                return self.error(3)
            return ["OK"] if card.enter(entered.group(1)) else self.error(16)
        return None

    def _network(self, command: str) -> Reply | None:
        registration = _REGISTRATION.match(command)
        if registration is not None:
            return self._registration(*registration.groups())
        if command == "AT+CSQ":
            return [f"+CSQ: {self.signal if self.registered else 99},99", "OK"]
        if command == "AT+COPS?":
            form = self.settings.operator_format
            operator = self.operator_number if form == 2 else self._in_character_set(self.operator)
            return [f'+COPS: 0,{form},"{operator}",7' if self.registered else "+COPS: 0", "OK"]
        if command in ("AT+COPS=3,0", "AT+COPS=3,2"):
            self.settings.operator_format = int(command[-1])
            return ["OK"]
        return ["OK"] if command == "AT+COPS=0" else None

    def _in_character_set(self, text: str) -> str:
        """TS 27.007, 5.5: names and texts, not numbers."""
        return text.encode("utf-16-be").hex().upper() if self._writes_ucs2() else text

    def _registration(self, name: str, wanted: str | None, asked: str | None) -> Reply | None:
        """TS 27.007, 7.2, 10.1.20 and 10.1.22."""
        news = self.settings.registration_news
        if wanted is not None:
            news[name] = int(wanted)
            return ["OK"]
        n = news.get(name, 0)
        cell = f",{_CELL}" if n == 2 and self.registered else ""
        return [f"{name}: {n},{1 if self.registered else 2}{cell}", "OK"]

    def _setting(self, command: str) -> Reply | None:
        if command in _SETTINGS:
            if command.startswith("AT+QIND") and self._model.name != "ec25":
                return None
            if command.startswith("AT+CLCC=") and not self._model.lists_calls_by_itself:
                return None
            name, value = _SETTINGS[command]
            setattr(self.settings, name, value)
            return ["OK"]
        if command in ("AT+CVHU=0", "AT+CVHU=1") and self._model.ath_needs_cvhu:
            self.settings.cvhu = int(command[-1])
            return ["OK"]
        if command and command == self._model.hears_digits_after:
            self.settings.hears_digits = True
            return ["OK"]
        return ["OK"] if command in self._model.ignored_settings else None
