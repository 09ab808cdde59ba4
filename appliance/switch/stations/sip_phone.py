"""A SIP phone as a station: rung as its extension, wherever Kamailio knows it to be; `switch.sip` has what it dials."""

from appliance.acd.ids import LegId, StationName
from appliance.configuration.file import Station
from appliance.switch.legs import Exchange, LegPort
from appliance.switch.sip import SipCalls


class SipPhone:
    """The driver of one `[[station]]` of kind "sip". One at a fixed contact is up by itself; the others when they
    register, which `registrations` tells."""

    def __init__(self, station: Station, realm: str, calls: SipCalls) -> None:
        self._station = station
        self._realm = realm
        self._calls = calls
        self._exchange: Exchange | None = None
        self._reachable: bool | None = None

    @property
    def name(self) -> StationName:
        return StationName(self._station.name)

    @property
    def extension(self) -> str:
        return self._station.extension

    @property
    def registers(self) -> bool:
        return not self._station.contact

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        if not self.registers:
            self.is_reachable(True, f"at {self._station.contact}")

    def is_reachable(self, reachable: bool, detail: str) -> None:
        """Say so, when it is news."""
        if self._exchange is not None and reachable != self._reachable:
            self._reachable = reachable
            self._exchange.station_changed(self.name, "up" if reachable else "unreachable", detail=detail)

    def ring(self, leg: LegId, caller: str, title: str) -> LegPort:
        # Kamailio finds the phone, registered or at its fixed contact, and says 480 when it cannot.
        return self._calls.call(leg, f"sip:{self.extension}@{self._realm}", title, caller)

    def close(self) -> None:
        """Its calls are the account's."""
