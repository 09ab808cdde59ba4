"""The simulated world of the demo as a process: twins, SIP peers, callers and agents around the box beside it."""

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from appliance.acd.view import Status
from appliance.daemon.notify import Notifier
from appliance.demo.box_watch import BoxWatch
from appliance.demo.caller_actor import CallerWishes
from appliance.demo.callers import CallerHabits, CallerPlan, plan_callers
from appliance.demo.desks import Desk
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.office import Office, open_office
from appliance.demo.outside_lines import OutsideLine
from appliance.demo.people import People, called_number
from appliance.demo.sip_engine import PeerError
from appliance.demo.sip_records import Wav
from appliance.demo.speech import SpeechError, load
from appliance.demo.world_parts import WorldParts
from appliance.demo.world_records import WorldLine, WorldRefused, WorldState, WorldStation
from appliance.demo.world_socket import WorldServer

FIRST_CALL_AFTER_MS = 1500
MAX_MANUAL_CALLERS = 16

log = logging.getLogger(__name__)


def tell(what: str) -> None:
    """One line an event, with the time of day, for whoever watches the demo."""
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


class World:
    """The office's people and bodies, and what the world's socket asks of them (`WorldCommands`)."""

    def __init__(self, office: Office, seed: int, habits: CallerHabits | None, speech_dir: Path) -> None:
        """`habits` None: nobody calls by themselves. Agents are automatic all the same."""
        self.loop = WorldLoop()
        self.office = office
        self._speech_dir = speech_dir
        self._watch = BoxWatch(office.run_dir / "acd.sock", lambda status: self.loop.post(lambda: self._heed(status)))
        plans: Iterator[CallerPlan] = iter(()) if habits is None else plan_callers(seed, habits)
        self.people = People(self.loop, plans, seed, speech_dir, tell, self._watch.do, self._watch.age_ms)
        self.parts = WorldParts(office, self.loop, self.people)
        self._box_seen = False
        self._calling = False
        self._voices = 0

    def start(self) -> None:
        """Make the bodies. Raises PeerError, OSError."""
        self.parts.start()
        self.people.move_in(self.parts)
        self._watch.start()

    def close(self) -> None:
        self._watch.close()
        self.loop.stop()
        self.parts.close()

    def _heed(self, status: Status) -> None:
        if not self._box_seen:
            self._box_seen = True
            tell(f"la centralita responde: {len(status.lines)} líneas, {len(status.agents)} agentes")
            self.parts.register_phones()
        if not self._calling and any(line.health == "up" for line in status.lines):
            self._calling = True
            self.loop.after(FIRST_CALL_AFTER_MS, self.people.begin_calling)
        self.people.status(status)

    # -- WorldCommands: called from the socket's threads

    def place_call(self, line: str, caller: str, patience_s: float, talk_s: float) -> str:
        return self.loop.ask(lambda: self._place_call(line, caller, patience_s, talk_s))

    def end_call(self, call: str) -> None:
        self.loop.ask(lambda: self._end_call(call))

    def lift(self, station: str) -> None:
        self.loop.ask(lambda: self._desk_by_hand(station).lift())

    def replace(self, station: str) -> None:
        self.loop.ask(lambda: self._desk_by_hand(station).replace())

    def automatic(self, station: str) -> None:
        self.loop.ask(lambda: self._automatic(station))

    def unplug(self, line: str) -> None:
        self.loop.ask(lambda: self._line(line).unplug())

    def plug(self, line: str) -> None:
        self.loop.ask(lambda: self._line(line).plug())

    def state(self) -> WorldState:
        return self.loop.ask(self._state)

    def _place_call(self, line: str, caller: str, patience_s: float, talk_s: float) -> str:
        self._line(line)
        if sum(one.wishes.manual for one in self.people.callers.values()) >= MAX_MANUAL_CALLERS:
            raise WorldRefused(f"{MAX_MANUAL_CALLERS} calls placed by hand are up already; end one first")
        self._voices += 1
        configured = next(one for one in self.office.configuration.line if one.name == line)
        wishes = CallerWishes(
            call=self.people.new_call_id(),
            caller=caller,
            called=called_number(configured, 0.0),
            patience_ms=1000 * patience_s,
            talk_ms=1000 * talk_s,
            hangs_up_first=True,
            sound=Wav(str(self._speech_dir / f"caller-{1 + self._voices % 8}.wav")),
            manual=True,
        )
        self.people.place(line, wishes)
        return wishes.call

    def _end_call(self, call: str) -> None:
        caller = self.people.callers.get(call)
        if caller is None:
            raise WorldRefused(f"no call {call!r} is up; `state` lists those that are")
        caller.hang_up()

    def _desk_by_hand(self, station: str) -> Desk:
        desk = self._desk(station)
        if station in self.people.agents:
            self.people.agents[station].step_back(now_ms())
        return desk

    def _automatic(self, station: str) -> None:
        self._desk(station)
        if station not in self.people.agents:
            raise WorldRefused(f"nobody sits at {station}; an agent of the configuration must have it as station")
        self.people.agents[station].take_over()

    def _line(self, name: str) -> OutsideLine:
        if name not in self.parts.lines:
            raise WorldRefused(f"there is no line {name!r}; the lines are {', '.join(self.parts.lines)}")
        return self.parts.lines[name]

    def _desk(self, name: str) -> Desk:
        if name not in self.parts.desks:
            raise WorldRefused(f"there is no station {name!r}; the stations are {', '.join(self.parts.desks)}")
        return self.parts.desks[name]

    def _state(self) -> WorldState:
        return WorldState(
            at_utc_ms=time.time_ns() // 1_000_000,
            lines=tuple(self._line_view(line) for line in self.parts.lines.values()),
            stations=tuple(self._desk_view(desk) for desk in self.parts.desks.values()),
            calls_placed=self.people.placed,
            calls_lost_no_line=self.people.lost,
        )

    def _line_view(self, line: OutsideLine) -> WorldLine:
        number = next(one.number for one in self.office.configuration.line if one.name == line.name)
        callers = tuple(one.view() for one in self.people.callers.values() if one.line is line)
        return WorldLine(line.name, line.kind, number, line.plugged, line.limit, callers)

    def _desk_view(self, desk: Desk) -> WorldStation:
        agent = self.people.agents.get(desk.name)
        return WorldStation(
            desk.name,
            desk.kind,
            desk.extension,
            agent.name if agent is not None else "",
            desk.ringing,
            desk.lifted,
            agent is None or agent.manual(now_ms()),
            desk.reachable,
            desk.heard_dbfs(),
        )


def run_world(directory: Path, seed: int, calls_per_hour: float | None = None, speech_dir: Path | None = None) -> int:
    """The world of the office prepared in `directory`, until SIGTERM or SIGINT. `calls_per_hour` 0: by hand only.

    `speech_dir` has the voices `speech.build` made, else CENTRALITA_SPEECH. 1 when the world cannot be built; what is
    wrong is on stderr.
    """
    office = open_office(directory)
    voices = speech_dir or Path(os.environ.get("CENTRALITA_SPEECH", ""))
    habits = CallerHabits() if calls_per_hour is None else CallerHabits(calls_per_hour=calls_per_hour)
    world = World(office, seed, habits if habits.calls_per_hour > 0 else None, voices)
    notifier = Notifier(now_ms())

    def stop(_number: int, _frame: FrameType | None) -> None:
        world.loop.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server: WorldServer | None = None
    try:
        load(voices)
        world.start()
        server = WorldServer(office.world_socket, world)
        server.start()
        notifier.ready("the world turns")
        tell(f"el mundo está listo (semilla {seed})")
        world.loop.run(beat=lambda: notifier.alive(now_ms()))
        notifier.stopping()
        return 0
    except (OSError, PeerError, SpeechError) as error:
        print(f"centralita: the simulated world cannot be built: {error}", file=sys.stderr)
        return 1
    finally:
        if server is not None:
            with contextlib.suppress(OSError):
                server.close()
        world.close()
