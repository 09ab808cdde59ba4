"""The agents of the script: what hands do at each desk in each kind of act, and the sessions they leave behind."""

import random

from msgspec.structs import replace

from appliance.demo.desks import Desk, PortDesk
from appliance.demo.ledger import DeskSession
from appliance.demo.loop import WorldLoop, now_ms
from appliance.demo.script_plan import ActKind
from appliance.demo.sip_records import Sound

PICK_UP_MS = (200, 900)
TOGETHER_AFTER_MS = 500
"""Phones of a ring-all queue all ring by then."""
SILENCE_MS = 500
"""A handset that was silent for so long is put down."""
NOTHING_HEARD_MS = 2500
"""A handset in which nobody was heard at all is put down after so long."""


class _Seat:
    def __init__(self, agent: str, desk: Desk) -> None:
        self.agent = agent
        self.desk = desk
        self.session: DeskSession | None = None
        self.act: ActKind = "answered"


class ScriptDesks:
    """Everybody's desks; on the world's loop."""

    def __init__(self, loop: WorldLoop, dice: random.Random, caller_hz: int) -> None:
        self.sessions: list[DeskSession] = []
        self._loop = loop
        self._dice = dice
        self._caller_hz = caller_hz
        self._seats: dict[str, _Seat] = {}
        self._kind: ActKind = "answered"
        self._together = False

    def seat(self, agent: str, desk: Desk, sound: Sound) -> None:
        desk.say(sound)
        self._seats[desk.name] = _Seat(agent, desk)

    def begin(self, kind: ActKind) -> None:
        self._kind = kind
        self._together = False

    def rings(self, desk: Desk, number: str) -> None:
        seat = self._seats[desk.name]
        self._keep(seat)
        seat.session = DeskSession(desk.name, seat.agent, self._kind, number, now_ms(), -1)
        if self._kind in ("answered", "line_lost"):
            self._loop.after(self._dice.randint(*PICK_UP_MS), lambda: self._lift(seat))
        elif self._kind == "two_lift" and not self._together:
            self._together = True
            self._loop.after(TOGETHER_AFTER_MS, self._lift_two)

    def stops(self, desk: Desk) -> None:
        seat = self._seats[desk.name]
        if seat.session is not None and seat.session.stopped_ms < 0:
            self._change(seat, stopped_ms=now_ms())
            if seat.session.lifted_ms < 0:
                self._keep(seat)

    def hears_end(self, desk: Desk) -> None:
        """A SIP phone whose call the other side ended."""
        seat = self._seats[desk.name]
        self._change(seat, replaced_ms=now_ms())
        self._keep(seat)

    def agent_ends(self, agent: str) -> bool:
        """This agent hangs up now; False when there is nothing to hang up."""
        seat = next((one for one in self._seats.values() if one.agent == agent), None)
        if seat is None or not seat.desk.lifted:
            return False
        self._put_down(seat, by_agent=True)
        return True

    def step(self) -> None:
        """Hands at plain handsets notice that nobody is there any more."""
        for seat in self._seats.values():
            if isinstance(seat.desk, PortDesk) and seat.desk.lifted and seat.session is not None:
                lifted_for_ms = now_ms() - seat.session.lifted_ms
                heard = seat.desk.heard_tone_ms(self._caller_hz)
                if seat.desk.quiet_ms() > (SILENCE_MS if heard else NOTHING_HEARD_MS) and lifted_for_ms > SILENCE_MS:
                    self._put_down(seat, by_agent=False)

    def all_down(self) -> bool:
        self._together = self._together and any(seat.desk.ringing for seat in self._seats.values())
        return not any(seat.desk.lifted or seat.desk.ringing for seat in self._seats.values())

    def doing(self) -> str:
        def one(seat: _Seat) -> str:
            desk = seat.desk
            return f"{desk.name} {'rings' if desk.ringing else 'lifted' if desk.lifted else 'down'}"

        return ", ".join(one(seat) for seat in self._seats.values())

    def _lift_two(self) -> None:
        self._together = False
        ringing = [seat for seat in self._seats.values() if seat.desk.ringing]
        for seat in self._dice.sample(ringing, min(2, len(ringing))):
            self._lift(seat)

    def _lift(self, seat: _Seat) -> None:
        if seat.desk.ringing and not seat.desk.lifted:
            self._change(seat, lifted_ms=now_ms())
            seat.desk.lift()

    def _put_down(self, seat: _Seat, by_agent: bool) -> None:
        heard = isinstance(seat.desk, PortDesk) and seat.desk.heard_tone_ms(self._caller_hz) > 0
        at_ms = now_ms()
        seat.desk.replace()
        self._change(seat, replaced_ms=at_ms, by_agent=by_agent, heard_caller=heard)
        self._keep(seat)

    def _change(self, seat: _Seat, **what: int | bool) -> None:
        if seat.session is not None:
            seat.session = replace(seat.session, **what)

    def _keep(self, seat: _Seat) -> None:
        if seat.session is not None:
            self.sessions.append(seat.session)
            seat.session = None
