"""The key that signs session cookies: made once, kept across restarts, readable by nobody else."""

import secrets
from pathlib import Path

from appliance.private_files import write_private

FILE_NAME = "web/session.key"
"""Within the data folder, in a folder that is the page's own."""
KEY_BYTES = 32


class SecretKeyError(Exception):
    """The key cannot be read or made; the message says where and what to do."""


def session_key(data_dir: Path) -> bytes:
    """The key in `data_dir`, made if there is none or it is damaged. Raises SecretKeyError."""
    path = data_dir / FILE_NAME
    try:
        write_private(path, secrets.token_bytes(KEY_BYTES), replace=False)
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            write_private(path, secrets.token_bytes(KEY_BYTES), replace=True)
            key = path.read_bytes()
        return key
    except OSError as error:
        raise SecretKeyError(
            f"{path}: {error.strerror}. Give the page's user the right to read and write in {data_dir}."
        ) from error
