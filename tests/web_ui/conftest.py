"""A page in front of a small box: the app for Flask's own client, and a real server for a real browser."""

import contextlib
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web_ui.an_office import OFFICE, a_day, busy_morning
from tests.web_ui.small_box import SmallBox, SmallStore
from web_ui import WebSettings, close_app, create_app
from web_ui.passwords import ensure_password


@dataclass
class Place:
    """A box's folders, its small ACD and the page's settings and password."""

    settings: WebSettings
    password: str
    box: SmallBox

    def csrf(self, client: FlaskClient) -> str:
        """The token of a client's session, as its forms carry it."""
        page = client.get("/login", follow_redirects=True).text
        return page.split('name="csrf" content="')[1].split('"')[0]

    def log_in(self, client: FlaskClient) -> FlaskClient:
        answer = client.post("/login", data={"csrf": self.csrf(client), "password": self.password})
        assert answer.status_code == 303, answer.text
        return client


def now_utc_ms() -> int:
    return time.time_ns() // 1_000_000


def make_place(folder: Path, **settings: object) -> Place:
    """A box in `folder` with a day of history; the ACD is not started."""
    run_dir, data_dir = folder / "run", folder / "data"
    run_dir.mkdir()
    data_dir.mkdir()
    store = SmallStore(data_dir / "centralita.sqlite3", OFFICE, now_utc_ms())
    store.put(*a_day(now_utc_ms()))
    store.close()
    sound = data_dir / "recordings/2026/11/22/oficina-13.wav"
    sound.parent.mkdir(parents=True)
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8000, 8000, "NONE", ""))
        file.writeframes(bytes(range(256)) * 62)
    password = ensure_password(data_dir)
    assert password
    return Place(
        WebSettings(
            acd_socket=run_dir / "acd.sock",
            store=data_dir / "centralita.sqlite3",
            data_dir=data_dir,
            title="Oficina",
            **settings,  # type: ignore[arg-type]
        ),
        password,
        SmallBox(run_dir / "acd.sock", busy_morning(now_utc_ms())),
    )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A box whose ACD answers."""
    made = make_place(tmp_path)
    made.box.start()
    yield made
    made.box.stop()


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with running_app(place) as made:
        yield made


@contextlib.contextmanager
def running_app(place: Place) -> Iterator[Flask]:
    made = create_app(place.settings)
    yield made
    close_app(made)


@pytest.fixture
def client(place: Place, app: Flask) -> FlaskClient:
    """A browser that is logged in."""
    return place.log_in(app.test_client())


