"""Plays the call stories of `stories/*.txt`: their form is in the README beside them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.acd.ids import AgentName, LegId, LineName
from appliance.acd.inputs import AgentLogout, AgentPause, AgentResume, DigitPressed, EndWrapUp
from appliance.acd.plan import LinePlan, MenuPlan, Plan
from appliance.daemon.plan_menus import destination
from tests.acd.office import START_MS, Office, adds_up, small_plan, ventas

STORIES = sorted((Path(__file__).parent / "stories").glob("*.txt"))
TIMED = re.compile(r"(\d+):(\d\d)\s+(= )?(.*)")


class Story:
    def __init__(self, text: str) -> None:
        self.lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        agents = self._head("agents") or "ana bob eva"
        changes = dict(pair.split("=") for pair in self._head("queue").split())
        plan = small_plan(
            ventas(agents, **{key: int(value) if value.isdigit() else value for key, value in changes.items()}),
            agents=agents,
        )
        menu = dict(pair.split("=") for pair in self._head("menu").split())
        self.office = Office(_with_menu(plan, menu) if menu else plan)
        self.legs: dict[str, LegId] = {}
        self.agents = agents.split()

    def _head(self, name: str) -> str:
        return next((line.partition(":")[2].strip() for line in self.lines if line.startswith(f"{name}:")), "")

    def play(self) -> None:
        for line in self.lines:
            timed = TIMED.fullmatch(line)
            if timed is not None:
                minutes, seconds, expected, what = timed.groups()
                at_ms = START_MS + (int(minutes) * 60 + int(seconds)) * 1_000
                assert at_ms >= self.office.now_ms, f"{line}: told out of order"
                self.office.wait(at_ms - self.office.now_ms)
                (self._expect if expected else self._happen)(what)
        records = [line.partition(": ")[2] for line in self.lines if line.startswith("record:")]
        assert records == [self._record(number) for number in range(len(self.office.cdrs()))]
        listed = ", ".join(f"{number} {reason}" for number, reason in self.office.worklist().items())
        assert self._head("worklist") == (listed or "nobody")

    def _happen(self, what: str) -> None:
        who, _, does = what.partition(" ")
        office = self.office
        if who in self.agents:
            agent = AgentName(who)
            deeds: dict[str, Callable[[], object]] = {
                "sits down": lambda: office.sits_down(who),
                "lifts": lambda: office.lifts(who),
                "rejects": lambda: office.ends(office.ringing_leg(who), "rejected"),
                "hangs up": lambda: office.hangs_up(who),
                "holds": lambda: office.holds(who),
                "takes back": lambda: office.holds(who, False),
                "loses the phone": lambda: office.hangs_up(who, "media_timeout"),
                "pauses": lambda: office.do(AgentPause(agent, "cafe")),
                "resumes": lambda: office.do(AgentResume(agent)),
                "logs out": lambda: office.do(AgentLogout(agent)),
                "ends wrap-up": lambda: office.do(EndWrapUp(agent)),
            }
            deeds[does]()
        elif does == "calls":
            self.legs[who] = office.calls(who, "trunk")
        elif does.startswith("presses "):
            for key in does.removeprefix("presses "):
                office.do(DigitPressed(self.legs[who], key))
        elif does == "hears the menu":
            office.hears_to_the_end(self.legs[who])
        else:
            office.ends(self.legs[who], {"hangs up": "normal", "loses the line": "line_lost"}[does])  # type: ignore[arg-type]

    def _expect(self, what: str) -> None:
        who, _, state = what.partition(" ")
        if who == "ringing:":
            assert (" ".join(sorted(self.office.ringing())) or "nobody") == state
        elif who in self.agents:
            assert self.office.agent(who) == state, what
        else:
            states = {call.caller: call.state for call in self.office.acd.state.calls.values()}
            assert states.get(who, "over") == state, what

    def _record(self, number: int) -> str:
        cdr = self.office.cdrs()[number]
        assert adds_up(cdr)
        by = f" by {cdr.agent}" if cdr.agent is not None else ""
        return f"{cdr.caller} {cdr.end_reason}{by}, waited {cdr.wait_ms // 1000} s, talked {cdr.talk_ms // 1000} s"


def _with_menu(plan: Plan, changes: dict[str, str]) -> Plan:
    """The trunk leads to a menu: keys, and what is `on_…`, as the configuration writes them; numbers as in MenuPlan."""
    keys = {key: destination(to) for key, to in changes.items() if len(key) == 1}
    rest = {
        key: int(value) if value.isdigit() else destination(value) for key, value in changes.items() if len(key) > 1
    }
    menu = MenuPlan("principal", ("welcome",), keys, **rest)  # type: ignore[arg-type]
    trunk = LinePlan(LineName("trunk"), "both", menu="principal")
    return replace(plan, menus={"principal": menu}, lines=(*plan.lines[:2], trunk))


@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_story(file: Path) -> None:
    Story(file.read_text()).play()
