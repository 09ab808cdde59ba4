"""What a reader sees when a request cannot be answered: a plain sentence and a way back."""

import logging

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from appliance.words_details import detail_words
from web_ui.history import HistoryUnavailable
from web_ui.security import CSRF, wants_json
from web_ui.site import reader_language, tell
from web_ui.texts import TEXTS

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Has `app` show every failure as a page, or as JSON to a script."""
    app.register_error_handler(HTTPException, _show)
    app.register_error_handler(HistoryUnavailable, _show_no_history)


def _show(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    key = "error.csrf" if error.description == CSRF else f"error.{status}"
    message = tell(key if key in TEXTS else "error.400" if status < 500 else "error.500")
    return _said(message, status)


def _show_no_history(error: HistoryUnavailable) -> ResponseReturnValue:
    log.warning("a page of the history could not be made: %s", error)
    return _said(tell("away.history", problem=detail_words(str(error), reader_language())), 503)


def _said(message: str, status: int) -> ResponseReturnValue:
    if wants_json():
        return jsonify(ok=False, message=message), status
    return render_template("error.html", message=message), status
