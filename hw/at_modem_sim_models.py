"""How the GSM twins' models talk: which commands each knows beside the common ones, and what each says by itself.

Written from what is known of the real models, not from the drivers' profiles, so that a wrong profile is found out.
"""

from dataclasses import dataclass
from typing import Literal

EndNews = Literal["end_first", "carrier_first", "end_only", "carrier_only", "none"]
CLCC_STATUS = {"active": 0, "dialling": 2, "alerting": 3, "ringing": 4}


@dataclass
class SimCall:
    """The call in a twin."""

    incoming: bool
    number: str
    state: Literal["ringing", "dialling", "alerting", "active"]

    def clcc(self, over: bool = False) -> str:
        status = 6 if over else CLCC_STATUS[self.state]
        return f'1,{int(self.incoming)},{status},0,0,"{self.number}",{number_type(self.number)}'


def number_type(number: str) -> int:
    return 145 if number.startswith("+") else 129


def clip(number: str) -> str:
    if not number:
        return '+CLIP: "",128,,,,1'
    return f'+CLIP: "{number}",{number_type(number)},,,,0'


class SimModel:
    """A modem that keeps to 3GPP TS 27.007, and no more."""

    name = "generic_27007"
    identity = ("Generic", "27007", "1.0")
    banner: tuple[str, ...] = ("RDY",)
    noise: tuple[str, ...] = ("+CREG: 1",)
    """Lines it says at any time."""
    ignored_settings: tuple[str, ...] = ()
    """Commands it takes with OK and that change nothing here."""
    pin_tries_query = 'AT+CPINR="SIM PIN"'
    hears_digits_after = ""
    """The command after which it reports digits; "" : it cannot."""
    ath_needs_cvhu = False
    sound_always = True
    reboot_command = "AT+CFUN=1,1"
    reboot_replugs = False

    def pin_tries(self, left: int) -> str:
        return f"+CPINR: SIM PIN,{left},3"

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        lines = ["+CRING: VOICE" if cring else "RING"]
        return [*lines, clip(call.number)] if clip_on else lines

    def progress(self, call: SimCall) -> list[str]:
        """What it says when a call changes state."""
        return []

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        if by_host or news in ("end_only", "none"):
            return []
        return ["BUSY"] if cause == "busy" else ["NO CARRIER"]

    def digit(self, digit: str) -> str:
        return ""


class Sim7600(SimModel):
    name = "sim7600"
    identity = ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "LE20B04SIM7600M22")
    banner = ("*ATREADY: 1", "RDY", "+CPIN: {sim}", "SMS DONE", "PB DONE")
    noise = ("^RSSI: 20", '^HCSQ:"LTE",50,46,120,20', "+CSQ: 20,99", "+CREG: 1")
    ignored_settings = ("AT+CLCC=1", "AT+CPCMFRM=0", "AT+CPCMFRM=1")
    pin_tries_query = "AT+SPIC"
    hears_digits_after = "AT+DDET=1"
    ath_needs_cvhu = True
    sound_always = False
    reboot_command = "AT+CRESET"
    reboot_replugs = True

    def pin_tries(self, left: int) -> str:
        return f"+SPIC: {left},10,0,10"

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        # Its extra carriage return is put in by the twin.
        return super().rings(call, cring, clip_on)

    def progress(self, call: SimCall) -> list[str]:
        if call.state == "active":
            return ["VOICE CALL: BEGIN"] if call.incoming else [f"+CLCC: {call.clcc()}", "VOICE CALL: BEGIN"]
        return [] if call.incoming else [f"+CLCC: {call.clcc()}"]

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        if news == "none":
            return []
        listed = [] if call.incoming else [f"+CLCC: {call.clcc(over=True)}"]
        if call.state == "ringing" and not by_host:
            return [f"MISSED_CALL: 11:01AM {call.number}"]  # and no NO CARRIER
        ends = ["VOICE CALL: END: 000012"] if call.state == "active" else []
        carrier = [] if by_host else ["BUSY" if cause == "busy" else "NO CARRIER"]
        ordered = {
            "end_first": [*ends, *carrier],
            "carrier_first": [*carrier, *ends],
            "end_only": ends,
            "carrier_only": carrier,
        }
        return [*listed, *ordered[news]]

    def digit(self, digit: str) -> str:
        return f"+RXDTMF: {digit}"


class Ec25(SimModel):
    name = "ec25"
    identity = ("Quectel", "EC25", "EC25EFAR06A08M4G")
    banner = ("RDY", "+CFUN: 1", "+CPIN: {sim}", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE")
    noise = ('+QIND: "csq",20,99', "+CREG: 1")
    ignored_settings = ('AT+QGPSCFG="outport","none"',)
    pin_tries_query = 'AT+QPINC="SC"'
    hears_digits_after = "AT+QTONEDET=1"
    sound_always = False

    def pin_tries(self, left: int) -> str:
        return f'+QPINC: "SC",{left},10'

    def rings(self, call: SimCall, cring: bool, clip_on: bool) -> list[str]:
        # No RING at all: only +CLIP, and what the indications say.
        return [clip(call.number)] if clip_on else []

    def progress(self, call: SimCall) -> list[str]:
        dsci = f"^DSCI: 1,{int(call.incoming)},{CLCC_STATUS[call.state]},0,{call.number},{number_type(call.number)}"
        return [f'+QIND: "ccinfo",{call.clcc()}', dsci]

    def over(self, call: SimCall, news: EndNews, cause: str, by_host: bool) -> list[str]:
        if news == "none":
            return []
        gone = f'1,{int(call.incoming)},-1,0,0,"{call.number}",{number_type(call.number)}'
        ends = [f'+QIND: "ccinfo",{gone}']
        carrier = [] if by_host else ["BUSY" if cause == "busy" else "NO CARRIER"]
        ordered = {
            "end_first": [*ends, *carrier],
            "carrier_first": [*carrier, *ends],
            "end_only": ends,
            "carrier_only": carrier,
        }
        return ordered[news]

    def digit(self, digit: str) -> str:
        return f"+QTONEDET: {ord(digit)}"


MODELS: dict[str, type[SimModel]] = {model.name: model for model in (SimModel, Sim7600, Ec25)}
