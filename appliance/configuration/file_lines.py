"""The tables of the configuration file about lines: how each is reached, how it proves itself, what it costs."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.configuration.file_types import AnyPrefix, Day, Level, Micros, Name, Prefix, QueueOrMenu
from hw.signals.tones import CountryTone

LevelDb = Annotated[float, Meta(ge=-20, le=20)]
MESSAGES_PER_MINUTE, MESSAGES_PER_DAY = 10, 100


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Line(_Table, frozen=True):
    name: Name
    driver: Literal["gsm", "fxo", "sip"]
    mode: Literal["in", "out", "both"] = "both"
    queue: Name | None = None
    menu: Name | None = None
    """Instead of `queue`."""
    number: str = ""
    did: dict[str, QueueOrMenu] = {}
    language: Literal["es", "en"] | None = None
    """Of its callers, whatever their queue speaks."""
    priority: Annotated[int, Meta(ge=0, le=10)] = 0
    """How much sooner its callers are served: each unit as if they had waited `box.priority_worth_s` longer."""
    needs: dict[Name, Level] = {}
    """Skills its callers need, beside their queue's."""
    calls: tuple[Prefix, ...] = ()
    """How the numbers begin that are dialled on it, before lines that name nothing; (): every number."""
    cost_micros_per_minute: dict[AnyPrefix, Micros] = {}
    """By how the number begins, "" for every other one. What is not named costs nothing."""
    allowance_minutes: Annotated[int, Meta(ge=0, le=100_000)] = 0
    """Of talk that the contract includes each month: calls cost nothing while they last. 0: none."""
    allowance_resets_on_day: Annotated[int, Meta(ge=1, le=31)] = 1
    """Of the month, in the box's time zone; the last day of a month that is shorter."""
    allowance_calls: tuple[Prefix, ...] = ()
    """How the numbers begin that the minutes are for; (): those of the country that cost nothing extra."""
    allowance_first_increment_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    """So much of each call is counted at least; then every begun step of …"""
    allowance_next_increment_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    allowance_pool: str = ""
    """Lines that say the same share the minutes; "": they are the line's own."""
    allowance_until: Day = ""
    """The contract's last day, by the box's clock; no minutes are included after it."""
    channels: Annotated[int, Meta(ge=0, le=250)] = 0
    """sip: calls the carrier takes at a time; 0: no limit of ours. A modem has one."""
    model: Name | None = None
    """gsm, fxo: a profile in hw/modems/."""
    port: str = ""
    """gsm, fxo: the tty of AT commands."""
    audio_port: str = ""
    """gsm: the tty of sound, or the sound card that the modem is: alsa:plughw:CARD=Android."""
    imei: str = ""
    """gsm: the modem with this IMEI, wherever it is plugged in, instead of `port` and `audio_port`."""
    usb: str = ""
    """gsm: the modem in this USB socket (1-1.3), instead of `port` and `audio_port`."""
    second_caller: Literal["busy", "kept"] = "busy"
    """gsm: who calls while a call is up is told busy, or waits until it ends and rings then."""
    pin: str = ""
    """gsm: the SIM's PIN."""
    balance_code: str = ""
    """gsm: what the network is asked by for the balance of the account (USSD), as *111#."""
    messages_per_minute: Annotated[int, Meta(ge=1, le=60)] | None = None
    messages_per_day: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    """gsm: parts of text messages it sends at most; 0 a day: none. A text of up to 160 characters is one part. Without
    them MESSAGES_PER_MINUTE and MESSAGES_PER_DAY, where the line is one that sends any (`may_write`)."""
    level_in_db: LevelDb = 0
    """gsm, fxo: how much louder than the modem gives them callers are made, for whoever hears them."""
    level_out_db: LevelDb = 0
    """gsm, fxo: how much louder callers hear us."""
    disconnect_tone: CountryTone | None = None
    """fxo: what the exchange sends when the other side has hung up, where it is no tone of the country's. The line
    doctor measures it."""
    address: str = ""
    """sip: the carrier's IP address; calls from it are this line's. Any port of it, unless `address_port` is given."""
    address_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    asked_every_s: Annotated[int, Meta(ge=0, le=3600)] | None = None
    """sip, with neither `registrar` nor `hosts`: so often the carrier is asked whether it lives (OPTIONS); 0: never.
    Without it: 30."""
    registrar: str = ""
    """sip: the carrier's domain, at which the line registers as `user`; "": it does not register."""
    user: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+_.~-]{0,64}$")] = ""
    auth_user: str = ""
    """sip: the user of the password, where that is another than `user`."""
    password: str = ""
    """sip: for the carrier's challenges, of registrations and of calls."""
    password_file: str = ""
    """sip: instead of `password`, a file that holds it in its first line."""
    realm: str = ""
    """sip: the only realm that is told the password (hashed); "": whichever the carrier names."""
    register_s: Annotated[int, Meta(ge=60, le=3600)] = 300
    """sip: how long a registration is asked for; it is renewed before."""
    hosts: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    """sip: where calls and registrations go, the first that lives: addresses or names, with a port or without. Without
    it: `registrar`, else `address`."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    """sip: to the hosts. With "tls" each proves by certificate that it is the carrier's."""
    ca_file: str = ""
    """sip: the authorities (PEM) that may sign those certificates; "": the system's."""
    peer_certificate: Literal["off", "required"] = "off"
    """sip: what proves that a TLS connection the carrier has opened is the carrier's: its address alone, or also a
    certificate, the one of a host. Many carriers show none there."""
    srtp: Literal["off", "optional", "required"] = "off"
    """sip: whether its calls' sound is encrypted (keys by SDES, so only over TLS)."""

    @property
    def may_write(self) -> tuple[int, int]:
        """How many parts of text messages it sends at most, in a minute and in a day."""
        a_minute = MESSAGES_PER_MINUTE if self.messages_per_minute is None else self.messages_per_minute
        a_day = MESSAGES_PER_DAY if self.messages_per_day is None else self.messages_per_day
        return a_minute, a_day if self.driver == "gsm" else 0


class Tariff(_Table, frozen=True):
    """A rate for numbers that begin with `prefix` ("" is everything). Money in micro-units of the currency.

    Its numbers and dates are those of `billing.tariffs.Rate`; `valid_to` is the last day, by the box's clock.
    """

    name: Name
    direction: Literal["in", "out"]
    prefix: Annotated[str, Meta(pattern=r"^[+=]?[0-9]{0,15}$")] = ""
    """`+346` with its country's code; `=1004`: a network's own short number."""
    line: Name | None = None
    project: str = ""
    connect_fee_micros: Micros = 0
    rate_micros_per_minute: Micros = 0
    first_increment_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    next_increment_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    version: str = "1"
    hours: Name | None = None
    """Of this [[hours]] table only; None: at any time."""
    valid_from: Day = ""
    valid_to: Day = ""
    free_s: Annotated[int, Meta(ge=0, le=3600)] = 0
    minimum_micros: Micros = 0
    maximum_micros: Micros = 0
    rounding: Literal["half_up", "half_even", "up", "down"] = "half_up"
    decimals: Annotated[int, Meta(ge=0, le=6)] = 6
    fee_when_free: bool = False
    """The connect fee is due of a call within its free seconds, or the line's minutes, too."""
    counts: Literal["talk", "line"] = "talk"
    """in: what of a call; out, it is the line's time whatever this says."""
