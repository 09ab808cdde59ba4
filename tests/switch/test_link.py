"""The ACD comes, goes and misbehaves; calls stay up, and every input and effect counts exactly once."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, Connect, HangUpLeg, RefuseLeg, RingStation
from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered, LineChanged, StationChanged, SwitchInput
from appliance.acd.wire import Ack, FromSwitch, ToSwitch, decode_unheard, encode, unheard_name
from appliance.switch.engine import boot_ms
from tests.sound import listen, read_wav
from tests.switch.conftest import Stage
from tests.switch.switch_office import SwitchOffice
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def acd_back(stage: Stage) -> Iterator[None]:
    """Whatever a test did to it, the next one finds the ACD connected and acknowledging."""
    yield
    stage.acd.acknowledge = True
    stage.acd.close()
    stage.acd.connect()
    if stage.acd.heard:
        stage.acd.ack(stage.acd.heard[-1].seq)


def _legs(stage: Stage) -> dict[LegId, str]:
    assert stage.acd.hello is not None
    return {leg.leg: leg.state for leg in stage.acd.hello.legs}


def _of_calls(stage: Stage, mark: int) -> list[SwitchInput]:
    """What was heard but news of devices, which are repeated to every ACD that connects."""
    return [one for one in stage.acd.inputs(mark) if not isinstance(one, LineChanged | StationChanged)]


def test_an_acd_without_memory_is_told_how_every_device_is(stage: Stage) -> None:
    stage.acd.done_to(stage.acd.do(AnswerLeg(LegId("nobody"))))  # everything heard is acknowledged by now
    stage.acd.drop()
    mark = stage.acd.mark
    stage.acd.connect()
    assert stage.acd.wait(LineChanged, since=mark).health == "up"
    for station in ("sip1", "sip2", "sip3"):
        stage.acd.wait(StationChanged, since=mark, station=station, health="up")


def test_calls_go_on_while_the_acd_is_away_and_it_finds_them_again(stage: Stage) -> None:
    talk = stage.conversation()
    _, waiting = stage.answered("600333444")
    ringing, _ = stage.ring("sip2", "202")
    stage.acd.do(Connect(talk.caller, talk.agent))
    stage.hears(talk.at_carrier, 0.5)
    stage.acd.drop()
    stage.hears(talk.at_carrier, 1)
    mark = stage.acd.mark
    stage.acd.connect()
    stage.hears(talk.at_carrier, 1)
    assert _legs(stage) == {
        talk.caller: "answered", talk.agent: "answered", waiting: "answered", ringing: "ringing",
    }  # fmt: skip
    assert {leg.adopted for leg in stage.acd.hello.legs} == {False}  # type: ignore[union-attr]
    assert _of_calls(stage, mark) == []
    stage.end(talk.caller, talk.agent, waiting, ringing)


@pytest.mark.real_time
def test_no_sound_is_missed_when_the_acd_goes_and_comes(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.do(Connect(talk.caller, talk.agent))
    stage.hears(talk.at_carrier, 0.5)
    stage.peers.record(talk.at_carrier, str(stage.records / "through.wav"))
    stage.acd.drop()
    stage.hears(talk.at_carrier, 2)
    stage.acd.connect()
    stage.hears(talk.at_carrier, 1)
    stage.peers.record(talk.at_carrier, "")
    stage.end(talk.caller, talk.agent)
    heard = listen(read_wav(stage.records / "through.wav")[4000:], 1000)
    assert abs(heard.tone_dbfs + 20) < 3 and heard.gap_ms < 20


def test_what_happened_meanwhile_is_told_in_order_and_the_inventory_is_of_before_it(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.drop()
    mark = stage.acd.mark
    stage.peers.hang_up(talk.at_carrier)
    stage.peers.wait("ended", call=talk.at_carrier)
    new = stage.peers.place("carrier", "910000000", "600555666")
    stage.peers.wait("ringing", call=new)
    stage.acd.connect()
    offered = stage.acd.wait(LegOffered, since=mark)
    assert [type(one) for one in _of_calls(stage, mark)] == [LegEnded, LegOffered]
    assert set(_legs(stage)) == {talk.caller, talk.agent}, "the ended leg's end, and the new leg, are still to be told"
    stage.acd.do(RefuseLeg(offered.leg, "busy"), HangUpLeg(talk.agent))
    stage.acd.wait(LegEnded, leg=offered.leg)
    stage.acd.wait(LegEnded, leg=talk.agent)
    stage.nobody_is_up()


def test_inputs_that_were_not_acknowledged_come_again_and_those_that_were_do_not(stage: Stage) -> None:
    stage.acd.acknowledge = False
    call, offered = stage.call_in("600777888")
    stage.acd.do(AnswerLeg(offered.leg))
    stage.acd.wait(LegAnswered, leg=offered.leg)
    first = next(frame for frame in stage.acd.heard if frame.input is offered)
    stage.acd.ack(first.seq)
    stage.acd.done_to(stage.acd.do(AnswerLeg(LegId("nobody"))))  # the Ack was read before this
    stage.acd.drop()
    mark = stage.acd.mark
    stage.acd.connect()
    again = stage.acd.wait(LegAnswered, since=mark, leg=offered.leg)
    assert _of_calls(stage, mark) == [again]
    frames = [frame for frame in stage.acd.heard if frame.input == again]
    assert len({(frame.seq, frame.at_ms) for frame in frames}) == 1, "the same number and the same time both times"
    stage.acd.acknowledge = True
    stage.peers.hang_up(call)
    stage.acd.wait(LegEnded, since=mark, leg=offered.leg)


def test_what_no_acd_hears_is_in_a_file_until_one_has_heard_it(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.done_to(stage.acd.do(AnswerLeg(LegId("nobody"))))  # everything heard is acknowledged by now
    assert stage.acd.hello is not None
    path = stage.office.run_dir / unheard_name("switch", stage.acd.hello.incarnation)
    wait_for("nothing is unheard", lambda: not path.exists())
    stage.acd.drop()
    wait_for("the file is begun", path.exists)
    mark, dropped_ms = stage.acd.mark, boot_ms()
    stage.peers.hang_up(talk.at_carrier)

    def ends() -> list[FromSwitch]:
        return [one for one in decode_unheard(path.read_bytes()).inputs if isinstance(one.input, LegEnded)]

    (frame,) = wait_for("the end is in it", lambda: ends() or None)
    left = decode_unheard(path.read_bytes())
    assert frame.input.leg == talk.caller and frame.at_ms >= dropped_ms - 50  # type: ignore[union-attr]
    wait_for("it says that it is alive", lambda: decode_unheard(path.read_bytes()).alive_ms >= frame.at_ms)
    assert stage.acd.connect().incarnation == left.incarnation
    told = stage.acd.wait(LegEnded, since=mark)
    assert next(one for one in stage.acd.heard if one.input is told) == frame
    stage.end(talk.agent)
    wait_for("nothing is unheard again", lambda: not path.exists())


def test_an_effect_sent_again_is_carried_out_once(stage: Stage) -> None:
    leg = stage.new_leg()
    mark = stage.peers.mark()
    number = stage.acd.do(RingStation(leg, StationName("sip1"), "600111222", "Ventas"))
    stage.acd.done_to(number)
    stage.acd.drop()
    hello = stage.acd.connect()
    assert hello.last_effect == number
    repeated = ToSwitch(number, RingStation(leg, StationName("sip1"), "600111222", "Ventas"))
    stage.acd.send_raw(encode(repeated) + encode(repeated))
    stage.peers.wait("incoming", peer="201", since=mark)
    stage.end(leg)
    assert len([one for one in stage.peers.events[mark:] if one.kind == "incoming"]) == 1


@pytest.mark.parametrize(
    ("nonsense", "words"),
    [
        (b"this is no JSON\n", "broke the protocol"),
        (b'{"frame":"effect","seq":1,"effect":{"type":"LaunchRocket"}}\n', "broke the protocol"),
        (b'{"frame":"ack","seq":1,"more":2}\n', "broke the protocol"),
        (encode(Ack(9_999_999)), "acknowledges input 9999999"),
        (encode(ToSwitch(9_999_999, AnswerLeg(LegId("x")))), "effect 9999999 comes after"),
        (b"x" * 300_000, "longer than"),
    ],
)
def test_an_acd_that_breaks_the_protocol_is_cut_off_and_calls_stay_up(
    stage: Stage, nonsense: bytes, words: str
) -> None:
    _, caller = stage.answered()
    stage.acd.acknowledge = False  # an Ack in the middle of the nonsense would be another nonsense
    stage.acd.done_to(stage.acd.do(AnswerLeg(LegId("nobody"))))
    before = stage.office.log().count(words)
    with contextlib.suppress(ConnectionError):  # it was cut off before it had said it all
        stage.acd.send_raw(nonsense)
    wait_for(f"{words!r} in the log once more", lambda: stage.office.log().count(words) > before)
    stage.acd.acknowledge = True
    stage.acd.close()
    stage.acd.connect()
    assert _legs(stage)[caller] == "answered"
    stage.end(caller)


def test_there_is_one_acd_at_a_time(stage: Stage) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as second:
        second.connect(str(stage.office.run_dir / "switch.sock"))
        second.settimeout(20)
        assert second.recv(100) == b""
    stage.acd.done_to(stage.acd.do(AnswerLeg(LegId("nobody"))))


def test_another_user_is_refused(stage: Stage) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user to try")
    stage.office.run_dir.chmod(0o755)
    path = stage.office.run_dir / "switch.sock"
    path.chmod(0o666)
    stage.acd.drop()
    code = (
        "import os, socket, sys; os.chdir(sys.argv[1]); os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "s = socket.socket(socket.AF_UNIX); s.connect('switch.sock'); s.settimeout(20);"
        "sys.exit(0 if s.recv(1) == b'' else 1)"
    )
    tried = subprocess.run([sys.executable, "-I", "-c", code, str(path.parent)], check=False)
    assert tried.returncode == 0
    assert "user 65534 of group 65534 is not of this product" in stage.office.log()
    stage.acd.connect()


def test_it_ends_on_sigterm_with_every_call_hung_up_and_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    office = SwitchOffice(tmp_path)
    office.start()
    try:
        with office.peers(tmp_path) as peers:
            acd = office.acd()
            acd.wait(StationChanged, station="sip1", health="up")
            call = peers.place("carrier", "910000000", "600111222")
            caller = acd.wait(LegOffered).leg
            acd.do(AnswerLeg(caller))
            acd.wait(LegAnswered, leg=caller)
            office.switch.terminate()
            assert acd.wait(LegEnded, leg=caller).by_us
            assert not peers.wait("ended", call=call).by_us
            assert wait_for("the switch to end", lambda: office.switch.poll() is not None)
            assert office.switch.returncode == 0
            assert not (office.run_dir / "switch.sock").exists()
            acd.close()
    finally:
        office.stop()
