"""The transition tables of calls and agents: complete, with no way into a corner, and illegal steps raise."""

from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from appliance.acd import agents, calls
from appliance.acd.acd import Effects
from appliance.acd.ids import AgentName, CallId, ContactId, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    ClockSet,
    ContactAccepted,
    ContactClosed,
    ContactOffered,
    ContactRejected,
    DigitPressed,
    EndWrapUp,
    ExtendWrapUp,
    HangUpCall,
    Input,
    LegAnswered,
    LegHeld,
    LineChanged,
    LineHealth,
    SetDisposition,
    SetNightMode,
    StationChanged,
)
from appliance.acd.plan import (
    AgentPlan,
    CallbackPlan,
    CallerPlan,
    Destination,
    Hours,
    LookupEntry,
    MenuPlan,
    OpenSpan,
    PausePlan,
    QueuePlan,
    ShiftPlan,
)
from appliance.acd.snapshot import decode, encode
from appliance.acd.state import Agent, Call
from appliance.acd.turn import IllegalTransition, Turn
from appliance.acd.view import AgentStateName, CallStateName
from tests.acd.office import Office, small_plan, ventas
from tests.invariants import check


def a_turn() -> Turn:
    one = Office()
    return Turn(one.acd.state, one.acd._deadlines, one.now_ms, [], [])


@pytest.mark.parametrize("state", get_args(AgentStateName))
@pytest.mark.parametrize("event", get_args(agents.AgentEvent))
def test_an_agents_step_is_in_the_table_or_raises(state: AgentStateName, event: agents.AgentEvent) -> None:
    turn = a_turn()
    agent = Agent(turn.state.plan.agents[0], state=state)
    if (state, event) in agents.TABLE:
        agents.move(turn, agent, event)
        assert agent.state == agents.TABLE[state, event]
    else:
        with pytest.raises(IllegalTransition, match=f"{event} while {state}"):
            agents.move(turn, agent, event)


@pytest.mark.parametrize("state", get_args(CallStateName))
@pytest.mark.parametrize("event", get_args(calls.CallEvent))
def test_a_calls_step_is_in_the_table_or_raises(state: CallStateName, event: calls.CallEvent) -> None:
    turn = a_turn()
    call = Call(CallId("x-1"), 1, turn.state.plan.lines[0].name, "", "", "", LegId("l"), 0, state)
    if (state, event) in calls.TABLE:
        calls.move(turn, call, event)
        assert calls.TABLE[state, event] in (call.state, "ended")
        assert sum(call.spent_ms.values()) == turn.now_ms
    else:
        with pytest.raises(IllegalTransition, match=f"{event} while {state}"):
            calls.move(turn, call, event)


def test_every_state_can_be_reached_and_left() -> None:
    for table, first, states in (
        (agents.TABLE, "logged_out", get_args(AgentStateName)),
        (calls.TABLE, "offered", (*get_args(CallStateName), "ended")),
    ):
        steps = {(str(old), str(new)) for (old, _), new in table.items()}
        reached = {first}
        while new := {b for a, b in steps if a in reached} - reached:
            reached |= new
        assert reached == set(states)
        assert {a for a, _ in steps} == set(states) - {"ended"}


AGENTS = ("ana", "bob", "eva")
ANSWERS = ("take", "reject", "close")
COMMANDS = ("in", "out", "pause", "resume", "wrap_up", "extend", "disposition")


def agents_time() -> dict[str, Any]:
    """Shifts, pauses and times so near noon, when the office opens, that they come while things happen."""
    names = tuple(AgentName(name) for name in AGENTS)
    morning = tuple(OpenSpan((6,), minute, minute + 1) for minute in range(720, 740, 2))
    return {
        "agents": tuple(
            AgentPlan(
                name,
                name,
                str(100 + n),
                "12",
                StationName(f"desk-{name}"),
                capacity={"message": n},
                messages_while_on_call=n == 1,
                calls_while_in_conversation=n == 1,
                shifts=("manana",) if n == 0 else (),
            )
            for n, name in enumerate(names)
        ),
        "shifts": {"manana": ShiftPlan("manana", Hours("Europe/Madrid", morning), 10_000)},
        "pauses": (
            PausePlan("cafe", "1", limit_ms=20_000, day_limit_ms=50_000, at_once=2, when_over="resume"),
            PausePlan("comida", "2", limit_ms=30_000, at_minutes=(722, 725, 729), at_weekdays=(6,), at_agents=names),
        ),
        "time_zone": "Europe/Madrid",
    }


class AnyOrder(RuleBasedStateMachine):
    """People and devices do anything in any order: no step is illegal, and the invariants hold."""

    def __init__(self) -> None:
        super().__init__()
        made = small_plan(
            ventas(
                max_wait_ms=40_000,
                on_max_wait=Destination("voicemail"),
                max_length=2,
                missed_rings_limit=2,
                exit_keys={"1": Destination("callback"), "2": Destination("number", number="911222333")},
                callback=CallbackPlan("customer", attempts=2, retry_ms=20_000),
                resume_ms=30_000,
            ),
            QueuePlan(
                QueueName("soporte"),
                "Soporte",
                (AgentName("bob"), AgentName("eva")),
                strategy="ring_all",
                greeting_first=True,
                on_full=Destination("queue", QueueName("ventas")),
                exit_keys={"1": Destination("menu", menu="principal"), "3": Destination("callback")},
                callback=CallbackPlan("agent", attempts=1),
                whisper=("wait",),
                wrap_up_needs_disposition=True,
                wrap_up_longest_ms=30_000,
            ),
            menus={
                "principal": MenuPlan(
                    "principal",
                    ("greeting",),
                    {
                        "1": Destination("queue", QueueName("ventas")),
                        "2": Destination("menu", menu="cliente"),
                        "3": Destination("voicemail"),
                    },
                    {"2": "en"},
                    retries=1,
                    on_timeout=Destination("queue", QueueName("soporte")),
                ),
                "cliente": MenuPlan(
                    "cliente",
                    keys={"*": Destination("menu", menu="principal")},
                    min_digits=2,
                    max_digits=3,
                    lookup="clientes",
                    on_found=Destination("queue", QueueName("soporte")),
                    on_not_found=Destination("menu", menu="principal"),
                ),
            },
            lookups={"clientes": {"12": LookupEntry(), "123": LookupEntry(priority=1)}},
            country_code="34",
            national_digits=9,
            emergency=("112",),
            callers={"600000003": CallerPlan(menu="principal"), "600000002": CallerPlan(segment="vip", priority=1)},
        )
        self.office = Office(replace(made, **agents_time()), through=False)
        self.give(LineChanged(LineName("trunk"), "up"))

    def give(self, input: Input) -> None:
        self.office.do(input)

    @rule(number=st.integers(0, 3), called=st.sampled_from(("900", "901")))
    def a_caller_comes(self, number: int, called: str) -> None:
        self.office.calls(f"60000000{number}", "trunk", called)

    @rule(data=st.data(), keys=st.sampled_from(("1", "2", "3", "9", "2*", "212#", "2123", "299", "A")))
    @precondition(lambda self: self.office.switch.up())
    def keys_are_pressed(self, data: st.DataObject, keys: str) -> None:
        leg = data.draw(st.sampled_from(self.office.switch.up())).leg
        for pressed in keys:
            self.give(DigitPressed(leg, pressed))

    @rule(data=st.data())
    @precondition(lambda self: self.office.switch.up())
    def something_happens_to_a_leg(self, data: st.DataObject) -> None:
        leg = data.draw(st.sampled_from(self.office.switch.up()))
        does = ("end", "lose", "lift", "rings", "answers", "busy", "fails", "through", "hold", "take_back", "heard")
        what = data.draw(st.sampled_from(does))
        if what == "end":
            self.office.ends(leg.leg)
        elif what == "lose":
            self.office.ends(leg.leg, "media_timeout")
        elif what == "lift":
            for said in self.office.switch.lift(leg.leg):
                self.give(said)
        elif what in ("rings", "answers"):
            for said in self.office.switch.far_end(leg.leg, what):
                self.give(said)
        elif what in ("busy", "fails"):
            self.office.ends(leg.leg, "busy" if what == "busy" else "congestion")
        elif what == "through" and leg.state == "answered":
            self.give(LegAnswered(leg.leg))
        elif what in ("hold", "take_back"):
            self.give(LegHeld(leg.leg, what == "hold"))
        elif what == "heard" and leg.playing:
            self.office.hears_to_the_end(leg.leg)

    @rule(agent=st.sampled_from(AGENTS), what=st.sampled_from(COMMANDS))
    def an_agent_does_something(self, agent: str, what: str) -> None:
        name = AgentName(agent)
        commands: dict[str, Input] = {
            "in": AgentLogin(name, pin="12"),
            "out": AgentLogout(name),
            "pause": AgentPause(name, "cafe"),
            "resume": AgentResume(name),
            "wrap_up": EndWrapUp(name),
            "extend": ExtendWrapUp(name),
            "disposition": SetDisposition(name, "venta"),
        }
        self.give(commands[what])

    @rule(agent=st.sampled_from(AGENTS), up=st.booleans(), off_hook=st.booleans())
    def a_station_changes(self, agent: str, up: bool, off_hook: bool) -> None:
        self.give(StationChanged(StationName(f"desk-{agent}"), "up" if up else "unreachable", off_hook))

    @rule(agent=st.sampled_from(AGENTS), code=st.sampled_from(("*45", "*461", "*46", "*47", "*48", "*57", "*28")))
    def a_code_is_dialled(self, agent: str, code: str) -> None:
        if not any(leg.station == f"desk-{agent}" for leg in self.office.switch.up()):
            self.office.dials(agent, code)

    @rule(agent=st.sampled_from(AGENTS), number=st.sampled_from(("112", "600000001", "+34600000002", "900")))
    def a_number_is_dialled(self, agent: str, number: str) -> None:
        if not any(leg.station == f"desk-{agent}" for leg in self.office.switch.up()):
            self.office.dials(agent, number)

    @rule(health=st.sampled_from(("up", "down")))
    def the_trunk_changes(self, health: LineHealth) -> None:
        self.give(LineChanged(LineName("trunk"), health))

    @rule(on=st.booleans())
    def night_falls_or_ends(self, on: bool) -> None:
        self.give(SetNightMode(on))

    @rule(name=st.sampled_from(("m1", "m2", "m3")), queue=st.sampled_from(("ventas", "soporte")))
    def a_customer_writes(self, name: str, queue: str) -> None:
        self.give(ContactOffered(ContactId(name), QueueName(queue)))

    @rule(name=st.sampled_from(("m1", "m2", "m3")), agent=st.sampled_from(AGENTS), what=st.sampled_from(ANSWERS))
    def something_happens_to_a_message(self, name: str, agent: str, what: str) -> None:
        contact, who = ContactId(name), AgentName(agent)
        answers: dict[str, Input] = {
            "take": ContactAccepted(contact, who),
            "reject": ContactRejected(contact, who),
            "close": ContactClosed(contact),
        }
        self.give(answers[what])

    @rule(step_ms=st.sampled_from((-120_000, -30_000, 30_000, 120_000)))
    def the_clock_steps(self, step_ms: int) -> None:
        self.give(ClockSet(self.office.acd.state.utc_offset_ms + step_ms, True))

    @rule()
    def the_boss_hangs_up_a_call(self) -> None:
        for call in list(self.office.acd.state.calls)[:1]:
            self.give(HangUpCall(call, "jefa"))

    @rule(ms=st.sampled_from((1, 900, 5_000, 21_000, 61_000)))
    def time_passes(self, ms: int) -> None:
        self.office.wait(ms)

    @invariant()
    def everything_is_in_order(self) -> None:
        check(self.office.acd, Effects([], self.office.stored))
        self.office.stored.clear()

    @invariant()
    def a_snapshot_is_the_state(self) -> None:
        state = self.office.acd.state
        assert decode(encode(state)) == state


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
