"""Both laws of G.711 against vectors computed from the Recommendation's own tables, for every code and every sample."""

import time
from bisect import bisect_right
from itertools import pairwise

import pytest

from hw import g711
from hw.g711 import Law


def _mu_law_tables() -> tuple[list[int], list[int]]:
    """Table 2a: decision values x_n and outputs y_n of one sign on the 14-bit scale, segment by segment."""
    decisions = [0, 1]
    for size in (2,) * 15 + tuple(4 << segment for segment in range(7) for _ in range(16)):
        decisions.append(decisions[-1] + size)
    assert decisions[16] == 31 and decisions[32] == 95 and decisions[112] == 4063 and decisions[128] == 8159
    outputs = [0] + [(low + high) // 2 for low, high in pairwise(decisions[1:])]
    assert outputs[1] == 2 and outputs[16] == 33 and outputs[127] == 8031
    return decisions, outputs


def _a_law_tables() -> tuple[list[int], list[int]]:
    """Table 1a: the same on the 13-bit scale."""
    decisions = [0]
    for size in (2,) * 32 + tuple(4 << segment for segment in range(6) for _ in range(16)):
        decisions.append(decisions[-1] + size)
    assert decisions[32] == 64 and decisions[48] == 128 and decisions[128] == 4096
    outputs = [(low + high) // 2 for low, high in pairwise(decisions)]
    assert outputs[0] == 1 and outputs[127] == 4032
    return decisions, outputs


TABLES = {"mu_law": (*_mu_law_tables(), 4), "a_law": (*_a_law_tables(), 8)}
LAWS: tuple[Law, ...] = ("mu_law", "a_law")


def _wire_code(law: Law, interval: int, positive: bool) -> int:
    """G.711 §3.2: sign bit 1 for positive; µ-law inverts the seven other bits, A-law the even ones."""
    return (0x80 if positive else 0) | (interval ^ 0x7F) if law == "mu_law" else (0x80 * positive | interval) ^ 0x55


@pytest.mark.parametrize("law", LAWS)
def test_every_code_decodes_to_the_output_of_the_table(law: Law) -> None:
    _, outputs, scale = TABLES[law]
    decode = g711.decoder(law)
    for interval, output in enumerate(outputs):
        for positive in (True, False):
            wanted = output * scale * (1 if positive else -1)
            code = _wire_code(law, interval, positive)
            assert int.from_bytes(decode(bytes([code])), "little", signed=True) == wanted, (law, interval, positive)


@pytest.mark.parametrize("law", LAWS)
def test_every_sample_encodes_to_the_interval_it_falls_into(law: Law) -> None:
    decisions, _, scale = TABLES[law]
    encode = g711.encoder(law)
    limits = [value * scale for value in decisions]
    wanted = bytearray()
    linear = bytearray()
    for sample in range(-32768, 32768):
        interval = min(127, bisect_right(limits, abs(sample)) - 1)
        wanted.append(_wire_code(law, interval, sample >= 0))
        linear += sample.to_bytes(2, "little", signed=True)
    assert encode(bytes(linear)) == wanted


@pytest.mark.parametrize("law", LAWS)
def test_a_code_survives_the_way_there_and_back(law: Law) -> None:
    codes = bytes(code for code in range(256) if code != 0x7F or law == "a_law")  # µ-law's minus zero becomes zero
    assert g711.encoder(law)(g711.decoder(law)(codes)) == codes


@pytest.mark.parametrize("law", LAWS)
def test_silence_is_a_zero_sample(law: Law) -> None:
    assert g711.encoder(law)(b"\0\0") == g711.SILENCE[law]


def test_known_values_of_the_recommendation() -> None:
    """µ-law: +full scale is 0x80, -full scale 0x00, +0 0xFF. A-law: +0 0xD5, -0 0x55, +full scale 0xAA."""
    assert g711.encoder("mu_law")(b"\xff\x7f\x00\x80\x00\x00") == b"\x80\x00\xff"
    assert g711.encoder("a_law")(b"\x00\x00\xff\xff\xff\x7f\x00\x80") == b"\xd5\x55\xaa\x2a"


def test_a_half_sample_is_refused() -> None:
    with pytest.raises(ValueError):
        g711.encoder("a_law")(b"\0\0\0")


def test_a_frame_costs_little() -> None:
    """A conversation is 50 frames a second each way; at 100 µs a frame both ways would be 1 % of a core."""
    frame, codes = bytes(range(256)) + bytes(64), bytes(160)
    encode, decode = g711.encoder("a_law"), g711.decoder("a_law")

    def best_us() -> float:
        start = time.thread_time()
        for _ in range(50):
            encode(frame)
            decode(codes)
        return (time.thread_time() - start) / 50 * 1e6

    assert min(best_us() for _ in range(20)) < 100
