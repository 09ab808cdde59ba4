"""The worklist: who could not be served and is still to be reached; calling them, and closing an item when done."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.acd.inputs import CallBack, CloseWorklistItem
from appliance.words import WORKLIST_RESULTS
from web_ui.actions import carry_out
from web_ui.checks import checked_number
from web_ui.site import this_site

blueprint = Blueprint("worklist", __name__, url_prefix="/worklist")

ROWS = 200


@blueprint.get("")
def page() -> str:
    items = this_site().history.worklist(ROWS)
    return render_template("worklist.html", items=items, results=tuple(WORKLIST_RESULTS))


@blueprint.post("/call")
def call() -> ResponseReturnValue:
    """Form: `number`. The next agent of its queue who is free is rung, and the number dialled then."""
    number = checked_number(request.form.get("number", ""))
    return carry_out(CallBack(number=number, by="web"), url_for("worklist.page"))


@blueprint.post("/close")
def close() -> ResponseReturnValue:
    """Form: `number`, and `result`, one of WORKLIST_RESULTS."""
    result = request.form.get("result", "")
    if result not in WORKLIST_RESULTS:
        abort(400)
    number = checked_number(request.form.get("number", ""))
    return carry_out(CloseWorklistItem(number=number, by="web", result=result), url_for("worklist.page"))
