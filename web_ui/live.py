"""Changes as they happen: a stream of Server-Sent Events for a few pages, and a question to ask again for the rest.

Each stream holds a thread of the server, so their number has a limit and each ends after a while (the browser comes
back by itself, and is then asked for its session again).
"""

import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, copy_current_request_context, jsonify, request
from flask.json import dumps
from flask.typing import ResponseReturnValue

from web_ui.board import Board, LivePage
from web_ui.hub import Picture
from web_ui.site import Site, reader_language, this_site

blueprint = Blueprint("live", __name__)

STREAM_S = 300
HEARTBEAT_S = 5
"""A page that hears nothing for longer than this knows that the connection is dead; and we that the page has gone."""
SHORTEST_GAP_S = 0.2


@blueprint.get("/live", defaults={"page": "overview"})
@blueprint.get("/live/<any(lines):page>")
def stream(page: LivePage) -> Response:
    """`text/event-stream`: each event is what `_news` makes, with the parts that changed since the one before.

    When every place is taken the only event is `{"full": true}`: ask `…/now` every few seconds instead.
    """
    site = this_site()
    if not site.live_places.acquire(blocking=False):
        return event_stream(iter((f"data: {dumps({'full': True})}\n\n",)))
    response = event_stream(_events(site, copy_current_request_context(lambda picture: _board(picture, page))))
    response.call_on_close(site.live_places.release)
    return response


@blueprint.get("/live/now", defaults={"page": "overview"})
@blueprint.get("/live/<any(lines):page>/now")
def now(page: LivePage) -> ResponseReturnValue:
    """The same once, as JSON, with every part; 204 when the picture is still the one numbered `seen`."""
    site = this_site()
    picture = site.hub.now()
    if request.args.get("seen") == str(picture.version):
        return "", 204
    return jsonify(_news(site, _board(picture, page), {}))


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """For programs: the page is up. Says nothing about the box."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


def _board(picture: Picture, page: LivePage) -> Board:
    return this_site().boards.get(picture, reader_language(), page)


def _events(site: Site, board_of: Callable[[Picture], Board]) -> Iterator[str]:
    """`board_of` brings the request's context with it: between two events nothing of it is held."""
    known: dict[str, str] = {}
    seen = 0
    end_s = time.monotonic() + STREAM_S
    yield "retry: 2000\n\n"
    while time.monotonic() < end_s and not site.hub.closing:
        picture = site.hub.wait(seen, HEARTBEAT_S)
        board = board_of(picture)
        seen = picture.version
        yield f"data: {dumps(_news(site, board, known))}\n\n"
        known = board.parts
        time.sleep(SHORTEST_GAP_S)


def _news(site: Site, board: Board, known: dict[str, str]) -> dict[str, object]:
    return {
        "now": site.utc_ms(),
        "version": board.version,
        "title": board.title,
        "announce": board.announce,
        "parts": {name: html for name, html in board.parts.items() if known.get(name) != html},
    }


def event_stream(events: Iterator[str]) -> Response:
    return Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
