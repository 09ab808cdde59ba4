"""Exact amounts: integers divided and rounded once, by a rule that has a name."""

from typing import Literal

Rounding = Literal["half_up", "half_even", "up", "down"]
MICRO_DECIMALS = 6
STEPS_MICROS = (1_000_000, 100_000, 10_000, 1_000, 100, 10, 1)
"""Of amounts with so many decimals."""
PPM = 1_000_000


def rounded(numerator: int, denominator: int, how: Rounding = "half_up", decimals: int = MICRO_DECIMALS) -> int:
    """`numerator / denominator` micro-units (0 or more), rounded once to `decimals` of the currency's unit; in
    micro-units."""
    if not 0 <= decimals <= MICRO_DECIMALS:
        raise ValueError(f"{decimals} decimals: an amount has 0 to {MICRO_DECIMALS}")
    if numerator < 0 or denominator <= 0:
        raise ValueError(f"{numerator}/{denominator} is no amount to be rounded: 0 or more, over 1 or more")
    step = STEPS_MICROS[decimals] * denominator
    whole, rest = divmod(numerator, step)
    twice = 2 * rest - step
    match how:
        case "half_up":
            whole += twice >= 0
        case "half_even":
            whole += twice > 0 or (twice == 0 and whole % 2 == 1)
        case "up":
            whole += rest > 0
        case "down":
            pass
    return whole * STEPS_MICROS[decimals]


def share(micros: int, ppm: int) -> int:
    """So many millionths of an amount, half up; of a negative one the same with the other sign, so that what is taken
    back is what was charged."""
    return -share(-micros, ppm) if micros < 0 else rounded(micros * ppm, PPM)
