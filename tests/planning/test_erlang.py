"""The formulas: values printed in tables, limits in which they meet, and what they refuse."""

import math

import pytest

from appliance.planning.erlang import erlang_a, erlang_b, erlang_c


@pytest.mark.parametrize(
    ("agents", "traffic", "blocked"),
    # ITU-T Recommendation E.520 / Erlang B tables: traffic offered at 1 % and 5 % loss.
    [(1, 0.0101, 0.01), (5, 1.361, 0.01), (10, 4.461, 0.01), (10, 6.216, 0.05), (50, 37.90, 0.01)],
)
def test_erlang_b_as_in_the_tables(agents: int, traffic: float, blocked: float) -> None:
    assert erlang_b(agents, traffic) == pytest.approx(blocked, rel=0.005)


def test_erlang_c_of_one_agent_is_the_queue_everybody_knows() -> None:
    """M/M/1: a caller waits with probability rho, on average rho / (mu - lambda)."""
    found = erlang_c(1, 0.8, 1.0)
    assert (found.wait, found.mean_wait, found.abandon) == pytest.approx((0.8, 0.8 / 0.2, 0.0))


def test_erlang_c_of_two_agents() -> None:
    """M/M/2 in closed form: 2 rho^2 / (1 + rho)."""
    assert erlang_c(2, 1.4, 1.0).wait == pytest.approx(2 * 0.7**2 / 1.7)


def test_erlang_a_becomes_c_when_patience_is_endless_and_b_when_there_is_none() -> None:
    endless = erlang_a(10, 8 / 180, 180, 1e9)
    assert endless.wait == pytest.approx(erlang_c(10, 8 / 180, 180).wait, rel=1e-4)
    assert endless.mean_wait == pytest.approx(erlang_c(10, 8 / 180, 180).mean_wait, rel=1e-4)
    assert erlang_a(10, 8 / 180, 180, 1e-6).abandon == pytest.approx(erlang_b(10, 8.0), rel=1e-4)


def test_erlang_a_with_patience_as_long_as_the_talk_is_a_poisson_number_of_callers() -> None:
    """Each caller leaves at the same rate whether served or waiting: M/M/inf, and the number there is Poisson."""
    agents, traffic = 5, 4.0
    fewer = sum(math.exp(-traffic) * traffic**n / math.factorial(n) for n in range(agents))
    assert erlang_a(agents, traffic, 1.0, 1.0).wait == pytest.approx(1 - fewer, rel=1e-9)


def test_erlang_a_takes_more_traffic_than_agents_and_large_offices() -> None:
    overloaded = erlang_a(10, 20.0, 1.0, 1.0)
    assert overloaded.abandon == pytest.approx(0.5, abs=0.01)
    assert 0 < erlang_a(500, 480.0, 1.0, 0.5).wait < 1
    busy = erlang_a(500, 1000.0, 1.0, 5.0)
    assert (busy.wait, busy.abandon) == pytest.approx((1.0, 0.5), abs=1e-6), "terms near e^767"
    idle = erlang_a(300, 1.0, 1.0, 1.0)
    assert 0 <= idle.wait < 1e-100 and 0 <= idle.abandon < 1e-100


@pytest.mark.parametrize(("agents", "arrivals"), [(0, 1.0), (3, 0.0), (-1, 1.0)])
def test_nothing_is_said_of_no_agents_or_no_callers(agents: int, arrivals: float) -> None:
    with pytest.raises(ValueError, match="must be more than 0"):
        erlang_c(agents, arrivals, 1.0)
    with pytest.raises(ValueError, match="must be more than 0"):
        erlang_a(agents, arrivals, 1.0, 1.0)


def test_too_few_agents_for_endless_patience_is_an_error_with_the_numbers() -> None:
    with pytest.raises(ValueError, match="3 agents cannot serve 3 erlang"):
        erlang_c(3, 3.0, 1.0)
    with pytest.raises(ValueError, match="patience"):
        erlang_a(3, 3.0, 1.0, 0.0)
