"""How the lines are: what becomes of each change, what of it is kept, and when somebody is told.

Every change of a line's health, of what it says of itself, of its operator or SIM is kept with its time; a signal that
only goes up and down is shown and not kept. A line that has been of no use for a minute is told of once, and again
when it is back; so is one that has been degraded for two: what mends itself sooner is nobody's trouble.
"""

from appliance.acd.ids import LineName
from appliance.acd.inputs import LineChanged, LineHealth
from appliance.acd.line_choice import is_up
from appliance.acd.line_effects import StoreLineEvent, StoreNotice
from appliance.acd.line_state import Line
from appliance.acd.turn import Turn

TOLD_AFTER_MS = 60_000
DEGRADED_TOLD_AFTER_MS = 120_000
"""A trunk whose carrier is silent, an analogue line without a dial tone: it may carry nothing although it is tried."""
EVENTS_A_MINUTE = 12
"""Of a line. A mad device must not fill the disk: what is more is counted, and the count is kept with the next."""


def changed(turn: Turn, what: LineChanged) -> None:
    """A device or trunk said how it is."""
    line = turn.state.lines.get(what.line)
    if line is None:
        turn.late("unknown_line", what.line)
        return
    said = (what.health, what.detail, what.operator, what.sim or line.sim)
    new = said != (line.health, line.detail, line.operator, line.sim)
    line.signal_percent = what.signal_percent
    line.detail, line.operator, line.sim = said[1:]
    _becomes(turn, line, what.health, keep=new)


def reset(turn: Turn) -> None:
    """A new switch starts with every line unknown, and says how they are as it finds them; what is kept of that says
    nothing in its `detail`."""
    for line in turn.state.lines.values():
        line.detail, line.signal_percent = "", -1
        _becomes(turn, line, "starting", keep=line.since_ms >= 0)


def still_down(turn: Turn, name: str) -> None:
    """It has been of no use, or degraded, for so long that somebody is to know."""
    line = turn.state.lines.get(LineName(name))
    if line is None or line.health == "up":
        return
    turn.touched_lines[line.plan.name] = None
    if not is_up(line):
        line.told_down, line.told_degraded = True, False
        _tell(turn, line, "line_down", line.detail)
    elif not line.told_degraded:
        line.told_degraded = True
        _tell(turn, line, "line_degraded", line.detail)


def _becomes(turn: Turn, line: Line, health: LineHealth, *, keep: bool) -> None:
    was_up, was, since_ms = is_up(line), line.health, line.since_ms
    if health != line.health or since_ms < 0:
        line.since_ms = turn.now_ms
    line.health = health
    turn.touched_lines[line.plan.name] = None
    if keep:
        _keep(turn, line, turn.now_ms - line.event_ms if line.event_ms >= 0 else 0)
    if line.health == "up":
        turn.deadlines.cancel("line_down", line.plan.name)
    elif is_up(line) and (was != "degraded" or since_ms < 0):
        turn.deadlines.set("line_down", line.plan.name, turn.now_ms + DEGRADED_TOLD_AFTER_MS)
    elif not is_up(line) and (was_up or since_ms < 0):
        turn.deadlines.set("line_down", line.plan.name, turn.now_ms + TOLD_AFTER_MS)
    if (line.told_down and is_up(line)) or (line.told_degraded and line.health == "up"):
        line.told_down = line.told_degraded = False
        _tell(turn, line, "line_up", line.detail)


def _keep(turn: Turn, line: Line, previous_ms: int) -> None:
    minute = turn.now_ms // 60_000
    if minute != line.events_minute:
        line.events_minute, line.events_in_minute = minute, 0
    if line.events_in_minute >= EVENTS_A_MINUTE:
        line.events_left_out += 1
        return
    line.events_in_minute += 1
    line.event_ms = turn.now_ms
    number = turn.state.next_line_event
    turn.state.next_line_event = number + 1
    turn.store.append(
        StoreLineEvent(
            number,
            line.plan.name,
            turn.now_utc_ms,
            line.health,
            line.detail,
            line.signal_percent,
            line.operator,
            line.sim,
            previous_ms,
            line.events_left_out,
        )
    )
    line.events_left_out = 0


def _tell(turn: Turn, line: Line, kind: str, detail: str) -> None:
    number = turn.state.next_notice
    turn.state.next_notice = number + 1
    turn.store.append(StoreNotice(number, kind, line.plan.name, turn.now_utc_ms, detail))
