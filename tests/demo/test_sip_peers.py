"""SIP peers among themselves: a carrier calls a phone with nothing between, and each hears the other's tone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.peers_client import RemotePeerError, RemotePeers
from appliance.demo.sip_records import CarrierBehaviour, CarrierSettings, PeerEvent, PhoneSettings, Tone
from tests.sound import listen, read_wav, steady_part, tone_dbfs
from tests.waiting import wait_for

PHONE = "127.0.80.30"
CARRIER = "127.0.80.20"


@pytest.fixture
def peers() -> Iterator[RemotePeers]:
    with RemotePeers() as remote:
        yield remote


def phone_and_carrier(peers: RemotePeers, records: Path, auto_answer_ms: int = -1) -> None:
    contact = peers.add_phone(
        PhoneSettings("101", bind=PHONE, auto_answer_ms=auto_answer_ms, sound=Tone(1000, -15), record_dir=str(records))
    )
    peers.add_carrier(
        CarrierSettings(address=CARRIER, port=0, box=contact, sound=Tone(425, -20), record_dir=str(records))
    )


def ring(peers: RemotePeers) -> tuple[str, PeerEvent]:
    call = peers.place("carrier", "101", "600111222")
    incoming = peers.wait("incoming", peer="101")
    assert (incoming.number, incoming.called) == ("600111222", "101")
    peers.wait("ringing", call=call)
    return call, incoming


@pytest.mark.real_time
def test_a_call_from_the_carrier_to_a_phone_carries_sound_both_ways(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path)
    call, incoming = ring(peers)
    peers.answer(incoming.call)
    peers.wait("answered", call=call)
    peers.wait("answered", call=incoming.call)
    peers.wait("ended", call=talk_for(peers, call, 120))
    at_phone = read_wav(tmp_path / f"101-{incoming.call}.wav")
    at_carrier = read_wav(tmp_path / f"carrier-{call}.wav")
    for heard, theirs, mine, dbfs in ((at_phone, 425, 1000, -20.0), (at_carrier, 1000, 425, -15.0)):
        steady = steady_part(heard, theirs)
        found = listen(steady, theirs)
        assert found.seconds > 1
        assert abs(found.tone_dbfs - dbfs) < 1
        assert found.gap_ms < 20
        assert tone_dbfs(steady, mine) < dbfs - 30


def talk_for(peers: RemotePeers, call: str, packets: int) -> str:
    """Waits until so many RTP packets of 20 ms have come, then hangs up."""
    wait_for(f"{packets} RTP packets", lambda: peers.sound(call).rtp_in >= packets)
    assert peers.sound(call).loudest_dbfs == pytest.approx(-15, abs=2)
    peers.hang_up(call)
    return call


def test_who_hangs_up_is_told_to_both(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path, auto_answer_ms=50)
    call, incoming = ring(peers)
    peers.wait("answered", call=call)
    peers.hang_up(incoming.call)
    assert peers.wait("ended", call=incoming.call).by_us
    assert not peers.wait("ended", call=call).by_us


def test_a_phone_rejects_a_caller_gives_up_and_the_next_call_still_works(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path)
    call, incoming = ring(peers)
    peers.reject(incoming.call)
    assert peers.wait("ended", call=call).code == 486
    mark = peers.mark()
    call = peers.place("carrier", "101", "")
    incoming = peers.wait("incoming", since=mark)
    assert incoming.number == ""
    peers.hang_up(call)
    assert peers.wait("ended", call=incoming.call).code == 487
    mark = peers.mark()
    call = peers.place("carrier", "101", "600")
    peers.answer(peers.wait("incoming", since=mark).call)
    peers.wait("answered", call=call)


def test_a_phone_in_a_call_is_busy_for_the_next(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path, auto_answer_ms=0)
    first = peers.place("carrier", "101", "600")
    peers.wait("answered", call=first)
    second = peers.place("carrier", "101", "601")
    assert peers.wait("ended", call=second).code == 486


def test_digits_and_hold_arrive(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path, auto_answer_ms=0)
    call, incoming = ring(peers)
    peers.wait("answered", call=incoming.call)
    peers.send_digits(call, "4*7")
    digits, mark = "", 0
    while len(digits) < 3:
        digits += peers.wait("digit", call=incoming.call, since=mark).text
        mark = 1 + next(i for i, e in enumerate(peers.events) if i >= mark and e.kind == "digit")
    assert digits == "4*7"
    peers.hold(incoming.call, True)
    peers.wait("held", call=call)
    mark = peers.mark()
    peers.hold(incoming.call, False)
    peers.wait("resumed", call=call, since=mark)


def test_the_carrier_treats_numbers_as_told(peers: RemotePeers, tmp_path: Path) -> None:
    phone_and_carrier(peers, tmp_path)
    carrier = peers.add_carrier(CarrierSettings(name="far", address="127.0.80.21", port=0))
    peers.behave("far", CarrierBehaviour("", "busy", 0))
    peers.behave("far", CarrierBehaviour("91", "answers", 50, 100))
    peers.add_carrier(CarrierSettings(name="near", address="127.0.80.22", port=0, box=carrier))
    busy = peers.place("near", "600123123")
    assert peers.wait("ended", call=busy).code == 486
    answered = peers.place("near", "915550000")
    peers.wait("answered", call=answered)
    peers.wait("ended", call=answered)


def test_what_cannot_be_done_is_said(peers: RemotePeers) -> None:
    with pytest.raises(RemotePeerError, match="is over, or never was"):
        peers.answer("s99")
    with pytest.raises(RemotePeerError, match="nobody"):
        peers.place("nobody", "101")
    peers.add_phone(PhoneSettings("101", bind=PHONE))
    with pytest.raises(RemotePeerError, match="already a peer"):
        peers.add_phone(PhoneSettings("101", bind=PHONE))
    with pytest.raises(TimeoutError, match="instead: nothing"):
        peers.wait("answered", timeout_s=0.05)
