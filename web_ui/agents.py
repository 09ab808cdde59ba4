"""What can be done to an agent from the page: log in and out, pause, resume, end the wrap-up or extend it."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import AgentLogin, AgentLogout, AgentPause, AgentResume, EndWrapUp, ExtendWrapUp
from web_ui.actions import carry_out
from web_ui.checks import checked_name

blueprint = Blueprint("agents", __name__, url_prefix="/agents")


@blueprint.post("/<agent>/log-in")
def log_in(agent: str) -> ResponseReturnValue:
    """Form: `station`, empty for the agent's usual one. No PIN: whoever is logged in to the page is trusted."""
    station = request.form.get("station", "")
    where = StationName(checked_name(station)) if station else None
    return carry_out(AgentLogin(AgentName(checked_name(agent)), station=where, trusted=True), _back())


@blueprint.post("/<agent>/log-out")
def log_out(agent: str) -> ResponseReturnValue:
    return carry_out(AgentLogout(AgentName(checked_name(agent))), _back())


@blueprint.post("/<agent>/pause")
def pause(agent: str) -> ResponseReturnValue:
    """Form: `reason`, a reason code."""
    reason = checked_name(request.form.get("reason", ""))
    return carry_out(AgentPause(AgentName(checked_name(agent)), reason=reason), _back())


@blueprint.post("/<agent>/resume")
def resume(agent: str) -> ResponseReturnValue:
    return carry_out(AgentResume(AgentName(checked_name(agent))), _back())


@blueprint.post("/<agent>/end-wrap-up")
def end_wrap_up(agent: str) -> ResponseReturnValue:
    return carry_out(EndWrapUp(AgentName(checked_name(agent))), _back())


@blueprint.post("/<agent>/extend-wrap-up")
def extend_wrap_up(agent: str) -> ResponseReturnValue:
    return carry_out(ExtendWrapUp(AgentName(checked_name(agent))), _back())


def _back() -> str:
    return url_for("overview.page")
