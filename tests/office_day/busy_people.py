"""The people of a busy hour: callers who come by chance, agents who lift, talk and hang up, whatever the box does.

They are not told of kills. Who hears nothing any more hangs up, as people do: callers on a trunk and agents at SIP
phones soon, for their sound cannot come back; those on wires after some patience, for theirs may.
"""

import random
from dataclasses import dataclass, field

from appliance.acd.view import Status
from appliance.demo.desks import Desk, PortDesk
from appliance.demo.loop import now_ms
from appliance.demo.outside_lines import LineEnd, OutsideLine
from appliance.demo.script_records import agent_tones
from appliance.demo.sip_records import Tone
from appliance.demo.sounds import Ear
from appliance.demo.world_parts import Director, WorldParts
from appliance.demo.world_records import WorldRefused
from tests.office_day.busy_records import CallTruth, DeskTruth, RangForNobody

CALLER_HZ = 1300
SAID_DBFS = -18.0
TRUNK_NUMBERS = ("910000001", "910000002", "910000003")
LINE_SHARES = {"troncal": 6, "gsm1": 2, "gsm2": 2, "fijo1": 1}
SIP_QUIET_MS = 1500
CALL_LIMIT_MS = 60_000
DESK_LIMIT_MS = 60_000
RINGS_TOO_LONG_MS = 20_000
"""The office rings nobody for longer than 6 s. A phone's ring is one call's; at a handset port one call's ring may pass
into the next's without a pause, so only phones are told by it."""
LOOKS_EVERY_MS = 400
"""How often somebody at a SIP phone notices that nothing comes."""


@dataclass
class Caller:
    """One call and what its caller will do."""

    number: int
    line: OutsideLine
    caller: str
    placed_ms: int
    patience_ms: int
    talk_ms: int
    quiet_limit_ms: int
    for_proof: bool = False
    answered_ms: int = -1
    hung_up_ms: int = -1
    talks_since_ms: int = -1
    waits_since_ms: int = 0
    looked_ms: int = 0
    heard_nothing: bool = False
    end: LineEnd | None = None
    ended_ms: int = -1
    ear: Ear | None = None

    @property
    def key(self) -> str:
        return f"k{self.number}"

    def wants_to_end(self, at_ms: int) -> bool:
        """Has had enough, of talking or of waiting. In the proof at the end callers hold on."""
        if self.for_proof:
            return False
        if self.talks_since_ms >= 0:
            return at_ms - self.talks_since_ms > self.talk_ms
        return at_ms - self.waits_since_ms > self.patience_ms


@dataclass
class Seat:
    """A desk with its agent, who has the handset in the hand or not."""

    agent: str
    desk: Desk
    rings_since_ms: int = -1
    lift_at_ms: int = -1
    lifted_ms: int = -1
    talk_ms: int = 0
    quiet_limit_ms: int = 0
    put_down_ms: int = -1
    """Put down; a SIP phone then still waits for the end of its call."""
    looked_ms: int = 0
    sessions: list[DeskTruth] = field(default_factory=list)


class BusyPeople(Director):
    """Everybody; on the world's loop, which calls `step` often."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(f"busy hour {seed}")
        self._callers: dict[str, Caller] = {}
        self.over: list[Caller] = []
        self.seats: dict[str, Seat] = {}
        self.proving = False
        self.rang_for_nobody: list[RangForNobody] = []
        self._agent_of_tone: dict[int, str] = {}
        self._parts: WorldParts

    def move_in(self, parts: WorldParts) -> None:
        self._parts = parts
        tones = agent_tones(parts.office.configuration)
        self._agent_of_tone = {tone: agent for agent, tone in tones.items()}
        for agent in parts.office.configuration.agent:
            if agent.station in parts.desks:
                desk = parts.desks[agent.station]
                desk.say(Tone(tones[agent.name], SAID_DBFS))
                self.seats[desk.name] = Seat(agent.name, desk)

    # -- what others ask

    @property
    def quiet(self) -> bool:
        """Nobody is on the phone, and all that was heard is known."""
        down = all(seat.lifted_ms < 0 and not seat.desk.ringing for seat in self.seats.values())
        return not self._callers and down and all(one.ear is not None for one in self.over)

    @property
    def everybody_talks(self) -> bool:
        """Every agent and as many callers have been in conversation for a while."""
        talking = [one for one in self._callers.values() if one.talks_since_ms >= 0]
        since = [one.talks_since_ms for one in talking] + [seat.lifted_ms for seat in self.seats.values()]
        return len(talking) == len(self.seats) and min(since) >= 0 and now_ms() - max(since) > 1500

    def talks(self, number: int) -> bool:
        """Whether the caller of this call is in conversation."""
        return any(one.number == number and one.talks_since_ms >= 0 for one in self._callers.values())

    def doing(self) -> list[str]:
        """Everybody, a line each, for whoever wonders why nothing goes on."""
        callers = [
            f"caller {one.number} {one.caller} on {one.line.name} since {one.placed_ms}, answered {one.answered_ms}, "
            f"talks since {one.talks_since_ms}, hung up {one.hung_up_ms}"
            for one in self._callers.values()
        ]
        desks = [
            f"{seat.desk.name} rings {seat.desk.ringing} lifted {seat.desk.lifted} since {seat.lifted_ms} put down "
            f"{seat.put_down_ms}"
            for seat in self.seats.values()
        ]
        return callers + desks

    def hang_up_all(self) -> None:
        for caller in list(self._callers.values()):
            self._hang_up(caller)

    def place_one(self, number: int) -> None:
        """A call by chance; nobody comes when its line is taken."""
        name = self._dice.choices(tuple(LINE_SHARES), tuple(LINE_SHARES.values()))[0]
        self.place(number, name, self._dice.choice(TRUNK_NUMBERS) if name == "troncal" else "")

    def place(self, number: int, line_name: str, called: str) -> bool:
        """Whether the network could."""
        line = self._parts.lines[line_name]
        made = Caller(
            number=number,
            line=line,
            caller=f"6{self._dice.randrange(10**3):03d}{number:05d}",
            placed_ms=now_ms(),
            patience_ms=self._dice.randint(700, 9000),
            talk_ms=self._dice.randint(800, 9000),
            quiet_limit_ms=SIP_QUIET_MS if line.kind == "sip" else self._dice.randint(3_000, 9_000),
            for_proof=self.proving,
        )
        made.waits_since_ms = made.placed_ms
        if len(line.calls()) >= line.limit:
            return False
        try:
            line.offer(made.key, made.caller, called, tuple(self._agent_of_tone))
        except WorldRefused:
            return False
        self._callers[made.key] = made
        line.say(made.key, Tone(CALLER_HZ, SAID_DBFS))
        return True

    def step(self) -> None:
        at_ms = now_ms()
        for caller in list(self._callers.values()):
            self._look_at(caller, at_ms)
        for seat in self.seats.values():
            self._at_desk(seat, at_ms)

    def truth(self, caller: Caller) -> CallTruth:
        """Of a call that is over and heard."""
        assert caller.end is not None and caller.ear is not None
        heard = {self._agent_of_tone[hz]: heard_ms for hz, heard_ms in caller.ear.tone_ms.items() if heard_ms}
        return CallTruth(
            caller.number, caller.line.name, caller.line.kind, caller.caller, caller.placed_ms, caller.answered_ms,
            caller.hung_up_ms, caller.ended_ms, caller.end.by_box, caller.end.code, caller.heard_nothing, heard,
        )  # fmt: skip

    def heed(self, status: Status) -> None:
        """The box says who talks: people know that by themselves, our ears on a trunk only afterwards."""
        by_number = {one.caller: one for one in self._callers.values()}
        for call in status.calls:
            caller = by_number.get(call.caller.removeprefix("+34"))
            if caller is None:
                continue
            if call.state in ("talking", "voicemail"):
                if caller.talks_since_ms < 0:
                    caller.talks_since_ms = now_ms()
            elif caller.talks_since_ms >= 0:
                caller.talks_since_ms, caller.waits_since_ms = -1, now_ms()

    # -- callers

    def _look_at(self, caller: Caller, at_ms: int) -> None:
        if caller.hung_up_ms >= 0:
            return
        if caller.answered_ms >= 0 and at_ms - caller.looked_ms >= LOOKS_EVERY_MS:
            caller.looked_ms = at_ms
            caller.heard_nothing = caller.line.quiet_ms(caller.key) > caller.quiet_limit_ms
        if caller.heard_nothing or caller.wants_to_end(at_ms) or at_ms - caller.placed_ms > CALL_LIMIT_MS:
            self._hang_up(caller)

    def _hang_up(self, caller: Caller) -> None:
        if caller.hung_up_ms < 0:
            caller.hung_up_ms = now_ms()
            caller.line.hang_up(caller.key)

    def box_answered(self, call: str) -> None:
        caller = self._callers.get(call)
        if caller is not None and caller.answered_ms < 0:
            caller.answered_ms = now_ms()
            caller.line.say(call, Tone(CALLER_HZ, SAID_DBFS))

    def call_ended(self, end: LineEnd) -> None:
        caller = self._callers.pop(end.call, None)
        if caller is None:
            return
        caller.end, caller.ended_ms = end, now_ms()
        self.over.append(caller)
        caller.line.when_heard(end.call, lambda ear: self._heard(caller, ear))

    def _heard(self, caller: Caller, ear: Ear) -> None:
        caller.ear = ear

    # -- agents

    def desk_rings(self, desk: Desk, number: str) -> None:
        seat = self.seats[desk.name]
        seat.rings_since_ms = now_ms()
        if self.proving:
            seat.lift_at_ms = now_ms() + self._dice.randint(200, 700)
        elif self._dice.random() < 0.92:
            seat.lift_at_ms = now_ms() + self._dice.randint(150, 1500)

    def desk_stops(self, desk: Desk) -> None:
        seat = self.seats[desk.name]
        seat.rings_since_ms = seat.lift_at_ms = -1

    def desk_hears_end(self, desk: Desk) -> None:
        seat = self.seats[desk.name]
        if seat.lifted_ms >= 0:
            self._is_down(seat, by_agent=False)

    def _at_desk(self, seat: Seat, at_ms: int) -> None:
        if seat.lifted_ms < 0:
            if 0 <= seat.lift_at_ms <= at_ms and seat.desk.ringing and not seat.desk.lifted:
                self._lift(seat, at_ms)
            elif 0 <= seat.rings_since_ms < at_ms - RINGS_TOO_LONG_MS and not isinstance(seat.desk, PortDesk):
                self.rang_for_nobody.append(RangForNobody(seat.desk.name, seat.rings_since_ms))
                seat.rings_since_ms = -1
                seat.desk.replace()  # whoever sits there has enough of it
            return
        if not seat.desk.lifted:  # the phone's call ended by its own hang-up
            self._is_down(seat, by_agent=seat.put_down_ms >= 0)
            return
        if seat.put_down_ms >= 0:
            return
        quiet = False
        if at_ms - seat.looked_ms >= LOOKS_EVERY_MS and at_ms - seat.lifted_ms > SIP_QUIET_MS:
            seat.looked_ms = at_ms
            quiet = seat.desk.quiet_ms() > seat.quiet_limit_ms
        tired = at_ms - seat.lifted_ms > seat.talk_ms and not self.proving
        if quiet or tired or at_ms - seat.lifted_ms > DESK_LIMIT_MS:
            seat.put_down_ms = at_ms
            heard_ms = _heard_caller_ms(seat.desk)
            seat.desk.replace()
            if isinstance(seat.desk, PortDesk):
                self._is_down(seat, by_agent=True, heard_caller_ms=heard_ms)

    def _lift(self, seat: Seat, at_ms: int) -> None:
        seat.lift_at_ms, seat.lifted_ms, seat.put_down_ms = -1, at_ms, -1
        seat.talk_ms = self._dice.randint(800, 9000) if self._dice.random() < 0.7 else DESK_LIMIT_MS
        on_wires = isinstance(seat.desk, PortDesk)
        seat.quiet_limit_ms = self._dice.randint(800, 7000) if on_wires and not self.proving else SIP_QUIET_MS
        seat.desk.lift()

    def _is_down(self, seat: Seat, by_agent: bool, heard_caller_ms: int = -1) -> None:
        down_ms = seat.put_down_ms if seat.put_down_ms >= 0 else now_ms()
        seat.sessions.append(DeskTruth(seat.desk.name, seat.agent, seat.lifted_ms, down_ms, by_agent, heard_caller_ms))
        seat.lifted_ms = seat.put_down_ms = -1


def _heard_caller_ms(desk: Desk) -> int:
    return desk.heard_tone_ms(CALLER_HZ) if isinstance(desk, PortDesk) else -1
