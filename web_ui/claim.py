"""Claiming the box: the page of one nobody has claimed yet, where its code is typed and a password chosen."""

import logging

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web_ui.chosen_password import chosen_problem
from web_ui.claim_code import claim_box, claim_code
from web_ui.passwords import MIN_PASSWORD_CHARACTERS, PasswordError
from web_ui.security import open_session
from web_ui.site import tell, this_site

blueprint = Blueprint("claim", __name__)

log = logging.getLogger(__name__)


@blueprint.get("/claim")
def form() -> ResponseReturnValue:
    if claim_code(this_site().settings.data_dir) is None:
        return redirect(url_for("login.form"))
    return _page()


@blueprint.post("/claim")
def enter() -> ResponseReturnValue:
    """Form: `code`, `password`, `again`. 303 when it is claimed; 200 with a sentence when it is not, 429 with
    Retry-After after too many wrong codes."""
    site = this_site()
    data_dir, address = site.settings.data_dir, request.remote_addr or "unknown"
    code, password = request.form.get("code", ""), request.form.get("password", "")
    if claim_code(data_dir) is None:
        return _claimed_already()
    problem = chosen_problem(password, request.form.get("again", ""), code)
    if problem:
        return _page(code, password_problem=problem)
    wait_s = site.attempts.begin(address) or site.claim_tries.begin()
    if wait_s:
        log.warning("claim from %s refused: too many wrong codes, %d s to wait", address, wait_s)
        page = _page(code, code_problem=tell("claim.pause", seconds=wait_s))
        return page, 429, {"Retry-After": str(wait_s)}
    with site.password_turn() as mine:
        if not mine:
            return _page(code, password_problem=tell("login.busy")), 503
        try:
            result = claim_box(data_dir, code, password)
        except PasswordError as error:
            log.error("the box cannot be claimed: %s", error)
            return _page(code, password_problem=tell("password.not_kept", problem=str(error))), 503
    if result == "wrong code":
        log.warning("wrong claim code from %s", address)
        return _page(code, code_problem=tell("claim.wrong"))
    site.attempts.succeeded(address)
    if result == "claimed already":
        return _claimed_already()
    open_session(data_dir)
    log.info("the box was claimed from %s", address)
    flash(tell("claim.done"), "good")
    return redirect(url_for("overview.page"), 303)


def _page(code: str = "", *, code_problem: str = "", password_problem: str = "") -> str:
    return render_template(
        "claim.html",
        code=code[:64],
        code_problem=code_problem,
        password_problem=password_problem,
        least=MIN_PASSWORD_CHARACTERS,
        # Who claimed this box long ago and finds it unclaimed must be told why.
        box_findings=[one for one in this_site().look() if one.kind == "data_lost"],
    )


def _claimed_already() -> ResponseReturnValue:
    flash(tell("claim.already"), "bad")
    return redirect(url_for("login.form"), 303)
