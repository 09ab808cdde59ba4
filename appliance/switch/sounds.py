"""The prompts and loops of CENTRALITA_PROMPTS and the office's own in memory: names in, clip numbers out. No file is
read for a call."""

from __future__ import annotations

import logging
import os
import wave
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.acd.effects import Background
from appliance.switch.native_port import Bridge, NativeError
from hw import line_measure
from hw.devices import SAMPLE_RATE_HZ

log = logging.getLogger(__name__)

BOX_ADDRESS = "box_address"
"""Not a file: the address the box has when it is asked for, in digits."""
LINE_TEST = "test/line"
"""Not a file: the noise by which a line is measured."""
DEFAULT_COUNTRY = "ES"
MAX_CLIP_BYTES = 10 * 1024 * 1024
"""Ten minutes of sound; prompts and music are in memory."""


class SoundsError(Exception):
    """There are no prompts. Says what to do."""


def prompts_directory() -> Path:
    """Where the synthesised prompts are: CENTRALITA_PROMPTS. Raises SoundsError."""
    folder = os.environ.get("CENTRALITA_PROMPTS", "")
    if not folder:
        raise SoundsError("CENTRALITA_PROMPTS is not set; start with ./centralita, which makes the prompts and sets it")
    return Path(folder)


def read_wav(file: Path) -> bytes:
    """The samples of an 8 kHz mono 16-bit WAV file. Raises ValueError saying what is wrong with it."""
    try:
        with wave.open(str(file)) as sound:
            shape = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            if shape != (SAMPLE_RATE_HZ, 1, 2):
                raise ValueError(f"{file}: {shape[0]} Hz, {shape[1]} channels, {8 * shape[2]} bit; 8000 Hz mono 16 bit")
            if not 0 < sound.getnframes() * 2 <= MAX_CLIP_BYTES:
                raise ValueError(f"{file}: {sound.getnframes()} samples; between one and {MAX_CLIP_BYTES // 2}")
            return bytes(sound.readframes(sound.getnframes()))
    except (OSError, EOFError, wave.Error) as error:
        raise ValueError(f"{file}: cannot be read as WAV: {error}") from error


class Sounds:
    """`<language>/<prompt>` and the loops by name. A file that cannot be used is named in the log and left out."""

    def __init__(
        self, bridge: Bridge, folder: Path, country: str = DEFAULT_COUNTRY, box_address: Callable[[], str] = lambda: ""
    ) -> None:
        self._clips: dict[str, int] = {}
        self._length_ms: dict[int, int] = {}
        self._country = country
        self._box_address = box_address
        self._bridge = bridge
        self._files: dict[str, tuple[Path, int]] = {}
        self._own: dict[str, int] = {}
        """The office's, which come first."""
        self._unused: list[int] = []
        """Clips of names that are no more, but may be heard to their end yet."""
        every = [*sorted(folder.glob("*/*.wav")), folder / "music.wav"]
        self._load({str(file.relative_to(folder).with_suffix("")): file for file in every}, self._clips)
        if not self._clips:
            raise SoundsError(f"{folder} has no prompts; run ./centralita once: it makes them")
        self._compute(LINE_TEST, line_measure.measuring_signal())

    def take(self, files: Mapping[str, Path]) -> None:
        """The office's own prompts from now on. What is known already is not read again, and what is not among them
        any more is forgotten."""
        for name in [name for name in self._own if name not in files]:
            self._unused.append(self._own.pop(name))
            del self._files[name]
        self._free_unused()
        self._load(files, self._own)
        self._free_unused()

    def _free_unused(self) -> None:
        self._unused = [clip for clip in self._unused if not self._bridge.free_clip(clip)]

    def _compute(self, name: str, samples: array[int]) -> None:
        """A clip that is in no file."""
        try:
            clip = self._clips[name] = self._bridge.add_clip(samples.tobytes())
        except NativeError as error:
            log.error("%s: %s", name, error)
            return
        self._length_ms[clip] = len(samples) * 1000 // SAMPLE_RATE_HZ

    def _load(self, files: Mapping[str, Path], clips: dict[str, int]) -> None:
        for name, file in files.items():
            try:
                version = (file, file.stat().st_mtime_ns) if file.exists() else (file, 0)
                if self._files.get(name) == version:
                    continue
                samples = read_wav(file)
                clip = self._bridge.add_clip(samples)
            except (ValueError, OSError, NativeError) as error:
                log.error("%s", error)
                continue
            if name in clips:
                self._unused.append(clips[name])
            self._files[name], clips[name] = version, clip
            self._length_ms[clip] = len(samples) // 2 * 1000 // SAMPLE_RATE_HZ

    def prompt(self, name: str) -> list[int]:
        """The clips of `es/greeting`; none (and an error in the log) when there is no such prompt."""
        language, _, what = name.partition("/")
        if what == BOX_ADDRESS:
            return self._spoken_address(language)
        clip = self._clip(name)
        if clip is None:
            log.error("there is no prompt %r: left out", name)
            return []
        return [clip]

    def _clip(self, name: str) -> int | None:
        """A prompt named by its words is the recording or the box's own of its name, where those words do not exist."""
        for one in dict.fromkeys((name, name.rpartition(".")[0])):
            clip = self._own.get(one, self._clips.get(one))
            if clip is not None:
                return clip
        return None

    def _spoken_address(self, language: str) -> list[int]:
        words = ["box_address_is"]
        words += ["point" if one == "." else f"digit_{one}" for one in self._box_address() if one in "0123456789."]
        return [clip for word in words for clip in self.prompt(f"{language}/{word}")]

    def loop(self, background: Background) -> int | None:
        """What to play for ever as this background; the ringback tone is the country's."""
        if background == "ringback":
            return self._clips.get(f"ringback/{self._country}", self._clips.get(f"ringback/{DEFAULT_COUNTRY}"))
        return self._clips.get(background)

    def length_ms(self, clip: int) -> int:
        return self._length_ms[clip]
