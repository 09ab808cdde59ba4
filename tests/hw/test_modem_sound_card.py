"""An EC25 whose sound is a USB sound card: the real driver, the real ALSA library, the twins of modem and card."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw.at_modem import AtModem
from hw.at_modem_sim import AtModemTwin
from hw.devices import Answered, Ended, Health, Ringing
from hw.modem_profiles import ProfileError, read_gsm_profile, with_card_sound
from hw.sound_card_sim import HandsetSoundTwin, write_alsa_configuration
from tests.hw.modem_rig import QUICK_GSM, Events, quick_gsm_faults
from tests.machine import judged_on_a_steady_machine
from tests.sound import ToneEnd, level_dbfs, listen, steady_part
from tests.waiting import wait_for

CARD = "Android"
NUMBER = "600123123"


@dataclass
class Bed:
    modem: AtModem
    twin: AtModemTwin
    card: HandsetSoundTwin
    events: Events

    def call(self, network: ToneEnd, host: ToneEnd) -> None:
        self.twin.attach_far_end(network)
        self.modem.attach_sound(host)
        self.twin.ring(NUMBER)
        self.events.next(Ringing)
        self.modem.answer()
        self.events.next(Answered)


def _modem(twin: AtModemTwin, events: Events) -> AtModem:
    return AtModem(
        name="ec25",
        profile=with_card_sound(read_gsm_profile("ec25")),
        port=twin.port,
        card=f"alsa:{CARD}",
        events=events.put,
        timings=QUICK_GSM,
    )


@pytest.fixture
def bed(tmp_path: Path, native_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bed]:
    """A modem that is up, its card known to ALSA in this process."""
    memory = tmp_path / "card"
    for name, value in write_alsa_configuration(tmp_path / "alsa.conf", {CARD: memory}, native_dir).items():
        monkeypatch.setitem(os.environ, name, value)
    card = HandsetSoundTwin(memory, drift_ppm=200)
    twin = AtModemTwin(tmp_path, name="ec25", model="ec25", faults=quick_gsm_faults())
    twin.attach_card(card)
    card.start()
    twin.start()
    events = Events()
    modem = _modem(twin, events)
    modem.start()
    events.health("up")
    yield Bed(modem, twin, card, events)
    modem.close()
    twin.close()
    card.close()


@pytest.mark.real_time
@judged_on_a_steady_machine
def test_sound_goes_both_ways_through_the_card_and_the_tty_has_none(bed: Bed) -> None:
    network, host = ToneEnd(425), ToneEnd(1000)
    bed.call(network, host)
    wait_for("4 s of sound", lambda: min(len(host.heard), len(network.heard)) > 64_000)
    assert "AT+QPCMV=1,2" in bed.twin.commands
    bed.modem.hang_up()
    bed.events.next(Ended)
    for sound, hz in ((bytes(host.heard), 425), (bytes(network.heard), 1000)):
        found = listen(steady_part(sound, hz), hz)
        assert found.seconds > 3 and abs(found.tone_dbfs + 15) < 3, found
        assert found.gap_ms <= 20 and found.other_dbfs < found.tone_dbfs - 20, found
    wait_for("the card is left alone", lambda: not bed.card.in_use)


def test_a_second_call_hears_nothing_of_the_first(bed: Bed) -> None:
    loud = ToneEnd(425)
    bed.call(loud, ToneEnd(1000))
    wait_for("sound in the first call", lambda: len(loud.heard) > 8_000)
    bed.twin.far_end_hangs_up()
    bed.events.next(Ended)
    silent, second = ToneEnd(1000, -120), ToneEnd(1000)
    bed.call(silent, second)
    wait_for("sound in the second call", lambda: len(second.heard) > 8_000)
    assert level_dbfs(bytes(second.heard)) < -60


def test_a_card_that_goes_with_its_modem_comes_back_with_it(bed: Bed) -> None:
    bed.call(ToneEnd(425), ToneEnd(1000))
    bed.twin.unplug()
    assert bed.events.next(Ended).cause == "line_lost"
    bed.events.health("down")
    bed.twin.plug()
    bed.events.health("up")
    host = ToneEnd(1000)
    bed.call(ToneEnd(425), host)
    wait_for("sound again", lambda: level_dbfs(bytes(host.heard[-3200:])) > -20)


def test_a_modem_without_such_a_card_says_what_is_wrong(tmp_path: Path) -> None:
    twin = AtModemTwin(tmp_path, name="ec25", model="ec25", faults=quick_gsm_faults())
    twin.start()
    events = Events()
    modem = _modem(twin, events)
    modem.start()
    try:
        events.health("up")
        twin.ring(NUMBER)
        events.next(Ringing)
        modem.answer()
        fault = events.next(Health, where=lambda health: health.state == "degraded")
        assert "does not start its sound" in fault.detail
    finally:
        modem.close()
        twin.close()


def test_a_model_that_is_no_sound_card_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"SIM7600.*not known as a sound card"):
        with_card_sound(read_gsm_profile("sim7600"))
