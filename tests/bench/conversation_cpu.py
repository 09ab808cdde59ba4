"""CPU of the switch a conversation, at 5, 10 and 15 with RTP both ways, without and with recording.

Asterisk 22 on a machine of this class: 0.27 to 0.37 % of a core a conversation, 0.7 to 1.0 % recorded. Half of the
latter is the target; the phones' and Kamailio's own work is not counted, they are other processes.
"""

import json
import sys
import tempfile
from pathlib import Path

from appliance.acd.effects import AnswerLeg, Connect, DialLine, StartRecording, StopRecording
from appliance.acd.ids import LegId, LineName, RecordingName
from appliance.acd.inputs import LegAnswered, LegOffered, LineChanged
from appliance.demo.peers_client import RemotePeers
from appliance.demo.sip_records import CarrierBehaviour
from tests.box import cpu_seconds, settle
from tests.switch.acd_peer import AcdPeer
from tests.switch.switch_office import SwitchOffice

SIZES = (5, 10, 15)
MEASURE_S = 10.0
TARGET_RECORDED_PERCENT = 0.5


def add_conversation(acd: AcdPeer, peers: RemotePeers, number: int) -> tuple[LegId, LegId]:
    """A caller from the trunk and a leg out to it, connected."""
    mark = acd.mark
    peers.place("carrier", "910000000", f"6{number:08}")
    caller = acd.wait(LegOffered, since=mark).leg
    called = LegId(f"acd-{number}")
    acd.do(AnswerLeg(caller), DialLine(called, LineName("trunk"), f"7{number:08}"))
    acd.wait(LegAnswered, leg=caller)
    acd.wait(LegAnswered, leg=called)
    acd.do(Connect(caller, called))
    return caller, called


def percent_each(office: SwitchOffice, conversations: int, idle: float) -> float:
    """Percent of a core a conversation over MEASURE_S, what the idle switch takes not counted."""
    return (busy_percent(office) - idle) / conversations


def busy_percent(office: SwitchOffice) -> float:
    before = cpu_seconds(office.switch.pid)
    settle(MEASURE_S)
    return (cpu_seconds(office.switch.pid) - before) * 100 / MEASURE_S


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        office = SwitchOffice(folder)
        office.start()
        try:
            acd = office.acd()
            acd.wait(LineChanged, health="up")
            with office.peers(folder, phones=(), record=False) as peers:
                peers.behave("carrier", CarrierBehaviour("7", "answers", after_ms=10))
                idle = figures["idle_percent"] = busy_percent(office)
                up: list[tuple[LegId, LegId]] = []
                for size in SIZES:
                    while len(up) < size:
                        up.append(add_conversation(acd, peers, len(up)))
                    figures[f"{size}"] = percent_each(office, size, idle)
                    names = [RecordingName(f"{size}-{number}.wav") for number in range(size)]
                    acd.do(*(StartRecording(one, legs) for one, legs in zip(names, up, strict=True)))
                    figures[f"{size}_recorded"] = percent_each(office, size, idle)
                    acd.done_to(acd.do(*map(StopRecording, names)))
            acd.close()
        finally:
            office.stop()
    if as_json:
        print(json.dumps(figures))
    print(f"idle {figures['idle_percent']:.2f} % of a core")
    for size in SIZES:
        recorded = figures[f"{size}_recorded"]
        print(f"{size} conversations: {figures[f'{size}']:.2f} % each, {recorded:.2f} % recorded")
    worst = max(figures[f"{size}_recorded"] for size in SIZES)
    print(f"conversation_cpu {worst:.2f} % recorded (target {TARGET_RECORDED_PERCENT:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main("--json" in sys.argv))
