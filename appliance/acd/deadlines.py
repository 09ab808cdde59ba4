"""When the ACD wants to be woken, and what for: the deadlines in the state, with a heap over them to find the next.

The state holds the truth (kind -> subject -> when); the heap is an index that is rebuilt from it, and may hold entries
that were moved or cancelled since, which are passed over when they surface.
"""

import heapq
from typing import NamedTuple

from appliance.acd.state import DeadlineKind, State

_STALE_ALLOWED = 1024


class Deadline(NamedTuple):
    """Sorted by time, then by the order in which they were set: the order in which they fire."""

    at_ms: int
    number: int
    kind: DeadlineKind
    subject: str


class Deadlines:
    def __init__(self, state: State) -> None:
        self._state = state
        self._heap: list[Deadline] = []
        self._rebuild_at = 0
        self._rebuild()

    def set(self, kind: DeadlineKind, subject: str, at_ms: int) -> None:
        """Wake at `at_ms` for this; moves the deadline if it was already set."""
        state = self._state
        number = state.next_deadline
        state.next_deadline = number + 1
        state.deadlines.setdefault(kind, {})[subject] = (at_ms, number)
        heapq.heappush(self._heap, Deadline(at_ms, number, kind, subject))
        if len(self._heap) > self._rebuild_at:
            self._rebuild()

    def cancel(self, kind: DeadlineKind, subject: str) -> None:
        of_kind = self._state.deadlines.get(kind)
        if of_kind is not None:
            of_kind.pop(subject, None)

    def when_ms(self, kind: DeadlineKind, subject: str) -> int | None:
        """When this one is due; None when it is not set."""
        found = self._state.deadlines.get(kind, {}).get(subject)
        return None if found is None else found[0]

    def next_ms(self) -> int | None:
        """When the next one is due; None when nothing is waited for."""
        self._drop_stale()
        return self._heap[0].at_ms if self._heap else None

    def pop_due(self, at_ms: int) -> Deadline | None:
        """The first deadline due at or before `at_ms`, which is then no longer set."""
        self._drop_stale()
        if not self._heap or self._heap[0].at_ms > at_ms:
            return None
        due = heapq.heappop(self._heap)
        self.cancel(due.kind, due.subject)
        return due

    def pop_alike(self, due: Deadline) -> list[Deadline]:
        """All others of the same kind and moment as this one, in their order; they are then no longer set."""
        alike: list[Deadline] = []
        others: list[Deadline] = []
        self._drop_stale()
        while self._heap and self._heap[0].at_ms == due.at_ms:
            found = heapq.heappop(self._heap)
            (alike if found.kind == due.kind else others).append(found)
            self._drop_stale()
        for other in others:
            heapq.heappush(self._heap, other)
        for one in alike:
            self.cancel(one.kind, one.subject)
        return alike

    def _drop_stale(self) -> None:
        heap, deadlines = self._heap, self._state.deadlines
        while heap:
            at_ms, number, kind, subject = heap[0]
            if deadlines.get(kind, {}).get(subject) == (at_ms, number):
                return
            heapq.heappop(heap)

    def _rebuild(self) -> None:
        self._heap = [
            Deadline(at_ms, number, kind, subject)
            for kind, of_kind in self._state.deadlines.items()
            for subject, (at_ms, number) in of_kind.items()
        ]
        heapq.heapify(self._heap)
        self._rebuild_at = 2 * len(self._heap) + _STALE_ALLOWED
