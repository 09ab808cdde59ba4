"""The first page: who waits, who is there, what works, how the day goes."""

from flask import Blueprint, render_template

from web_ui.board import render_board
from web_ui.site import reader_language, this_site

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
def page() -> str:
    picture = this_site().hub.now()
    board = render_board(picture, reader_language(), counting=True)
    return render_template("overview.html", board=board)
