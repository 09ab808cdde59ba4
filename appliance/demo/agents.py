"""The automatic agents: how human they are (seeded), and what each does at a desk as it rings, talks and ends."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from appliance.demo.desks import Desk
from appliance.demo.loop import Timer, WorldLoop
from appliance.demo.sip_records import Sound
from appliance.demo.world_records import WorldRefused

MANUAL_MS = 5 * 60_000
"""A desk that was touched by hand is left alone for so long."""
SILENCE_LIMIT_MS = 9_000
"""An agent who hears nothing for so long says «¿oiga?» and hangs up."""
TALK_LIMIT_MS = 10 * 60_000
LISTENS_EVERY_MS = 400


@dataclass(frozen=True)
class AgentHabits:
    pick_up_median_s: float = 2.6
    pick_up_sigma: float = 0.45
    pick_up_max_s: float = 10
    misses_share: float = 0.04
    """Rings that are not answered: away from the desk."""
    pauses_share: float = 0.05
    """Calls after which the agent takes a pause."""
    pause_s: tuple[float, float] = (15, 60)
    puts_down_s: tuple[float, float] = (0.3, 1.5)
    """Between hearing the end of a call and putting the handset back."""


class AgentDice:
    """One agent's seeded decisions, in the order they are asked."""

    def __init__(self, seed: int, agent: str, habits: AgentHabits | None = None) -> None:
        self._dice = random.Random(f"agent {seed} {agent}")
        self._habits = habits or AgentHabits()

    def pick_up_ms(self) -> int | None:
        """How long it rings before this agent lifts; None: this ring is missed."""
        habits = self._habits
        missed = self._dice.random() < habits.misses_share
        delay_s = self._dice.lognormvariate(math.log(habits.pick_up_median_s), habits.pick_up_sigma)
        return None if missed else round(1000 * min(habits.pick_up_max_s, delay_s))

    def pause_ms(self) -> int:
        """How long a pause this agent takes after a call; 0: none."""
        pauses = self._dice.random() < self._habits.pauses_share
        length_s = self._dice.uniform(*self._habits.pause_s)
        return round(1000 * length_s) if pauses else 0

    def put_down_ms(self) -> int:
        return round(1000 * self._dice.uniform(*self._habits.puts_down_s))


@dataclass(frozen=True)
class AgentActions:
    """What an agent can do beside the handset; each call may fail silently (the ACD may be away)."""

    pause: Callable[[str], None]
    resume: Callable[[str], None]
    tell: Callable[[str], None]


class AutomaticAgent:
    """Sits at a desk: lifts after a human delay, talks, hangs up, sometimes pauses, sometimes misses a ring."""

    def __init__(
        self, name: str, desk: Desk, sound: Sound, dice: AgentDice, loop: WorldLoop, actions: AgentActions
    ) -> None:
        self.name = name
        self.desk = desk
        self.manual_until_ms = 0.0
        self._dice = dice
        self._loop = loop
        self._actions = actions
        self._lifts: Timer | None = None
        self._ends: Timer | None = None
        self._call = 0
        self._pauses_next = 0
        self._in_call = False
        self._putting_down = False
        desk.say(sound)

    def step_back(self, now_ms: float) -> None:
        """Somebody drives this desk by hand."""
        self.manual_until_ms = now_ms + MANUAL_MS
        self._forget()

    def take_over(self) -> None:
        """Automatic again, also in the middle of a ring or a call."""
        self.manual_until_ms = 0.0
        if self.desk.ringing:
            self.rings()
        elif self.desk.lifted:
            self._talk()

    def manual(self, now_ms: float) -> bool:
        return now_ms < self.manual_until_ms

    def rings(self) -> None:
        delay_ms = self._dice.pick_up_ms()
        if delay_ms is None:
            self._actions.tell(f"{self.desk.name}: {self.name} no está en su mesa y deja sonar")
            return
        self._lifts = self._loop.after(delay_ms, self._lift)

    def ring_stops(self) -> None:
        if self._lifts is not None:
            self._lifts.cancel()

    def hears_end(self) -> None:
        """The other side is gone: put the handset down, in a moment."""
        if self._in_call and not self._putting_down:
            self._putting_down = True
            self._end_after(self._dice.put_down_ms())

    def ends_after(self, talk_ms: float) -> None:
        """This agent is the one who ends the present talk."""
        if self._in_call and not self._putting_down:
            self._end_after(talk_ms)

    def _lift(self) -> None:
        if not self.desk.ringing:
            return
        try:
            self.desk.lift()
        except WorldRefused as refusal:
            self._actions.tell(str(refusal))
            return
        self._actions.tell(f"{self.desk.name}: {self.name} descuelga")
        self._talk()

    def _talk(self) -> None:
        self._call += 1
        self._in_call = True
        self._putting_down = False
        self._pauses_next = self._dice.pause_ms()
        self._end_after(TALK_LIMIT_MS)
        self._listen(self._call)

    def _listen(self, call: int) -> None:
        """A plain handset does not tell of the end: silence does."""
        if call != self._call or not self._in_call:
            return
        if self.desk.quiet_ms() > SILENCE_LIMIT_MS:
            self._actions.tell(f"{self.desk.name}: {self.name} no oye a nadie y cuelga")
            self._end_after(0)
            return
        self._loop.after(LISTENS_EVERY_MS, lambda: self._listen(call))

    def _end_after(self, delay_ms: float) -> None:
        if self._ends is not None:
            self._ends.cancel()
        self._ends = self._loop.after(delay_ms, self._end)

    def _end(self) -> None:
        if not self._in_call:
            return
        self._in_call = False
        if self.desk.lifted:
            try:
                self.desk.replace()
            except WorldRefused as refusal:
                self._actions.tell(str(refusal))
            self._actions.tell(f"{self.desk.name}: {self.name} cuelga")
        if self._pauses_next:
            self._actions.pause(self.name)
            self._loop.after(self._pauses_next, lambda: self._actions.resume(self.name))

    def _forget(self) -> None:
        self._in_call = False
        for timer in (self._lifts, self._ends):
            if timer is not None:
                timer.cancel()
