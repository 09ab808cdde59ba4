"""A seeded call centre's day around one Acd: callers with patience, agents with delays, and everything going wrong.

Run by itself it plays one world: `python -m tests.world SEED [CALLS]`. Inputs come late, twice, out of order or never;
the ACD dies and is rebuilt from a snapshot and the inputs since; the switch dies and finds some legs again. Invariants
are checked after every input, and at the end nothing may be left up.
"""

import heapq
import random
import sys
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd, Effects
from appliance.acd.ids import AgentName, LegId, LineName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentResume,
    ButtonPressed,
    ClockSet,
    DaemonStarted,
    DigitPressed,
    FoundLeg,
    Input,
    LegCause,
    LegFound,
    LegHeld,
    LineChanged,
    PlanChanged,
    PlayFinished,
    SetDisposition,
    StationChanged,
    SwitchBack,
    SwitchInput,
    SwitchLost,
    SwitchStarted,
    Tick,
)
from appliance.acd.plan import Plan
from tests import world_parts as parts
from tests.fake_switch import FakeSwitch
from tests.invariants import check
from tests.world_contacts import Messages
from tests.world_menus import keys_pressed
from tests.world_money import MoneyWhims
from tests.world_parts import EVERYTHING, NONE, Faults, Ledger, clock_step_ms
from tests.world_plan import drawn_plan
from tests.world_whims import a_callers_number, a_dialled_number, whim

__all__ = ["EVERYTHING", "NONE", "Faults", "Ledger", "World"]


class World:
    def __init__(
        self, seed: int, calls: int, faults: Faults = NONE, *, every_ms: float = 9_000, plan: Plan | None = None
    ) -> None:
        """`every_ms`: mean time between two callers. The default keeps the eight agents about busy. Without a plan the
        office is drawn from the seed too."""
        self.random = random.Random(seed)
        self.faults = faults
        self.calls_to_come = calls
        self.every_ms = every_ms
        self.now_ms = 1_000_000
        self.plan = plan if plan is not None else drawn_plan(random.Random(seed))
        self.acd = Acd(self.plan)
        self.switch = FakeSwitch("s1")
        self.ledger = Ledger()
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = 0
        self.messages = Messages(
            self.random, lambda after_ms, input: self._in(after_ms, self._give, input), faults.doubled
        )
        self.money = MoneyWhims(seed, faults.money, lambda after_ms, input: self._in(after_ms, self._give, input))
        self._snapshot = self.acd.snapshot()
        self._since: list[tuple[Input, int]] = []
        self._last_caller_ms = 0
        self.witness: Callable[[Acd, Input, int, Effects], None] = lambda acd, input, at_ms, effects: None
        """Sees each input once it is handled."""

    def run(self) -> Ledger:
        """The whole day, until everybody went home. Raises AssertionError."""
        self._give(DaemonStarted(1))
        self._give(ClockSet(1_795_345_200_000, True))
        self._switch_starts(())
        for agent in self.plan.agents:
            self._give(AgentLogin(agent.name))
            self._in(self.random.expovariate(1 / 600_000), self._whim, agent.name)
        self._in(0, self._caller_comes)
        for every_ms, what in (
            (self.faults.acd_dies_every_ms, self._acd_dies),
            (self.faults.switch_dies_every_ms, self._switch_dies),
            (self.faults.stations_fail_every_ms, self._station_fails),
            (self.faults.plan_changes_every_ms, self._plan_changes),
            (self.faults.lines_fail_every_ms, self._line_fails),
            (self.faults.lines_fail_every_ms, self._link_breaks),
            (self.faults.clock_steps_every_ms, self._clock_steps),
        ):
            if every_ms:
                self._again(every_ms, what)
        while self._next_ms() <= (self._last_caller_ms + parts.SETTLE_MS if self._day_is_over() else parts.FOREVER_MS):
            self._step()
        last_ms = self._last_caller_ms + parts.SETTLE_MS + parts.CALL_BACK_MS
        while (self._calls_up() or self.acd.state.legs) and self._next_ms() <= last_ms:
            self._step()
        self._everybody_went_home()
        return self.ledger

    # time

    def _next_ms(self) -> int:
        """When the next thing happens, in the world or by a deadline of the ACD."""
        due_ms = self.acd.next_deadline()
        event_ms = self._events[0][0] if self._events else parts.NEVER_MS
        return min(event_ms, parts.NEVER_MS if due_ms is None else max(due_ms, self.now_ms))

    def _step(self) -> None:
        self.now_ms = self._next_ms()
        if self._events and self._events[0][0] == self.now_ms:
            heapq.heappop(self._events)[2]()
        else:
            self._give(Tick())

    def _in(self, ms: float, what: Callable[..., None], *args: object) -> None:
        self._numbers += 1
        heapq.heappush(self._events, (self.now_ms + int(ms), self._numbers, lambda: what(*args)))

    def _again(self, every_ms: int, what: Callable[[], None]) -> None:
        def now_and_later() -> None:
            if not self._day_is_over():
                what()
                self._again(every_ms, what)

        self._in(self.random.expovariate(1 / every_ms), now_and_later)

    def _day_is_over(self) -> bool:
        return self.calls_to_come == 0

    # inputs and effects

    def _give(self, input: Input) -> None:
        self.ledger.inputs += 1
        self._since += [(input, self.now_ms)] if self.faults.acd_dies_every_ms else []
        effects = self.acd.handle(input, self.now_ms)
        for effect in effects.switch:
            self._carry_out(effect)
        self.messages.desks_show(effects.desk)
        self.ledger.see(self.acd, effects)
        check(self.acd, effects)
        self.witness(self.acd, input, self.now_ms, effects)
        for refused in self.money.refusals():
            self._give(refused)

    def _say(self, said: list[SwitchInput]) -> None:
        """The switch says something: at once, or as the faults have it."""
        incarnation = self.switch.incarnation
        for one in said:
            if self.random.random() < self.faults.lost:
                continue
            for _ in range(1 + (self.random.random() < self.faults.doubled)):
                late = self.random.random() < self.faults.late
                self._in(self.random.expovariate(1 / 2_000) if late else 2, self._arrive, one, incarnation)

    def _arrive(self, one: SwitchInput, incarnation: str) -> None:
        if incarnation == self.switch.incarnation:
            self._give(one)

    def _carry_out(self, effect: e.SwitchEffect) -> None:
        if self.money.keeps_back(effect):
            return
        self._say(self.switch.carry_out(effect))
        match effect:
            case e.RingStation(leg, station):
                self._person_hears_ringing(leg, station)
            case e.Play(leg, prompts, token):
                self._in(parts.PROMPT_MS * len(prompts), self._played, self.switch, leg, token)
                if token.startswith("menu"):
                    self._hears_menu(leg)
            case e.Connect(caller, agent):
                self._talk(caller, agent)
            case e.DialLine(leg):
                self._number_is_dialled(leg)

    def _played(self, switch: FakeSwitch, leg: LegId, token: str) -> None:
        if switch is self.switch and switch.legs[leg].playing == token:
            switch.legs[leg].playing = ""
            self._say([PlayFinished(leg, token)])

    # callers

    def _caller_comes(self) -> None:
        self.calls_to_come -= 1
        self._last_caller_ms = self.now_ms
        line = self.random.choice(("gsm1", "fxo1", "trunk", "trunk", "trunk"))
        if any(leg.line == line for leg in self.switch.up()):
            line = "trunk"  # a modem has one call; the next caller dials another number
        number = a_callers_number(self.random)
        offer = self.switch.offer(line, number, self.random.choice(("901", "902", "903")))
        self.ledger.offered += 1
        self._say([offer])
        self._in(self.random.expovariate(1 / 60_000), self._caller_gives_up, self.switch, offer.leg)
        if self.random.random() < 0.2:
            self._in(self.random.expovariate(1 / 30_000), self._press, self.switch, offer.leg)
        self.messages.somebody_may_write()
        if self.calls_to_come:
            self._in(self.random.expovariate(1 / self.every_ms), self._caller_comes)

    def _caller_gives_up(self, switch: FakeSwitch, leg: LegId) -> None:
        if switch is self.switch and not any(leg in pair for pair in switch.pairs):
            self._hang_up(switch, leg)
        elif switch is self.switch:
            self._in(self.random.expovariate(1 / 300_000), self._hang_up, switch, leg)

    def _press(self, switch: FakeSwitch, leg: LegId) -> None:
        """Once, and sometimes again and again."""
        if switch is self.switch and not switch.legs[leg].over:
            self._say([DigitPressed(leg, self.random.choice("12345"))])
            if self.random.random() < 0.5:
                self._in(self.random.expovariate(1 / 5_000), self._press, self.switch, leg)

    def _hears_menu(self, leg: LegId) -> None:
        """In the middle of it or after it: presses keys, one after another, or nothing, or gives up."""
        after_ms = self.random.uniform(200, 9_000)
        for pressed in keys_pressed(self.random):
            self._in(after_ms, self._say_key, self.switch, leg, pressed)
            after_ms += self.random.expovariate(1 / 500)
        if self.random.random() < 0.05:
            self._in(after_ms, self._hang_up, self.switch, leg)

    def _say_key(self, switch: FakeSwitch, leg: LegId, pressed: str) -> None:
        if switch is self.switch and not switch.legs[leg].over:
            self._say([DigitPressed(leg, pressed)])

    def _hang_up(self, switch: FakeSwitch, leg: LegId) -> None:
        if switch is self.switch:
            cause: LegCause = "line_lost" if self.random.random() < 0.03 else "normal"
            self._say(switch.end(leg, cause))

    # whom we call

    def _number_is_dialled(self, leg: LegId) -> None:
        what, after_ms = self.random.random(), self.random.uniform(2_000, 15_000)
        if what < 0.8:
            self._in(self.random.uniform(200, 2_000), self._far_end, self.switch, leg, "rings")
        if what < 0.6:
            self._in(after_ms, self._far_end, self.switch, leg, "answers")
            self._in(after_ms + self.random.expovariate(1 / 60_000), self._caller_gives_up, self.switch, leg)
        elif what < 0.75:
            self._in(after_ms, self._far_end, self.switch, leg, "busy")
        elif what < 0.9:
            self._in(500, self._far_end, self.switch, leg, "congestion")

    def _far_end(self, switch: FakeSwitch, leg: LegId, what: LegCause | Literal["rings", "answers"]) -> None:
        if switch is self.switch:
            if what == "rings" or what == "answers":
                self._say(switch.far_end(leg, what))
            elif switch.legs[leg].state == "dialling":
                self._say(switch.end(leg, what))

    def _dials(self, station: StationName) -> None:
        """Somebody calls out, if nothing is on that handset: a customer perhaps, or an emergency."""
        if not any(leg.station == station for leg in self.switch.up()):
            dialled = self.switch.dial(station, a_dialled_number(self.random))
            self._say([dialled])
            self._in(self.random.expovariate(1 / 60_000), self._hang_up, self.switch, dialled.leg)

    # agents

    def _person_hears_ringing(self, leg: LegId, station: StationName) -> None:
        what, after_ms = self.random.random(), self.random.uniform(500, 12_000)
        if what < 0.85:
            self._in(after_ms, self._lift, self.switch, leg)
        elif what < 0.90:
            self._in(after_ms, self._say_end, self.switch, leg, "rejected" if what < 0.88 else "busy")
        elif what < 0.92:
            self._in(50, self._say_end, self.switch, leg, "unreachable")

    def _lift(self, switch: FakeSwitch, leg: LegId) -> None:
        if switch is self.switch:
            self._say(switch.lift(leg))
            # Whoever lifts and hears nobody puts down again in the end, whatever the ACD believes.
            self._in(self.random.expovariate(1 / 120_000), self._hang_up, switch, leg)

    def _say_end(self, switch: FakeSwitch, leg: LegId, cause: LegCause) -> None:
        if switch is self.switch and switch.legs[leg].state == "ringing":
            self._say(switch.end(leg, cause))

    def _talk(self, caller: LegId, agent: LegId) -> None:
        first = self.random.choice((caller, agent))
        talks = self.acd.state.legs.get(agent)  # gone, if its end had not been heard of
        who = talks.agent if talks is not None else None
        if who is not None and self.random.random() < 0.6:
            self._in(self.random.expovariate(1 / 40_000), self._give, SetDisposition(who, "venta"))
        self._in(self.random.expovariate(1 / 45_000), self._hang_up, self.switch, first)
        if who is not None and self.random.random() < 0.1:
            self._in(5_000, self._hold, self.switch, agent, True)
            self._in(9_000, self._hold, self.switch, agent, False)

    def _hold(self, switch: FakeSwitch, leg: LegId, held: bool) -> None:
        if switch is self.switch and not switch.legs[leg].over:
            self._say([LegHeld(leg, held)])

    def _whim(self, agent: AgentName) -> None:
        """Agents do things: allowed or not, the ACD takes no harm."""
        self._give(whim(self.random, agent, [queue.name for queue in self.plan.queues]))
        if self.random.random() < 0.5:
            self._dials(StationName(f"s{agent[1:]}"))
        self._in(60_000, self._back_to_work, agent)
        if not self._day_is_over():
            self._in(self.random.expovariate(1 / 600_000), self._whim, agent)

    def _back_to_work(self, agent: AgentName) -> None:
        if self.acd.state.night_mode:
            self._give(ButtonPressed("night_mode"))
        self._give(AgentLogin(agent))
        self._give(AgentResume(agent))

    # what dies

    def _acd_dies(self) -> None:
        """Rebuilt from the last snapshot and the inputs since, it is the same; sometimes the snapshot is renewed."""
        self.ledger.acd_deaths += 1
        rebuilt = Acd.from_snapshot(self._snapshot)
        for input, at_ms in self._since:
            rebuilt.handle(input, at_ms)
        assert rebuilt.snapshot() == self.acd.snapshot(), "the replay arrived somewhere else"
        self.acd = rebuilt
        self._snapshot, self._since = rebuilt.snapshot(), []
        self._give(DaemonStarted(self.acd.state.incarnation + 1))

    def _switch_dies(self) -> None:
        """SIP calls are gone; modems keep theirs, and handsets in a conversation stay off-hook."""
        self.ledger.switch_deaths += 1
        self._give(SwitchLost())
        old = self.switch
        keep = {leg.leg for leg in old.up() if leg.line in ("gsm1", "fxo1")}
        keep |= {leg.leg for leg in old.up() if leg.state == "answered" and leg.station in ("s0", "s1", "s2")}
        self.switch, renamed = old.restart(f"s{self.ledger.switch_deaths + 1}", keep)
        for leg in renamed.values():
            self._in(self.random.expovariate(1 / 60_000), self._hang_up, self.switch, leg)
        found = [self._caller_rings_unheard()] if self.random.random() < 0.5 else []
        legs = self.switch.inventory(adopted=True)
        self._switch_starts(tuple(replace(one, announced=True) if one.leg in found else one for one in legs))
        self._say([LegFound(one) for one in legs if one.leg in found])

    def _caller_rings_unheard(self) -> LegId | None:
        """Somebody calls while the switch is dead, and the new one finds the call: on a modem that has none."""
        line = next((one for one in ("gsm1", "fxo1") if not any(leg.line == one for leg in self.switch.up())), None)
        if line is None:
            return None
        self.ledger.offered += 1
        leg = self.switch.offer(line, f"7{self.random.randrange(10**8):08}").leg
        self._in(self.random.expovariate(1 / 60_000), self._caller_gives_up, self.switch, leg)
        return leg

    def _switch_starts(self, legs: tuple[FoundLeg, ...]) -> None:
        self._give(SwitchStarted(self.switch.incarnation, legs))
        for line in self.plan.lines:
            self._in(100, self._give, LineChanged(line.name, "up"))
        for station in self.plan.stations:
            self._in(100, self._give, StationChanged(station.name, "up"))

    def _station_fails(self) -> None:
        station = self.random.choice(self.plan.stations).name
        off_hook = self.random.random() < 0.3
        self._give(StationChanged(station, "up" if off_hook else "unreachable", off_hook))
        for leg in [leg for leg in self.switch.up() if leg.station == station and not off_hook]:
            self._say(self.switch.end(leg.leg, "media_timeout"))
        self._in(20_000, self._give, StationChanged(station, "up"))

    def _line_fails(self) -> None:
        line = self.random.choice(("gsm1", "fxo1", "trunk", "trunk"))
        self._give(LineChanged(LineName(line), self.random.choice(("down", "degraded"))))
        self._in(self.random.expovariate(1 / 60_000), self._give, LineChanged(LineName(line), "up"))

    def _link_breaks(self) -> None:
        """At once mended; now and then so much was unheard that the switch begins anew, with the old legs."""
        self._give(SwitchLost())
        if self.random.random() < 0.8:
            self._give(SwitchBack())
            return
        self.switch.incarnation += "b"
        self.switch.is_told_again = True
        self._give(SwitchStarted(self.switch.incarnation, self.switch.inventory(adopted=False)))

    def _plan_changes(self) -> None:
        self.ledger.plan_changes += 1
        self.plan = drawn_plan(self.random)
        self._give(PlanChanged(self.plan))

    def _clock_steps(self) -> None:
        now_ms = self.acd.state.utc_offset_ms
        self._give(ClockSet(max(0, now_ms + clock_step_ms(self.random)), self.random.random() < 0.9))

    def _calls_up(self) -> list[str]:
        return [call.id for call in self.acd.state.calls.values() if call.leg or call.conversation]

    def _everybody_went_home(self) -> None:
        state = self.acd.state
        assert not self._calls_up(), f"calls left up: {self._calls_up()}"
        assert not state.contacts, f"contacts left: {list(state.contacts.values())}"
        assert not state.legs, f"legs left: {list(state.legs.values())}"
        assert not self.switch.recordings, f"still recording: {self.switch.recordings}"
        over = {name for name, (at_ms, _) in state.deadlines["wrap_up"].items() if at_ms > self.now_ms}  # in its time
        left = [agent for agent in state.agents.values() if agent.state not in ("ready", "not_ready", "logged_out")]
        stuck = [agent.plan.name for agent in left if agent.state != "wrap_up" or agent.plan.name not in over]
        assert not stuck, f"agents stuck: {stuck}"
        up = [leg for leg in self.switch.up() if leg.line is not None and leg.state != "offered"]
        assert not up, f"legs left up in the switch: {up}"
        ids = [cdr.call for cdr in self.ledger.cdrs]
        assert len(ids) == len(set(ids)), "a call has two records"
        self.ledger.minutes.check()


if __name__ == "__main__":
    chosen_seed, chosen_calls = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seen = World(chosen_seed, chosen_calls, EVERYTHING).run()
    print(f"seed {chosen_seed}: {seen.inputs} inputs, {seen.reasons()}, late {dict(seen.late)}")
