"""What a reader chooses for themselves: the language."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

blueprint = Blueprint("preferences", __name__)


@blueprint.post("/language")
def language() -> ResponseReturnValue:
    """Form: `language`, "es" or "en", and `back`, the path of the page to show again."""
    chosen = request.form.get("language")
    if chosen in ("es", "en"):
        session["language"] = chosen
        session.permanent = True
    return redirect(_own_path(request.form.get("back", "")), 303)


def _own_path(back: str) -> str:
    """`back` if it is a path of this site (never another host), else the first page."""
    parts = urlsplit(back)
    if parts.scheme or parts.netloc or not back.startswith("/") or back.startswith("//") or "\\" in back:
        return url_for("overview.page")
    return back
