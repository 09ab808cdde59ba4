"""Logging in to the page with its one password, and out again."""

import logging

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from web_ui.claim_code import claim_code
from web_ui.passwords import PasswordError, check_password
from web_ui.security import logged_in, open_session
from web_ui.site import tell, this_site

blueprint = Blueprint("login", __name__)

log = logging.getLogger(__name__)


@blueprint.get("/login")
def form() -> ResponseReturnValue:
    data_dir = this_site().settings.data_dir
    if logged_in(data_dir):
        return redirect(url_for("overview.page"))
    if claim_code(data_dir) is not None:
        return redirect(url_for("claim.form"))
    return render_template("login.html", problem="")


@blueprint.post("/login")
def enter() -> ResponseReturnValue:
    """Form: `password`. 200 with a sentence when it is wrong, 429 with Retry-After after too many."""
    site = this_site()
    address = request.remote_addr or "unknown"
    wait_s = site.attempts.begin(address)
    if wait_s:
        log.warning("log-in from %s refused: too many attempts, %d s to wait", address, wait_s)
        page = render_template("login.html", problem=tell("login.wait", seconds=wait_s))
        return page, 429, {"Retry-After": str(wait_s)}
    with site.password_turn() as mine:
        if not mine:
            return render_template("login.html", problem=tell("login.busy")), 503
        try:
            right = check_password(site.settings.data_dir, request.form.get("password", ""))
        except PasswordError as error:
            log.error("nobody can log in: %s", error)
            return render_template("login.html", problem=str(error)), 503
    if not right:
        log.warning("wrong password from %s", address)
        return render_template("login.html", problem=tell("login.wrong"))
    site.attempts.succeeded(address)
    open_session(site.settings.data_dir)
    log.info("logged in from %s", address)
    return redirect(url_for("overview.page"), 303)


@blueprint.post("/logout")
def leave() -> ResponseReturnValue:
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("login.form"), 303)
