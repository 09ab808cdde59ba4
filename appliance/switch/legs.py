"""What the exchange and the makers of legs (lines, stations, the panel) promise each other: protocols, no behaviour.

One thread, the engine's, owns every call. A driver lives on that thread: `start`, `dial`, `ring`, `answer`, … are
called there and return at once. Its device reports from a thread of its own; the driver's `events` callable hands each
event over with `exchange.post(self._on_event, event)`, and from then on needs no lock. The methods that report
something (`offered` … `button`) may also be called from any thread: they queue themselves when they must.

Sound: a driver asks once, in `start`, for `exchange.sound_port(name)`. When its call connects it does
`sound.open()`, `device.attach_sound(sound.exchange)`, then `exchange.answered(leg, evidence)`; when the call is over
`device.detach_sound()`, `sound.close()`, then `exchange.ended(leg, cause)`. Who hears whom is the exchange's business.

Drivers are made by `make(line: Line) -> LineDriver` in lines/gsm.py and lines/fxo.py, and by
`make(station: Station, handset: HandsetDevice) -> StationDriver` in stations/port.py.
"""

from collections.abc import Callable
from typing import Literal, ParamSpec, Protocol, runtime_checkable

from appliance.acd.effects import LampPattern
from appliance.acd.ids import LegId, LineName, MessageId, StationName
from appliance.acd.inputs import AnswerEvidence, LegCause, LineHealth, StationHealth
from appliance.acd.message_inputs import MessageInput

P = ParamSpec("P")


class LegImpossible(Exception):
    """A leg cannot be made: the line is busy or down, the station is off the hook. The ACD gets LegEnded(cause)."""

    def __init__(self, cause: LegCause, why: str) -> None:
        super().__init__(why)
        self.cause: LegCause = cause


class LegPort(Protocol):
    """One leg as the exchange commands it; its driver makes it. Commands on a leg that is over do nothing.

    Whatever the command, the leg's end is reported once, by `Exchange.ended`.
    """

    @property
    def slot(self) -> int | None:
        """Its conference port while sound flows (a SoundPort's slot), else None."""

    def answer(self) -> None:
        """Answer a leg that was offered; `Exchange.answered` follows when the path is open."""

    def refuse(self, cause: LegCause) -> None:
        """Turn away a leg that was offered and not answered; `Exchange.ended(by_us=True)` follows."""

    def hang_up(self, cause: LegCause) -> None:
        """End the leg whatever its state; `Exchange.ended(by_us=True)` follows."""

    def send_digits(self, digits: str) -> None:
        """Send DTMF (0-9 * # A-D) to the far end of an answered leg."""


class SoundPort(Protocol):
    """A place in the conference for sound that comes in its own clock (a modem, a handset). Made by `sound_port`."""

    @property
    def slot(self) -> int:
        """Its conference port, the same for its whole life."""

    def set_levels(self, in_db: float, out_db: float) -> None:
        """How much louder the device's sound comes in, and the conference's goes out, from now on: −20 to 20."""

    def open(self) -> None:
        """Empty the buffers, so that this call never hears the one before, and let sound through."""

    def exchange(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        """n samples in (s16le mono 8 kHz, any n up to 1,920), n samples or `said_bytes` out. Any thread; silence while
        closed."""

    def close(self) -> None:
        """No sound in or out until the next open. Safe while another thread is in `exchange`."""


class Exchange(Protocol):
    """What a driver can say and ask."""

    def post(self, what: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run `what` on the engine's thread, soon and in order. Any thread; never blocks."""

    def sound_port(self, name: str) -> SoundPort:
        """A conference place for this line or station. Engine's thread only (call it in `start`)."""

    def offered(self, port: LegPort, line: LineName, caller: str, called: str = "", caller_name: str = "") -> LegId:
        """A call arrives on a line and rings; mints its leg. `caller` "" when withheld."""

    def dialled(self, port: LegPort, station: StationName, digits: str) -> LegId:
        """A station dialled something: its leg is offered to us, not answered yet; mints it."""

    def found(
        self,
        port: LegPort,
        state: Literal["offered", "dialling", "ringing", "answered"],
        *,
        line: LineName | None = None,
        station: StationName | None = None,
        number: str = "",
        dialled: bool = False,
    ) -> LegId:
        """At start the device had a call up already (modem: +CLCC; handset: off the hook): mints a leg for it.

        Say it before the line's or station's first health other than `starting`: the switch introduces itself to the
        ACD when each driver has said that, or after FIRST_REPORT_MS. A call found later than that is offered as new
        if it still rings, and hung up otherwise.
        """

    def progress(self, leg: LegId) -> None:
        """The far end, or the station's ringer, rings. A second time is ignored."""

    def answered(self, leg: LegId, evidence: AnswerEvidence = "signalled") -> None:
        """The leg is connected and its `slot` carries sound. A second time is ignored."""

    def answer_proved(self, leg: LegId, evidence: AnswerEvidence) -> None:
        """Its answer was only assumed; now there is evidence."""

    def sound_changed(self, leg: LegId) -> None:
        """The leg's `slot` is another one, or the same made anew: connect it again."""

    def held(self, leg: LegId, held: bool) -> None: ...
    def digit(self, leg: LegId, digit: str) -> None: ...
    def ended(self, leg: LegId, cause: LegCause, by_us: bool = False) -> None:
        """The leg is over; its id means nothing from now on. A second time is ignored."""

    def line_changed(
        self,
        line: LineName,
        health: LineHealth,
        detail: str = "",
        signal_percent: int = -1,
        operator: str = "",
        sim: str = "",
    ) -> None: ...
    def station_changed(
        self, station: StationName, health: StationHealth, off_hook: bool = False, detail: str = ""
    ) -> None: ...
    def said_of_messages(self, one: MessageInput) -> None:
        """A text message came, or something became of one of ours."""

    def button(self, button: str) -> None:
        """A panel button went down; its name is the board's."""


class LineDriver(Protocol):
    """One line. Made from its `[[line]]` table by a factory in `lines/`; one call at a time unless it is SIP."""

    @property
    def name(self) -> LineName: ...
    def start(self, exchange: Exchange) -> None:
        """Open the device and report health from now on. Does not raise for a device that is missing: that is
        `line_changed(down)`."""

    def dial(self, leg: LegId, number: str, emergency: bool = False) -> LegPort:
        """Place a call as `leg`; an emergency also on a line for callers only. Raises LegImpossible."""

    def close(self) -> None:
        """The process ends. Calls were hung up before."""


@runtime_checkable
class MessageDriver(Protocol):
    """A line that can send text messages too."""

    def send_message(self, message: MessageId, number: str, text: str) -> None: ...
    def message_kept(self, message: MessageId) -> None: ...
    def ask_network(self, code: str) -> None:
        """USSD; NetworkAnswered follows."""


class StationDriver(Protocol):
    """One station. Made from its `[[station]]` table by a factory in `stations/`."""

    @property
    def name(self) -> StationName: ...
    def start(self, exchange: Exchange) -> None: ...
    def ring(self, leg: LegId, caller: str, title: str) -> LegPort:
        """Ring it as `leg`: `progress` when it rings, `answered` when it is lifted. Raises LegImpossible."""

    def close(self) -> None: ...


class PanelDriver(Protocol):
    """Lamps and buttons of the box."""

    def start(self, exchange: Exchange) -> None: ...
    def set_lamp(self, lamp: str, pattern: LampPattern) -> None:
        """A lamp by its meaning (`queue:<name>`, `line:<name>`, `night_mode`). One the board has not is ignored."""

    def close(self) -> None: ...


FIRST_REPORT_MS = 3_000
"""How long the switch waits for drivers to say what calls they found before it introduces itself to the ACD."""
