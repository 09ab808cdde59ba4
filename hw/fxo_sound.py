"""The sound of a voice modem's duplex mode: shielded companded bytes on the command tty.

What comes from the modem is heard as it comes; it is given its frames on time in its own clock, which `sound_pace`
tells from what came. When nothing comes, our clock takes over: silence stands for what should have come, the modem goes
on being fed, and what then comes in a burst is left out as far as it was stood in for, so that no delay stays behind.

A modem plays one frame while it says one. So the echo canceller meets what was sent with what came one by one, and is
given silence for each frame that the modem had to do without.
"""

import struct
from collections.abc import Callable

from hw import dle, g711
from hw.devices import FRAME_BYTES
from hw.dtmf import DigitSender
from hw.fxo_ear import FxoEar
from hw.g711 import Law
from hw.sound_frames import SoundFrames
from hw.sound_pace import SoundPace

CODES_A_MS = 8
FRAME_CODES = FRAME_BYTES // 2
MAX_UNSENT_BYTES = 10 * FRAME_CODES
"""200 ms at 8,000 bytes a second; what the modem does not take beyond that is dropped."""
MAX_STOOD_IN_CODES = 2_000 * CODES_A_MS
"""What a stalled modem is fed at most; it keeps no more anyway."""
MIN_ALIVE_CODES = 120
"""In three frames' time."""
MAX_STALE_CODES = 2_000 * CODES_A_MS
CATCH_UP_MS = 2_000
"""Sound that is later was lost."""
LINE_NOISE_AMPLITUDE = 64
"""-54 dB below full scale: a line without anybody on it stays below."""


class FxoSound:
    """`heard` bytes from the modem: events go to `on_event` in their place. `take` at `due_ms` what is to be sent."""

    def __init__(
        self, law: Law, frames: SoundFrames, on_event: Callable[[int], None], starved_ms: float, ear: FxoEar
    ) -> None:
        self._decode = g711.decoder(law)
        self._encode = g711.encoder(law)
        self._silence = g711.SILENCE[law]
        self._noise_codes = _codes_below(law, LINE_NOISE_AMPLITUDE)
        self._frames = frames
        self._on_event = on_event
        self._ear = ear
        self._starved_ms = starved_ms
        self._unshielder = dle.Unshielder()
        self._digits = DigitSender()
        self._pace = SoundPace()
        self._heard_ms = self._alive_ms = 0.0
        self._since_asked = 0
        self._stalled = self._stood_in = self._since = 0
        self._credit = 0
        self._origin_ms = 0.0
        self.quiet_since_ms = 0.0
        """Since then nothing came but the noise of a line."""
        self.dropped_frames = 0
        """Frames of ours that the modem did not take in time."""
        self.starved_frames = 0
        """Frames that the modem did not send in time."""

    def begin(self, now_ms: float) -> None:
        self._unshielder = dle.Unshielder()
        self._digits.clear()
        self._frames.begin()
        self._pace.begin()
        self._heard_ms = self._alive_ms = self._origin_ms = self.quiet_since_ms = now_ms
        self._since_asked = 0
        self._ear.begin()
        self._stalled = self._stood_in = self._since = 0
        self._credit = MAX_STALE_CODES

    def send_digits(self, digits: str) -> None:
        """As tones: the modem takes no command while it carries sound, and the USR5637's `+VTS=9` says nothing."""
        self._digits.send(digits)

    @property
    def due_ms(self) -> float | None:
        """When something is to be sent; None until the modem says something."""
        return self._pace.due_ms

    def heard(self, data: bytes, now_ms: float) -> bytes | None:
        """When the modem ended the sound: the bytes that followed its end."""
        self._heard_ms = now_ms
        self._stalled = 0
        for item in self._unshielder.feed(data):
            if isinstance(item, dle.Event):
                self._on_event(item.code)
                continue
            self._since_asked += len(item.data)
            codes = self._no_faster_than_spoken(item.data, now_ms)
            if codes.translate(None, self._noise_codes):
                self.quiet_since_ms = now_ms
            self._hear(codes, now_ms)
        return self._unshielder.after_end

    def take(self, unsent_bytes: int, now_ms: float) -> bytes:
        """What to send now."""
        frames = self._pace.take(now_ms)
        if self._pace.missed_frames:
            self._ear.sent(bytes(self._pace.missed_frames * FRAME_BYTES))
        if not frames:
            return b""
        said = self._digits.over(self._frames.say(frames))
        if unsent_bytes > MAX_UNSENT_BYTES:
            self.dropped_frames += frames
            self._ear.sent(bytes(len(said)))
            return b""
        self._ear.sent(said)
        return dle.shield(self._encode(said))

    def stand_in(self, now_ms: float) -> None:
        """Silence in place of sound that did not come; called every few frames."""
        late_ms = now_ms - self._heard_ms
        if late_ms < self._starved_ms:
            return
        due = min(int(late_ms * CODES_A_MS), MAX_STOOD_IN_CODES)
        codes = (due - self._stalled) // FRAME_CODES * FRAME_CODES
        if codes <= 0:
            return
        if not self._stood_in:
            self._origin_ms, self._since, self._credit = self._heard_ms, 0, 0
        self._stalled += codes
        self._stood_in += codes
        self._credit += codes
        self.starved_frames += codes // FRAME_CODES
        self._hear(self._silence * codes, now_ms)

    def lost_ms(self, now_ms: float) -> float:
        """How long the modem has sent no sound, asked every few frames. Bytes now and then are none: one that started
        anew takes our sound for commands and answers ERROR."""
        if self._since_asked >= MIN_ALIVE_CODES:
            self._alive_ms = now_ms
        self._since_asked = 0
        return now_ms - self._alive_ms

    def _no_faster_than_spoken(self, codes: bytes, now_ms: float) -> bytes:
        """Without what runs ahead of our clock: at the beginning that is a rest of the call before, and after a stall
        what silence stood in for."""
        if not self._credit:
            return codes
        if now_ms - self._origin_ms > CATCH_UP_MS + self._stood_in / CODES_A_MS:
            self._credit = self._stood_in = 0  # what did not come by now was lost, not late
            return codes
        spoken = int((now_ms - self._origin_ms) * CODES_A_MS) + FRAME_CODES - self._stood_in
        surplus = max(0, min(self._since + len(codes) - spoken, self._credit, len(codes)))
        self._credit -= surplus
        if not self._credit:
            self._stood_in = 0
        self._since += len(codes) - surplus
        return codes[surplus:]

    def _hear(self, codes: bytes, now_ms: float) -> None:
        if codes:
            self._pace.heard(len(codes) / FRAME_CODES, now_ms)
            lost = self._pace.take_lost()
            if lost:
                self._ear.lost(lost)
            self._frames.hear(self._ear.heard(self._decode(codes)))


def _codes_below(law: Law, amplitude: int) -> bytes:
    """The codes of all samples that are not louder."""
    codes = bytes(range(256))
    linear = struct.unpack("<256h", g711.decoder(law)(codes))
    return bytes(code for code in codes if abs(linear[code]) <= amplitude)
