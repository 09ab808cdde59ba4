"""The second tty of a GSM modem: a call's sound in frames of 320 bytes, in the modem's own clock.

What arrives while no call is connected is read and thrown away: it is left over.
"""

from collections.abc import Callable

from hw.device_loop import DeviceLoop
from hw.devices import FRAME_BYTES
from hw.serial_transport import Transport, TransportLost
from hw.sound_frames import SoundFrames

MAX_UNSENT_BYTES = 10 * FRAME_BYTES
"""200 ms. A modem that takes no more loses whole frames, never half of one."""


class AtSound:
    """All methods in the loop's thread. `lost` is called when the port goes."""

    def __init__(self, loop: DeviceLoop, frames: SoundFrames, lost: Callable[[str], None]) -> None:
        self._loop = loop
        self._frames = frames
        self._lost = lost
        self._transport: Transport | None = None
        self._flowing = False
        self._paused = False
        self._unsent = bytearray()
        self.dropped_frames = 0

    def open(self, transport: Transport) -> None:
        self._transport = transport
        self._loop.watch(transport.fileno(), self._readable)

    def close(self) -> None:
        self._flowing = False
        self._unsent.clear()
        if self._transport is not None:
            self._loop.unwatch(self._transport.fileno())
            self._transport.close()
            self._transport = None

    def begin(self) -> None:
        """The call's sound flows from now on; what came before is thrown away."""
        if self._transport is not None:
            self._transport.flush()
        self._unsent.clear()
        self._paused = False
        self._frames.begin()
        self._flowing = True

    def end(self) -> None:
        self._flowing = False
        self._unsent.clear()
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

    def _readable(self) -> None:
        if self._transport is None:
            return
        try:
            data = self._transport.read()
            if not self._flowing or not data:
                return
            said = self._frames.meet(data)
            if self._paused or len(self._unsent) + len(said) > MAX_UNSENT_BYTES + len(data):
                self.dropped_frames += len(said) // FRAME_BYTES
                said = b""
            self._unsent += said
            if self._unsent:
                del self._unsent[: self._transport.write(bytes(self._unsent))]
        except TransportLost as error:
            self._lost(str(error))
