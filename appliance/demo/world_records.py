"""What is said over the world's socket, as frozen records: the requests, their answers and the state of the world."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Number = Annotated[str, Meta(pattern=r"^\+?[0-9]{0,20}$")]
"""A caller's number; "" is withheld."""
Seconds = Annotated[float, Meta(ge=0, le=3600)]

MAX_LINE_BYTES = 262_144
"""The longest request or answer. A state with 64 calls fits many times."""

LineKind = Literal["gsm", "fxo", "sip"]
StationKind = Literal["port", "sip"]
CallerStage = Literal["ringing", "waiting", "talking"]
"""ringing: the box has not answered; waiting: it has, and nobody was heard yet; talking: an agent was lifted to it."""


class _Request(Struct, frozen=True, tag_field="do", tag=True, forbid_unknown_fields=True):
    pass


class PlaceCall(_Request, frozen=True):
    """Somebody calls in on `line`. They give up after `patience_s` unanswered and hang up after `talk_s` of talk."""

    line: Name
    caller: Number
    patience_s: Seconds = 60
    talk_s: Seconds = 20


class EndCall(_Request, frozen=True):
    """The caller of this call hangs up now."""

    call: str


class Lift(_Request, frozen=True):
    """A hand lifts the station's handset (a SIP phone answers); its automatic agent steps back."""

    station: Name


class Replace(_Request, frozen=True):
    """The handset goes back on its hook (a SIP phone hangs up, or refuses the call that rings)."""

    station: Name


class Automatic(_Request, frozen=True):
    """The station's automatic agent takes over again."""

    station: Name


class Unplug(_Request, frozen=True):
    """The line's modem loses its USB cable (a SIP trunk's carrier falls silent)."""

    line: Name


class Plug(_Request, frozen=True):
    """The cable is back."""

    line: Name


class AskState(_Request, frozen=True):
    pass


Request = PlaceCall | EndCall | Lift | Replace | Automatic | Unplug | Plug | AskState


class CallerView(Struct, frozen=True, forbid_unknown_fields=True):
    """One caller who is on a line now. `heard_dbfs` is the level of what they heard last; -99 is silence."""

    call: str
    number: str
    stage: CallerStage
    since_ms: int
    """How long they have been on the line."""
    manual: bool
    """Placed by hand (or by a test), not by the automatic callers."""
    heard_dbfs: float = -99.0


class WorldLine(Struct, frozen=True, forbid_unknown_fields=True):
    line: Name
    kind: LineKind
    number: str
    plugged: bool
    limit: int
    """Calls it can carry at once: 1 for a modem."""
    callers: tuple[CallerView, ...] = ()


class WorldStation(Struct, frozen=True, forbid_unknown_fields=True):
    station: Name
    kind: StationKind
    extension: str
    agent: str
    """The automatic agent who sits here; "" when none does."""
    ringing: bool
    lifted: bool
    """Off the hook (a SIP phone is in a call)."""
    manual: bool
    """Driven by hand: the automatic agent keeps off."""
    reachable: bool = True
    """False while a SIP phone is not registered."""
    heard_dbfs: float = -99.0


class WorldState(Struct, frozen=True, tag_field="type", tag="state", forbid_unknown_fields=True):
    at_utc_ms: int
    lines: tuple[WorldLine, ...]
    stations: tuple[WorldStation, ...]
    calls_placed: int = 0
    calls_lost_no_line: int = 0
    """Callers who found every line taken: the network gave them busy."""


class Placed(Struct, frozen=True, tag_field="type", tag="placed", forbid_unknown_fields=True):
    call: str


class Done(Struct, frozen=True, tag_field="type", tag="done", forbid_unknown_fields=True):
    pass


class Refused(Struct, frozen=True, tag_field="type", tag="refused", forbid_unknown_fields=True):
    """Why not, in a sentence with what to do."""

    error: str


Answer = WorldState | Placed | Done | Refused


class WorldRefused(Exception):
    """The world would not do it; the message says why and what to do."""


_encoder = msgspec.json.Encoder()
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode(record: Request | Answer) -> bytes:
    """A record as one line, its newline included."""
    return _encoder.encode(record) + b"\n"


def decode_request(line: bytes) -> Request:
    """Raises WorldRefused with what is wrong."""
    try:
        return _requests.decode(line)
    except msgspec.DecodeError as error:
        raise WorldRefused(f"not a request of this socket: {error}") from error


def decode_answer(line: bytes) -> Answer:
    """Raises WorldRefused when the line is no answer (another program listens there)."""
    try:
        return _answers.decode(line)
    except msgspec.DecodeError as error:
        raise WorldRefused(f"the world's socket answered nonsense: {error}") from error
