"""The HTTP server of the page: waitress, driven from our own loop, which is silent to its watchdog when it hangs."""

import os
import socket
import threading
import time
from types import FrameType
from typing import Any

import waitress
from flask import Flask
from systemd.daemon import notify

from web_ui import close_app

THREADS = 24
"""Half for streams (see `WebSettings.live_clients_limit`), half for everything else."""
CONNECTIONS = 200
MAX_HEADER_BYTES = 16_384
MAX_BODY_BYTES = 65_536
MAX_UNSENT_BYTES = 262_144
"""A browser that leaves more than this unread stops its page from being made."""
IDLE_CONNECTION_S = 60
LONGEST_TURN_S = 1.0
WORKERS_SPANS = 3
"""Every worker may be busy for so many of the watchdog's spans: a page that is slow is better than one that begins
anew, while a loop that hangs is noticed within one."""


class _Probe:
    """A task for the server's workers that only says that one of them took it up."""

    def __init__(self) -> None:
        self.taken = threading.Event()

    def service(self) -> None:
        self.taken.set()

    def cancel(self) -> None:
        """Nothing to undo."""


class WebServer:
    """Serves `app` on a bound `listener` until `stop`.

    Tells systemd (or our supervisor) READY once, and WATCHDOG from the serving loop, as long as the workers take up
    probes: neither a hung loop nor, for long, workers that all hang can say it.
    """

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        self._map: dict[int, Any] = {}
        self._server: Any = waitress.create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_CONNECTION_S,
            channel_request_lookahead=1,  # so that a browser that leaves is noticed while its stream is served
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=MAX_BODY_BYTES,
            outbuf_high_watermark=MAX_UNSENT_BYTES,
            asyncore_use_poll=True,
            ident="centralita",
        )
        watchdog_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
        self._speak_every_s = watchdog_s / 4
        self._turn_s = min(LONGEST_TURN_S, self._speak_every_s or LONGEST_TURN_S)
        self._probe: _Probe | None = None
        self._taken_s = self._next_s = time.monotonic()
        self._stopping = False

    def run(self) -> None:
        """Returns after `stop`, when every request has been answered or given up."""
        notify("READY=1\nSTATUS=serving the page")
        while not self._stopping:
            self._server.asyncore.loop(timeout=self._turn_s, use_poll=True, map=self._map, count=1)
            self._stay_alive(time.monotonic())
        notify("STOPPING=1")
        close_app(self._app)
        self._server.task_dispatcher.shutdown(timeout=5)
        self._server.asyncore.close_all(self._map)
        self._listener.close()

    def stop(self, signal_number: int = 0, frame: FrameType | None = None) -> None:
        """From any thread, or as a signal handler."""
        self._stopping = True
        self._server.pull_trigger()

    def _stay_alive(self, now_s: float) -> None:
        if not self._speak_every_s or now_s < self._next_s:
            return
        self._next_s = now_s + self._speak_every_s
        if self._probe is None or self._probe.taken.is_set():
            self._taken_s = now_s
            self._probe = _Probe()
            self._server.task_dispatcher.add_task(self._probe)
        if now_s - self._taken_s < WORKERS_SPANS * 4 * self._speak_every_s:
            notify("WATCHDOG=1")
