"""From a pressed button to a command, and from what the ACD says of it to a sentence on the page."""

import logging

from flask import flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from appliance.acd.inputs import Command
from appliance.daemon.control_client import CommandRefused, ControlUnavailable
from web_ui.security import wants_json
from web_ui.site import tell, this_site

log = logging.getLogger(__name__)


def carry_out(command: Command, back: str) -> ResponseReturnValue:
    """Gives `command` to the ACD and answers: JSON to the page's script, else a redirect to `back` with the sentence
    shown there. A refusal is an answer like another (200), not a fault of the request."""
    try:
        this_site().control.do(command)
    except CommandRefused as refusal:
        return answer(False, tell("action.refused", why=str(refusal)), back)
    except ControlUnavailable as error:
        log.warning("%s could not be given to the ACD: %s", type(command).__name__, error)
        return answer(False, tell("action.away"), back)
    return answer(True, tell("done"), back)


def answer(ok: bool, message: str, back: str) -> ResponseReturnValue:
    """What came of an action, in the form whoever asked can use."""
    if wants_json():
        return jsonify(ok=ok, message=message)
    flash(message, "good" if ok else "bad")
    return redirect(back, 303)
