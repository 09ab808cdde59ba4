"""What must hold of the parsers of modems' bytes, whatever the bytes: each target takes one input and asserts it.

A target is a function of bytes alone, so an input that fails is a test by itself. The inputs kept are in `corpus/`, one
hexadecimal line each.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from hw import at_answers
from hw.at_call import CallTracker, TrackedCall
from hw.at_commands import MAX_ANSWER_LINES, Answer, AtEngine, Command, Urc, UrcPattern
from hw.at_lines import MAX_LINE_BYTES
from hw.dle import DigitFilter, Event, Item, Sound, Unshielder, shield
from hw.modem_profiles import read_gsm_profile

CORPUS = Path(__file__).parent / "corpus"
BODY = b"0011000B91"
COMMANDS = (
    Command("AT+CLCC", "+CLCC:", answer_optional=True),
    Command("ATD1;", call_results=True),
    Command("AT+CGMM", "*", tries=2),
    Command("AT+CMGS=40", "+CMGS:", payload=BODY),
    Command("AT+VTR", opens_data=True),
    Command("ATE1", echoed=False),
)
URCS = tuple(UrcPattern(one.begins, one.kind, one.whole) for one in read_gsm_profile("ec25").urcs)
MAX_SENT = sum((len(one.text) + 1 + len(one.payload) + 1) * one.tries for one in COMMANDS)


class Talk:
    """An engine with every kind of command waiting, and what came of the bytes."""

    def __init__(self, shielded: bool) -> None:
        self.told: list[object] = []
        self.answers: list[Answer] = []
        self.sent = b""
        self._sound = bytearray()
        self.engine = AtEngine(
            URCS,
            self._urc,
            lambda begins: self._note(("garbage", begins)),
            self._sound.extend,
            self._event if shielded else None,
        )
        for command in COMMANDS:
            self.engine.submit(command, self._answered, 0)

    def _note(self, what: object) -> None:
        self._end_sound()
        self.told.append(what)

    def _end_sound(self) -> None:
        if self._sound:
            self.told.append(bytes(self._sound))
            self._sound.clear()

    def _urc(self, urc: Urc) -> None:
        assert len(urc.text) <= MAX_LINE_BYTES
        self._note(urc)

    def _event(self, code: int) -> None:
        self._note(code)

    def _answered(self, answer: Answer) -> None:
        assert len(answer.lines) <= MAX_ANSWER_LINES
        self.answers.append(answer)
        self._note(answer)

    def hear(self, data: bytes) -> None:
        self.engine.received(data, 0)
        self.sent += self.engine.take_output()
        assert len(self.sent) <= MAX_SENT, "it sends more than it was asked to"
        assert self.engine.waiting_bytes <= MAX_LINE_BYTES, "it keeps more than a line"

    def end(self) -> list[object]:
        self.engine.close()
        self._end_sound()
        assert [answer.command for answer in self.answers] == list(COMMANDS), "each is answered, once, in order"
        return self.told


def pieces(data: bytes, cuts: bytes) -> Iterator[bytes]:
    """`data` cut where `cuts` says, again and again: each byte is a length, 0 stands for 256."""
    position = turn = 0
    while position < len(data):
        size = (cuts[turn % len(cuts)] or 256) if cuts else len(data)
        yield data[position : position + size]
        position += size
        turn += 1


def at(data: bytes) -> None:
    """The AT engine: any reads of the same bytes say the same, and nothing grows."""
    head, wire = data[:5], data[5:]
    shielded = bool(head[:1] and head[0] & 1)
    whole, cut = Talk(shielded), Talk(shielded)
    whole.hear(wire)
    cut.hear(b"")
    for piece in pieces(wire, head[1:]):
        cut.hear(piece)
    assert whole.end() == cut.end(), "the same bytes in other reads"
    assert whole.sent == cut.sent


def _unshielded(data: bytes, cuts: bytes) -> tuple[list[Item], bytes | None]:
    stream, items = Unshielder(), list[Item]()
    rest: bytes | None = None
    for piece in pieces(data, cuts):
        if rest is not None:
            rest += piece
            continue
        for item in stream.feed(piece):
            last = items[-1] if items else None
            if isinstance(item, Sound) and isinstance(last, Sound):
                items[-1] = Sound(last.data + item.data)
            else:
                items.append(item)
        rest = stream.after_end
    return items, rest


def dle(data: bytes) -> None:
    """The sound stream of a voice modem: any reads say the same, sound comes back as it was, keys are digits."""
    cuts, stream = data[:3], data[3:]
    whole = _unshielded(stream, b"")
    assert whole == _unshielded(stream, cuts)
    items, rest = whole
    sound = sum(len(item.data) for item in items if isinstance(item, Sound))
    assert sound + len(rest or b"") <= len(stream)
    assert _unshielded(shield(stream), cuts) == ([Sound(stream)] if stream else [], None)
    keys = DigitFilter()
    for item in items:
        if isinstance(item, Event):
            digit = keys.event(item.code)
            assert digit is None or digit in "0123456789*#ABCD"


def answers(data: bytes) -> None:
    """The information lines, and what the call tracker makes of them: no call begins or ends twice."""
    up = 0

    def over(call: TrackedCall) -> None:
        nonlocal up
        up -= 1
        tracker.settled()

    def emit(event: object) -> None:
        nonlocal up
        up += type(event).__name__ in ("Ringing", "Found")
        assert 0 <= up <= 1, event

    tracker = CallTracker(emit, over)
    for number, raw in enumerate(data.split(b"\r")[:200]):
        line, now_ms = raw.decode("latin-1"), number * 100.0
        for listed in (at_answers.listed_call(line), at_answers.announced_call(line)):
            if listed is not None:
                tracker.seen(listed, now_ms)
        if line.startswith("+CLCC"):
            tracker.listed(at_answers.call_list((line,)), now_ms - 10, now_ms)
        elif line.startswith("+CLIP"):
            tracker.caller(at_answers.caller(line), now_ms)
        elif line.startswith("+CCWA"):
            tracker.waits(at_answers.caller(line).number, now_ms)
        elif line == "OK":
            tracker.listed((), now_ms - 10, now_ms)
        assert -1 <= at_answers.signal_percent(line) <= 100
        assert at_answers.registration(line) >= -1
        assert len(at_answers.operator(line)) <= len(line)
        assert len(at_answers.imei((line,))) in (0, 14, 15, 16) and len(at_answers.iccid((line,))) <= 20
        at_answers.registration_told_by_itself(line)


TARGETS: dict[str, Callable[[bytes], None]] = {"at": at, "dle": dle, "answers": answers}


def corpus(target: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in (CORPUS / f"{target}.hex").read_text().split()]
