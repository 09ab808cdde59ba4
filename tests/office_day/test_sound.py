"""Sound crosses the whole path both ways: 600 Hz from the caller, 1,000 Hz from the agent, and nothing else.

Each path is a call of over 30 s through the real drivers and the real switch; the level arrives within 3 dB of what was
said, with no gap of 20 ms.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from appliance.demo.sip_records import Tone
from tests.machine import judged_on_a_steady_machine
from tests.office_day.hall import PHONE_OF, Hall
from tests.sound import ToneEnd, listen, read_wav, steady_part, tone
from tests.waiting import wait_for

pytestmark = pytest.mark.real_time
CALLER_HZ, AGENT_HZ = 600, 1000
SAID_DBFS = -15.0
TALK_S = 32.0
LEAST_S = 30.0


def check(sound: bytes, hz: int, who: str) -> None:
    """What `who` heard is this tone, whole and alone."""
    part = steady_part(sound, hz)
    heard = listen(part, hz)
    assert heard.seconds >= LEAST_S, f"{who} heard {heard.seconds:.1f} s of {hz} Hz: {heard}"
    assert heard.tone_dbfs == pytest.approx(SAID_DBFS, abs=3), f"{who}: {heard}"
    assert heard.gap_ms < 15, f"{who}: {heard} (measured in steps of 5 ms)"
    assert heard.other_dbfs < heard.tone_dbfs - 20, f"{who} heard something else too: {heard}"


def talk() -> None:
    """The conversation itself: this much time is what is tested."""
    time.sleep(TALK_S + 1)


@judged_on_a_steady_machine
def test_gsm_caller_and_handset(hall: Hall) -> None:
    hall.only("ana")
    caller, agent = ToneEnd(CALLER_HZ, SAID_DBFS), ToneEnd(AGENT_HZ, SAID_DBFS)
    hall.modems["gsm1"].attach_far_end(caller)
    handset = hall.handsets["mesa1"]
    handset.attach_person(agent)
    hall.modems["gsm1"].ring("600100200")
    assert handset.wait_ringing(True, 40)
    handset.lift()
    hall.talking()
    talk()
    handset.replace()
    check(bytes(agent.heard), CALLER_HZ, "the agent")
    check(bytes(caller.heard), AGENT_HZ, "the caller")


@judged_on_a_steady_machine
def test_fxo_caller_and_sip_phone(hall: Hall, tmp_path: Path) -> None:
    hall.only("carmen")
    caller = ToneEnd(CALLER_HZ, SAID_DBFS)
    hall.modems["fijo1"].attach_far_end(caller)
    mark = hall.peers.mark()
    hall.modems["fijo1"].ring("910200300")
    call = hall.peers.wait("incoming", peer=PHONE_OF["carmen"], since=mark).call
    hall.peers.play(call, Tone(AGENT_HZ, SAID_DBFS))
    hall.peers.record(call, str(tmp_path / "agent.wav"))
    hall.peers.answer(call)
    hall.talking()
    talk()
    hall.peers.record(call, "")
    hall.peers.hang_up(call)
    check(read_wav(tmp_path / "agent.wav"), CALLER_HZ, "the agent")
    check(bytes(caller.heard), AGENT_HZ, "the caller")


@judged_on_a_steady_machine
def test_sip_caller_and_handset(hall: Hall, tmp_path: Path) -> None:
    hall.only("luis")
    agent = ToneEnd(AGENT_HZ, SAID_DBFS)
    handset = hall.handsets["mesa2"]
    handset.attach_person(agent)
    call = hall.peers.place("carrier", "910000001", "600300400", Tone(CALLER_HZ, SAID_DBFS))
    assert handset.wait_ringing(True, 40)
    handset.lift()
    hall.talking()
    hall.peers.record(call, str(tmp_path / "caller.wav"))
    talk()
    hall.peers.record(call, "")
    handset.replace()
    check(bytes(agent.heard), CALLER_HZ, "the agent")
    check(read_wav(tmp_path / "caller.wav"), AGENT_HZ, "the caller")


def baresip(folder: Path, hall: Hall, extension: str, password: str, tone_file: Path) -> subprocess.Popen[bytes]:
    """A phone that is not ours: registers, answers by itself, says a file and writes what it hears."""
    addresses = hall.office.addresses
    address = f"127.0.{hall.network}.40"
    (folder / "config").write_text(
        f"""sip_listen {address}:5060
audio_player aubridge,nil
audio_source aufile,{tone_file}
audio_alert aubridge,nil
audio_srate 8000
audio_channels 1
rtp_ports 41000-41100
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_app account.so
module_app menu.so
"""
    )
    realm = hall.office.configuration.sip.realm
    proxy = f"sip:{addresses.listen}:{addresses.sip_port}"
    (folder / "accounts").write_text(
        f'<sip:{extension}@{realm}>;auth_user={extension};auth_pass={password};outbound="{proxy}";regint=60'
        f";answermode=auto;audio_codecs=PCMA;audio_source=aufile,{tone_file}\n"
    )
    (folder / "contacts").touch()
    with (folder / "baresip.log").open("wb") as log:
        return subprocess.Popen(["baresip", "-f", str(folder)], stdin=subprocess.PIPE, stdout=log, stderr=log)


@judged_on_a_steady_machine
def test_sip_caller_and_a_registered_phone_that_is_not_ours(hall: Hall, tmp_path: Path) -> None:
    tmp_path = Path(tempfile.mkdtemp(dir=tmp_path))
    station = next(one for one in hall.office.configuration.station if one.extension == PHONE_OF["javier"])
    hall.phone_leaves("javier")
    raw, said = tmp_path / "tone.raw", tmp_path / "tone.wav"
    raw.write_bytes(tone(AGENT_HZ, 60, SAID_DBFS))
    form = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1"]
    subprocess.run(["sox", *form, raw, said], check=True)
    phone = baresip(tmp_path, hall, station.extension, station.password, said)
    try:
        hall.box.wait_status(
            "baresip registered",
            lambda status: any(one.station == station.name and one.health == "up" for one in status.stations),
        )
        hall.only("javier")
        call = hall.peers.place("carrier", "910000002", "600500600", Tone(CALLER_HZ, SAID_DBFS))
        hall.talking()
        hall.peers.record(call, str(tmp_path / "caller.wav"))
        talk()
        hall.peers.record(call, "")
        hall.peers.hang_up(call)
        hall.box.wait_status("the call over", lambda status: not status.calls)
    finally:
        phone.terminate()
        phone.wait(30)
    heard = wait_for("what baresip heard", lambda: next(iter(tmp_path.glob("*dec.wav")), None))
    check(read_wav(heard), CALLER_HZ, "the agent")
    check(read_wav(tmp_path / "caller.wav"), AGENT_HZ, "the caller")
