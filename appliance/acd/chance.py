"""Numbers by chance for the strategies that draw: a generator whose whole state is one number, so that a replay draws
the same.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from bisect import bisect_right
from itertools import accumulate

from appliance.acd.state import State

_64_BITS = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def seed(box: str) -> int:
    """Where a box begins: not everywhere at the same agent, and for one box always the same (FNV-1a of its name)."""
    value = 0xCBF29CE484222325
    for byte in box.encode():
        value = ((value ^ byte) * 0x100000001B3) & _64_BITS
    return value


def draw(state: State, weights: list[int]) -> int:
    """An index of `weights` (at least one, each positive), with a probability in proportion to its weight.

    64 bits for at most some thousand tickets: the modulus favours nobody measurably.
    """
    state.chance = (state.chance + _GOLDEN) & _64_BITS
    mixed = state.chance
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    tickets = list(accumulate(weights))
    return bisect_right(tickets, (mixed ^ (mixed >> 31)) % tickets[-1])
