"""What the box hears itself in an analogue line's sound, beside what its modem tells: progress tones, without our echo.

A modem with the wrong +GCI country tells no tones, many tell none at all in a talk, and none cancels line echo.
"""

import logging
from collections.abc import Callable

from hw.dle import EventName
from hw.fxo_calls import FxoCall
from hw.own_voice import OwnVoice
from hw.sent_keys import SentKeys
from hw.signals.echo_canceller import EchoCanceller
from hw.signals.howler import HowlerHearer
from hw.signals.libraries import SignalLibraryMissing
from hw.signals.tone_hearer import Tone, ToneHearer
from hw.signals.tones import CountryTone

log = logging.getLogger(__name__)

NOBODY_IS_THERE = Tone(("congestion",), sure=True)
"""What a howler means: the exchange has done with this line, and has said so before."""


class FxoEar:
    """On the device's thread. `disconnect` is the line's own disconnect tone, None for the country's. Without the
    signal libraries sound passes as it is, which is logged once a line."""

    def __init__(
        self,
        country: str,
        cancels_echo: bool,
        on_tone: Callable[[Tone], None],
        disconnect: CountryTone | None = None,
    ) -> None:
        self._on_tone = on_tone
        self._keys = SentKeys()
        self._own = OwnVoice()
        self._heard_ms = 0
        self._hearer: ToneHearer | None = None
        self._howler: HowlerHearer | None = None
        self._canceller: EchoCanceller | None = None
        try:
            self._hearer = ToneHearer(country, disconnect)
            self._howler = HowlerHearer()
            self._canceller = EchoCanceller() if cancels_echo else None
        except SignalLibraryMissing as error:
            log.error("an analogue line hears tones only from its modem, and its echo stays: %s", error)

    @property
    def listens(self) -> bool:
        """Not without the library: it knows neither tones nor whether somebody is there."""
        return self._hearer is not None

    @property
    def lasting(self) -> Tone | None:
        """The tone told last, while it goes on."""
        return self._hearer.lasting if self._hearer is not None else None

    def begin(self) -> None:
        """A call's sound starts."""
        self._keys.begin()
        self._own.begin()
        self._heard_ms = 0
        if self._hearer is not None:
            self._hearer.begin()
        if self._howler is not None:
            self._howler.begin()
        if self._canceller is not None:
            self._canceller.begin()

    def heard(self, sound: bytes) -> bytes:
        """What came (s16le, any number of samples) without echo: whole frames where it is cancelled."""
        if self._canceller is not None:
            sound = self._canceller.heard(sound)
        tone = self._hear(self._hearer, sound) if self._hearer is not None else None
        if self._howler is not None and self._howler.heard(sound):
            tone = NOBODY_IS_THERE
        if tone is not None:
            self._on_tone(tone)
        return sound

    def _hear(self, hearer: ToneHearer, sound: bytes) -> Tone | None:
        tone = hearer.heard(sound)
        other_ms = hearer.take_other_ms()
        self._own.heard(sound)
        if other_ms and not self._own.may_be_heard:  # an exchange's tone keeps the canceller from learning
            self._heard_ms += other_ms
        return tone

    def take_heard_ms(self) -> int:
        """Of sound that is no tone and not our own, since it was asked last. Without the library: nothing."""
        heard_ms, self._heard_ms = self._heard_ms, 0
        return heard_ms

    def sent_keys(self, within_ms: int) -> bool:
        """Whether a key was pressed at our end lately."""
        return self._keys.any_within(within_ms)

    def lost(self, frames: int) -> None:
        """So many of the line's never came; less than none: that many came that were told lost before."""
        if self._canceller is not None:
            self._canceller.lost(frames)

    def sent(self, sound: bytes) -> None:
        self._keys.sent(sound)
        self._own.sent(sound)
        if self._canceller is not None:
            self._canceller.sent(sound)


def meaning(tone: Tone, call: FxoCall) -> EventName | None:
    """What the modem would have told. In a talk only a tone that has lasted for long counts: somebody may whistle."""
    if "ringback" in tone.names:
        # It may be a dial tone, which begins like it; should it last, it is told as what it is.
        return None if call.answered else "ringback"
    if call.answered or tone.names == ("dial",):
        return "dial_tone" if tone.sure else None
    if "busy" in tone.names and "congestion" in tone.names and not tone.sure:
        return None  # it will be told which
    return "congestion" if tone.names[0] == "congestion" else "busy"
