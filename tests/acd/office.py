"""A small office around an Acd for tests: people do things by name, the strict fake switch answers at once.

Time stands still until the test moves it. Every input is kept, so that a test can replay what happened.
"""

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    ClockSet,
    DaemonStarted,
    Input,
    LegCause,
    LegHeld,
    PlayFinished,
    StationChanged,
    SwitchStarted,
    Tick,
)
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan, StationPlan
from tests.fake_switch import FakeSwitch

NOON_UTC_MS = 1_795_345_200_000
"""2026-11-22T11:00:00Z, noon in Madrid, a Sunday."""
START_MS = 1_000_000


def small_plan(*queues: QueuePlan, agents: str = "ana bob eva", **changes: object) -> Plan:
    """Agents ana, bob, … at desk-ana, desk-bob, …, two lines to the first queue, and a SIP trunk with two numbers."""
    names = agents.split()
    all_agents = tuple(AgentName(name) for name in names)
    queues = queues or (QueuePlan(QueueName("ventas"), "Ventas", all_agents),)
    first = queues[0].name
    fields: dict[str, object] = {
        "box": "oficina",
        "queues": queues,
        "agents": tuple(
            AgentPlan(AgentName(name), name.title(), str(100 + i), "12", StationName(f"desk-{name}"))
            for i, name in enumerate(names)
        ),
        "stations": tuple(
            StationPlan(StationName(f"desk-{name}"), str(200 + i), always_reachable=True)
            for i, name in enumerate(names)
        ),
        "lines": (
            LinePlan(LineName("gsm1"), "in", first),
            LinePlan(LineName("gsm2"), "out", first),
            LinePlan(LineName("trunk"), "both", first, did={f"90{i}": queue.name for i, queue in enumerate(queues)}),
        ),
    }
    return Plan(**{**fields, **changes})  # type: ignore[arg-type]


def ventas(agents: str = "ana bob eva", /, **changes: object) -> QueuePlan:
    return QueuePlan(QueueName("ventas"), "Ventas", tuple(AgentName(name) for name in agents.split()), **changes)  # type: ignore[arg-type]


class Office:
    def __init__(self, plan: Plan | None = None, *, through: bool = True) -> None:
        """`through`: callers' paths open at once when they are answered, as they do on the way a test is not about."""
        self.acd = Acd(plan or small_plan())
        self.switch = FakeSwitch()
        self.now_ms = START_MS
        self.through = through
        self.dead_stations: set[str] = set()
        """Stations of which nothing is heard when they are rung."""
        self.inputs: list[tuple[Input, int]] = []
        self.stored: list[e.StoreEffect] = []
        self.shown: list[e.DeskEffect] = []
        self.do(DaemonStarted(1))
        self.do(ClockSet(NOON_UTC_MS - START_MS, True))
        self.do(SwitchStarted("s1"))

    # time and inputs

    def do(self, input: Input) -> None:
        """Give one input, carry out what it leads to, and give what the switch says of that."""
        said: list[Input] = [input]
        while said:
            one = said.pop(0)
            self.inputs.append((one, self.now_ms))
            effects = self.acd.handle(one, self.now_ms)
            self.stored += effects.store
            self.shown += effects.desk
            for effect in effects.switch:
                answers = self.switch.carry_out(effect)
                silent = isinstance(effect, e.AnswerLeg) and not self.through
                dead = isinstance(effect, e.RingStation) and effect.station in self.dead_stations
                said += [] if silent or dead else answers

    def wait(self, ms: int) -> None:
        """Let time pass, waking the ACD at each of its deadlines."""
        until_ms = self.now_ms + ms
        while (due_ms := self.acd.next_deadline()) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self.do(Tick())
        self.now_ms = until_ms

    # people

    def sits_down(self, *agents: str) -> None:
        for agent in agents:
            self.do(AgentLogin(AgentName(agent), pin="12"))

    def calls(self, number: str = "600111222", line: str = "gsm1", called: str = "") -> LegId:
        offer = self.switch.offer(line, number, called)
        self.do(offer)
        return offer.leg

    def lifts(self, agent: str) -> LegId:
        leg = self.ringing_leg(agent)
        for said in self.switch.lift(leg):
            self.do(said)
        return leg

    def ends(self, leg: LegId, cause: LegCause = "normal") -> None:
        for said in self.switch.end(leg, cause):
            self.do(said)

    def hangs_up(self, agent: str, cause: LegCause = "normal") -> None:
        leg = self.acd.state.agents[AgentName(agent)].leg
        assert leg is not None, f"{agent} is on no call"
        self.ends(leg, cause)

    def holds(self, agent: str, held: bool = True) -> None:
        leg = self.acd.state.agents[AgentName(agent)].leg
        assert leg is not None, f"{agent} is on no call"
        self.do(LegHeld(leg, held))

    def hears_to_the_end(self, leg: LegId) -> None:
        token = self.switch.legs[leg].playing
        assert token, f"nothing is being played to {leg}"
        self.switch.legs[leg].playing = ""
        self.do(PlayFinished(leg, token))

    def station(self, agent: str, health: str, *, off_hook: bool = False) -> None:
        self.do(StationChanged(StationName(f"desk-{agent}"), health, off_hook))  # type: ignore[arg-type]

    def dials(self, agent: str, digits: str) -> LegId:
        dialled = self.switch.dial(f"desk-{agent}", digits)
        self.do(dialled)
        return dialled.leg

    # what is

    def ringing_leg(self, agent: str) -> LegId:
        legs = [leg.leg for leg in self.switch.ringing() if leg.station == f"desk-{agent}"]
        assert legs, f"{agent}'s station does not ring; ringing: {self.ringing()}"
        return legs[0]

    def ringing(self) -> list[str]:
        return [str(leg.station).removeprefix("desk-") for leg in self.switch.ringing()]

    def agent(self, name: str) -> str:
        """State, with its reason: `ready`, `not_ready missed`."""
        agent = self.acd.state.agents[AgentName(name)]
        return f"{agent.state} {agent.reason}".strip()

    def call_state(self, number: int = 1) -> str:
        call = self.acd.state.calls.get(CallId(f"oficina-{number}"))
        return call.state if call is not None else "over"

    def cdrs(self) -> list[e.Cdr]:
        return [stored.cdr for stored in self.stored if isinstance(stored, e.StoreCdr)]

    def cdr(self) -> e.Cdr:
        (only,) = self.cdrs()
        return only

    def decisions(self, kind: str = "") -> list[e.Decision]:
        found = [stored.decision for stored in self.stored if isinstance(stored, e.StoreDecision)]
        return [decision for decision in found if not kind or decision.kind == kind]

    def reasons(self, kind: str) -> list[str]:
        return [decision.reason for decision in self.decisions(kind)]

    def worklist(self) -> dict[str, str]:
        """Number -> reason of the open items, as stored."""
        items: dict[str, str] = {}
        for stored in self.stored:
            if isinstance(stored, e.StoreWorklistItem):
                items[stored.number] = stored.reason
            elif isinstance(stored, e.CloseStoredWorklistItem):
                items.pop(stored.number, None)
        return items

    def talking(self, caller: LegId, agent_leg: LegId) -> bool:
        return self.switch.hear_each_other(caller, agent_leg)


def adds_up(cdr: e.Cdr) -> bool:
    parts = cdr.ivr_ms + cdr.wait_ms + cdr.talk_ms + cdr.hold_ms + cdr.voicemail_ms
    return parts == cdr.ended_at - cdr.offered_at and cdr.ring_ms <= cdr.wait_ms
