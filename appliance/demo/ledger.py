"""The script's own ledger: what truly happened to each call, as people at both ends of it saw and heard it.

Nothing in it comes from the box: who talked with whom is known from the tone the caller heard, when from the hands that
lifted and replaced. A moment is a window, because between a hand and the box lies a line: the box's own time of the
same event must lie within it.
"""

from typing import Literal

from msgspec import Struct

from appliance.demo.script_plan import ActKind

Outcome = Literal["answered", "abandoned", "refused", "voicemail"]
"""answered: talked with an agent; abandoned: gave up before that; refused: turned away unanswered; voicemail: left a
message."""
EndedBy = Literal["caller", "agent", "box", "line"]


class Moment(Struct, frozen=True):
    """The true time of something lies between these, in ms of CLOCK_BOOTTIME."""

    earliest_ms: int
    latest_ms: int

    def contains(self, at_ms: int) -> bool:
        return self.earliest_ms <= at_ms <= self.latest_ms


class LedgerCall(Struct, frozen=True):
    number: int
    act: ActKind
    line: str
    caller: str
    called: str
    queue: str
    """The first queue it came to."""
    outcomes: tuple[Outcome, ...]
    """What happened, and after it what the box may honestly take it for, because it learns late of the end."""
    ended_by: tuple[EndedBy, ...]
    """Who ended it; more than one where two did at the same time."""
    offered: Moment
    ended: Moment
    agent: str = ""
    """Whom the caller heard; "" when nobody."""
    station: str = ""
    talked: Moment | None = None
    """When the talk began."""
    heard_ms: int = 0
    """For how long the caller heard the agent."""
    refused_code: int = 0
    """SIP status of a refusal on the trunk."""

    @property
    def outcome(self) -> Outcome:
        """What happened."""
        return self.outcomes[0]

    def talk_ms(self) -> tuple[int, int]:
        """The shortest and the longest the talk can have been; (0, 0) without one."""
        if self.talked is None:
            return 0, 0
        shortest = max(1, self.ended.earliest_ms - self.talked.latest_ms)
        return shortest, self.ended.latest_ms - self.talked.earliest_ms

    def total_ms(self) -> tuple[int, int]:
        """The shortest and the longest from offered to ended."""
        shortest = max(0, self.ended.earliest_ms - self.offered.latest_ms)
        return shortest, self.ended.latest_ms - self.offered.earliest_ms


class DeskSession(Struct, frozen=True):
    """One ring of one station and what became of it, in ms of CLOCK_BOOTTIME; −1 for what did not happen."""

    station: str
    agent: str
    act: ActKind
    caller_shown: str
    """What a SIP phone displayed; "" on a plain handset."""
    rang_ms: int
    stopped_ms: int
    lifted_ms: int = -1
    replaced_ms: int = -1
    by_agent: bool = False
    """The agent ended it, not the other side."""
    heard_caller: bool = False


class Ledger(Struct, frozen=True):
    seed: int
    began_ms: int
    ended_ms: int
    calls: tuple[LedgerCall, ...]
    desks: tuple[DeskSession, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(call.outcome == outcome for call in self.calls)


def charge_micros(
    talk_ms: int, connect_fee_micros: int, rate_micros_per_minute: int, first_increment_s: int, next_increment_s: int
) -> int:
    """A talk's price by plain arithmetic, one second after another, unlike billing's: nothing for no talk.

    Money in micro-units, the rate rounded half up once.
    """
    if talk_ms <= 0:
        return 0
    billed_s = first_increment_s
    while billed_s * 1000 < talk_ms:
        billed_s += next_increment_s
    return connect_fee_micros + (2 * billed_s * rate_micros_per_minute + 60) // 120
