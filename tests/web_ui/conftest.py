"""A page in front of a small box: the app for Flask's own client, and a real server for a real browser."""

import contextlib
import shutil
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.noon import noon_zone
from tests.waiting import wait_for
from tests.web_ui.an_office import OFFICE, a_day, busy_morning
from tests.web_ui.small_box import SmallBox, SmallStore
from web_ui import WebSettings, close_app, create_app
from web_ui.passwords import ensure_password, password_mark
from web_ui.site import site_of


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

    def let_in(self, client: FlaskClient) -> FlaskClient:
        """As after a log-in, without the work of checking a password."""
        with client.session_transaction() as session:
            session["password"] = password_mark(self.settings.data_dir)
        return client

    def log_in(self, client: FlaskClient) -> FlaskClient:
        answer = client.post("/login", data={"csrf": self.csrf(client), "password": self.password})
        assert answer.status_code == 303, answer.text
        return client


def now_utc_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder with a day of history and a password, made once; and the password."""
    data_dir = tmp_path_factory.mktemp("prepared")
    store = SmallStore(data_dir / "centralita.sqlite3", OFFICE, now_utc_ms())
    store.put(*a_day(now_utc_ms()))
    store.close()
    folder = data_dir / "recordings/2026/11/22"
    folder.mkdir(parents=True)
    for name, times in (("oficina-13", 62), ("oficina-10", 10), ("oficina-10-2", 20)):
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 8000, "NONE", ""))
            file.writeframes(bytes(range(256)) * times)
    password = ensure_password(data_dir)
    assert password
    return data_dir, password


MakePlace = Callable[..., Place]


@pytest.fixture
def make_place(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[MakePlace]:
    """Makes a box of its own, with settings of the page by name; its ACD is started by whoever wants it."""
    made: list[Place] = []

    def make(**settings: Any) -> Place:
        folder = tmp_path / f"box{len(made)}"
        run_dir, data_dir = folder / "run", folder / "data"
        run_dir.mkdir(parents=True)
        shutil.copytree(prepared[0], data_dir)
        acd_socket = run_dir / "acd.sock"
        place = Place(
            WebSettings(
                acd_socket=acd_socket,
                store=data_dir / "centralita.sqlite3",
                data_dir=data_dir,
                title="Oficina",
                **{"time_zone": noon_zone(), **settings},
            ),
            prepared[1],
            SmallBox(acd_socket, busy_morning(now_utc_ms())),
        )
        made.append(place)
        return place

    yield make
    for place in made:
        place.box.stop()


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    """A box whose ACD answers."""
    made = make_place()
    made.box.start()
    return made


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with running_app(place) as made:
        seen = site_of(made).hub
        # The page itself waits a second for the first picture: a test looks at it when it is there.
        wait_for("the first picture", lambda: seen.now().status)
        yield made


@contextlib.contextmanager
def running_app(place: Place) -> Iterator[Flask]:
    made = create_app(place.settings)
    yield made
    close_app(made)


@pytest.fixture
def client(place: Place, app: Flask) -> FlaskClient:
    """A browser that is logged in."""
    return place.let_in(app.test_client())
