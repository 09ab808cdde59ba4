"""A SIP trunk as a line: calls out through Kamailio; its calls in come by `switch.sip`. Many calls at a time."""

import re

from appliance.acd.ids import LegId, LineName
from appliance.configuration.file import Line
from appliance.switch.legs import Exchange, LegImpossible, LegPort
from appliance.switch.sip import SipCalls

_NUMBER = re.compile(r"\+?[0-9*#]{1,40}")


class SipLine:
    """The driver of one `[[line]]` of driver "sip". Up while Kamailio, which is the trunk's face, is there."""

    def __init__(self, line: Line, calls: SipCalls) -> None:
        self._line = line
        self._calls = calls
        self._exchange: Exchange | None = None

    @property
    def name(self) -> LineName:
        return LineName(self._line.name)

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        exchange.line_changed(self.name, "starting", "waiting for Kamailio")

    def kamailio_is(self, here: bool) -> None:
        """Kamailio came or went."""
        if self._exchange is not None:
            if here:
                self._exchange.line_changed(self.name, "up", f"calls from {self._line.address} are taken")
            else:
                self._exchange.line_changed(self.name, "down", "Kamailio is not there")

    def dial(self, leg: LegId, number: str, emergency: bool = False) -> LegPort:
        if self._line.mode == "in" and not emergency:
            raise LegImpossible("rejected", f"line {self.name} is for incoming calls only")
        if _NUMBER.fullmatch(number) is None:
            raise LegImpossible("failed", f"{number!r} is no number to dial")
        port = f":{self._line.address_port}" if self._line.address_port else ""
        uri = f"sip:{number.replace('#', '%23')}@{self._line.address}{port}"
        return self._calls.call(leg, uri, "", self._line.number)

    def close(self) -> None:
        """Its calls are the account's."""
