"""The page on the LAN: Flask, one blueprint a noun. `create_app` puts them together."""

import threading
import time

from flask import Flask

from appliance.acd.view import BoxFinding
from appliance.box_health.facts import Places, read_facts
from appliance.box_health.rules import findings
from appliance.daemon.control_client import ControlClient
from web_ui import (
    accounts,
    agents,
    calls,
    claim,
    errors,
    lines,
    live,
    login,
    messages,
    night_mode,
    overview,
    password,
    preferences,
    why_api,
    worklist,
)
from web_ui.attempts import LoginAttempts
from web_ui.board import BoardCache
from web_ui.claim_code import ClaimTries
from web_ui.compress import compress_answers
from web_ui.history import HistoryReader
from web_ui.hub import Hub
from web_ui.security import secure
from web_ui.settings import WebSettings
from web_ui.site import Site, install, site_of
from web_ui.template_words import teach_templates

__all__ = ["WebSettings", "close_app", "create_app"]


def create_app(settings: WebSettings) -> Flask:
    """The page of one box. Raises SecretKeyError when the session key cannot be kept.

    Nothing runs until the first request asks for the live picture; `close_app` ends what then runs.
    """
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    history = HistoryReader(settings.store, settings.time_zone, _utc_ms)
    places = Places(settings.data_dir)

    def look() -> tuple[BoxFinding, ...]:
        return findings(read_facts(places))

    install(
        app,
        Site(
            settings=settings,
            control=ControlClient(settings.acd_socket),
            hub=Hub(settings.acd_socket, history, _utc_ms, look),
            look=look,
            history=history,
            boards=BoardCache(),
            attempts=LoginAttempts(time.monotonic),
            claim_tries=ClaimTries(settings.data_dir, time.monotonic),
            password_check=threading.Lock(),
            live_places=threading.BoundedSemaphore(settings.live_clients_limit),
            utc_ms=_utc_ms,
        ),
    )
    secure(app, settings)
    compress_answers(app)
    teach_templates(app)
    errors.register(app)
    nouns = (
        overview,
        calls,
        lines,
        agents,
        worklist,
        messages,
        night_mode,
        login,
        claim,
        password,
        live,
        preferences,
        why_api,
        accounts,
    )
    for noun in nouns:
        app.register_blueprint(noun.blueprint)
    if settings.bench is not None:
        # Only a demo has a world to drive: a real box never imports it.
        from web_ui import bench

        app.register_blueprint(bench.make_blueprint(settings.bench))
    return app


def close_app(app: Flask) -> None:
    """Ends the live picture and every stream that shows it."""
    site_of(app).hub.close()


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
