"""Which news of a call are believed: the call list against hints that are late, stray or missing. No port, no clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at_answers import Caller, ListedCall
from hw.at_call import DOUBT_AFTER_END_MS, CallTracker, TrackedCall
from hw.devices import (
    Answered,
    Dialling,
    Ended,
    Found,
    LineEvent,
    OnHold,
    Ringing,
    RingingThere,
    Waiting,
    WaitingOver,
)

INCOMING = ListedCall(True, "incoming", "600")
ACTIVE = ListedCall(True, "active", "600")
CALLING = ListedCall(False, "dialling", "911")


class Story:
    """A tracker with a clock of its own; says Ended as the driver does."""

    def __init__(self) -> None:
        self.said: list[LineEvent] = []
        self.now_ms = 0.0
        self.tracker = CallTracker(self.said.append, self._over)

    def _over(self, call: TrackedCall) -> None:
        self.said.append(Ended("normal", by_us=call.ending))
        self.tracker.settled()

    def listed(self, *calls: ListedCall, asked_ms: float | None = None) -> None:
        self.now_ms += 100
        self.tracker.listed(calls, self.now_ms - 10 if asked_ms is None else asked_ms, self.now_ms)

    def ring(self, number: str | None = "600") -> None:
        self.tracker.ring(self.now_ms)
        if number is not None:
            self.tracker.caller(Caller(number), self.now_ms)

    def answered(self) -> None:
        self.ring()
        self.listed(ACTIVE)


def test_one_empty_list_without_a_hint_is_not_the_end() -> None:
    story = Story()
    story.answered()
    story.listed()
    assert Ended("normal") not in story.said
    story.listed()
    assert story.said[-1] == Ended("normal")


def test_after_a_hint_one_empty_list_is_enough() -> None:
    story = Story()
    story.answered()
    story.tracker.hinted_over(story.now_ms)
    story.listed()
    assert story.said[-1] == Ended("normal")


def test_a_hint_that_the_list_contradicts_is_another_calls() -> None:
    story = Story()
    story.answered()
    story.tracker.hinted_over(story.now_ms)
    story.listed(ACTIVE)
    story.listed()
    assert story.said[-1] == Answered("signalled")


def test_a_list_asked_before_the_hint_does_not_contradict_it() -> None:
    story = Story()
    story.answered()
    asked_ms = story.now_ms
    story.tracker.hinted_over(asked_ms + 5)
    story.listed(ACTIVE, asked_ms=asked_ms)
    story.listed()
    assert story.said[-1] == Ended("normal")


def test_a_list_older_than_the_call_says_nothing_of_it() -> None:
    """A call that arrives while the list is being asked is not lost."""
    story = Story()
    asked_ms = story.now_ms
    story.now_ms += 50
    story.ring()
    for _ in range(3):
        story.listed(asked_ms=asked_ms)
    assert story.said == [Ringing("600")]


def test_the_list_gives_the_number_a_modem_did_not_tell() -> None:
    story = Story()
    story.ring(None)
    assert story.said == []
    story.listed(INCOMING)
    assert story.said == [Ringing("600")]


def test_a_number_that_never_comes() -> None:
    story = Story()
    story.ring(None)
    story.listed(ListedCall(True, "incoming", ""))
    assert story.said == []
    story.tracker.number_will_not_come()
    assert story.said == [Ringing("")]


def test_a_ring_just_after_a_call_is_believed_once_listed() -> None:
    story = Story()
    story.answered()
    story.tracker.over(story.now_ms)
    said = len(story.said)
    story.ring("611")
    assert len(story.said) == said
    story.listed(ListedCall(True, "incoming", "611"))
    assert story.said[-1] == Ringing("611")


def test_a_ring_long_after_a_call_is_believed_at_once() -> None:
    story = Story()
    story.answered()
    story.tracker.over(story.now_ms)
    story.now_ms += DOUBT_AFTER_END_MS
    story.ring("611")
    assert story.said[-1] == Ringing("611")


def test_the_next_caller_in_the_list_is_not_the_one_before() -> None:
    story = Story()
    story.answered()
    other = ListedCall(True, "incoming", "611")
    story.tracker.hinted_over(story.now_ms)
    story.listed(other)
    assert story.said[-2:] == [Ended("normal"), Ringing("611")]


def test_a_fast_answer_skips_ringing() -> None:
    story = Story()
    story.tracker.dial("911", 0).accepted = True
    story.listed(ListedCall(False, "active", "911"))
    assert story.said == [Dialling(), Answered("signalled")]


def test_news_from_before_change_nothing() -> None:
    story = Story()
    story.tracker.dial("911", 0).accepted = True
    for status in ("dialling", "alerting", "active", "alerting", "dialling"):
        story.tracker.seen(ListedCall(False, status, "911"), story.now_ms)
    assert story.said == [Dialling(), RingingThere(), Answered("signalled")]


def test_a_dialled_call_is_not_missed_before_the_modem_took_it() -> None:
    story = Story()
    story.tracker.dial("911", 0)
    story.listed()
    story.listed()
    assert story.said == []


SECOND = ListedCall(True, "waiting", "699", 2)


def test_a_second_caller_is_told_once_and_is_over_when_the_list_has_missed_them_twice() -> None:
    story = Story()
    story.answered()
    for _ in range(3):
        story.listed(ACTIVE, SECOND)
    story.listed(ACTIVE)
    assert story.said == [Ringing("600"), Answered("signalled"), Waiting("699")]
    story.listed(ACTIVE)
    assert story.said[-1] == WaitingOver()


def test_a_second_caller_rings_when_the_call_ends() -> None:
    story = Story()
    story.answered()
    story.listed(ACTIVE, SECOND)
    for _ in range(2):
        story.listed(ListedCall(True, "incoming", "699", 2))
    assert story.said[2:] == [Waiting("699"), Ended("normal"), Ringing("699")]


def test_nobody_waits_while_no_call_is_up_and_the_caller_does_not_wait_for_themselves() -> None:
    story = Story()
    story.tracker.waits("699", 0)
    story.answered()
    story.tracker.waits("600", 0)
    assert story.said == [Ringing("600"), Answered("signalled")]


def test_a_call_on_hold_is_the_same_call() -> None:
    story = Story()
    story.answered()
    for status in ("held", "held", "active"):
        story.listed(ListedCall(True, status, "600"))
    assert story.said == [Ringing("600"), Answered("signalled"), OnHold(True), OnHold(False)]


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (INCOMING, Found("600", "ringing", True)),
        (ACTIVE, Found("600", "answered", True)),
        (CALLING, Found("911", "dialling", False)),
        (ListedCall(False, "alerting", "911"), Found("911", "dialling", False)),
    ],
)
def test_at_the_start_whatever_is_up_is_found(listed: ListedCall, found: Found) -> None:
    story = Story()
    story.tracker.adopt((listed,), 0)
    assert story.said == [found]


STEPS = st.one_of(
    st.tuples(st.just("ring"), st.sampled_from([None, "", "600", "611"])),
    st.tuples(st.just("hint"), st.none()),
    st.tuples(st.just("dial"), st.none()),
    st.tuples(st.just("lost"), st.none()),
    st.tuples(
        st.just("list"),
        st.lists(
            st.builds(
                ListedCall,
                st.booleans(),
                st.sampled_from(["active", "held", "dialling", "alerting", "incoming", "waiting", "over"]),
                st.sampled_from(["", "600", "611"]),
            ),
            max_size=3,
        ),
    ),
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_comes_each_call_begins_and_ends_once(steps: list[tuple[str, object]]) -> None:
    story = Story()
    dialled = 0
    for what, value in steps:
        story.now_ms += 300
        if what == "ring":
            story.ring(value)  # type: ignore[arg-type]  # as STEPS pairs them
        elif what == "hint":
            story.tracker.hinted_over(story.now_ms)
        elif what == "dial" and story.tracker.call is None:
            story.tracker.dial("911", story.now_ms).accepted = True
            dialled += 1
        elif what == "list":
            story.listed(*value)  # type: ignore[misc]  # as STEPS pairs them
        elif what == "lost" and story.tracker.lost() is not None:
            story.said.append(Ended("line_lost"))
    begun = dialled + sum(isinstance(event, Ringing) for event in story.said)
    ended = sum(isinstance(event, Ended) for event in story.said)
    up = story.tracker.call is not None and story.tracker.call.announced
    assert begun == ended + up
    assert sum(isinstance(event, Answered) for event in story.said) <= begun
