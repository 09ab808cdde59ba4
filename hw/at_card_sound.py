"""A call's sound of a GSM modem that is a USB sound card (USB audio class), such as an EC25 after AT+QPCMV=1,2.

The same to `at_calls` as `at_sound`: begun when the modem accepted the command, ended with the call. What the card kept
of the call before is gone, for the card is opened anew each time.
"""

import logging
from collections.abc import Callable

from hw.at_session import OpenTransport
from hw.card_sound import CardSound
from hw.sound_frames import SoundFrames

log = logging.getLogger(__name__)

PREFIX = "alsa:"
"""Of an `audio_port` that is not a tty: the name of the card's PCM follows, such as alsa:plughw:CARD=Android."""


class AtCardSound:
    """All methods in the modem loop's thread; the sound has a thread of its own in the card's clock."""

    def __init__(self, frames: SoundFrames) -> None:
        self._frames = frames
        self._card: CardSound | None = None
        self._flowing = False

    def open_at(self, port: str, open_transport: OpenTransport) -> None:
        """Nothing is opened before a call: the card may be looked for by then."""
        pcm = port.removeprefix(PREFIX)
        self._card = CardSound(pcm, pcm, _log_of(pcm))

    def close(self) -> None:
        self.end()
        self._card = None

    def begin(self) -> None:
        """The call's sound flows from now on."""
        self._frames.begin()
        self._flowing = True
        if self._card is not None:
            self._card.attach(self._exchange)

    def end(self) -> None:
        self._flowing = False
        if self._card is not None:
            self._card.detach()

    def pause(self, paused: bool) -> None:
        """Of the modem's serial mode: a card takes what it plays."""

    @property
    def flowing(self) -> bool:
        return self._flowing

    @property
    def heard_bytes(self) -> int:
        """Since `begin`."""
        return self._frames.heard_bytes

    def _exchange(self, heard: bytes) -> bytes:
        return self._frames.meet(heard)


def _log_of(pcm: str) -> Callable[[str | None], None]:
    """A card that fails in a call is in the log; a modem without sound is noticed by its calls."""

    def told(trouble: str | None) -> None:
        if trouble is not None:
            log.warning("sound of the modem at %s: %s", pcm, trouble)

    return told
