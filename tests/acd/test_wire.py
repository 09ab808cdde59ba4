"""The protocol between switch and ACD, byte by byte: lines however they are cut, their limit, and what is not of it."""

import random

import pytest

from appliance.acd.ids import LegId
from appliance.acd.inputs import LegEnded
from appliance.acd.wire import (
    MAX_LINE_BYTES,
    UNHEARD_HEAD_BYTES,
    Ack,
    FromSwitch,
    Hello,
    LineSplitter,
    WireError,
    decode_from_acd,
    decode_from_switch,
    decode_unheard,
    encode,
    encode_unheard_head,
)

FRAMES = [FromSwitch(number, 1_000 + number, LegEnded(LegId(f"s-{number}"), "normal")) for number in range(1, 50)]


def test_lines_are_the_same_however_they_are_cut() -> None:
    data, rng = b"".join(map(encode, FRAMES)), random.Random(3)
    for _ in range(50):
        splitter, lines, rest = LineSplitter(), [], data
        while rest:
            size = rng.randint(1, 200)
            lines += splitter.feed(rest[:size])
            rest = rest[size:]
        assert [decode_from_switch(line) for line in lines] == FRAMES


@pytest.mark.parametrize("ended", [b"", b"\n"])
def test_a_line_without_end_is_cut_off(ended: bytes) -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * MAX_LINE_BYTES) == []
    with pytest.raises(WireError, match="longer than 262144 bytes"):
        splitter.feed(b"x" + ended)


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"frame":"hello"}', b'{"frame":"rocket"}', b'{"frame":"ack","seq":1,"x":2}']
)
def test_what_is_not_of_the_protocol_is_named(line: bytes) -> None:
    with pytest.raises(WireError, match="from the switch"):
        decode_from_switch(line)
    with pytest.raises(WireError, match="from the ACD"):
        decode_from_acd(line)


def test_each_end_takes_what_is_for_it() -> None:
    assert decode_from_acd(encode(Ack(7))[:-1]) == Ack(7)
    assert decode_from_switch(encode(Hello("s", 3))[:-1]) == Hello("s", 3)


def test_a_file_of_unheard_inputs_counts_as_far_as_it_is_whole() -> None:
    head = encode_unheard_head("14f7431-631a93cb", 1 << 60)
    assert len(head) == UNHEARD_HEAD_BYTES
    data = head + b"".join(map(encode, FRAMES))
    whole = decode_unheard(data)
    assert (whole.incarnation, whole.alive_ms, list(whole.inputs)) == ("14f7431-631a93cb", 1 << 60, FRAMES)
    assert list(decode_unheard(data[:-5]).inputs) == FRAMES[:-1]
    assert decode_unheard(head).inputs == ()
    with pytest.raises(WireError, match="unheard inputs"):
        decode_unheard(data[1:])
    with pytest.raises(WireError, match="from the switch"):
        decode_unheard(head + b"noise\n" + data)
