"""Queueing theory's formulas for a queue of callers and a number of agents, as in the literature.

Traffic is in erlang (arrival rate times mean handle time); rates and times are in any one unit of time.

  - Erlang B, Erlang C: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in
    automatic telephone exchanges" (1917). B by its stable recursion.
  - Erlang A: C. Palm (1937); A. Mandelbaum and S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue"
    (2007). By the states' probabilities, as far as they matter.
"""

from typing import NamedTuple

NEGLIGIBLE = 1e-15
"""Of all probability: states beyond the ones that have less than this are left out."""


LARGE = 1e200


class Waiting(NamedTuple):
    """`wait`: probability that a caller waits at all; `abandon`: that a caller leaves; `mean_wait` over all callers, in
    the unit of the times given."""

    wait: float
    abandon: float
    mean_wait: float


def erlang_b(agents: int, traffic: float) -> float:
    """The probability that all agents are busy when nobody can wait. Raises ValueError without agents or traffic."""
    _positive(agents, traffic)
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = traffic * blocked / (number + traffic * blocked)
    return blocked


def erlang_c(agents: int, arrivals: float, handle_time: float) -> Waiting:
    """Callers who wait for ever (M/M/c). Raises ValueError when agents are too few: then there is no mean."""
    traffic = arrivals * handle_time
    _positive(agents, traffic)
    if traffic >= agents:
        raise ValueError(f"{agents} agents cannot serve {traffic:g} erlang: the queue would grow for ever")
    blocked = erlang_b(agents, traffic)
    wait = agents * blocked / (agents - traffic * (1 - blocked))
    return Waiting(wait, 0.0, wait * handle_time / (agents - traffic))


def erlang_a(agents: int, arrivals: float, handle_time: float, patience: float) -> Waiting:
    """Callers whose patience is exponential with mean `patience` (M/M/c+M). Any traffic has an answer."""
    traffic = arrivals * handle_time
    _positive(agents, traffic)
    if patience <= 0:
        raise ValueError(f"patience must be more than 0, not {patience:g}")
    # Relative to the state in which all agents are busy and nobody waits, so without factorials; all of it is scaled
    # down when it grows too large to be told apart from infinity.
    all_busy, below, weight = 1.0, 0.0, 1.0
    for busy in range(agents, 0, -1):
        weight *= busy / traffic
        below += weight
        if weight < NEGLIGIBLE * below:
            break
        if weight > LARGE:
            all_busy, below, weight = all_busy / LARGE, below / LARGE, weight / LARGE
    queued, waiting_sum, weight, length = all_busy, 0.0, all_busy, 0
    while weight > NEGLIGIBLE * (queued + below) or length < 1:
        length += 1
        weight *= arrivals / (agents / handle_time + length / patience)
        queued += weight
        waiting_sum += length * weight
        if weight > LARGE:
            below, queued, waiting_sum, weight = below / LARGE, queued / LARGE, waiting_sum / LARGE, weight / LARGE
    everything = below + queued
    mean_length = waiting_sum / everything
    # Little's law for the wait; who leaves does so at rate (length / patience).
    return Waiting(queued / everything, mean_length / patience / arrivals, mean_length / arrivals)


def _positive(agents: int, traffic: float) -> None:
    if agents < 1 or traffic <= 0:
        raise ValueError(f"{agents} agents and {traffic:g} erlang: both must be more than 0")
