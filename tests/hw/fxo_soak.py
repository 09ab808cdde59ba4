"""One analogue line used for many calls with faults by chance, and the truth of each told by the twin's own record.

Times: the driver waits and the twin rings, boots and reports tones ten to twenty times faster than real ones (QUICK_FXO
and `_faults`), so that a call takes a second; sound goes at its real 8,000 bytes a second. What is judged in seconds
(back in service) is not scaled. All of it goes by the clock of driver and twin (`steady_clock`), which stands still
while the machine does.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hw.at_conversation_sim import AnswerFaults
from hw.devices import Answered, Dialling, Digit, Ended, Health, LineEvent, Ringing
from hw.fxo_modem_sim_faults import FxoFaults
from hw.fxo_modem_sim_line import TwinCall
from hw.fxo_rings import RingTimings
from hw.power_cure import RecoveryTimings
from hw.serial_transport import Transport
from tests.hw.fxo_stories import PieceTransport, TwinPower, fxo_twin
from tests.hw.modem_rig import QUICK_FXO, Rig, quick_fxo_faults, rig
from tests.steady_clock import let_pass, now_s
from tests.waiting import wait_for

Incident = Literal["", "unplug", "wedge", "reboot"]
BACK_IN_SERVICE_S = 15.0
RING_GAP_S = 1.5
WAIT_S = 4 * BACK_IN_SERVICE_S
"""By the wall's clock: a machine that lets nothing run is no modem that does not come back."""
TELLING_MS = 300
"""A caller named so shortly before he is announced may not have been heard in time, on a busy machine."""
UNHURRIED = replace(
    QUICK_FXO,
    ring=RingTimings(identity_grace_ms=400, identity_line_ms=100, ring_gap_ms=800),
    recovery=RecoveryTimings(silent_ms=0, between_ms=200, most_an_hour=1_000),
)
"""A late process is no lost caller ID; the calls of months are made in an hour."""


@dataclass
class Told:
    """What the driver said of one call."""

    ringing: list[Ringing]
    answered: list[Answered]
    ended: list[Ended]
    dialling: int
    digits: str

    @classmethod
    def of(cls, events: list[LineEvent]) -> "Told":
        return cls(
            [one for one in events if isinstance(one, Ringing)],
            [one for one in events if isinstance(one, Answered)],
            [one for one in events if isinstance(one, Ended)],
            sum(isinstance(one, Dialling) for one in events),
            "".join(one.digit for one in events if isinstance(one, Digit)),
        )


@dataclass
class Circumstances:
    incoming: bool
    ours: bool
    """We hung up, or refused."""
    incident: Incident
    identity: str
    announced_ms: float
    no_dial_tone: bool


def judge(told: Told, truth: list[TwinCall], how: Circumstances) -> None:
    """What the driver said is what the exchange saw."""
    assert len(told.ended) == len(told.ringing) + (not how.incoming), "each call ends once"
    assert len(truth) <= 1
    call = truth[0] if truth else None
    assert call is None or call.over, "nobody is left on the line"
    for ringing in told.ringing:
        assert call is not None
        in_time = call.named_ms is not None and call.named_ms + TELLING_MS < how.announced_ms
        unknown = how.incident or not in_time or how.identity == "raw_wrong_sum"
        assert ringing.caller == call.number or (unknown and not ringing.caller), "nobody else's number"
    for answered in told.answered:
        assert call is not None
        assert call.answered or answered.evidence == "assumed", "nobody is said to have answered who did not"
    if how.incoming and not told.ringing:
        assert call is not None
        assert not call.answered, "nobody was lifted unannounced"
    if told.ended:
        _judge_end(told, call, how)


def _judge_end(told: Told, call: TwinCall | None, how: Circumstances) -> None:
    ended = told.ended[0]
    over = call.over if call is not None else ""
    assert how.ours or not ended.by_us, "we are said to have hung up, and did not"
    if ended.by_us or how.incident:
        return
    # Nobody speaks here: who hangs up after an answer that was only assumed is as one who was never there.
    silent = ("far_end",) if [one.evidence for one in told.answered] == ["assumed"] else ()
    may = {
        "normal": ("far_end", "gave_up"),
        "busy": ("busy", *silent),
        "congestion": ("congestion", *silent),
        "no_answer": ("host",),
        "failed": ("host", ""),  # no dial tone; an answer to a command that got lost
        "line_lost": (),
        "rejected": (),
    }[ended.cause]
    assert over in may, f"{ended} for what was over by {over!r}"
    assert ended.cause != "failed" or how.no_dial_tone or call is not None


class SoakLine:
    """`counts` says what happened how often, `worst_back_s` how long the line took to be back."""

    def __init__(self, folder: Path, model: str, seed: int) -> None:
        self._chance = random.Random(f"{seed}/{model}/{folder.name}")
        self._folder = folder
        self._model = model
        self._seed = seed
        self._number = 600_000_000
        self._transports = 0
        self._announced_ms = 0.0
        self._health: Health | None = None
        self.counts: dict[str, int] = {}
        self.worst_back_s = 0.0

    def run(self, phases: tuple[int, ...], between: Callable[[], object]) -> None:
        """So many calls, `between()`, so many more; the line stays up all the time."""
        faults = _faults(self._seed)
        lines: list[Rig] = []
        power = TwinPower(lambda: fxo_twin(lines[-1]))

        def open_transport(port: str) -> Transport:
            self._transports += 1
            return PieceTransport(port, self._seed + self._transports, lambda: fxo_twin(lines[-1]).drop_dtr())

        with rig(
            self._folder,
            self._model,
            faults,
            open_transport=open_transport,
            until="",
            usb_socket=power.socket(),
            fxo_timings=UNHURRIED,
        ) as line:
            lines.append(line)
            line.events.on_event = self._note
            line.twin.attach_far_end(lambda heard: heard)
            line.modem.attach_sound(lambda heard, _=None: heard)
            wait_for("the driver is up", self._up)
            for phase in phases:
                for _ in range(phase):
                    self._one_of_them(line, faults)
                between()
        self.counts["power cut"] = power.cycles

    def _one_of_them(self, line: Rig, faults: FxoFaults) -> None:
        try:
            self._one(line, faults)
        except AssertionError as error:
            number = self.counts.get("in", 0) + self.counts.get("out", 0)
            told = f"told {line.events.all}; truth {fxo_twin(line).calls[-2:]}"
            error.add_note(f"{self._model}, call {number}, seed {self._seed}: {told}; {faults}")
            raise

    # One call.

    def _one(self, line: Rig, faults: FxoFaults) -> None:
        self._draw(faults)
        line.events.forget()
        line.twin_events.clear()
        known = len(fxo_twin(line).calls)
        incident: Incident = self._chance.choices(("", "unplug", "wedge", "reboot"), (88, 5, 4, 3))[0]
        incoming = self._chance.random() < 0.6
        ours = self._comes_in(line, incident) if incoming else self._goes_out(line, incident)
        back = self._is_back(line, incident, incoming)
        told = Told.of(line.events.all)
        truth = fxo_twin(line).calls[known:]
        how = Circumstances(incoming, ours, incident, faults.identity, self._announced_ms, faults.no_dial_tone)
        judge(told, truth, how)
        self._count("in" if incoming else "out")
        self._count(f"incident {incident or 'none'}")
        for ended in told.ended:
            self._count(f"ended {ended.cause}{' by us' if ended.by_us else ''}")
        for answered in told.answered:
            self._count(f"answered {answered.evidence}")
        self.worst_back_s = max(self.worst_back_s, back)

    def _draw(self, faults: FxoFaults) -> None:
        chance = self._chance
        faults.identity = chance.choice(("plain", "spaced", "raw", "raw_summed", "raw_wrong_sum", "raw_sdmf", "none"))
        faults.identity_after_rings = chance.randrange(3)
        faults.ring_twice = chance.random() < 0.3
        faults.hang_up_sign = chance.choice(("busy", "congestion", "dial_tone", "loop_break", "end"))
        faults.answer_sign = chance.choice(("none", "none", "voice", "polarity", "answer_tone"))
        faults.tells_ringback = chance.random() < 0.5
        faults.unwrapped_digits = chance.random() < 0.2
        faults.lost_digit_ends = chance.random() < 0.2
        faults.shields_with_sub = chance.random() < 0.5
        faults.stall_every_ms = chance.choice((0, 0, 0, 500))
        faults.stall_ms = chance.uniform(50, 250)
        faults.deaf_to_end_of_duplex = chance.choice((0, 0, 0, 0, 1))
        faults.deaf_to_end_of_sound = faults.deaf_to_end_of_duplex > 0 and chance.random() < 0.5
        faults.no_dial_tone = chance.random() < 0.04

    def _comes_in(self, line: Rig, incident: Incident) -> bool:
        """Whether we hung up (or refused)."""
        chance = self._chance
        self._number += 1
        line.twin.ring(f"{self._number}")
        if chance.random() < 0.1:
            self._pass(line, chance.uniform(0, 0.4))
            return self._leaves(line)
        if incident and chance.random() < 0.3:
            self._happens(line, incident)
        if not self._until(line, (Ringing, Ended), 3.0, Ringing):
            return self._leaves(line)  # the incident kept it from being heard
        if chance.random() < 0.1:
            line.modem.hang_up()
            return True
        self._pass(line, chance.uniform(0, 0.2))
        line.modem.answer()
        if incident and chance.random() < 0.3:
            self._happens(line, incident)
        if not self._until(line, (Answered, Ended), 4.0, Answered):
            return self._leaves(line)
        return self._talk(line, incident)

    def _goes_out(self, line: Rig, incident: Incident) -> bool:
        chance = self._chance
        line.modem.dial("934445566")
        if chance.random() < 0.08:
            self._pass(line, chance.uniform(0, 0.15))
            line.modem.hang_up()
            return True
        if incident and chance.random() < 0.3:
            self._happens(line, incident)
        if not self._until(line, (Dialling, Ended), 4.0, Dialling):
            return False
        self._pass(line, chance.uniform(0, 0.1))
        way = chance.choices(("answers", "busy", "congested", "rings", "given up"), (60, 12, 8, 10, 10))[0]
        self._far_end(line, way)
        if way == "given up":
            line.modem.hang_up()
            return True
        if not self._until(line, (Answered, Ended), 5.0, Answered):
            return False
        return self._talk(line, incident)

    def _far_end(self, line: Rig, way: str) -> None:
        twin = fxo_twin(line)
        try:
            if way == "answers":
                if self._chance.random() < 0.5:
                    twin.far_end_rings()
                    self._pass(line, self._chance.uniform(0, 0.3))
                twin.far_end_answers()
            elif way == "busy":
                twin.far_end_is_busy()
            elif way == "congested":
                twin.far_end_is_congested()
            elif way == "rings":
                twin.far_end_rings()
        except RuntimeError:
            return  # an incident ended the call first

    def _talk(self, line: Rig, incident: Incident) -> bool:
        chance = self._chance
        twin = fxo_twin(line)
        for _ in range(chance.randrange(4)):
            what = chance.random()
            if what < 0.5:
                twin.tells(chance.choice("sqacehHuoTw"))
            elif what < 0.7:
                line.modem.send_digits(chance.choice("0123456789*#"))
            elif twin.call_state == "connected" and twin.sound.running and not twin.wedged:
                self._digits(line)
            self._pass(line, chance.uniform(0, 0.15))
        if incident:
            self._happens(line, incident)
            return False
        return self._leaves(line) if chance.random() < 0.5 else self._we_leave(line)

    def _digits(self, line: Rig) -> None:
        digits = "".join(self._chance.choices("0123456789*#", k=2))
        before = Told.of(line.events.all).digits
        try:
            fxo_twin(line).send_digits(digits)
        except RuntimeError:
            return

        def told() -> bool:
            now = Told.of(line.events.all)
            return bool(now.ended) or now.digits == before + digits

        wait_for(f"digits {digits}", told)
        self._pass(line, 0.25)  # the last key is held

    def _we_leave(self, line: Rig) -> bool:
        line.modem.hang_up()
        return True

    def _leaves(self, line: Rig) -> bool:
        fxo_twin(line).far_end_hangs_up()
        return False

    def _happens(self, line: Rig, incident: Incident) -> None:
        twin = fxo_twin(line)
        if incident == "unplug":
            twin.unplug()
            self._pass(line, self._chance.uniform(0, 0.4))
            twin.plug()
        elif incident == "wedge":
            twin.wedge()
        elif incident == "reboot":
            twin.reboot()

    # Its end.

    def _is_back(self, line: Rig, incident: Incident, incoming: bool) -> float:
        """Until the line is on hook and ready for the next call. Seconds."""
        twin = fxo_twin(line)
        begun_s = now_s()
        wait_for("the line is on hook", lambda: self._at_rest(line) or self._hang_up_left_over(line), WAIT_S)
        wait_for("the driver is up", self._up, WAIT_S)
        back_s = now_s() - begun_s
        if incoming and not Told.of(line.events.all).ringing:
            self._pass(line, RING_GAP_S)  # one who gave up at once may still be announced
        wait_for("each call's end", lambda: self._told_all(line, incoming))
        wait_for("the modem waits for calls", lambda: twin.ready_for_calls, WAIT_S)
        return back_s

    @staticmethod
    def _told_all(line: Rig, incoming: bool) -> bool:
        told = Told.of(line.events.all)
        return len(told.ended) == len(told.ringing) + (not incoming)

    @staticmethod
    def _at_rest(line: Rig) -> bool:
        return line.twin.call_state == "" and not fxo_twin(line).lifted and not fxo_twin(line).wedged

    def _hang_up_left_over(self, line: Rig) -> bool:
        """A caller whom an incident kept from being heard goes on ringing: he gives up in the end."""
        if line.twin.call_state == "ringing":
            fxo_twin(line).far_end_hangs_up()
        return False

    @property
    def in_service(self) -> bool:
        return self._up()

    def _up(self) -> bool:
        return self._health is not None and self._health.state in ("up", "degraded")

    def _note(self, event: LineEvent) -> None:
        if isinstance(event, Health):
            self._health = event
        elif isinstance(event, Ringing):
            self._announced_ms = now_s() * 1000

    def _until(self, line: Rig, kinds: tuple[type[LineEvent], ...], limit_s: float, wanted: type[LineEvent]) -> bool:
        """Whether the wanted event came first."""
        deadline_s = now_s() + limit_s
        while now_s() < deadline_s:
            for event in list(line.events.all):
                if isinstance(event, kinds):
                    return isinstance(event, wanted)
            time.sleep(0.01)
        return False

    def _pass(self, line: Rig, seconds: float) -> None:
        """Time in which a person does nothing."""
        let_pass(seconds)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def _faults(seed: int) -> FxoFaults:
    faults = quick_fxo_faults()
    faults.seed = seed
    faults.stale_audio = True
    faults.answers = AnswerFaults(doubled_results=0.05, lost_results=0.01, split_writes=True)
    return faults
