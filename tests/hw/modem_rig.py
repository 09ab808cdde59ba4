"""A modem's driver against its twin over real pseudo-terminals, for every model, with waits shortened for tests.

Shorter waits make the driver less patient, never the twin kinder.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hw.at_call_sound import SoundTimings
from hw.at_calls import CallTimings
from hw.at_modem import AtModem, AtTimings
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_session import OpenTransport
from hw.at_setup import SetupTimings
from hw.devices import Health, LineDevice, LineEvent
from hw.fxo_modem import FxoModem
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import FxoFaults
from hw.fxo_rings import RingTimings
from hw.fxo_timings import FxoTimings
from hw.modem_profiles import read_fxo_profile, read_gsm_profile
from hw.power_cure import RecoveryTimings, UsbSocket
from hw.serial_transport import SerialTransport
from tests.waiting import PATIENCE_S

C = TypeVar("C")
E = TypeVar("E")
GSM_MODELS = ("sim7600", "ec25", "generic_27007", "huawei_e1550")
FXO_MODELS = ("cx93010", "usr5637")
QUICK_GSM = AtTimings(
    setup=SetupTimings(answer_ms=400, first_answer_ms=150, sim_retry_ms=150, sim_busy_ms=50),
    call=CallTimings(
        answer_ms=400,
        call_answer_ms=500,
        number_wait_ms=1_500,
        poll_setting_up_ms=100,
        poll_ringing_ms=150,
        poll_active_ms=200,
        sound=SoundTimings(retry_ms=60, silent_ms=400),
        hang_up_polls=3,
        hang_up_poll_ms=60,
    ),
    reopen_ms=(50, 100, 200),
    look_ms=1_000,
    search_ms=200,
    reset_wait_ms=800,
)
QUICK_FXO = FxoTimings(
    ring=RingTimings(identity_grace_ms=250, identity_line_ms=100, same_ring_ms=100, ring_gap_ms=500),
    reopen_ms=(50, 100, 200),
    answer_ms=500,
    first_answer_ms=150,
    adopt_listen_ms=100,
    connect_ms=800,
    assume_answered_ms=250,
    refuse_ms=50,
    sound_over_ms=300,
    dtr_ms=50,
    dial_ms=1_500,
    ringback_gone_ms=450,
    no_answer_ms=2_500,
    sound_lost_ms=700,
    not_lifted_ms=400,
    doubted_line_ms=1_500,
    look_ms=700,
    recovery=RecoveryTimings(silent_ms=0, between_ms=200, holds_ms=2_000),
)
BACK_IN_SERVICE_S = 15.0


def quick_gsm_faults() -> AtFaults:
    return AtFaults(ring_every_ms=500, alert_after_ms=30, boot_ms=20, register_ms=10, reset_ms=200)


def quick_fxo_faults() -> FxoFaults:
    return FxoFaults(
        ring_every_ms=200,
        identity_after_ms=50,
        boot_ms=10,
        tone_every_ms=200,
        dial_tone_ms=20,
        digit_ms=5,
        ringback_every_ms=200,
    )


class Events:
    """What a device reported, in order; `next` waits for one kind and goes on after it."""

    def __init__(self) -> None:
        self.all: list[LineEvent] = []
        self._seen = 0
        self._came = threading.Condition()
        self.on_event: Callable[[LineEvent], None] = lambda event: None
        """Called by the driver's thread, before the driver goes on."""

    def put(self, event: LineEvent) -> None:
        self.on_event(event)
        with self._came:
            self.all.append(event)
            self._came.notify_all()

    def next(self, kind: type[E], timeout_s: float = PATIENCE_S, where: Callable[[E], bool] = lambda event: True) -> E:
        deadline = time.monotonic() + timeout_s
        with self._came:
            while True:
                while self._seen < len(self.all):
                    event = self.all[self._seen]
                    self._seen += 1
                    if isinstance(event, kind) and where(event):
                        return event
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"no {kind.__name__} within {timeout_s:g} s; there was {self.all}"
                self._came.wait(left_s)

    def health(self, state: str, timeout_s: float = PATIENCE_S) -> Health:
        return self.next(Health, timeout_s, lambda health: health.state == state)

    def skip(self) -> None:
        """What was reported until now is of no interest any more."""
        with self._came:
            self._seen = len(self.all)

    def forget(self) -> list[LineEvent]:
        """Everything until now, once."""
        with self._came:
            told, self.all, self._seen = self.all, [], 0
            return told

    def of(self, *kinds: type[LineEvent]) -> list[LineEvent]:
        with self._came:
            return [event for event in self.all if isinstance(event, kinds)]


@dataclass
class Rig:
    """One model: its twin, its driver, what both said."""

    folder: Path
    model: str
    faults: AtFaults | FxoFaults
    pin: str = ""
    sim_pin: str = ""
    open_transport: OpenTransport = SerialTransport
    gsm_timings: AtTimings = QUICK_GSM
    fxo_timings: FxoTimings = QUICK_FXO
    country: str = "ES"
    usb_socket: UsbSocket | None = None
    events: Events = field(default_factory=Events)
    twin_events: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.twin: AtModemTwin | FxoModemTwin
        if isinstance(self.faults, AtFaults):
            self.twin = AtModemTwin(
                self.folder, name=self.model, model=self.model, faults=self.faults, sim_pin=self.sim_pin
            )
        else:
            self.twin = FxoModemTwin(self.folder, name=self.model, model=self.model, faults=self.faults)
        self.twin.on_event = lambda kind, detail: self.twin_events.append((kind, detail))
        self.twin.start()
        self.modem = self.new_modem()

    @property
    def is_gsm(self) -> bool:
        return isinstance(self.faults, AtFaults)

    def new_modem(self) -> LineDevice:
        if self.is_gsm:
            return AtModem(
                name=self.model,
                profile=read_gsm_profile(self.model.removesuffix("_voiceless")),
                port=self.twin.port,
                audio_port="" if self.model == "sim800" else self.twin.audio_port,
                pin=self.pin,
                events=self.events.put,
                timings=self.gsm_timings,
                open_transport=self.open_transport,
            )
        return FxoModem(
            name=self.model,
            profile=read_fxo_profile(self.model),
            port=self.twin.port,
            events=self.events.put,
            timings=self.fxo_timings,
            open_transport=self.open_transport,
            country=self.country,
            usb_socket=self.usb_socket,
        )

    def close(self) -> None:
        self.modem.close()
        self.twin.close()


@contextmanager
def rig(
    folder: Path,
    model: str,
    faults: AtFaults | FxoFaults | None = None,
    *,
    pin: str = "",
    sim_pin: str = "",
    open_transport: OpenTransport = SerialTransport,
    until: str = "up",
    gsm_timings: AtTimings = QUICK_GSM,
    fxo_timings: FxoTimings = QUICK_FXO,
    country: str = "ES",
    usb_socket: UsbSocket | None = None,
) -> Iterator[Rig]:
    """A rig whose driver was started and reached the health `until` ("" : do not wait)."""
    default = quick_gsm_faults() if model in GSM_MODELS else quick_fxo_faults()
    one = Rig(folder, model, faults or default, pin, sim_pin, open_transport)
    one.gsm_timings, one.fxo_timings, one.country, one.usb_socket = gsm_timings, fxo_timings, country, usb_socket
    one.modem.close()
    one.modem = one.new_modem()
    try:
        one.modem.start()
        if until:
            one.events.health(until)
        yield one
    finally:
        one.close()


def at_once(*cases: C) -> Callable[[Callable[[C, Path], None]], Callable[[Path], None]]:
    """Makes one test of a story with many cases, which run side by side: they wait more than they work.

    Each case has a folder of its own. A failure names its case.
    """

    def decorate(story: Callable[[C, Path], None]) -> Callable[[Path], None]:
        def run(case: C, folder: Path) -> Exception | None:
            try:
                story(case, folder)
            except Exception as error:
                error.add_note(f"case: {case}")
                return error
            return None

        def test(tmp_path: Path) -> None:
            folders = [tmp_path / str(number) for number in range(len(cases))]
            with ThreadPoolExecutor(len(cases)) as pool:
                errors = [error for error in pool.map(run, cases, folders) if error is not None]
            if len(errors) == 1:
                raise errors[0]
            if errors:
                raise ExceptionGroup(f"{len(errors)} of {len(cases)} cases", errors)

        test.__name__, test.__doc__ = story.__name__, story.__doc__
        return test

    return decorate


def on_every_line(story: Callable[[Rig], None]) -> Callable[[Path], None]:
    """Makes one test of a story that is told of every model side by side."""

    def told(model: str, folder: Path) -> None:
        with rig(folder, model) as line:
            story(line)

    told.__name__, told.__doc__ = story.__name__, story.__doc__
    return at_once(*GSM_MODELS, *FXO_MODELS)(told)
