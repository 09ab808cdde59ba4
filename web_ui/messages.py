"""Text messages: those that came, those on their way and how far they are, and a form to write one."""

import secrets

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_inputs import SendMessage
from web_ui.actions import carry_out
from web_ui.checks import checked_name, checked_number
from web_ui.site import this_site

blueprint = Blueprint("messages", __name__, url_prefix="/messages")

ROWS = 100
LONGEST_TEXT = 1_224
"""Eight parts of 153 characters."""


@blueprint.get("")
def page() -> str:
    """With `number`, those from and to it, and the form is for it."""
    number = request.args.get("number", "")
    if number:
        checked_number(number)
    status = this_site().hub.now().status
    return render_template(
        "messages.html",
        messages=this_site().history.messages(ROWS, number or None),
        number=number,
        new=secrets.token_hex(8),
        lines=[line.line for line in status.lines] if status else [],
        longest=LONGEST_TEXT,
    )


@blueprint.post("/send")
def send() -> ResponseReturnValue:
    """Form: `message` (a new id each time the form is shown), `number`, `text`, and `line` or "" for any."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        abort(400)
    line = request.form.get("line", "")
    number = checked_number("".join(request.form.get("number", "").split()))
    message = checked_name(request.form.get("message", ""))
    wanted = SendMessage(MessageId(message), number, text, "web", LineName(checked_name(line)) if line else None)
    return carry_out(wanted, url_for("messages.page"))
