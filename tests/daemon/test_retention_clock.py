"""A clock that is wrong, before this program or decades ahead, deletes nothing young and stops nothing for ever."""

from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr
from appliance.daemon.numbers import number, set_number
from appliance.daemon.retention import CATCH_UP, DAY_MS, LOOK_EVERY_S, NO_CLOCK_MS, SLICE_ROWS, Pruner, prune
from tests.daemon.records import OFFERED_AT, agent_state, cdr
from tests.daemon.stores import writing
from tests.daemon.test_retention import KEEP, Hours, at, numbers_left, writer

AHEAD = OFFERED_AT + 73 * 365 * DAY_MS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def test_rows_of_a_clock_that_was_not_set_go_with_the_rows_after_them(path: Path) -> None:
    """The box woke in 1970: its rows are as old as the first one with a time, not 56 years old."""
    with writing(path) as to:
        to.durable(at(1, 5_000), at(2, 6_000), at(3, OFFERED_AT), at(4, 7_000), at(5, OFFERED_AT + DAY_MS), at(6, 1))
    db = writer(path)
    assert prune(db, KEEP, OFFERED_AT + 400 * DAY_MS) == 0
    assert prune(db, KEEP, OFFERED_AT + 400 * DAY_MS + 1) == 3
    assert numbers_left(path) == [4, 5, 6]
    assert prune(db, KEEP, OFFERED_AT + 402 * DAY_MS) == 2
    assert numbers_left(path) == [6], "nothing with a time came after it: it may be young"


def test_a_whole_slice_of_such_rows_does_not_stop_the_others_from_going(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(at(n, 5_000) for n in range(1, SLICE_ROWS + 2)), at(SLICE_ROWS + 2, OFFERED_AT))
    db = writer(path)
    assert prune(db, KEEP, OFFERED_AT) == 0
    assert prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) == SLICE_ROWS
    assert prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) == 2


def test_rows_of_a_clock_that_was_far_ahead_go_with_the_rows_after_them(path: Path) -> None:
    """The box woke in 2099: its rows do not stop those after them from going, and stay while those are young."""
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT), at(2, AHEAD), at(3, OFFERED_AT + 5), at(4, AHEAD), at(5, OFFERED_AT + DAY_MS))
        to.durable(at(6, AHEAD))
    db = writer(path)
    assert prune(db, KEEP, OFFERED_AT + 400 * DAY_MS + 6) == 3
    assert (numbers_left(path), number(db, "decisions_pruned_to")) == ([4, 5, 6], OFFERED_AT + 5)
    assert prune(db, KEEP, OFFERED_AT + 402 * DAY_MS) == 2
    assert numbers_left(path) == [6], "nothing with a time came after it: it may be young"


def test_a_whole_slice_of_rows_far_ahead_does_not_stop_the_others_from_going(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(at(n, AHEAD) for n in range(1, SLICE_ROWS + 2)), at(SLICE_ROWS + 2, OFFERED_AT))
    db = writer(path)
    assert [prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) for _ in range(3)] == [SLICE_ROWS, 2, 0]
    assert number(db, "decisions_pruned_to") == OFFERED_AT


def test_a_late_input_of_a_clock_that_was_not_set_is_as_old_as_the_row_after_it(path: Path) -> None:
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT), at(2, 5_000, "late"), at(3, OFFERED_AT + 1))
    db = writer(path)
    assert prune(db, KEEP, OFFERED_AT + 399 * DAY_MS) == 0
    assert prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) == 3


def test_a_clock_that_jumps_ahead_deletes_nothing_that_is_young(path: Path) -> None:
    """A dead battery says 2099 for a night: age goes on by eight hours an hour, and comes back with the clock."""
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    for wrong_utc_ms in (OFFERED_AT, *[AHEAD] * 12, OFFERED_AT + DAY_MS):
        hours.s += LOOK_EVERY_S
        pruner.run(db, KEEP, wrong_utc_ms)
    assert numbers_left(path) == [1]
    assert number(db, "pruned_as_of") == OFFERED_AT + DAY_MS


def test_a_first_look_with_a_clock_far_ahead_deletes_nothing_that_is_young(path: Path) -> None:
    """Whoever starts with 2099 stamped its first rows with it, too."""
    with writing(path) as to:
        to.durable(*(at(n, OFFERED_AT + n * DAY_MS) for n in range(1, 11)), at(11, AHEAD), agent_state(12, "ready"))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    for _ in range(5):
        hours.s += pruner.wait_s()
        pruner.run(db, KEEP, AHEAD + DAY_MS)
    assert numbers_left(path) == list(range(1, 12))
    assert OFFERED_AT < number(db, "pruned_as_of") < OFFERED_AT + 3 * DAY_MS


def test_age_begins_with_the_last_call_under_a_clock_the_network_set(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(at(n, AHEAD) for n in range(1, 2 * SLICE_ROWS)), StoreCdr(cdr(1)))
        to.durable(StoreCdr(cdr(2, clock_synchronised=False, ended_at=AHEAD)))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    hours.s += LOOK_EVERY_S
    pruner.run(db, KEEP, AHEAD)
    assert number(db, "pruned_as_of") == cdr(1).ended_at + DAY_MS


def test_nothing_is_begun_while_nothing_says_how_late_it_is(path: Path) -> None:
    with writing(path) as to:
        to.durable(at(1, 5_000))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    hours.s += LOOK_EVERY_S
    pruner.run(db, KEEP, AHEAD)
    assert (numbers_left(path), number(db, "pruned_as_of")) == ([1], 0)


def test_age_goes_on_with_the_time_that_passes_and_not_with_each_start(path: Path) -> None:
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT))
    db, hours = writer(path), Hours()
    set_number(db, "pruned_as_of", OFFERED_AT)
    for _ in range(100):
        pruner = Pruner(hours)
        hours.s += pruner.wait_s()
        pruner.run(db, KEEP, AHEAD)
    assert number(db, "pruned_as_of") == OFFERED_AT + 100 * 60_000 * CATCH_UP
    hours.s += pruner.wait_s()
    pruner.run(db, KEEP, AHEAD)
    assert number(db, "pruned_as_of") == OFFERED_AT + (100 * 60_000 + 3_600_000) * CATCH_UP


def test_a_clock_of_before_this_program_says_nothing(path: Path) -> None:
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    hours.s += LOOK_EVERY_S
    pruner.run(db, KEEP, 1_000)
    assert number(db, "pruned_as_of") == 0, "or the true time would be years of looks away"
    assert prune(db, KEEP, NO_CLOCK_MS - 1) == 0
