"""The messages and USSD of the GSM twins: memories that fill, prompts that come late, a network that loses things."""

import random
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from hw import gsm_alphabet
from hw.at_conversation_sim import AtConversation, Reply
from hw.device_loop import DeviceLoop
from hw.sms_fields import PduError, address_of
from hw.sms_pdu import Deliver, StatusReport, Submit, read_pdu, write_deliver, write_status_report
from hw.sms_text import UserData, split_text

MEMORIES = {"sim7600": ("ME", "SM", "SR"), "ec25": ("ME", "SM"), "a7670": ("ME", "SM", "SR")}
"""Models that are not named have the SIM's only."""
REPORTS_ARE_STORED = ("SR",)
UssdForm = Literal["plain", "ucs2", "packed", "unquoted", "no_dcs", "ucs2_unquoted"]
_UCS2_DIGITS = re.compile(r"^(00(2A|23|3[0-9]))+$")
_CMS = {"no_memory": 322, "no_slot": 321, "bad_pdu": 304, "busy": 314, "mode": 303}


@dataclass
class SmsFaults:
    """What goes wrong with messages. Counts are used up one by one."""

    memory_size: int = 20
    empty_slot: Literal["321", "500", "OK"] = "321"
    lost_news: float = 0.0
    """Of +CMTI and +CDSI that never come."""
    busy_reads: int = 0
    """Commands about messages answered +CMS ERROR: 314 after each start: the SIM is not ready yet."""
    busy_choices: int = 0
    """Times another memory is asked for and the SIM is busy: the present one stays."""
    prompt_news: str = ""
    lost_prompts: int = 0
    late_prompts_ms: float = 0
    network_ms: float = 10
    """From the text to the answer."""
    deaf_while_sending: bool = False
    """What is typed in that time is thrown away, else kept for later. Makers say no more than that one is to wait."""
    send_errors: deque[str] = field(default_factory=deque)
    """Results of the next AT+CMGS instead of OK."""
    lost_send_answers: int = 0
    """The network took it, and the modem says nothing at all."""
    report_after_ms: float = 30
    report_status: int = 0
    reports_lost: bool = False
    damaged_reads: int = 0
    """Answers to +CMGR and +CMGL that lack octets."""
    ussd_form: UssdForm = "plain"
    ussd_silent: bool = False
    ussd_answer: str = "Saldo: 12,50 EUR"
    ussd_state: int = 0


@dataclass(frozen=True)
class SentPart:
    """What the network got."""

    recipient: str
    data: UserData
    reference: int


class SimMessages:
    """All methods in the twin's loop. The memories outlive a restart, the settings do not."""

    def __init__(
        self,
        loop: DeviceLoop,
        conversation: AtConversation,
        model: str,
        faults: SmsFaults,
        rng: random.Random,
        registered: Callable[[], bool],
        writes_ucs2: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._conversation = conversation
        self._faults = faults
        self._rng = rng
        self._registered = registered
        self._writes_ucs2 = writes_ucs2
        self.memories: dict[str, dict[int, str]] = {name: {} for name in MEMORIES.get(model, ("SM",))}
        self.sent: list[SentPart] = []
        self.held: deque[str] = deque()
        """Messages the network keeps, for the memory is full."""
        self.on_emptied: Callable[[str], None] = lambda pdu: None
        """Told of each unit the host empties, before it is gone."""
        self._read_once: set[tuple[str, int]] = set()
        self._references = 0
        self.restarted()

    def restarted(self) -> None:
        self._memory = self._receiving = "SM"
        self._pdu_mode = False
        self._news = self._reports = 0
        self._busy_left = self._faults.busy_reads

    # The network's side.

    @property
    def asks_for_text(self) -> bool:
        return self._conversation.asks

    def deliver(self, sender: str, text: str, reference: int = 0, wide: bool = False) -> None:
        """A message in all its parts."""
        for data in split_text(text, reference, wide):
            self.deliver_part(sender, data)

    def deliver_part(self, sender: str, data: UserData, centre: str = "+34600000001") -> None:
        self.deliver_pdu(
            write_deliver(Deliver(address_of(sender), data, int(time.time()) * 1000, address_of(centre)), 60).hex
        )

    def deliver_pdu(self, pdu: str) -> None:
        """A full memory takes nothing and says nothing."""
        if self.held or not self._store(self._receiving, pdu, "+CMTI"):
            self.held.append(pdu)

    def _store(self, memory: str, pdu: str, news: str) -> bool:
        slots = self.memories[memory]
        free = next((index for index in range(1, self._faults.memory_size + 1) if index not in slots), 0)
        if not free:
            return False
        slots[free] = pdu
        self._read_once.discard((memory, free))
        wanted = self._news == 1 if news == "+CMTI" else self._reports == 2
        if news and wanted and self._rng.random() >= self._faults.lost_news:
            self.tell(memory, free, news)
        return True

    def tell(self, memory: str, index: int, news: str = "+CMTI") -> None:
        """What lies there came just now."""
        self._conversation.say(f'{news}: "{memory}",{index}')

    def _room(self) -> None:
        """What the network kept comes when there is room, and nothing is said of it."""
        while self.held and self._store(self._receiving, self.held[0], ""):
            self.held.popleft()

    def _report(self, part: SentPart) -> None:
        now_ms = int(time.time()) * 1000
        report = StatusReport(part.reference, address_of(part.recipient), now_ms, now_ms, self._faults.report_status)
        written = write_status_report(report, 60)
        if self._reports == 1:
            self._conversation.say(f"+CDS: {written.octets}\r\n{written.hex}")
        elif self._reports == 2 and "SR" in self.memories:
            self._store("SR", written.hex, "+CDSI")

    # The host's side.

    def command(self, text: str) -> Reply | None:
        """None for what is no command about messages."""
        if not text.startswith(("AT+CMG", "AT+CPMS", "AT+CNMI", "AT+CUSD")):
            return None
        if self._busy_left > 0:
            self._busy_left -= 1
            return [f"+CMS ERROR: {_CMS['busy']}"]
        for pattern, answer in self._answers():
            match = re.match(pattern, text)
            if match is not None:
                return answer(match)
        return ["ERROR"]

    def _answers(self) -> tuple[tuple[str, Callable[[re.Match[str]], Reply]], ...]:
        return (
            (r"^AT\+CMGF=([01])$", self._mode),
            (r'^AT\+CPMS="(\w\w)"(?:,"(\w\w)")?(?:,"(\w\w)")?$', self._memories),
            (r"^AT\+CPMS\?$", self._uses),
            (r"^AT\+CNMI=(\d),(\d),(\d),(\d),(\d)$", self._notify),
            (r"^AT\+CMGL=4$", self._list),
            (r"^AT\+CMGR=(\d+)$", self._read),
            (r"^AT\+CMGD=(\d+)$", self._delete),
            (r"^AT\+CMGS=(\d+)$", self._send),
            (r'^AT\+CUSD=1,"([^"]*)",15$', self._ussd),
            (r"^AT\+CUSD=2$", lambda match: ["OK"]),
        )

    def _mode(self, match: re.Match[str]) -> Reply:
        self._pdu_mode = match.group(1) == "0"
        return ["OK"]

    def _memories(self, match: re.Match[str]) -> Reply:
        wanted = [name for name in match.groups() if name]
        if any(name not in self.memories for name in wanted):
            return [f"+CMS ERROR: {_CMS['mode']}"]
        if len(wanted) == 1 and wanted[0] != self._memory and self._faults.busy_choices > 0:
            self._faults.busy_choices -= 1
            return [f"+CMS ERROR: {_CMS['busy']}"]
        self._memory = wanted[0]
        if len(wanted) == 3:
            self._receiving = wanted[2]
        uses = (self._use(name) for name in (self._memory, self._memory, self._receiving))
        return ["+CPMS: " + ",".join(uses), "OK"]

    def _uses(self, match: re.Match[str]) -> Reply:
        names = (self._memory, self._memory, self._receiving)
        return ["+CPMS: " + ",".join(f'"{name}",{self._use(name)}' for name in names), "OK"]

    def _use(self, memory: str) -> str:
        return f"{len(self.memories[memory])},{self._faults.memory_size}"

    def _notify(self, match: re.Match[str]) -> Reply:
        news, reports = int(match.group(2)), int(match.group(4))
        if reports == 2 and "SR" not in self.memories:
            return [f"+CMS ERROR: {_CMS['mode']}"]
        self._news, self._reports = news, reports
        return ["OK"]

    def _unit(self, header: str, index: int) -> list[str]:
        """Header and unit, which is read from then on. Text mode, which a modem that starts is in, shows something
        else."""
        pdu = self.memories[self._memory][index]
        status = int((self._memory, index) in self._read_once)
        self._read_once.add((self._memory, index))
        if not self._pdu_mode:
            return [f'{header}"REC {"" if status else "UN"}READ","+34600",,"26/11/22,10:00:00+04"', "text"]
        octets = len(pdu) // 2 - 1 - int(pdu[:2], 16)
        if self._faults.damaged_reads > 0:
            self._faults.damaged_reads -= 1
            pdu = pdu[:-8]
        return [f"{header}{status},,{octets}", pdu]

    def _list(self, match: re.Match[str]) -> Reply:
        lines = []
        for index in sorted(self.memories[self._memory]):
            lines += self._unit(f"+CMGL: {index},", index)
        return [*lines, "OK"]

    def _read(self, match: re.Match[str]) -> Reply:
        index = int(match.group(1))
        if index not in self.memories[self._memory]:
            return ["OK"] if self._faults.empty_slot == "OK" else [f"+CMS ERROR: {self._faults.empty_slot}"]
        return [*self._unit("+CMGR: ", index), "OK"]

    def _delete(self, match: re.Match[str]) -> Reply:
        pdu = self.memories[self._memory].get(int(match.group(1)))
        if pdu is None:
            return [f"+CMS ERROR: {_CMS['no_slot']}"]
        self.on_emptied(pdu)
        del self.memories[self._memory][int(match.group(1))]
        self._loop.after(0, self._room)
        return ["OK"]

    def _send(self, match: re.Match[str]) -> Reply:
        if self._faults.lost_prompts > 0:
            self._faults.lost_prompts -= 1
            if self._faults.late_prompts_ms:
                self._loop.after(self._faults.late_prompts_ms, lambda: self._prompt(int(match.group(1))))
            return []
        self._prompt(int(match.group(1)))
        return []

    def _prompt(self, octets: int) -> None:
        self._conversation.ask(
            lambda text: self._sent(octets, text),
            self._faults.network_ms,
            self._faults.prompt_news,
            self._faults.deaf_while_sending,
        )

    def _sent(self, octets: int, text: bytes | None) -> Reply:
        if text is None:
            return ["OK"]
        if not self._pdu_mode:
            # What was meant as a length is a number, and the unit's digits are the words somebody gets.
            self._references = (self._references + 1) % 256
            words = UserData("gsm7", gsm_alphabet.encode(text.decode("latin-1")) or b"")
            self.sent.append(SentPart(f"{octets}", words, self._references))
            return [f"+CMGS: {self._references}", "OK"]
        try:
            unit = read_pdu(text.decode("latin-1"))
        except PduError:
            return [f"+CMS ERROR: {_CMS['bad_pdu']}"]
        if not isinstance(unit, Submit) or len(text) // 2 - 1 - int(text[:2], 16) != octets:
            return [f"+CMS ERROR: {_CMS['bad_pdu']}"]
        if self._faults.send_errors:
            return [self._faults.send_errors.popleft()]
        if not self._registered():
            return ["+CMS ERROR: 331"]
        self._references = (self._references + 1) % 256
        part = SentPart(unit.recipient.number, unit.data, self._references)
        self.sent.append(part)
        if unit.wants_report and not self._faults.reports_lost:
            self._loop.after(self._faults.report_after_ms, lambda: self._report(part))
        if self._faults.lost_send_answers > 0:
            self._faults.lost_send_answers -= 1
            return []
        return [f"+CMGS: {part.reference}", "OK"]

    # USSD.

    def _ussd(self, match: re.Match[str]) -> Reply:
        if self._writes_ucs2() and not _UCS2_DIGITS.match(match.group(1)):
            return ["ERROR"]
        if not self._faults.ussd_silent:
            self._loop.after(self._faults.network_ms, lambda: self._conversation.say(self._ussd_line()))
        return ["OK"]

    def _ussd_line(self) -> str:
        text, state = self._faults.ussd_answer, self._faults.ussd_state
        wide = text.encode("utf-16-be").hex().upper()
        packed = gsm_alphabet.pack_ussd(gsm_alphabet.encode(text) or b"").hex().upper()
        return {
            "plain": f'+CUSD: {state},"{text}",15',
            "ucs2": f'+CUSD: {state},"{wide}",15',
            "packed": f'+CUSD: {state},"{packed}",15',
            "unquoted": f"+CUSD: {state},{text},15",
            "no_dcs": f'+CUSD: {state},"{text}"',
            "ucs2_unquoted": f"+CUSD: {state},{wide}",
        }["ucs2" if self._writes_ucs2() else self._faults.ussd_form]
