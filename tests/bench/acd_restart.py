"""kill -9 of the ACD with calls up: from the start of its process to ready, and to the status with every call in it."""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import Leg, SwitchPeer
from tests.waiting import wait_for

KILLS = 9
TARGET_MS = 1000


def restarts(calls_up: int, agents: int) -> tuple[list[float], list[float]]:
    """Milliseconds to READY and to an answer on the control socket with all calls, for each of KILLS kills."""
    folder = Path(tempfile.mkdtemp(prefix="acd-restart-"))
    ready_ms, status_ms = [], []
    try:
        peer = SwitchPeer(folder / "run" / "switch.sock")
        peer.on_ring = _answerer(peer)
        with AcdProcess(office(folder, agents=agents)) as acd:
            acd.start()
            wait_for("the switch is connected", lambda: acd.client.status().switch_connected)
            for number in range(calls_up):
                peer.offer(f"+346{number:08}")
            wait_for(f"{calls_up} calls are up", lambda: len(acd.client.status().calls) == calls_up, 30)
            wait_for("every agent talks", lambda: _talking(acd) == min(agents, calls_up), 30)
            for _ in range(KILLS):
                acd.kill()
                began = time.monotonic()
                acd.start()
                status = acd.client.status()
                status_ms.append((time.monotonic() - began) * 1000)
                ready_ms.append(acd.ready_s * 1000)
                assert len(status.calls) == calls_up, f"{len(status.calls)} calls came back of {calls_up}"
        peer.close()
        assert not peer.said.violations, peer.said.violations
    finally:
        shutil.rmtree(folder)
    return ready_ms, status_ms


def _answerer(peer: SwitchPeer) -> Callable[[Leg], None]:
    def answer(leg: Leg) -> None:
        peer.answer(leg)

    return answer


def _talking(acd: AcdProcess) -> int:
    return sum(call.state == "talking" for call in acd.client.status().calls)


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    six, six_status = restarts(6, agents=4)
    many, many_status = restarts(200, agents=100)
    figures = {
        "six_calls_ready_ms": statistics.median(six),
        "six_calls_ready_worst_ms": max(six),
        "six_calls_status_ms": statistics.median(six_status),
        "200_calls_ready_ms": statistics.median(many),
        "200_calls_ready_worst_ms": max(many),
        "200_calls_status_ms": statistics.median(many_status),
        "kills": KILLS,
    }
    if as_json:
        print(json.dumps(figures))
    for what, ready, status in (("6 calls", six, six_status), ("200 calls", many, many_status)):
        print(
            f"{what}: ready after {statistics.median(ready):.0f} ms (worst of {KILLS}: {max(ready):.0f}), "
            f"status with all calls after {statistics.median(status):.0f} ms"
        )
    print(f"acd_restart_200_calls {max(many):.0f} ms (target <= {TARGET_MS})")
    print(f"acd_restart {max(six):.0f} ms (target <= {TARGET_MS})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
