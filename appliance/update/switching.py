"""When the box may start anew with the other root: at a minute in which nobody is on the phone. `restart` is not pure.

`Quiet` is told again and again how many calls are up; it says when there have been none for long enough. After days
without such a minute the first moment without a call has to do. Calls that are up are never cut off.
"""

import subprocess
from dataclasses import dataclass

from appliance.acd.view import Status

QUIET_S = 60
PATIENCE_S = 3 * 86_400
BUSY = {"ringing", "talking", "held", "outbound"}
"""States of agents that somebody hears; after-call work goes on at the page after a minute."""


def is_busy(status: Status) -> bool:
    return bool(status.calls) or any(agent.state in BUSY for agent in status.agents)


@dataclass
class Quiet:
    """`wanted_at_s`: since when it is waited for, by the same clock as `feed`'s."""

    wanted_at_s: float
    since_s: float | None = None

    def feed(self, now_s: float, *, busy: bool) -> bool:
        """Whether now is the time. Without an ACD nobody can call: that is quiet."""
        if busy:
            self.since_s = None
            return False
        if self.since_s is None or self.since_s > now_s:
            self.since_s = now_s
        return now_s - self.since_s >= QUIET_S or now_s - self.wanted_at_s >= PATIENCE_S


def restart() -> None:
    """Raises OSError or subprocess.SubprocessError."""
    subprocess.run(["systemctl", "reboot"], check=True, timeout=60)
