"""Who calls: what the plan knows of a number, however the network wrote it, and where it leads."""

from appliance.acd import numbers
from appliance.acd.ids import QueueName
from appliance.acd.plan import CallerPlan, Destination, Language, LinePlan, Plan
from appliance.acd.state import Call
from appliance.acd.turn import Turn

WITHHELD = "withheld"


def known(plan: Plan, number: str) -> CallerPlan | None:
    """What the plan says of this caller: of just this number, else of the longest prefix of it."""
    if not number:
        return plan.callers.get(WITHHELD)
    if not plan.callers and not plan.caller_prefixes:
        return None
    written = numbers.spelled(plan, number)
    exactly = plan.callers.get(written)
    if exactly is not None:
        return exactly
    lengths = range(min(len(written), numbers.LONGEST), 0, -1)
    return next((plan.caller_prefixes[written[:n]] for n in lengths if written[:n] in plan.caller_prefixes), None)


def recognise(turn: Turn, call: Call, who: CallerPlan) -> None:
    """Keep on the call what is known of its caller."""
    call.caller_name = call.caller_name or who.name
    said = ", ".join(filter(None, (who.name, who.segment))) or call.caller
    if said:
        turn.decide("route", "known_caller", call=call, detail=said)
    call.segment = who.segment
    call.head_start_ms += who.priority * turn.state.plan.priority_worth_ms
    for skill, level in who.needs.items():
        call.needs[skill] = max(level, call.needs.get(skill, 0))
    if who.language is not None:
        set_language(turn, call, who.language)


def learn(turn: Turn, call: Call, name: str, segment: str, priority: int) -> None:
    """What the caller keyed in says more of who it is than the number does. A head start is not given twice."""
    call.caller_name, call.segment = name or call.caller_name, segment or call.segment
    call.head_start_ms = max(call.head_start_ms, priority * turn.state.plan.priority_worth_ms)


def set_language(turn: Turn, call: Call, language: Language) -> None:
    """The caller's language from here on, whatever queues speak."""
    if not call.language_chosen or call.language != language:
        call.language, call.language_chosen = language, True
        turn.decide("route", f"language_{language}", call=call)


def leads_to(line: LinePlan, called: str, who: CallerPlan | None) -> tuple[Destination | None, str]:
    """Where a call is to go, and the code of the rule that says so: the caller's own, the number's, the line's."""
    if who is not None and (who.queue is not None or who.menu):
        return _to(who.queue, who.menu), "caller"
    if called in line.did or called in line.did_menus:
        return _to(line.did.get(called), line.did_menus.get(called, "")), "dialled_number"
    return (_to(line.queue, line.menu) if line.queue is not None or line.menu else None), "line"


def leads_now(turn: Turn, call: Call) -> Destination:
    """Where a call whose menu or queue left the plan goes: where it would go if it came now, else a good-bye."""
    line = turn.state.lines.get(call.line)
    if line is None:
        return Destination()
    return leads_to(line.plan, call.called, known(turn.state.plan, call.caller))[0] or Destination()


def exists(turn: Turn, to: Destination) -> bool:
    """Whether there is such a queue or menu."""
    return to.menu in turn.state.plan.menus if to.to == "menu" else to.queue in turn.state.queues


def _to(queue: QueueName | None, menu: str) -> Destination:
    return Destination("menu", menu=menu) if menu else Destination("queue", queue)
