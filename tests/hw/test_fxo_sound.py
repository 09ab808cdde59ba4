"""The sound of analogue modems without a modem: paced, shielded, started clean, fed while starved. Time is given."""

from hypothesis import given
from hypothesis import strategies as st

from hw import dle, g711
from hw.dle import Unshielder
from hw.fxo_ear import FxoEar
from hw.fxo_sound import CODES_A_MS, FRAME_CODES, MAX_STOOD_IN_CODES, FxoSound
from hw.sound_frames import SoundFrames

LOUD_SOUND = b"\x00\x20" * FRAME_CODES
LOUD = g711.encoder("a_law")(LOUD_SOUND)
STARVED_MS = 100


class Heard:
    """A user of the sound that says what it hears."""

    def __init__(self) -> None:
        self.sound = bytearray()
        self.events: list[int] = []
        frames = SoundFrames(settle_ms=0)
        frames.attach(self._meet)
        self.fxo = FxoSound("a_law", frames, self.events.append, STARVED_MS, FxoEar("ES", False, print))
        self.fxo.begin(0)

    def _meet(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        self.sound += heard
        return LOUD_SOUND[:320] * ((said_bytes or 0) // 320)

    def take(self, now_ms: float, unsent_bytes: int = 0) -> int:
        """How many codes the modem is sent until now."""
        codes = 0
        while self.fxo.due_ms is not None and self.fxo.due_ms <= now_ms:
            sent = Unshielder().feed(self.fxo.take(unsent_bytes, self.fxo.due_ms))
            codes += sum(len(item.data) for item in sent if isinstance(item, dle.Sound))
        return codes

    @property
    def frames(self) -> int:
        return len(self.sound) // 320


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=160), st.sampled_from([ord(c) for c in "bdu7"])), max_size=40),
       st.data())  # fmt: skip
def test_any_split_gives_the_same_sound_and_events(stream: list[bytes | int], data: st.DataObject) -> None:
    wire = b"".join(bytes([dle.DLE, one]) if isinstance(one, int) else dle.shield(one) for one in stream)
    whole, cut = Heard(), Heard()
    later_ms = 10_000.0  # nothing comes faster than it is spoken
    whole.fxo.heard(wire, later_ms)
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        cut.fxo.heard(wire[:size], later_ms)
        wire = wire[size:]
    assert (bytes(cut.sound), cut.events) == (bytes(whole.sound), whole.events)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_what_was_kept_of_the_call_before_is_left_out_however_it_is_read(sizes: list[int]) -> None:
    """250 ms at once and then sound at its pace: 20 ms of the old may pass, which the settling time silences."""
    heard = Heard()
    stale = LOUD * 12 + LOUD[:80]
    for size in (*sizes, len(stale)):
        if stale:
            heard.fxo.heard(stale[:size], 0.0)
            stale = stale[size:]
    assert heard.frames <= 1
    for number in range(1, 101):
        heard.fxo.heard(LOUD, number * 20.0)
    assert abs(heard.frames - 100) <= 2


def test_a_starved_line_is_fed_at_its_pace_and_no_delay_stays() -> None:
    heard = Heard()
    now_ms = 0.0
    for _ in range(50):
        now_ms += 20
        heard.fxo.heard(LOUD, now_ms)
    heard.take(now_ms)
    fed = 0
    for _ in range(5):  # 300 ms without a byte
        now_ms += 60
        heard.fxo.stand_in(now_ms)
        fed += heard.take(now_ms)
    assert abs(heard.frames - 65) <= 1, "our clock went on"
    assert abs(fed - 15 * FRAME_CODES) <= FRAME_CODES
    for at in range(0, len(LOUD) * 15, 97):  # what was late comes at once, in odd pieces
        heard.fxo.heard((LOUD * 15)[at : at + 97], now_ms)
    assert abs(heard.frames - 65) <= 2, "it is not spoken twice"
    for _ in range(50):
        now_ms += 20
        heard.fxo.heard(LOUD, now_ms)
    assert abs(heard.frames - 115) <= 2
    assert 14 <= heard.fxo.starved_frames <= 15


def test_sound_that_was_lost_is_not_missed_later() -> None:
    """A stall whose sound never comes: what comes afterwards is heard whole."""
    heard = Heard()
    heard.fxo.heard(LOUD, 20.0)
    heard.fxo.stand_in(320.0)
    before = heard.frames
    for number in range(1, 201):
        heard.fxo.heard(LOUD, 320.0 + number * 20)
    assert heard.frames - before == 200


def test_a_dead_modem_is_fed_so_long_and_no_longer() -> None:
    heard = Heard()
    fed = 0
    for now_ms in range(0, 20_000, 60):
        heard.fxo.stand_in(float(now_ms))
        fed += heard.take(float(now_ms))
    assert heard.frames == MAX_STOOD_IN_CODES // FRAME_CODES
    assert heard.fxo.due_ms is None and 0 <= fed - MAX_STOOD_IN_CODES <= 600 * CODES_A_MS
    assert heard.fxo.lost_ms(20_000.0) == 20_000


def test_noise_of_a_line_is_quiet_and_a_voice_is_not() -> None:
    heard = Heard()
    hiss = g711.encoder("a_law")((b"\x30\x00\xd0\xff" * FRAME_CODES)[: 2 * FRAME_CODES])
    heard.fxo.heard(hiss * 10, 3_000.0)
    assert heard.fxo.quiet_since_ms == 0
    heard.fxo.heard(LOUD, 3_020.0)
    assert heard.fxo.quiet_since_ms == 3_020


def test_what_the_modem_does_not_take_is_dropped_and_counted() -> None:
    heard = Heard()
    heard.fxo.heard(LOUD, 3_000.0)
    assert heard.take(3_000.0, unsent_bytes=10_000) == 0
    assert heard.fxo.dropped_frames == 2
    assert heard.take(3_020.0) == FRAME_CODES
