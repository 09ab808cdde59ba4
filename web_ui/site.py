"""What every page of one running app shares: settings, the live picture, the control client; and how to get at it."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, session

from appliance.acd.view import BoxFinding
from appliance.daemon.control_client import ControlClient
from web_ui.attempts import LoginAttempts
from web_ui.board import BoardCache
from web_ui.claim_code import ClaimTries
from web_ui.formats import Formats
from web_ui.history import HistoryReader
from web_ui.hub import Hub
from web_ui.settings import Language, WebSettings
from web_ui.texts import text

_EXTENSION = "centralita"
CHECK_WAIT_S = 3
"""How long a log-in waits for another one being checked."""


@dataclass(frozen=True)
class Site:
    settings: WebSettings
    control: ControlClient
    hub: Hub
    history: HistoryReader
    boards: BoardCache
    attempts: LoginAttempts
    claim_tries: ClaimTries
    password_check: threading.Lock
    """scrypt takes memory and time: one at a time."""
    look: Callable[[], tuple[BoxFinding, ...]]
    """At the box itself, now."""
    live_places: threading.Semaphore
    """One for each page that is told of changes; each holds a server thread."""
    utc_ms: Callable[[], int]

    @contextlib.contextmanager
    def password_turn(self) -> Iterator[bool]:
        """The turn to check a password; False when others took it for too long."""
        mine = self.password_check.acquire(timeout=CHECK_WAIT_S)
        try:
            yield mine
        finally:
            if mine:
                self.password_check.release()

    def formats(self, language: Language) -> Formats:
        return Formats(language, ZoneInfo(self.settings.time_zone), self.settings.currency)


def install(app: Flask, site: Site) -> None:
    app.extensions[_EXTENSION] = site


def site_of(app: Flask) -> Site:
    """The site of an app that `create_app` made."""
    return cast(Site, app.extensions[_EXTENSION])


def this_site() -> Site:
    """The site of the request that is being answered."""
    return site_of(current_app)


def reader_language() -> Language:
    """The language this reader chose, or the box's."""
    chosen = session.get("language")
    return chosen if chosen in ("es", "en") else this_site().settings.language


def tell(key: str, **values: object) -> str:
    """A sentence in the reader's language."""
    return text(key, reader_language(), **values)
