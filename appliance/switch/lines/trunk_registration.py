"""A line's registration at its carrier: when to ask again, and its state in plain words. Pure: no clock, no SIP.

The SIP library renews a registration that holds, before it ends (RFC 3261 10.2.4); what is here begins when it is
asked for, and when it is lost. A carrier that does not answer is asked again soon; one that refuses, seldom, for
carriers lock accounts and addresses that try a wrong password too often. Both waits double up to a limit, and
Retry-After counts.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

State = Literal["idle", "asking", "registered", "waiting"]
Happening = Literal["ask", "accepted", "failed"]

UNREACHABLE_FIRST_MS = 2_000
UNREACHABLE_LONGEST_MS = 60_000
REFUSED_FIRST_MS = 30_000
REFUSED_LONGEST_MS = 900_000
ANSWERS_WITHIN_MS = 40_000
"""A question nobody reported the end of: longer than any transaction lives."""
MAX_REASON = 60

_NEXT: dict[tuple[State, Happening], State] = {
    ("idle", "ask"): "asking",
    ("waiting", "ask"): "asking",
    ("registered", "ask"): "asking",  # another host is to know of us
    ("asking", "accepted"): "registered",
    ("registered", "accepted"): "registered",  # renewed
    ("waiting", "accepted"): "registered",  # late
    ("asking", "failed"): "waiting",
    ("registered", "failed"): "waiting",  # it could not be renewed
    ("waiting", "failed"): "waiting",
}
"""A pair that is not here is late or doubled news and is ignored: an answer while idle is that of our good-bye."""


@dataclass(frozen=True)
class Waits:
    """The first wait after each kind of failure; they double. Tests shorten them."""

    unreachable_ms: int = UNREACHABLE_FIRST_MS
    refused_ms: int = REFUSED_FIRST_MS


@dataclass
class Registration:
    """`due` says when to ask; `asked`, `accepted`, `failed` say what came of it."""

    registrar: str
    user: str
    waits: Waits = field(default_factory=Waits)
    state: State = "idle"
    detail: str = ""
    """What is wrong, while it waits."""
    _ask_at_ms: int = 0
    _failures: int = 0

    def due(self, now_ms: int) -> bool:
        """Whether to ask now; a question that was forgotten counts as not answered."""
        if self.state == "asking" and now_ms >= self._ask_at_ms:
            self.failed(408, "", 0, now_ms)
        return self.state in ("idle", "waiting") and now_ms >= self._ask_at_ms

    def asked(self, now_ms: int) -> None:
        if self._go("ask"):
            self._ask_at_ms = now_ms + ANSWERS_WITHIN_MS

    def again(self) -> None:
        """Something has changed on the way to the carrier: what was refused or not answered may go now."""
        if self.state in ("idle", "waiting"):
            self._ask_at_ms = 0
        if self.state == "registered":
            self.state = "idle"
            self._ask_at_ms = 0

    def accepted(self) -> None:
        if self._go("accepted"):
            self._failures = 0
            self.detail = ""

    def failed(self, status: int, reason: str, retry_after_ms: int, now_ms: int) -> None:
        """`status` is SIP's, 408 also for no answer at all, 200 for one that grants nothing.

        `retry_after_ms` 0 when the carrier named no time."""
        if not self._go("failed"):
            return
        refused = is_refusal(status)
        first, longest = (
            (self.waits.refused_ms, REFUSED_LONGEST_MS)
            if refused
            else (self.waits.unreachable_ms, UNREACHABLE_LONGEST_MS)
        )
        wait = min(first << min(self._failures, 10), longest)
        self._failures += 1
        # Lines that failed together do not come back together.
        spread = random.Random(f"{self.user}@{self.registrar} {self._failures}").uniform(0.8, 1.2)
        self._ask_at_ms = now_ms + max(int(wait * spread), min(retry_after_ms, REFUSED_LONGEST_MS))
        self.detail = refusal_words(status, reason, self.registrar, self.user)

    def _go(self, happening: Happening) -> bool:
        state = _NEXT.get((self.state, happening))
        if state is None:
            return False
        self.state = state
        return True


def is_refusal(status: int) -> bool:
    """Whether the carrier has understood and said no, so that asking soon again changes nothing (RFC 3261 21.4)."""
    return (400 <= status < 500 and status not in (408, 423, 477, 480, 491)) or status >= 600


def refusal_words(status: int, reason: str, registrar: str, user: str) -> str:
    """What stands between a line and its registration, and what to do about it."""
    said = "".join(one for one in reason if one.isprintable()).strip()[:MAX_REASON]
    if status in (401, 407):
        return f"{registrar} refuses the password of {user}: correct `password`, or `auth_user`"
    if status == 403:
        return f"{registrar} refuses {user} (403 {said}): is the account active, and are its user and password right?"
    if status == 404:
        return f"{registrar} does not know {user}: correct `user`"
    if status in (408, 477):
        return f"{registrar} does not answer"
    if 200 <= status < 300:
        return f"{registrar} accepts {user} and keeps no registration (its answer lists none): ask the carrier why"
    return f"{registrar} does not register {user} now ({status} {said})"
