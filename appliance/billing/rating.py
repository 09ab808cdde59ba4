"""From a talk time to a charge that carries its own arithmetic."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.billing.amounts import rounded
from appliance.billing.charges import Charge, ChargeReason, Piece, all_free
from appliance.billing.tariffs import Direction, Found, Rate, RateTable

MINUTE_S = 60
LONGEST_MS = 366 * 86_400_000
"""Longer is no call but a broken record; and what is rated day by day must have an end."""


def rate_call(
    table: RateTable,
    direction: Direction,
    number: str,
    line: LineName,
    project: str,
    rated_ms: int,
    *,
    at_utc_ms: int = 0,
    included_s: int = 0,
    rated_as: str = "",
) -> Charge:
    """The charge for `rated_ms` of a call that was answered at `at_utc_ms`: its talk time with its time on hold, as
    carriers count it; `included_s` is what is left of minutes paid for already, `rated_as` the number with its
    country's code where `number` has none.

    The connect fee once; then the first increment whole and every begun next increment whole. An increment costs what
    the rate in force as it begins says, to its end, and so a call that outlasts its tariff is parted there without
    paying for a second twice. Seconds that are free or included cost nothing, the first ones of the call; a call of
    which nothing is charged pays no connect fee either, unless the rate says so. The sum is kept between the rate's
    least and most, and rounded once, by the rate in force at the answer. 0 ms is an unanswered call and free.
    """
    if not 0 <= rated_ms <= LONGEST_MS:
        raise ValueError(f"rated_ms is {rated_ms}: a call lasts from nothing to {LONGEST_MS} ms")
    if included_s < 0:
        raise ValueError(f"included_s is {included_s}: no contract owes minutes")
    if rated_ms == 0:
        return _free("unanswered", table.currency, direction, number, rated_ms, rated_as)

    def found(offset_s: int) -> Found:
        return table.found(direction, rated_as or number, line, project, at_utc_ms + offset_s * 1000)

    first, until_ms = found(0)
    if first is None:
        return _free("no_rate", table.currency, direction, number, rated_ms, rated_as)
    billed_s = billed_seconds(rated_ms, first.first_increment_s, first.next_increment_s)
    pieces, used_s = tuple[Piece, ...](), 0
    if until_ms < at_utc_ms + rated_ms or first.free_s or included_s:
        whole = tuple(_pieces(found, first, at_utc_ms, rated_ms))
        pieces, used_s = _with_free(whole, first.free_s, rated_ms, included_s)
        billed_s = sum(piece.billed_s for piece in pieces)
        if len(pieces) == 1 and not pieces[0].free_s:
            pieces = ()
    sum_ = _sum(first, billed_s * first.rate_micros_per_minute, pieces)
    return Charge(
        reason="rated",
        currency=table.currency,
        direction=direction,
        number=number,
        rated_ms=rated_ms,
        billed_s=billed_s,
        tariff=first.name,
        tariff_version=first.version,
        prefix=first.prefix,
        connect_fee_micros=first.connect_fee_micros,
        rate_micros_per_minute=first.rate_micros_per_minute,
        first_increment_s=first.first_increment_s,
        next_increment_s=first.next_increment_s,
        total_micros=_total(sum_, first),
        pieces=pieces,
        at_utc_ms=at_utc_ms if table.depends_on_time else 0,
        free_s=first.free_s,
        included_s=used_s,
        minimum_micros=first.minimum_micros,
        maximum_micros=first.maximum_micros,
        rounding=first.rounding,
        decimals=first.decimals,
        rated_as=rated_as,
        fee_when_free=first.fee_when_free,
    )


def free_emergency(charge: Charge) -> Charge:
    """The charge of a call that turns out to be an emergency's."""
    return _free("emergency", charge.currency, charge.direction, charge.number, charge.rated_ms, charge.rated_as)


def together(charge: Charge, legs: tuple[Charge, ...]) -> Charge:
    """The charge of a call with those of its further connections."""
    if not legs:
        return charge
    return replace(charge, legs=legs, total_micros=charge.total_micros + sum(leg.total_micros for leg in legs))


def not_rated(charge: Charge) -> Charge:
    """The charge of the same call where no rate covers it."""
    return _free("no_rate", charge.currency, charge.direction, charge.number, charge.rated_ms, charge.rated_as)


def billed_seconds(rated_ms: int, first_increment_s: int, next_increment_s: int) -> int:
    """`rated_ms` (1 or more) in whole increments: the first, then every next one that was begun."""
    return first_increment_s + _begun(rated_ms - first_increment_s * 1000, next_increment_s)


def _begun(ms: int, increment_s: int) -> int:
    """Seconds of the increments begun in so long; 0 when there is nothing of it."""
    return -(-ms // (increment_s * 1000)) * increment_s if ms > 0 else 0


def worked_out(charge: Charge) -> int:
    """The total in micro-units, from what the charge carries alone. Raises ValueError when that contradicts itself."""
    for leg in charge.legs:
        if leg.legs or leg.currency != charge.currency:
            raise ValueError(f"the leg to {leg.number} has legs of its own, or another currency")
        if worked_out(leg) != leg.total_micros:
            raise ValueError(f"the leg to {leg.number} is {worked_out(leg)}, and says {leg.total_micros}")
    return _own(charge) + sum(leg.total_micros for leg in charge.legs)


def _own(charge: Charge) -> int:
    """What the call's own connection costs, from its facts."""
    if charge.reason != "rated":
        return 0
    _judge_figures(charge)
    if charge.pieces:
        _judge_pieces(charge)
        _judge_free(charge)
    else:
        billed_s = billed_seconds(charge.rated_ms, charge.first_increment_s, charge.next_increment_s)
        if billed_s != charge.billed_s:
            raise ValueError(
                f"{charge.rated_ms} ms are {billed_s} s in increments, and the charge says {charge.billed_s}"
            )
        if charge.free_s or charge.included_s:
            raise ValueError("some of it is free, and no piece says which")
    sum_ = _sum(charge, charge.billed_s * charge.rate_micros_per_minute, charge.pieces)
    return _total(sum_, charge)


def _judge_figures(charge: Charge) -> None:
    """A charge may come from a file that anybody wrote."""
    fees = (charge.connect_fee_micros, charge.rate_micros_per_minute, charge.minimum_micros, charge.maximum_micros)
    prices = (piece.rate_micros_per_minute for piece in charge.pieces)
    steps = (piece.next_increment_s for piece in charge.pieces)
    increments = (charge.first_increment_s, charge.next_increment_s, *steps)
    if min(*fees, *prices, charge.free_s, charge.included_s) < 0 or min(*increments, charge.rated_ms) < 1:
        raise ValueError("a fee, a rate or free time is negative, or there is an increment or a call of no time")


def _judge_pieces(charge: Charge) -> None:
    """They follow one another in whole increments, begin under the tariff named, and are the time that was rated."""
    offset_s = 0
    for piece in charge.pieces:
        increments_s = piece.billed_s - (charge.first_increment_s if not offset_s else 0)
        is_whole = piece.billed_s and increments_s >= 0 and not increments_s % piece.next_increment_s
        if piece.from_s != offset_s or not is_whole or not 0 <= piece.free_s <= piece.billed_s:
            raise ValueError(f"the piece that begins at {piece.from_s} s is not {offset_s} s and whole increments long")
        offset_s += piece.billed_s
    if offset_s != charge.billed_s:
        raise ValueError(f"the pieces are {offset_s} s together, and the charge says {charge.billed_s}")
    first, last = charge.pieces[0], charge.pieces[-1]
    named = replace(
        first,
        tariff=charge.tariff,
        tariff_version=charge.tariff_version,
        prefix=charge.prefix,
        rate_micros_per_minute=charge.rate_micros_per_minute,
        next_increment_s=charge.next_increment_s,
    )
    if first != named:
        raise ValueError(
            f"the first piece is not under {charge.tariff} v{charge.tariff_version}, which the charge names"
        )
    before_s = 0 if offset_s == charge.first_increment_s else offset_s - last.next_increment_s
    if not before_s * 1000 < charge.rated_ms <= offset_s * 1000:
        raise ValueError(f"{charge.rated_ms} ms are not {offset_s} s in increments, as the pieces say")


def _judge_free(charge: Charge) -> None:
    whole = tuple(replace(piece, free_s=0) for piece in charge.pieces)
    if _with_free(whole, charge.free_s, charge.rated_ms, charge.included_s) != (charge.pieces, charge.included_s):
        raise ValueError(f"the pieces do not have {charge.free_s} s free and {charge.included_s} s in the contract")


def _pieces(found: Callable[[int], Found], first: Rate, at_utc_ms: int, rated_ms: int) -> Iterator[Piece]:
    """The call parted where the rate in force changes; an increment belongs to the rate it begins under."""
    offset_s = 0
    while offset_s * 1000 < rated_ms:
        rate, until_ms = found(offset_s)
        billed_s = first.first_increment_s if offset_s == 0 else 0
        increment_s = rate.next_increment_s if rate is not None else 1
        limit_ms = min(until_ms - at_utc_ms, rated_ms)
        billed_s += _begun(limit_ms - (offset_s + billed_s) * 1000, increment_s)
        if rate is None:
            yield Piece("", "", "", offset_s, billed_s, 0, 0, increment_s)
        else:
            price = rate.rate_micros_per_minute
            yield Piece(rate.name, rate.version, rate.prefix, offset_s, billed_s, 0, price, increment_s)
        offset_s += billed_s


def _with_free(pieces: tuple[Piece, ...], free_s: int, rated_ms: int, included_s: int) -> tuple[tuple[Piece, ...], int]:
    """The same, those of one rate joined, with what is free of each; and how much of that is of what was included."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and _same(last, piece):
            joined[-1] = replace(last, billed_s=last.billed_s + piece.billed_s)
        else:
            joined.append(piece)
    if rated_ms <= free_s * 1000:
        return tuple(replace(piece, free_s=piece.billed_s) for piece in joined), 0
    left_s, used_s = included_s, 0
    for place, piece in enumerate(joined):
        free = min(max(free_s - piece.from_s, 0), piece.billed_s)
        covered = min(left_s, piece.billed_s - free) if piece.rate_micros_per_minute else 0
        left_s, used_s = left_s - covered, used_s + covered
        joined[place] = replace(piece, free_s=free + covered)
    return tuple(joined), used_s


def _same(one: Piece, other: Piece) -> bool:
    """Under one rate: all but where they begin, how long they are and what is free is equal."""
    return replace(one, from_s=0, billed_s=0, free_s=0) == replace(other, from_s=0, billed_s=0, free_s=0)


def _sum(fee: Rate | Charge, whole: int, pieces: tuple[Piece, ...]) -> int | None:
    """In sixtieths of a micro-unit, before limits and rounding; None when nothing of the call is charged."""
    if not pieces:
        return fee.connect_fee_micros * MINUTE_S + whole
    if all_free(pieces) and not fee.fee_when_free:
        return None
    return fee.connect_fee_micros * MINUTE_S + sum(
        (piece.billed_s - piece.free_s) * piece.rate_micros_per_minute for piece in pieces
    )


def _total(sixtieths: int | None, limits: Rate | Charge) -> int:
    """Micro-units: kept between the least and the most, and rounded once; nothing for what is not charged."""
    if sixtieths is None:
        return 0
    if limits.maximum_micros:
        sixtieths = min(sixtieths, limits.maximum_micros * MINUTE_S)
    sixtieths = max(sixtieths, limits.minimum_micros * MINUTE_S)
    return rounded(sixtieths, MINUTE_S, limits.rounding, limits.decimals)


def _free(
    reason: ChargeReason, currency: str, direction: Direction, number: str, rated_ms: int, rated_as: str
) -> Charge:
    return Charge(
        reason=reason,
        currency=currency,
        direction=direction,
        number=number,
        rated_ms=rated_ms,
        billed_s=0,
        tariff="",
        tariff_version="",
        prefix="",
        connect_fee_micros=0,
        rate_micros_per_minute=0,
        first_increment_s=0,
        next_increment_s=0,
        total_micros=0,
        rated_as=rated_as,
    )
