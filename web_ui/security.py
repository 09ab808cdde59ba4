"""Who may see and do what: the session, the CSRF token of every POST, and the headers that bind the browser."""

import hmac
import secrets
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, abort, jsonify, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from web_ui.passwords import PasswordError, password_mark
from web_ui.secret_key import session_key
from web_ui.settings import WebSettings

SESSION_HOURS = 12
MAX_FORM_BYTES = 16_384
CSRF = "csrf"
"""The description of the 400 that a missing or old token gets."""
_OPEN_ENDPOINTS = frozenset(
    {"login.form", "login.enter", "claim.form", "claim.enter", "live.health", "static", "preferences.language"}
)
"""What is served without a session."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def secure(app: Flask, settings: WebSettings) -> None:
    """Puts the session, the log-in requirement, the CSRF check and the headers on `app`."""
    app.secret_key = session_key(settings.data_dir)
    app.config.update(
        SESSION_COOKIE_NAME="centralita",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
    )

    @app.before_request
    def guard() -> AnyResponse | None:
        if request.method not in ("GET", "HEAD", "OPTIONS") and not _csrf_matches():
            abort(400, CSRF)
        if request.endpoint in _OPEN_ENDPOINTS or logged_in(settings.data_dir):
            return None
        if wants_json() or request.headers.get("Accept") == "text/event-stream":
            return _answered(jsonify(ok=False, login=url_for("login.form")), 401)
        return redirect(url_for("login.form"))

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def open_session(data_dir: Path) -> None:
    """Logs the browser in. Everything the session held before is forgotten, except the language."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session["password"] = password_mark(data_dir)
    if language:
        session["language"] = language


def logged_in(data_dir: Path) -> bool:
    """Whether the session was opened with the password that holds now."""
    mark = session.get("password")
    if not isinstance(mark, str):
        return False
    try:
        return hmac.compare_digest(mark, password_mark(data_dir))
    except PasswordError:
        return False


def csrf_token() -> str:
    """The token every form of this session carries; made at its first use."""
    token = session.get("csrf")
    if not isinstance(token, str):
        token = session["csrf"] = secrets.token_urlsafe(24)
    return token


def wants_json() -> bool:
    """Whether the answer goes to a script of the page or another program, not to somebody who reads it."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _csrf_matches() -> bool:
    expected = session.get("csrf")
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    return isinstance(expected, str) and hmac.compare_digest(expected.encode(), given.encode())


def _answered(response: Response, status: int) -> Response:
    response.status_code = status
    return response
