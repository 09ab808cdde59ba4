"""What the ACD remembers of a line: how it is, since when, and how much of its contract has been used."""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LegId, RecordingName
from appliance.acd.inputs import AnswerEvidence, LegCause, LineHealth
from appliance.acd.message_inputs import NetworkState
from appliance.acd.plan import LinePlan


class LineTest(Struct):
    """A test call of a line, the one that goes on or the last one."""

    number: int
    called: str
    by: str
    leg: LegId
    began_ms: int
    state: Literal["dialling", "measuring", "listening", "finishing", "over"] = "dialling"
    rang_ms: int = -1
    answered_ms: int = -1
    ended_ms: int = -1
    evidence: AnswerEvidence | None = None
    cause: LegCause | None = None
    recording: RecordingName = RecordingName("")
    recorded_ms: int = -1
    """-1: there is no recording, or not yet."""
    listens: bool = False
    """For the far end's hanging up, when the noise is over."""
    far_end_left: bool = False
    """The line said that the far end hung up; else we did."""
    counted_ms: int = 0
    """Of talk, in the steps of the line's contract."""


class Balance(Struct):
    """The last time the network was asked what is left on a line's account."""

    number: int
    code: str
    by: str
    asked_ms: int
    state: NetworkState | Literal["asking"] = "asking"
    text: str = ""
    answered_ms: int = -1


class Line(Struct):
    plan: LinePlan
    health: LineHealth = "starting"
    detail: str = ""
    signal_percent: int = -1
    operator: str = ""
    calls: int = 0
    used_ms: int = 0
    """Talk of our calls that counts against the contract since `used_since`; of calls that are over."""
    used_since: str = ""
    """The local day on which the minutes began anew; "" before the clock was told."""
    sim: str = ""
    """The last one it said."""
    since_ms: int = -1
    """When its health became what it is."""
    told_down: bool = False
    """Somebody was told that it is of no use."""
    told_degraded: bool = False
    """Somebody was told that it has trouble."""
    event_ms: int = -1
    """When something of it was kept last."""
    events_minute: int = 0
    events_in_minute: int = 0
    events_left_out: int = 0
    test: LineTest | None = None
    balance: Balance | None = None
