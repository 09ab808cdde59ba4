"""The page of lines: how each is now and was lately, what it has used of its contract, why it was of no use."""

from flask import Blueprint, render_template

from web_ui.board import render_board
from web_ui.site import reader_language, this_site

blueprint = Blueprint("lines", __name__)


@blueprint.get("/lines")
def page() -> str:
    board = render_board(this_site().hub.now(), reader_language(), "lines", counting=True)
    return render_template("lines.html", board=board)
