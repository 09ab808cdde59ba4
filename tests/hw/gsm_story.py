"""One behaviour of a real GSM modem as a row, and the steps that the rows' stories are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_modem_sim_sound import SoundFaults
from hw.devices import Answered, Dialling, Ended, Health, Ringing
from tests.hw.modem_rig import Rig, quick_gsm_faults, rig
from tests.hw.modem_tape import Tape
from tests.sound import ToneEnd, listen
from tests.waiting import wait_for

NUMBER = "600123123"
CALLED = "911222333"
SEED = 20


@dataclass
class Line:
    """A rig, the bytes that crossed it, and the steps every story is made of."""

    rig: Rig
    tape: Tape
    network: ToneEnd = field(default_factory=lambda: ToneEnd(425))
    host: ToneEnd = field(default_factory=lambda: ToneEnd(1000))

    def __post_init__(self) -> None:
        assert isinstance(self.rig.twin, AtModemTwin)
        self.twin: AtModemTwin = self.rig.twin
        self.faults = self.twin.faults
        self.modem, self.events = self.rig.modem, self.rig.events
        self.twin.attach_far_end(self.network)
        self.modem.attach_sound(self.host)

    def call_in(self) -> None:
        wait_for("the line is free", lambda: self.twin.call_state == "")
        self.twin.ring(NUMBER)
        assert self.events.next(Ringing).caller == NUMBER
        self.modem.answer()
        self.events.next(Answered)

    def call_out(self, *, answered: bool = True) -> None:
        wait_for("the line is free", lambda: self.twin.call_state == "")
        self.modem.dial(CALLED)
        self.events.next(Dialling)
        if answered:
            wait_for("it rings there", lambda: self.twin.call_state == "alerting")
            self.twin.far_end_answers()
            self.events.next(Answered)

    def they_hang_up(self) -> None:
        self.twin.far_end_hangs_up()
        assert self.events.next(Ended) == Ended("normal")

    def we_hang_up(self) -> None:
        self.modem.hang_up()
        assert self.events.next(Ended) == Ended("normal", by_us=True)

    def sound(self) -> None:
        """Half a second both ways, at the right pitch."""
        here, there = len(self.host.heard), len(self.network.heard)
        wait_for(
            "sound both ways", lambda: len(self.host.heard) > here + 10_000 and len(self.network.heard) > there + 10_000
        )
        heard = listen(bytes(self.host.heard[-8_200:]), 425)
        assert abs(heard.tone_dbfs + 15) < 3 and heard.other_dbfs < heard.tone_dbfs - 15, heard
        assert abs(listen(bytes(self.network.heard[-8_200:]), 1000).tone_dbfs + 15) < 3

    def whole_story(self) -> None:
        """In, ended there; in, ended here; out, ended there; out, ended here. All are told, each once."""
        before = len(self.events.of(Ended))
        self.call_in()
        self.they_hang_up()
        self.call_in()
        self.we_hang_up()
        self.call_out()
        self.they_hang_up()
        self.call_out()
        self.we_hang_up()
        assert len(self.events.of(Ended)) == before + 4

    def is_up(self) -> bool:
        last = [event for event in self.events.all if isinstance(event, Health)]
        return last[-1].state == "up"

    def order(self, *commands: str) -> bool:
        """Whether the host sent these commands in this order, others between them or not."""
        rest = iter(self.twin.commands)
        return all(command in rest for command in commands)


@dataclass(frozen=True)
class Row:
    model: str
    sentence: str
    story: Callable[[Line], None]
    faults: Callable[[AtFaults], None] = lambda faults: None
    until: str = "up"

    def __str__(self) -> str:
        return f"{self.model}: {self.sentence}"


def told(row: Row, folder: Path) -> None:
    faults = quick_gsm_faults()
    row.faults(faults)
    tape = Tape(SEED)
    print(f"seed {SEED}")
    with rig(folder, row.model, faults, open_transport=tape.open, until=row.until) as one:
        row.story(Line(one, tape))


def sound_faults(**faults: object) -> Callable[[AtFaults], None]:
    def apply(all_faults: AtFaults) -> None:
        all_faults.sound = SoundFaults(**faults)  # type: ignore[arg-type]  # rows name its fields

    return apply


def faulty(**faults: object) -> Callable[[AtFaults], None]:
    def apply(all_faults: AtFaults) -> None:
        for name, value in faults.items():
            assert hasattr(all_faults, name), name
            setattr(all_faults, name, value)

    return apply
