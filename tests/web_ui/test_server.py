"""The page as a process: its port, its supervision, and its end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from appliance.configuration.file import Box, Configuration, Line, Queue, Station, Web
from tests.conftest import free_port
from tests.waiting import wait_for
from tests.web_ui.conftest import MakePlace, running_app
from web_ui.passwords import ensure_password
from web_ui.process import WebError, listen, run_web, web_settings
from web_ui.server import THREADS, WebServer

ADDRESS = "127.0.60.1"


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Serves `app` for the time of the block; its port."""
    listener = listen(ADDRESS, 0)
    port = int(listener.getsockname()[1])
    server = WebServer(app, listener)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


def get(port: int, path: str, timeout_s: float = 30) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Supervisor:
    """What systemd hears: the datagrams of sd_notify(3)."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, watchdog_ms: int) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        monkeypatch.setenv("WATCHDOG_USEC", str(watchdog_ms * 1000))

    def hear(self, timeout_s: float) -> str | None:
        self._socket.settimeout(timeout_s)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return None

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "notify", monkeypatch, watchdog_ms=400)
    yield made
    made.close()


def test_a_taken_port_is_named_with_what_to_change() -> None:
    with listen(ADDRESS, 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WebError, match=rf"^port {port} is already in use by another program; change \[web\] port$"):
            listen(ADDRESS, port)
    with pytest.raises(WebError, match=r"192\.0\.2\.1 is not an address of this machine; change \[web\] listen"):
        listen("192.0.2.1", 8080)


def test_a_page_that_cannot_be_served_ends_with_1_and_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box(data_dir=str(tmp_path), run_dir=str(tmp_path))
    with listen(ADDRESS, 0) as taken:
        port = int(taken.getsockname()[1])
        assert run_web(Configuration(box=box, web=Web(ADDRESS, port))) == 1
    assert f"port {port} is already in use" in caplog.text
    missing = Box(data_dir=str(tmp_path / "nowhere"), run_dir=str(tmp_path))
    assert run_web(Configuration(box=missing, web=Web(ADDRESS, port))) == 1
    assert "right to read and write" in caplog.text


def test_the_supervisor_hears_ready_life_and_the_end(app: Flask, supervisor: Supervisor) -> None:
    with serving(app) as port:
        assert str(supervisor.hear(20)).startswith("READY=1")
        assert get(port, "/health") == (200, b"ok\n")
        assert [supervisor.hear(20) for _ in range(3)] == ["WATCHDOG=1"] * 3
    heard = [supervisor.hear(20)]
    while heard[-1] == "WATCHDOG=1":
        heard.append(supervisor.hear(20))
    assert heard[-1] == "STOPPING=1"


def test_a_page_whose_every_worker_hangs_is_silent(app: Flask, supervisor: Supervisor) -> None:
    let_go = threading.Event()

    def hang() -> str:
        let_go.wait(30)
        return ""

    app.before_request_funcs.setdefault(None, []).insert(0, hang)
    with serving(app) as port:
        assert str(supervisor.hear(20)).startswith("READY=1")
        sockets = [socket.create_connection((ADDRESS, port)) for _ in range(THREADS)]
        for one in sockets:
            one.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for("silence", lambda: supervisor.hear(1.0) is None, timeout_s=25)
        let_go.set()
        assert supervisor.hear(20) == "WATCHDOG=1", "it lives again"
        for one in sockets:
            one.close()


def test_full_streams_leave_threads_for_everybody_else(make_place: MakePlace) -> None:
    place = make_place()
    place.box.start()
    with running_app(place) as app:
        client = place.let_in(app.test_client())
        cookie = client.get_cookie("centralita")
        assert cookie is not None
        head = f"GET /live HTTP/1.1\r\nHost: x\r\nCookie: centralita={cookie.value}\r\n\r\n".encode()
        with serving(app) as port:
            streams = [socket.create_connection((ADDRESS, port)) for _ in range(THREADS + 10)]
            for stream in streams:
                stream.sendall(head)
                assert stream.recv(20).startswith(b"HTTP/1.1 200")
            assert get(port, "/health") == (200, b"ok\n"), "no stream ends of itself before this is given up"
            for stream in streams:
                stream.close()
            # Whoever left gives the place back, without waiting for the end of the stream.
            wait_for("free places", lambda: b'"parts"' in _first_event(port, head))


def _first_event(port: int, head: bytes) -> bytes:
    with socket.create_connection((ADDRESS, port), timeout=30) as stream:
        stream.sendall(head)
        heard = b""
        while b"data: " not in heard:
            more = stream.recv(65_536)
            if not more:
                break
            heard += more
        return heard


def test_oversized_requests_are_refused_and_the_page_goes_on(app: Flask) -> None:
    with serving(app) as port:
        with socket.create_connection((ADDRESS, port), timeout=30) as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n")
            assert b"431" in one.recv(100)
        with socket.create_connection((ADDRESS, port), timeout=30) as one:
            one.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n")
            assert b"413" in one.recv(100)
        assert get(port, "/health")[0] == 200


class PageProcess:
    """The page as a process of its own, with its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(ADDRESS, socket.SOCK_STREAM)
        script = (
            "import logging, sys; logging.basicConfig(level=logging.INFO)\n"
            "from appliance.configuration.file import Box, Configuration, Web\n"
            "from web_ui.process import run_web\n"
            f"box = Box(data_dir={str(folder)!r}, run_dir={str(folder)!r})\n"
            f"sys.exit(run_web(Configuration(box=box, web=Web({ADDRESS!r}, {self.port}))))\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, env=environment)
        wait_for("the page", self._up, timeout_s=60)

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def end(self) -> str:
        """What it logged."""
        self.process.kill()
        _, said = self.process.communicate()
        return said.decode()

    def _up(self) -> bool:
        assert self.process.poll() is None, self.end()
        try:
            return get(self.port, "/health")[0] == 200
        except OSError:
            return False


def test_the_process_stops_at_once_when_told(tmp_path: Path) -> None:
    page = PageProcess(tmp_path)
    try:
        with socket.create_connection((ADDRESS, page.port)):
            begun = time.monotonic()
            page.process.send_signal(signal.SIGTERM)
            assert page.process.wait(30) == 0
            assert time.monotonic() - begun < 5
    finally:
        said = page.end()
    assert "has no password yet" in said
    assert f"serving http://{ADDRESS}:{page.port}/" in said


def test_log_ins_do_not_make_the_process_grow(tmp_path: Path) -> None:
    """Each takes 16 MB for a moment, in whichever thread; kept, they would be more than the whole page needs."""
    password = ensure_password(tmp_path)
    assert password is not None
    page = PageProcess(tmp_path)
    try:
        _log_in(page.port, password)
        before_kb = page.resident_kb()
        with ThreadPoolExecutor(4) as people:
            list(people.map(lambda _: _log_in(page.port, password), range(12)))
        grown_kb = page.resident_kb() - before_kb
    finally:
        page.end()
    assert grown_kb < 12_000


def _log_in(port: int, password: str) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    base = f"http://{ADDRESS}:{port}"
    token = opener.open(base + "/login", timeout=60).read().decode().split('name="csrf" content="')[1].split('"')[0]
    form = urllib.parse.urlencode({"csrf": token, "password": password}).encode()

    def let_in() -> bool:
        try:
            return bool(opener.open(base + "/login", data=form, timeout=60).url == base + "/")
        except urllib.error.HTTPError as refused:
            if refused.code != 503:
                raise
            return False  # one password is checked at a time, and on a slow machine the others wait too long for it

    wait_for("to be let in", let_in)


def test_the_settings_come_from_the_configuration() -> None:
    configuration = Configuration(
        box=Box(name="oficina-centro", language="en", run_dir="/run/c", data_dir="/var/c", currency="MXN"),
        line=(Line("gsm1", "gsm"), Line("fxo1", "fxo")),
        station=(Station("mesa1", "port", "2001", board_port=1), Station("tel", "sip", "2002")),
        queue=(Queue("ventas", "Ventas", ()),),
    )
    settings = web_settings(configuration, None)
    assert settings.acd_socket == Path("/run/c/acd.sock")
    assert settings.store == Path("/var/c/centralita.sqlite3")
    assert (settings.title, settings.language, settings.currency) == ("Oficina centro", "en", "MXN")
    assert settings.bench is None
    bench = web_settings(configuration, Path("/run/c/world.sock")).bench
    assert bench is not None
    assert bench.lamp_pins == {"queue:ventas": 16, "line:gsm1": 12, "line:fxo1": 13, "night_mode": 11}
    assert bench.button_pins == {"night_mode": 8, "login:mesa1": 4}
    assert bench.handset_lamp_pins == {"mesa1": 17}
