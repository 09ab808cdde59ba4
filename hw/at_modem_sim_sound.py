"""The sound path of the GSM twins: when a model lets sound through, and what is wrong with it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from hw.device_loop import DeviceLoop
from hw.devices import FRAME_BYTES
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty

PAUSE_BYTES = 20 * FRAME_BYTES
RESUME_BYTES = 5 * FRAME_BYTES
"""EC25: beyond the first it asks the host to pause, below the second to go on."""
STALE_FRAMES_AFTER_A_CALL = 25
STALE_FRAMES_AT_A_START = 2
NOISE_FRAME = b"\xff\x5f\x01\xa0" * (FRAME_BYTES // 4)
"""Nobody could mistake it for speech: ±24,575."""


@dataclass
class SoundFaults:
    error_from_second_call: bool = False
    """SIM7600: from the second call since power-up the first +CPCMREG=1 is an ERROR, and the sound is choppy from then
    on, until AT+CRESET."""
    stale_audio: bool = False
    """What is left of a call stays in the buffers and comes with the next one."""
    mute: bool = False
    drift_ppm: float = 0
    jitter_ms: float = 0


class SimSound:
    def __init__(
        self,
        loop: DeviceLoop,
        tty: TwinTty,
        model: str,
        say: Callable[[str], None],
        faults: SoundFaults,
        rng: random.Random,
    ) -> None:
        self._tty = tty
        self._model = model
        self._say = say
        self._faults = faults
        self._rng = rng
        self.clocked = TwinSound(loop, self._out, rng, faults.drift_ppm, faults.jitter_ms)
        self._calls = 0
        self._stale_frames = 0
        self._on = self._refused = self._bad = self._cycled = self._paused = False

    def power_lost(self) -> None:
        self.clocked.stop()
        self._calls = 0
        self._on = self._refused = self._bad = self._paused = False

    def call_connected(self) -> None:
        self._calls += 1
        self._refused = self._cycled = False
        if self._model == "generic_27007":
            self._start()

    def stop(self) -> None:
        was_on, self._on = self._on, False
        self.clocked.stop()
        self._paused = False
        if was_on and self._faults.stale_audio:
            self._tty.write_or_drop(NOISE_FRAME * STALE_FRAMES_AFTER_A_CALL)

    def command(self, text: str, active: bool) -> list[str] | None:
        """The reply to a command about sound, None if it is none of this model's."""
        if self._model == "sim7600":
            return self._simcom(text, active)
        if self._model == "ec25":
            return self._quectel(text, active)
        return None

    def came(self, data: bytes) -> None:
        """Samples from the host."""
        self.clocked.hear(data)
        if self._model == "ec25" and not self._paused and self.clocked.waiting_bytes > PAUSE_BYTES:
            self._paused = True
            self._say("+QPCMV: 0,0")

    def _simcom(self, text: str, active: bool) -> list[str] | None:
        if text in ("AT+CPCMREG=0", "AT+CPCMREG=0,0", "AT+CPCMREG=0,1"):
            if not self._on:
                return ["ERROR"]
            self.stop()
            return ["OK"]
        if text != "AT+CPCMREG=1":
            return None
        if not active or self._on:
            return ["ERROR"]
        if self._faults.error_from_second_call and self._calls >= 2 and not self._refused:
            self._refused = self._bad = True
            return ["ERROR"]
        self._start()
        return ["OK"]

    def _quectel(self, text: str, active: bool) -> list[str] | None:
        if text == "AT+QPCMV=0":
            self._cycled = True
            self.stop()
            return ["OK"]
        if text == "AT+QPCMV=1,0":
            if active and self._cycled:
                self._start()
            return ["OK"]  # says so, and stays silent when it was not switched off first
        return None

    def _start(self) -> None:
        self._stale_frames = STALE_FRAMES_AT_A_START if self._faults.stale_audio and self._calls > 1 else 0
        self._on = True
        self.clocked.start()

    def _out(self, said: bytes) -> None:
        if self._faults.mute or (self._bad and self._rng.random() < 0.4):
            return
        if self._stale_frames:
            self._stale_frames -= 1
            said = NOISE_FRAME
        self._tty.write_or_drop(said)
        if self._paused and self.clocked.waiting_bytes < RESUME_BYTES:
            self._paused = False
            self._say("+QPCMV: 1,0")
