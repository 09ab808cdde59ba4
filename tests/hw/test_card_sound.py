"""A handset's sound through the real pyalsaaudio and the ALSA twin's plugin, with the faults a sound card has."""

import subprocess
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw.boards import Board, HandsetWiring
from hw.card_sound import MAX_QUEUED_FRAMES, CardSound, SoundFailed, open_pcm
from hw.handset_port_sim import sound_card_file
from hw.sound_card_sim import HandsetSoundTwin
from tests.hw.handset_rig import sound_cards
from tests.machine import MachineStalls
from tests.sound import ToneEnd, listen, steady_part
from tests.waiting import wait_for

TALK_S = 12.0
STALL_LIMIT_MS = 15.0
"""Beyond this the machine, not the code, makes gaps: a port bridges 30 to 40 ms, but a stall hits it and its twin."""
PATIENCE_S = 150.0
DRIFTS = {
    "exact": (0, None),
    "fast": (200, None),
    "slow": (-200, None),
    "two clocks": (0, 4000),
    "other way": (0, -4000),
}
SPOKEN_DBFS = -15.0


@dataclass
class Talk:
    """A talk of TALK_S on one card: what both ends heard, and how often the port was late."""

    person: ToneEnd
    switch: ToneEnd
    overruns: int
    underruns: int
    queued_frames: int


def _board(count: int) -> Board:
    wirings = [HandsetWiring(n, f"handset{n}", f"handset{n}", hook_pin=2, lamp_pin=3) for n in range(1, count + 1)]
    return Board("cards only", "mock", handset_port=tuple(wirings))


def _talk(folder: Path, stalls: MachineStalls) -> dict[str, Talk]:
    """All cards at once for TALK_S; less when the machine stood still meanwhile."""
    twins, sounds, talks = [], [], {}
    for number, (name, (drift_ppm, playback_ppm)) in enumerate(DRIFTS.items(), 1):
        twin = HandsetSoundTwin(sound_card_file(folder, number), drift_ppm=drift_ppm, playback_drift_ppm=playback_ppm)
        talks[name] = Talk(ToneEnd(425, SPOKEN_DBFS), ToneEnd(1000, SPOKEN_DBFS), 0, 0, 0)
        twin.attach_person(talks[name].person)
        twin.start()
        twins.append(twin)
        sound = CardSound(f"handset{number}", f"handset{number}", lambda detail: None)
        sound.attach(talks[name].switch)
        sounds.append(sound)
    deadline = time.monotonic() + TALK_S + 5
    wanted = int(TALK_S * 8000) * 2
    while any(len(talk.switch.heard) < wanted for talk in talks.values()) and time.monotonic() < deadline:
        if stalls.worst_ms > STALL_LIMIT_MS:
            break
        time.sleep(0.05)
    for sound, talk in zip(sounds, talks.values(), strict=True):
        talk.overruns, talk.underruns, talk.queued_frames = sound.overruns, sound.underruns, sound.queued_frames
        sound.close()
    for twin in twins:
        twin.close()
    return talks


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory, native_dir: Path) -> dict[str, Talk]:
    """All clocks at once, again while the machine itself stood still meanwhile."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        folder = tmp_path_factory.mktemp("talk")
        with sound_cards(folder, native_dir, _board(len(DRIFTS))), MachineStalls() as stalls:
            found = _talk(folder, stalls)
        if stalls.worst_ms <= STALL_LIMIT_MS:
            return found
        print(f"this machine stood still for {stalls.worst_ms:.0f} ms; measuring again")
        assert time.monotonic() < give_up_at, f"no {TALK_S:g} s without the machine standing still in {PATIENCE_S:g} s"


@pytest.mark.real_time
@pytest.mark.parametrize("name", DRIFTS)
def test_both_hear_the_others_tone_and_nothing_else(talks: dict[str, Talk], name: str) -> None:
    talk = talks[name]
    for heard, hz in ((talk.person.heard, 1000), (talk.switch.heard, 425)):
        tone = listen(steady_part(bytes(heard), hz), hz)
        assert tone.seconds >= 10
        assert abs(tone.tone_dbfs - SPOKEN_DBFS) < 3
        assert tone.gap_ms < 20
        assert tone.other_dbfs < SPOKEN_DBFS - 10


@pytest.mark.real_time
@pytest.mark.parametrize("name", DRIFTS)
def test_no_clock_makes_the_port_late_or_the_delay_grow(talks: dict[str, Talk], name: str) -> None:
    talk = talks[name]
    assert (talk.overruns, talk.underruns) == (0, 0)
    assert talk.queued_frames <= MAX_QUEUED_FRAMES


@dataclass
class Bed:
    twin: HandsetSoundTwin
    sound: CardSound
    person: ToneEnd
    reports: list[str | None]


@pytest.fixture
def bed(tmp_path: Path, native_dir: Path) -> Iterator[Bed]:
    """One card, not talking yet."""
    with sound_cards(tmp_path, native_dir, _board(1)):
        twin = HandsetSoundTwin(sound_card_file(tmp_path, 1))
        person = ToneEnd(425, SPOKEN_DBFS)
        twin.attach_person(person)
        twin.start()
        reports: list[str | None] = []
        sound = CardSound("handset1", "handset1", reports.append)
        yield Bed(twin, sound, person, reports)
        sound.close()
        twin.close()


class HeldUp:
    """An exchange whose process stands still for a while, once."""

    def __init__(self, held_up_s: float) -> None:
        self.end = ToneEnd(1000, SPOKEN_DBFS)
        self.held_up_s = held_up_s
        self.held_up = threading.Event()

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        if len(self.end.heard) > 8000 and not self.held_up.is_set():
            time.sleep(self.held_up_s)
            self.held_up.set()
        return self.end(heard)


@pytest.mark.real_time
def test_a_late_process_loses_sound_recovers_and_adds_no_delay(bed: Bed) -> None:
    switch = HeldUp(0.5)
    bed.sound.attach(switch)
    assert switch.held_up.wait(10)
    held_up_at = len(switch.end.heard)
    wait_for("2 s of sound after it", lambda: len(switch.end.heard) > held_up_at + 32_000)
    # Once each, unless this machine stood still besides: the port counts what the card counted.
    assert bed.sound.overruns == bed.twin.xruns("capture") >= 1
    assert bed.sound.underruns == bed.twin.xruns("playback") >= 1
    assert bed.sound.queued_frames <= MAX_QUEUED_FRAMES
    after = bytes(switch.end.heard[held_up_at + 8000 :])
    assert abs(listen(after, 425).tone_dbfs - SPOKEN_DBFS) < 3
    assert abs(listen(bytes(bed.person.heard[-16_000:]), 1000).tone_dbfs - SPOKEN_DBFS) < 3


def test_what_piles_up_while_it_is_late_is_dropped(bed: Bed) -> None:
    """Late by less than the capture buffer: every period comes, in a burst, but the person must not hear it late."""
    switch = HeldUp(0.1)
    bed.sound.attach(switch)
    assert switch.held_up.wait(10)
    held_up_at = len(switch.end.heard)
    wait_for("a second of sound after it", lambda: len(switch.end.heard) > held_up_at + 16_000)
    assert bed.sound.overruns == 0
    assert bed.sound.queued_frames <= MAX_QUEUED_FRAMES


def test_a_card_pulled_out_and_back_within_3_s_is_not_reported(bed: Bed) -> None:
    switch = ToneEnd(1000)
    bed.sound.attach(switch)
    wait_for("sound", lambda: len(switch.heard) > 4000)
    bed.twin.unplug()
    wait_for("the card is not used", lambda: not bed.twin.in_use)
    bed.twin.plug()
    before = len(switch.heard)
    wait_for("sound again", lambda: len(switch.heard) > before + 8000)
    assert set(bed.reports) == {None}


def test_a_card_that_stays_away_is_reported_with_its_name_and_then_well_again(bed: Bed) -> None:
    bed.twin.unplug()
    bed.sound.attach(ToneEnd(1000))
    wait_for("a report", lambda: len(bed.reports) > 0)
    assert bed.reports[0] is not None
    assert "handset1" in bed.reports[0]
    assert "No such device" in bed.reports[0]
    bed.twin.plug()
    wait_for("well again", lambda: bed.reports[-1] is None)


def test_a_card_somebody_else_uses_is_busy(bed: Bed) -> None:
    other = open_pcm("handset1", playback=False)
    with pytest.raises(SoundFailed, match="busy"):
        open_pcm("handset1", playback=False)
    bed.sound.probe()
    assert bed.reports[-1] is not None
    other.close()
    bed.sound.probe()
    assert bed.reports[-1] is None


def test_a_second_call_hears_nothing_of_the_first(bed: Bed) -> None:
    first, second = ToneEnd(1000), ToneEnd(1000)
    bed.sound.attach(first)
    wait_for("the first call's sound", lambda: len(first.heard) > 16_000)
    bed.sound.detach()
    bed.twin.attach_person(None)
    silent = ToneEnd(425)
    wait_for("the card is not used", lambda: not bed.twin.in_use)
    bed.sound.attach(lambda heard: second(heard) and bytes(len(heard)))
    bed.twin.attach_person(lambda heard: silent(heard) and bytes(len(heard)))
    wait_for("the second call's sound", lambda: len(second.heard) > 16_000 and len(silent.heard) > 8000)
    assert set(second.heard) == {0}
    assert set(silent.heard) == {0}


def test_a_call_attached_over_another_takes_its_place(bed: Bed) -> None:
    first, second = ToneEnd(1000), ToneEnd(1000)
    bed.sound.attach(first)
    wait_for("sound", lambda: len(first.heard) > 3200)
    bed.sound.attach(second)
    said = len(first.heard)
    wait_for("sound of the second", lambda: len(second.heard) > 3200)
    assert len(first.heard) == said


def test_after_detach_the_exchange_is_not_called_and_no_thread_is_left(bed: Bed) -> None:
    switch = ToneEnd(1000)
    bed.sound.attach(switch)
    wait_for("sound", lambda: len(switch.heard) > 3200)
    bed.sound.detach()
    said = len(switch.heard)
    wait_for("the card is not used", lambda: not bed.twin.in_use)
    wait_for("the thread is gone", lambda: not [t for t in threading.enumerate() if t.name == "sound handset1"])
    assert len(switch.heard) == said


def test_an_exchange_that_raises_does_not_end_the_sound(bed: Bed) -> None:
    switch = ToneEnd(1000)

    def raises_once(heard: bytes, said_bytes: int | None = None, /) -> bytes:
        if not switch.heard:
            switch(heard)
            raise ValueError("made by the test")
        return switch(heard)

    bed.sound.attach(raises_once)
    wait_for("sound after it", lambda: len(switch.heard) > 8000)


def test_another_alsa_program_records_and_plays_the_card(bed: Bed, tmp_path: Path) -> None:
    """The plugin keeps ALSA's contract, not just pyalsaaudio's habits: alsa-utils hear the same tone."""
    words = ["-q", "-D", "handset1", "-f", "S16_LE", "-r", "8000", "-c", "1", "-d", "2", "-t", "wav"]
    recorded = tmp_path / "recorded.wav"
    subprocess.run(["arecord", *words, str(recorded)], check=True, timeout=20)
    with wave.open(str(recorded)) as sound:
        heard = sound.readframes(sound.getnframes())
    assert abs(listen(heard[8000:], 425).tone_dbfs - SPOKEN_DBFS) < 3
    bed.person.heard.clear()
    subprocess.run(["aplay", "-q", "-D", "handset1", str(recorded)], check=True, timeout=20)
    assert abs(listen(steady_part(bytes(bed.person.heard), 425), 425).tone_dbfs - SPOKEN_DBFS) < 3


def test_a_killed_owner_leaves_the_card_usable(bed: Bed) -> None:
    """kill -9 of the switch: its lock goes with it, and its stream stands still."""
    words = ["arecord", "-q", "-D", "handset1", "-f", "S16_LE", "-r", "8000", "-c", "1", "-t", "raw", "/dev/null"]
    owner = subprocess.Popen(words)
    wait_for("the card is in use", lambda: bed.twin.in_use)
    bed.sound.probe()
    assert "busy" in str(bed.reports[-1])
    owner.kill()
    owner.wait(10)
    bed.sound.probe()
    assert bed.reports[-1] is None
