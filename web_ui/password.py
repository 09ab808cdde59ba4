"""Changing the page's password, for whoever is logged in and knows the present one."""

import logging

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web_ui.chosen_password import chosen_problem
from web_ui.passwords import MIN_PASSWORD_CHARACTERS, PasswordError, check_password, set_password
from web_ui.security import open_session
from web_ui.site import tell, this_site

blueprint = Blueprint("password", __name__)

log = logging.getLogger(__name__)


@blueprint.get("/password")
def form() -> ResponseReturnValue:
    return _page()


@blueprint.post("/password")
def change() -> ResponseReturnValue:
    """Form: `old`, `password`, `again`. Every other session ends. Wrong old ones are counted as at the log-in."""
    site = this_site()
    data_dir, address = site.settings.data_dir, request.remote_addr or "unknown"
    password = request.form.get("password", "")
    problem = chosen_problem(password, request.form.get("again", ""))
    if problem:
        return _page(new_problem=problem)
    wait_s = site.attempts.begin(address)
    if wait_s:
        return _page(old_problem=tell("login.wait", seconds=wait_s)), 429, {"Retry-After": str(wait_s)}
    with site.password_turn() as mine:
        if not mine:
            return _page(new_problem=tell("login.busy")), 503
        try:
            right = check_password(data_dir, request.form.get("old", ""))
            if right:
                set_password(data_dir, password)
        except PasswordError as error:
            log.error("the password could not be changed: %s", error)
            return _page(new_problem=tell("password.not_kept", problem=str(error))), 503
    if not right:
        log.warning("wrong present password from %s", address)
        return _page(old_problem=tell("password.wrong"))
    site.attempts.succeeded(address)
    open_session(data_dir)
    log.info("the password was changed from %s", address)
    flash(tell("password.done"), "good")
    return redirect(url_for("overview.page"), 303)


def _page(*, old_problem: str = "", new_problem: str = "") -> str:
    return render_template(
        "password.html", old_problem=old_problem, new_problem=new_problem, least=MIN_PASSWORD_CHARACTERS
    )
