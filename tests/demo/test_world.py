"""The world without a box: its lines ring, its callers give up, hands move handsets, and the socket says why not."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.office import Addresses, Office, prepare_office
from appliance.demo.world_records import WorldRefused, WorldState
from appliance.demo.world_socket import WorldClient
from hw.modem_profiles import read_gsm_profile
from tests.hw.fxo_stories import RawPort
from tests.waiting import PATIENCE_S, wait_for

NETWORK = 86


@pytest.fixture
def office(tmp_path: Path, native_dir: Path) -> Office:
    return prepare_office(tmp_path, Addresses.of_network(NETWORK), native_dir=native_dir)


class WorldProcess:
    """`run_world` with nobody calling by themselves, and what it printed."""

    def __init__(self, office: Office, speech_dir: Path) -> None:
        program = "from pathlib import Path; import sys; from appliance.demo.world import run_world; "
        program += "sys.exit(run_world(Path(sys.argv[1]), 1, 0.0, Path(sys.argv[2])))"
        argv = [sys.executable, "-c", program, str(office.directory), str(speech_dir)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> tuple[int, str]:
        """SIGTERM; its exit code, and what it said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=2 * PATIENCE_S)
        return self.process.returncode, errors


@pytest.fixture
def world(office: Office, speech_dir: Path) -> Iterator[WorldProcess]:
    made = WorldProcess(office, speech_dir)
    try:
        assert "el mundo está listo (semilla 1)" in made.line()
        yield made
    finally:
        if made.process.poll() is None:
            assert made.end()[0] == 0
        assert not office.world_socket.exists()


@pytest.fixture
def client(world: WorldProcess, office: Office) -> Iterator[WorldClient]:
    made = WorldClient(office.world_socket)
    yield made
    made.close()


def place(client: WorldClient, line: str, caller: str, patience_s: float = 60) -> str:
    """Place a call as soon as the line's modem has booted and is registered."""

    def placed() -> str | None:
        try:
            return client.place_call(line, caller, patience_s)
        except WorldRefused as refusal:
            assert "not registered yet" in str(refusal)
            return None

    return wait_for(f"{line} to take a call", placed)


def callers(state: WorldState, line: str) -> list[str]:
    return [one.number for one in next(one for one in state.lines if one.line == line).callers]


def test_the_state_shows_the_whole_office(client: WorldClient, office: Office) -> None:
    state = client.state()
    assert [(line.line, line.kind, line.limit) for line in state.lines] == [
        ("gsm1", "gsm", 1),
        ("gsm2", "gsm", 1),
        ("fijo1", "fxo", 1),
        ("troncal", "sip", 8),
    ]
    assert [(one.station, one.kind, one.agent) for one in state.stations] == [
        ("mesa1", "port", "ana"),
        ("mesa2", "port", "luis"),
        ("mesa3", "sip", "carmen"),
        ("mesa4", "sip", "javier"),
    ]
    assert not any(one.ringing or one.lifted or one.manual for one in state.stations)
    for line in office.configuration.line:
        assert not line.port or Path(line.port).exists(), line.port


def test_no_modem_is_another_one(client: WorldClient, office: Office) -> None:
    modems = [line for line in office.configuration.line if line.driver == "gsm"]
    told: dict[str, set[str]] = {"AT+CGSN": set(), "iccid": set()}
    for line in modems:
        port = RawPort(line.port)
        try:
            wait_for("its start", port.says_ok)
            query = read_gsm_profile(line.model or "").iccid_query
            assert query is not None
            for what, command in (("AT+CGSN", "AT+CGSN"), ("iccid", query)):
                assert port.ask(command) == "OK"
                found = re.search(rb"\d{15,19}", port.heard)
                assert found is not None
                told[what].add(found.group().decode())
        finally:
            port.close()
    assert [len(one) for one in told.values()] == [len(modems), len(modems)] != [1, 1]


def test_a_caller_rings_and_gives_up_after_their_patience(client: WorldClient) -> None:
    begun = time.monotonic()
    call = place(client, "gsm1", "600111222", 3.0)
    (seen,) = next(line for line in client.state().lines if line.line == "gsm1").callers
    assert (seen.call, seen.number, seen.stage, seen.manual) == (call, "600111222", "ringing", True)
    wait_for("the caller to give up", lambda: not callers(client.state(), "gsm1"))
    assert time.monotonic() - begun >= 3.0
    with pytest.raises(WorldRefused, match=f"no call '{call}' is up"):
        client.end_call(call)


def test_a_modem_takes_one_call_and_a_trunk_several(client: WorldClient) -> None:
    place(client, "fijo1", "910000111")
    with pytest.raises(WorldRefused, match="line fijo1 is taken"):
        client.place_call("fijo1", "910000222")
    placed = [client.place_call("troncal", f"60000000{n}") for n in range(3)]
    assert len(callers(client.state(), "troncal")) == 3
    for call in placed:
        client.end_call(call)
    wait_for("the trunk's callers to be gone", lambda: not callers(client.state(), "troncal"))
    assert client.state().calls_placed == 4


def test_an_unplugged_modem_loses_its_port_and_its_caller(client: WorldClient, office: Office) -> None:
    port = Path(office.configuration.line[0].port)
    place(client, "gsm1", "600111222")
    client.unplug("gsm1")
    wait_for("its port to be gone", lambda: not port.exists())
    assert callers(client.state(), "gsm1") == []
    with pytest.raises(WorldRefused, match="gsm1 is unplugged"):
        client.place_call("gsm1", "600111222")
    client.plug("gsm1")
    wait_for("its port to be back", port.exists)
    with pytest.raises(WorldRefused, match="has no plug"):
        client.unplug("troncal")


def test_hands_on_a_handset_make_its_agent_step_back(client: WorldClient) -> None:
    client.lift("mesa1")
    seen = client.state().stations[0]
    assert seen.lifted and seen.manual
    with pytest.raises(WorldRefused, match="off its hook already"):
        client.lift("mesa1")
    client.replace("mesa1")
    client.automatic("mesa1")
    seen = client.state().stations[0]
    assert not seen.lifted and not seen.manual
    with pytest.raises(WorldRefused, match="does not ring"):
        client.lift("mesa3")


def test_what_is_not_there_is_refused_with_what_is(client: WorldClient) -> None:
    with pytest.raises(WorldRefused, match="lines are gsm1, gsm2, fijo1, troncal"):
        client.place_call("gsm9", "600")
    with pytest.raises(WorldRefused, match="stations are mesa1, mesa2, mesa3, mesa4"):
        client.lift("mesa9")


def test_each_event_is_a_line_and_sigterm_ends_it_cleanly(world: WorldProcess, client: WorldClient) -> None:
    place(client, "gsm2", "600111222", 0.3)
    assert "☎ 600 111 222 llama por gsm2" in world.line()
    assert "600 111 222 se cansa de esperar y cuelga" in world.line()
    client.place_call("troncal", "")
    assert "número oculto llama por troncal" in world.line()
    assert world.end() == (0, "")


def test_without_voices_it_says_so_and_ends(office: Office, tmp_path: Path) -> None:
    made = WorldProcess(office, tmp_path / "nothing")
    _, errors = made.process.communicate(timeout=2 * PATIENCE_S)
    assert made.process.returncode == 1
    assert "no voices here" in errors
