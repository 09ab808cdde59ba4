"""Reads what a switch said while there was no ACD, and left when it died (the file of `switch.unheard`)."""

import logging
from pathlib import Path

from appliance.acd.wire import MAX_LINE_BYTES, MAX_UNACKNOWLEDGED, Unheard, WireError, decode_unheard, unheard_name

log = logging.getLogger(__name__)

MAX_BYTES = MAX_UNACKNOWLEDGED * 512 + MAX_LINE_BYTES
"""An input takes about 150 bytes."""


def read_unheard(socket: Path, incarnation: str) -> Unheard | None:
    """What the switch of this incarnation, which listened at `socket`, left; None for nothing that can be read."""
    path = socket.with_name(unheard_name(socket.stem, incarnation))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise WireError(f"it is longer than {MAX_BYTES} bytes")
        unheard = decode_unheard(data)
    except FileNotFoundError:
        return None
    except (OSError, WireError) as error:
        log.error("what the switch left in %s is not used: %s", path, error)
        return None
    return unheard if unheard.incarnation == incarnation else None
