"""Short messages come out as they went in: every character, every number of parts, every kind of address and time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hw import gsm_alphabet
from hw.sms_causes import delivery_status, sending_cause
from hw.sms_fields import (
    Address,
    PduError,
    address_of,
    read_time,
    read_validity_minutes,
    write_time,
    write_validity_minutes,
)
from hw.sms_pdu import (
    Deliver,
    StatusReport,
    Submit,
    WrittenPdu,
    read_pdu,
    write_deliver,
    write_status_report,
    write_submit,
)
from hw.sms_text import Coding, Concatenation, UserData, coding_of_scheme, is_flash, split_text
from tests.hw.sms_samples import EMOJI, FROM_2000_TO_2099_S, GSM_CHARACTERS

RECIPIENT = address_of("+34600123123")
texts = some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=500)


def _there_and_back(data: UserData) -> UserData:
    unit = read_pdu(write_submit(Submit(RECIPIENT, data)).hex)
    assert isinstance(unit, Submit)
    return unit.data


def _joined(parts: tuple[UserData, ...]) -> str:
    return UserData(parts[0].coding, b"".join(part.content for part in parts)).text


def _submitted(text: str) -> str:
    return _joined(tuple(_there_and_back(part) for part in split_text(text, 7)))


# Texts.


@pytest.mark.parametrize("character", GSM_CHARACTERS, ids=lambda character: f"U+{ord(character):04X}")
def test_every_character_of_the_alphabet_and_its_extension(character: str) -> None:
    assert split_text(character, 0)[0].coding == "gsm7"
    assert _submitted(character) == character
    for length in (7, 8, 9):  # whatever the last octet holds
        assert _submitted(character * length) == character * length


@pytest.mark.parametrize("emoji", EMOJI)
def test_emoji(emoji: str) -> None:
    assert split_text(emoji, 0)[0].coding == "ucs2"
    assert _submitted(f"a{emoji}") == f"a{emoji}"


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("character", "whole", "of_part", "of_wide_part"),
    [("a", 160, 153, 152), ("€", 80, 76, 76), ("ж", 70, 67, 66), ("😀", 35, 33, 33)],
)
@pytest.mark.parametrize("parts", range(1, 9))
def test_one_to_eight_parts_to_the_last_character(
    parts: int, character: str, whole: int, of_part: int, of_wide_part: int, wide: bool
) -> None:
    fits = whole if parts == 1 else parts * (of_wide_part if wide else of_part)
    text = character * fits
    cut = split_text(text, 0x12, wide)
    assert len(cut) == parts
    assert _joined(tuple(_there_and_back(part) for part in cut)) == text
    if parts > 1:
        assert [part.concatenation for part in cut] == [
            Concatenation(0x12, parts, number, wide) for number in range(1, parts + 1)
        ]
    if parts < 8:
        assert len(split_text(text + character, 0, wide)) == parts + 1
    else:
        with pytest.raises(PduError, match="9 messages and 8 are allowed"):
            split_text(text + character, 0, wide)


@pytest.mark.parametrize(("pair", "filler", "room"), [("€", "a", 153), ("😀", "ж", 67)])
def test_no_part_ends_within_a_pair(pair: str, filler: str, room: int) -> None:
    text = filler * (room - 1) + pair + filler * room
    first, second, *_ = split_text(text, 1)
    assert first.text == filler * (room - 1)
    assert second.text.startswith(pair)


@given(texts)
def test_any_text_comes_back(text: str) -> None:
    parts = split_text(text[:260], 1)
    assert _joined(tuple(_there_and_back(part) for part in parts)) == text[:260]
    for part in parts:
        assert "�" not in part.text or "�" in text


def test_pairs_that_others_cut_are_whole_when_joined() -> None:
    halves = "😀".encode("utf-16-be")
    assert _joined((UserData("ucs2", halves[:2]), UserData("ucs2", halves[2:]))) == "😀"
    assert _joined((UserData("gsm7", b"\x1b"), UserData("gsm7", b"\x65"))) == "€"


@pytest.mark.parametrize(("text", "why"), [("", "no text"), ("a\ud83d", "half a character")])
def test_texts_that_cannot_be_sent(text: str, why: str) -> None:
    with pytest.raises(PduError, match=why):
        split_text(text, 1)


def test_escapes_without_a_character_are_read_as_the_standard_says() -> None:
    assert gsm_alphabet.decode(b"\x1bA\x1b\x1bB\x1b") == "A B "


def test_spanish_single_shift() -> None:
    """`Cañón` with the header 24 01 02: the ó is escape and `o`."""
    content = gsm_alphabet.encode("Cañ")
    assert content is not None
    header = bytes([3, 0x24, 1, 2])
    septets = content + b"\x1bon"
    data = header + gsm_alphabet.pack(septets, -8 * len(header) % 7)
    length = 5 + len(septets)
    unit = read_pdu("0044038121F30000" + "00" * 7 + f"{length:02X}" + data.hex())
    assert isinstance(unit, Deliver)
    assert unit.data.text == "Cañón"


@given(some.binary(max_size=40), some.integers(0, 6))
def test_packing_comes_back(octets: bytes, fill_bits: int) -> None:
    septets = bytes(octet & 0x7F for octet in octets)
    assert gsm_alphabet.unpack(gsm_alphabet.pack(septets, fill_bits), len(septets), fill_bits) == septets


@given(some.text(some.sampled_from(GSM_CHARACTERS), min_size=1, max_size=40))
def test_ussd_packing_comes_back(text: str) -> None:
    septets = gsm_alphabet.encode(text)
    assert septets is not None
    back = gsm_alphabet.decode(gsm_alphabet.unpack_ussd(gsm_alphabet.pack_ussd(septets)))
    assert back in (text, text + "\r")  # at an octet's end a CR must be doubled, and stays so


# Addresses, times, validity.


@pytest.mark.parametrize(
    "address",
    [
        Address("international", "34600123123"),
        Address("national", "600123123"),
        Address("unknown", "22770"),
        Address("unknown", "*100#"),
        Address("alphanumeric", "Centralita"),
        Address("alphanumeric", "8letters"),
        Address("alphanumeric", "11 letters."),
        Address("alphanumeric", "1234567"),
    ],
    ids=str,
)
def test_addresses(address: Address) -> None:
    unit = read_pdu(write_deliver(Deliver(address, UserData("gsm7", b"a"), 1_700_000_000_000)).hex)
    assert isinstance(unit, Deliver)
    assert unit.sender == address


def test_a_name_whose_length_counts_whole_octets_has_no_at_behind_it() -> None:
    unit = read_pdu("00040E" + "D0" + gsm_alphabet.pack(b"ABCDEFG").hex() + "0000" + "00" * 7 + "00")
    assert isinstance(unit, Deliver)
    assert unit.sender.text == "ABCDEFG"


@pytest.mark.parametrize("number", ["", "+", "hola", "+34 600", "6" * 21, "600,123", "６００"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(PduError, match="no number to send a message to"):
        address_of(number)


@given(some.integers(*FROM_2000_TO_2099_S), some.integers(-48, 56))
def test_times_come_back(at_s: int, quarters: int) -> None:
    assert read_time(write_time(at_s * 1000, 15 * quarters)) == at_s * 1000


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("70402132522400", "2007-04-12T23:25:42+00:00"),
        ("70402132522423", "2007-04-12T15:25:42+00:00"),
        ("3130523210658A", "2013-03-26T06:01:56+00:00"),
        ("704021325224F3", "2007-04-12T23:25:42+00:00"),  # a zone that is none
        ("00000000000000", None),
        ("FFFFFFFFFFFFFF", None),
        ("70132132522400", None),  # the 31st month
        ("70042032522400", None),  # the 2nd of the 40th month
        ("7040213252A440", None),  # seconds written with a letter
    ],
)
def test_times_as_networks_send_them(octets: str, expected: str | None) -> None:
    at_ms = read_time(bytes.fromhex(octets))
    assert (datetime.fromtimestamp(at_ms / 1000, UTC).isoformat() if at_ms is not None else None) == expected


@given(some.binary(max_size=9))
def test_any_time_is_read_or_is_none(octets: bytes) -> None:
    read_time(octets)


@given(some.integers(1, 700_000))
def test_a_validity_is_never_shorter_than_asked(minutes: int) -> None:
    octet = write_validity_minutes(minutes)
    longest = read_validity_minutes(255)
    assert read_validity_minutes(octet) >= min(minutes, longest)
    assert octet == 0 or read_validity_minutes(octet - 1) < minutes


# Whole units.


def test_a_submit_octet_by_octet() -> None:
    """The sample of many manuals: `hellohello` to +46708251358."""
    written = write_submit(Submit(address_of("+46708251358"), split_text("hellohello", 0)[0], 0, validity_minutes=5760))
    assert written == WrittenPdu("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 23)


def test_a_deliver_octet_by_octet() -> None:
    unit = read_pdu("07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07")
    assert isinstance(unit, Deliver)
    assert (unit.centre.number, unit.sender.number, unit.data.text) == ("+31624000000", "+31641600986", "How are you?")
    assert unit.sent_at_ms == round(datetime(2002, 8, 26, 19, 37, 41, tzinfo=UTC).timestamp()) * 1000


def test_status_reports() -> None:
    report = StatusReport(77, RECIPIENT, 1_700_000_000_000, 1_700_000_060_000, 0x46, address_of("+34600000001"))
    assert read_pdu(write_status_report(report, 120).hex) == report
    nonsense = StatusReport(77, RECIPIENT, None, None, 0)
    assert read_pdu(write_status_report(nonsense).hex) == nonsense


@given(some.sampled_from(("gsm7", "octets", "ucs2")), some.binary(max_size=120), some.booleans())
def test_delivered_content_comes_back(coding: Coding, content: bytes, flash: bool) -> None:
    if coding == "gsm7":
        content = bytes(octet & 0x7F for octet in content)
    if coding == "ucs2":
        content = content[: len(content) // 2 * 2]
    part = UserData(coding, content, Concatenation(300, 2, 1, wide=True))
    deliver = Deliver(RECIPIENT, part, 1_700_000_000_000, flash=flash)
    assert read_pdu(write_deliver(deliver, -90).hex) == deliver


@pytest.mark.parametrize(
    ("scheme", "coding", "flash"),
    [
        (0x00, "gsm7", False), (0x04, "octets", False), (0x08, "ucs2", False), (0x10, "gsm7", True),
        (0x18, "ucs2", True), (0x11, "gsm7", False), (0x20, "octets", False), (0xC8, "gsm7", False),
        (0xD8, "gsm7", False), (0xE8, "ucs2", False), (0xF0, "gsm7", True), (0xF5, "octets", False),
        (0x48, "ucs2", False),
    ],
)  # fmt: skip
def test_data_coding_schemes(scheme: int, coding: Coding, flash: bool) -> None:
    assert (coding_of_scheme(scheme), is_flash(scheme)) == (coding, flash)


# What is malformed.


@given(some.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        read_pdu(octets.hex())
    except PduError as error:
        assert str(error)


@given(some.text(max_size=40))
def test_any_text_for_a_pdu_is_read_or_refused(text: str) -> None:
    with pytest.raises(PduError):
        read_pdu("zz" + text)


@given(some.data(), texts)
def test_damaged_units_are_read_or_refused(data: some.DataObject, text: str) -> None:
    deliver = Deliver(RECIPIENT, split_text(text[:260], 9)[0], 1_700_000_000_000)
    octets = bytearray.fromhex(write_deliver(deliver).hex)
    for _ in range(data.draw(some.integers(1, 4))):
        octets[data.draw(some.integers(0, len(octets) - 1))] = data.draw(some.integers(0, 255))
    try:
        read_pdu(octets[: data.draw(some.integers(0, len(octets)))].hex())
    except PduError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("header", "concatenation"),
    [
        ("0003070200", None),  # part 0
        ("0003070203", None),  # part 3 of 2
        ("0003070000", None),
        ("00020702", None),  # a short element
        ("0003070201", Concatenation(7, 2, 1)),
        ("0003070201" + "0804012C0301", Concatenation(300, 3, 1, wide=True)),
        ("0003070201" + "0003090202", Concatenation(9, 2, 2)),  # the last counts
        ("7F05", None),  # cut off
    ],
)
def test_concatenation_that_says_nonsense_is_ignored(header: str, concatenation: Concatenation | None) -> None:
    data = bytes([len(header) // 2]).hex() + header + "0041"
    unit = read_pdu("0044038121F30008" + "00" * 7 + f"{len(data) // 2:02X}" + data)
    assert isinstance(unit, Deliver)
    assert (unit.data.concatenation, unit.data.text) == (concatenation, "A")


def test_application_ports() -> None:
    data = "0605040B8423F0" + "BEAF"
    unit = read_pdu("0044038121F30004" + "00" * 7 + f"{len(data) // 2:02X}" + data)
    assert isinstance(unit, Deliver)
    assert (unit.data.port, unit.data.content, unit.data.text) == (2948, b"\xbe\xaf", "")


@pytest.mark.parametrize(
    "submit",
    [
        Submit(RECIPIENT, UserData("gsm7", b"a" * 161)),
        Submit(RECIPIENT, UserData("octets", bytes(141))),
        Submit(RECIPIENT, UserData("gsm7", b"a"), reference=256),
        Submit(RECIPIENT, UserData("gsm7", b"a"), validity_minutes=-1),
        Submit(Address("unknown", "600x"), UserData("gsm7", b"a")),
        Submit(Address("alphanumeric", "twelve chars"), UserData("gsm7", b"a")),
        Submit(Address("alphanumeric", "жжж"), UserData("gsm7", b"a")),
        Submit(RECIPIENT, UserData("gsm7", b"a", Concatenation(256, 2, 1))),
        Submit(RECIPIENT, UserData("gsm7", b"a", Concatenation(1, 2, 3))),
    ],
    ids=str,
)
def test_what_cannot_be_written_is_refused(submit: Submit) -> None:
    with pytest.raises(PduError):
        write_submit(submit)


@pytest.mark.parametrize(
    ("result", "name", "again"),
    [
        ("+CMS ERROR: 38", "network_out_of_order", True),
        ("+CMS ERROR: 1", "unassigned_number", False),
        ("+CMS ERROR: 777", "cms_error_777", True),
        ("+CME ERROR: 38", "unknown_error", True),
        ("ERROR", "unknown_error", True),
        ("timeout", "modem_did_not_answer", False),
    ],
)
def test_causes_of_sending(result: str, name: str, again: bool) -> None:
    assert (sending_cause(result).name, sending_cause(result).again) == (name, again)


def test_every_status_of_delivery_has_a_state() -> None:
    states = [delivery_status(status).state for status in range(256)]
    assert states[:4] == ["delivered", "pending", "delivered", "pending"]
    assert set(states[4:0x40]) == {"pending"}
    assert set(states[0x40:]) == {"failed"}
    assert delivery_status(0x46).name == "validity_period_expired"
