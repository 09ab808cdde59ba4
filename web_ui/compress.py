"""Answers gzipped for browsers that take it: pages, styles and scripts, not recordings and not live streams."""

import gzip

from flask import Flask, Response, request

SMALLEST_BYTES = 500
LARGEST_BYTES = 2_000_000
_TYPES = frozenset(
    {"text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml"}
)


def compress_answers(app: Flask) -> None:
    """Has `app` gzip (RFC 1952) every finished text answer between the two sizes above."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.mimetype not in _TYPES or (response.is_streamed and not response.direct_passthrough):
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code != 200
        or request.method == "HEAD"
        or not request.accept_encodings["gzip"]
        or "Content-Encoding" in response.headers
        or "Range" in request.headers
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if not SMALLEST_BYTES <= len(body) <= LARGEST_BYTES:
        return response
    response.set_data(gzip.compress(body, 6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
