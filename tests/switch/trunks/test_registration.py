"""When a registration is asked for again, and what is said of it: the table, the waits and their limits."""

from itertools import pairwise

import pytest

from appliance.switch.lines.trunk_registration import (
    ANSWERS_WITHIN_MS,
    REFUSED_LONGEST_MS,
    UNREACHABLE_LONGEST_MS,
    Registration,
    is_refusal,
    refusal_words,
)


def asked(at_ms: int = 0) -> Registration:
    made = Registration("operador.example", "cuenta")
    assert made.due(at_ms)
    made.asked(at_ms)
    return made


def wait_after(registration: Registration, status: int, now: int, retry_after_ms: int = 0) -> int:
    """How long it waits after one more failure."""
    registration.asked(now)
    registration.failed(status, "", retry_after_ms, now)
    return next(wait for wait in range(0, 2 * REFUSED_LONGEST_MS, 100) if registration.due(now + wait))


def test_one_that_holds_is_not_asked_for_again() -> None:
    registration = asked()
    registration.accepted()
    assert registration.state == "registered"
    assert not registration.due(10**9)
    registration.accepted()
    assert registration.state == "registered", "the library has renewed it"


@pytest.mark.parametrize(
    ("status", "first", "longest"), [(408, 2_000, UNREACHABLE_LONGEST_MS), (403, 30_000, REFUSED_LONGEST_MS)]
)
def test_waits_double_up_to_a_limit(status: int, first: int, longest: int) -> None:
    registration = asked()
    registration.failed(status, "", 0, 0)
    waits = [wait_after(registration, status, 10**8 * number) for number in range(1, 14)]
    assert 1.6 * first <= waits[0] <= 2.4 * first + 100
    assert all(later > 1.2 * earlier for earlier, later in pairwise(waits) if later < longest / 2)
    assert max(waits) <= 1.2 * longest + 100 and waits[-1] >= 0.8 * longest


def test_success_forgets_the_failures() -> None:
    registration = asked()
    for number in range(6):
        wait_after(registration, 408, 10**7 * number)
    registration.asked(10**8)
    registration.accepted()
    registration.failed(408, "", 0, 10**8)
    assert registration.due(10**8 + 2_400)


def test_the_carrier_s_own_time_counts_within_limits() -> None:
    assert wait_after(asked(), 503, 0, 120_000) >= 120_000
    assert wait_after(asked(), 503, 0, 10**9) <= REFUSED_LONGEST_MS + UNREACHABLE_LONGEST_MS


def test_a_question_nobody_answers_is_not_waited_for_for_ever() -> None:
    registration = asked()
    assert not registration.due(ANSWERS_WITHIN_MS - 1)
    assert registration.due(ANSWERS_WITHIN_MS + 3_000) or registration.state == "waiting"
    assert registration.detail == "operador.example does not answer"


def test_another_way_to_the_carrier_is_tried_at_once() -> None:
    registration = asked()
    registration.failed(403, "Forbidden", 0, 0)
    assert not registration.due(1)
    registration.again()
    assert registration.due(1)
    registration.asked(1)
    registration.accepted()
    registration.again()
    assert registration.due(2)


def test_late_doubled_and_stray_news_are_ignored_by_name() -> None:
    registration = Registration("operador.example", "cuenta")
    registration.accepted()
    registration.failed(403, "", 0, 0)
    assert (registration.state, registration.detail) == ("idle", "")
    registration.asked(0)
    registration.asked(5)
    registration.failed(408, "", 0, 0)
    registration.accepted()
    assert (registration.state, registration.detail) == ("registered", "")


@pytest.mark.parametrize(
    ("status", "refused"),
    [(401, True), (403, True), (408, False), (480, False), (500, False), (503, False), (603, True)],
)
def test_what_is_a_refusal(status: int, refused: bool) -> None:
    assert is_refusal(status) is refused


def test_what_the_carrier_says_cannot_break_the_sentence() -> None:
    words = refusal_words(488, "No\r\n\x1b[31m" + "x" * 500, "operador.example", "cuenta")
    assert words.isprintable() and len(words) < 160
