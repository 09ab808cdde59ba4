"""Recorded days again: from a real store, the same comes out as happened, and a change does what it would have done.

The truth is an office whose callers' patience is known, played through the ACD with its records in a store on disk.
"""

import json
import random
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from appliance.acd.effects import StoreCdr, StoreEffect
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.plan import CallerPlan, Destination, MenuPlan, Plan
from appliance.configuration.file import read_configuration
from appliance.daemon.plan_builder import build_plan
from appliance.daemon.queries import open_store
from appliance.daemon.recorded_days import recorded_days
from appliance.planning.records import RecordedDays
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation, simulated_plan
from appliance.planning.what_if import Change, Served, WhatIfError, changed_plan, result, what_if
from appliance.what_if_report import show_what_if
from tests.daemon.acd_process import office
from tests.daemon.stores import Writing, writing

DAY = date(2026, 11, 18)
BEGIN = round(datetime(2026, 11, 18, tzinfo=ZoneInfo("Europe/Madrid")).timestamp() * 1000)
OPEN, CLOSE = BEGIN + 9 * 3_600_000, BEGIN + 18 * 3_600_000
LINE = LineName("operador")
AGENTS = tuple(AgentName(name) for name in ("ana", "luis", "eva"))


class Truth:
    """The day with some agents, written to a store when one is given; how its calls went."""

    def __init__(self, config: Path, seed: int, agents: int, into: Writing | None = None, calls: int = 500) -> None:
        plan = simulated_plan(build_plan(read_configuration(config)))
        self.ends: list[tuple[int, str, bool]] = []
        self._into = into
        rng = random.Random(seed)
        coming = sorted(self._caller(rng) for _ in range(calls))
        ring = random.Random(seed + 1)
        Simulation(plan, lambda: PickUp(ring.randrange(2_000, 9_000), ring.random() < 0.95), self._note).run(
            coming, self._shifts(plan, agents)
        )
        if into is not None:
            into.wait(60)

    @property
    def service_level(self) -> float:
        short = sum(reason == "short_abandon" for _, reason, _ in self.ends)
        return sum(answered and wait_ms <= 20_000 for wait_ms, _, answered in self.ends) / (len(self.ends) - short)

    @property
    def abandoned(self) -> int:
        return sum(reason == "abandoned" for _, reason, _ in self.ends)

    def _note(self, stored: StoreEffect) -> None:
        if isinstance(stored, StoreCdr):
            self.ends.append((stored.cdr.wait_ms, stored.cdr.end_reason, stored.cdr.answered_at > 0))
        if self._into is not None:
            self._into.put(stored)

    def _caller(self, rng: random.Random) -> Caller:
        at_ms, number = rng.randrange(OPEN, CLOSE), f"+346{rng.randrange(10**8):08}"
        talk_ms, wrap_up_ms = int(rng.expovariate(1 / 150_000)), int(rng.expovariate(1 / 5_000))
        return Caller(at_ms, LINE, number, "", rng.expovariate(1 / 90_000), talk_ms, wrap_up_ms)

    def _shifts(self, plan: Plan, agents: int) -> list[Shift]:
        """ana has lunch from 14 to 15 h."""
        names = [agent.name for agent in plan.agents[:agents]]
        day = [Shift(at, name, state) for name in names for at, state in ((OPEN, "ready"), (CLOSE, "logged_out"))]
        noon = OPEN + 5 * 3_600_000
        lunch = [Shift(noon, AgentName("ana"), "not_ready"), Shift(noon + 3_600_000, AgentName("ana"), "ready")]
        return [*day, *lunch]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three agents and after-call work of at most 15 s; a fourth agent is in the file for the truth with one more."""
    path = office(tmp_path_factory.mktemp("what_if"), agents=4)
    text = path.read_text().replace("wrap_up_s = 0.05", "wrap_up_s = 15").replace("auto_login = true\n", "")
    path.write_text(text.replace("short_abandon_s = 0.02", "short_abandon_s = 5"))
    return path


@pytest.fixture(scope="module")
def truth(config: Path) -> Truth:
    data = config.parent / "data"
    data.mkdir(exist_ok=True)
    with writing(data / "centralita.sqlite3") as store:
        return Truth(config, 7, 3, store)


def days_of(config: Path) -> RecordedDays:
    store = open_store(config.parent / "data" / "centralita.sqlite3")
    return recorded_days(store, BEGIN, BEGIN + 24 * 3_600_000)


def plan_of(config: Path) -> Plan:
    return build_plan(read_configuration(config))


def test_what_was_recorded_is_read_back(config: Path, truth: Truth) -> None:
    days = days_of(config)
    assert sorted((call.wait_ms, call.end_reason, call.answered) for call in days.calls) == sorted(truth.ends)
    assert {call.queue for call in days.calls} == {"ventas"} and {call.line for call in days.calls} == {LINE}
    answered = [call for call in days.calls if call.answered]
    outcomes = [ring.outcome for ring in days.rings]
    assert outcomes.count("talked") == len(answered)
    assert 0.01 < outcomes.count("missed") / len(outcomes) < 0.12
    of_ana = [(row.at, row.state) for row in days.presence if row.agent == "ana" and row.state != "ready"]
    assert [state for _, state in of_ana] == ["not_ready", "logged_out"]


def test_the_same_again_is_near_what_happened(config: Path, truth: Truth) -> None:
    found = what_if(days_of(config), plan_of(config), Change(), 20_000)
    assert found.happened.calls == 500 and found.happened.service_level == pytest.approx(truth.service_level)
    assert found.again == found.changed, "no change: the same runs"
    level = found.again["service_level"]
    assert level.low - 0.03 <= truth.service_level <= level.high + 0.03, (level, truth.service_level)
    abandoned = found.again["abandoned"]
    assert abandoned.low - 10 <= truth.abandoned <= abandoned.high + 10, (abandoned, truth.abandoned)


def test_one_more_agent_does_what_one_more_would_have_done(config: Path, truth: Truth) -> None:
    """The truth with four agents has the patience that the records do not tell; the range is to hold it."""
    found = what_if(days_of(config), plan_of(config), Change(agents=1), 20_000)
    four = Truth(config, 7, 4)
    level = found.changed["service_level"]
    assert four.service_level > truth.service_level + 0.1, "one more makes a difference here"
    assert level.low - 0.03 <= four.service_level <= level.high + 0.03, (level, four.service_level)
    assert found.changed["abandoned"].low - 8 <= four.abandoned <= found.changed["abandoned"].high + 8


def test_one_fewer_is_one_of_those_who_were_there_and_makes_everybody_wait(config: Path, truth: Truth) -> None:
    """paco is the last of the queue and was not there that day: without him all would be as it was."""
    days = days_of(config)
    found = what_if(days, plan_of(config), Change(agents=-1), 20_000, runs=5)
    assert found.agents_left_out == ("eva",)
    assert found.changed["service_level"].high < found.again["service_level"].low
    assert found.changed["abandoned"].low > found.again["abandoned"].high


def test_the_same_question_has_the_same_answer(config: Path, truth: Truth) -> None:
    days = days_of(config)
    first, second = (what_if(days, plan_of(config), Change("ring_all", 1), 20_000, runs=3) for _ in range(2))
    assert first == second


def test_what_cannot_be_tried_is_refused_with_the_reason(config: Path) -> None:
    plan = plan_of(config)
    with pytest.raises(WhatIfError, match="no queue averias; there are: ventas"):
        changed_plan(plan, Change(queues=(QueueName("averias"),)), AGENTS)
    with pytest.raises(WhatIfError, match="ventas had 3 agents on these days: nobody would be left"):
        changed_plan(plan, Change(agents=-3), AGENTS)
    with pytest.raises(WhatIfError, match="no call came to a queue"):
        what_if(RecordedDays(0, 1, (), (), ()), plan, Change(), 20_000)


def test_no_figure_where_there_is_nothing_to_divide_by() -> None:
    assert (result([], 20_000).service_level, result([], 20_000).asa_ms) == (-1, -1)


def test_who_hung_up_before_the_queue_is_not_of_its_service_level() -> None:
    in_time, in_the_greeting = Served(True, 1_000, True, "answered"), Served(False, 0, False, "short_abandon")
    found = result([in_time, in_the_greeting, in_the_greeting, Served(True, 9, False, "box_restarted")], 20_000)
    assert (found.calls, found.offered, found.answered, found.short_abandoned, found.overflowed) == (4, 2, 1, 0, 0)
    assert found.service_level == 0.5


def test_the_report_says_it_in_words(config: Path, truth: Truth, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_what_if(config, DAY, DAY, Change("round_robin", 1, (QueueName("ventas"),)), 20, "es") == 0
    told = capsys.readouterr().out
    assert "Del 2026-11-18 al 2026-11-18: por turnos, +1 agentes, en Ventas" in told
    assert "atendidas en 20 s" in told and "OTRA VEZ IGUAL" in told and "Kaplan-Meier" in told
    assert show_what_if(config, DAY, DAY, Change(agents=1), 20, "en", as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["happened"]["calls"] == 500
    assert show_what_if(config, DAY, date(2026, 11, 17), Change(), 20, "es") == 1
    assert "give days in order" in capsys.readouterr().err
    assert show_what_if(config, date(2026, 1, 1), date(2026, 1, 2), Change(), 20, "es") == 1
    assert "no call came" in capsys.readouterr().err
    assert show_what_if(config, DAY, DAY, Change(), float("nan"), "es") == 1
    assert "--target nan: give the seconds" in capsys.readouterr().err


def test_known_callers_come_to_the_queue_they_came_to_then(config: Path, truth: Truth) -> None:
    """Who is blocked today, or has a way of their own since, came and waited on those days."""
    days, plan = days_of(config), plan_of(config)
    routed = replace(plan, caller_prefixes={"+346": CallerPlan(blocked=True), "+34": CallerPlan(menu="otro")})
    change = Change()
    assert what_if(days, routed, change, 20_000, 1).again == what_if(days, plan, change, 20_000, 1).again


def test_a_menu_on_the_way_does_not_stop_the_replay(config: Path, truth: Truth) -> None:
    """Nobody presses keys again: who comes to a menu from a queue goes where it leads by itself."""
    days, plan = days_of(config), plan_of(config)
    menu = MenuPlan("otro", ("greeting",), retries=0, on_timeout=Destination("voicemail"))
    queue = replace(plan.queues[0], max_wait_ms=30_000, on_max_wait=Destination("menu", menu="otro"))
    led = replace(plan, queues=(queue, *plan.queues[1:]), menus={"otro": menu})
    sent_on = what_if(days, led, Change(), 20_000, 1).again["overflowed"].middle
    assert sent_on > what_if(days, plan, Change(), 20_000, 1).again["overflowed"].middle
