"""That the judge of a line's sound hears what ears hear: cuts, holes and delay, and nothing where there is nothing."""

import numpy as np
import pytest

from tests.line_listening import CLICK_LIMIT_DB, PERIOD_S, Clock, judge, marked_tone, outside_db
from tests.sound import RATE_HZ, samples, tone

HZ = 1004
AT = 7 * RATE_HZ


def _exact(count: int, offset_s: float = 0.0) -> Clock:
    """A stream handed over in frames of 20 ms from `offset_s` on."""
    return Clock([(at, offset_s + at / RATE_HZ) for at in range(0, count, 160)])


def _spoilt(kind: str) -> bytes:
    x = samples(tone(HZ, 14.0, -15))
    match kind:
        case "one sample cut":
            x = np.delete(x, AT)
        case "5 ms missing":
            x[AT : AT + 40] = 0
        case "seam of 10 ms that meets the wave":
            # 8 ms, to the sample nearest to whole cycles, left out under a fade.
            gone, fade = 64, np.linspace(0, 1, 80)
            seam = x[AT : AT + 80] * (1 - fade) + x[AT + gone : AT + gone + 80] * fade
            x = np.concatenate([x[:AT], seam, x[AT + gone + 80 :]])
    return x.astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("kind", "click"),
    [
        ("nothing", False),
        ("seam of 10 ms that meets the wave", False),
        ("one sample cut", True),
        ("5 ms missing", True),
    ],
)
def test_a_cut_is_a_click_and_a_good_seam_is_not(kind: str, click: bool) -> None:
    worst = float(np.max(outside_db(samples(_spoilt(kind)), HZ)))
    assert (worst > CLICK_LIMIT_DB) == click, f"{worst:.1f} dB"


def test_delay_is_told_to_the_millisecond_and_a_hole_by_its_length() -> None:
    said = marked_tone(HZ) * 6
    late = int(0.0625 * RATE_HZ)
    heard = bytearray(bytes(2 * late) + said)
    hole = 2 * (3 * PERIOD_S * RATE_HZ + AT)
    heard[hole : hole + 480] = bytes(480)
    count = len(said) // 2
    found = judge(said, _exact(count), bytes(heard), _exact(count + late), HZ)
    assert found.delay_ms == pytest.approx(62.5, abs=0.2)
    assert 25 <= found.gap_ms <= 35
    assert found.clicks > 0 and found.seconds > 25
    calm = judge(said, _exact(count), said, _exact(count, 0.02), HZ)
    assert calm.delay_ms == pytest.approx(20, abs=0.2) and calm.gap_ms == 0 and calm.clicks == 0


def test_what_a_stall_of_the_machine_did_is_left_out() -> None:
    said = marked_tone(HZ) * 6
    heard = bytearray(said)
    at_s = 3 * PERIOD_S + 7
    hole = 2 * at_s * RATE_HZ
    heard[hole : hole + 480] = bytes(480)
    clock = _exact(len(said) // 2)
    assert judge(said, clock, bytes(heard), clock, HZ).clicks > 0
    found = judge(said, clock, bytes(heard), clock, HZ, [(float(at_s), 60.0)])
    assert found.clicks == 0 and found.gap_ms == 0 and found.disturbed == 1
