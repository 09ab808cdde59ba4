"""What a call costs, as it is kept: the facts it was worked out from, and the sum in a line a person can follow."""

from typing import Literal, NamedTuple

from msgspec import Struct

from appliance.acd.plan import Language
from appliance.billing.amounts import MICRO_DECIMALS, Rounding
from appliance.billing.tariffs import Direction

ChargeReason = Literal[
    "rated",
    "unanswered",  # nobody talked: free
    "emergency",  # free: Directive (EU) 2018/1972, article 109, and so elsewhere
    "no_rate",  # no tariff covers the number: charged 0, to be looked at
]


class Piece(Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of a call under one rate; `free_s` of its `billed_s` cost nothing: free, or in the contract."""

    tariff: str
    """"" where no tariff covers the stretch, which costs nothing then."""
    tariff_version: str
    prefix: str
    from_s: int
    """Since the call was answered."""
    billed_s: int
    free_s: int
    rate_micros_per_minute: int
    next_increment_s: int


class Charge(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a call costs, with everything needed to work it out again by hand. Money in micro-units of `currency`.

    The tariff named is the one in force when the call was answered. `pieces` is there when the sum is more than billed
    time at one rate; fields that have a default are left out of what is kept when they have it, and so a record made
    before there were such fields keeps its hash.
    """

    reason: ChargeReason
    currency: str
    direction: Direction
    number: str
    """The number that was rated, as the network gave it."""
    rated_ms: int
    billed_s: int
    """`rated_ms` in whole increments."""
    tariff: str
    """"" when none."""
    tariff_version: str
    prefix: str
    connect_fee_micros: int
    rate_micros_per_minute: int
    first_increment_s: int
    next_increment_s: int
    total_micros: int
    pieces: tuple[Piece, ...] = ()
    at_utc_ms: int = 0
    """When it was answered; 0 where no rate of the table depends on the time."""
    free_s: int = 0
    """Of the tariff: what is not charged of any call."""
    included_s: int = 0
    """Taken from minutes the contract includes."""
    minimum_micros: int = 0
    maximum_micros: int = 0
    rounding: Rounding = "half_up"
    decimals: int = MICRO_DECIMALS
    rated_as: str = ""
    """The number with its country's code (ITU-T E.164), which prefixes are compared with; "" when it came so."""
    fee_when_free: bool = False
    """Of the tariff: the connect fee is due though nothing else is charged."""
    line: str = ""
    """Of one of another charge's `legs`: what carried it. A call's own is in its record."""
    legs: tuple["Charge", ...] = ()
    """What the call's further connections cost, as the one to the outside number its caller was sent to. `total_micros`
    has them in it; every other field is of the call's own connection."""

    @property
    def own_micros(self) -> int:
        """What the call's own connection costs."""
        return self.total_micros - sum(leg.total_micros for leg in self.legs)

    @property
    def worst_reason(self) -> ChargeReason:
        """`no_rate` as well where no tariff covers one of the legs: to be looked at."""
        return "no_rate" if any(leg.reason == "no_rate" for leg in self.legs) else self.reason

    def arithmetic(self, language: Language = "en", point: str = ".") -> str:
        """The sum in one line, e.g. `0.05 + 180 s (60 + 2 x 60) x 0.024/min = 0.122 EUR (moviles v1)`; `point` stands
        before decimals."""
        if not self.legs:
            return self._own(language, point)
        legs = (f"{leg.number} ({leg.line}): {leg.arithmetic(language, point)}" for leg in self.legs)
        return f"{'; '.join((self._own(language, point), *legs))}; = {money(self.total_micros, point)} {self.currency}"

    def _own(self, language: Language, point: str) -> str:
        words = WORDS[language]
        if self.reason != "rated":
            return f"0 {self.currency} ({words.reasons[self.reason]})"
        total = f"{money(self.own_micros, point)} {self.currency}"
        fee = money(self.connect_fee_micros, point)
        if self.pieces:
            terms = [fee, *(_term(piece, words, point) for piece in self.pieces)]
            sum_ = " + ".join(terms[self._is_free() :])
            return f"{sum_}{self._limits(words, point)} = {total}"
        steps = (self.billed_s - self.first_increment_s) // self.next_increment_s
        billed = f"{self.billed_s} s ({self.first_increment_s} + {steps} x {self.next_increment_s})"
        sum_ = f"{fee} + {billed} x {money(self.rate_micros_per_minute, point)}/min"
        return f"{sum_}{self._limits(words, point)} = {total} ({self.tariff} v{self.tariff_version})"

    def _is_free(self) -> bool:
        """Whether nothing of it is charged, the connect fee neither."""
        return bool(self.pieces) and all_free(self.pieces) and not self.fee_when_free

    def _limits(self, words: "_Words", point: str) -> str:
        """What was done to the sum beside rounding half up to a micro-unit; nothing to what is free."""
        if self._is_free():
            return ""
        limits = []
        if self.minimum_micros:
            limits.append(f"{words.least} {money(self.minimum_micros, point)}")
        if self.maximum_micros:
            limits.append(f"{words.most} {money(self.maximum_micros, point)}")
        if self.decimals < MICRO_DECIMALS or self.rounding != "half_up":
            limits.append(words.rounded.format(how=words.how[self.rounding], decimals=self.decimals))
        return f", {', '.join(limits)}" if limits else ""


class _Words(NamedTuple):
    free: str
    no_tariff: str
    least: str
    most: str
    rounded: str
    how: dict[Rounding, str]
    reasons: dict[ChargeReason, str]


WORDS: dict[Language, _Words] = {
    "es": _Words(
        "sin cargo",
        "sin tarifa",
        "al menos",
        "como mucho",
        "redondeado a {decimals} decimales {how}",
        {"half_up": "al más cercano", "half_even": "al par más cercano", "up": "hacia arriba", "down": "hacia abajo"},
        {"unanswered": "sin contestar", "emergency": "emergencia", "no_rate": "sin tarifa"},
    ),
    "en": _Words(
        "free",
        "no tariff",
        "at least",
        "at most",
        "rounded {how} to {decimals} decimals",
        {"half_up": "half up", "half_even": "half to even", "up": "up", "down": "down"},
        {"unanswered": "unanswered", "emergency": "emergency", "no_rate": "no tariff"},
    ),
}


def all_free(pieces: tuple[Piece, ...]) -> bool:
    """Whether nothing of the call's time is charged."""
    return all(piece.free_s == piece.billed_s or not piece.tariff for piece in pieces)


def money(micros: int, point: str = ".") -> str:
    """Micro-units as a plain decimal without trailing zeros: 50_000 is `0.05`."""
    whole, part = divmod(abs(micros), 1_000_000)
    decimals = f"{part:06d}".rstrip("0")
    return f"{'-' if micros < 0 else ''}{whole}{point if decimals else ''}{decimals}"


def _term(piece: Piece, words: _Words, point: str) -> str:
    """A piece in the sum, e.g. `120 s (10 free) x 0.024/min (moviles v1)`."""
    free = f" ({piece.free_s} {words.free})" if piece.free_s else ""
    tariff = f" ({piece.tariff} v{piece.tariff_version})" if piece.tariff else f" ({words.no_tariff})"
    return f"{piece.billed_s} s{free} x {money(piece.rate_micros_per_minute, point)}/min{tariff}"
