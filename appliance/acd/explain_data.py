"""Why, as data: a stored decision with everything a program needs, its codes and its sentences side by side.

The shape is a promise to whoever reads it (`why --json`, the page's API): fields are added, never renamed, taken away
or given another meaning, unless `SHAPE` is raised. Codes are those of the trade and never translated; `because` and
`sentence` are in the language asked for.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.effects import Decision, DecisionKind
from appliance.acd.explain import CHOSE, about_agent, tell, why_excluded, why_rung
from appliance.acd.explain_lines import passed_over_by, why_passed_over
from appliance.acd.ids import AgentName, CallId, LineName, QueueName
from appliance.acd.plan import Language

SHAPE = 1

TieBreak = Literal["", "nothing", "order", "turn", "idle_ms", "calls", "talk_ms", "tickets", "chance"]
"""What decided between those who could be rung, which is what each one's `measure` is.

nothing: there was no choice to make. order: the queue's own. turn: after whom was rung last. idle_ms: the longest.
calls, talk_ms: the fewest, the least of the local day (and the longest idle of the equal). tickets: drawn, each with so
many. chance: drawn, all alike. "" for a decision that chose nobody, and for a reason of a newer version.
"""
TIE_BREAKS: dict[str, TieBreak] = {
    "only_one_free": "nothing",
    "only_one_of_tier": "nothing",
    "all_free": "nothing",
    "last_agent": "nothing",
    "reserved": "nothing",
    "asked_for": "nothing",
    "first_in_order": "order",
    "next_in_order": "order",
    "next_in_turn": "turn",
    "longest_idle": "idle_ms",
    "longest_idle_then_order": "idle_ms",
    "next_to_ring": "idle_ms",
    "fewest_calls": "calls",
    "fewest_calls_then_idle": "calls",
    "least_talk_time": "talk_ms",
    "least_talk_time_then_idle": "talk_ms",
    "by_chance": "chance",
    "by_weighted_chance": "tickets",
}
"""By the reason of a decision that chose somebody."""
_COUNTED = ("calls", "talk_ms", "tickets")


class SeenAgent(Struct, frozen=True):
    """One agent a decision looked at, in the order of the queue."""

    agent: AgentName
    state: str
    outcome: Literal["rung", "not_chosen", "excluded"]
    excluded: str
    """The code why the agent could not be rung; "" for one who could."""
    because: str
    """The same in words."""
    idle_ms: int
    """Without a call for so long; 0 for one who could not be rung."""
    measure: int | None
    """What was compared, by the decision's `tie_break`; None for who was not compared, or when nothing was."""


class SeenLine(Struct, frozen=True):
    """One line a decision looked at for a number that goes out, in the order of the configuration."""

    line: LineName
    outcome: Literal["dialled", "passed_over"]
    passed_over: str
    """The code why it was not dialled on; "" for the one that was."""
    because: str
    """The same in words."""
    begins: str
    cost_micros: int
    """Of a minute, then."""
    left_ms: int | None
    """Of the contract's minutes; None when it has none for this number."""


class WhyDecision(Struct, frozen=True):
    """One decision. `number` is its place in the order they were made, within the box's life."""

    number: int
    call: CallId | None
    at_utc_ms: int
    kind: DecisionKind
    queue: QueueName | None
    strategy: str
    reason: str
    because: str
    """What made it choose whom it chose, in words; "" for one that chose nobody."""
    tie_break: TieBreak
    detail: str
    """Who was rung, where it went to, how many were ahead: by the kind."""
    waited_ms: int
    candidates: tuple[SeenAgent, ...]
    sentence: str
    """The whole decision in words; "" for one that says no more than the end of the call does."""
    lines: tuple[SeenLine, ...] = ()
    """Of a number that was dialled, or that no line was free for; `strategy` is what chose the line."""


class AboutAgent(Struct, frozen=True):
    """A decision that looked at an agent, and what it meant for that one."""

    outcome: Literal["rung", "not_chosen", "excluded"]
    sentence: str
    decision: WhyDecision


def decision_data(decision: Decision, language: Language) -> WhyDecision:
    """A decision with its words."""
    chose = decision.kind in CHOSE
    tie_break = TIE_BREAKS.get(decision.reason, "") if chose else ""
    return WhyDecision(
        number=decision.number,
        call=decision.call,
        at_utc_ms=decision.at_utc_ms,
        kind=decision.kind,
        queue=decision.queue,
        strategy=decision.strategy,
        reason=decision.reason,
        because=why_rung(decision, language) if chose else "",
        tie_break=tie_break,
        detail=decision.detail,
        waited_ms=decision.waited_ms,
        candidates=tuple(
            SeenAgent(
                agent=seen.agent,
                state=seen.state,
                outcome="rung" if seen.chosen else "excluded" if seen.excluded else "not_chosen",
                excluded=seen.excluded,
                because=why_excluded(seen.excluded, language) if seen.excluded else "",
                idle_ms=seen.idle_ms,
                measure=_measure(tie_break, seen.idle_ms, seen.measure) if not seen.excluded else None,
            )
            for seen in decision.candidates
        ),
        sentence=tell(decision, language),
        lines=tuple(
            SeenLine(
                line=seen.line,
                outcome="dialled" if seen.chosen else "passed_over",
                passed_over="" if seen.chosen else passed_over_by(decision.lines, seen),
                because="" if seen.chosen else why_passed_over(decision.lines, seen, language),
                begins=seen.begins,
                cost_micros=seen.cost_micros,
                left_ms=seen.left_ms if seen.left_ms >= 0 else None,
            )
            for seen in decision.lines
        ),
    )


def agent_data(decision: Decision, agent: AgentName, language: Language) -> AboutAgent | None:
    """What a decision meant for an agent; None for one that did not look at them."""
    sentence = about_agent(decision, agent, language)
    if not sentence:
        return None
    whole = decision_data(decision, language)
    outcome = next(seen.outcome for seen in whole.candidates if seen.agent == agent)
    return AboutAgent(outcome, sentence, whole)


def _measure(tie_break: TieBreak, idle_ms: int, measure: int) -> int | None:
    return idle_ms if tie_break == "idle_ms" else measure if tie_break in _COUNTED else None
