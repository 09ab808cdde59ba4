"""Money: income, cost and margin of this month by client, project and queue; and clients' statements to download."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from flask import Blueprint, Response, abort, render_template

from appliance.daemon.ledger_queries import StatementRow
from appliance.daemon.money_groups import By
from appliance.daemon.queries import day_span
from appliance.statements import csv_file, files
from appliance.statements.making import known
from appliance.statements.numbers import Place, default_place
from appliance.statements.statement import Statement
from web_ui.settings import Language
from web_ui.site import reader_language, this_site

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

GROUPS: tuple[By, ...] = ("client", "project", "queue")
TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
LONGEST_ON_PAPER = 20_000
"""Lines of a PDF that is made while a browser waits; longer ones are made at the terminal."""
PART_BYTES = 65_536


@blueprint.get("")
def page() -> str:
    site = this_site()
    zone = site.settings.time_zone
    today = datetime.fromtimestamp(site.utc_ms() / 1000, site.formats("es").time_zone).date()
    since, until = day_span(zone, today.replace(day=1), today)
    assert until is not None
    reports = site.history.money(GROUPS, since, until, site.settings.hourly_micros)
    return render_template(
        "accounts.html",
        reports=dict(zip(GROUPS, reports, strict=True)),
        statements=site.history.statements(),
        formats_of=_formats,
    )


@blueprint.get("/statements/<int:serial>.<ending>")
def statement(serial: int, ending: str) -> Response:
    """A statement that was made, as it was made. Written while it is sent, but for a PDF."""
    site = this_site()
    row = next((one for one in site.history.statements() if one.serial == serial), None)
    if row is None or ending not in _formats(row):
        abort(404)
    language = reader_language()
    place = Place.named(default_place(language, site.settings.country))
    with site.history.opened() as store:
        made = known(store, row.account, row.month)
    assert made is not None, "what was made is never taken back"
    parts = _parts(made, ending, place, language)
    first = next(parts)  # an account that does not hold is told of before anything was sent
    answer = Response(chain([first], parts), content_type=TYPES[ending])
    answer.headers.set("Content-Disposition", "attachment", filename=files.file_name(made, ending, language))
    return answer


def _parts(made: Statement, ending: str, place: Place, language: Language) -> Iterator[bytes]:
    with this_site().history.opened() as store:
        if ending == "json":
            yield from files.json_parts(store, made, _quiet)
        elif ending == "csv":
            yield from csv_file.parts(store, made, place, language, _quiet)
        else:
            from appliance.statements import pdf  # its library takes time to import, and is needed here only

            with tempfile.TemporaryFile() as paper:
                pdf.write(store, made, place, language, paper, _quiet)
                paper.seek(0)
                while part := paper.read(PART_BYTES):
                    yield part


def _formats(row: StatementRow) -> tuple[str, ...]:
    return tuple(one for one in TYPES if one != "pdf" or row.totals.lines <= LONGEST_ON_PAPER)


def _quiet(done: int, count: int) -> None:
    """Nobody watches: the browser shows how much has come."""
