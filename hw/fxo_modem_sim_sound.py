"""The sound of an analogue modem's twin on its tty: companded, shielded, stalling and stale as its faults say."""

import random
from collections.abc import Callable
from functools import partial

from hw import dle, g711
from hw.device_loop import DeviceLoop
from hw.fxo_modem_sim_commands import FxoState
from hw.fxo_modem_sim_faults import FxoFaults
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty
from hw.twins import FarEnd

DIGIT_REPEAT_MS = 70
DIGIT_REPEATS = 3
NOISE_BYTE = b"\x2a"
CODES_A_MS = 8
MAX_HELD_BYTES = 16_000


class DuplexSound:
    """+VTR, or +VRX when `receive_only`. `frame` is the line's sound for what the host says."""

    def __init__(self, loop: DeviceLoop, tty: TwinTty, frame: FarEnd, faults: FxoFaults, rng: random.Random) -> None:
        self._loop = loop
        self._tty = tty
        self._faults = faults
        self.clock = TwinSound(loop, self._out, rng, faults.drift_ppm, faults.jitter_ms)
        self.clock.attach(frame)
        self._state = FxoState()
        self._unshielder = dle.Unshielder()
        self._receive_only = False
        self._ends_ignored = 0
        self._fed = False
        self._underruns = self._overruns = 0
        self._begun_ms = 0.0
        self._held = bytearray()
        self.running = False

    def begin(self, state: FxoState, receive_only: bool, after_a_call: bool) -> None:
        self.running = True
        self._state = state
        self._receive_only = receive_only
        self._unshielder = dle.Unshielder()
        self._ends_ignored = 0
        self._fed = False
        self._underruns, self._overruns = self.clock.underruns, self.clock.overruns
        self._begun_ms = self._loop.now_ms
        self._held.clear()
        if self._faults.stale_audio and after_a_call:
            self._tty.write(NOISE_BYTE * int(self._faults.stale_ms * CODES_A_MS))
        self.clock.start()

    def typed(self, data: bytes) -> bool:
        """The host's bytes: whether they ended the sound."""
        ended = False
        for item in self._unshielder.feed(data):
            if isinstance(item, dle.Sound):
                self._fed = True
                if not self._receive_only:
                    self.clock.hear(g711.decoder(self._state.law)(item.data))
            else:
                ended = ended or self._ends(item.code)
        self._unshielder.after_end = None
        return ended

    def end(self, said: bool) -> None:
        self.stop()
        if said:
            quiet = g711.encoder(self._state.law)(bytes(320))
            self._tty.write(bytes(self._held) + quiet + dle.END_OF_SOUND)
            self._held.clear()

    def stop(self) -> None:
        self.running = False
        self.clock.stop()

    def hold(self) -> None:
        """Stuck: still in sound, and not a byte comes."""
        self.clock.stop()

    def send_digits(self, digits: str, tell: Callable[[str], None]) -> None:
        """As tones and as events: `/`, the digit every 70 ms, `~`."""
        self.clock.send_digits(digits)
        for place, digit in enumerate(digits):
            begin_ms = place * 2 * DIGIT_REPEAT_MS * DIGIT_REPEATS
            if self._faults.unwrapped_digits:
                self._loop.after(begin_ms, partial(tell, digit))
                continue
            self._loop.after(begin_ms, partial(tell, "/"))
            for number in range(DIGIT_REPEATS):
                self._loop.after(begin_ms + number * DIGIT_REPEAT_MS, partial(tell, digit))
            if not self._faults.lost_digit_ends:
                self._loop.after(begin_ms + (DIGIT_REPEATS - 1) * DIGIT_REPEAT_MS, partial(tell, "~"))

    def _ends(self, code: int) -> bool:
        """<DLE><CAN> does nothing here, and nothing the host says ends +VRX."""
        if self._receive_only:
            return False
        if code == ord("^") and self._ends_ignored < self._faults.deaf_to_end_of_duplex:
            self._ends_ignored += 1
            return False
        return code == ord("^") or (code == dle.ETX and not self._faults.deaf_to_end_of_sound)

    def _out(self, said: bytes) -> None:
        events = self._buffer_events()
        if self._state.sound_format == "too_much":
            said = said[: len(said) // 2]
            events += b"\x10o"
        codes = g711.encoder(self._state.law)(said)
        wire = dle.shield(codes)
        if self._faults.shields_with_sub:
            wire = wire.replace(b"\x10\x10\x10\x10", b"\x10\x1a")
        if self._stalls():
            self._held += events + wire
            del self._held[:-MAX_HELD_BYTES]
        else:
            self._tty.write_or_drop(bytes(self._held) + events + wire)
            self._held.clear()

    def _buffer_events(self) -> bytes:
        """A run of frames without the host's sound is one underrun."""
        events = b""
        if self._fed and self.clock.underruns > self._underruns:
            events += b"\x10u"
            self._fed = False  # until the host feeds it again
        if self.clock.overruns > self._overruns:
            events += b"\x10o"
        self._underruns, self._overruns = self.clock.underruns, self.clock.overruns
        return events

    def _stalls(self) -> bool:
        every_ms = self._faults.stall_every_ms
        return every_ms > 0 and (self._loop.now_ms - self._begun_ms) % every_ms > every_ms - self._faults.stall_ms
