"""One caller on a line: waits, gives up, talks, leaves a message, hangs up. On the world's loop."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.demo.loop import Timer, WorldLoop, now_ms
from appliance.demo.outside_lines import LineEnd, OutsideLine
from appliance.demo.sip_records import Sound
from appliance.demo.world_records import CallerStage, CallerView

MESSAGE_MS = 6_000
"""How long somebody speaks to a voicemail box."""
AGENT_OVERRUN_MS = 60_000
"""An agent who was to end the talk and does not (a desk in somebody's hands) is cut short after so long."""
BLIND_RETRY_MS = 2_000
STATUS_MAX_AGE_MS = 7_000


@dataclass(frozen=True)
class CallerWishes:
    """What this caller will do, whatever happens."""

    call: str
    caller: str
    called: str
    patience_ms: float
    talk_ms: float
    hangs_up_first: bool
    """The caller ends the talk, not the agent."""
    sound: Sound
    """What they say once somebody is there; Silence for those who never speak."""
    calls_again_ms: int = 0
    manual: bool = False


class CallerActor:
    """Made when the call was offered; `over` when the line says so."""

    def __init__(
        self,
        wishes: CallerWishes,
        line: OutsideLine,
        loop: WorldLoop,
        tell: Callable[[str], None],
        status_age_ms: Callable[[], float],
    ) -> None:
        self.wishes = wishes
        self.line = line
        self.stage: CallerStage = "ringing"
        self.agent = ""
        self.served = False
        self.calls_again: Callable[[], None] | None = None
        """What to do later when nobody served them."""
        self.since_ms = now_ms()
        self._loop = loop
        self._tell = tell
        self._status_age_ms = status_age_ms
        self._gives_up: Timer | None = loop.after(wishes.patience_ms, self._give_up)
        self._ends: Timer | None = None

    @property
    def who(self) -> str:
        return spoken_number(self.wishes.caller)

    def box_answered(self) -> None:
        self.stage = "waiting"

    def talks_with(self, agent: str) -> bool:
        """The ACD says that an agent talks with this caller. True when that is new."""
        if self.stage == "talking" and self.agent == agent:
            return False
        self.stage = "talking"
        self.agent = agent
        self.served = True
        self._drop_timers()
        self.line.say(self.wishes.call, self.wishes.sound)
        patience_ms = 0 if self.wishes.hangs_up_first else AGENT_OVERRUN_MS
        self._ends = self._loop.after(self.wishes.talk_ms + patience_ms, self._hang_up)
        return True

    def in_voicemail(self) -> None:
        if self.stage != "talking":
            self.stage = "talking"
            self.agent = "buzón"
            self._drop_timers()
            self.line.say(self.wishes.call, self.wishes.sound)
            self._tell(f"{self.who} deja un mensaje en el buzón")
            self._ends = self._loop.after(MESSAGE_MS, self._hang_up)

    def over(self, end: LineEnd) -> None:
        self._drop_timers()

    def view(self) -> CallerView:
        return CallerView(
            self.wishes.call,
            self.wishes.caller,
            self.stage,
            now_ms() - self.since_ms,
            self.wishes.manual,
            self.line.heard_dbfs(self.wishes.call),
        )

    def hang_up(self) -> None:
        self._drop_timers()
        self.line.hang_up(self.wishes.call)

    def _give_up(self) -> None:
        if self._status_age_ms() > STATUS_MAX_AGE_MS and self.stage == "waiting":
            # Nobody tells whether somebody talks with them by now; they would not hang up on an agent.
            self._gives_up = self._loop.after(BLIND_RETRY_MS + self.wishes.talk_ms, self._hang_up)
            return
        self._tell(f"{self.who} se cansa de esperar y cuelga")
        self.hang_up()

    def _hang_up(self) -> None:
        self._tell(f"{self.who} cuelga")
        self.hang_up()

    def _drop_timers(self) -> None:
        for timer in (self._gives_up, self._ends):
            if timer is not None:
                timer.cancel()


def spoken_number(number: str) -> str:
    """A number as Spaniards read it: 600 123 456."""
    if not number:
        return "número oculto"
    if len(number) == 9 and number.isdecimal():
        return f"{number[:3]} {number[3:6]} {number[6:]}"
    return number
