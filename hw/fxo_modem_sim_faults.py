"""What the twins of analogue modems do wrong, how the line they hang on behaves, and how slow both are: settings only.

The defaults are a good line on a good day with the times of real ones; tests shorten the times.
"""

from dataclasses import dataclass, field
from typing import Literal

from hw.at_conversation_sim import AnswerFaults

IdentityForm = Literal[
    "plain",
    "spaced",  # older Rockwell
    "number_only",
    "raw",  # type, length, parameters
    "raw_summed",  # and the checksum
    "raw_wrong_sum",
    "raw_parameters",  # neither type nor length nor checksum
    "raw_sdmf",
    "none",
]
HangUpSign = Literal[
    "busy", "congestion", "dial_tone", "loop_break", "polarity", "end", "tone_only", "howler", "odd_tone", "none"
]
"""How the far end's leaving shows. "end": the modem leaves sound by itself; "tone_only", "howler" and "odd_tone": the
modem tells nothing and only the line's sound has it; "none": silence. An odd tone is one of no country's table, as
private exchanges and gateways play."""
AnswerSign = Literal["none", "voice", "polarity", "loop_break", "answer_tone"]


@dataclass
class FxoFaults:
    seed: int = 1
    answers: AnswerFaults = field(default_factory=AnswerFaults)
    boot_ms: float = 200

    # The line.
    country: str = "A0"
    """Of the exchange, as +GCI has it. A modem set to another hears no tones."""
    ring_every_ms: float = 4_500
    identity: IdentityForm = "plain"
    withheld_as: Literal["P", "O"] = "P"
    name: str = ""
    """Of the caller, where the form has one."""
    identity_after_rings: int = 1
    identity_after_ms: float = 300
    ring_twice: bool = False
    """Every ring is said as RING and as <DLE>R."""
    no_dial_tone: bool = False
    dial_tone_ms: float = 400
    """Until the modem is sure of it."""
    digit_ms: float = 190
    """To dial one."""
    ringback_every_ms: float = 4_500
    tells_ringback: bool = False
    answer_sign: AnswerSign = "none"
    hang_up_sign: HangUpSign = "busy"
    tone_every_ms: float = 4_000
    """Between two reports of a tone."""
    echo_loss_db: float = 0
    """Of the hybrid: how much weaker what we say comes back. 0: a line without echo, which no real one is."""
    false_busy: bool = False
    """Somebody's voice is taken for a busy tone once in a call."""

    # The modem.
    unwrapped_digits: bool = False
    lost_digit_ends: bool = False
    """The `~` after a digit is lost."""
    deaf_to_end_of_duplex: int = 0
    """So many `<DLE>^` are not noticed."""
    deaf_to_end_of_sound: bool = False
    wedges_after_calls: int = 0
    """After so many calls nothing is answered until it is unplugged. 0: never."""
    wedges_in_call_ms: float = 0
    """So long after its sound began, a call's sound stops and nothing is answered until it is unplugged. 0: never."""
    stall_every_ms: float = 0
    """The modem holds its sound back so often, for `stall_ms`, and then sends it all at once. 0: never."""
    stall_ms: float = 300
    old_firmware: bool = False
    refuses_country: bool = False
    stale_audio: bool = False
    """What it kept of the call before comes first."""
    stale_ms: float = 250
    shields_with_sub: bool = True
    """Two 0x10 in a row go as <DLE><SUB>."""
    drift_ppm: float = 0
    jitter_ms: float = 0
