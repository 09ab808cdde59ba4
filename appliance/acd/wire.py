"""How inputs and effects travel between the switch and the ACD: one JSON object a line over a UNIX socket.

The switch listens, the ACD connects. The switch speaks first (`Hello`). Each side numbers what it sends and keeps it
until the other acknowledges, so that after the ACD was killed and replayed its journal nothing is lost or done twice:

    switch -> ACD   Hello, then every unacknowledged and every new input as `FromSwitch`
    ACD -> switch   `ToSwitch` effects with their numbers, acknowledging inputs as it journals them

When its ACD is gone the switch also writes what it says into a file beside the socket (`Unheard`): if the switch dies
before an ACD is back, the last things that happened to its calls are not lost with it. A switch that never had an ACD
writes none: the ACD that comes does not know it, and none of its callers was answered.

Pure: bytes in, records out. A line over MAX_LINE_BYTES or an unknown field is a `WireError` and ends
the connection.
"""

from dataclasses import dataclass

import msgspec
from msgspec import Struct

from appliance.acd.effects import SwitchEffect
from appliance.acd.ids import LegId
from appliance.acd.inputs import FoundLeg, SwitchInput

MAX_LINE_BYTES = 262_144
"""A Hello with 512 legs fits; nothing honest is larger."""
MAX_UNACKNOWLEDGED = 20_000
"""Inputs the switch keeps while there is no ACD. Beyond it the oldest DigitPressed are dropped, then it gives up
its incarnation: the ACD then learns the truth from the inventory instead."""

UNHEARD_SUFFIX = ".unheard"
UNHEARD_HEAD_BYTES = 128


class WireError(Exception):
    """The other process said something that is not of the protocol. The message names what."""


class Hello(Struct, frozen=True, tag_field="frame", tag="hello", forbid_unknown_fields=True):
    """Who the switch is, which effect it carried out last, and which legs are up."""

    incarnation: str
    last_effect: int
    legs: tuple[FoundLeg, ...] = ()


class FromSwitch(Struct, frozen=True, tag_field="frame", tag="input", forbid_unknown_fields=True):
    """Input number `seq` (from 1 in each incarnation of the switch), which happened at `at_ms` (CLOCK_BOOTTIME)."""

    seq: int
    at_ms: int
    input: SwitchInput


class Done(Struct, frozen=True, tag_field="frame", tag="done", forbid_unknown_fields=True):
    """The switch carried out every effect up to this number: the ACD may forget them."""

    effect: int


class ToSwitch(Struct, frozen=True, tag_field="frame", tag="effect", forbid_unknown_fields=True):
    """Effect number `seq` (from 1 in each incarnation of the switch)."""

    seq: int
    effect: SwitchEffect


class Ack(Struct, frozen=True, tag_field="frame", tag="ack", forbid_unknown_fields=True):
    """The ACD has every input up to `seq` in its journal: the switch may forget them."""

    seq: int


class UnheardHead(Struct, frozen=True, tag_field="frame", tag="unheard", forbid_unknown_fields=True):
    """The first line of the file of unheard inputs: who says them, and when it was last known to be alive."""

    incarnation: str
    alive_ms: int


@dataclass(frozen=True)
class Unheard:
    """The file of unheard inputs, whole."""

    incarnation: str
    alive_ms: int
    inputs: tuple[FromSwitch, ...]


SwitchFrame = Hello | FromSwitch | Done
AcdFrame = ToSwitch | Ack

_encoder = msgspec.json.Encoder()
_switch_frames: msgspec.json.Decoder[SwitchFrame] = msgspec.json.Decoder(SwitchFrame)
_unheard_heads: msgspec.json.Decoder[UnheardHead] = msgspec.json.Decoder(UnheardHead)
_acd_frames: msgspec.json.Decoder[AcdFrame] = msgspec.json.Decoder(AcdFrame)

__all__ = ["Ack", "Done", "FromSwitch", "Hello", "LegId", "ToSwitch", "Unheard", "WireError"]


def encode(frame: SwitchFrame | AcdFrame) -> bytes:
    """A frame as one line, its newline included."""
    return _encoder.encode(frame) + b"\n"


def decode_from_switch(line: bytes) -> SwitchFrame:
    """One line the switch sent, without its newline. Raises WireError."""
    try:
        return _switch_frames.decode(line)
    except msgspec.DecodeError as error:
        raise WireError(f"from the switch: {error}; the line begins {line[:120]!r}") from error


def decode_from_acd(line: bytes) -> AcdFrame:
    """One line the ACD sent, without its newline. Raises WireError."""
    try:
        return _acd_frames.decode(line)
    except msgspec.DecodeError as error:
        raise WireError(f"from the ACD: {error}; the line begins {line[:120]!r}") from error


def unheard_name(socket: str, incarnation: str) -> str:
    """The file's name, for the socket's name without its suffix; each incarnation of the switch has its own."""
    return f"{socket}.{incarnation}{UNHEARD_SUFFIX}"


def encode_unheard_head(incarnation: str, alive_ms: int) -> bytes:
    """The first line of the file, always UNHEARD_HEAD_BYTES long, so that it can be written anew in its place."""
    return _encoder.encode(UnheardHead(incarnation, alive_ms)).ljust(UNHEARD_HEAD_BYTES - 1) + b"\n"


def decode_unheard(data: bytes) -> Unheard:
    """The file's contents; a last line without its end was being written and does not count. Raises WireError."""
    head, *lines = data.split(b"\n")
    try:
        first = _unheard_heads.decode(head)
    except msgspec.DecodeError as error:
        raise WireError(f"unheard inputs: {error}; the file begins {head[:120]!r}") from error
    frames = tuple(frame for frame in map(decode_from_switch, lines[:-1]) if isinstance(frame, FromSwitch))
    return Unheard(first.incarnation, first.alive_ms, frames)


class LineSplitter:
    """Cuts a byte stream into lines, whatever the reads were; bounded by MAX_LINE_BYTES."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completed, without newlines. Raises WireError when a line grows too long."""
        self._rest += data
        if b"\n" not in data:
            if len(self._rest) > MAX_LINE_BYTES:
                raise WireError(f"a line is longer than {MAX_LINE_BYTES} bytes")
            return []
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        for line in (*lines, rest):
            if len(line) > MAX_LINE_BYTES:
                raise WireError(f"a line is longer than {MAX_LINE_BYTES} bytes")
        return lines
