"""The drawing, the table and the list of parts say what the board's definition says, in both languages."""

import csv
import io
import re
import xml.etree.ElementTree as ET

import pytest
from msgspec.structs import replace

from hw.board_bill import bill, bill_csv, bill_markdown, sizing
from hw.board_check_words import Language
from hw.board_drawing import ASIDE, HEIGHT, WIDTH, drawing, pin_table
from hw.board_parts import needed_ma
from hw.board_rules import PinUse
from hw.board_words import WORDS, function, wire
from hw.boards import Board, BoardError, load_board
from hw.pi_header import COMPUTERS, HEADER_OF_GPIO
from hw.wire_colours import paints

SVG = "{http://www.w3.org/2000/svg}"
REAL = ("pi4-usb-modems", "pi5-usb-modems")
LANGUAGES: tuple[Language, ...] = ("es", "en")
EACH = pytest.mark.parametrize("language", LANGUAGES)


def _texts(svg: str) -> list[tuple[float, float, str, ET.Element]]:
    """x, y, what is said, its element."""
    return [
        (float(one.attrib["x"]), float(one.attrib["y"]), one.text or "", one)
        for one in ET.fromstring(svg).iter(f"{SVG}text")
    ]


def _at_row(svg: str, position: int) -> list[str]:
    """What stands in the row of this position, on its side."""
    texts = _texts(svg)
    x, y = next((x, y) for x, y, said, one in texts if said == f"{position}" and one.attrib["font-size"] == "12")
    left = position % 2 == 1
    return [said for at, row, said, _ in texts if abs(row - y) < 2 and (at < x if left else at > x) and at < ASIDE]


@pytest.mark.parametrize("name", REAL)
@EACH
def test_every_pin_is_drawn_beside_its_position_with_what_it_is_for_and_its_wire(name: str, language: Language) -> None:
    board = load_board(name)
    svg = drawing(name, board, language)
    for use in board.pin_uses():
        row = _at_row(svg, HEADER_OF_GPIO[use.pin])
        assert f"GPIO {use.pin}" in row
        (said,) = [text for text in row if function(use, language) in text]
        assert said.endswith(f"· {wire(use.wire, language)}")
        if use.cable.startswith("port"):
            assert use.cable.removeprefix("port ") in said
    colours = {one.attrib.get("stroke") for one in ET.fromstring(svg).iter(f"{SVG}polyline")}
    assert {paint for use in board.pin_uses() for paint in paints(use.wire)} <= colours


@pytest.mark.parametrize("name", REAL)
@EACH
def test_nothing_is_drawn_beyond_the_page(name: str, language: Language) -> None:
    for x, y, said, one in _texts(drawing(name, load_board(name), language)):
        width = len(said) * float(one.attrib["font-size"]) * 0.6
        begins = {"start": x, "middle": x - width / 2, "end": x - width}[one.attrib["text-anchor"]]
        assert begins >= 20, said
        assert begins + width <= (ASIDE if x < ASIDE else WIDTH - 20), said
        assert 20 <= y <= HEIGHT - 16, said


def test_grounds_voltages_and_what_is_kept_are_marked() -> None:
    svg = drawing("pi4-usb-modems", load_board("pi4-usb-modems"), "en")
    assert _at_row(svg, 39) == ["GND", "panel: ground"]
    assert _at_row(svg, 9) == ["GND", "handset port 1: ground"]
    assert _at_row(svg, 8) == ["GPIO 14", "kept: UART"]
    assert _at_row(svg, 27) == ["GPIO 0", "kept: EEPROM"]
    assert _at_row(svg, 3) == ["GPIO 2", "DS3231 clock"]
    assert _at_row(svg, 2) == ["5 V", "ringer: 5 V"]
    assert _at_row(svg, 34) == ["GND"]
    assert "All pins lit: 33.6 mA of the 50.0 mA they give together." in svg


def test_a_hook_to_3_3_v_is_drawn_so_and_words_of_a_title_are_no_markup() -> None:
    board = load_board("pi4-usb-modems")
    ports = (replace(board.handset_port[0], hook_active_low=False), *board.handset_port[1:])
    svg = drawing("mine", replace(board, handset_port=ports, title="<b>&"), "en")
    said = [text for _, _, text, _ in _texts(svg)]
    assert "hook that closes to 3.3 V" in said
    assert "<b>&" in said
    assert "hook that closes to 3.3 V" not in drawing("pi4-usb-modems", board, "en")


def test_a_board_without_a_header_is_not_drawn() -> None:
    with pytest.raises(BoardError, match='Write computer = "pi4"'):
        drawing("laptop", load_board("laptop"), "en")


@EACH
def test_the_table_has_a_row_for_each_pin_in_the_headers_order(language: Language) -> None:
    board = load_board("pi4-usb-modems")
    heads, *rows = pin_table(board, language).splitlines()
    assert heads.split()[0] == WORDS["position"].text(language)
    positions = [int(row.split()[0]) for row in rows]
    assert positions == sorted(HEADER_OF_GPIO[use.pin] for use in board.pin_uses())
    row = next(row for row in rows if row.startswith("36 "))
    assert (
        row.split()
        == {
            "es": ["36", "16", "lámpara:", "cola", "1", "panel", "salida", "bajo", "blanco", "680", "Ω"],
            "en": ["36", "16", "lamp:", "queue", "1", "panel", "output", "low", "white", "680", "Ω"],
        }[language]
    )


@EACH
def test_the_list_of_parts_counts_what_the_pins_need(language: Language) -> None:
    board = load_board("pi4-usb-modems")
    lines = bill(board, language)
    led = "LED"
    assert sum(line.quantity for line in lines if led in line.part) == len(board.lamp) + len(board.handset_port) == 12
    assert {line.quantity for line in lines if "680 Ω" in line.part} == {12}
    assert {line.quantity for line in lines if "2200 Ω" in line.part} == {3}
    assert {line.quantity for line in lines if line.number in ("BC337-40", "1N4148")} == {3}
    assert [line.quantity for line in lines if "TLLY5400" in line.number] == [4]
    rows = list(csv.reader(io.StringIO(bill_csv(board, language))))
    assert len(rows) == len(lines) + 1
    assert all(len(row) == 4 for row in rows)
    assert bill_markdown(board, language).count("\n| ") == len(lines) + 1


@pytest.mark.parametrize("name", REAL)
@EACH
def test_the_sum_under_the_list_is_the_one_that_refuses_a_weak_supply(name: str, language: Language) -> None:
    board = load_board(name)
    assert board.computer is not None
    supply, hub = sizing(board, language)
    for said, who in ((supply, "computer"), (hub, "hub")):
        need = needed_ma(board.part, COMPUTERS[board.computer], board.pin_uses(), "hub" if who == "hub" else "computer")
        assert f" {need} mA" in said
        terms = said.partition(":")[2]
        parts = [re.findall(r"\d+", term) for term in terms.split(",")[0].split(" + ")]
        milliamperes = sum(int(one[0]) * int(one[1]) if len(one) == 2 else int(one[0]) for one in parts)
        assert -(-milliamperes * 110 // 100) == need


def test_a_board_with_nothing_needs_nothing() -> None:
    assert bill(Board("t", "mock"), "en") == []
    assert sizing(Board("t", "mock"), "en") == []


def test_every_word_is_there_in_both_languages_with_the_same_facts() -> None:
    for key, said in WORDS.items():
        fields = [set(re.findall(r"\{(\w+)\}", text)) for text in said]
        assert fields[0] == fields[1] and all(said), key
    assert function(PinUse(1, "lamp", "lamp:night_mode", "k", cable="panel"), "es") == "lámpara: modo noche"
