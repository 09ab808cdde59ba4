"""The sound path of the GSM twins: when a model lets sound through, and what is wrong with it."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from hw.device_loop import DeviceLoop
from hw.devices import FRAME_BYTES
from hw.sound_card_sim import HandsetSoundTwin
from hw.twin_sound import TwinSound
from hw.twin_tty import TwinTty

PAUSE_BYTES = 20 * FRAME_BYTES
RESUME_BYTES = 5 * FRAME_BYTES
"""EC25: beyond the first it asks the host to pause, below the second to go on."""
STALE_FRAMES_AFTER_A_CALL = 25
STALE_FRAMES_AT_A_START = 2
NMEA = b"$GPGGA,092204.999,4024.9881,N,00341.8802,W,1,04,24.4,19.7,M,,,,0000*1F\r\n"
"""What an EC25 says on its sound port until AT+QGPSCFG="outport","none"."""
OFF_FORMS = ("AT+CPCMREG=0", "AT+CPCMREG=0,0", "AT+CPCMREG=0,1")
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
    off_form: str = ""
    """SIM7600: the only way of switching off that its firmware takes; until then the next call has none."""
    first_ok_lost: bool = False
    """SIM7600: the first +CPCMREG=1 of each call works, and its OK never comes."""
    wide_band: bool = False
    """SIM7600: powers up at 16,000 Hz, until AT+CPCMFRM=0."""
    uac_on: bool = False
    """EC25: powers up with its USB sound card on: no sound on the tty before AT+QPCMV=0."""
    silent_after_boot: bool = False
    """EC25: silent, whatever it answers, until it was switched off and on once since power-up."""
    pieces: int = 1
    """Frames it sends at once: an EC25 sends two, some firmware five."""
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
        self._card: HandsetSoundTwin | None = None
        self._card_on = False
        self._calls = 0
        self._stale_frames = 0
        self._cycled = False
        self.power_lost()

    def power_lost(self) -> None:
        self._card_off()
        self.clocked.stop()
        self._calls = 0
        self._on = self._refused = self._bad = self._paused = False
        self._wide, self._uac, self._gps = self._faults.wide_band, self._faults.uac_on, True
        self._warm = not self._faults.silent_after_boot
        self._gathered = b""

    def attach_card(self, card: HandsetSoundTwin) -> None:
        """Its USB configuration has a sound card: this one."""
        self._card = card

    def plugged(self, plugged: bool) -> None:
        if self._card is not None:
            (self._card.plug if plugged else self._card.unplug)()

    def _card_off(self) -> None:
        self._card_on = False
        if self._card is not None:
            self._card.attach_person(None)

    def call_connected(self) -> None:
        self._calls += 1
        self._refused = self._cycled = False
        if self._model in ("generic_27007", "sim800"):
            self._start()

    def stop(self) -> None:
        """The call is over."""
        was_on, self._on = self._on and not self._card_on, self._on and bool(self._faults.off_form)
        self._card_off()
        self.clocked.stop()
        self._paused = False
        if was_on and self._faults.stale_audio:
            self._tty.write_or_drop(NOISE_FRAME * STALE_FRAMES_AFTER_A_CALL)

    def command(self, text: str, active: bool) -> list[str] | None:
        """The reply to a command about sound, None if it is none of this model's."""
        if self._model == "a7670_voiceless":
            return None
        if self._model in ("sim7600", "a7670"):
            return self._simcom(text, active)
        if self._model == "ec25":
            return self._quectel(text, active)
        if self._model == "huawei_e1550":
            return self._huawei(text, active)
        return None

    def came(self, data: bytes) -> None:
        """Samples from the host."""
        self.clocked.hear(every_second_sample(data) if self._wide else data)
        if self._model == "ec25" and not self._paused and self.clocked.waiting_bytes > PAUSE_BYTES:
            self._paused = True
            self._say("+QPCMV: 0,0")

    def _simcom(self, text: str, active: bool) -> list[str] | None:
        if text == "AT+CPCMREG=?":
            return ["+CPCMREG: (0-1)", "OK"]
        if text in ("AT+CPCMFRM=0", "AT+CPCMFRM=1"):
            self._wide = text.endswith("1")
            return ["OK"]
        if text in OFF_FORMS:
            if not self._on or text != (self._faults.off_form or text):
                return ["ERROR"]
            self._on = False
            self.clocked.stop()
            return ["OK"]
        if text != "AT+CPCMREG=1":
            return None
        if not active or self._on:
            return ["ERROR"]
        if self._faults.error_from_second_call and self._calls >= 2 and not self._refused:
            self._refused = self._bad = True
            return ["ERROR"]
        self._start()
        if self._faults.first_ok_lost and not self._refused:
            self._refused = True
            return [""]  # an empty line is nothing
        return ["OK"]

    def _quectel(self, text: str, active: bool) -> list[str] | None:
        if text == 'AT+QGPSCFG="OUTPORT","NONE"':
            self._gps = False
            return ["OK"]
        if text == "AT+QPCMV=0":
            self._cycled, self._uac = True, False
            self.stop()
            return ["OK"]
        if text == "AT+QPCMV=1,2" and self._card is None:
            return ["ERROR"]  # its USB configuration has no sound card
        if text in ("AT+QPCMV=1,0", "AT+QPCMV=1,2"):
            card = text.endswith("2")
            if self._uac and not card:
                return ["ERROR"]
            self._uac = card
            if active and self._cycled and self._warm:
                self._start(card)
            self._warm = self._warm or self._cycled
            return ["OK"]  # says so, and stays silent when it was not switched off first
        return None

    def _huawei(self, text: str, active: bool) -> list[str] | None:
        if text == "AT^CVOICE?":
            return ["^CVOICE:0,8000,16,20", "OK"]
        if text != "AT^DDSETEX=2":
            return None
        if active and not self._on:
            self._start()
        return ["OK"]

    def _start(self, card: bool = False) -> None:
        if card and self._card is not None:
            self._on = self._card_on = True
            self._card.attach_person(
                lambda heard: bytes(len(heard)) if self._faults.mute else self.clocked.speak(heard)
            )
            return
        self._stale_frames = STALE_FRAMES_AT_A_START if self._faults.stale_audio and self._calls > 1 else 0
        self._on = True
        self._gathered = b""
        self.clocked.start()

    def _out(self, said: bytes) -> None:
        if self._faults.mute or (self._bad and self._rng.random() < 0.4):
            return
        if self._stale_frames:
            self._stale_frames -= 1
            said = NOISE_FRAME
        if self._model == "ec25" and self._gps:
            said = NMEA + said
        self._gathered += twice_each_sample(said) if self._wide else said
        if len(self._gathered) >= self._faults.pieces * FRAME_BYTES:
            self._tty.write_or_drop(self._gathered)
            self._gathered = b""
        if self._paused and self.clocked.waiting_bytes < RESUME_BYTES:
            self._paused = False
            self._say("+QPCMV: 1,0")


def twice_each_sample(sound: bytes) -> bytes:
    """8,000 Hz as a modem at 16,000 Hz sends it."""
    return b"".join(sound[at : at + 2] * 2 for at in range(0, len(sound), 2))


def every_second_sample(sound: bytes) -> bytes:
    return b"".join(sound[at : at + 2] for at in range(0, len(sound), 4))
