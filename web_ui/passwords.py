"""The one password of the page: chosen when the box is claimed (`web_ui.claim_code`), or made at the first start of a
checkout; kept only as a salted scrypt hash that nobody else may read.

`scrypt` (RFC 7914) with N = 2**14, r = 8, p = 5: 16 MB and about a third of a second on a Pi, the weaker-memory
equivalent OWASP gives for N = 2**17, p = 1. The file is replaced whole, so a power cut leaves the old one or the new.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from appliance.private_files import remove_private, write_private

FILE_NAME = "web/password.json"
"""Within the data folder, in a folder that is the page's own."""
MAX_PASSWORD_CHARACTERS = 256
MIN_PASSWORD_CHARACTERS = 8
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No i, l, o, 0 or 1: it is read off a screen and typed."""


class PasswordError(Exception):
    """The password cannot be checked or set. The message says which file and what to do."""


class _Stored(Struct, frozen=True, forbid_unknown_fields=True):
    salt: str
    hash: str
    n: int = 2**14
    r: int = 8
    p: int = 5


def ensure_password(data_dir: Path) -> str | None:
    """Makes a password if there is none yet, and returns it then and never again. Raises PasswordError."""
    if (data_dir / FILE_NAME).exists():
        return None
    password = random_words()
    return password if first_password(data_dir, password) else None


def has_password(data_dir: Path) -> bool:
    """Whether one was made or chosen, be it readable or not."""
    return (data_dir / FILE_NAME).exists()


def first_password(data_dir: Path, password: str) -> bool:
    """Sets the password where there is none yet; returns whether this was it. Raises PasswordError."""
    return _write(data_dir, _hashed(password), replace=False)


def forget_password(data_dir: Path) -> None:
    """Nobody can log in any more. Raises PasswordError."""
    try:
        remove_private(data_dir / FILE_NAME)
    except OSError as error:
        raise PasswordError(f"{data_dir / FILE_NAME}: cannot be removed: {error.strerror}.") from error


def password_problem(password: str) -> Literal["short", "long"] | None:
    """What keeps this from being somebody's choice; spaces around it do not make it longer."""
    if len(password.strip()) < MIN_PASSWORD_CHARACTERS:
        return "short"
    return "long" if len(password) > MAX_PASSWORD_CHARACTERS else None


def new_password(data_dir: Path) -> str:
    """Makes another password in place of the one there is, and returns it. Raises PasswordError."""
    password = random_words()
    set_password(data_dir, password)
    return password


def set_password(data_dir: Path, password: str) -> None:
    """Replaces the password; sessions opened with the old one end. Raises PasswordError."""
    if password_problem(password) is not None:
        raise PasswordError(
            f"The password must have {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters. Choose another."
        )
    _write(data_dir, _hashed(password), replace=True)


def check_password(data_dir: Path, password: str) -> bool:
    """Whether this is the password; takes the same time either way. Raises PasswordError."""
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return False
    stored = _read(data_dir)
    return hmac.compare_digest(_scrypt(password, stored).hex(), stored.hash)


def password_mark(data_dir: Path) -> str:
    """Changes whenever the password does: what a session remembers to end with it. Raises PasswordError."""
    return hashlib.sha256(_read(data_dir).salt.encode()).hexdigest()[:16]


def random_words() -> str:
    """Something to be read off a screen and typed: twelve letters, 59 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _hashed(password: str) -> _Stored:
    empty = _Stored(salt=secrets.token_hex(16), hash="")
    return msgspec.structs.replace(empty, hash=_scrypt(password, empty).hex())


def _scrypt(password: str, stored: _Stored) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=bytes.fromhex(stored.salt),
        n=stored.n,
        r=stored.r,
        p=stored.p,
        maxmem=64 * 1024 * 1024,
        dklen=32,
    )


def _read(data_dir: Path) -> _Stored:
    path = data_dir / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Stored)
    except FileNotFoundError as error:
        raise PasswordError("There is no password yet. `centralita password` makes one and shows it.") from error
    except OSError as error:
        raise PasswordError(
            f"{path}: cannot be read: {error.strerror}. Give the page's user the right to read it."
        ) from error
    except msgspec.DecodeError as error:
        raise PasswordError(f"{path}: is damaged ({error}). `centralita password` makes a new one.") from error


def _write(data_dir: Path, stored: _Stored, *, replace: bool) -> bool:
    path = data_dir / FILE_NAME
    try:
        return write_private(path, msgspec.json.encode(stored), replace=replace)
    except OSError as error:
        raise PasswordError(
            f"{path}: cannot be written: {error.strerror}. Give the page's user the right to write in {data_dir}."
        ) from error
