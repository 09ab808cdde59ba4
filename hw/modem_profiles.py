"""What each modem model really answers, read from `modems/*.toml`: the data that drivers work from, checked.

Only the shape of a profile belongs here; what it says is in the files, where each has its notes.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

PROFILES = Path(__file__).parent / "modems"

AtText = Annotated[str, Meta(pattern=r"^AT[ -~]*$")]
UrcKind = Literal[
    "ring",  # a call arrives
    "caller",  # +CLIP: its number
    "call_list",  # +CLCC by itself
    "call_info",  # +QIND: "ccinfo"
    "call_active",  # a hint that a call is under way or through
    "call_confirmed",  # the network took the dialled number
    "call_over",  # a hint that a call ended; the call list is asked
    "waiting",  # +CCWA: a second caller
    "registration",
    "sim",
    "digit",
    "sound_flow",  # the modem's sound buffer is full (0) or takes more (1)
    "rebooted",
    "booted",  # the end of a start, whose beginning may have been missed
    "noise",  # known and of no use
]


class ProfileError(Exception):
    """A profile does not exist or is wrong. The message names the file and the key, and what to do."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class UrcLine(_Table, frozen=True):
    """A line that comes by itself and begins with `begins`; `whole` when it must be just that."""

    begins: Annotated[str, Meta(min_length=1)]
    kind: UrcKind
    whole: bool = False


class EndCauseText(_Table, frozen=True):
    """What +CEER says, as a pattern (case ignored), and what it means."""

    pattern: str
    cause: Literal["normal", "busy", "no_answer", "rejected", "congestion", "failed"]


class SimPin(_Table, frozen=True):
    """How to learn how many tries the SIM's PIN has left: group 1 of `tries_pattern` in the answer."""

    tries_query: AtText
    tries_answer: str
    tries_pattern: str


class Voice(_Table, frozen=True):
    """How to learn whether this variant has voice at all: `query` is answered OK and by a line that has `pattern`."""

    query: AtText
    pattern: str
    without: Literal["no_voice", "voice_locked"]
    """What the owner of one that has none is told: `AtSetup` has the sentences."""


class GsmSound(_Table, frozen=True):
    """How sound reaches the host: 320-byte frames on a second tty once `on` was accepted while a call is up.

    `always`: the sound tty carries the call's sound without being told. `analogue`: there is none; wires carry it.
    """

    kind: Literal["commanded", "always", "analogue"]
    on: tuple[AtText, ...] = ()
    """Each must be accepted."""
    off: tuple[AtText, ...] = ()
    """Tried until one is accepted."""
    first_try_must_succeed: bool = False
    """An ERROR to `on` means a sick sound path, even when a later try is accepted: `reset` after the call."""


class MessageProfile(_Table, frozen=True):
    """How messages are had. `memories` are tried in this order, and the first that is taken gets what comes; all that
    are taken are looked into."""

    memories: tuple[Literal["ME", "SM", "MT", "SR"], ...] = ("ME", "SM")
    notify: tuple[AtText, ...] = ("AT+CNMI=2,1,0,1,0",)
    """News of what comes, and reports: tried until one is accepted."""
    ussd: Literal["plain", "packed"] = "plain"
    """How the code of a request is written: itself, or its seven-bit octets."""


class GsmProfile(_Table, frozen=True, tag_field="family", tag="gsm"):
    title: str
    identify: str
    """A pattern found in the answer to AT+CGMM."""
    prepare: tuple[AtText, ...]
    """Must be answered OK, in this order, after the SIM is ready."""
    prepare_if_known: tuple[AtText, ...]
    """Tried; an ERROR is no fault."""
    hang_up: tuple[AtText, ...]
    """One after another until the call list is empty. `{index}` is the call's number in the list."""
    digit: AtText
    reset: AtText
    sound: GsmSound
    urcs: tuple[UrcLine, ...]
    end_causes: tuple[EndCauseText, ...]
    card_sound: GsmSound | None = None
    """Of a modem that can be a sound card as well, where its line says so; None: it cannot."""
    usb: str = ""
    """Vendor and product, for udev rules and `check`."""
    at_interface: str = ""
    sound_interface: str = ""
    """USB interface numbers of the two ttys: ttyUSBn changes, these do not."""
    second_at_interface: str = ""
    """Of a tty that takes commands while another carries one out; "" : it has none, or they wait for each other."""
    messages: MessageProfile = MessageProfile()
    iccid_query: AtText | None = None
    voice: Voice | None = None
    """None: every variant has voice."""
    chld_needs_confirmation: bool = False
    """AT+CHLD=1x before the network took the dialled number kills the modem."""
    end_news_cause: str = ""
    """Finds in a call_over line, as group 1, what `end_causes` reads as it reads +CEER."""
    pin: SimPin | None = None
    """None: the tries left cannot be asked, so a PIN is never entered."""
    digit_urc: Literal["character", "code"] = "character"
    """How a digit URC gives its digit: itself, or its ASCII code in decimal."""


class FxoProfile(_Table, frozen=True, tag_field="family", tag="fxo"):
    title: str
    identify: str
    """A pattern found in the answer to AT+FMM or ATI3."""
    identify_query: AtText
    prepare: tuple[AtText, ...]
    """From any state to class 8, on hook, waiting for calls. Each must be answered OK."""
    law: Literal["a_law", "mu_law"]
    sound_format: AtText
    """The +VSM of that law at 8,000 Hz."""
    off_hook: AtText
    on_hook: AtText
    duplex: AtText
    dial: AtText
    """With `{number}`; returns to command mode at once."""
    recover: tuple[AtText, ...]
    """After DTR was dropped: back to a state in which `prepare` works."""
    usb: str = ""
    country_query: AtText | None = None
    """Asks for the country of installation (V.250 +GCI); None when the model has none."""
    country_set: AtText = "AT+GCI={code}"
    """With `{code}`, two hexadecimal digits of T.35."""
    echo_cancelled: bool = True
    """By us, for the modem does not; false for one that does."""
    minimum_firmware: tuple[int, ...] = ()
    firmware_query: AtText | None = None
    firmware_pattern: str = ""
    """Group 1 is the version, numbers with dots."""


ModemProfile = GsmProfile | FxoProfile


def profile_names() -> tuple[str, ...]:
    """The models there is a profile of."""
    return tuple(sorted(file.stem for file in PROFILES.glob("*.toml")))


def read_profile(name: str) -> ModemProfile:
    """A profile by its file's name. Raises ProfileError."""
    if name not in profile_names():
        raise ProfileError(f"model {name!r} has no profile; there is {', '.join(profile_names())}. Correct `model`.")
    file = PROFILES / f"{name}.toml"
    try:
        profile: ModemProfile = msgspec.toml.decode(file.read_bytes(), type=ModemProfile)
    except msgspec.MsgspecError as error:
        raise ProfileError(f"{file.name}: {error}. Correct the profile.") from error
    return profile


def read_gsm_profile(name: str) -> GsmProfile:
    profile = read_profile(name)
    if not isinstance(profile, GsmProfile):
        raise ProfileError(f'model {name!r} is not a GSM modem; use it with driver = "fxo".')
    return profile


def with_card_sound(profile: GsmProfile) -> GsmProfile:
    """The profile of the same modem as a sound card. Raises ProfileError when it cannot be one."""
    if profile.card_sound is None:
        raise ProfileError(f"{profile.title} is not known as a sound card. Write the tty of its sound as audio_port.")
    return msgspec.structs.replace(profile, sound=profile.card_sound)


def read_fxo_profile(name: str) -> FxoProfile:
    profile = read_profile(name)
    if not isinstance(profile, FxoProfile):
        raise ProfileError(f'model {name!r} is not an FXO modem; use it with driver = "gsm".')
    return profile
