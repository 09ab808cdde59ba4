"""The key that signs session cookies: made once, kept across restarts, readable by nobody else."""

import errno
import logging
import secrets
from pathlib import Path

from appliance.private_files import write_private

FILE_NAME = "web/session.key"
"""Within the data folder, in a folder that is the page's own."""
KEY_BYTES = 32
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT})

log = logging.getLogger(__name__)


class SecretKeyError(Exception):
    """The key cannot be read or made; the message says where and what to do."""


def session_key(data_dir: Path) -> bytes:
    """The key in `data_dir`, made if there is none or it is damaged. Raises SecretKeyError.

    On a disk that takes nothing now, a key for as long as the process lives: the page is what says so, and has to be
    there. Sessions then end with the process.
    """
    path = data_dir / FILE_NAME
    try:
        key = path.read_bytes() if path.exists() else b""
        if len(key) == KEY_BYTES:
            return key
        write_private(path, secrets.token_bytes(KEY_BYTES), replace=bool(key))
        return path.read_bytes()
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            log.error("%s: %s. Sessions end when the page is started anew.", path, error.strerror)
            return secrets.token_bytes(KEY_BYTES)
        raise SecretKeyError(
            f"{path}: {error.strerror}. Give the page's user the right to read and write in {data_dir}."
        ) from error
