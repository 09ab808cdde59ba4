"""How long the driver of an analogue modem waits for what, with the reasons; only numbers belong here."""

from dataclasses import dataclass, field

from hw.fxo_rings import RingTimings
from hw.power_cure import RecoveryTimings


@dataclass(frozen=True)
class FxoTimings:
    """Tests may shorten these; the defaults are for real lines and modems."""

    ring: RingTimings = field(default_factory=RingTimings)
    reopen_ms: tuple[float, ...] = (1_000, 1_000, 2_000, 3_000, 5_000)
    answer_ms: int = 3_000
    first_answer_ms: int = 700
    adopt_listen_ms: int = 300
    """A modem that sends sound by itself when opened has a call up."""
    connect_ms: int = 5_000
    dial_ms: int = 15_000
    """For a dial tone to come (S6, S7) and 32 digits to be sent (S11: 95 ms and as long a gap each)."""
    assume_answered_ms: int = 3_000
    """After dialling, when nothing was heard of it; a line without answer signalling says nothing more."""
    ringback_gone_ms: int = 7_000
    """After ringing there was told last. The slowest cadence (US) rings every 6 s."""
    no_answer_ms: int = 180_000
    """Ringing there for so long: nobody is in."""
    refuse_ms: int = 600
    sound_over_ms: int = 2_000
    dtr_ms: int = 300
    sound_settle_ms: int = 60
    """What a modem kept of the call before is over by then."""
    sound_look_ms: int = 60
    """Between two looks at whether the modem's sound still comes."""
    sound_starved_ms: int = 100
    """Without a byte for so long, silence takes the place of what it should have sent."""
    sound_lost_ms: int = 4_000
    """Without sound for so long, the modem is stuck, or started anew, and the call is lost."""
    dead_line_ms: int = 300_000
    """Nothing above the noise of a line for so long: nobody is there. Even a caller who only listens sends back the
    echo of our music."""
    doubted_line_ms: int = 20_000
    """The same after a break of the loop that was the answer, or the end."""
    second_dial_tone_ms: int = 8_000
    """A dial tone so shortly after a key was pressed in a talk is an exchange's for more keys: a switchboard's for an
    outside line. At any other time the far end hung up (AudioCodes' DisconnectOnDialTone, on by default; Sangoma's
    gateways). Whoever hangs up upon a key is gone by the tone that follows when nobody dials."""
    dial_tone_look_ms: int = 1_000
    """Between two looks at whether such a tone still goes on, and its key is long past."""
    not_lifted_ms: int = 1_500
    """A ring so long after we lifted the line: the modem did not lift it."""
    look_ms: int = 30_000
    """Between two questions to an idle modem: one that is stuck or started anew would let callers ring unheard."""
    recovery: RecoveryTimings = field(default_factory=lambda: RecoveryTimings(silent_ms=0, holds_ms=60_000))
    """These start at once, so silence is no start to be waited for. A CX93010 wedges again after ten calls, within
    minutes: what cured it then cures it again."""
