"""Cutting a modem's bytes into lines, whatever the reads and whatever the bytes."""

from hypothesis import given
from hypothesis import strategies as st

from hw.at_lines import MAX_LINE_BYTES, AtLines, Garbage, Item, Line, Prompt, Shielded


def _items(lines: AtLines, data: bytes, expect_prompt: bool = False) -> list[Item]:
    lines.feed(data)
    items: list[Item] = []
    while (item := lines.next(expect_prompt)) is not None:
        items.append(item)
    return items


def _texts(data: bytes) -> list[str]:
    return [item.text for item in _items(AtLines(), data) if isinstance(item, Line)]


def test_lines_end_in_every_way_modems_know() -> None:
    assert _texts(b"\r\nOK\r\n\r\r\n+CRING: VOICE\r\r\nAT+CSQ\r+X\nRING\r") == [
        "OK", "+CRING: VOICE", "AT+CSQ", "+X", "RING",
    ]  # fmt: skip


def test_a_line_feed_in_quotes_belongs_to_the_text() -> None:
    assert _texts(b'\r\n+CUSD: 0,"Saldo\n3 EUR",15\r\n') == ['+CUSD: 0,"Saldo\n3 EUR",15']


def test_a_quote_left_open_ends_with_its_line() -> None:
    assert _texts(b'+CUSD: 0,"Saldo\r\nOK\r\n') == ['+CUSD: 0,"Saldo', "OK"]


def test_power_up_noise_is_nothing() -> None:
    assert _texts(b"\x00\xff\x00\r\nRDY\r\n") == ["RDY"]


def test_a_prompt_is_seen_without_a_line_end_and_only_when_expected() -> None:
    assert _items(AtLines(), b"\r\n> ", expect_prompt=True) == [Prompt()]
    assert _items(AtLines(), b"\r\n> ") == []


def test_a_prompt_after_a_urc() -> None:
    """`AT+CMGS=40\\r\\r\\n+QIND: SMS DONE\\r\\n> `"""
    found = _items(AtLines(), b"AT+CMGS=40\r\r\n+QIND: SMS DONE\r\n> ", expect_prompt=True)
    assert found == [Line("AT+CMGS=40"), Line("+QIND: SMS DONE"), Prompt()]


def test_64_kib_without_an_end_are_dropped_as_one_and_the_next_line_is_whole() -> None:
    lines = AtLines()
    found: list[Item] = []
    for _ in range(64):
        found += _items(lines, b"x" * 1024)
    found += _items(lines, b"\r\nOK\r\n")
    assert found == [Garbage(b"x" * 40), Line("OK")]


def test_events_between_lines_and_inside_one() -> None:
    found = _items(AtLines(shielded=True), b"\x10R\r\nO\x10bK\r\n")
    assert found == [Shielded(ord("R")), Shielded(ord("b")), Line("OK")]


def test_sound_after_connect_is_handed_over_untouched() -> None:
    sound = b"\n\r\n\x00\xff> \x10\x10OK\r\n"
    for cut in range(len(sound) + 12):
        lines = AtLines(shielded=True)
        wire = b"\r\nCONNECT\r\n" + sound
        lines.feed(wire[:cut])
        found, rest = lines.next(), b""
        later = wire[cut:]
        if found is None:
            lines.feed(later)
            found, later = lines.next(), b""
        assert found == Line("CONNECT")
        rest = lines.take_rest()
        assert rest + lines.skip_line_feed(later) == sound, cut


@given(st.binary(max_size=3000), st.data())
def test_splits_do_not_matter(data: bytes, draw: st.DataObject) -> None:
    whole = _items(AtLines(shielded=True), data)
    lines = AtLines(shielded=True)
    parts: list[Item] = []
    rest = data
    while rest:
        size = draw.draw(st.integers(1, len(rest)))
        parts += _items(lines, rest[:size])
        rest = rest[size:]
    assert parts == whole


@given(st.lists(st.binary(max_size=6000), max_size=5))
def test_no_line_is_longer_than_the_limit(reads: list[bytes]) -> None:
    lines = AtLines()
    for data in reads:
        for item in _items(lines, data):
            assert not isinstance(item, Line) or 0 < len(item.text) <= MAX_LINE_BYTES
