"""A decision as data: its codes, what decided between those who could be rung, and what it meant for one agent."""

import pytest
from msgspec.structs import replace

from appliance.acd.effects import Candidate
from appliance.acd.explain_data import TIE_BREAKS, agent_data, decision_data
from appliance.acd.explain_words import WHY_RUNG
from appliance.acd.ids import AgentName
from tests.acd.test_explain import a_day
from tests.daemon.records import ANA, decision

LUIS, EVA = AgentName("luis"), AgentName("eva")


def test_every_decision_of_a_day_as_data_has_its_sentences() -> None:
    """Of an ACD itself, both languages; nobody is chosen but by a decision that rings."""
    made = a_day().decisions()
    for one in made:
        spanish, english = decision_data(one, "es"), decision_data(one, "en")
        assert (spanish.kind, spanish.reason, spanish.number) == (one.kind, one.reason, one.number)
        assert bool(spanish.sentence) == bool(english.sentence)
        assert bool(spanish.tie_break) == any(seen.chosen for seen in one.candidates)
    (ring,) = (decision_data(one, "en") for one in made if one.kind == "ring")
    assert [(seen.agent, seen.outcome) for seen in ring.candidates] == [
        ("ana", "rung"),
        ("bob", "not_chosen"),
        ("eva", "excluded"),
    ]


def test_what_a_decision_meant_for_an_agent() -> None:
    meant = {agent: agent_data(decision(1), AgentName(agent), "en") for agent in ("ana", "luis", "eva")}
    assert meant["eva"] is None, "it did not look at her"
    assert {name: one.outcome for name, one in meant.items() if one is not None} == {
        "ana": "rung",
        "luis": "excluded",
    }


def test_every_reason_of_a_ring_has_its_tie_break() -> None:
    assert set(TIE_BREAKS) == set(WHY_RUNG)


@pytest.mark.parametrize(
    ("reason", "tie_break", "measures"),
    [
        ("fewest_calls", "calls", [3, 4, None]),
        ("by_weighted_chance", "tickets", [3, 4, None]),
        ("next_in_turn", "turn", [None, None, None]),
        ("only_one_free", "nothing", [None, None, None]),
        ("longest_idle_then_order", "idle_ms", [9, 8, None]),
        ("of_a_newer_version", "", [None, None, None]),
    ],
)
def test_what_was_compared_is_each_ones_measure(reason: str, tie_break: str, measures: list[int | None]) -> None:
    seen = (
        Candidate(ANA, "ready", "", 9, True, 3),
        Candidate(LUIS, "ready", "", 8, False, 4),
        Candidate(EVA, "talking", "talking", 0, False, 0),
    )
    made = decision_data(replace(decision(1), reason=reason, candidates=seen), "es")
    assert (made.tie_break, [one.measure for one in made.candidates]) == (tie_break, measures)
    assert [one.outcome for one in made.candidates] == ["rung", "not_chosen", "excluded"]


def test_a_decision_that_rang_nobody_has_no_tie_break() -> None:
    made = decision_data(replace(decision(1), kind="none_ready", reason="nobody_free"), "es")
    assert (made.tie_break, made.because) == ("", "")
    assert made.sentence.startswith("No había nadie libre")
