"""Calls that are over: the list, one call with its reasons, and its recordings."""

from functools import partial
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request, send_file

from appliance.acd.ids import RecordingName
from appliance.daemon.queries import CallDetails, RecordingRow
from web_ui.checks import checked_call
from web_ui.site import reader_language, tell, this_site
from web_ui.why import decision_sentence, why_sentence

blueprint = Blueprint("calls", __name__, url_prefix="/calls")

ROWS = 50


@blueprint.get("")
def page() -> str:
    """Newest first; `before`: only records older than this number."""
    before = request.args.get("before", type=int)
    calls = this_site().history.calls(ROWS + 1, before)
    more = calls[ROWS - 1].record if len(calls) > ROWS else None
    return render_template("calls.html", calls=calls[:ROWS], before=before, more=more)


@blueprint.get("/<call>")
def one(call: str) -> tuple[str, int]:
    details = this_site().history.call(checked_call(call))
    if details is None:
        return render_template("error.html", message=tell("calls.missing", call=call)), 404
    row, language = details.row, reader_language()
    spans = tuple((kind, getattr(row, f"{kind}_ms")) for kind in ("ivr", "wait", "talk", "hold", "voicemail"))
    page = render_template(
        "call.html",
        call=details,
        why=why_sentence(details, language),
        reason_text=partial(decision_sentence, language=language),
        spans=spans,
        total_ms=sum(ms for _, ms in spans),
        recordings=[(one, _sound_file(name) is not None) for name, one in _recordings(details)],
    )
    return page, 200


@blueprint.get("/<call>/recording/<int:number>")
def recording(call: str, number: int) -> Response:
    """The sound of a call's first, second, … recording. `?download=1` to keep it.

    Answers range requests (RFC 9110), so that a player can jump.
    """
    details = this_site().history.call(checked_call(call))
    made = _recordings(details) if details else []
    sound = _sound_file(made[number - 1][0]) if 1 <= number <= len(made) else None
    if sound is None:
        abort(404)
    keep = request.args.get("download") == "1"
    return send_file(sound, mimetype="audio/wav", as_attachment=keep, download_name=sound.name, conditional=True)


def _recordings(details: CallDetails) -> list[tuple[RecordingName, RecordingRow | None]]:
    """All that were made of a call, the first first; None with the last when its end was never reported."""
    made: list[tuple[RecordingName, RecordingRow | None]] = [(one.recording, one) for one in details.recordings]
    last = details.row.recording
    if last and all(name != last for name, _ in made):
        made.append((last, None))
    return made


def _sound_file(recording_name: RecordingName) -> Path | None:
    """The file of a recording, if it is there and inside the recordings' folder."""
    folder = (this_site().settings.data_dir / "recordings").resolve()
    file = (folder / recording_name).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None
