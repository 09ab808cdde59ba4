"""DLE shielding: any split of the stream gives the same sound and events."""

from hypothesis import given
from hypothesis import strategies as st

from hw import dle
from hw.dle import DigitFilter, Event, Item, Sound, Unshielder

EVENTS = st.sampled_from([ord(c) for c in "0159*#Rbdhlsq/~"])
STREAM = st.lists(st.one_of(st.binary(max_size=40), EVENTS), max_size=30)


def _joined(items: list[Item]) -> list[bytes | int]:
    """Neighbouring sound made one, so that splits do not matter."""
    joined: list[bytes | int] = []
    for item in items:
        if isinstance(item, Event):
            joined.append(item.code)
        elif joined and isinstance(joined[-1], bytes):
            joined[-1] += item.data
        else:
            joined.append(item.data)
    return joined


def _wanted(stream: list[bytes | int]) -> list[bytes | int]:
    return _joined([Event(one) if isinstance(one, int) else Sound(one) for one in stream if one != b""])


@given(STREAM, st.data())
def test_what_is_shielded_comes_out_the_same_however_it_is_split(
    stream: list[bytes | int], data: st.DataObject
) -> None:
    wire = b"".join(bytes([dle.DLE, one]) if isinstance(one, int) else dle.shield(one) for one in stream)
    unshielder = Unshielder()
    items: list[Item] = []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        items += unshielder.feed(wire[:size])
        wire = wire[size:]
    assert _joined(items) == _wanted(stream)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_are_taken(wire: bytes, cut: int) -> None:
    unshielder = Unshielder()
    heard = sum(
        len(item.data) if isinstance(item, Sound) else 2
        for piece in (wire[:cut], wire[cut:])
        if unshielder.after_end is None
        for item in unshielder.feed(piece)
    )
    assert heard <= 2 * len(wire)


def test_sub_is_two_bytes_of_0x10() -> None:
    assert Unshielder().feed(b"a\x10\x1ab") == [Sound(b"a\x10\x10b")]


def test_a_dle_at_the_end_of_a_read_waits_for_its_meaning() -> None:
    unshielder = Unshielder()
    assert unshielder.feed(b"a\x10") == [Sound(b"a")]
    assert unshielder.feed(b"b") == [Event(ord("b"))]


def test_after_etx_comes_no_sound() -> None:
    unshielder = Unshielder()
    assert unshielder.feed(b"aa\x10\x03\r\nOK\r\n") == [Sound(b"aa"), Event(dle.ETX)]
    assert unshielder.after_end == b"\r\nOK\r\n"


def _digits(codes: str) -> str:
    digits = DigitFilter()
    return "".join(digit for code in codes if (digit := digits.event(ord(code))))


def test_a_wrapped_digit_is_one_however_often_it_is_repeated() -> None:
    assert _digits("/555~/55~") == "55"


def test_a_bare_digit_counts_each_time() -> None:
    assert _digits("5#") == "5#"


def test_a_wrapping_without_end_is_over_when_another_begins() -> None:
    assert _digits("/55/66~") == "56"
    assert _digits("/5566~") == "56"


def test_what_is_no_digit_is_none() -> None:
    assert _digits("bRsqhH") == ""
