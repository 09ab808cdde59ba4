"""What a conversation costs the whole box: CPU at 5, 10 and 15 of them, with and without recording, and memory.

RTP flows both ways (A-law, 20 ms) between sipp callers and sipp agents; CPU is that of every process of the box over
20 s, less what the idle box used, per conversation. Asterisk 22 needs 0.27 to 0.37 % of a core for one bridged and 0.7
to 1.0 % recorded; ours recorded at most half of that.
"""

import json
import tempfile
import time
from pathlib import Path

from tests.bench.call_setup import box_cpu
from tests.bench.sipp_office import agents_phone, callers, sipp_box, speech_like_alaw
from tests.box import PROCESSES, Box, pss_kib, settle, tree

SPAN_S = 20.0
SIZES = (5, 10, 15)


def percent_of_core(box: Box) -> float:
    """Per cent of one core that all processes of the box use over SPAN_S."""
    begun, before = time.monotonic(), sum(box_cpu(box).values())
    settle(SPAN_S)
    return (sum(box_cpu(box).values()) - before) / (time.monotonic() - begun) * 100


def at_each_size(record: bool) -> tuple[float, dict[int, float], dict[str, float]]:
    """Idle per cent, per cent of a core a conversation at each size, and MiB of each process at the largest."""
    per_call: dict[int, float] = {}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name, sipp_box(max(SIZES), record=record) as box:
        folder = Path(name)
        sound = speech_like_alaw(folder)
        phone = agents_phone(box, folder, sound)
        try:
            settle(3)
            idle = percent_of_core(box)
            for size in SIZES:
                talk_ms = int((SPAN_S + 8) * 1000)
                caller = callers(box, folder, size, 5.0, talk_ms, at_once=size, sound=sound, port=5080 + size)
                box.wait_status(
                    f"{size} conversations",
                    lambda status, size=size: sum(call.state == "talking" for call in status.calls) == size,  # type: ignore[misc]
                    20,
                )
                per_call[size] = (percent_of_core(box) - idle) / size
                memory = {one: sum(map(pss_kib, tree(box.pid(one)))) / 1024 for one in PROCESSES}
                caller.wait(60)
                box.wait_status("all calls over", lambda status: not status.calls, 30)
        finally:
            phone.stop()
    return idle, per_call, memory


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    idle, bridged, memory = at_each_size(record=False)
    _, recorded, memory_recorded = at_each_size(record=True)
    figures = {
        "idle_percent": idle,
        "bridged_percent": bridged,
        "recorded_percent": recorded,
        "memory_mib": memory,
        "memory_recorded_mib": memory_recorded,
    }
    if as_json:
        print(json.dumps(figures))
    print(f"idle box: {idle:.2f} % of a core")
    for text, values in (("bridged", bridged), ("recorded", recorded)):
        print(f"{text}: " + ", ".join(f"{size} calls {value:.2f} % each" for size, value in values.items()))
    print("memory (PSS): " + ", ".join(f"{one} {value:.0f} MiB" for one, value in memory_recorded.items()))
    print(f"conversations_memory {sum(memory_recorded.values()):.0f} MiB (target < 250, every process)")
    print(f"conversations_bridged {bridged[15]:.2f} % of a core each (Asterisk 22: 0.27-0.37)")
    print(f"conversations {recorded[15]:.2f} % of a core each, recorded (target <= 0.5 x Asterisk's 0.7-1.0 = 0.35)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
