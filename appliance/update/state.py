"""How updates are doing, for good: `state.json` in the update folder of the data partition, read by whoever asks."""

from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.backup.durable import write_whole

FOLDER = Path("/var/lib/centralita-update")
FILE_NAME = "state.json"


class UpdateState(Struct, frozen=True):
    """`installed`: the version in the other root that was not tried yet, "" for none. `wanted_utc_ms`: since when it
    is to be switched to at a quiet minute; 0: it is not. `trying`: the version that was switched to and has not proved
    well. `problem` and `values`: of the last update that came to nothing, a code of `words.PROBLEMS`. `taken`: what was
    taken from a stick, so that a stick that stays in is not taken again and again."""

    installed: str = ""
    wanted_utc_ms: int = 0
    trying: str = ""
    problem: str = ""
    values: dict[str, str] = {}
    taken: str = ""


def read_state(folder: Path = FOLDER) -> UpdateState:
    """As at first where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=UpdateState)
    except (OSError, msgspec.DecodeError):
        return UpdateState()


def write_state(state: UpdateState, folder: Path = FOLDER) -> None:
    """Raises OSError."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_whole(folder / FILE_NAME, msgspec.json.encode(state), 0o644)
