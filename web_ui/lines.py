"""The page of lines: how each is now and was lately, what it has used of its contract, why it was of no use."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from appliance.acd.ids import LineName
from appliance.acd.inputs import AskBalance
from web_ui.actions import carry_out
from web_ui.board import render_board
from web_ui.checks import checked_name
from web_ui.site import reader_language, this_site

blueprint = Blueprint("lines", __name__)


@blueprint.get("/lines")
def page() -> str:
    board = render_board(this_site().hub.now(), reader_language(), "lines", counting=True)
    return render_template("lines.html", board=board)


@blueprint.post("/lines/<line>/balance")
def ask_balance(line: str) -> ResponseReturnValue:
    """The answer is on the page when the network gave it."""
    return carry_out(AskBalance(LineName(checked_name(line)), "web"), url_for("lines.page"))
