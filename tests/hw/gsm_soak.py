"""One GSM line used for many calls with faults by chance; the truth of each is the twin's own record of it.

The driver's waits and the twin's start are ten to twenty times shorter than real ones (QUICK_GSM, quick_gsm_faults), so
that a call takes a second. What is judged in seconds (back in service) is not scaled. All of it goes by the clock of
drivers and twins (`steady_clock`), which stands still while the machine does.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar, get_args

from hw.at_conversation_sim import AnswerFaults
from hw.at_modem import AtModem
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_modem_sim_models import EndNews, FarEndCause, SimCall
from hw.devices import Answered, Dialling, Ended, Found, Health, LineEvent, Ringing
from hw.modem_profiles import read_gsm_profile
from hw.power_cure import RecoveryTimings
from hw.usb_modems import ByImei, KnownModems, NamedPorts, Place, UsbTree
from hw.usb_modems_sim import UsbPowerTwin, UsbTreeSim
from tests.hw.modem_rig import QUICK_GSM, quick_gsm_faults
from tests.hw.modem_tape import Tape
from tests.steady_clock import let_pass, now_s
from tests.waiting import wait_for

E = TypeVar("E")
Incident = Literal["", "unplug", "reboot", "die"]
TIMINGS = replace(
    QUICK_GSM, recovery=RecoveryTimings(silent_ms=1_500, absent_ms=60_000, between_ms=1_000, most_an_hour=1_000)
)
CALL_LIMIT_S = 15.0
WAIT_S = 4 * CALL_LIMIT_S
"""By the wall's clock: a machine that lets nothing run is no modem that does not come back."""
GONE_S = 2.0
SECOND = "699000111"


def _silent(heard: bytes, said_bytes: int | None = None, /) -> bytes:
    return bytes(len(heard) if said_bytes is None else said_bytes)


class SoakLine:
    """`counts` says what happened how often, `worst_back_s` how long the line took to be back after an incident."""

    def __init__(self, folder: Path, model: str, seed: int) -> None:
        self._chance = random.Random(f"{seed}/{model}")
        self._model, self._seed = model, seed
        self._events: list[LineEvent] = []
        self._health: Health | None = None
        self._number = 600_000_000
        self.counts: dict[str, int] = {}
        self.worst_back_s = 0.0
        tree_sim = UsbTreeSim(folder)
        profile = read_gsm_profile(model)
        self._faults: AtFaults = quick_gsm_faults()
        self._faults.seed = seed
        self._faults.ring_every_ms = 200
        self._twin = AtModemTwin(folder / "pty", name=model, model=model, faults=self._faults)
        usb = profile.usb or "ffff:0001"
        socket = tree_sim.insert(
            "1-1.2", self._twin, usb, profile.at_interface or "00", profile.sound_interface or "01"
        )
        tree = UsbTree(tree_sim.sys, tree_sim.dev)
        place: Place = NamedPorts(self._twin.port, self._twin.audio_port, tree)
        if profile.usb:
            place = ByImei(self._twin.imei, profile, KnownModems(), tree)
        self._has_power = bool(profile.usb)
        """Its socket is known, so its power can be cut."""
        self._power = UsbPowerTwin(socket, off_s=0.05)
        self._modem = AtModem(
            name=model,
            profile=profile,
            place=place,
            power=self._power,
            events=self._note,
            timings=TIMINGS,
            open_transport=Tape(seed, keep=False).open,
        )

    def run(self, phases: tuple[int, ...], between: Callable[[], object]) -> None:
        """So many calls, `between()`, so many more; the line stays up all the time."""
        self._twin.start()
        self._twin.attach_far_end(lambda heard: heard)
        self._modem.attach_sound(_silent)
        self._modem.start()
        try:
            wait_for("the driver is up", self._up)
            for phase in phases:
                for _ in range(phase):
                    self._one()
                between()
        finally:
            self._modem.close()
            self._twin.close()
        self._count("power cut", len(self._power.switched))

    def _note(self, event: LineEvent) -> None:
        if isinstance(event, Health):
            self._health = event
        self._events.append(event)

    @property
    def in_service(self) -> bool:
        return self._up()

    def _up(self) -> bool:
        return self._health is not None and self._health.state in ("up", "degraded")

    def _one(self) -> None:
        self._draw()
        self._events = []
        before = self._twin.history[-1:]
        incident: Incident = self._chance.choices(get_args(Incident), (88, 5, 5, 2))[0]
        incoming = self._chance.random() < 0.6
        try:
            ours = self._comes_in(incident) if incoming else self._goes_out(incident)
            self._is_back(incident, incoming)
            history = self._twin.history
            known = [number for number, call in enumerate(history, 1) if before and call is before[0]]
            truth = history[known[0] :] if known else history
            self._judge(truth, incoming, ours, incident)
        except AssertionError as error:
            count = sum(number for what, number in self.counts.items() if what in ("in", "out"))
            error.add_note(f"{self._model}, call {count}, seed {self._seed}, {incident!r}: told {self._events}")
            error.add_note(f"truth {self._twin.history[-3:]}; commands {self._twin.commands[-12:]}; {self._faults}")
            raise
        self._count("in" if incoming else "out")
        self._count(f"incident {incident or 'none'}")
        for event in self._of(Ended):
            self._count(f"ended {event.cause}{' by us' if event.by_us else ''}")

    def _draw(self) -> None:
        chance, faults = self._chance, self._faults
        faults.end_news = chance.choice(get_args(EndNews))
        faults.late_hangup_ms = chance.choice((0, 0, 0, 150))
        faults.begin_before_ata_ok = chance.random() < 0.3
        faults.answered_at_once = chance.random() < 0.1
        faults.phantom_data_call = chance.random() < 0.3
        faults.no_clip = chance.random() < 0.1
        faults.banner_lost = chance.random() < 0.2
        faults.chup_does_nothing = chance.random() < 0.03
        faults.never_hangs_up = chance.random() < 0.02
        faults.deaf_to_reset = chance.random() < 0.05
        answers: AnswerFaults = faults.answers
        answers.urc_interleaving, answers.doubled_results = chance.choice((0, 0.3)), chance.choice((0, 0.2))
        answers.lost_results, answers.split_writes = chance.choice((0, 0, 0.01)), True
        faults.sound.stale_audio = True
        faults.sound.error_from_second_call = chance.random() < 0.05
        faults.sound.mute = chance.random() < 0.02

    # One call.

    def _comes_in(self, incident: Incident) -> bool:
        """Whether we hung up, or refused."""
        self._number += 1
        self._ring(f"{self._number}")
        if self._chance.random() < 0.1:
            self._pass(0.3)
            self._twin.far_end_hangs_up()
            return False
        if incident and self._chance.random() < 0.3:
            self._happens(incident)
            return False
        if not self._came(Ringing, Found):  # Found: it rang while the modem was set up anew
            return False
        if self._chance.random() < 0.15:
            self._modem.hang_up()
            return True
        self._pass(0.2)
        self._modem.answer()
        return self._talk(incident) if self._came(Answered) else False

    def _ring(self, number: str) -> None:
        """A modem that is sick may be restarting just now: the network cannot reach it."""

        def reached() -> bool:
            try:
                self._twin.ring(number)
            except RuntimeError:
                return False
            return True

        wait_for("it can be called", reached, WAIT_S)

    def _goes_out(self, incident: Incident) -> bool:
        self._modem.dial("934445566")
        if self._chance.random() < 0.1:
            self._pass(0.1)
            self._modem.hang_up()
            return True
        if not self._came(Dialling):
            return False
        if incident and self._chance.random() < 0.3:
            self._happens(incident)
            return False
        self._pass(0.1)
        way = self._chance.choices(("answers", "refuses", "given up"), (60, 25, 15))[0]
        if way == "given up":
            self._modem.hang_up()
            return True
        try:
            if way == "refuses" and self._twin.call_state != "active":
                causes: tuple[FarEndCause, ...] = ("busy", "no_answer", "rejected", "congestion")
                self._twin.far_end_refuses(self._chance.choice(causes))
                return False
            if self._twin.call_state != "active":
                self._twin.far_end_answers()
        except RuntimeError:
            return False  # the call was over already
        return self._talk(incident) if self._came(Answered) else False

    def _talk(self, incident: Incident) -> bool:
        for _ in range(self._chance.randrange(3)):
            what = self._chance.random()
            if what < 0.4:
                self._modem.send_digits(self._chance.choice("0123456789*#"))
            elif what < 0.6:
                self._twin.second_caller(SECOND)
            elif what < 0.8:
                self._modem.hold(self._chance.random() < 0.5)
            self._pass(0.15)
        if incident:
            self._happens(incident)
            return False
        if self._chance.random() < 0.5:
            self._twin.far_end_hangs_up()
            return False
        self._modem.hang_up()
        return True

    def _happens(self, incident: Incident) -> None:
        if incident == "unplug":
            self._twin.unplug()
            self._pass(0.4)
            self._twin.plug()
        elif incident == "reboot":
            self._twin.reboot()
        elif incident == "die":
            self._twin.die()
            if not self._has_power:
                self._pass(0.4)
                self._twin.unplug()  # somebody replugs it
                self._twin.plug()

    # Its end.

    def _is_back(self, incident: Incident, incoming: bool) -> None:
        """Until the line is free and in service."""
        self._faults.never_hangs_up = False
        if incident and self._twin.call_state:
            self._twin.far_end_hangs_up()  # the incident happened to nobody
        begun_s = now_s()
        wait_for("the line is free", self._is_free, WAIT_S)
        wait_for("each call's end", lambda: self._ends_told(incoming), WAIT_S)
        wait_for("the driver is up", lambda: self._up() and self._twin.registered, WAIT_S)
        back_s = now_s() - begun_s
        assert incident or back_s < 2 * CALL_LIMIT_S, f"free after {back_s:.1f} s"
        if incident:
            self.worst_back_s = max(self.worst_back_s, back_s)
        self._pass(0.05)

    def _is_free(self) -> bool:
        twin = self._twin
        if twin.call_state == "ringing" and twin.history[-1].number == SECOND:
            twin.far_end_hangs_up()  # who waited when the call ended rings now, and gives up
        return twin.call_state == "" and not twin.someone_waits

    def _ends_told(self, incoming: bool) -> bool:
        return len(self._of(Ended)) == len(self._of(Ringing)) + len(self._of(Found)) + (not incoming)

    def _judge(self, truth: tuple[SimCall, ...], incoming: bool, ours: bool, incident: Incident) -> None:
        ringing, answered, ended = self._of(Ringing), self._of(Answered), self._of(Ended)
        assert self._ends_told(incoming), "each call ends once"
        assert all(call.over for call in truth), "nobody is left on the line"
        really = sum(call.answered for call in truth)
        assert len(answered) <= really, "nobody is said to have answered who did not"
        assert len(answered) == really or incident or ours, "who answered was told of"
        for one in ringing:
            assert one.caller in {"", *(call.number for call in truth if call.incoming)}, "nobody else's number"
        for end in ended:
            assert ours or not end.by_us, "we are said to have hung up, and did not"
        if len(truth) == 1 and len(ended) == 1 and not (ours or incident or answered) and not incoming:
            cause = ended[0].cause
            assert cause == truth[0].over or truth[0].over == "host" or cause in ("failed", "line_lost"), cause

    def _of(self, kind: type[E]) -> list[E]:
        return [event for event in list(self._events) if isinstance(event, kind)]

    def _came(self, *wanted: type[LineEvent]) -> bool:
        """Whether one of them came before the call was over, here or there (a sick modem's restart takes it along)."""
        deadline_s = now_s() + CALL_LIMIT_S
        gone_since_s: float | None = None
        while now_s() < deadline_s:
            for event in list(self._events):
                if isinstance(event, (*wanted, Ended)):
                    return isinstance(event, wanted)
            gone_since_s = (gone_since_s or now_s()) if self._twin.call_state == "" else None
            if gone_since_s is not None and now_s() - gone_since_s > GONE_S:
                return False
            time.sleep(0.005)
        raise AssertionError(f"neither {wanted} nor an end within {CALL_LIMIT_S:g} s")

    def _pass(self, most_s: float) -> None:
        """Time in which nobody does anything."""
        let_pass(self._chance.uniform(0, most_s))

    def _count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number
