"""What a reader sees when a request cannot be answered: a plain sentence and a way back."""

import logging

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from web_ui.security import CSRF, wants_json
from web_ui.site import tell
from web_ui.texts import TEXTS

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _show)


def _show(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    key = "error.csrf" if error.description == CSRF else f"error.{status}"
    message = tell(key if key in TEXTS else "error.400" if status < 500 else "error.500")
    if wants_json():
        return jsonify(ok=False, message=message), status
    return render_template("error.html", message=message), status
