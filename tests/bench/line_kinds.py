"""The kinds of modem line whose sound is measured: of each the twin with its far end, and the real driver.

`serial`: PCM on a tty of its own, paced by our clock. `fxo`: an analogue modem's companded bytes on its command tty,
with tone hearing and echo canceller as on a real line. `card`: a modem that is a USB sound card, by the ALSA library.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from appliance.switch.native_port import AudioPort
from hw.at_modem import AtModem
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_modem_sim_sound import SoundFaults
from hw.devices import LineEvent
from hw.fxo_modem import FxoModem
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import FxoFaults
from hw.modem_profiles import read_fxo_profile, read_gsm_profile, with_card_sound
from hw.sound_card_sim import HandsetSoundTwin, write_alsa_configuration
from hw.twins import FarEnd
from tests.line_listening import marked_tone

LineKind = Literal["serial", "fxo", "card"]
MODELS: dict[LineKind, str] = {"serial": "sim7600", "fxo": "cx93010", "card": "ec25"}
CARD = "Android"
COUNTRY = "ES"
"""Of the analogue line and its twin's exchange."""
DIALLED_S = 10.0


class MarkedEnd:
    """The far end of a twin's call: says the marked tone, keeps what it hears, notes when. With a `card` its clock says
    when what is said reaches the card, and when what is heard was played: it is a little ahead and behind."""

    def __init__(self, hz: int, card: HandsetSoundTwin | None = None) -> None:
        self._period = marked_tone(hz)
        self._at = 0
        self._card = card
        self.said, self.heard = bytearray(), bytearray()
        self.said_notes: list[tuple[int, float]] = []
        self.heard_notes: list[tuple[int, float]] = []

    def __call__(self, heard: bytes) -> bytes:
        now, card = time.monotonic(), self._card
        self.said_notes.append((len(self.said) // 2, now + (card.said_ahead_ms / 1000 if card is not None else 0)))
        self.heard_notes.append((len(self.heard) // 2, now - (card.heard_ago_ms / 1000 if card is not None else 0)))
        self.heard += heard
        said = (self._period[self._at :] + self._period)[: len(heard)]
        self._at = (self._at + len(heard)) % len(self._period)
        self.said += said
        return said


class _Twin(Protocol):
    port: str
    audio_port: str

    def start(self) -> None: ...
    def attach_far_end(self, far_end: FarEnd) -> None: ...
    def far_end_answers(self) -> None: ...
    def close(self) -> None: ...


@dataclass
class FarSide:
    """The twin, which is started, and who is at the other end of its call."""

    twin: _Twin
    end: MarkedEnd
    card: HandsetSoundTwin | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """Of the driver's process."""
    dialled: threading.Event = field(default_factory=threading.Event)
    """The exchange has the number."""

    @property
    def audio_port(self) -> str:
        return self.twin.audio_port

    def answers(self) -> None:
        if isinstance(self.twin, FxoModemTwin) and not self.dialled.wait(DIALLED_S):
            raise RuntimeError("the exchange was told no number")
        self.twin.far_end_answers()

    def lost(self) -> dict[str, int]:
        """How often the host was late for the modem, or gave it too much."""
        if self.card is not None:
            return {f"card_{way}_xruns": self.card.xruns(way) for way in ("capture", "playback")}
        assert isinstance(self.twin, AtModemTwin | FxoModemTwin)
        return {"twin_underruns": self.twin.sound.underruns, "twin_overruns": self.twin.sound.overruns}

    def close(self) -> None:
        self.twin.close()
        if self.card is not None:
            self.card.close()


def far_side(kind: LineKind, folder: Path, hz: int, ppm: float, jitter_ms: float, native_dir: Path) -> FarSide:
    """The twin's clock is off by `ppm`; what a tty's says comes up to `jitter_ms` late. A card's has its own clock,
    and nothing of it is late."""
    if kind == "fxo":
        fxo = FxoModemTwin(
            folder, name="line", model=MODELS[kind], faults=FxoFaults(drift_ppm=ppm, jitter_ms=jitter_ms)
        )
        side = FarSide(fxo, MarkedEnd(hz))
        fxo.on_event = lambda what, _: side.dialled.set() if what == "dialled" else None
        fxo.attach_far_end(side.end)
    else:
        faults = AtFaults(sound=SoundFaults(drift_ppm=ppm, jitter_ms=jitter_ms), alert_after_ms=50)
        gsm = AtModemTwin(folder, name="line", model=MODELS[kind], faults=faults)
        card, environment = None, {}
        if kind == "card":
            environment = write_alsa_configuration(folder / "alsa.conf", {CARD: folder / "card"}, native_dir)
            card = HandsetSoundTwin(folder / "card", drift_ppm=round(ppm))
            gsm.attach_card(card)
            card.start()
        side = FarSide(gsm, MarkedEnd(hz, card), card, environment)
        gsm.attach_far_end(side.end)
    side.twin.start()
    return side


class Driver:
    """The line's driver, as the switch's lines use it: sound begins with the answer."""

    def __init__(
        self, kind: LineKind, port: str, audio_port: str, place: AudioPort, tell: Callable[[LineEvent], None]
    ) -> None:
        self._place = place
        self._modem: AtModem | FxoModem
        if kind == "fxo":
            fxo = read_fxo_profile(MODELS[kind])
            self._modem = FxoModem(name="line", profile=fxo, port=port, events=tell, country=COUNTRY)
        elif kind == "card":
            profile = with_card_sound(read_gsm_profile(MODELS[kind]))
            self._modem = AtModem(name="line", profile=profile, port=port, card=f"alsa:{CARD}", events=tell)
        else:
            profile = read_gsm_profile(MODELS[kind])
            self._modem = AtModem(name="line", profile=profile, port=port, audio_port=audio_port, events=tell)

    def start(self) -> None:
        self._modem.start()

    def dial(self, number: str) -> None:
        self._modem.dial(number)

    def answered(self) -> None:
        self._place.open()
        self._modem.attach_sound(self._place.exchange)

    def close(self) -> None:
        self._modem.hang_up()
        self._modem.close()
