"""The page as a process: its port, its threads, and what it tells whoever supervises it."""

import errno
import logging
import signal
import socket
from pathlib import Path

from appliance.configuration.agent_cost import hourly_micros
from appliance.configuration.board import board_of
from appliance.configuration.file import Configuration, ConfigurationError
from web_ui import WebSettings, create_app
from web_ui.memory import keep_memory_small
from web_ui.passwords import FILE_NAME
from web_ui.secret_key import SecretKeyError
from web_ui.server import WebServer
from web_ui.settings import BenchSettings

log = logging.getLogger(__name__)

DEAD_PEER_MS = 20_000
"""A browser whose network is gone, or that does not read what it asked for, is given up after this."""


class WebError(Exception):
    """The page cannot be served. The message says why and what to do."""


def run_web(configuration: Configuration, *, world_socket: Path | None = None) -> int:
    """Serves the page on [web] listen:port until SIGTERM or SIGINT. With `world_socket` it has the demo's bench.

    Returns the exit code: 1, with a sentence in the log, when it cannot be served at all.
    """
    keep_memory_small()
    logging.getLogger("waitress").setLevel(logging.WARNING)  # a browser that leaves is no news
    try:
        app = create_app(web_settings(configuration, world_socket))
        listener = listen(configuration.web.listen, configuration.web.port)
    except (WebError, SecretKeyError, ConfigurationError) as error:
        log.error("the page cannot be served: %s", error)
        return 1
    if not (Path(configuration.box.data_dir) / FILE_NAME).exists():
        log.warning(
            "the page has no password yet: who has the box's claim code chooses it; `centralita password` makes one"
        )
    server = WebServer(app, listener)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    log.info("serving http://%s:%d/", configuration.web.listen, configuration.web.port)
    server.run()
    log.info("stopped")
    return 0


def web_settings(configuration: Configuration, world_socket: Path | None) -> WebSettings:
    """What the page needs of a box's configuration. Raises ConfigurationError for a bench whose board cannot be."""
    box = configuration.box
    run_dir, data_dir = Path(box.run_dir), Path(box.data_dir)
    return WebSettings(
        acd_socket=run_dir / "acd.sock",
        store=data_dir / "centralita.sqlite3",
        data_dir=data_dir,
        title=box.name.replace("_", " ").replace("-", " ").capitalize(),
        language=box.language,
        time_zone=box.time_zone,
        currency=box.currency,
        country=box.country,
        hourly_micros=hourly_micros(configuration),
        bench=_bench(configuration, run_dir, world_socket) if world_socket else None,
    )


def _bench(configuration: Configuration, run_dir: Path, world_socket: Path) -> BenchSettings:
    board = board_of(configuration)
    ports = {station.board_port: station.name for station in configuration.station if station.kind == "port"}
    return BenchSettings(
        bench_socket=run_dir / "bench.sock",
        world_socket=world_socket,
        lamp_pins=board.lamp_pins([q.name for q in configuration.queue], [line.name for line in configuration.line]),
        button_pins=board.button_pins(ports),
        handset_lamp_pins={ports[port.number]: port.lamp_pin for port in board.handset_port if port.number in ports},
    )


def listen(address: str, port: int) -> socket.socket:
    """A bound socket. Raises WebError naming the key when the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit these: a dead one must not hold a thread for the quarter of an hour of TCP.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, DEAD_PEER_MS // 1000)
        listener.bind((address, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WebError(_why_not(address, port, error)) from error
    return listener


def _why_not(address: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is already in use by another program; change [web] port"
        case errno.EADDRNOTAVAIL:
            return f"{address} is not an address of this machine; change [web] listen"
        case errno.EACCES:
            return f"port {port} may only be used by root; change [web] port to 1024 or more"
    return f"cannot listen on {address}:{port}: {error.strerror or error}; change [web] listen or port"
