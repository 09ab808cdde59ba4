"""The switch in trouble: strangers, peers that die without a word, Kamailio away, a kill -9 in the middle of calls."""

from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, Connect, HangUpLeg, RingStation, StartRecording
from appliance.acd.ids import LegId, RecordingName, StationName
from appliance.acd.inputs import (
    LegAnswered,
    LegEnded,
    LegHeld,
    LegOffered,
    LineChanged,
    RecordingFinished,
    StationChanged,
)
from appliance.switch.engine import boot_ms
from appliance.switch.recordings import PART_FOLDER
from appliance.switch.sip import MEDIA_WATCH_MS
from tests.conftest import free_port
from tests.sound import read_wav
from tests.switch.conftest import Stage
from tests.switch.kamailio.peer import Peer
from tests.switch.switch_office import CARRIER, INSIDE, SwitchOffice
from tests.waiting import wait_for


def _invite(peer: Peer, office: SwitchOffice, header: str) -> int:
    """The final status of an INVITE straight to the switch."""
    target = (INSIDE, office.switch_port)
    text = peer.request("INVITE", f"sip:910000000@{INSIDE}:{office.switch_port}", "<sip:600@x>;tag=1", extra=header)
    call_id = next(line.split(": ")[1] for line in text.split("\r\n") if line.startswith("Call-ID"))
    peer.send(text, target)
    return peer.response(call_id).status


@pytest.mark.parametrize(
    ("address", "header", "status"),
    [
        (CARRIER, "X-Centralita-Line: trunk\r\n", 403),
        (INSIDE, "X-Centralita-Line: attic\r\n", 404),
        (INSIDE, "", 404),
        (INSIDE, "X-Centralita-Station: 999\r\n", 403),
    ],
)
def test_calls_that_kamailio_did_not_mark_are_refused(stage: Stage, address: str, header: str, status: int) -> None:
    mark = stage.acd.mark
    with Peer(address) as peer:
        assert _invite(peer, stage.office, header) == status
    assert stage.acd.inputs(mark) == []


def test_phones_are_reachable_while_registered_and_survive_kamailios_restart(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    office = SwitchOffice(tmp_path)
    office.start_process("switch")
    try:
        acd = office.acd()
        acd.wait(LineChanged, line="trunk", health="down")
        acd.wait(StationChanged, station="sip1", health="unreachable")
        acd.wait(StationChanged, station="sip3", health="up")
        office.start_process("kamailio")
        acd.wait(LineChanged, line="trunk", health="up")
        with office.peers(tmp_path) as peers:
            acd.wait(StationChanged, station="sip1", health="up")
            mark = acd.mark
            peers.register("201", False)
            acd.wait(StationChanged, since=mark, station="sip1", health="unreachable")
            mark = acd.mark
            peers.register("201", True)
            acd.wait(StationChanged, since=mark, station="sip1", health="up")
        acd.close()
    finally:
        office.stop()


def test_legs_whose_sound_stops_are_hung_up_but_not_the_held_one(tmp_path: Path) -> None:
    """The time is long enough for a machine that runs nobody for a second: no sound, either, until it goes on."""
    tmp_path.chmod(0o755)
    timeout_ms = 4_000
    office = SwitchOffice(tmp_path, media_timeout_s=timeout_ms / 1_000)
    office.start()
    try:
        acd = office.acd()
        with office.peers(tmp_path) as peers:
            acd.wait(StationChanged, station="sip1", health="up")
            peers.place("carrier", "910000000", "600111222")
            caller = acd.wait(LegOffered).leg
            agent = LegId("acd-1")
            acd.do(AnswerLeg(caller), RingStation(agent, StationName("sip1"), "600111222", "Ventas"))
            at_phone = peers.wait("incoming", peer="201").call
            peers.answer(at_phone)
            for leg in (caller, agent):
                acd.wait(LegAnswered, leg=leg)
            peers.wait("answered", call=at_phone)  # it has our ACK, and may ask for something new
            acd.do(Connect(caller, agent))
            peers.hold(at_phone, True)
            acd.wait(LegHeld, leg=agent, held=True)
            assert not [one for one in acd.inputs() if isinstance(one, LegEnded)], "while there was sound"
            killed_ms = boot_ms()
            peers._process.kill()
            ended = acd.wait(LegEnded, timeout_s=30, leg=caller)
            assert (ended.cause, ended.by_us) == ("media_timeout", False)
            # The last sound came when the peers last ran, which may be a while before they were killed.
            assert acd.at_ms(ended) - killed_ms >= timeout_ms / 2
            looked_again_ms = acd.at_ms(ended) + 3 * MEDIA_WATCH_MS
            wait_for("the switch to look again", lambda: boot_ms() > looked_again_ms)
            acd.do(HangUpLeg(agent))
            assert acd.wait(LegEnded, leg=agent).by_us, "the held one is up until we end it"
        acd.close()
    finally:
        office.stop()


def test_a_killed_switch_comes_back_with_another_incarnation_and_mends_its_recordings(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    office = SwitchOffice(tmp_path)
    office.start()
    try:
        acd = office.acd()
        first = acd.hello
        with office.peers(tmp_path) as peers:
            acd.wait(StationChanged, station="sip1", health="up")
            peers.place("carrier", "910000000", "600111222")
            caller = acd.wait(LegOffered).leg
            name = RecordingName("2026/11/cut-off.wav")
            acd.do(AnswerLeg(caller), StartRecording(name, (caller,)))
            acd.wait(LegAnswered, leg=caller)
            parts = office.data_dir / "recordings" / PART_FOLDER
            wait_for(
                "two seconds of it on the disk", lambda: any(one.stat().st_size > 32_000 for one in parts.glob("*"))
            )
            office.kill_switch()
            acd.drop()
            office.start_process("switch")
            mark = acd.mark
            second = acd.connect()
            assert first is not None and second.incarnation != first.incarnation
            assert (second.legs, second.last_effect) == ((), 0)
            mended = acd.wait(RecordingFinished, since=mark)
            assert mended.recording == name and mended.duration_ms >= 1_900
            sound = read_wav(office.data_dir / "recordings" / name)
            assert len(sound) // 16 == mended.duration_ms
            acd.wait(StationChanged, since=mark, station="sip1", health="up")
        acd.close()
    finally:
        office.stop()


def test_a_taken_port_or_missing_parts_are_said_and_end_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    office = SwitchOffice(tmp_path, kamailio=False)
    with Peer(INSIDE, office.switch_port):
        office.start()
        assert office.switch.wait(60) == 1
    assert f"SIP port {INSIDE}:{office.switch_port} cannot be opened" in office.log()
    office.start_process("switch", {"CENTRALITA_NATIVE": str(tmp_path)})
    assert office.switch.wait(60) == 1
    assert "audio_port.so is missing; run ./centralita once" in office.log()
    office.start_process("switch", {"CENTRALITA_PROMPTS": str(tmp_path)})
    assert office.switch.wait(60) == 1
    assert "has no prompts" in office.log()
    assert "Traceback" not in office.log()
    assert free_port(INSIDE) > 0
