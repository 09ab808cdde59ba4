"""What the switch's tests share: an office with its phones for a whole module, and a conference in this process."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, HangUpLeg, RingStation
from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import (
    LegAnswered,
    LegEnded,
    LegFound,
    LegOffered,
    LegProgress,
    LineChanged,
    StationChanged,
    StationDialled,
)
from appliance.demo.peers_client import RemotePeerError, RemotePeers
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
        self._calls_from = self._inputs_from = 0
        """Where the test began, in the peers' events and in what the ACD heard."""
        self.acd.wait(LineChanged, line="trunk", health="up")
        for station in ("sip1", "sip2", "sip3"):
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
        """Every call a peer was told of in this test has ended."""
        wait_for(f"all calls to end, of which are up {self._calls_up()}", lambda: not self._calls_up())

    def _calls_up(self) -> set[str]:
        events = list(self.peers.events)[self._calls_from :]
        begun = {one.call for one in events if one.kind in ("incoming", "ringing", "answered")}
        return begun - {one.call for one in events if one.kind == "ended"}

    def _legs_up(self) -> set[LegId]:
        inputs = self.acd.inputs(self._inputs_from)
        legs = {one.leg for one in inputs if isinstance(one, LegOffered | LegProgress | LegAnswered | StationDialled)}
        legs |= {one.found.leg for one in inputs if isinstance(one, LegFound)}
        return legs - {one.leg for one in inputs if isinstance(one, LegEnded)}

    def begin_a_test(self) -> None:
        """What was left by those before is theirs."""
        self._calls_from, self._inputs_from = self.peers.mark(), self.acd.mark

    def end_a_test(self) -> None:
        """Nothing of this test goes on in the next: what it left is hung up, and is its failure and no other's."""
        try:
            wait_for("what is ending to end", lambda: not (self._calls_up() or self._legs_up()), timeout_s=10)
        except AssertionError:
            left = f"calls {self._calls_up()} and legs {self._legs_up()} were left up"
            self.acd.do(*(HangUpLeg(leg) for leg in self._legs_up()))
            for call in self._calls_up():
                with contextlib.suppress(RemotePeerError):  # it ended in this moment
                    self.peers.hang_up(call)
            wait_for(left, lambda: not (self._calls_up() or self._legs_up()))
            raise AssertionError(left) from None

    def hears(self, call: str, seconds: float = 1.0) -> None:
        """Let this much more sound come to a call."""
        goal = self.peers.sound(call).rtp_in + int(seconds * 50)
        wait_for("sound to come", lambda: self.peers.sound(call).rtp_in >= goal, timeout_s=seconds + 10)

    def recorded(self, peer: str, call: str) -> Path:
        return self.records / f"{peer}-{call}.wav"


@pytest.fixture(scope="module")
def stage_of_the_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
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


@pytest.fixture
def stage(stage_of_the_module: Stage) -> Iterator[Stage]:
    """The module's, with nothing on it of the tests before."""
    stage_of_the_module.begin_a_test()
    yield stage_of_the_module
    stage_of_the_module.end_a_test()


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
