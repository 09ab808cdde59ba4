"""Night mode: the office's switch that closes every queue, turned from the page."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from appliance.acd.inputs import SetNightMode
from web_ui.actions import carry_out

blueprint = Blueprint("night_mode", __name__)


@blueprint.post("/night-mode")
def switch() -> ResponseReturnValue:
    """Form: `on`, "1" or "0"."""
    return carry_out(SetNightMode(on=request.form.get("on") == "1"), url_for("overview.page"))
