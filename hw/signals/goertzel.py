"""How much of a stretch of sound one frequency is: the Goertzel detector of SpanDSP."""

import ctypes
import weakref

from hw.signals.libraries import GoertzelDescriptor, spandsp


class Goertzel:
    """One frequency in stretches of so many samples. Raises SignalLibraryMissing, MemoryError."""

    def __init__(self, hz: float, samples: int) -> None:
        self._samples = samples
        self._library = spandsp()
        descriptor = GoertzelDescriptor()
        self._library.make_goertzel_descriptor(ctypes.byref(descriptor), float(hz), samples)
        self._state = self._library.goertzel_init(None, ctypes.byref(descriptor))
        if not self._state:
            raise MemoryError("no memory for a tone detector")
        weakref.finalize(self, self._library.goertzel_free, self._state)

    def power(self, sound: bytes) -> float:
        """The part of the sound's energy (the sum of its squares; s16le, `samples` of them) that this frequency has."""
        self._library.goertzel_update(self._state, sound, self._samples)
        result: float = self._library.goertzel_result(self._state)
        return result / self._samples
