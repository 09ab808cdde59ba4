"""Between the ACD and the limits: what is asked about which leg, and what a death at the worst moment leaves."""

from dataclasses import replace
from pathlib import Path

from appliance.acd.effects import DialLine, DialWithheld
from appliance.acd.ids import AgentName, LegId, LineName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    CallBack,
    ClockSet,
    DigitPressed,
    Input,
    LegAnswered,
    LegEnded,
    LegOffered,
    LineChanged,
    StationDialled,
    SwitchLost,
    SwitchStarted,
    TestLine,
)
from appliance.acd.money_inputs import DialRefused, MoneyLow, MoneyOut
from appliance.acd.plan import CallbackPlan, Destination
from appliance.billing.limit_terms import Group, Guard, Limit
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration.file import Configuration
from appliance.daemon.authoriser import Authoriser
from appliance.daemon.journal import Entry
from appliance.daemon.machine import Asked, Machine
from appliance.daemon.settings import Settings
from appliance.daemon.spent_queries import StoredCost
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office
from tests.acd.office import NOON_UTC_MS, START_MS, small_plan, ventas
from tests.acd.test_calling_out import LINES

NUMBER = "910111222"
OFFICE = Office("oficina", RateTable([Rate("fuera", "out", "", None, "", 0, 600_000)], "EUR"))
"""0.60 for each minute that has begun."""


class Box:
    """A machine, its store, and the authoriser between; no process. Ana sits at her desk, two lines go out."""

    def __init__(self, folder: Path, *limits: Limit, guard: Guard | None = None) -> None:
        outside = {"4": Destination("number", number=NUMBER)}
        queue = ventas("ana", exit_keys=outside, callback=CallbackPlan(first="customer"))
        self.settings = Settings(
            small_plan(queue, lines=LINES, emergency=("112",)), OFFICE, "es", folder, folder, Configuration()
        )
        self.settings = replace(self.settings, limits=limits, guard=guard or Guard())
        self.store = Store(self.settings.store, OFFICE, lambda: NOON_UTC_MS)
        self.machine, self.now_ms = Machine(self.settings.plan, 1), START_MS
        self.money = Authoriser(self.machine, self.store)
        login = AgentLogin(AgentName("ana"), pin="12")
        for input in (ClockSet(NOON_UTC_MS - START_MS, True), SwitchStarted("s1"), login):
            self.machine.handle(Entry(self.now_ms, input))
        for line in LINES:
            self.machine.handle(Entry(self.now_ms, LineChanged(line.name, "up")))
        self.money.begin(self.settings, self.now_ms, sent=True)

    def handle(self, input: Input) -> tuple[Asked, list[DialRefused]]:
        entry = Entry(self.now_ms, input)
        asked = self.machine.handle(entry)
        return asked, self.money.heard(entry, asked)

    def dials(self) -> list[DialRefused]:
        return self.handle(StationDialled(LegId("s1-1"), StationName("desk-ana"), NUMBER))[1]

    def dialled(self) -> LegId:
        """The leg that goes out."""
        return next(leg.id for leg in self.machine.acd.state.legs.values() if leg.state == "dialling")

    def dies(self) -> None:
        """And is there again, from its snapshot; nothing else is left."""
        self.machine = Machine.from_snapshot(self.machine.snapshot("boot", "code", ()))
        self.money = Authoriser(self.machine, self.store)
        self.money.begin(self.settings, self.now_ms, sent=False)

    def left(self) -> int:
        """Of the only limit, to ana's calls."""
        limits = self.money._limits
        assert limits is not None
        (left,) = limits.left(Group("gsm2", "ana", "", ""), NOON_UTC_MS).values()
        return left


DAY = Limit("dia", "day", 1_000_000)
NOTHING = Limit("dia", "day", 100_000)


def test_what_was_journalled_and_never_sent_is_asked_about_when_the_switch_is_back(tmp_path: Path) -> None:
    """Killed after the call was decided on, before it was in the journal that it is refused."""
    box = Box(tmp_path, NOTHING)
    box.machine.handle(Entry(box.now_ms, StationDialled(LegId("s1-1"), StationName("desk-ana"), NUMBER)))
    numbers = [frame.seq for frame in box.machine.unacknowledged]
    box.dies()
    (refused,) = box.money.switch_is_back(box.now_ms)
    assert (refused.reason, refused.left_micros) == ("limit", 100_000)
    box.handle(refused)
    kinds = [type(frame.effect) for frame in box.machine.unacknowledged]
    assert DialLine not in kinds and kinds.count(DialWithheld) == 1
    assert [frame.seq for frame in box.machine.unacknowledged][: len(numbers)] == numbers, "no number is left out"
    assert box.machine.acd.state.calls == {}


def test_what_the_switch_has_carried_out_is_up_whatever_is_left(tmp_path: Path) -> None:
    box = Box(tmp_path, DAY)
    assert box.dials() == []
    assert box.left() == 400_000
    box.dies()
    assert box.left() == 1_000_000, "perhaps it was never dialled"
    box.machine.done_by_switch(box.machine.next_effect)
    assert box.money.switch_is_back(box.now_ms) == [] and box.left() == 400_000
    box.handle(LegAnswered(box.dialled()))
    box.dies()
    assert box.left() == 400_000


def test_a_new_switch_and_what_it_found_keep_their_money(tmp_path: Path) -> None:
    box = Box(tmp_path, DAY)
    box.dials()
    leg = box.dialled()
    box.handle(LegAnswered(leg))
    box.now_ms += 1_000
    box.handle(SwitchLost())
    assert box.money.next_ms() is None, "nobody could be told"
    box.handle(SwitchStarted("s2"))
    assert box.money._limits is not None and box.money._limits.up == []


def test_a_line_test_and_a_forwarded_caller_count_on_the_line_they_use(tmp_path: Path) -> None:
    box = Box(tmp_path, Limit("linea", "day", 700_000, line="gsm2"))
    _, refused = box.handle(TestLine(LineName("gsm2"), NUMBER, "doctor"))
    assert refused == []
    test = box.dialled()
    box.handle(LegAnswered(test))
    box.now_ms += 2_000
    box.handle(LegEnded(test, "normal"))
    box.handle(LegOffered(LegId("s1-9"), LineName("gsm1"), "600111222", ""))
    box.handle(LegAnswered(LegId("s1-9")))
    asked, refused = box.handle(DigitPressed(LegId("s1-9"), "4"))
    assert any(isinstance(frame.effect, DialLine) for frame in asked.switch)
    assert [(one.reason, one.left_micros, one.other_line) for one in refused] == [("limit", 100_000, True)]
    asked, refused = box.handle(refused[0])
    assert [frame.effect.line for frame in asked.switch if isinstance(frame.effect, DialLine)] == ["trunk"]
    assert refused == []


def test_an_agent_kept_free_for_a_customer_is_whose_call_it_is(tmp_path: Path) -> None:
    box = Box(tmp_path, Limit("agente", "day", 500_000, agent="ana"))
    _, refused = box.handle(CallBack(NUMBER, "jefa"))
    assert [one.limit for one in refused] == ["agente"]


def test_an_emergency_is_not_asked_about(tmp_path: Path) -> None:
    box = Box(tmp_path, NOTHING)
    asked, refused = box.handle(StationDialled(LegId("s1-1"), StationName("desk-ana"), "112"))
    assert refused == [] and any(isinstance(frame.effect, DialLine) for frame in asked.switch)


def test_it_is_warned_of_and_cut_in_time(tmp_path: Path) -> None:
    box = Box(tmp_path, DAY)
    box.dials()
    leg = box.dialled()
    box.handle(LegAnswered(leg))
    box.now_ms += 45_000
    assert box.money.next_ms() == box.now_ms
    assert box.money.due(box.now_ms) == [MoneyLow(leg, "dia", 14_000)]
    assert box.money.due(box.now_ms) == []
    box.now_ms += 14_000
    assert box.money.due(box.now_ms) == [MoneyOut(leg, "dia")]


def test_without_limits_nothing_is_read_or_kept(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert box.dials() == [] and box.money.next_ms() is None and box.money.due(box.now_ms) == []
    assert not box.store.tells_costs and box.money.switch_is_back(box.now_ms) == []
    box.money.costs_stored()


def test_a_store_that_cannot_be_read_keeps_nobody_from_calling(tmp_path: Path) -> None:
    box = Box(tmp_path, DAY)
    box.settings = replace(box.settings, data_dir=tmp_path / "gone")
    box.money.begin(box.settings, box.now_ms, sent=True)
    assert box.dials() == [] and box.left() == 400_000
    mine = Group("gsm2", "ana", "", "")
    box.store.costs_stored.append(StoredCost(1, "oficina-1", NOON_UTC_MS, ((mine, 300_000),)))
    box.money.costs_stored()
    assert box.left() == 700_000, "what it cost instead of what was reserved"
    box.settings = replace(box.settings, data_dir=tmp_path)
    box.money.begin(box.settings, box.now_ms, sent=True)
    assert box.left() == 400_000, "the call is up, and the store has nothing"
