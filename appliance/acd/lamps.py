"""What each lamp of the panel shows, sent only when it changes.

queue:<name>   off nobody waits, steady somebody waits, slow_blink the longest wait is past half the target,
               fast_blink past the target
line:<name>    off free, steady a call is on it, slow_blink starting or degraded, fast_blink down, or
               degraded for so long that somebody was told and without a call
night_mode     steady while on
box            off all is well with the box itself, slow_blink look at the page soon, fast_blink look now
"""

from appliance.acd.effects import LampPattern, SetLamp
from appliance.acd.ids import LineName, QueueName
from appliance.acd.line_state import Line
from appliance.acd.queues import longest_wait_ms
from appliance.acd.state import Queue
from appliance.acd.turn import Turn

NIGHT_MODE = "night_mode"
BOX = "box"
_BOX_PATTERNS: dict[str, LampPattern] = {"good": "off", "warning": "slow_blink", "bad": "fast_blink"}


def light(turn: Turn) -> None:
    """Look at what this turn touched, and change the lamps that show something else now."""
    for name in turn.touched_queues:
        _light_queue(turn, name, turn.state.queues[name])
    for line_name in turn.touched_lines:
        _show(turn, line_lamp(line_name), line_pattern(turn.state.lines[line_name]))
    turn.touched_queues.clear()
    turn.touched_lines.clear()


def light_all(turn: Turn) -> None:
    """A new switch knows no lamp: say them all."""
    turn.state.lamps.clear()
    turn.touched_queues.update(dict.fromkeys(turn.state.queues))
    turn.touched_lines.update(dict.fromkeys(turn.state.lines))
    light_night_mode(turn)
    light_box(turn)


def light_box(turn: Turn) -> None:
    _show(turn, BOX, _BOX_PATTERNS[turn.state.box_health])


def light_night_mode(turn: Turn) -> None:
    _show(turn, NIGHT_MODE, "steady" if turn.state.night_mode else "off")


def queue_pattern(queue: Queue, now_ms: int) -> LampPattern:
    if not queue.arrived:
        return "off"
    wait_ms = longest_wait_ms(queue, now_ms)
    if wait_ms >= queue.plan.target_ms:
        return "fast_blink"
    return "slow_blink" if wait_ms >= risk_ms(queue) else "steady"


def line_pattern(line: Line) -> LampPattern:
    if line.health == "down":
        return "fast_blink"
    if line.calls:
        return "steady"
    if line.told_degraded:
        return "fast_blink"
    return "off" if line.health == "up" else "slow_blink"


def risk_ms(queue: Queue) -> int:
    """The wait from which the target is at risk: half of it, so that there is time to do something."""
    return queue.plan.target_ms // 2


def queue_lamp(name: QueueName) -> str:
    return f"queue:{name}"


def line_lamp(name: LineName) -> str:
    return f"line:{name}"


def _light_queue(turn: Turn, name: QueueName, queue: Queue) -> None:
    _show(turn, queue_lamp(name), queue_pattern(queue, turn.now_ms))
    turn.deadlines.cancel("lamp", name)
    if queue.arrived:
        since_ms = queue.arrived[0][0]
        for threshold_ms in (risk_ms(queue), queue.plan.target_ms):
            if since_ms + threshold_ms > turn.now_ms:
                turn.deadlines.set("lamp", name, since_ms + threshold_ms)
                return


def _show(turn: Turn, lamp: str, pattern: LampPattern) -> None:
    if turn.state.lamps.get(lamp) != pattern:
        turn.state.lamps[lamp] = pattern
        turn.switch.append(SetLamp(lamp, pattern))
