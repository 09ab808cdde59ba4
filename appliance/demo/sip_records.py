"""The SIP peers' settings, sounds, events, and the JSON lines spoken with a peers' process: frozen records only."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct


class _Tagged(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class Silence(_Tagged, frozen=True):
    """Sends RTP with nothing in it."""


class Tone(_Tagged, frozen=True):
    """A continuous sine of a whole number of hertz; level in dB below full scale of its RMS."""

    hz: Annotated[int, Meta(ge=50, le=3900)]
    dbfs: Annotated[float, Meta(ge=-60, le=-3.1)] = -15.0


class Wav(_Tagged, frozen=True):
    """A mono 16-bit WAV file, played from its beginning, over and over when `loop`."""

    path: str
    loop: bool = True


Sound = Silence | Tone | Wav


class PhoneSettings(_Tagged, frozen=True):
    """A desk phone. It registers as `sip:<extension>@<realm>` at `registrar` unless that is "" (a fixed contact)."""

    extension: str
    password: str = ""
    realm: str = "centralita.local"
    registrar: str = ""
    """`sip:127.0.0.1:5060`: where it registers and sends its calls."""
    bind: str = "127.0.0.30"
    port: int = 0
    """Its SIP port; 0 is any. Phones of the same bind and port share one socket."""
    expires_s: int = 120
    registers_at_once: bool = True
    """False: only when told."""
    auto_answer_ms: int = -1
    """Answers by itself after so long; -1: only when told."""
    sound: Sound = Silence()
    record_dir: str = ""
    """Where every call is recorded as it is heard (`<peer>-<call>.wav`); "" for nowhere."""


class CarrierSettings(_Tagged, frozen=True):
    """The telephone network behind a SIP trunk: an address that calls the box and takes its calls."""

    name: str = "carrier"
    address: str = "127.0.0.20"
    port: int = 5060
    box: str = "127.0.0.1:5060"
    sound: Sound = Silence()
    record_dir: str = ""


class CarrierBehaviour(_Tagged, frozen=True):
    """What becomes of the box's calls to numbers that begin with `prefix`; the longest prefix counts."""

    prefix: str = ""
    does: Literal["answers", "busy", "no_answer", "refuses"] = "answers"
    after_ms: int = 1500
    """Ringing time before the answer, or before busy is said."""
    talk_ms: int = -1
    """Hangs up after so much talk; -1: leaves it to the box."""


EventKind = Literal[
    "registered",  # 200 to the phone's REGISTER
    "unregistered",  # refused, expired or taken back; `code` says
    "incoming",  # an INVITE arrived; `number` is the caller, `called` the dialled one
    "ringing",  # 180 or 183 to a call we placed
    "answered",  # the call is confirmed, either way
    "ended",  # the call is over; `code` the last SIP status, `by_us` when we hung up
    "digit",  # one DTMF digit heard, in `text`
    "held",  # the far end holds us
    "resumed",
]


class PeerEvent(_Tagged, frozen=True):
    """`at_ms` is CLOCK_BOOTTIME when pjsua2 said it."""

    at_ms: int
    peer: str
    kind: EventKind
    call: str = ""
    number: str = ""
    called: str = ""
    code: int = 0
    text: str = ""
    by_us: bool = False


class CallSound(_Tagged, frozen=True):
    """What a call hears: its level now and the loudest ever (dB below full scale, about 1 dB true), and RTP packets."""

    heard_dbfs: float
    loudest_dbfs: float
    rtp_in: int
    rtp_out: int
    lost: int


# -- the JSON lines of a peers' process -------------------------------------------------------------------------------


class Register(_Tagged, frozen=True):
    peer: str
    on: bool


class Place(_Tagged, frozen=True):
    """A carrier or a phone calls `called`. `caller` is a carrier's choice ("" withheld); phones have their own."""

    peer: str
    called: str
    caller: str = ""
    sound: Sound | None = None


class Answer(_Tagged, frozen=True):
    call: str


class Reject(_Tagged, frozen=True):
    call: str
    code: Annotated[int, Meta(ge=400, le=699)] = 486


class HangUp(_Tagged, frozen=True):
    call: str


class SendDigits(_Tagged, frozen=True):
    call: str
    digits: Annotated[str, Meta(pattern=r"^[0-9*#A-D]{1,32}$")]


class Hold(_Tagged, frozen=True):
    call: str
    on: bool


class PlaySound(_Tagged, frozen=True):
    """Say this from now on, in place of what was said."""

    call: str
    sound: Sound


class Record(_Tagged, frozen=True):
    """Write what is heard to this WAV from now on; "" ends (and completes) the file."""

    call: str
    path: str


class AskSound(_Tagged, frozen=True):
    call: str


class Behave(_Tagged, frozen=True):
    peer: str
    behaviour: CarrierBehaviour


class Quit(_Tagged, frozen=True):
    pass


PeerRequest = (
    PhoneSettings
    | CarrierSettings
    | Register
    | Place
    | Answer
    | Reject
    | HangUp
    | SendDigits
    | Hold
    | PlaySound
    | Record
    | AskSound
    | Behave
    | Quit
)


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """A request with the number its reply will carry."""

    id: int
    ask: PeerRequest


class Reply(_Tagged, frozen=True):
    """`error` is "" when it was done. `name`: the peer added, or the call placed."""

    id: int
    error: str = ""
    name: str = ""
    sound: CallSound | None = None


FromPeers = Reply | PeerEvent

MAX_LINE_BYTES = 65_536
encode = msgspec.json.Encoder().encode
decode_ask: msgspec.json.Decoder[Ask] = msgspec.json.Decoder(Ask)
decode_from_peers: msgspec.json.Decoder[FromPeers] = msgspec.json.Decoder(FromPeers)
