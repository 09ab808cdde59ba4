"""What the people of a busy hour saw, heard and did, and what was killed meanwhile: nothing in it comes from the box.

Times are ms of CLOCK_BOOTTIME, -1 for what did not happen.
"""

from typing import Literal

from msgspec import Struct

from appliance.demo.world_records import LineKind

Process = Literal["acd", "switch", "web", "kamailio"]


class CallTruth(Struct, frozen=True):
    """One call as its caller knows it. `caller` is unlike any other's, which is how its record is found."""

    number: int
    line: str
    kind: LineKind
    caller: str
    placed_ms: int
    answered_ms: int
    """The box opened the caller's path."""
    hung_up_ms: int
    """The caller hung up."""
    ended_ms: int
    by_box: bool
    code: int
    """SIP status of a refusal."""
    heard_nothing: bool
    """The caller hung up because nothing came any more."""
    heard_ms: dict[str, int]
    """For how long each agent was heard."""


class DeskTruth(Struct, frozen=True):
    """One handset or phone off its hook, from the lift until it was put down or heard the end."""

    station: str
    agent: str
    lifted_ms: int
    down_ms: int
    by_agent: bool
    heard_caller_ms: int
    """For how long a caller was heard; -1 where nobody can tell (a SIP phone)."""


class RangForNobody(Struct, frozen=True):
    """A station that rang on and on: nobody told it to stop."""

    station: str
    since_ms: int


class HourTruth(Struct, frozen=True):
    seed: int
    began_ms: int
    ended_ms: int
    calls: tuple[CallTruth, ...]
    desks: tuple[DeskTruth, ...]
    proof: tuple[int, ...]
    """Numbers of the calls made at the very end, one a line, each with an agent, all at once."""
    rang_for_nobody: tuple[RangForNobody, ...]


class Kill(Struct, frozen=True):
    process: Process
    at_ms: int


class Outage(Struct, frozen=True):
    """From a kill of the switch until the box said that this line is up again."""

    line: str
    from_ms: int
    to_ms: int
