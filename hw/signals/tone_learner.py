"""Measures a tone that no table has: the last one in a recording of a line, by its frequencies, bursts and pauses.

An exchange's tones keep their frequencies, one or two, and their cadence (ITU-T E.180); speech and music do not. What
is measured is tried on the same recording by the hearer that will be told of it, before it is called learned.
"""

import math
from array import array
from dataclasses import dataclass
from operator import mul

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.cadence import Tone
from hw.signals.goertzel import Goertzel
from hw.signals.tone_hearer import LOUD_DBFS, SHARE, TWIST, ToneHearer
from hw.signals.tones import CountryTone, CountryTones, country_tones

HOP_MS = 5
LOOK_HOPS = 4
"""A look at the level: 20 ms, in which two frequencies' beat evens out."""
LEVEL_OVER_MS = 6_000
"""At the end, where the tone is: its level is what a tenth of that time exceeds."""
ON = 0.3
"""Of that level's power: a burst."""
MIN_BURST_MS, MAX_PART_MS = 50, 6_000
"""What is shorter is a click, what is longer no pause of a cadence."""
MIN_GAP_MS = 30
LOWEST_HZ, HIGHEST_HZ = 300, 3_000
"""What a telephone line carries, as `tones.CountryTone` takes it."""
STEP_HZ = 4
MAX_LOOK = SAMPLE_RATE_HZ // 5
"""Samples of a burst that its frequencies are looked for in."""
SAME_HZ = 12
"""Bursts of one tone are not further apart: E.180 lets a tone be off by 15 Hz, but it stays where it is."""
SNAP_HZ = 8
"""As near to a frequency of the country's, it is that one."""
SLACK_MS, SLACK_SHARE = 30, 0.06
"""Between bursts, or pauses, of one place in the cadence."""
MIN_TONE_MS = 2_000
MIN_STEADY_MS = 4_000
"""A tone without pauses lasts so long: somebody may whistle."""
MIN_DIAL_TONE_MS = 300
"""Without a break: an exchange that has a message for the line may stutter (ETSI ES 201 970)."""
MOST_PAIRS = 4
MAX_SOUND_MS = 120_000
"""Of the recording's end that is looked at."""
_HOP = SAMPLE_RATE_HZ * HOP_MS // 1000
_BYTES_A_MS = SAMPLE_RATE_HZ * 2 // 1000


@dataclass(frozen=True)
class HeardTone:
    """The last tone of a recording; `level_ddb` in tenths of a decibel against full scale."""

    tone: CountryTone
    level_ddb: int
    lasted_ms: int


@dataclass(frozen=True)
class Verdict:
    """`known`: the line's hearer ends a call by what it heard. `learned`: the tone, unknown until now, that it will end
    calls by when it is told of it. Neither: no tone, or one that cannot be told from others (`unusable`)."""

    known: bool = False
    learned: HeardTone | None = None
    unusable: HeardTone | None = None


def disconnect_tone_in(sound: bytes, country: str, configured: CountryTone | None = None) -> Verdict:
    """What a line heard when the far end hung up (s16le mono 8,000 Hz; its end is what counts), and what to make of
    it. Raises SignalLibraryMissing."""
    sound = sound[-MAX_SOUND_MS * _BYTES_A_MS :]
    if _ends_call(ToneHearer(country, configured), sound):
        return Verdict(known=True)
    heard = last_tone(sound, country_tones(country))
    if heard is None:
        return Verdict()
    usable = _ends_call(ToneHearer(country, heard.tone), sound)
    return Verdict(learned=heard) if usable else Verdict(unusable=heard)


def dial_tone_in(sound: bytes, country: str) -> HeardTone | None:
    """What a lifted line plays before anything is dialled; None when that is no tone. Raises SignalLibraryMissing."""
    samples = array("h", sound[: len(sound) // 2 * 2])
    level, bursts = _bursts(samples)
    longest = max(bursts, key=lambda burst: burst[1] - burst[0], default=(0, 0))
    lasted_ms = (longest[1] - longest[0]) * HOP_MS
    hz = _kind(samples, *longest) if lasted_ms >= MIN_DIAL_TONE_MS else None
    if hz is None:
        return None
    tone = CountryTone(hz=_snapped(hz, [country_tones(country).dial.hz]))
    return HeardTone(tone, round(100 * math.log10(level / 32_768**2)), lasted_ms)


def last_tone(sound: bytes, country: CountryTones | None = None) -> HeardTone | None:
    """None when the recording ends with no tone. Frequencies close to one of `country`'s are taken for it."""
    samples = array("h", sound[: len(sound) // 2 * 2])
    level, bursts = _bursts(samples)
    if not bursts:
        return None
    kinds = [_kind(samples, first, last) for first, last in bursts]
    wanted = kinds[-1]
    if wanted is None:
        return None
    first = len(bursts) - 1
    while first > 0 and _same(kinds[first - 1], wanted) and _gap_ms(bursts, first) <= MAX_PART_MS:
        first -= 1
    ours, hz = bursts[first:], _middle([kind for kind in kinds[first:] if kind is not None])
    lasted_ms = (ours[-1][1] - ours[0][0]) * HOP_MS
    cadence_ms = _cadence(ours, at_end=ours[-1][1] * _HOP >= len(samples) - 2 * LOOK_HOPS * _HOP)
    if cadence_ms is None or lasted_ms < MIN_TONE_MS:
        return None
    known = [one.hz for one in (country.dial, country.ringback, country.busy, country.congestion)] if country else []
    tone = CountryTone(hz=_snapped(hz, known), cadence_ms=cadence_ms)
    return HeardTone(tone, round(100 * math.log10(level / 32_768**2)), lasted_ms)


def _bursts(samples: "array[int]") -> tuple[float, list[tuple[int, int]]]:
    """The tone's level (mean square), and where it is as loud: from and to, in hops."""
    squares = [
        sum(map(mul, hop, hop)) for hop in (samples[n : n + _HOP] for n in range(0, len(samples) - _HOP + 1, _HOP))
    ]
    looks = [sum(squares[max(0, n - LOOK_HOPS + 1) : n + 1]) / (LOOK_HOPS * _HOP) for n in range(len(squares))]
    last = sorted(looks[-LEVEL_OVER_MS // HOP_MS :])
    level = last[len(last) * 9 // 10] if last else 0.0
    if level < 10 ** (LOUD_DBFS / 10) * 32_768**2:
        return level, []
    bursts: list[tuple[int, int]] = []
    for n, power in enumerate([*looks, 0.0]):
        on = power >= ON * level
        if on and bursts and (n - bursts[-1][1]) * HOP_MS < MIN_GAP_MS:
            bursts[-1] = (bursts[-1][0], n + 1)
        elif on:
            bursts.append((n, n + 1))
    return level, [(first, after) for first, after in bursts if (after - first) * HOP_MS >= MIN_BURST_MS]


def _kind(samples: "array[int]", first: int, after: int) -> tuple[int, ...] | None:
    """The one or two frequencies that are nearly all of a burst."""
    begin, end = first * _HOP, (after - LOOK_HOPS) * _HOP  # a look tells of the 20 ms before it
    middle = samples[max(begin, (begin + end - MAX_LOOK) // 2) :][
        : min(MAX_LOOK, max(end - begin, MIN_BURST_MS * 8 // 2))
    ]
    energy, sound = sum(map(mul, middle, middle)), middle.tobytes()
    apart_hz = max(30, 2 * SAMPLE_RATE_HZ // len(middle))

    def power(hz: int) -> float:
        return Goertzel(hz, len(middle)).power(sound)

    powers = {hz: power(hz) for hz in range(LOWEST_HZ, HIGHEST_HZ + 1, STEP_HZ)}
    found: list[tuple[int, float]] = []
    for _ in range(2):
        others = [hz for hz in powers if all(abs(hz - one) > apart_hz for one, _ in found)]
        best = max(others, key=lambda hz: powers[hz])
        near = range(max(LOWEST_HZ, best - STEP_HZ + 1), min(HIGHEST_HZ, best + STEP_HZ - 1) + 1)
        best = max(near, key=power)
        found.append((best, power(best)))
    (one, strong), (other, weak) = found
    if strong >= SHARE * energy and strong > TWIST * weak:
        return (one,)
    if strong + weak >= SHARE * energy and strong <= TWIST * weak:
        return (min(one, other), max(one, other))
    return None


def _cadence(bursts: list[tuple[int, int]], at_end: bool) -> tuple[int, ...] | None:
    """Of bursts that belong together; None when they follow no rule. The last one may go on beyond the recording."""
    lengths = [(after - first) * HOP_MS for first, after in bursts]
    if len(bursts) == 1:
        return () if at_end and lengths[0] >= MIN_STEADY_MS else None
    parts = [ms for place, length in enumerate(lengths) for ms in (length, _gap_ms(bursts, place + 1))][:-1]
    whole = parts[:-1] if at_end else parts
    for left_out in (0, 2):  # the first may have been cut
        for pairs in range(1, MOST_PAIRS + 1):
            round_ms = _round(whole[left_out:], 2 * pairs)
            if round_ms is not None:
                return round_ms
    return None


def _round(parts: list[int], length: int) -> tuple[int, ...] | None:
    """The means of what comes again every `length` parts, beginning after its longest pause; None when nothing does."""
    if len(parts) < 2 * length + 1 or len(parts) < 5:
        return None
    if any(abs(a - b) > SLACK_MS + SLACK_SHARE * a for a, b in zip(parts, parts[length:], strict=False)):
        return None
    means = [round(sum(parts[n::length]) / len(parts[n::length]), -1) for n in range(length)]
    longest = max(range(1, length, 2), key=lambda n: means[n])
    turned = [*means[longest + 1 :], *means[: longest + 1]]
    return tuple(int(max(60, min(ms, 10_000))) for ms in turned)


def _gap_ms(bursts: list[tuple[int, int]], place: int) -> int:
    """Before the burst at `place`; 0 where there is none."""
    return (bursts[place][0] - bursts[place - 1][1]) * HOP_MS if place < len(bursts) else 0


def _same(one: tuple[int, ...] | None, other: tuple[int, ...]) -> bool:
    return (
        one is not None
        and len(one) == len(other)
        and all(abs(a - b) <= SAME_HZ for a, b in zip(one, other, strict=True))
    )


def _middle(kinds: list[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted(column)[len(column) // 2] for column in zip(*kinds, strict=True))


def _snapped(hz: tuple[int, ...], known: list[tuple[int, ...]]) -> tuple[int, ...]:
    alike = (one for one in known if len(one) == len(hz))
    return next((one for one in alike if all(abs(a - b) <= SNAP_HZ for a, b in zip(one, hz, strict=True))), hz)


def _ends_call(hearer: ToneHearer, sound: bytes) -> bool:
    """Whether it is sure of a tone that ends a talk (`fxo_ear.meaning`)."""
    frames = (sound[n : n + 320] for n in range(0, len(sound), 320))
    return any(tone is not None and _is_end(tone) for tone in map(hearer.heard, frames))


def _is_end(tone: Tone) -> bool:
    return tone.sure and tone.nobody_there
