"""Whether a call may be placed, and whether it may go on: money is reserved for each increment before it begins.

Pure: it is told what was spent (`know`), what is dialled, answered and over, and the time. Nothing is dialled for which
every limit that its call counts in has not the money of the first increment left, reserved for the others that are up.
While a call goes on the next increment is reserved `warn_ms` before it begins. If there is no money for it, `due` says
`Low`, and a moment before the increment would begin, if there still is none, `Out`: the call is then cut, and costs
what was reserved for it and no more. Increments shorter than STEP_MS are reserved several at a time, as far as the
money goes. An emergency is not looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from appliance.acd.ids import LineName
from appliance.billing.limit_counters import Counters, Key
from appliance.billing.limit_guard import MINUTE_MS, GuardWatch
from appliance.billing.limit_terms import (
    Account,
    Group,
    Guard,
    Limit,
    Low,
    Out,
    Placed,
    Refusal,
    Window,
    account_window,
    covers,
    window,
)
from appliance.billing.rating import LONGEST_MS, rate_call
from appliance.billing.tariffs import FOREVER_MS, RateTable

CUT_MS = 1_000
"""So long before an increment begins that is not paid for the call is cut: the line has to hear of it too."""
LEAST_MS = 5_000
"""Nothing is dialled that would have to be cut sooner after its answer."""
STEP_MS = 10_000
LATER_MS = FOREVER_MS
"""Of a call that costs nothing: whenever it began."""
RINGS_MS = 300_000
"""Nothing rings longer; a rate that begins meanwhile may be the one it is charged by."""


class _Price(NamedTuple):
    micros: int
    until_ms: int
    """A call no longer than this costs no more."""
    known: bool


@dataclass
class _Up:
    """A call that is dialled or goes on, with what is reserved for it."""

    placed: Placed
    keys: tuple[Key, ...]
    warn_ms: int
    reserved_micros: int
    granted_ms: int
    """Since its answer: so long it may be, for what is reserved."""
    answered_ms: int = -1
    answered_utc_ms: int = 0
    warned: bool = False
    cut_ms: int = -1
    """When it was told to be cut; it is told again each CUT_MS while it goes on all the same."""


class Limits:
    """Every limit of an office, and its fraud guard."""

    def __init__(self, rates: RateTable, limits: Iterable[Limit], guard: Guard, time_zone: str) -> None:
        self._rates = rates
        self._sums = Counters(limits, time_zone)
        self._guard = GuardWatch(guard)
        self._up: dict[str, _Up] = {}
        self._over: dict[str, list[_Up]] = defaultdict(list)
        """By call: legs that are over, until the call's record says what it costs."""
        self._wakes_ms: int | None = None
        self._looked_ahead = True

    # --- what is known

    def unread(self, placed: Placed) -> list[Window]:
        """What `know` has to be told before this can be asked about."""
        return self._sums.unread(self._sums.keys(placed.group, placed.begun_utc_ms))

    def windows(self, utc_ms: int, clients: Iterable[str]) -> list[Window]:
        """Those that calls which begin now count in, and those of these clients' accounts: to be known in time."""
        now = {window(limit.per, self._sums.time_zone, utc_ms) for limit in self._sums.limits if limit.per != "prepaid"}
        return [*now, *(account_window(self._sums.accounts.get(client), client) for client in clients)]

    def know(self, of: Window, spent: dict[Group, int]) -> None:
        """What the store has of a window, by group; of none of the calls that `settle` or `ended` tell."""
        self._sums.know(of, spent)

    def prepaid_clients(self, group: Group) -> list[str]:
        """Whose accounts a call is paid from."""
        paid = any(limit.per == "prepaid" and covers(limit, group) for limit in self._sums.limits)
        return [group.client] if paid else []

    def set_account(self, client: str, account: Account) -> None:
        self._sums.set_account(client, account)

    def left(self, group: Group, begun_utc_ms: int) -> dict[str, int]:
        """By the name of the limit: what a call that began then could still cost."""
        return {key.limit.name: self._sums.left(key) for key in self._sums.keys(group, begun_utc_ms)}

    @property
    def up(self) -> list[str]:
        """The legs that money is reserved for, or that the guard counts."""
        return list(self._up)

    # --- a call's life

    def ask(self, placed: Placed, at_ms: int, utc_ms: int) -> Refusal | None:
        """Whether it may be dialled; then its money is reserved. One that was let out already still may."""
        if placed.emergency or placed.leg in self._up:
            return None
        minute = self._price(placed, utc_ms, MINUTE_MS)
        costly = self._guard.is_costly(placed.rated_as or placed.number, minute.micros if minute.known else None)
        why_not = self._guard.why_not(placed.call, at_ms, utc_ms) if costly else None
        if why_not is not None:
            return Refusal(why_not)
        self._forget_before(placed)
        keys = self._sums.keys(placed.group, placed.begun_utc_ms)
        cost_micros, granted_ms, known = self._first(placed, utc_ms) if keys else (0, 0, True)
        refused = self._short_of(keys, cost_micros, placed.begun_utc_ms if cost_micros else LATER_MS, known=known)
        if refused is None:
            self._begin(placed, keys, cost_micros, granted_ms)
            if costly:
                self._guard.dialled(placed.leg, placed.call, at_ms)
        return refused

    def adopt(self, placed: Placed, at_ms: int, utc_ms: int, answered_ms: int = -1) -> None:
        """One that is dialled or goes on already, whatever there is left."""
        if placed.emergency or placed.leg in self._up:
            return
        self._forget_before(placed)
        keys = self._sums.keys(placed.group, placed.begun_utc_ms)
        minute = self._price(placed, utc_ms, MINUTE_MS)
        if self._guard.is_costly(placed.rated_as or placed.number, minute.micros if minute.known else None):
            self._guard.dialled(placed.leg, placed.call, at_ms)
        self._begin(placed, keys, 0, 0)
        if answered_ms >= 0:
            self.answered(placed.leg, answered_ms, utc_ms - (at_ms - answered_ms), at_ms)
        elif keys:
            cost_micros, granted_ms, _ = self._first(placed, utc_ms)
            self._grant(self._up[placed.leg], granted_ms, cost_micros)

    def guard_saw(self, placed: Placed, at_ms: int, utc_ms: int) -> None:
        """A call of the last minute that is over already: the guard counts it, if its number is costly."""
        minute = self._price(placed, utc_ms, MINUTE_MS)
        if self._guard.is_costly(placed.rated_as or placed.number, minute.micros if minute.known else None):
            self._guard.began(placed.call, at_ms)

    def answered(self, leg: str, at_ms: int, utc_ms: int, now_ms: int | None = None) -> None:
        """It costs from here, by the rate in force now; said again it changes nothing. `now_ms`: if it was long ago."""
        up = self._up.get(leg)
        if up is None or up.answered_ms >= 0:
            return
        up.answered_ms, up.answered_utc_ms = at_ms, utc_ms
        if up.keys:
            so_far_ms = max(0 if now_ms is None else now_ms - at_ms, LEAST_MS)
            price = self._price(up.placed, utc_ms, so_far_ms)
            self._grant(up, price.until_ms, price.micros)
        self._looked_ahead = False

    def ended(self, leg: str, at_ms: int) -> None:
        """The leg is over: of what was reserved only what it cost is kept."""
        up = self._up.pop(leg, None)
        if up is None:
            return
        self._guard.over(leg)
        cost_micros = 0
        if up.answered_ms >= 0 and up.keys:
            cost_micros = self._price(up.placed, up.answered_utc_ms, max(at_ms - up.answered_ms, 1)).micros
        self._looked_ahead = False
        if up.placed.on_record:
            self._grant(up, up.granted_ms, cost_micros)
            self._over[up.placed.call].append(up)
        else:
            self._grant(up, 0, 0)
            self._sums.add(up.placed.group, up.placed.begun_utc_ms, cost_micros)

    def settle(self, call: str, begun_utc_ms: int, costs: Iterable[tuple[Group, int]]) -> None:
        """The call's record is kept, and says what each of its connections that went out cost: that was spent."""
        self._release(call)
        for up in [up for up in self._up.values() if up.placed.call == call and up.placed.on_record]:
            self._grant(up, 0, 0)
            self._guard.over(up.placed.leg)
            del self._up[up.placed.leg]
            self._looked_ahead = False
        for group, cost_micros in costs:
            self._sums.add(group, begun_utc_ms, cost_micros)

    # --- while it goes on

    def next_ms(self) -> int | None:
        """When `due` is wanted at the latest; None while nothing is to be looked at."""
        if not self._looked_ahead:
            self._wakes_ms = min((_wakes_ms(up) for up in self._up.values() if _is_watched(up)), default=None)
            self._looked_ahead = True
        return self._wakes_ms

    def due(self, at_ms: int) -> Iterator[Low | Out]:
        """Reserve what is to be reserved by now, for who was let out first first; what cannot be is told."""
        wakes_ms = self.next_ms()
        if wakes_ms is None or at_ms < wakes_ms:
            return
        self._looked_ahead = False
        for up in [up for up in self._up.values() if _is_watched(up) and _wakes_ms(up) <= at_ms]:
            since_ms = at_ms - up.answered_ms
            short = None
            while short is None and up.granted_ms - up.warn_ms <= since_ms and up.granted_ms < LONGEST_MS:
                short = self._reserve_more(up)
                if short is None:
                    up.warned, up.cut_ms = False, -1
            if short is not None and up.granted_ms - CUT_MS <= since_ms:
                up.cut_ms = at_ms
                yield Out(up.placed.leg, short.limit.name)
            elif short is not None and not up.warned:
                up.warned = True
                yield Low(up.placed.leg, short.limit.name, max(0, up.granted_ms - CUT_MS - since_ms))

    def _reserve_more(self, up: _Up) -> Key | None:
        """One increment more, or as many as are STEP_MS; the limit that has not the money for even one."""
        wanted_ms = up.granted_ms + STEP_MS
        first = True
        while up.granted_ms < min(wanted_ms, LONGEST_MS):
            longer_ms = self._price(up.placed, up.answered_utc_ms, up.granted_ms + 1).until_ms
            cost_micros = self._price(up.placed, up.answered_utc_ms, longer_ms).micros
            more_micros = cost_micros - up.reserved_micros
            short = next((key for key in up.keys if more_micros > 0 and self._sums.left(key) < more_micros), None)
            if short is not None:
                return short if first else None
            self._grant(up, longer_ms, cost_micros)
            first = False
        return None

    def _first(self, placed: Placed, utc_ms: int) -> tuple[int, int, bool]:
        """What is reserved before it is dialled, how long that lasts, and whether its price is known: whenever it is
        answered, the first increment is paid for."""
        at_utc_ms, most_micros, least_ms, known = utc_ms, 0, LONGEST_MS, True
        while True:
            price = self._price(placed, at_utc_ms, LEAST_MS)
            most_micros = max(most_micros, price.micros)
            least_ms, known = min(least_ms, price.until_ms), known and price.known
            changes_ms = self._found_until(placed, at_utc_ms)
            if changes_ms >= utc_ms + RINGS_MS:
                return most_micros, least_ms, known
            at_utc_ms = changes_ms

    def _found_until(self, placed: Placed, at_utc_ms: int) -> int:
        number, line, project = placed.rated_as or placed.number, LineName(placed.group.line), placed.group.project
        return self._rates.found("out", number, line, project, at_utc_ms).until_ms

    def _price(self, placed: Placed, utc_ms: int, talk_ms: int) -> _Price:
        """Of a call answered then that lasts so long."""
        line, direction = LineName(placed.group.line), _OUT
        charge = rate_call(
            self._rates,
            direction,
            placed.number,
            line,
            placed.group.project,
            min(max(talk_ms, 0), LONGEST_MS),
            at_utc_ms=utc_ms,
            rated_as=placed.rated_as,
        )
        if charge.reason != "rated":
            return _Price(0, LONGEST_MS, charge.reason != "no_rate")
        until_ms = charge.billed_s * 1000
        if talk_ms <= charge.free_s * 1000:
            until_ms = min(until_ms, charge.free_s * 1000)  # longer, and all of it is charged
        return _Price(charge.total_micros, until_ms, True)

    def _short_of(self, keys: tuple[Key, ...], cost_micros: int, begun_utc_ms: int, *, known: bool) -> Refusal | None:
        """The limit that keeps a call from being placed: if there are several, one that another line would not help.
        An account pays for no call that began before there was one."""
        refused: Refusal | None = None
        for key in keys:
            limit, left_micros = key.limit, self._sums.left(key)
            reason: Literal["no_price", "prepaid", "limit"] | None = None
            if not known and limit.refuses_unknown:
                reason = "no_price"
            elif cost_micros > left_micros or (limit.per == "prepaid" and begun_utc_ms < key.window.from_ms):
                reason = "prepaid" if limit.per == "prepaid" else "limit"
            if reason is None or (refused is not None and not refused.other_line):
                continue
            other_line = bool(limit.line) and reason == "limit"
            one = Refusal(reason, limit.name, left_micros, self._sums.most(key), cost_micros, other_line)
            refused = one if refused is None or not other_line else refused
        return refused

    def _begin(self, placed: Placed, keys: tuple[Key, ...], cost_micros: int, granted_ms: int) -> None:
        warn_ms = max((key.limit.warn_ms for key in keys), default=0)
        up = self._up[placed.leg] = _Up(placed, keys, max(warn_ms, CUT_MS), 0, 0)
        self._grant(up, granted_ms, cost_micros)

    def _grant(self, up: _Up, granted_ms: int, cost_micros: int) -> None:
        self._sums.reserve(up.keys, cost_micros - up.reserved_micros)
        up.granted_ms, up.reserved_micros = granted_ms, cost_micros

    def _forget_before(self, placed: Placed) -> None:
        """The call is dialled again: what its leg before seemed to cost it did not."""
        if placed.on_record:
            self._release(placed.call)

    def _release(self, call: str) -> None:
        for up in self._over.pop(call, ()):
            self._grant(up, 0, 0)


_OUT: Literal["out"] = "out"


def _is_watched(up: _Up) -> bool:
    return up.answered_ms >= 0 and bool(up.keys) and up.granted_ms < LONGEST_MS


def _wakes_ms(up: _Up) -> int:
    """When its next increment is to be reserved; when it cannot be and that was told, when it is cut."""
    if up.cut_ms >= 0:
        return up.cut_ms + CUT_MS
    return up.answered_ms + up.granted_ms - (CUT_MS if up.warned else up.warn_ms)
