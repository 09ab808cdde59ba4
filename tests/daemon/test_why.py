"""Why as data: every code with its words, page by page, of a call up or over or pruned, in a shape that stays."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from appliance.acd.effects import StoreCdr, StoreDecision
from appliance.acd.explain_data import SHAPE
from appliance.acd.ids import AgentName, CallId
from appliance.daemon.queries import open_store
from appliance.daemon.retention import DAY_MS, Keep, prune
from appliance.daemon.why import BEFORE_THAT_END, NoSuchPlace, agent_as_data, call_as_data
from tests.daemon.records import ANA, OFFERED_AT, cdr, decision
from tests.daemon.stores import writing
from tests.daemon.test_retention import writer

LUIS, EVA = AgentName("luis"), AgentName("eva")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def ring(number: int, call: str = "oficina-1", **changes: object) -> StoreDecision:
    made = replace(decision(number, call), at_utc_ms=OFFERED_AT + number * 1_000, detail="ana")
    return StoreDecision(replace(made, **changes))


def test_a_call_as_data_has_codes_measures_and_sentences(path: Path) -> None:
    with writing(path) as to:
        to.durable(ring(1), StoreCdr(cdr(1)))
    found = call_as_data(open_store(path), "oficina-1", "en")
    assert found is not None
    assert (found.shape, found.over, found.pruned_after_days) == (SHAPE, True, 0)
    assert found.record is not None and found.record.charge_micros == 74_000
    (made,) = found.decisions
    assert (made.reason, made.tie_break, made.because) == ("longest_idle", "idle_ms", "idle for longest (12 s)")
    assert made.sentence == "After waiting 0 s, ana was rung: idle for longest (12 s). Not available: luis (talking)."
    assert [(seen.agent, seen.outcome, seen.excluded, seen.because, seen.measure) for seen in made.candidates] == [
        ("ana", "rung", "", "", 12_000),
        ("luis", "excluded", "talking", "talking", None),
    ]
    assert made.sentence in found.text


def test_the_shape_is_what_was_promised(path: Path) -> None:
    """Whoever reads this JSON relies on these names: add to them, and raise SHAPE for anything else."""
    with writing(path) as to:
        to.durable(ring(1), StoreCdr(cdr(1)))
    call = msgspec.to_builtins(call_as_data(open_store(path), "oficina-1", "es"))
    names = "shape call language over record pruned_after_days decisions text"
    assert list(call) == names.split()
    names = """call direction line caller called queue agent project client offered_at queued_at answered_at ended_at
        clock_synchronised ivr_ms wait_ms ring_ms talk_ms hold_ms voicemail_ms wrap_up_ms end_reason hung_up_by evidence
        disposition recording charge_micros currency charge_reason record"""
    assert list(call["record"]) == names.split()
    names = "number call at_utc_ms kind queue strategy reason because tie_break detail waited_ms candidates sentence"
    names += " lines"
    assert list(call["decisions"][0]) == names.split()
    names = "agent state outcome excluded because idle_ms measure"
    assert list(call["decisions"][0]["candidates"][0]) == names.split()
    agent = msgspec.to_builtins(agent_as_data(open_store(path), ANA, "es"))
    assert list(agent) == ["shape", "agent", "language", "since_utc_ms", "until_utc_ms", "decisions", "next"]
    assert list(agent["decisions"][0]) == ["outcome", "sentence", "decision"]
    assert SHAPE == 1


def test_a_call_that_is_up_has_its_decisions_and_no_record(path: Path) -> None:
    with writing(path) as to:
        to.durable(ring(1))
    found = call_as_data(open_store(path), "oficina-1", "es")
    assert found is not None
    assert (found.over, found.record, len(found.decisions)) == (False, None, 1)
    assert call_as_data(open_store(path), "oficina-2", "es") is None


def test_of_a_call_whose_decisions_were_pruned_it_is_said_so(path: Path) -> None:
    with writing(path) as to:
        to.durable(ring(1, at_utc_ms=cdr(1).offered_at), StoreCdr(cdr(1)), StoreCdr(cdr(2)))
    prune(writer(path), Keep(decisions_days=90), OFFERED_AT + 91 * DAY_MS)
    store = open_store(path)
    pruned, young = call_as_data(store, "oficina-1", "en"), call_as_data(store, "oficina-2", "es")
    assert pruned is not None and young is not None
    assert (pruned.pruned_after_days, pruned.decisions) == (90, ())
    assert "The reasons for each step are no longer here: they are kept for 90 days." in pruned.text
    assert young.pruned_after_days == 0, "one that never had any"


def test_of_a_call_that_was_pruned_in_part_it_is_said_so(path: Path) -> None:
    offered_at = cdr(1).offered_at
    with writing(path) as to:
        to.durable(ring(1, at_utc_ms=offered_at), ring(2, at_utc_ms=offered_at + 9_000), StoreCdr(cdr(1)))
    prune(writer(path), Keep(decisions_days=90), offered_at + 90 * DAY_MS + 1)
    found = call_as_data(open_store(path), "oficina-1", "en")
    assert found is not None
    assert ([one.number for one in found.decisions], found.pruned_after_days) == ([2], 90)
    assert "The reasons for its first steps are no longer here: they are kept for 90 days. After" in found.text


def test_an_agent_is_told_of_the_newest_first_page_by_page(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(ring(n, f"oficina-{n}") for n in range(1, 8)), ring(8, candidates=()), ring(9, kind="answer"))
    store = open_store(path)
    seen: list[str | None] = []
    before, pages = "", 0
    while True:
        page = agent_as_data(store, LUIS, "es", before=before, limit=3)
        seen += [one.decision.call for one in page.decisions]
        assert {one.outcome for one in page.decisions} == {"excluded"}
        pages += 1
        before = page.next
        if not before:
            break
    assert seen == [f"oficina-{n}" for n in range(7, 0, -1)]
    assert pages == 3
    assert agent_as_data(store, EVA, "es").decisions == ()


def test_of_an_agent_only_the_time_asked_for(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(ring(n, f"oficina-{n}") for n in range(1, 8)))
        to.durable(*(StoreCdr(cdr(n, offered_at=OFFERED_AT + n * 1_000)) for n in range(1, 8)))
    page = agent_as_data(open_store(path), ANA, "es", since_utc_ms=OFFERED_AT + 3_000, until_utc_ms=OFFERED_AT + 6_000)
    assert [one.decision.call for one in page.decisions] == ["oficina-5", "oficina-4", "oficina-3"]
    assert page.next == ""


def test_a_row_of_a_clock_that_was_not_set_does_not_end_the_time_asked_for(path: Path) -> None:
    with writing(path) as to:
        to.durable(ring(1), ring(2, at_utc_ms=5_000), ring(3))
    page = agent_as_data(open_store(path), ANA, "es", since_utc_ms=OFFERED_AT)
    assert [one.decision.number for one in page.decisions] == [3, 1]


def test_a_clock_that_stepped_back_does_not_end_the_time_asked_for(path: Path) -> None:
    with writing(path) as to:
        to.durable(ring(1), ring(2), *(ring(n, at_utc_ms=OFFERED_AT - 3 * DAY_MS) for n in range(3, 103)), ring(103))
    page = agent_as_data(open_store(path), ANA, "es", since_utc_ms=OFFERED_AT)
    assert ([one.decision.number for one in page.decisions], page.next) == ([103, 2, 1], "")


def test_many_in_a_row_from_before_the_time_asked_for_end_it(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(ring(n, at_utc_ms=OFFERED_AT - DAY_MS) for n in range(1, BEFORE_THAT_END + 2)))
        to.durable(ring(BEFORE_THAT_END + 2))
    store, last = open_store(path), BEFORE_THAT_END + 2
    page = agent_as_data(store, ANA, "es", since_utc_ms=OFFERED_AT)
    assert ([one.decision.number for one in page.decisions], page.next) == ([last], "")
    page = agent_as_data(store, ANA, "es", since_utc_ms=OFFERED_AT, look_through=BEFORE_THAT_END)
    assert page.next == "1-3"


def test_a_look_through_many_that_are_of_others_is_bounded_and_goes_on(path: Path) -> None:
    others = tuple(one for one in decision(1).candidates if one.agent != LUIS)
    with writing(path) as to:
        to.durable(ring(1), *(ring(n, candidates=others) for n in range(2, 12)))
    store, before, found, pages = open_store(path), "", 0, 0
    while pages == 0 or before:
        page = agent_as_data(store, LUIS, "es", before=before, look_through=4)
        found, before, pages = found + len(page.decisions), page.next, pages + 1
    assert (found, pages) == (1, 3)


@pytest.mark.parametrize("before", ["x", "1", "1-", "-1-2", "1-2-3", "1-" + "9" * 30, "١-٢"])
def test_a_page_begins_where_another_said(path: Path, before: str) -> None:
    with writing(path) as to:
        to.durable(ring(1, call=CallId("oficina-1")))
    with pytest.raises(NoSuchPlace, match="next"):
        agent_as_data(open_store(path), ANA, "es", before=before)
