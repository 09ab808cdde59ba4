"""What the switch's tests share: an office with its phones for a whole module, and a conference in this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, HangUpLeg, RingStation
from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered, LegProgress, StationChanged
from appliance.demo.peers_client import RemotePeers
from appliance.switch.engine import Engine, SipAddress
from appliance.switch.native_port import Bridge
from tests.conftest import free_port
from tests.switch.acd_peer import AcdPeer
from tests.switch.switch_office import SwitchOffice
from tests.waiting import wait_for


@dataclass
class Conversation:
    """A caller's leg and a station's, with the keys of the calls at their far ends."""

    caller: LegId
    agent: LegId
    at_carrier: str
    at_phone: str


class Stage:
    """The office, its ACD by script and its people, and the steps most tests begin with."""

    def __init__(self, office: SwitchOffice, peers: RemotePeers, records: Path) -> None:
        self.office = office
        self.peers = peers
        self.records = records
        self.acd: AcdPeer = office.acd()
        self._legs = 0
        for station in ("sip1", "sip2"):
            self.acd.wait(StationChanged, station=station, health="up")

    def new_leg(self) -> LegId:
        self._legs += 1
        return LegId(f"acd-{self._legs}")

    def call_in(self, caller: str = "600111222", called: str = "910000000") -> tuple[str, LegOffered]:
        """A call from the carrier: its key there, and what the ACD is told."""
        mark = self.acd.mark
        call = self.peers.place("carrier", called, caller)
        return call, self.acd.wait(LegOffered, since=mark)

    def answered(self, caller: str = "600111222") -> tuple[str, LegId]:
        call, offered = self.call_in(caller)
        self.acd.do(AnswerLeg(offered.leg))
        self.acd.wait(LegAnswered, leg=offered.leg)
        return call, offered.leg

    def ring(self, station: str = "sip1", extension: str = "201", title: str = "Ventas") -> tuple[LegId, str]:
        """Ring a station: the leg, and the key of the call at the phone."""
        leg = self.new_leg()
        mark = self.peers.mark()
        self.acd.do(RingStation(leg, StationName(station), "600111222", title))
        self.acd.wait(LegProgress, leg=leg)
        return leg, self.peers.wait("incoming", peer=extension, since=mark).call

    def lifted(self, station: str = "sip1", extension: str = "201") -> tuple[LegId, str]:
        leg, at_phone = self.ring(station, extension)
        self.peers.answer(at_phone)
        self.acd.wait(LegAnswered, leg=leg)
        return leg, at_phone

    def conversation(self) -> Conversation:
        """Both answered, not connected yet."""
        at_carrier, caller = self.answered()
        agent, at_phone = self.lifted()
        return Conversation(caller, agent, at_carrier, at_phone)

    def end(self, *legs: LegId) -> None:
        """Hang up what may still be up and wait until it is over everywhere."""
        for leg in legs:
            self.acd.do(HangUpLeg(leg))
            self.acd.wait(LegEnded, leg=leg)
        self.nobody_is_up()

    def nobody_is_up(self) -> None:
        """Every call a peer was told of has ended."""

        def all_over() -> bool:
            events = list(self.peers.events)
            begun = {one.call for one in events if one.kind in ("incoming", "ringing", "answered")}
            return begun <= {one.call for one in events if one.kind == "ended"}

        wait_for("all calls to end", all_over)

    def hears(self, call: str, seconds: float = 1.0) -> None:
        """Let this much more sound come to a call."""
        goal = self.peers.sound(call).rtp_in + int(seconds * 50)
        wait_for("sound to come", lambda: self.peers.sound(call).rtp_in >= goal, timeout_s=seconds + 10)

    def recorded(self, peer: str, call: str) -> Path:
        return self.records / f"{peer}-{call}.wav"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("office")
    folder.chmod(0o755)
    office = SwitchOffice(folder)
    office.start()
    try:
        with office.peers(folder, phones=("201", "202", "203")) as peers:
            yield Stage(office, peers, folder)
    finally:
        office.stop()
        assert "Traceback" not in office.log(), office.log()


@pytest.fixture(scope="session")
def engine(native_dir: Path) -> Iterator[Engine]:
    """PJSIP and its conference in this process: one for the session, for PJSIP allows one."""
    engine = Engine()
    engine.start(SipAddress("127.0.30.3", free_port("127.0.30.3")))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def bridge(engine: Engine, native_dir: Path) -> Bridge:
    return Bridge(native_dir)
