"""The world's bodies: the twins of the office's modems and handsets, its SIP phones and its carrier, put together.

Nothing here acts by itself. Whoever directs (the demo's people, or a test's script) is told on the loop what the box
did, and acts through `lines` and `desks`.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.configuration.file import Line, Station
from appliance.demo.desks import Desk, DeskListener, PhoneDesk, PortDesk
from appliance.demo.loop import WorldLoop
from appliance.demo.modem_identity import give_identity
from appliance.demo.office import Office
from appliance.demo.outside_lines import LineListener, OutsideLine, TrunkLine, TwinLine
from appliance.demo.sip_peers import SipPeers
from appliance.demo.sip_records import CarrierSettings, PeerEvent, PhoneSettings
from appliance.demo.sip_roles import SipPhone
from hw.at_modem_sim import AtModemTwin
from hw.fxo_modem_sim import FxoModemTwin
from hw.handset_port_sim import HandsetTwin, sound_card_file

TRUNK_CALLS = 8
"""Calls a simulated trunk carries at once."""

log = logging.getLogger(__name__)


class Director(LineListener, DeskListener):
    """Who decides what the people do; told on the loop."""


class WorldParts:
    """All bodies of an office, started by `start` and gone after `close`."""

    def __init__(
        self,
        office: Office,
        loop: WorldLoop,
        director: Director,
        record_dir: Path | None = None,
        tones: tuple[int, ...] = (),
    ) -> None:
        """For scripts: `record_dir` is where what SIP callers hear is kept, None for nowhere; `tones` are those that
        people at handsets tell apart."""
        self.office = office
        self.loop = loop
        self.peers = SipPeers(lambda event: loop.post(lambda: self._from_peers(event)))
        self.lines: dict[str, OutsideLine] = {}
        self.desks: dict[str, Desk] = {}
        self.phones: list[SipPhone] = []
        self._director = director
        self._record_dir = record_dir
        self._tones = tones
        self._by_peer: dict[str, Callable[[PeerEvent], None]] = {}

    def start(self) -> None:
        """Raises PeerError, OSError when a body cannot be made; what was made is closed by `close`."""
        self.peers.start()
        for line in self.office.configuration.line:
            self.lines[line.name] = self._trunk(line) if line.driver == "sip" else self._modem(line)
        for station in self.office.configuration.station:
            self.desks[station.name] = self._port(station) if station.kind == "port" else self._phone(station)

    def register_phones(self) -> None:
        """The box is there: the SIP phones register at it, and try again by themselves."""
        for phone in self.phones:
            phone.register(True)

    def close(self) -> None:
        for end in self._ends():
            with contextlib.suppress(Exception):
                end()

    def _ends(self) -> Iterator[Callable[[], None]]:
        yield from (desk.close for desk in self.desks.values())
        yield from (line.close for line in self.lines.values())
        yield self.peers.close

    def _modem(self, line: Line) -> TwinLine:
        folder = self.office.ttys
        twin: AtModemTwin | FxoModemTwin
        if line.driver == "gsm":
            twin = AtModemTwin(folder, name=line.name, model=line.model or "")
            of_gsm = [one.name for one in self.office.configuration.line if one.driver == "gsm"]
            give_identity(twin, 1 + of_gsm.index(line.name), line.imei)
            return TwinLine(line.name, "gsm", twin, self.loop, self._director)
        twin = FxoModemTwin(folder, name=line.name, model=line.model or "")
        return TwinLine(line.name, "fxo", twin, self.loop, self._director)

    def _trunk(self, line: Line) -> TrunkLine:
        sip = self.office.configuration.sip
        carrier = self.peers.add_carrier(
            CarrierSettings(line.name, line.address, line.address_port or 5060, f"{sip.listen}:{sip.port}")
        )
        trunk = TrunkLine(
            line.name, self.peers, carrier, TRUNK_CALLS, self.loop, self._director, record_dir=self._record_dir
        )
        self._by_peer[line.name] = trunk.happened
        return trunk

    def _port(self, station: Station) -> PortDesk:
        wiring = self.office.board.handset(station.board_port)
        if wiring is None:
            raise ValueError(f"station {station.name}: the board has no handset port {station.board_port}")

        def make_twin(on_ringing: Callable[[bool], None]) -> HandsetTwin:
            card = sound_card_file(self.office.sound_cards, wiring.number)
            return HandsetTwin(wiring, self.office.bench_socket, card, on_ringing=on_ringing)

        return PortDesk(station.name, station.extension, make_twin, self.loop, self._director, self._tones)

    def _phone(self, station: Station) -> PhoneDesk:
        sip = self.office.configuration.sip
        phone = self.peers.add_phone(
            PhoneSettings(
                station.extension,
                station.password,
                sip.realm,
                f"sip:{sip.listen}:{sip.port}",
                bind=self.office.addresses.phones,
                registers_at_once=False,
            )
        )
        self.phones.append(phone)
        desk = PhoneDesk(station.name, phone, self.peers, self._director)
        self._by_peer[station.extension] = desk.happened
        return desk

    def _from_peers(self, event: PeerEvent) -> None:
        happened = self._by_peer.get(event.peer)
        if happened is not None:
            happened(event)
