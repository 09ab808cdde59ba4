"""After-call work: its time, extended or ended by the agent or by a disposition, and how long it was in the end.

An agent in it is in it for every queue: nobody is given a caller of one queue while working on a call of another.
(app_queue's `wrapuptime` counts in each queue by itself, unless `shared_lastcall` is set.)
"""

from appliance.acd import agents
from appliance.acd.desk import FinishedCall, WrapUp
from appliance.acd.effects import StoreWrapUp
from appliance.acd.ids import CallId
from appliance.acd.plan import QueuePlan
from appliance.acd.state import Agent
from appliance.acd.turn import Turn

FINISHED_CALLS_KEPT = 20


def time_ms(agent: Agent, queue: QueuePlan | None) -> int:
    """How long this agent's after-call work is after a call of this queue; a call of none has none."""
    if queue is None:
        return 0
    return agent.plan.wrap_up_ms if agent.plan.wrap_up_ms >= 0 else queue.wrap_up_ms


def begin(turn: Turn, agent: Agent, call: CallId, queue: QueuePlan | None) -> None:
    """The conversation is over: after-call work begins, and ends by itself unless a disposition is needed first."""
    agents.move(turn, agent, "part")
    agent.leg = None
    _finished(agent, call)
    own_ms = time_ms(agent, queue)
    agent.wrap_up = WrapUp()
    if queue is not None:
        agent.wrap_up = WrapUp(
            turn.now_ms + own_ms,
            turn.now_ms + max(queue.wrap_up_longest_ms, own_ms),
            queue.wrap_up_extend_ms,
            queue.wrap_up_extensions,
            queue.wrap_up_ends_with_disposition,
            queue.wrap_up_needs_disposition,
        )
    if own_ms > 0:
        turn.deadlines.set("wrap_up", agent.plan.name, agent.wrap_up.ends_ms)
    else:
        over(turn, agent)


def over(turn: Turn, agent: Agent) -> None:
    """Its time is over: so is the work, unless it still waits for its disposition."""
    if needs_disposition(agent):
        if turn.now_ms < agent.wrap_up.longest_ms:
            turn.deadlines.set("wrap_up", agent.plan.name, agent.wrap_up.longest_ms)
            return
        turn.decide("agent_state", "no_disposition", detail=agent.plan.name)
    end(turn, agent)


def end(turn: Turn, agent: Agent) -> None:
    """After-call work is over; then comes what was asked for, or came due, during the call."""
    close(turn, agent)
    if not agents.do_after_call(turn, agent):
        agents.move(turn, agent, "wrapped_up")


def close(turn: Turn, agent: Agent) -> None:
    """Write down how long the after-call work was; the step to the next state is the caller's."""
    turn.deadlines.cancel("wrap_up", agent.plan.name)
    assert agent.call is not None, "after-call work is a call's"
    done = _finished(agent, agent.call)
    done.wrap_up_ms = turn.now_ms - agent.since_ms
    turn.store.append(StoreWrapUp(done.call, agent.plan.name, done.wrap_up_ms, done.disposition))
    agent.call = None


def extend(turn: Turn, agent: Agent) -> None:
    """One step longer; `why_not_extend` said that it can be."""
    rules = agent.wrap_up
    rules.extensions_left -= 1
    rules.ends_ms = min(max(rules.ends_ms, turn.now_ms) + rules.extend_ms, rules.longest_ms)
    turn.deadlines.set("wrap_up", agent.plan.name, rules.ends_ms)


def why_not_extend(agent: Agent) -> str:
    """ "" when it can be extended, else the code of the refusal."""
    rules = agent.wrap_up
    if agent.state != "wrap_up":
        return "not_in_wrap_up"
    if rules.extensions_left <= 0 or rules.extend_ms <= 0 or rules.ends_ms >= rules.longest_ms:
        return "no_more_extensions"
    return ""


def needs_disposition(agent: Agent) -> bool:
    """Whether this after-call work cannot end before a disposition is set."""
    if agent.state != "wrap_up" or agent.call is None or not agent.wrap_up.needs_disposition:
        return False
    return not _finished(agent, agent.call).disposition


def calls_had(agent: Agent) -> list[CallId]:
    """The calls this agent can still give a disposition to, the latest last."""
    had = [done.call for done in agent.finished]
    if agent.call is not None and agent.state in ("talking", "held", "wrap_up") and agent.call not in had:
        had.append(agent.call)
    return had


def set_disposition(turn: Turn, agent: Agent, call: CallId, code: str) -> None:
    """How a call ended, as the agent says; written with its after-call work, again if that was already written.

    It ends the after-call work of that call where the queue says so, and where nothing but this was waited for.
    """
    done = _finished(agent, call)
    done.disposition = code
    if agent.call != call:
        turn.store.append(StoreWrapUp(call, agent.plan.name, done.wrap_up_ms, code))
    elif agent.state == "wrap_up" and (agent.wrap_up.ends_with_disposition or turn.now_ms >= agent.wrap_up.ends_ms):
        end(turn, agent)


def _finished(agent: Agent, call: CallId) -> FinishedCall:
    for done in agent.finished:
        if done.call == call:
            return done
    done = FinishedCall(call)
    agent.finished.append(done)
    del agent.finished[:-FINISHED_CALLS_KEPT]
    return done
