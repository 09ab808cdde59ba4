"""Caller ID in every form analogue modems tell it: lines, and raw messages of GR-30 and EN 300 659-3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.caller_id import CallerId

# The first is a published example (a caller-ID receiver's manual), as a modem gives it in hex.
SDMF = "041230393330313232343630393535353132313251"
SDMF_WITHHELD = "0409303933303132323450" + "0E"
MDMF = "802001083033323430393032" + "07084A4F484E20444F45" + "020A38303035353531323132" + "84"


def _told(*lines: str) -> CallerId:
    identity = CallerId()
    for line in lines:
        assert identity.line(line), line
    return identity


@pytest.mark.parametrize(
    ("lines", "number", "name"),
    [
        (("DATE=0117", "TIME=1452", "NMBR=600123123", "NAME=ANA"), "600123123", "ANA"),
        (("DATE = 0117", "TIME = 1452", "NMBR = 600123123", "NAME = ANA"), "600123123", "ANA"),
        (("NMBR =600123123",), "600123123", ""),
        (("NMBR= +34 600-123-123",), "+34600123123", ""),
        (("NMBR=(600) 123.123",), "600123123", ""),
        (("DATE=0117", "TIME=1452", "NMBR=600123123"), "600123123", ""),
        (("NMBR=P", "NAME=P"), "", ""),
        (("NMBR = O", "NAME = O"), "", ""),
        (("NMBR=private",), "", ""),
        (("NMBR=",), "", ""),
        (("NMBR=600;ATH",), "", ""),
        (("NMBR=600123123", "NAME="), "600123123", ""),
        (("NMBR=600123123", "NAME=ANA\x1b[2J"), "600123123", "ANA[2J"),
        (("DATE=0117", "TIME=1452"), None, ""),
        (("MESG=" + SDMF,), "6095551212", ""),
        (("MESG = " + SDMF[:-2],), "6095551212", ""),  # the modem checked the sum itself
        (("MESG=" + SDMF_WITHHELD,), "", ""),
        (("MESG = " + MDMF,), "8005551212", "JOHN DOE"),
        (("MESG = " + MDMF.lower(),), "8005551212", "JOHN DOE"),
        (("MESG = " + MDMF[4:-2],), "8005551212", "JOHN DOE"),  # parameters alone
        (("MESG = 0601" + "4C" + "0209363030313233313233",), "600123123", ""),
        (("MESG = 0401" + "4F",), "", ""),
        (("MESG = 8003" + "040150",), "", ""),
        (("MESG = 0603" + "424242" + "0A",), None, ""),  # message waiting on: nobody calls
        (("MESG = 8203" + "0B01FF",), None, ""),
    ],
)
def test_forms(lines: tuple[str, ...], number: str | None, name: str) -> None:
    identity = _told(*lines)
    assert (identity.number, identity.name) == (number, name)


def test_the_called_number_where_it_is_told() -> None:
    assert _told("DDN_NMBR= 934445566").called == "934445566"
    assert _told("MESG = 1203" + "313233" + "0209363030313233313233").called == "123"


@pytest.mark.parametrize("raw", [SDMF, SDMF_WITHHELD, MDMF])
def test_a_message_with_any_byte_wrong_tells_nothing(raw: str) -> None:
    """The sum catches every single wrong byte."""
    data = bytearray.fromhex(raw)
    for place in range(2, len(data)):  # the type and the length tell what the rest is
        wrong = bytes(data[:place]) + bytes([data[place] ^ 0x21]) + bytes(data[place + 1 :])
        identity = _told("MESG = " + wrong.hex())
        assert (identity.number, identity.name, identity.damaged) == (None, "", 1), wrong.hex()


@pytest.mark.parametrize("raw", [SDMF, MDMF])
def test_a_message_cut_short_tells_nothing(raw: str) -> None:
    for size in range(4, len(raw) - 4, 2):
        identity = _told("MESG = " + raw[:size])
        assert identity.number is None, raw[:size]


def test_after_a_damaged_message_a_good_one_counts() -> None:
    assert _told("MESG = " + MDMF[:-2] + "00", "MESG = " + MDMF).number == "8005551212"


@given(st.one_of(st.binary(max_size=300).map(bytes.hex), st.text(max_size=80)))
def test_any_raw_message_is_read_without_raising(text: str) -> None:
    identity = CallerId()
    identity.line("MESG = " + text)
    assert identity.number is None or len(identity.number) <= 33
    assert len(identity.name) <= 60


@given(st.text(alphabet="0123456789", min_size=1, max_size=20), st.text(alphabet="ABC XYZ", max_size=20))
def test_what_an_exchange_sends_is_read(number: str, name: str) -> None:
    parameters = b"\x01\x0801171452" + bytes([2, len(number)]) + number.encode() + bytes([7, len(name)]) + name.encode()
    message = bytes([0x80, len(parameters)]) + parameters
    message += bytes([-sum(message) % 256])
    identity = _told("MESG = " + message.hex().upper())
    assert (identity.number, identity.name, identity.damaged) == (number, name.strip(), 0)
