"""The noise a line is tried out with, through the real switch: heard whole at the far end; what comes back recorded."""

from array import array

import pytest

from appliance.acd.effects import DialLine, Play, StartRecording, StopRecording
from appliance.acd.ids import LineName, RecordingName
from appliance.acd.inputs import LegAnswered, PlayFinished, RecordingFinished
from appliance.acd.line_tests import SIGNAL
from appliance.demo.sip_records import CarrierBehaviour
from appliance.line_doctor import read_sound
from hw.line_measure import measure, measuring_signal
from tests.sound import read_wav
from tests.switch.conftest import Stage


@pytest.mark.real_time
def test_the_signal_is_played_whole_and_what_comes_back_is_recorded(stage: Stage) -> None:
    stage.peers.behave("carrier", CarrierBehaviour("7", "answers", after_ms=100))
    leg, name = stage.new_leg(), RecordingName("line-tests/trunk-1.wav")
    mark = stage.peers.mark()
    stage.acd.do(DialLine(leg, LineName("trunk"), "700123123"))
    far_end = stage.peers.wait("incoming", peer="carrier", since=mark).call
    stage.acd.wait(LegAnswered, leg=leg)
    stage.peers.record(far_end, str(stage.records / "noise.wav"))
    stage.acd.do(StartRecording(name, (leg,)), Play(leg, (SIGNAL,), "test-1"))
    stage.acd.wait(PlayFinished, token="test-1", timeout_s=40)
    stage.acd.do(StopRecording(name))
    finished = stage.acd.wait(RecordingFinished, recording=name)
    stage.peers.record(far_end, "")
    stage.end(leg)

    sent_ms = len(measuring_signal()) // 8
    assert sent_ms - 100 <= finished.duration_ms <= sent_ms + 500
    sound = read_sound(stage.office.data_dir / "recordings" / name)
    assert sound is not None and sound.echo_loss_ddb is None, f"the carrier's tone is no echo: {sound}"
    assert -300 < sound.level_ddb < -100, "the carrier's own tone"
    heard = measure(array("h", read_wav(stage.records / "noise.wav")))
    assert heard.echo_loss_ddb is not None and abs(heard.echo_loss_ddb) <= 40, f"all of it came through: {heard}"
