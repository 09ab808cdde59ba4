"""Why, for programs: what the pages tell in sentences, as the JSON of `daemon.why`, behind the same log-in."""

from datetime import date

import msgspec
from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from appliance.acd.ids import AgentName
from appliance.daemon.queries import day_span
from appliance.daemon.why import NoSuchPlace, WhyAgent, WhyCall
from web_ui.checks import checked_call, checked_name
from web_ui.settings import Language
from web_ui.site import reader_language, this_site

blueprint = Blueprint("why_api", __name__, url_prefix="/api/why")

ROWS = 50


@blueprint.get("/calls/<call>")
def of_call(call: str) -> ResponseReturnValue:
    """`WhyCall`, of a call that is over or still up. `?language=es|en`: of its sentences."""
    found = this_site().history.why_call(checked_call(call), _language())
    return _json(found) if found is not None else abort(404)


@blueprint.get("/agents/<agent>")
def of_agent(agent: str) -> ResponseReturnValue:
    """`WhyAgent`, the newest decision first. `?from=` and `?to=`: local days, both included; `?limit=`: how many, up to
    1,000; `?before=`: the `next` of the page before."""
    first, last = _day("from"), _day("to")
    since, until = day_span(this_site().settings.time_zone, first, last)
    limit = request.args.get("limit", ROWS, type=int)
    name, before = AgentName(checked_name(agent)), request.args.get("before", "")
    try:
        return _json(this_site().history.why_agent(name, _language(), since, until, before, limit))
    except NoSuchPlace:
        abort(400)


def _language() -> Language:
    match request.args.get("language"):
        case "es" | "en" as asked:
            return asked
        case _:
            return reader_language()


def _day(name: str) -> date | None:
    """A day as 2026-11-22, None when it is not given; else answers 400."""
    text = request.args.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)


def _json(found: WhyCall | WhyAgent) -> Response:
    return Response(msgspec.json.encode(found), mimetype="application/json")
