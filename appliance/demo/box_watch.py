"""What the demo's people learn from the box itself: its live status, and a few commands, across its restarts."""

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from appliance.acd.inputs import Command
from appliance.acd.view import Status
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.demo.loop import now_ms

RETRY_S = 0.5

log = logging.getLogger(__name__)


class BoxWatch:
    """Follows the ACD's status in a thread of its own and hands each one to `on_status` (which only queues)."""

    def __init__(self, socket: Path, on_status: Callable[[Status], None]) -> None:
        self._client = ControlClient(socket)
        self._on_status = on_status
        self._closing = threading.Event()
        self._seen_ms: int | None = None
        self._thread = threading.Thread(target=self._follow, name="box-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()

    def age_ms(self) -> float:
        """How old the last status is; infinite when there was none."""
        return float("inf") if self._seen_ms is None else now_ms() - self._seen_ms

    def do(self, command: Command) -> None:
        """Carry out a command, or say in the log why not; a demo's person cannot do more about it."""
        try:
            self._client.do(command)
        except (CommandRefused, ControlUnavailable) as error:
            log.info("%s: %s", command, error)

    def _follow(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(ControlUnavailable, CommandRefused):
                for status in self._client.subscribe():
                    self._seen_ms = now_ms()
                    self._on_status(status)
                    if self._closing.is_set():
                        return
            self._closing.wait(RETRY_S)
