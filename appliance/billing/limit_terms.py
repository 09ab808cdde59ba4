"""What limits of money and the fraud guard are made of: the rules, a call that is to be placed, what is said of it."""

from datetime import timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from appliance.acd.hours import instant_of, local_time
from appliance.acd.plan import Hours
from appliance.billing.tariffs import FOREVER_MS

Per = Literal["hour", "day", "month", "prepaid"]
EACH = "*"
"""Of a line, an agent, a client or a project in a limit: each one has that much for itself."""
HOUR_MS = 3_600_000


class Limit(Struct, frozen=True):
    """So much money at most for calls placed in an hour, a day or a month of the box's clock; or what is left on a
    client's account (`prepaid`). It is for the calls of what it names; "" is any. Money in micro-units."""

    name: str
    per: Per
    most_micros: int = 0
    line: str = ""
    agent: str = ""
    client: str = ""
    project: str = ""
    warn_ms: int = 15_000
    """So long before it is cut the agent is warned."""
    refuses_unknown: bool = True
    """A call whose price no tariff says is not placed."""


class Guard(Struct, frozen=True):
    """What keeps costly numbers from being dialled at length by somebody who should not: 0, () and None are no rule."""

    prefixes: tuple[str, ...] = ()
    """Numbers that begin so are costly, written as a tariff's."""
    abroad_of: str = ""
    """So are all numbers of other countries than this, as `+34`; "": they are not."""
    costly_from_micros: int = 0
    """So is one whose first minute costs so much or more, or nobody knows how much."""
    calls_a_minute: int = 0
    """To all costly numbers together; of all that are up at a time: `at_once`."""
    at_once: int = 0
    hours: Hours | None = None
    """Outside them costly numbers are not dialled."""


class Group(NamedTuple):
    """Whose a call is."""

    line: str
    agent: str
    client: str
    project: str


class Placed(Struct, frozen=True):
    """A leg that is to be dialled."""

    leg: str
    call: str
    """"" for a call of no record, as a line's test is."""
    group: Group
    number: str
    rated_as: str = ""
    begun_utc_ms: int = 0
    """When its call began: that hour, day and month it counts in, from its first second to its last."""
    emergency: bool = False
    on_record: bool = True
    """Its call's record will say what it cost; of others what is worked out here is all there is."""


class Window(NamedTuple):
    """A span of UTC, its end outside; `client` for an account's, whose calls alone it is asked about."""

    from_ms: int
    to_ms: int
    client: str = ""


class Account(NamedTuple):
    """What was paid into a prepaid account, all of it, and when first: calls that began before are none of its."""

    opened_utc_ms: int
    credit_micros: int


RefusedFor = Literal["limit", "prepaid", "no_price", "guard_minute", "guard_at_once", "guard_hours"]


class Refusal(NamedTuple):
    """Why a call is not placed. `other_line`: by what the line alone has; another may do."""

    reason: RefusedFor
    limit: str = ""
    left_micros: int = 0
    most_micros: int = 0
    cost_micros: int = 0
    """Of what the call would cost at least, once answered."""
    other_line: bool = False


class Low(NamedTuple):
    """The money for a call that is up ends in `left_ms`."""

    leg: str
    limit: str
    left_ms: int


class Out(NamedTuple):
    """There is no money for the increment of a call that is about to begin."""

    leg: str
    limit: str


def window(per: Per, time_zone: str, utc_ms: int) -> Window:
    """The hour, the day or the month of a place's clock that an instant is in. Raises ValueError for `prepaid`."""
    local = local_time(time_zone, utc_ms)
    today = local.date()
    match per:
        case "hour":
            into_ms = (local.minute * 60 + local.second) * 1000 + local.microsecond // 1000
            return Window(utc_ms - into_ms, utc_ms - into_ms + HOUR_MS)
        case "day":
            return Window(instant_of(time_zone, today, 0), instant_of(time_zone, today + timedelta(1), 0))
        case "month":
            first = today.replace(day=1)
            after = (first + timedelta(32)).replace(day=1)
            return Window(instant_of(time_zone, first, 0), instant_of(time_zone, after, 0))
    raise ValueError("an account has no hour, day or month")


def account_window(account: Account | None, client: str) -> Window:
    """What of a client's calls its account pays for."""
    return Window(FOREVER_MS if account is None else account.opened_utc_ms, FOREVER_MS, client)


def covers(limit: Limit, group: Group) -> bool:
    """Whether a call counts in a limit. A limit for each client is for none that has no name."""
    named = (limit.line, limit.agent, limit.client, limit.project)
    return all(not name or (name == EACH and whose) or name == whose for name, whose in zip(named, group, strict=True))


def subject(limit: Limit, group: Group) -> tuple[str, ...]:
    """Whose money of the limit it is: of each of those it is for each of."""
    named = (limit.line, limit.agent, limit.client, limit.project)
    return tuple(whose if name else "" for name, whose in zip(named, group, strict=True))
