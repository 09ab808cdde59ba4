"""Why a call went where it went, and why an agent was rung or not: stored decisions told in sentences, es and en.

Pure and after the fact: it reads decisions, never the state. The words are in `explain_words`.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from appliance.acd.effects import Candidate, Decision, DecisionKind, EndReason, HungUpBy
from appliance.acd.explain_lines import lines_told
from appliance.acd.explain_money import money_told
from appliance.acd.explain_words import END, EXCLUDED, HUNG_UP_BY, SENTENCES, WHY_RUNG
from appliance.acd.ids import AgentName, CallId
from appliance.acd.plan import Language
from appliance.acd.prompts import Words

NAMED_AT_MOST = 6
"""Excluded agents named in one sentence; beyond it they are counted."""
CHOSE: tuple[DecisionKind, ...] = ("ring", "offer", "reserve")
"""Decisions that chose somebody: to be rung, or to be kept free for a customer who is called back."""
LOOKED_FOR_SOMEBODY: tuple[DecisionKind, ...] = (*CHOSE, "none_ready")
KEPT_PLACES = ("resumed_place", "promised_place")
RINGS_TOLD = 8
"""Rings told of one call; those between the first and the last ones are counted."""


class CallSummary(Protocol):
    """What is told of a call that is over: a Cdr has it, and so has a row of the store."""

    @property
    def call(self) -> CallId: ...
    @property
    def direction(self) -> str: ...
    @property
    def caller(self) -> str: ...
    @property
    def called(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def wait_ms(self) -> int: ...
    @property
    def talk_ms(self) -> int: ...
    @property
    def end_reason(self) -> EndReason: ...
    @property
    def hung_up_by(self) -> HungUpBy: ...


def why_call(
    decisions: Sequence[Decision], cdr: CallSummary | None, language: Language, pruned_after_days: int = 0
) -> str:
    """A call's way in sentences: which queue and why, who was rung and why them, who answered, how it ended.

    `decisions` are the call's, in order; `cdr` is None while the call is up. `pruned_after_days`: it had decisions, or
    more of them, which were deleted after so many days; 0: they are all here.
    """
    told: list[str] = []
    if cdr is not None and cdr.direction == "out":
        told.append(_say("dialled_out", language, call=cdr.call, called=cdr.called))
    elif cdr is not None:
        told.append(
            _say("arrived", language, call=cdr.call, caller=cdr.caller or _say("withheld", language), line=cdr.line)
        )
    if pruned_after_days:
        told.append(_say("pruned_in_part" if decisions else "pruned", language, days=pruned_after_days))
    rings = [decision for decision in decisions if decision.kind == "ring"]
    left_out = {decision.number for decision in rings[RINGS_TOLD // 2 : -(RINGS_TOLD // 2)]}
    for decision in decisions:
        if decision.number in left_out:
            if decision.number == min(left_out):
                told.append(_say("more_rings", language, count=len(left_out)))
            continue
        told.append(tell(decision, language))
    if cdr is not None:
        told.append(
            _say(
                "ended",
                language,
                how=_word(END, cdr.end_reason, language),
                who=_word(HUNG_UP_BY, _who(cdr), language),
                waited=duration(cdr.wait_ms),
                talked=duration(cdr.talk_ms),
            )
        )
    return " ".join(sentence for sentence in told if sentence)


def _who(cdr: CallSummary) -> str:
    """Whom we called did not call."""
    return "customer" if cdr.direction == "out" and cdr.hung_up_by == "caller" else cdr.hung_up_by


def why_agent(decisions: Iterable[Decision], agent: AgentName, language: Language) -> str:
    """Why an agent's phone rang, or did not: one sentence for each ring decision that looked at the agent, in order."""
    told = [about_agent(decision, agent, language) for decision in decisions]
    return " ".join(sentence for sentence in told if sentence) or _say("agent_never_looked_at", language, agent=agent)


def about_agent(decision: Decision, agent: AgentName, language: Language) -> str:
    """Why this decision rang an agent, or did not, or what it says of the agent's time; "" for one that did not look
    at the agent."""
    if decision.kind == "agent_state" and decision.detail == agent:
        return tell(decision, language)
    seen = next((candidate for candidate in decision.candidates if candidate.agent == agent), None)
    if seen is None or decision.kind not in LOOKED_FOR_SOMEBODY:
        return ""
    call = decision.call or "?"
    if seen.chosen:
        done = "agent_reserved" if decision.kind == "reserve" else "agent_rung"
        return _say(done, language, agent=agent, call=call, why=why_rung(decision, language))
    if seen.excluded:
        why = why_excluded(seen.excluded, language)
        return _say("agent_excluded", language, agent=agent, call=call, why=why)
    why = why_rung(decision, language)
    return _say("agent_not_chosen", language, agent=agent, call=call, chosen=decision.detail, why=why)


def duration(ms: int) -> str:
    """`4 s`, `1 min 05 s`: the same in both languages."""
    seconds = ms // 1000
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60:02d} s"


def tell(decision: Decision, language: Language) -> str:
    """One decision as a sentence; "" for those that say nothing more than the end of the call does."""
    queue, detail = decision.queue or "?", decision.detail
    waited = duration(decision.waited_ms)
    match decision.kind:
        case "ring" | "offer" | "reserve":
            others = _others(decision.candidates, language)
            why = why_rung(decision, language)
            return _say(decision.kind, language, agents=_names(detail), why=why, waited=waited, others=others)
        case "none_ready":
            others = _others(decision.candidates, language)
            return _say(decision.reason, language, queue=queue, count=detail, others=others)
        case "answer":
            return _say(decision.reason, language, agent=detail, waited=waited)
        case "menu":
            menu, typed, to = [*detail.split(" ", 2), "", ""][:3]
            where = _where(to, language)
            return _say(f"menu_{decision.reason}", language, menu=menu, typed=typed, where=where)
        case "overflow":
            where = _where(detail, language)
            return _say(f"overflow_{decision.reason}", language, queue=queue, waited=waited, where=where)
        case "dial":
            parts = [detail] if decision.reason == "callback_ordered" else detail.split(":")  # that is anybody's name
            number, line, talked, used = [*parts, "", "", ""][:4]
            told = _say(
                decision.reason,
                language,
                number=number,
                line=line,
                waited=waited,
                queue=queue,
                talked=duration(int(talked or 0)),
                used=duration(int(used or 0)),
            )
            return told + (lines_told(decision.lines, decision.strategy, language) if told else "")
        case "money":
            return money_told(decision.reason, detail, language)
        case "refuse" if decision.reason.startswith("money_"):
            return money_told(decision.reason, detail, language)
        case "route" | "refuse" | "recover" | "agent_state":
            before = duration(int(detail)) if decision.reason in KEPT_PLACES else ""
            told = _say(
                f"{decision.kind}_{decision.reason}", language, queue=queue, detail=detail, waited_before=before
            )
            return told + (lines_told(decision.lines, "", language) if told else "")
        case _:
            return ""  # what was late changed nothing; how it ended, the call's record says


def _where(detail: str, language: Language) -> str:
    """Of a destination as it is written."""
    target, _, name = detail.partition(":")
    return _say(f"to_{target}", language, queue=name)


def why_excluded(code: str, language: Language) -> str:
    """Why somebody could not be rung, as part of a sentence."""
    return _word(EXCLUDED, code, language)


def why_rung(decision: Decision, language: Language) -> str:
    """What made a ring decision choose as it did, as part of a sentence."""
    chosen = [candidate for candidate in decision.candidates if candidate.chosen]
    idle_ms, measure = max(((one.idle_ms, one.measure) for one in chosen), default=(0, 0))
    words = _word(WHY_RUNG, decision.reason, language)
    return words.format(idle=duration(idle_ms), count=measure, talked=duration(measure))


def _others(candidates: tuple[Candidate, ...], language: Language) -> str:
    """Who was looked at and could not be rung, with the reasons."""
    excluded = [candidate for candidate in candidates if candidate.excluded]
    if not excluded:
        return ""
    named = [f"{one.agent} ({why_excluded(one.excluded, language)})" for one in excluded[:NAMED_AT_MOST]]
    rest = len(excluded) - len(named)
    if rest:
        named.append(_say("and_more", language, count=rest))
    return _say("others", language, names=", ".join(named))


def _names(detail: str) -> str:
    return ", ".join(detail.split(","))


def _say(key: str, language: Language, **values: object) -> str:
    words = SENTENCES.get(key)
    if words is None:
        return ""
    return words.of(language).format(**values)


def _word(table: dict[str, Words], code: str, language: Language) -> str:
    words = table.get(code)
    return code if words is None else words.of(language)
