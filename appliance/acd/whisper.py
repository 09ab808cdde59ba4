"""What an agent who lifts hears before the caller: which queue, how long the caller waited, whether they are known.

The caller goes on hearing music meanwhile, and may leave.
"""

from appliance.acd import numbers
from appliance.acd.effects import Play
from appliance.acd.prompts import HIGHEST_NUMBER, prompt, queue_prompt
from appliance.acd.state import Call
from appliance.acd.turn import Turn

WHISPER_LIMIT_MS = 15_000
"""It is over by then, whatever the switch says."""


def begin(turn: Turn, call: Call) -> None:
    """Say to the agent who just lifted what the queue wants said; nothing for most queues."""
    talk = call.conversation
    names = _names(turn, call)
    if talk is None or not names:
        return
    talk.whisper = turn.play_token("whisper")
    language = turn.its_queue(call).plan.language
    turn.switch.append(Play(talk.leg, tuple(prompt(language, name) for name in names), talk.whisper))
    turn.deadlines.set("whisper", call.id, turn.now_ms + WHISPER_LIMIT_MS)


def _names(turn: Turn, call: Call) -> list[str]:
    queue = turn.its_queue(call)
    names: list[str] = []
    for what in queue.plan.whisper:
        if what == "queue":
            names.append(queue_prompt(queue.plan.name))
        elif what == "wait":
            names += _waited(turn.now_ms - call.queued_ms + (call.head_start_ms if call.direction == "out" else 0))
        elif numbers.key(turn.state.plan, call.caller) in turn.state.last_agents:
            names.append("has_called_before")
    return names


def _waited(wait_ms: int) -> tuple[str, ...]:
    minutes = wait_ms // 60_000
    if minutes == 0:
        return ("waited_less_than_a_minute",)
    if minutes == 1:
        return ("waited_a_minute",)
    return ("waited", f"number_{minutes}", "minutes") if minutes <= HIGHEST_NUMBER else ("waited_long",)
