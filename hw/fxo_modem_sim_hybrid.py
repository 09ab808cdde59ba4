"""The hybrid a twin's line hangs on: part of what the host says comes back, a little later and in another colour."""

from array import array

_TAPS = (0.0, -0.1, -0.35, 0.8, 0.45, -0.25, 0.1, -0.1, -0.05)
"""A path of 9 samples, in its shape like those of ITU-T G.168 annex D."""


class Hybrid:
    def __init__(self, loss_db: float) -> None:
        power = sum(tap * tap for tap in _TAPS)
        gain = 10 ** (-loss_db / 20) / power**0.5
        self._taps = [gain * tap for tap in _TAPS]
        self._before = array("h", bytes(2 * (len(_TAPS) - 1)))

    def frame(self, heard: bytes, said: bytes) -> bytes:
        """What comes back: `said` with the echo of `heard`, of the same length."""
        samples = self._before + array("h", heard)
        kept = len(_TAPS) - 1
        self._before = samples[len(samples) - kept :]
        out = array("h", said)
        for n in range(len(out)):
            echo = sum(tap * samples[kept + n - late] for late, tap in enumerate(self._taps))
            out[n] = max(-32767, min(32767, round(out[n] + echo)))
        return out.tobytes()
