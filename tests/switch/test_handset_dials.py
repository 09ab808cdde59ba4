"""A wired handset dials: tone, keys, leg, talk and every way it can end, on the real device code and its twin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.ids import LegId
from appliance.acd.inputs import LegCause
from appliance.switch.legs import LegImpossible, LegPort
from appliance.switch.stations.port import DialPlace
from hw.signals.dialling import DialTimings
from tests.hw.handset_rig import sound_cards
from tests.sound import listen, samples, steady_part
from tests.switch.test_handset_station import DIALLED_LEG, LEG, MESA1, PLACE, Desk, _talking
from tests.waiting import wait_for

pytestmark = pytest.mark.real_time  # a key is 100 ms of sound: a machine that stands still cuts it in two
QUICK = DialPlace(PLACE.tones, PLACE.plan, DialTimings(1_000, 400, 200, 700, 600))


@pytest.fixture
def folder(tmp_path: Path, native_dir: Path) -> Iterator[Path]:
    with sound_cards(tmp_path, native_dir):
        yield tmp_path


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    made = Desk(folder)
    made.exchange.run_until("station", "up", False)
    made.person.silent = True
    yield made
    made.close()


@pytest.fixture
def quick_desk(folder: Path) -> Iterator[Desk]:
    made = Desk(folder, place=QUICK)
    made.exchange.run_until("station", "up", False)
    made.person.silent = True
    yield made
    made.close()


def share_heard(sound: bytes) -> float:
    """In how much of it, by pieces of 20 ms, a tone of ours is heard."""
    frames = [float(abs(samples(sound[at : at + 320])).max()) for at in range(0, len(sound) - 319, 320)]
    return sum(4_000 < peak < 5_000 for peak in frames) / len(frames)


def _lifted(desk: Desk) -> None:
    desk.twin.lift()
    desk.exchange.run_until("station", "up", True)
    wait_for("dial tone", lambda: len(desk.person.heard) > 4_800)


def _dialled(desk: Desk, digits: str) -> LegPort:
    _lifted(desk)
    desk.person.dials(digits)
    desk.exchange.run_until("dialled", MESA1, digits)
    assert desk.exchange.dialled_port is not None
    return desk.exchange.dialled_port


def _in_talk(desk: Desk) -> LegPort:
    port = _dialled(desk, "112")
    port.answer()
    assert desk.exchange.last() == ("answered", DIALLED_LEG, "signalled")
    return port


def test_lifted_it_gives_dial_tone_and_dials_what_is_keyed(desk: Desk) -> None:
    _lifted(desk)
    wait_for("a second of it", lambda: len(desk.person.heard) > 24_000)
    tone = listen(steady_part(bytes(desk.person.heard), 425), 425)
    assert abs(tone.tone_dbfs + 20) < 2 and tone.other_dbfs < -40 and tone.gap_ms <= 20, tone
    desk.person.dials("600123123")
    desk.exchange.run_until("dialled", MESA1, "600123123")
    port = desk.exchange.dialled_port
    assert port is not None and port.slot is None
    port.answer()
    assert desk.exchange.last() == ("answered", DIALLED_LEG, "signalled")
    assert port.slot == 7
    desk.person.silent = False
    heard = desk.exchange.place.end.heard
    wait_for("two seconds of talk", lambda: len(heard) > 32_000)
    assert abs(listen(steady_part(bytes(heard), 425), 425).tone_dbfs + 15) < 3
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)
    assert desk.exchange.told[-2] == ("ended", DIALLED_LEG, "normal", False)
    assert not desk.exchange.place.is_open
    wait_for("the card is not used", lambda: not desk.twin.sound.in_use)


def test_an_emergency_goes_out_with_its_last_digit(desk: Desk) -> None:
    _lifted(desk)
    before = len(desk.person.heard)
    desk.person.dials("112")
    desk.exchange.run_until("dialled", MESA1, "112")
    took_ms = (len(desk.person.heard) - before) / 16
    assert took_ms < DialTimings().between_digits_ms * 0.75, "three digits take 600 ms, and nothing is waited for"


def test_a_code_that_may_go_on_is_dialled_after_a_pause(quick_desk: Desk) -> None:
    port = _dialled(quick_desk, "*46")
    port.answer()
    port.hang_up("normal")
    assert quick_desk.exchange.last() == ("ended", DIALLED_LEG, "normal", True)


def test_keys_in_a_talk_are_told_for_the_leg(desk: Desk) -> None:
    _talking(desk)
    desk.person.dials("*1")

    def told() -> bool:
        return desk.exchange.digits == [(LEG, "*"), (LEG, "1")]

    wait_for("both keys", told)


def test_with_nothing_dialled_it_hears_congestion_then_nothing(quick_desk: Desk) -> None:
    _lifted(quick_desk)

    def silent() -> bool:
        quick_desk.exchange.turn()
        return not quick_desk.twin.sound.in_use

    wait_for("the card is not used", silent)
    with pytest.raises(LegImpossible, match="off hook"):
        quick_desk.station.ring(LEG, "", "")
    quick_desk.twin.replace()
    quick_desk.exchange.run_until("station", "up", False)
    quick_desk.station.ring(LEG, "", "").hang_up("normal")


def test_what_nobody_takes_is_over_after_a_while(quick_desk: Desk) -> None:
    _dialled(quick_desk, "112")
    quick_desk.exchange.run_until("ended", DIALLED_LEG, "failed", True)
    quick_desk.twin.replace()
    quick_desk.exchange.run_until("station", "up", False)


@pytest.mark.parametrize("cause", ["congestion", "busy"])
def test_a_refused_leg_is_congestion_until_it_is_put_down(desk: Desk, cause: LegCause) -> None:
    port = _dialled(desk, "112")
    port.refuse(cause)
    assert desk.exchange.last() == ("ended", DIALLED_LEG, cause, True)
    before = len(desk.person.heard)
    wait_for("two seconds of sound", lambda: len(desk.person.heard) > before + 32_000)
    assert share_heard(bytes(desk.person.heard[before:])) == pytest.approx(0.33, abs=0.12)
    port.hang_up("normal")  # of a leg that is over: nothing
    assert desk.exchange.last() == ("ended", DIALLED_LEG, cause, True)
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)


def test_while_it_is_off_its_hook_it_is_never_rung(desk: Desk) -> None:
    _lifted(desk)
    with pytest.raises(LegImpossible, match="dialling"):
        desk.station.ring(LEG, "", "")
    desk.person.dials("112")
    desk.exchange.run_until("dialled", MESA1, "112")
    port = desk.exchange.dialled_port
    assert port is not None
    with pytest.raises(LegImpossible, match="dialled"):
        desk.station.ring(LEG, "", "")
    port.answer()
    with pytest.raises(LegImpossible, match="talking"):
        desk.station.ring(LEG, "", "")
    port.hang_up("normal")
    with pytest.raises(LegImpossible, match="off hook"):
        desk.station.ring(LEG, "", "")
    assert [one for one in desk.exchange.told if one[0] == "station"][1:] == [("station", "up", True)] * 2
    assert not desk.twin.ringing


def test_put_down_in_every_state_it_can_be_lifted_and_rung_again(desk: Desk) -> None:
    _lifted(desk)
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)
    _dialled(desk, "112")
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)
    assert desk.exchange.told[-2] == ("ended", DIALLED_LEG, "cancelled", False)
    _in_talk(desk).hang_up("normal")
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)
    late = desk.exchange.dialled_port
    assert late is not None
    late.answer()  # of a leg that is over: nothing
    assert desk.exchange.last() == ("station", "up", False)
    desk.station.ring(LegId("acd-2"), "", "").hang_up("normal")


def test_a_card_pulled_out_while_it_dials_or_talks(desk: Desk) -> None:
    _lifted(desk)
    desk.twin.unplug()
    desk.exchange.run_until("station", "unreachable", True)
    desk.twin.plug()
    desk.exchange.run_until("station", "up", True)
    before = len(desk.person.heard)
    wait_for("the tone is back", lambda: len(desk.person.heard) > before + 8_000)
    desk.person.dials("112")
    desk.exchange.run_until("dialled", MESA1, "112")
    desk.twin.unplug()
    desk.exchange.run_until("ended", DIALLED_LEG, "unreachable", False)
    desk.twin.plug()
    desk.exchange.run_until("station", "up", True)
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)


def test_put_down_and_lifted_at_once_it_has_a_dial_tone_anew(desk: Desk) -> None:
    _lifted(desk)
    desk.person.dials("112")
    heard = desk.person.heard
    before = len(heard)
    wait_for("the digits are said", lambda: len(heard) > before + 16 * 1_000)  # the engine does not run meanwhile
    waiting = desk.exchange.waiting()
    desk.twin.replace()
    wait_for("it is told", lambda: desk.exchange.waiting() > waiting)
    desk.twin.lift()
    desk.exchange.run_until("dialled", MESA1, "112")  # it was complete before it was put down
    desk.exchange.run_until("station", "up", True)
    assert desk.exchange.told[-4:-1] == [
        ("dialled", MESA1, "112"),
        ("ended", DIALLED_LEG, "cancelled", False),
        ("station", "up", False),
    ]
