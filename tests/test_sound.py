"""The ear of the tests is itself tested: a deaf test would pass anything."""

import pytest

from tests.sound import RATE_HZ, ToneEnd, listen, longest_gap_ms, samples, steady_part, tone, tone_dbfs


@pytest.mark.parametrize("hz", [425, 440, 1000, 2300])
def test_a_tone_has_its_level(hz: int) -> None:
    assert tone_dbfs(tone(hz, 2.0, -15.0), hz) == pytest.approx(-15.0, abs=0.3)


def test_another_tone_is_not_heard_as_this_one() -> None:
    assert tone_dbfs(tone(1000, 2.0), 425) < -50
    assert listen(tone(1000, 2.0), 425).other_dbfs == pytest.approx(-15.0, abs=0.3)


@pytest.mark.parametrize("gap_ms", [20, 25, 40, 100])
def test_a_gap_is_found_wherever_it_lies(gap_ms: int) -> None:
    whole = tone(425, 3.0)
    for start in (8000, 8013, 8111):
        cut = whole[: start * 2] + bytes(gap_ms * 16) + whole[start * 2 + gap_ms * 16 :]
        assert gap_ms - 11 <= longest_gap_ms(cut, 425) <= gap_ms + 5


def test_a_whole_tone_has_no_gap() -> None:
    for hz in (425, 1000):
        assert longest_gap_ms(tone(hz, 5.0), hz) == 0


def test_the_steady_part_leaves_the_edges_away() -> None:
    sound = bytes(RATE_HZ) + tone(425, 4.0) + bytes(RATE_HZ)
    part = steady_part(sound, 425)
    assert 3.4 < len(part) / 2 / RATE_HZ < 3.7
    assert longest_gap_ms(part, 425) == 0


def test_a_tone_end_has_no_seam() -> None:
    end = ToneEnd(425)
    sound = b"".join(end(bytes(n)) for n in (320, 322, 640, 17 * 2, 4000) * 12)
    assert longest_gap_ms(sound, 425) == 0
    assert abs(samples(sound)[1:] - samples(sound)[:-1]).max() < 3000
