"""How the GSM twins' models talk: which commands each knows beside the common ones, and what each says by itself.

Written from what is known of the real models, not from the drivers' profiles, so that a wrong profile is found out.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

EndNews = Literal["end_first", "carrier_first", "end_only", "carrier_only", "none"]
FarEndCause = Literal["normal", "busy", "no_answer", "rejected", "congestion"]
CLCC_STATUS = {"active": 0, "held": 1, "dialling": 2, "alerting": 3, "ringing": 4, "waiting": 5}
CAUSE_CODES = {"normal": 16, "busy": 17, "no_answer": 19, "rejected": 21, "congestion": 34}
"""3GPP TS 24.008, table 10.5.123."""
_RESULTS = {"busy": "BUSY", "no_answer": "NO ANSWER"}


@dataclass
class CallFaults:
    """What goes wrong with a twin's calls, and how slow the network is."""

    ring_every_ms: float = 5_000
    clip_after_ms: float = 30
    alert_after_ms: float = 200
    """From ATD until the called telephone rings."""
    dial_answer_ms: float = 0
    """From ATD until its OK; a character meanwhile breaks the dialling off."""
    no_clip: bool = False
    end_news: EndNews = "end_first"
    late_hangup_ms: float = 0
    """A `HANGUP` line so long after a call."""
    begin_before_ata_ok: bool = False
    answered_at_once: bool = False
    """The called answers before the modem's OK to ATD."""
    phantom_data_call: bool = False
    rings_in_next_list: str = ""
    """This caller rings inside the answer to the next AT+CLCC."""
    never_hangs_up: bool = False
    no_cause: bool = False
    """AT+CEER is not answered."""
    chup_does_nothing: bool = False


@dataclass
class SimCall:
    """A call in a twin."""

    incoming: bool
    number: str
    state: Literal["ringing", "waiting", "dialling", "alerting", "active", "held"]
    index: int = 1
    answered: bool = False
    over: str = ""
    """How it ended, as the network knows: "host", "power", or the far end's cause."""
    confirmed: bool = False
    """The network confirmed the dialled number (Huawei's ^CONF)."""

    @property
    def number_type(self) -> int:
        return 145 if self.number.startswith("+") else 129

    def clcc(self, over: bool = False) -> str:
        status = 6 if over else CLCC_STATUS[self.state]
        return f'{self.index},{int(self.incoming)},{status},0,0,"{self.number}",{self.number_type}'


def clip(call: SimCall) -> str:
    if not call.number:
        return '+CLIP: "",128,,,,1'
    return f'+CLIP: "{call.number}",{call.number_type},,,,0'


class SimModel:
    """A modem that keeps to 3GPP TS 27.007, and no more."""

    name = "generic_27007"
    identity = ("Generic", "27007", "1.0")
    banner: tuple[str, ...] = ("RDY",)
    noise: tuple[str, ...] = ("+CREG: 1",)
    """Lines it says at any time."""
    ignored_settings: tuple[str, ...] = ()
    """Commands it takes with OK and that change nothing here."""
    firmware_before = ""
    """What comes before its firmware's name in the answer to AT+CGMR."""
    pin_tries_query = 'AT+CPINR="SIM PIN"'
    iccid_query = "AT+CCID"
    hears_digits_after = ""
    """The command after which it reports digits; "" : it cannot."""
    sends_digit = r"^AT\+VTS=([0-9A-D*#])$"
    ath_needs_cvhu = False
    reboot_command = "AT+CFUN=1,1"
    reboot_replugs = False
    has_sound_port = True
    has_second_port = False
    """It takes commands on another tty, side by side."""
    voiceless = False
    chld_before_conf_kills = False
    lists_calls_by_itself = False
    """Says +CLCC when a call changes, once AT+CLCC=1 asked for it."""
    ceer: ClassVar[dict[str, str]] = {cause: str(code) for cause, code in CAUSE_CODES.items()}

    def pin_tries(self, left: int) -> str:
        return f"+CPINR: SIM PIN,{left},3"

    def iccid(self, number: str) -> str:
        return f"+CCID: {number}"

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        lines = ["+CRING: VOICE" if cring else "RING"]
        return [*lines, clip(call)] if clip_on else lines

    def progress(self, call: SimCall) -> list[str]:
        """What it says when a call changes state."""
        return []

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        if by_host or news in ("end_only", "none") or call.state == "waiting":
            return []
        return [_RESULTS.get(cause, "NO CARRIER")]

    def digit(self, digit: str) -> str:
        return ""


def _ordered(news: EndNews, ends: list[str], cause: str, by_host: bool) -> list[str]:
    carrier = [] if by_host else [_RESULTS.get(cause, "NO CARRIER")]
    return {
        "end_first": [*ends, *carrier],
        "carrier_first": [*carrier, *ends],
        "end_only": ends,
        "carrier_only": carrier,
        "none": [],
    }[news]


class Sim7600(SimModel):
    name = "sim7600"
    has_second_port = True
    identity = ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "LE20B04SIM7600M22")
    banner: tuple[str, ...] = ("*ATREADY: 1", "RDY", "+CPIN: {sim}", "SMS DONE", "PB DONE")
    noise: tuple[str, ...] = ("^RSSI: 20", '^HCSQ:"LTE",50,46,120,20', "+CSQ: 20,99", "+CREG: 1")
    # CFUN switches its radio, and cures nothing of its sound.
    ignored_settings: tuple[str, ...] = ("AT+CFUN=0", "AT+CFUN=1", "AT+CFUN=4")
    pin_tries_query = "AT+SPIC"
    iccid_query = "AT+CICCID"
    hears_digits_after = "AT+DDET=1"
    ath_needs_cvhu = True
    firmware_before = "+CGMR: "
    lists_calls_by_itself = True
    reboot_command = "AT+CRESET"
    reboot_replugs = True
    ceer: ClassVar[dict[str, str]] = {
        "normal": "Normal call clearing",
        "busy": "User busy",
        "no_answer": "User alerting, no answer",
        "rejected": "Call rejected",
        "congestion": "No circuit/channel available",
    }

    def pin_tries(self, left: int) -> str:
        return f"+SPIC: {left},10,0,10"

    def iccid(self, number: str) -> str:
        return f"+ICCID: {number}"

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        # Its extra carriage return is put in by the twin.
        return super().rings(call, cring, clip_on)

    def progress(self, call: SimCall) -> list[str]:
        listed, began = [f"+CLCC: {call.clcc()}"], ["VOICE CALL: BEGIN"] if call.state == "active" else []
        return [*began, *listed] if call.incoming else [*listed, *began]

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        if news == "none":
            return []
        listed = [f"+CLCC: {call.clcc(over=True)}"]
        if call.state in ("ringing", "waiting") and not by_host:
            return [f"MISSED_CALL: 11:01AM {call.number}", *listed]  # and no NO CARRIER
        ends = ["VOICE CALL: END: 000012"] if call.state in ("active", "held") else []
        over = _ordered(news, ends, cause, by_host or call.state == "waiting")
        return [*over, *listed] if call.incoming else [*listed, *over]

    def digit(self, digit: str) -> str:
        return f"+RXDTMF: {digit}"


class A7670(Sim7600):
    """Its commands are those of the SIM7600 where it has voice. The variant without it is `A7670Voiceless`."""

    name = "a7670"
    identity = ("INCORPORATED", "A7670E-FASE", "A7670M7_V1.11.1")
    banner: tuple[str, ...] = ("*ATREADY: 1", "+CPIN: {sim}", "SMS DONE", "PB DONE")


class A7670Voiceless(A7670):
    identity = ("INCORPORATED", "A7670E-LASE", "A7670M6_V1.11.1")
    voiceless = True


class Sim800(SimModel):
    """Analogue sound only: no second tty. A supply that sags makes it start anew, which shows as RDY."""

    name = "sim800"
    identity = ("SIMCOM_Ltd", "SIMCOM_SIM800L", "Revision:1418B05SIM800L24")
    banner: tuple[str, ...] = ("RDY", "+CFUN: 1", "+CPIN: {sim}", "Call Ready", "SMS Ready")
    pin_tries_query = "AT+SPIC"
    hears_digits_after = "AT+DDET=1"
    has_sound_port = False

    def pin_tries(self, left: int) -> str:
        return f"+SPIC: {left},10,3,10"

    def iccid(self, number: str) -> str:
        return number

    def digit(self, digit: str) -> str:
        return f"+DTMF: {digit}"


class Ec25(SimModel):
    name = "ec25"
    has_second_port = True
    identity = ("Quectel", "EC25", "EC25EFAR06A08M4G")
    banner: tuple[str, ...] = ("RDY", "+CFUN: 1", "+CPIN: {sim}", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE")
    noise: tuple[str, ...] = ('+QIND: "csq",20,99', "+CREG: 1")
    pin_tries_query = 'AT+QPINC="SC"'
    iccid_query = "AT+QCCID"
    hears_digits_after = "AT+QTONEDET=1"
    ceer: ClassVar[dict[str, str]] = {
        "normal": "Normal call clearing",
        "busy": "User busy",
        "no_answer": "No user responding",
        "rejected": "Call rejected",
        "congestion": "Switching equipment congestion",
    }

    def pin_tries(self, left: int) -> str:
        return f'+QPINC: "SC",{left},10'

    def iccid(self, number: str) -> str:
        return f"+QCCID: {number}"

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        # No RING at all: only +CLIP, and what the indications say.
        return [clip(call)] if clip_on else []

    def progress(self, call: SimCall) -> list[str]:
        status = f"{call.index},{int(call.incoming)},{CLCC_STATUS[call.state]}"
        return [f'+QIND: "ccinfo",{call.clcc()}', f"^DSCI: {status},0,{call.number},{call.number_type}"]

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        gone = f'{call.index},{int(call.incoming)},-1,0,0,"{call.number}",{call.number_type}'
        return _ordered(news, [f'+QIND: "ccinfo",{gone}'], cause, by_host or call.state == "waiting")

    def digit(self, digit: str) -> str:
        return f"+QTONEDET: {ord(digit)}"


class HuaweiE1550(SimModel):
    """Its own news of calls: ^ORIG, ^CONF, ^CONN, ^CEND:<index>,<seconds>,<status>,<cause>, and no NO CARRIER."""

    name = "huawei_e1550"
    identity = ("huawei", "E1550", "11.608.12.10.311")
    banner: tuple[str, ...] = ("^SRVST:1", "^SIMST:1", "^SYSINFO:2,3,0,5,1")
    noise: tuple[str, ...] = ("^RSSI:20", "^BOOT:27710117,0,0,0,88", "^MODE:5,4", "+CREG: 1")
    ignored_settings: tuple[str, ...] = ("AT^U2DIAG=0", "AT^CURC=1")
    pin_tries_query = "AT^CPIN?"
    iccid_query = "AT^ICCID?"
    sends_digit = r"^AT\^DTMF=1,([0-9A-D*#])$"
    reboot_replugs = True
    chld_before_conf_kills = True
    ceer: ClassVar[dict[str, str]] = {cause: f"Cause {code}" for cause, code in CAUSE_CODES.items()}

    def pin_tries(self, left: int) -> str:
        return f"^CPIN: SIM PIN,{left},10,{left},10,3"

    def iccid(self, number: str) -> str:
        return f"^ICCID: {number}"

    def progress(self, call: SimCall) -> list[str]:
        if call.state == "dialling":
            return [f"^ORIG:{call.index},0"]
        if call.state == "alerting":
            return [f"^CONF:{call.index}"]
        if call.state != "active":
            return []
        conf = [f"^CONF:{call.index}"] if not call.incoming and not call.confirmed else []
        return [*conf, f"^CONN:{call.index},0"]

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        return [] if news == "none" else [f"^CEND:{call.index},7,{29 if by_host else 104},{CAUSE_CODES[cause]}"]


MODELS: dict[str, type[SimModel]] = {
    "a7670_voiceless": A7670Voiceless,
    **{model.name: model for model in (SimModel, Sim7600, A7670, Sim800, Ec25, HuaweiE1550)},
}
