"""The script and its ledger without a box: seeded, complete, and right in its own arithmetic."""

import random
from collections import Counter
from pathlib import Path

import pytest

from appliance.billing.rating import billed_seconds
from appliance.configuration.file import Configuration
from appliance.demo.ledger import DeskSession, LedgerCall, Moment, charge_micros
from appliance.demo.office import prepare_office
from appliance.demo.outside_lines import LineEnd
from appliance.demo.script_plan import SHARES, ActKind, ScriptCall, plan_script
from appliance.demo.script_records import CallBook, agent_tones
from appliance.demo.sounds import Ear
from tests.sound import tone

CALL = ScriptCall(1, "troncal", "600000001", "910000001", "ventas", 900, 2000, "caller")


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory, native_dir: Path) -> Configuration:
    return prepare_office(tmp_path_factory.mktemp("office"), native_dir=native_dir).configuration


@pytest.mark.parametrize("count", [20, 60, 200])
def test_a_script_has_all_kinds_and_every_caller_once(count: int) -> None:
    acts = plan_script(5, count)
    calls = [call for act in acts for call in act.calls]
    kinds = Counter(act.kind for act in acts)
    assert set(kinds) == {"answered", *(kind for kind, _ in SHARES)} or count == 20
    assert len({call.caller for call in calls}) == len(calls) == len({call.number for call in calls})
    assert abs(len(calls) - count) <= 4
    assert {call.hangs_up for call in calls} == {"caller", "agent"}


def test_the_same_seed_gives_the_same_script() -> None:
    assert plan_script(5, 80) == plan_script(5, 80)
    assert plan_script(5, 80) != plan_script(6, 80)
    with pytest.raises(ValueError, match="too few"):
        plan_script(5, 19)


def test_the_ledgers_arithmetic_agrees_with_billings_though_it_counts_otherwise() -> None:
    dice = random.Random(3)
    for _ in range(500):
        talk_ms, first_s, next_s = dice.randint(1, 600_000), dice.choice((1, 30, 60)), dice.choice((1, 6, 60))
        rate, fee = dice.randint(0, 500_000), dice.randint(0, 90_000)
        billed_s = billed_seconds(talk_ms, first_s, next_s)
        expected = fee + round((billed_s * rate + 0.001) / 60)
        assert charge_micros(talk_ms, fee, rate, first_s, next_s) == expected, (talk_ms, fee, rate, first_s, next_s)
    assert charge_micros(0, 50_000, 1, 60, 1) == 0


def test_a_window_of_talk_is_never_inside_out() -> None:
    call = LedgerCall(
        number=1,
        act="answered",
        line="gsm1",
        caller="6",
        called="",
        queue="ventas",
        outcomes=("answered",),
        ended_by=("agent",),
        offered=Moment(0, 500),
        ended=Moment(3000, 3600),
        talked=Moment(1000, 1600),
    )
    assert call.talk_ms() == (1400, 2600)
    assert call.total_ms() == (2500, 3600)
    assert Moment(5, 9).contains(5) and not Moment(5, 9).contains(10)


def heard(configuration: Configuration, agent: str, ms: int) -> Ear:
    tones = agent_tones(configuration)
    ear = Ear(tones.values())
    if agent:
        ear.listen(tone(tones[agent], ms / 1000, -18))
    return ear


def line_of(
    configuration: Configuration,
    *,
    agent: str = "",
    act: ActKind = "answered",
    caller_ended_ms: int = -1,
    agent_ended_ms: int = -1,
    answered: bool = True,
    end: LineEnd | None = None,
    sessions: tuple[DeskSession, ...] = (),
) -> LedgerCall:
    """One call on the trunk, offered at 1000 and over at 5000."""
    book = CallBook(configuration)
    book.open(CALL, act, "sip", 1000)
    if answered:
        book.box_answered(1)
    if caller_ended_ms >= 0:
        book.caller_ends(1, caller_ended_ms)
    if agent_ended_ms >= 0:
        book.agent_ends(1, agent_ended_ms)
    book.ended(1, end or LineEnd("k1", by_box=False), 5000)
    assert not book.all_heard()
    book.heard(1, heard(configuration, agent, 800))
    assert book.all_heard()
    (line,) = book.ledger_calls(sessions)
    return line


def session(agent: str, lifted_ms: int, replaced_ms: int) -> DeskSession:
    return DeskSession("mesa", agent, "answered", "", lifted_ms - 500, lifted_ms, lifted_ms, replaced_ms)


def test_who_talked_is_whom_the_caller_heard(configuration: Configuration) -> None:
    # Carmen lifted for another caller while this one waited, and for this one later.
    sessions = (session("carmen", 1500, 2500), session("ana", 1200, 6000), session("carmen", 3000, 5100))
    line = line_of(configuration, agent="carmen", caller_ended_ms=4950, sessions=sessions)
    assert (line.outcome, line.agent, line.station, line.ended_by) == ("answered", "carmen", "mesa3", ("caller",))
    assert line.talked is not None and line.talked.contains(3000)
    assert line.ended.contains(4950)


def test_an_agent_who_puts_down_ends_the_call_when_the_hand_moved(configuration: Configuration) -> None:
    line = line_of(
        configuration,
        agent="ana",
        agent_ended_ms=4000,
        end=LineEnd("k1", by_box=True),
        sessions=(session("ana", 2000, 4000),),
    )
    assert line.ended_by == ("agent",)
    assert line.ended.contains(4010) and not line.ended.contains(5000)


def test_those_who_met_nobody(configuration: Configuration) -> None:
    assert line_of(configuration, act="abandoned", caller_ended_ms=4000).outcomes == ("abandoned",)
    refused = line_of(configuration, act="busy", answered=False, end=LineEnd("k1", by_box=True, code=486))
    assert (refused.outcomes, refused.refused_code, refused.ended_by) == (("refused",), 486, ("box",))
    lost = line_of(configuration, agent="luis", end=LineEnd("k1", by_box=False, lost=True))
    assert (lost.outcome, lost.ended_by) == ("answered", ("line",))


def test_agents_tones_can_be_told_apart(configuration: Configuration) -> None:
    for agent in agent_tones(configuration):
        ear = heard(configuration, agent, 500)
        assert ear.tone(400) == agent_tones(configuration)[agent]
