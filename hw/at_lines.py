"""Cuts what a modem says into lines and prompts, whatever the reads were: pure, bounded, and never raises.

Follows ITU-T V.250 §5.7 loosely, because modems do: a line ends at CR (with or without LF around it) or at a bare LF,
but a LF inside double quotes belongs to the line (+CUSD texts). Empty lines, NULs and 0xFF from power-up are nothing.
"""

from dataclasses import dataclass

MAX_LINE_BYTES = 4096
"""The longest honest line is a USSD text in UCS2 hex, below 1,000."""

_NOISE = b"\x00\xff\x1b"
"""Power-up, and the echo of an ESC that left a prompt."""
_DLE = 0x10


@dataclass(frozen=True)
class Line:
    text: str


@dataclass(frozen=True)
class Prompt:
    """`> ` at the start of a line: the modem waits for a message body."""


@dataclass(frozen=True)
class Garbage:
    """A line grew beyond MAX_LINE_BYTES and was thrown away up to its end; `begins` are its first bytes."""

    begins: bytes


@dataclass(frozen=True)
class Shielded:
    """`<DLE><c>` between lines or inside one, from a voice modem: an event of V.253. `code` is c."""

    code: int


Item = Line | Prompt | Garbage | Shielded


class AtLines:
    """`feed` bytes, take items with `next` until None. `take_rest` hands over what was not read as lines yet, for a
    stream that turns from lines to sound in the middle of a read. `shielded`: DLE announces an event."""

    def __init__(self, shielded: bool = False) -> None:
        self._shielded = shielded
        self._after_dle = False
        self._rest = b""
        self._position = 0
        """How much of `_rest` was read: a read of many short lines is not copied for each."""
        self._buffer = bytearray()
        self._quoted = False
        self._dropping = b""
        self._after_cr = False

    def feed(self, data: bytes) -> None:
        self._rest = self._rest[self._position :] + data
        self._position = 0

    def next(self, expect_prompt: bool = False) -> Item | None:
        """The next item, or None when more bytes are needed. A prompt is only looked for when one is expected."""
        position = self._position
        data = self._rest
        while position < len(data):
            code = data[position]
            position += 1
            if self._after_dle:
                self._after_dle = False
                self._position = position
                return Shielded(code)
            if code == _DLE and self._shielded:
                self._after_dle = True
                continue
            if code == 0x0A and self._after_cr:
                self._after_cr = False
                continue
            self._after_cr = code == 0x0D
            if code == 0x0D or (code == 0x0A and not self._quoted):
                item = self._end_of_line()
                if item is not None:
                    self._position = position
                    return item
            elif code not in _NOISE:
                self._keep(code)
            if expect_prompt and self._buffer == b"> ":
                self._buffer.clear()
                self._position = position
                return Prompt()
        self._rest, self._position = b"", 0
        return None

    @property
    def waiting_bytes(self) -> int:
        """Of a line whose end has not come, and of what `next` was not asked for."""
        return len(self._buffer) + len(self._rest) - self._position

    def take_rest(self) -> bytes:
        """Every byte after the last item, once; the LF that belongs to the last line's CR is left out."""
        unread = self._rest[self._position :]
        rest = bytes(self._buffer) + unread
        if self._after_cr and unread[:1] == b"\n" and not self._buffer:
            rest = rest[1:]
            self._after_cr = False
        self.clear(keep_after_cr=self._after_cr and not rest)
        return rest

    def skip_line_feed(self, data: bytes) -> bytes:
        """`data` without a leading LF if that LF belongs to the line that `take_rest` was called after."""
        if not self._after_cr or not data:
            return data
        self._after_cr = False
        return data[1:] if data[:1] == b"\n" else data

    def clear(self, keep_after_cr: bool = False) -> None:
        """Forget a half line: the port was reopened."""
        self._rest, self._position = b"", 0
        self._buffer.clear()
        self._quoted = False
        self._dropping = b""
        self._after_dle = False
        self._after_cr = keep_after_cr

    def _keep(self, code: int) -> None:
        if self._dropping:
            return
        if code == 0x22:
            self._quoted = not self._quoted
        self._buffer.append(code)
        if len(self._buffer) > MAX_LINE_BYTES:
            self._dropping = bytes(self._buffer[:40])
            self._buffer.clear()
            self._quoted = False

    def _end_of_line(self) -> Item | None:
        self._quoted = False
        if self._dropping:
            begins, self._dropping = self._dropping, b""
            return Garbage(begins)
        text = self._buffer.decode("latin-1").strip(" \t\n")
        self._buffer.clear()
        return Line(text) if text else None
