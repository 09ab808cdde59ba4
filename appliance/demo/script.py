"""Plays the script against a real box on loopback and keeps its ledger: hands, voices and ears, no look at the record.

What the box says of itself (its status) only times what people do next, never what the ledger says of it.
"""

import random
import threading
from collections.abc import Callable

from appliance.acd.view import Status
from appliance.demo.box_watch import BoxWatch
from appliance.demo.desks import Desk
from appliance.demo.ledger import Ledger
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.office import Office
from appliance.demo.outside_lines import LineEnd
from appliance.demo.script_desks import ScriptDesks
from appliance.demo.script_plan import Act, ScriptCall, plan_script
from appliance.demo.script_records import CallBook, agent_tones
from appliance.demo.sip_records import Tone
from appliance.demo.world_parts import Director, WorldParts
from appliance.demo.world_records import WorldRefused

CALLER_HZ = 1300
SAID_DBFS = -18.0
STEP_MS = 40
LINE_RESTS_MS = 400
"""Between two calls on one line."""
ACT_LIMIT_MS = 150_000
READY_LIMIT_S = 60.0
BUSY_SETTLES_MS = 1500
UNPLUGGED_MS = 1500


class ScriptStuck(Exception):
    """The script could not go on; the message says in which act, and what everybody was doing."""


class ScriptWorld(Director):
    """The office's world in the hands of a script: `build`, then start the box, `start`, `run`, `close`."""

    def __init__(self, office: Office, seed: int, say: Callable[[str], None] = print) -> None:
        self.loop = WorldLoop()
        self.office = office
        self._seed = seed
        self._say = say
        self._dice = random.Random(f"script doing {seed}")
        self._folder = office.directory / "heard"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.parts = WorldParts(office, self.loop, self, record_dir=self._folder, tones=(CALLER_HZ,))
        self._desks = ScriptDesks(self.loop, self._dice, CALLER_HZ)
        self._book = CallBook(office.configuration)
        self._watch = BoxWatch(office.run_dir / "acd.sock", lambda status: self.loop.post(lambda: self._heed(status)))
        self._status: Status | None = None
        self._act: Act | None = None
        self._waiting: list[ScriptCall] = []
        self._up: dict[str, ScriptCall] = {}
        self._parallel = 1
        self._talking: set[str] = set()
        self._rested_ms: dict[str, int] = {}
        self._unplugged: dict[str, bool] = {}
        """Lines whose modem was taken away; True once the box has noticed."""
        self._act_over = threading.Event()
        self._act_ends_ms = 0

    def build(self) -> None:
        """Make the bodies: the modems' ports must be there before the box starts. Raises PeerError, OSError."""
        self.loop.start()
        self.parts.start()
        tones = agent_tones(self.office.configuration)
        for agent in self.office.configuration.agent:
            if agent.station in self.parts.desks:
                self._desks.seat(agent.name, self.parts.desks[agent.station], Tone(tones[agent.name], SAID_DBFS))

    def start(self) -> None:
        """The box runs: register the phones and wait until it can take calls. Raises ScriptStuck."""
        self._watch.start()
        self.parts.register_phones()
        ready = threading.Event()
        self.loop.ask(lambda: self._wait_ready(ready))
        if not ready.wait(READY_LIMIT_S):
            raise ScriptStuck(f"the box is not ready for the script after {READY_LIMIT_S:.0f} s: {self._doing()}")

    def run(self, count: int, parallel: int = 6) -> Ledger:
        """Play `count` calls, at most `parallel` at once. Raises ScriptStuck."""
        began_ms = now_ms()
        self._parallel = parallel
        acts = plan_script(self._seed, count)
        for number, act in enumerate(acts, 1):
            self._say(f"act {number}/{len(acts)} {act.kind}: {len(act.calls)} calls")
            self._act_over.clear()
            self.loop.post(lambda act=act: self._begin(act))  # type: ignore[misc]
            if not self._act_over.wait(ACT_LIMIT_MS / 1000 + 5):
                raise ScriptStuck(f"act {number} ({act.kind}, seed {self._seed}) never ended: {self._doing()}")
            if self._act is not None:
                raise ScriptStuck(f"act {number} ({act.kind}, seed {self._seed}): {self._doing()}")
        sessions = tuple(self._desks.sessions)
        return Ledger(self._seed, began_ms, now_ms(), self._book.ledger_calls(sessions), sessions)

    def close(self) -> None:
        self._watch.close()
        self.loop.stop()
        self.parts.close()

    # -- an act

    def _begin(self, act: Act) -> None:
        self._act = act
        self._waiting = list(act.calls)
        self._act_ends_ms = now_ms() + ACT_LIMIT_MS
        self._desks.begin(act.kind)
        self._step()

    def _step(self) -> None:
        if self._act is None:
            return
        for call in list(self._waiting):
            if self._act.kind == "busy" or (len(self._up) < self._parallel and self._line_free(call.line)):
                self._waiting.remove(call)
                self._place(call)
        self._desks.step()
        quiet = not self._waiting and not self._up and not self._unplugged
        if quiet and self._desks.all_down() and self._book.all_heard() and self._box_at_rest():
            self._act = None
            self._act_over.set()
        elif now_ms() > self._act_ends_ms:
            self._act_over.set()
        else:
            self.loop.after(STEP_MS, self._step)

    def _line_free(self, name: str) -> bool:
        line = self.parts.lines[name]
        return len(line.calls()) < line.limit and now_ms() >= self._rested_ms.get(name, 0)

    def _place(self, call: ScriptCall) -> None:
        assert self._act is not None
        key = f"k{call.number}"
        line = self.parts.lines[call.line]
        tones = tuple(agent_tones(self.office.configuration).values())
        at_ms = now_ms()
        try:
            line.offer(key, call.caller, call.called, tones)
        except WorldRefused:
            # The exchange's own busy: an analogue line whose last call the box has not let go of yet.
            self._waiting.append(call)
            self._rested_ms[call.line] = now_ms() + LINE_RESTS_MS
            return
        self._book.open(call, self._act.kind, line.kind, at_ms)
        self._up[key] = call
        line.say(key, Tone(CALLER_HZ, SAID_DBFS))
        if self._act.kind == "busy":
            self.loop.after(BUSY_SETTLES_MS + call.patience_ms, lambda: self._caller_hangs_up(key))

    def _caller_hangs_up(self, key: str) -> None:
        call = self._up.get(key)
        if call is not None:
            self._book.caller_ends(call.number, now_ms())
            self.parts.lines[call.line].hang_up(key)

    # -- what lines and desks say

    def box_answered(self, call: str) -> None:
        script = self._up.get(call)
        if script is None or self._act is None:
            return
        self._book.box_answered(script.number)
        self.parts.lines[script.line].say(call, Tone(CALLER_HZ, SAID_DBFS))
        if self._act.kind == "abandoned":
            self.loop.after(script.patience_ms, lambda: self._caller_hangs_up(call))

    def call_ended(self, end: LineEnd) -> None:
        call = self._up.pop(end.call, None)
        if call is None:
            return
        self._talking.discard(end.call)
        self._rested_ms[call.line] = now_ms() + LINE_RESTS_MS if self.parts.lines[call.line].limit == 1 else 0
        self._book.ended(call.number, end, now_ms())
        self.parts.lines[call.line].when_heard(end.call, lambda ear: self._book.heard(call.number, ear))

    def desk_rings(self, desk: Desk, number: str) -> None:
        self._desks.rings(desk, number)
        if self._act is not None and self._act.kind == "hangs_up_while_ringing":
            for key, call in self._up.items():
                self.loop.after(call.patience_ms, lambda key=key: self._caller_hangs_up(key))  # type: ignore[misc]

    def desk_stops(self, desk: Desk) -> None:
        self._desks.stops(desk)

    def desk_hears_end(self, desk: Desk) -> None:
        self._desks.hears_end(desk)

    # -- what the box says: when people do something next

    def _heed(self, status: Status) -> None:
        self._status = status
        for view in status.lines:
            if view.line in self._unplugged:
                if view.health != "up":
                    self._unplugged[view.line] = True
                elif self._unplugged[view.line]:
                    del self._unplugged[view.line]
        by_caller = {script.caller: key for key, script in self._up.items()}
        for call in status.calls:
            key = by_caller.get(call.caller) or by_caller.get(call.caller.removeprefix("+34"))
            if key is None or key in self._talking:
                continue
            if call.state == "talking" and call.agent is not None:
                self._talking.add(key)
                self._talk(key, str(call.agent))
            elif call.state == "voicemail":
                self._talking.add(key)
                self._book.in_voicemail(self._up[key].number)
                self.loop.after(self._up[key].talk_ms, lambda key=key: self._caller_hangs_up(key))  # type: ignore[misc]

    def _talk(self, key: str, agent: str) -> None:
        call = self._up[key]
        if self._act is not None and self._act.kind == "line_lost":
            self.loop.after(call.talk_ms, lambda: self._unplug(call))
        elif call.hangs_up == "caller":
            self.loop.after(call.talk_ms, lambda: self._caller_hangs_up(key))
        else:
            self.loop.after(call.talk_ms, lambda: self._agent_hangs_up(key, agent))

    def _agent_hangs_up(self, key: str, agent: str) -> None:
        at_ms = now_ms()
        if key in self._up and self._desks.agent_ends(agent):
            self._book.agent_ends(self._up[key].number, at_ms)

    def _unplug(self, call: ScriptCall) -> None:
        line = self.parts.lines[call.line]
        self._unplugged[line.name] = False
        line.unplug()
        self.loop.after(UNPLUGGED_MS, line.plug)

    def _box_at_rest(self) -> bool:
        """No call, everybody ready, every line up (again): the next act may begin."""
        status = self._status
        return (
            status is not None
            and not status.calls
            and all(agent.state == "ready" for agent in status.agents)
            and all(station.health == "up" for station in status.stations)
            and all(line.health == "up" for line in status.lines)
        )

    def _wait_ready(self, ready: threading.Event) -> None:
        if self._box_at_rest():
            ready.set()
        else:
            self.loop.after(STEP_MS, lambda: self._wait_ready(ready))

    def _doing(self) -> str:
        status = self._status
        told = [f"{len(self._waiting)} calls to place, up: {[call.number for call in self._up.values()]}"]
        told.append(f"unplugged: {self._unplugged}")
        told.append(f"desks: {self._desks.doing()}")
        if status is None:
            told.append("the ACD never answered")
        else:
            told += [f"{call.call} {call.caller} {call.state}" for call in status.calls]
            told += [f"{agent.agent} {agent.state} {agent.reason}" for agent in status.agents]
            told += [f"{line.line} {line.health}: {line.detail}" for line in status.lines if line.health != "up"]
            told += [f"{station.station} {station.health}" for station in status.stations if station.health != "up"]
        return "; ".join(told)


def run_script(world: ScriptWorld, count: int, parallel: int = 6) -> Ledger:
    """Play the script of this started world; about 1.5 s a call. Raises ScriptStuck."""
    return world.run(count, parallel)
