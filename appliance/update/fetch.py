"""Brings a bundle to the data partition, out of the reach of who gave it: from a file, a stick or a web address.

It is looked at and installed from there and nowhere else, so that it cannot change between the two, whatever a stick
answers the second time. Root's folder, and never more than fits.
"""

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from appliance.update.errors import UpdateError

FILE = "bundle.raucb"
MAX_BYTES = 1 << 30
"""A root's partition; RAUC's plain bundles may have two of these."""
KEPT_FREE_BYTES = 200 << 20
"""Calls, money and recordings come first."""
CHUNK_BYTES = 1 << 20
SILENCE_S = 60.0


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


def fetch(what: str, folder: Path, free_bytes: Callable[[Path], int] | None = None) -> Path:
    """`folder`/bundle.raucb, on the disk. Raises UpdateError; nothing half is left then."""
    free = free_bytes or (lambda path: shutil.disk_usage(path).free)
    target = folder / FILE
    partial = folder / f".{FILE}.partial"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
        source, size = _opened(what)
        try:
            with closing(source), os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
                done = _copied(what, source, to.fileno(), size, free(folder) - KEPT_FREE_BYTES)
                os.fsync(to.fileno())
            if size is not None and done != size:
                raise UpdateError("cut_off", {"what": what, "got": _mb(done), "wanted": _mb(size)})
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
    except urllib.error.URLError as error:
        raise UpdateError("not_reached", {"what": what, "reason": str(error.reason)}) from error
    except OSError as error:
        raise UpdateError("not_read", {"what": what, "reason": error.strerror or str(error)}) from error
    except ValueError as error:
        raise UpdateError("not_reached", {"what": what, "reason": str(error)}) from error
    return target


def _opened(what: str) -> tuple[_Source, int | None]:
    """The source, and its length where it is told."""
    scheme = urlsplit(what).scheme
    if scheme in ("http", "https"):
        answer = urllib.request.urlopen(what, timeout=SILENCE_S)
        length = answer.headers.get("Content-Length", "")
        return answer, int(length) if length.isdigit() else None
    if scheme and "://" in what:
        raise UpdateError("not_reached", {"what": what, "reason": "http, https"})
    path = Path(what)
    if not path.is_file():
        raise UpdateError("not_there", {"what": what})
    return path.open("rb"), path.stat().st_size


def _copied(what: str, source: _Source, to: int, size: int | None, room: int) -> int:
    if size is not None and size > MAX_BYTES:
        raise UpdateError("too_large", {"what": what, "most": _mb(MAX_BYTES)})
    if size is not None and size > room:
        raise UpdateError("no_room", {"wanted": _mb(size + KEPT_FREE_BYTES), "free": _mb(room + KEPT_FREE_BYTES)})
    done = 0
    while chunk := source.read(CHUNK_BYTES):
        done += len(chunk)
        if done > MAX_BYTES:
            raise UpdateError("too_large", {"what": what, "most": _mb(MAX_BYTES)})
        if done > room:
            raise UpdateError("no_room", {"wanted": _mb(done + KEPT_FREE_BYTES), "free": _mb(room + KEPT_FREE_BYTES)})
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(to, rest) :]
    return done


def _mb(size: int) -> str:
    return str((size + 500_000) // 1_000_000)
