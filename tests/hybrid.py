"""A simulated hybrid: what comes back of what is sent into an analogue line, for whoever cancels echo.

The path is a model of ITU-T G.168 annex D (hybrids measured on real lines), scaled to a return loss, behind the delay
of modem and buffers; the line adds noise, and both ways go through A-law as on the modem's wire.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

from hw.g711 import decoder, encoder
from tests.sound import FULL_SCALE, samples

PATHS: dict[str, tuple[int, ...]] = {
    # G.168 (2000), table D.2: 8 ms.
    "D.2": (
        -436, -829, -2797, -4208, -17968, -11215, 46150, 34480, -10427, 9049, -1309, -6320, 390, -8191, -1751, -6051,
        -3796, -4055, -3948, -2557, -3372, -1808, -2259, -1300, -1098, -618, -340, -61, 323, 419, 745, 716,
        946, 880, 1014, 976, 1033, 1091, 1053, 1042, 794, 831, 899, 716, 390, 313, 304, 304,
        73, -119, -109, -176, -359, -407, -512, -580, -704, -618, -685, -791, -772, -820, -839, -724,
    ),
    # Table D.6: 12 ms.
    "D.6": (
        293, 268, 475, 460, 517, 704, 581, 879, 573, 896, 604, 787, 561, 538, 440, 97,
        265, -385, 20, -938, -523, -1438, -1134, -1887, -1727, -1698, -4266, -22548, -43424, 2743, 25897, 7380,
        21499, 11983, 10400, 11667, 3889, 7241, 925, 2018, -821, -2068, -2236, -4283, -3406, -5022, -4039, -4842,
        -4104, -4089, -3582, -2978, -2734, -1805, -1608, -645, -495, 279, 471, 947, 1186, 1438, 1669, 1640,
        1901, 1687, 1803, 1543, 1566, 1342, 1163, 963, 733, 665, 323, 221, -14, -107, -279, -379,
        -468, -513, -473, -588, -612, -652, -616, -566, -515, -485, -404, -344, -290, -202, -180, -123,
    ),
}  # fmt: skip


def on_the_wire(sound: bytes) -> bytes:
    return decoder("a_law")(encoder("a_law")(sound))


def echo_of(
    sent: bytes, path: str, *, return_loss_db: float = 8, delay_ms: int = 60, noise_dbfs: float = -68, seed: int = 1
) -> bytes:
    """What comes back, as long as what is sent."""
    taps = np.array(PATHS[path], dtype=np.float64)
    taps *= 10 ** (-return_loss_db / 20) / np.sqrt(np.sum(taps**2))
    x = samples(on_the_wire(sent))
    back = np.concatenate([np.zeros(8 * delay_ms), np.convolve(x, taps)])[: len(x)]
    noise = np.random.default_rng(seed).normal(0, FULL_SCALE * 10 ** (noise_dbfs / 20), len(x))
    return on_the_wire(as_sound(back + noise))


def as_sound(x: NDArray[np.float64]) -> bytes:
    return array("h", np.clip(np.round(x), -32767, 32767).astype(np.int16)).tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    """Both together, as long as the first."""
    x, y = samples(one), samples(other)
    y = np.concatenate([y, np.zeros(max(0, len(x) - len(y)))])[: len(x)]
    return as_sound(x + y)
