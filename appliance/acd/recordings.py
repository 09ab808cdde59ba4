"""Naming, starting and finishing recordings: of conversations and of voicemail messages."""

from datetime import UTC, datetime
from typing import Literal

from appliance.acd import line_tests
from appliance.acd.effects import StartRecording, StopRecording, StoreRecording
from appliance.acd.hours import LAST_UTC_MS
from appliance.acd.ids import LegId, RecordingName
from appliance.acd.inputs import RecordingFinished
from appliance.acd.state import Call, PendingRecording
from appliance.acd.turn import Turn

PENDING_LIMIT = 1_000
"""Recordings whose end has not been reported; beyond it the oldest is no longer expected."""


def start(turn: Turn, call: Call, kind: Literal["call", "voicemail"], legs: tuple[LegId, ...], max_ms: int) -> None:
    """Record these legs into a new file, named by the UTC day and the call; the later ones of a call are numbered."""
    call.recordings += 1
    day = datetime.fromtimestamp(min(max(turn.now_utc_ms, 0), LAST_UTC_MS) / 1000, UTC)
    suffix = f"-{call.recordings}" if call.recordings > 1 else ""
    name = RecordingName(f"{day:%Y/%m/%d}/{call.id}{suffix}.wav")
    call.recording, call.recording_on = name, True
    pending = turn.state.recordings
    pending[name] = PendingRecording(call.id, kind)
    if len(pending) > PENDING_LIMIT:
        del pending[next(iter(pending))]
    turn.switch.append(StartRecording(name, legs, max_ms))


def stop(turn: Turn, call: Call) -> None:
    if call.recording_on and call.recording is not None:
        turn.switch.append(StopRecording(call.recording))
    call.recording_on = False


def finished(turn: Turn, what: RecordingFinished) -> None:
    """A recording is whole: tell the store whose it is. A test's is nobody's."""
    if line_tests.recorded(turn, what):
        return
    pending = turn.state.recordings.pop(what.recording, None)
    if pending is None:
        turn.late("unknown_recording", what.recording)
        return
    turn.store.append(StoreRecording(what.recording, pending.call, what.duration_ms, what.size_bytes, pending.kind))
