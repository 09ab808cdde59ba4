"""Which line a number goes out on: by the beginning it has, by cost, by the minutes the contract still includes.

Of the lines that may dial, are up and have room, the one named for the longest beginning of the number; of those the
one on which a minute costs least, nothing while its contract's minutes last; of those one with such minutes left, the
most first, and one without any such contract before one whose minutes are used up; of those the first of the plan. One
that is degraded only when there is no other: such a trunk may be dead, and each call would wait to find out.

An emergency goes out on any line: on one that is up, then on one that is degraded, for a trunk that is may be dead,
then on one that is not up, for a modem without a SIM carries it too; of each, on one that may dial before one for
incoming calls, and of those on one that sends no message, for a modem in the middle of one dials seconds later.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from appliance.acd import allowances, numbers
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName
from appliance.acd.line_effects import LineCandidate
from appliance.acd.line_state import Line
from appliance.acd.turn import Turn

ChosenBy = Literal["", "emergency", "only_line", "begins", "least_cost", "minutes_left", "most_minutes", "order"]
"""What made the choice: between the line and the next best, whose first difference it is. "" when there is none."""
_CRITERIA: tuple[ChosenBy, ...] = ("begins", "least_cost", "minutes_left", "most_minutes", "order")


class Choice(NamedTuple):
    line: LineName | None
    by: ChosenBy
    seen: tuple[LineCandidate, ...]


class Order(NamedTuple):
    """What lines are compared by, one after the other; the least is best."""

    begins: int
    cost_micros: int
    minutes: int
    """0: some are left; 1: the contract has none for this number; 2: they are used up."""
    left_ms: int
    place: int


def choose(turn: Turn, number: str, tried: Sequence[LineName] = (), *, emergency: bool = False) -> Choice:
    """The line for a number, none of those tried for it already, and what was seen of each line. Changes nothing."""
    if emergency:
        return _for_emergency(turn, tried)
    dialled = numbers.rule_form(turn.state.plan, number)
    busy, up_ms, today = calls_on(turn), allowances.up_ms(turn), local_day(turn.state.plan.time_zone, turn.now_utc_ms)
    seen = [
        _look(turn, line, dialled, _why_not(line, tried, busy[name]), up_ms, today)
        for name, line in turn.state.lines.items()
    ]
    if any(not one.excluded and turn.state.lines[one.line].health == "up" for one in seen):
        seen = [_left_to_the_last(one, turn.state.lines[one.line]) for one in seen]
    ranked = sorted((order_of(one, place), place) for place, one in enumerate(seen) if not one.excluded)
    if not ranked:
        return Choice(None, "", tuple(seen))
    (best, place), others = ranked[0], ranked[1:]
    by: ChosenBy = lost_by(best, others[0][0]) if others else "only_line"
    return Choice(seen[place].line, by, _with_chosen(seen, place))


def order_of(seen: LineCandidate, place: int) -> Order:
    minutes = 1 if seen.left_ms < 0 else 0 if seen.left_ms else 2
    return Order(-len(seen.begins), seen.cost_micros, minutes, -max(0, seen.left_ms), place)


def lost_by(best: Order, other: Order) -> ChosenBy:
    """The first thing in which the better one of two is better."""
    return next(by for by, one, two in zip(_CRITERIA, best, other, strict=True) if one != two)


def calls_on(turn: Turn) -> dict[LineName, int]:
    """By line: the calls on it. One that is being hung up is still on it."""
    found = dict.fromkeys(turn.state.lines, 0)
    for leg in turn.state.legs.values():
        if leg.line in found:
            found[leg.line] += 1
    return found


def is_up(line: Line) -> bool:
    return line.health in ("up", "degraded")


def _look(
    turn: Turn, line: Line, dialled: str, why_not: str, up_ms: Mapping[LineName, int], today: str
) -> LineCandidate:
    plan = line.plan
    begins = numbers.beginning_of(dialled, plan.calls)
    fits = numbers.beginning_of(dialled, plan.costs)
    covered = allowances.covers(plan.allowance, dialled)
    left_ms = allowances.left_ms(turn, line, up_ms, today) if covered else -1
    cost_micros = plan.costs[fits] if fits is not None and left_ms <= 0 else 0
    if plan.calls and not (begins is not None and plan.calls[begins]):
        why_not = "in_only" if plan.mode == "in" else "other_numbers"
    return LineCandidate(plan.name, why_not, begins or "", cost_micros, left_ms)


def _left_to_the_last(seen: LineCandidate, line: Line) -> LineCandidate:
    trouble = not seen.excluded and line.health == "degraded"
    return replace(seen, excluded="degraded") if trouble else seen


def _why_not(line: Line, tried: Sequence[LineName], busy: int) -> str:
    """The code why nothing can be dialled on this line; "" when something can be."""
    if line.plan.mode == "in":
        return "in_only"
    if not is_up(line):
        return line.health
    if line.plan.name in tried:
        return "tried"
    return "busy" if line.plan.channels and busy >= line.plan.channels else ""


def _for_emergency(turn: Turn, tried: Sequence[LineName]) -> Choice:
    busy, seen, room = calls_on(turn), [], []
    writing = {one.line for one in turn.state.messages.outgoing.values() if one.state == "sending"}
    for place, (name, line) in enumerate(turn.state.lines.items()):
        full = bool(line.plan.channels) and busy[name] >= line.plan.channels
        excluded = "tried" if name in tried else "busy" if full else ""
        seen.append(LineCandidate(name, excluded, "", 0, -1))
        if not excluded:
            trouble = 0 if line.health == "up" else 1 if line.health == "degraded" else 2
            room.append((trouble, line.plan.mode == "in", name in writing, place))
    if not room:
        return Choice(None, "", tuple(seen))
    place = min(room)[-1]
    return Choice(seen[place].line, "emergency", _with_chosen(seen, place))


def _with_chosen(seen: list[LineCandidate], place: int) -> tuple[LineCandidate, ...]:
    one = seen[place]
    chosen = LineCandidate(one.line, "", one.begins, one.cost_micros, one.left_ms, True)
    return (*seen[:place], chosen, *seen[place + 1 :])
