"""The other side of the ALSA twin's sound card: the person who hears its playback and speaks into its capture.

The card itself (clock, rings, xruns) is `alsa_twin/pcm_centralita.c`, inside the process under test; both share a file
laid out as there. `write_alsa_configuration` makes the cards known to that process.
"""

import mmap
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from hw.twins import FarEnd

RATE_HZ = 8000
FRAME_BYTES = 320
BYTES_A_MS = 16
TICK_S = 0.02
IDLE_TICK_S = 0.05
LEAD_FRAMES = 480
"""How far ahead of the card's clock the person's voice is put in the ring: 60 ms of lateness are not heard."""
MAX_BEHIND_FRAMES = 8000
"""A twin that was stopped for longer than this skips what it missed."""

MAGIC = 0x314E5754434E4543
MEMORY_BYTES = 4096 + 2 * 2 * 16_384
RING_BYTES = 2 * 16_384
# Words (8 bytes) from the beginning of the file, and within a stream's 8 words.
_MAGIC, _PLUGGED, _GENERATION, _DRIFT, _STREAMS = 0, 1, 2, 3, 8
_RUN, _START_NS, _APPL, _RUN_DRIFT, _XRUNS, _TWIN_RUN, _TWIN_FRAMES = range(7)

Direction = Literal["capture", "playback"]
SYSTEM_ALSA_CONF = Path("/usr/share/alsa/alsa.conf")


def write_alsa_configuration(path: Path, cards: Mapping[str, Path], native_dir: Path) -> dict[str, str]:
    """Write an ALSA configuration with these cards (PCM name -> shared file) beside the system's own.

    Returns the environment variables a process needs to see them. `native_dir` has the plugin (CENTRALITA_NATIVE).
    Raises FileNotFoundError naming what is not installed.
    """
    plugin = native_dir / "libasound_module_pcm_centralita.so"
    for needed in (SYSTEM_ALSA_CONF, plugin):
        if not needed.exists():
            raise FileNotFoundError(f"{needed} is missing: install libasound2-data, run hw/alsa_twin/build.sh")
    lines = [f"<{SYSTEM_ALSA_CONF}>", f'pcm_type.centralita {{ lib "{plugin}" }}']
    lines += [f'pcm.{name} {{ type centralita  memory "{memory}" }}' for name, memory in cards.items()]
    path.write_text("\n".join(lines) + "\n")
    return {"ALSA_CONFIG_PATH": str(path)}


class _Stream:
    """One direction of the card, as the twin sees it. The words are read and written whole, 8 bytes at a time."""

    def __init__(self, words: memoryview, ring: memoryview, index: int) -> None:
        first = _STREAMS + 8 * index
        self._words = words[first : first + 8]
        self._ring = ring[index * RING_BYTES : (index + 1) * RING_BYTES]
        self._run = 0
        self._frames = 0

    @property
    def running(self) -> bool:
        return bool(self._words[_RUN] & 1)

    @property
    def xruns(self) -> int:
        return self._words[_XRUNS]

    def is_another_run(self) -> bool:
        """Whether the card was started anew since we last heard or spoke."""
        return self._words[_RUN] != self._run

    def clock_frames(self) -> int:
        """Frames the card's clock has counted in this run."""
        drift_ppm = self._words[_RUN_DRIFT]
        drift_ppm -= (drift_ppm >> 63) << 64
        elapsed_ns = max(0, time.monotonic_ns() - self._words[_START_NS])
        return elapsed_ns * RATE_HZ * (1_000_000 + drift_ppm) // 10**15

    def heard(self) -> bytes:
        """Playback: what the card has played since the last time, silence where the application was late."""
        run = self._words[_RUN]
        if not run & 1:
            return b""
        if run != self._run:
            self._run, self._frames = run, 0
        now = self.clock_frames()
        self._frames = max(self._frames, now - MAX_BEHIND_FRAMES)
        there = min(now, self._words[_APPL])
        sound = self._read(self._frames, max(0, there - self._frames))
        sound += bytes(2 * (now - self._frames) - len(sound))
        self._frames = now
        self._words[_TWIN_FRAMES] = now
        return sound

    def speak(self, sound: bytes) -> None:
        """Capture: append what was said, a little ahead of the card's clock; said to nobody while it stands still."""
        run = self._words[_RUN]
        if not run & 1:
            return
        now = self.clock_frames()
        if run != self._run or self._frames < now:
            # A new run, or we were late: silence up to the lead, and on from there.
            begin = 0 if run != self._run else self._frames
            begin = max(begin, now - 8192)
            self._write(begin, bytes(2 * (now + LEAD_FRAMES - begin)))
            self._run, self._frames = run, now + LEAD_FRAMES
        room = max(0, now + LEAD_FRAMES + 320 - self._frames)
        self._write(self._frames, sound[: 2 * room])
        self._frames += min(len(sound) // 2, room)
        self._words[_TWIN_FRAMES] = self._frames
        self._words[_TWIN_RUN] = run

    def ahead_frames(self) -> int:
        """Capture: how far ahead of the card's clock what is said now is put."""
        ahead = self._frames - self.clock_frames()
        return LEAD_FRAMES if self.is_another_run() or ahead < 0 else ahead

    def _read(self, frame: int, count: int) -> bytes:
        at = 2 * frame % RING_BYTES
        first = bytes(self._ring[at : at + 2 * count])
        return first + bytes(self._ring[: 2 * count - len(first)])

    def _write(self, frame: int, sound: bytes) -> None:
        at = 2 * frame % RING_BYTES
        first = min(len(sound), RING_BYTES - at)
        self._ring[at : at + first] = sound[:first]
        self._ring[: len(sound) - first] = sound[first:]


class HandsetSoundTwin:
    """A handset's microphone and ear piece behind the shared file `memory_file`, with a person at them.

    The person is called with 20 ms of what they hear (silence while the card plays nothing) and says as much, as long
    as the card runs; nobody listens to a handset that lies on its hook. `drift_ppm` is how fast the card's clock is,
    `playback_drift_ppm` that of its playback side when it differs; both count from the card's next start.
    """

    def __init__(self, memory_file: Path, *, drift_ppm: int = 0, playback_drift_ppm: int | None = None) -> None:
        self._file = memory_file
        self._drift_ppm = (drift_ppm, drift_ppm if playback_drift_ppm is None else playback_drift_ppm)
        self._person: FarEnd | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sound-{memory_file.stem}", daemon=True)
        self._memory = _map(memory_file)
        words = memoryview(self._memory)[:4096].cast("Q")
        ring = memoryview(self._memory)[4096:]
        self.said_ahead_ms = 0.0
        """While the person is asked: so much later the card captures what they say now."""
        self.heard_ago_ms = 0.0
        """And so long ago it played what they are given."""
        self._words = words
        self._streams: dict[Direction, _Stream] = {
            "capture": _Stream(words, ring, 0),
            "playback": _Stream(words, ring, 1),
        }

    def start(self) -> None:
        self._words[_MAGIC] = MAGIC
        signed = self._words[_DRIFT : _DRIFT + 2].cast("B").cast("q")
        signed[0], signed[1] = self._drift_ppm
        self.plug()
        self._thread.start()

    def attach_person(self, person: FarEnd | None) -> None:
        """Who holds the handset from now on; None is nobody (it hears nothing and says nothing)."""
        self._person = person

    def plug(self) -> None:
        """The card is there (again): a new one to the application, whose old handles stay dead."""
        self._words[_GENERATION] += 1
        self._words[_PLUGGED] = 1

    def unplug(self) -> None:
        """The card is gone: open streams get ENODEV, and so does every attempt to open it."""
        self._words[_PLUGGED] = 0

    @property
    def in_use(self) -> bool:
        """Whether the application records from the card or plays to it now."""
        return any(stream.running for stream in self._streams.values())

    def xruns(self, direction: Direction) -> int:
        """How often the application was too late, since the shared file was made."""
        return self._streams[direction].xruns

    def close(self) -> None:
        """The card goes with its owner."""
        self.unplug()
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(5)

    def _run(self) -> None:
        playback, capture = self._streams["playback"], self._streams["capture"]
        unheard = bytearray()
        at = time.monotonic()
        while not self._closing.is_set():
            if capture.running or playback.running:
                if playback.is_another_run():
                    unheard.clear()  # of the call before
                # A card that plays nothing is still listened to: the person must go on speaking.
                unheard += playback.heard() if playback.running else bytes(FRAME_BYTES)
                while len(unheard) >= FRAME_BYTES:
                    frame = bytes(unheard[:FRAME_BYTES])
                    self.heard_ago_ms = len(unheard) / BYTES_A_MS
                    self.said_ahead_ms = capture.ahead_frames() * 1000 / RATE_HZ
                    del unheard[:FRAME_BYTES]
                    person = self._person
                    capture.speak(person(frame) if person is not None else bytes(FRAME_BYTES))
                at += TICK_S
            else:
                unheard.clear()
                at += IDLE_TICK_S
            now = time.monotonic()
            if at < now - 1:
                at = now
            self._closing.wait(max(0.0, at - now))


def _map(path: Path) -> mmap.mmap:
    """The shared file, made when it is not there; a file that is there keeps its run numbers and its open handles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        os.ftruncate(descriptor, MEMORY_BYTES)
        return mmap.mmap(descriptor, MEMORY_BYTES)
    finally:
        os.close(descriptor)
