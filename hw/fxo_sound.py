"""The sound of a voice modem's duplex mode: shielded companded bytes on the command tty, met in 20 ms frames."""

from collections.abc import Callable

from hw import dle, g711
from hw.devices import FRAME_BYTES
from hw.dtmf import DigitSender
from hw.g711 import Law
from hw.sound_frames import SoundFrames

MAX_UNSENT_BYTES = 10 * FRAME_BYTES // 2
"""200 ms at 8,000 bytes a second; what the modem does not take beyond that is dropped."""


class FxoSound:
    """`heard` gives the answer to bytes from the modem: bytes to send; events go to `on_event` in their place."""

    def __init__(self, law: Law, frames: SoundFrames, on_event: Callable[[int], None]) -> None:
        self._decode = g711.decoder(law)
        self._encode = g711.encoder(law)
        self._frames = frames
        self._on_event = on_event
        self._unshielder = dle.Unshielder()
        self._digits = DigitSender()
        self.dropped_frames = 0

    def begin(self) -> None:
        self._unshielder = dle.Unshielder()
        self._digits.clear()
        self._frames.begin()

    def send_digits(self, digits: str) -> None:
        """As tones: the modem takes no command while it carries sound."""
        self._digits.send(digits)

    def heard(self, data: bytes, unsent_bytes: int) -> tuple[bytes, bytes | None]:
        """What to send, and, when the modem ended the sound, the bytes that followed its end."""
        reply = bytearray()
        for item in self._unshielder.feed(data):
            if isinstance(item, dle.Event):
                self._on_event(item.code)
                continue
            said = self._frames.meet(self._decode(item.data))
            if not said:
                continue
            if unsent_bytes + len(reply) > MAX_UNSENT_BYTES:
                self.dropped_frames += len(said) // FRAME_BYTES
                continue
            reply += dle.shield(self._encode(self._digits.over(said)))
        return bytes(reply), self._unshielder.after_end
