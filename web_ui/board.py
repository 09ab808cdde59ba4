"""The live parts of pages as HTML: rendered once a picture, page and language, however many are open."""

import threading
from dataclasses import dataclass
from typing import Literal

from flask import render_template

from appliance.acd.view import AgentView, CallView, Status
from web_ui.hub import Picture
from web_ui.settings import Language
from web_ui.texts import text

LivePage = Literal["overview", "lines"]
PARTS: dict[LivePage, tuple[str, ...]] = {
    "overview": ("notice", "summary", "waiting", "talking", "agents", "queues", "lines", "calls"),
    "lines": ("notice", "line_health"),
}
_WAITING = frozenset({"offered", "menu", "greeting", "waiting", "ringing"})


@dataclass(frozen=True)
class Board:
    """`parts`: HTML by the names in PARTS of its page. `announce` is for screen readers."""

    version: int
    parts: dict[str, str]
    announce: str
    title: str


class BoardCache:
    """The newest board of each page in each language."""

    def __init__(self) -> None:
        self._boards: dict[tuple[LivePage, Language], Board] = {}
        self._lock = threading.Lock()

    def get(self, picture: Picture, language: Language, page: LivePage) -> Board:
        """The board of `picture`. Needs a request (for the addresses in it)."""
        with self._lock:
            board = self._boards.get((page, language))
            if board is None or board.version != picture.version:
                board = render_board(picture, language, page, counting=False)
                self._boards[page, language] = board
            return board


def render_board(picture: Picture, language: Language, page: LivePage = "overview", *, counting: bool) -> Board:
    """`counting`: with the times written out, as the first page has them. Live parts leave them to the browser, so that
    a part changes only when something happened."""
    status = picture.status
    waiting = _waiting(status)
    values = {
        "picture": picture,
        "status": status,
        "history": picture.history,
        "waiting": waiting,
        "talking": tuple(c for c in status.calls if c.state not in _WAITING) if status else (),
        "agents": _sorted_agents(status),
        "counting": counting,
    }
    parts = {name: render_template(f"parts/{name}.html", **values).strip() for name in PARTS[page]}
    if page == "lines":
        return _of_lines(picture, parts, language)
    title = text("overview.title", language)
    return Board(
        picture.version,
        parts,
        text("waiting.announce", language, n=len(waiting)),
        f"({len(waiting)}) {title}" if waiting else title,
    )


def _of_lines(picture: Picture, parts: dict[str, str], language: Language) -> Board:
    lines = picture.status.lines if picture.status else ()
    down = sum(line.health in ("down", "starting") for line in lines)
    said = text("lines.announce", language, n=down)
    title = text("lines.page", language)
    return Board(picture.version, parts, said, f"({down}) {title}" if down else title)


def _waiting(status: Status | None) -> tuple[CallView, ...]:
    """Callers nobody talks to yet, longest wait first."""
    if status is None:
        return ()
    return tuple(sorted((c for c in status.calls if c.state in _WAITING), key=lambda c: c.offered_utc_ms))


def _sorted_agents(status: Status | None) -> tuple[AgentView, ...]:
    """By name, those who are not in last: rows keep their places while states change."""
    if status is None:
        return ()
    return tuple(sorted(status.agents, key=lambda a: (a.state == "logged_out", a.full_name)))
