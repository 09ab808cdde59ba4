"""The second tty of a GSM modem: a call's sound in frames of 320 bytes, written in the modem's clock as `sound_pace`
tells it. What arrives while no call is connected is read and thrown away: it is left over.
"""

from collections.abc import Callable

from hw.at_session import OpenTransport
from hw.device_loop import DeviceLoop, Timer
from hw.devices import FRAME_BYTES
from hw.serial_transport import Transport, TransportLost
from hw.sound_frames import SoundFrames
from hw.sound_pace import SoundPace
from hw.sound_rest import SoundRest

MAX_UNSENT_BYTES = 10 * FRAME_BYTES
"""200 ms. A modem that takes no more loses whole frames, never half of one."""


class AtSound:
    """All methods in the loop's thread. `lost` is called when the port goes."""

    def __init__(self, loop: DeviceLoop, frames: SoundFrames, lost: Callable[[str], None]) -> None:
        self._loop = loop
        self._frames = frames
        self._lost = lost
        self._transport: Transport | None = None
        self._pace = SoundPace()
        self._rest = SoundRest()
        self._timer: Timer | None = None
        self._flowing = False
        self._paused = False
        self._unsent = bytearray()
        self.dropped_frames = 0

    def open_at(self, port: str, open_transport: OpenTransport) -> None:
        """Raises TransportLost."""
        self._transport = open_transport(port)
        self._loop.watch(self._transport.fileno(), self._readable)

    def close(self) -> None:
        self._stop()
        if self._transport is not None:
            self._loop.unwatch(self._transport.fileno())
            self._transport.close()
            self._transport = None

    def begin(self) -> None:
        """The call's sound flows from now on; what came before is thrown away."""
        if self._transport is not None:
            self._transport.flush()
        self._stop()
        self._paused = False
        self._frames.begin()
        self._pace.begin()
        self._rest.begin()
        self._flowing = True

    def end(self) -> None:
        self._stop()
        if self._transport is not None:
            self._transport.flush()

    def pause(self, paused: bool) -> None:
        """The modem's buffer is full: send nothing until it says so."""
        self._paused = paused

    @property
    def flowing(self) -> bool:
        return self._flowing

    @property
    def heard_bytes(self) -> int:
        """Since `begin`."""
        return self._frames.heard_bytes

    def _stop(self) -> None:
        self._flowing = False
        self._unsent.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _readable(self) -> None:
        if self._transport is None:
            return
        try:
            data = self._transport.read()
        except TransportLost as error:
            self._lost(str(error))
            return
        if self._flowing and data:
            self._frames.hear(data)
            self._pace.heard(len(data) / FRAME_BYTES, self._loop.now_ms)
            if self._timer is None:
                self._write()

    def _write(self) -> None:
        self._timer = None
        if self._transport is None or not self._flowing:
            return
        frames = self._pace.take(self._loop.now_ms)
        if self._pace.due_ms is not None:
            self._timer = self._loop.at(self._pace.due_ms, self._write)
        said, led = self._rest.over(self._frames.say(frames))
        if led:
            self._pace.led()
        if self._paused or len(self._unsent) + len(said) > MAX_UNSENT_BYTES:
            self.dropped_frames += frames
            said = b""
        self._unsent += said
        try:
            if self._unsent:
                del self._unsent[: self._transport.write(bytes(self._unsent))]
        except TransportLost as error:
            self._lost(str(error))
