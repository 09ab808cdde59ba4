"""Why, read from the store as data: of a call, over or still up, and of an agent over a time, page by page.

These records are what `why --json` prints and the page's API answers, as JSON; see `acd.explain_data` for the promise.
"""

import re
import sqlite3
from collections.abc import Iterator

from msgspec import Struct

from appliance.acd.effects import Decision
from appliance.acd.explain import LOOKED_FOR_SOMEBODY, why_call
from appliance.acd.explain_data import SHAPE, AboutAgent, WhyDecision, agent_data, decision_data
from appliance.acd.ids import AgentName, CallId
from appliance.acd.plan import Language
from appliance.daemon.decision_rows import Words, decision_of
from appliance.daemon.queries import call_details, decisions
from appliance.daemon.retention import NO_CLOCK_MS
from appliance.daemon.rows import CallRow

MAX_PAGE = 1_000
MAX_LOOKED_THROUGH = 5_000
"""Ring decisions looked through for one page, whoever they looked at; `next` goes on from there."""
BEFORE_THAT_END = 1_000
"""So many in a row from before the time asked for end it. Fewer may be of a clock that stepped back for a while."""
_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,18})")
Place = tuple[int, int]
"""Epoch and number: the order decisions were made in."""
_KINDS = ", ".join(f"'{kind}'" for kind in LOOKED_FOR_SOMEBODY)
_LAST: Place = (2**62, 0)
FOR_EVER_MS = 2**62


class NoSuchPlace(Exception):
    """What was given as a page's beginning is none. The message says what is."""


class WhyCall(Struct, frozen=True):
    """Why a call went where it went."""

    shape: int
    call: CallId
    language: Language
    over: bool
    """False: it is up, or its record is not written yet; there may be more decisions in a moment."""
    record: CallRow | None
    """None until it is over."""
    pruned_after_days: int
    """It had decisions, or more of them, which were deleted after so many days; 0: they are all here."""
    decisions: tuple[WhyDecision, ...]
    """In the order they were made."""
    text: str
    """All of it in sentences."""


class WhyAgent(Struct, frozen=True):
    """Why an agent was rung or not, the newest first."""

    shape: int
    agent: AgentName
    language: Language
    since_utc_ms: int
    until_utc_ms: int | None
    """None: up to now."""
    decisions: tuple[AboutAgent, ...]
    next: str
    """Give this as `before` for those that came before; "" when there are none."""


def call_as_data(store: sqlite3.Connection, call: str, language: Language) -> WhyCall | None:
    """None when nothing is known of such a call."""
    details = call_details(store, call)
    made = details.decisions if details is not None else tuple(decisions(store, call))
    if details is None and not made:
        return None
    row, pruned = (details.row, details.pruned_after_days) if details is not None else (None, 0)
    return WhyCall(
        shape=SHAPE,
        call=CallId(call),
        language=language,
        over=row is not None,
        record=row,
        pruned_after_days=pruned,
        decisions=tuple(decision_data(one, language) for one in made),
        text=why_call(made, row, language, pruned),
    )


def agent_as_data(
    store: sqlite3.Connection,
    agent: AgentName,
    language: Language,
    *,
    since_utc_ms: int = 0,
    until_utc_ms: int | None = None,
    call: str | None = None,
    before: str = "",
    limit: int = 50,
    look_through: int = MAX_LOOKED_THROUGH,
) -> WhyAgent:
    """The ring decisions that looked at an agent, `since` <= at < `until`, of one call or of all.

    At most `limit`, as many as are found among `look_through`: a page may be short, or empty, and yet have a `next`.
    Raises NoSuchPlace for a `before` that no `next` was.
    """
    limit = max(1, min(limit, MAX_PAGE))
    first = _place(before) if before else _first_at(store, until_utc_ms)
    told: list[AboutAgent] = []
    last: Place | None = None
    too_old = 0
    until = until_utc_ms if until_utc_ms is not None else FOR_EVER_MS
    for place, decision in _rings(store, first, call, look_through):
        at = decision.at_utc_ms
        if at >= NO_CLOCK_MS:
            too_old = too_old + 1 if at < since_utc_ms else 0
        if too_old == BEFORE_THAT_END:
            last = None
            break
        last = place
        about = agent_data(decision, agent, language) if since_utc_ms <= at < until else None
        if about is not None:
            told.append(about)
        if len(told) == limit:
            break
    more = last is not None and next(_rings(store, last, call, 1), None) is not None
    return WhyAgent(
        shape=SHAPE,
        agent=agent,
        language=language,
        since_utc_ms=since_utc_ms,
        until_utc_ms=until_utc_ms,
        decisions=tuple(told),
        next=f"{last[0]}-{last[1]}" if last is not None and more else "",
    )


def _rings(store: sqlite3.Connection, before: Place, call: str | None, limit: int) -> Iterator[tuple[Place, Decision]]:
    """Decisions that looked for somebody to ring, the newest first."""
    of_call, values = ("and call = ?", (call,)) if call is not None else ("", ())
    rows = store.execute(
        f"""select * from decisions where kind in ({_KINDS}) and (epoch, number) < (?, ?) {of_call}
            order by epoch desc, number desc limit ?""",
        (*before, *values, limit),
    )
    words = Words(store)
    return (((row["epoch"], row["number"]), decision_of(row, words)) for row in rows)


def _place(before: str) -> Place:
    match = _PLACE.fullmatch(before)
    if match is None:
        raise NoSuchPlace(f'"{before}" is no place to go on from: give the `next` of the page before.')
    return int(match[1]), int(match[2])


def _first_at(store: sqlite3.Connection, until_utc_ms: int | None) -> Place:
    """A place after every decision made until then, by the first call that came after: without a look through all."""
    if until_utc_ms is None:
        return _LAST
    row = store.execute(
        """select epoch, number from decisions where call =
               (select call from calls where offered_at >= ? order by offered_at limit 1)
           order by epoch, number limit 1""",
        (until_utc_ms,),
    ).fetchone()
    return (row["epoch"], row["number"]) if row is not None else _LAST
