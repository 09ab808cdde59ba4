"""The callers' plan: the same seed gives the same people, and on the whole they are as the habits say."""

import itertools
import statistics
from collections import Counter

import pytest

from appliance.demo.callers import VOICES, CallerHabits, CallerPlan, choose_line, plan_callers

SEED = 20261122
MANY = 20_000


def plans(count: int = MANY, seed: int = SEED, habits: CallerHabits | None = None) -> list[CallerPlan]:
    return list(itertools.islice(plan_callers(seed, habits), count))


@pytest.fixture(scope="module")
def many() -> list[CallerPlan]:
    return plans()


def test_the_same_seed_gives_the_same_callers_and_another_seed_others() -> None:
    assert plans(300) == plans(300)
    assert plans(300) != plans(300, SEED + 1)
    assert [plan.number for plan in plans(5)] == [1, 2, 3, 4, 5]


def test_arrivals_are_a_poisson_process_of_the_rate(many: list[CallerPlan]) -> None:
    gaps = [b.at_ms - a.at_ms for a, b in itertools.pairwise(many)]
    assert min(gaps) >= 0
    mean_ms = 3_600_000 / CallerHabits().calls_per_hour
    assert statistics.mean(gaps) == pytest.approx(mean_ms, rel=0.03), SEED
    # Exponential: its deviation is its mean, and so is what is left of a gap of which some has passed.
    assert statistics.stdev(gaps) == pytest.approx(mean_ms, rel=0.05), SEED
    assert statistics.mean(gap - mean_ms for gap in gaps if gap > mean_ms) == pytest.approx(mean_ms, rel=0.08), SEED
    per_hour = Counter(plan.at_ms // 3_600_000 for plan in many)
    full = [per_hour[hour] for hour in range(max(per_hour))]
    assert statistics.variance(full) == pytest.approx(statistics.mean(full), rel=0.35), SEED


def test_talk_and_patience_are_as_the_habits_say(many: list[CallerPlan]) -> None:
    habits = CallerHabits()
    talks_s = [plan.talk_ms / 1000 for plan in many]
    assert statistics.median(talks_s) == pytest.approx(habits.talk_median_s, rel=0.03), SEED
    assert statistics.mean(talks_s) == pytest.approx(habits.talk_mean_s, rel=0.03), SEED
    assert max(talks_s) <= habits.talk_max_s
    waits_s = sorted(plan.patience_ms / 1000 for plan in many)
    # Weibull: 1 − 1/e of the people are less patient than the scale.
    assert waits_s[round(MANY * 0.632)] == pytest.approx(habits.patience_scale_s, rel=0.04), SEED
    assert waits_s[MANY // 50] < 6 < waits_s[MANY // 20], SEED


def test_the_default_rate_keeps_four_agents_busy_about_seven_tenths_of_the_time() -> None:
    habits = CallerHabits()
    ring_and_wrap_up_s = 5 + 8
    busy = habits.calls_per_hour / 3600 * (habits.talk_mean_s + ring_and_wrap_up_s) / 4
    assert 0.6 < busy < 0.75


def test_people_are_of_every_kind(many: list[CallerPlan]) -> None:
    habits = CallerHabits()

    def share(count: int) -> float:
        return count / MANY

    assert share(sum(plan.caller == "" for plan in many)) == pytest.approx(habits.withheld_share, abs=0.006), SEED
    assert share(sum(plan.voice == 0 for plan in many)) == pytest.approx(habits.silent_share, abs=0.006), SEED
    assert share(sum(plan.hangs_up == "agent" for plan in many)) == pytest.approx(habits.agent_ends_share, abs=0.01)
    assert share(sum(plan.calls_again_ms > 0 for plan in many)) == pytest.approx(habits.calls_again_share, abs=0.01)
    assert {plan.voice for plan in many} == set(range(VOICES + 1))
    numbers = [plan.caller for plan in many if plan.caller]
    assert all(len(number) == 9 and number.isdecimal() and number[0] in "6789" for number in numbers)
    repeated = len(numbers) - len(set(numbers))
    assert share(repeated) == pytest.approx(habits.known_share * (1 - habits.withheld_share), abs=0.01), SEED
    landlines = sum(number[0] in "89" for number in set(numbers))
    assert landlines / len(set(numbers)) == pytest.approx(habits.landline_share, abs=0.01), SEED


def test_the_free_lines_are_chosen_by_their_weights(many: list[CallerPlan]) -> None:
    free = [("gsm1", 1.0), ("gsm2", 1.0), ("troncal", 2.0)]
    chosen = Counter(choose_line(plan, free) for plan in many)
    assert chosen["troncal"] / MANY == pytest.approx(0.5, abs=0.02), SEED
    assert chosen["gsm1"] / MANY == pytest.approx(0.25, abs=0.02), SEED
    assert choose_line(many[0], []) == ""
    assert choose_line(many[0], free[:1]) == "gsm1"


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="calls_per_hour is 0"):
        next(plan_callers(1, CallerHabits(calls_per_hour=0)))
