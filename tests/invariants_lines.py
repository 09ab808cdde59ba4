"""What is true of every number that goes out: it may be dialled, and on the line that the plan's rules choose."""

from appliance.acd import effects as e
from appliance.acd.acd import Effects
from appliance.acd.line_effects import StoreLineUse
from appliance.acd.numbers import may_be_dialled
from appliance.acd.state import State


def check_lines(state: State, effects: Effects) -> None:
    """Raises AssertionError naming what is broken."""
    for effect in effects.switch:
        if isinstance(effect, e.DialLine):
            allowed = may_be_dialled(state.plan, effect.number)
            emergency = effect.emergency and effect.number in state.plan.emergency
            assert allowed or emergency, f"{effect} may not be dialled"
    for stored in effects.store:
        if isinstance(stored, e.StoreDecision) and stored.decision.kind == "dial" and stored.decision.lines:
            _chosen(state, stored.decision)
        if isinstance(stored, StoreLineUse):
            assert stored.used_ms >= 0, f"{stored}"


def _chosen(state: State, decision: e.Decision) -> None:
    """The plan may have changed since, but not in the same input."""
    number, _, name = decision.detail.partition(":")
    assert [seen.line for seen in decision.lines] == list(state.lines), f"{decision.number} did not look at every line"
    (chosen,) = [seen for seen in decision.lines if seen.chosen]
    assert chosen.line == name and not chosen.excluded, f"{number} went out on {name}, chosen was {chosen}"
    line = state.lines[chosen.line]
    if decision.reason == "emergency":
        return
    assert line.plan.mode != "in" and line.health in ("up", "degraded"), f"{number} went out on {line}"
    if line.health == "degraded":
        well = [seen.line for seen in decision.lines if not seen.excluded and state.lines[seen.line].health == "up"]
        assert not well, f"{number} went out on {line}, and {well} could have carried it"
    for other in (seen for seen in decision.lines if not seen.excluded and not seen.chosen):
        assert state.lines[other.line].plan.mode != "in", f"{other.line} could have been dialled on"
        if len(other.begins) != len(chosen.begins):
            assert len(other.begins) < len(chosen.begins), f"{number}: {other} is more particular than {chosen}"
        elif other.cost_micros != chosen.cost_micros:
            assert other.cost_micros > chosen.cost_micros, f"{number}: {other} is cheaper than {chosen}"
        elif chosen.left_ms == 0:
            assert other.left_ms == 0, f"{number}: {chosen} has no minutes left, and {other} has"
    for seen in decision.lines:
        assert seen.left_ms <= 0 or seen.cost_micros == 0, f"{seen} costs while minutes are left"
        assert seen.left_ms <= state.lines[seen.line].plan.allowance.each_month_ms, f"{seen} has more than there are"
