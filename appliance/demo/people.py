"""The demo's people: automatic callers and agents, and the hands of whoever plays at the bench. On the world's loop."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentPause, AgentResume, Command
from appliance.acd.view import CallView, Status
from appliance.configuration.file import Line
from appliance.demo.agents import AgentActions, AgentDice, AutomaticAgent
from appliance.demo.caller_actor import CallerActor, CallerWishes, spoken_number
from appliance.demo.callers import CallerPlan, choose_line
from appliance.demo.desks import Desk
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.outside_lines import LineEnd
from appliance.demo.sip_records import Silence, Sound, Wav
from appliance.demo.world_parts import Director, WorldParts
from appliance.demo.world_records import WorldRefused

LINE_WEIGHT = {"gsm": 1.0, "fxo": 1.0, "sip": 2.0}
PAUSE_REASON = "cafe"


class People(Director):
    """Decides for everybody who is not driven by hand. `tell` prints a line; `do` carries a command to the box."""

    def __init__(
        self,
        loop: WorldLoop,
        plans: Iterator[CallerPlan],
        seed: int,
        speech_dir: Path,
        tell: Callable[[str], None],
        do: Callable[[Command], None],
        status_age_ms: Callable[[], float],
    ) -> None:
        self.callers: dict[str, CallerActor] = {}
        self.agents: dict[str, AutomaticAgent] = {}
        self.placed = 0
        self.lost = 0
        self._loop = loop
        self._plans = plans
        self._seed = seed
        self._speech_dir = speech_dir
        self._tell = tell
        self._do = do
        self._status_age_ms = status_age_ms
        self._ids = itertools.count(1)
        self._known: dict[str, CallerActor] = {}
        self._begun_ms: int | None = None
        self._parts: WorldParts | None = None

    @property
    def parts(self) -> WorldParts:
        if self._parts is None:
            raise WorldRefused("the world is still being built; try again in a second")
        return self._parts

    def move_in(self, parts: WorldParts) -> None:
        """The bodies are there: the agents sit down at their desks."""
        self._parts = parts
        actions = AgentActions(self._pause, self._resume, self._tell)
        for agent in parts.office.configuration.agent:
            if agent.station in parts.desks:
                sound = Wav(str(self._speech_dir / f"agent-{agent.name}.wav"))
                dice = AgentDice(self._seed, agent.name)
                desk = parts.desks[agent.station]
                self.agents[agent.station] = AutomaticAgent(agent.name, desk, sound, dice, self._loop, actions)

    # -- callers

    def begin_calling(self) -> None:
        """From now on the planned callers call; a second time it does nothing."""
        if self._begun_ms is None:
            self._begun_ms = now_ms()
            self._schedule_next()

    def place(self, line: str, wishes: CallerWishes) -> None:
        """Raises WorldRefused."""
        end = self.parts.lines[line]
        end.offer(wishes.call, wishes.caller, wishes.called, ())
        self.callers[wishes.call] = CallerActor(wishes, end, self._loop, self._tell, self._status_age_ms)
        self.placed += 1
        self._tell(f"☎ {spoken_number(wishes.caller)} llama por {line}")

    def new_call_id(self) -> str:
        return f"c{next(self._ids)}"

    def _schedule_next(self) -> None:
        plan = next(self._plans, None)
        if plan is not None and self._begun_ms is not None:
            delay_ms = self._begun_ms + plan.at_ms - now_ms()
            self._loop.after(delay_ms, lambda: self._planned_caller(plan))

    def _planned_caller(self, plan: CallerPlan) -> None:
        self._schedule_next()
        self._call(plan, CallerWishes(
            call=self.new_call_id(),
            caller=plan.caller,
            called="",
            patience_ms=plan.patience_ms,
            talk_ms=plan.talk_ms,
            hangs_up_first=plan.hangs_up == "caller",
            sound=self._voice(plan.voice),
            calls_again_ms=plan.calls_again_ms,
        ))  # fmt: skip

    def _call(self, plan: CallerPlan, wishes: CallerWishes) -> None:
        free = [
            (line.name, LINE_WEIGHT[line.kind])
            for line in self.parts.lines.values()
            if line.plugged and len(line.calls()) < line.limit
        ]
        while name := choose_line(plan, free):
            line = next(line for line in self.parts.office.configuration.line if line.name == name)
            try:
                self.place(name, replace(wishes, called=called_number(line, plan.did_dice)))
                break
            except WorldRefused:  # the exchange still holds the line's last call: as good as taken
                free = [(other, weight) for other, weight in free if other != name]
        else:
            self.lost += 1
            self._tell(f"☎ {spoken_number(plan.caller)} encuentra todas las líneas ocupadas")
            return
        if wishes.calls_again_ms:
            self.callers[wishes.call].calls_again = lambda: self._call(
                plan, replace(wishes, call=self.new_call_id(), calls_again_ms=0)
            )

    def _voice(self, voice: int) -> Sound:
        return Wav(str(self._speech_dir / f"caller-{voice}.wav")) if voice else Silence()

    # -- what the lines say

    def box_answered(self, call: str) -> None:
        if call in self.callers:
            self.callers[call].box_answered()

    def call_ended(self, end: LineEnd) -> None:
        caller = self.callers.pop(end.call, None)
        if caller is None:
            return
        caller.over(end)
        if end.lost:
            self._tell(f"{caller.who} se queda sin línea: {caller.line.name} desconectada")
        elif end.by_box:
            self._tell(f"{caller.who}: la oficina {'cuelga' if caller.stage != 'ringing' else 'no atiende la llamada'}")
        if not caller.served and caller.calls_again is not None:
            self._loop.after(caller.wishes.calls_again_ms, caller.calls_again)

    # -- what the desks say

    def desk_rings(self, desk: Desk, number: str) -> None:
        agent = self.agents.get(desk.name)
        if agent is not None and not agent.manual(now_ms()):
            agent.rings()

    def desk_stops(self, desk: Desk) -> None:
        if desk.name in self.agents:
            self.agents[desk.name].ring_stops()

    def desk_hears_end(self, desk: Desk) -> None:
        if desk.name in self.agents:
            self.agents[desk.name].hears_end()

    # -- what the box says

    def status(self, status: Status) -> None:
        """A new status of the ACD: who talks with whom."""
        live = {call.call: call for call in status.calls}
        for gone in [call for call in self._known if call not in live]:
            del self._known[gone]
        for call in status.calls:
            caller = self._caller_of(call)
            if caller is None:
                continue
            if call.state == "talking" and call.agent is not None:
                self._they_talk(caller, call.agent)
            elif call.state == "voicemail":
                caller.in_voicemail()
        for view in status.agents:
            if view.state in ("wrap_up", "not_ready", "logged_out") and view.station in self.agents:
                agent = self.agents[view.station]
                if not agent.manual(now_ms()):
                    agent.hears_end()

    def _they_talk(self, caller: CallerActor, agent: AgentName) -> None:
        if not caller.talks_with(agent):
            return
        self._tell(f"{caller.who} habla con {agent}")
        at_desk = next((one for one in self.agents.values() if one.name == agent), None)
        if at_desk is not None and not caller.wishes.hangs_up_first and not at_desk.manual(now_ms()):
            at_desk.ends_after(caller.wishes.talk_ms)

    def _caller_of(self, call: CallView) -> CallerActor | None:
        """The caller behind a call of the box: the one on that line with that number who is not another's already."""
        if call.call not in self._known:
            taken = {id(caller) for caller in self._known.values()}
            for caller in self.callers.values():
                if caller.line.name == call.line and id(caller) not in taken and same_number(caller, call.caller):
                    self._known[call.call] = caller
                    break
        known = self._known.get(call.call)
        return known if known is not None and known.wishes.call in self.callers else None

    def _pause(self, agent: str) -> None:
        self._tell(f"{agent} hace una pausa")
        self._do(AgentPause(AgentName(agent), PAUSE_REASON))

    def _resume(self, agent: str) -> None:
        self._tell(f"{agent} vuelve de la pausa")
        self._do(AgentResume(AgentName(agent)))


def called_number(line: Line, dice: float) -> str:
    """What somebody who calls in on this line has dialled: one of its numbers."""
    numbers = sorted(line.did) or [line.number]
    return numbers[min(len(numbers) - 1, int(dice * len(numbers)))]


def same_number(caller: CallerActor, seen: str) -> bool:
    """A modem's line has one caller; on a trunk numbers tell them apart, however their country code is written."""
    return caller.line.limit == 1 or caller.wishes.caller == seen or seen.endswith(caller.wishes.caller or "\0")
