"""In which order a carrier's hosts are tried, as they answer, fall silent and come back."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.switch.lines.trunk_hosts import (
    AGAIN_MS,
    GONE_LONGEST_MS,
    MAX_HOSTS,
    PING_EVERY_MS,
    SILENT_LONGEST_MS,
    Hosts,
    alone,
    is_alive,
)

A, B, C = (f"sip:192.0.2.{number}:5060;transport=udp" for number in (1, 2, 3))


def hosts(*uris: str) -> Hosts:
    made = Hosts()
    assert made.become(uris)
    return made


def test_nobody_has_answered_yet_so_the_carrier_s_order_holds() -> None:
    assert hosts(B, A, C).order() == (B, A, C)


def test_who_answers_comes_before_who_never_did_and_those_before_who_stopped() -> None:
    three = hosts(A, B, C)
    three.answered(C, True)
    assert three.order() == (A, B, C), "the others have not had their time yet"
    three.answered(A, True)
    three.answered(B, False)
    assert three.order() == (A, C, B)
    assert three.answered(A, False)
    assert three.order() == (C, B, A)
    assert not three.all_gone


def test_hosts_that_ignore_options_are_never_called_dead() -> None:
    two = hosts(A, B)
    for _ in range(5):
        two.answered(A, False)
        two.answered(B, False)
    assert two.order() == (A, B) and not two.all_gone


def test_one_that_comes_back_must_answer_twice() -> None:
    two = hosts(A, B)
    for uri in (A, B):
        two.answered(uri, True)
    two.answered(A, False)
    assert not two.answered(A, True)
    assert two.order() == (B, A)
    two.answered(A, False)
    assert not two.answered(A, True)
    assert two.answered(A, True)
    assert two.order() == (A, B)


def test_all_may_be_gone_and_are_still_tried() -> None:
    one = hosts(A)
    one.answered(A, True)
    one.answered(A, False)
    assert one.all_gone and one.order() == (A,)


def test_each_is_asked_once_in_each_interval() -> None:
    two = hosts(A, B)
    assert two.due(0) == [A, B]
    assert two.due(PING_EVERY_MS - 1) == []
    assert two.due(PING_EVERY_MS) == [A, B]


def wait_of(one: Hosts, now_ms: int) -> int:
    """How long after `now_ms`, when it was asked, the host is asked again."""
    return next(wait for wait in range(0, 2 * SILENT_LONGEST_MS, 500) if one.due(now_ms + wait))


def test_a_line_s_only_host_is_gone_after_two_questions_and_asked_less_and_less_often() -> None:
    one = Hosts(alone(30_000))
    one.become([A])
    assert one.due(0) == [A]
    one.answered(A, True)
    assert wait_of(one, 0) == 30_000
    one.answered(A, False)
    assert not one.all_gone and wait_of(one, 30_000) == AGAIN_MS
    waits, now = list[int](), 34_000
    for _ in range(8):
        one.answered(A, False)
        assert one.all_gone
        waits.append(wait_of(one, now))
        now += waits[-1]
    assert waits == [8_000, 16_000, 32_000, *[GONE_LONGEST_MS] * 5]
    one.answered(A, True)
    assert one.all_gone and wait_of(one, now) == AGAIN_MS
    one.answered(A, True)
    assert not one.all_gone and wait_of(one, now + AGAIN_MS) == 30_000


def test_one_that_never_answered_is_left_in_peace() -> None:
    one = Hosts(alone(30_000))
    one.become([A])
    now, waits = 0, list[int]()
    assert one.due(0) == [A]
    for _ in range(8):
        one.answered(A, False)
        waits.append(wait_of(one, now))
        now += waits[-1]
    assert waits == [30_000, 60_000, 120_000, 240_000, 480_000, *[SILENT_LONGEST_MS] * 3]
    assert not one.all_gone
    never = Hosts(alone(0))
    never.become([A])
    assert never.due(0) == never.due(10**9) == []


def test_a_call_shows_that_an_only_host_lives_and_that_such_questions_tell_nothing_of_it() -> None:
    one = Hosts(alone(30_000))
    one.become([A])
    one.answered(A, True)
    for _ in range(2):
        one.answered(A, False)
    assert one.all_gone
    one.carried()
    assert not one.all_gone
    for _ in range(9):
        one.answered(A, False)
    assert not one.all_gone, "it is of those that ignore OPTIONS"
    one.answered(A, True)
    for _ in range(2):
        one.answered(A, False)
    assert one.all_gone, "it answers them again, and stopped again"


def test_which_of_several_hosts_carried_a_call_nobody_knows() -> None:
    two = hosts(A, B)
    for each in (A, B):
        two.answered(each, True)
        two.answered(each, False)
    two.carried()
    assert two.all_gone


def test_a_new_list_keeps_what_is_known_of_who_stays() -> None:
    two = hosts(A, B)
    two.answered(A, True)
    two.answered(A, False)
    assert two.become([A, C, A])
    assert two.order() == (C, A)
    assert not two.answered(B, True), "late news of one that is not ours any more"
    assert not two.become([A, C])


def test_what_counts_as_alive() -> None:
    assert [status for status in (200, 401, 404, 405, 408, 477, 480, 500, 501, 503, 600) if is_alive(status)] == [
        200, 401, 404, 405, 480, 501, 600
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C, "sip:x"]), st.booleans())), st.lists(st.text(max_size=3), max_size=20)
)
def test_no_host_is_ever_lost_or_doubled(news: list[tuple[str, bool]], later: list[str]) -> None:
    three = hosts(A, B, C)
    for uri, alive in news:
        three.answered(uri, alive)
        assert sorted(three.order()) == sorted((A, B, C))
    three.become(later)
    assert len(three) == len(set(later[:])) if len(set(later)) <= MAX_HOSTS else len(three) == MAX_HOSTS
