"""The claim code of a box nobody has claimed yet: made once, told on its own screen, worth one choice of a password.

A box is claimed exactly when its page has a password (`web_ui.passwords`), which is put there whole and only where
there is none. So there is no step at which a power cut leaves a box without a code or a password, and no second claim:
a code file that outlives its claim is worth nothing, and is removed at the next start.
"""

import contextlib
import hmac
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from appliance.private_files import write_private
from web_ui.passwords import (
    PasswordError,
    check_password,
    first_password,
    forget_password,
    has_password,
    random_words,
)

CODE_FILE = "web/claim-code"
"""Within the data folder, readable by the page's user alone."""
TRIES_FILE = "web/claim-tries"
PAUSES_S = ((200, 60), (20, 5))
"""From so many wrong codes on, whoever typed them, so long between two tries. It never grows beyond: who has the right
code is not kept out for more than a minute. A code is one of 10**17."""
_CODE = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}")

ClaimResult = Literal["claimed", "wrong code", "claimed already"]


def ensure_claim_code(data_dir: Path) -> str | None:
    """The code, made if there is none; None once the box is claimed. Raises PasswordError."""
    _undo_code_as_password(data_dir)
    if has_password(data_dir):
        forget_claim_code(data_dir)
        return None
    kept = claim_code(data_dir)
    if kept is not None:
        return kept
    code = random_words()
    try:
        write_private(data_dir / CODE_FILE, code.encode(), replace=True)
    except OSError as error:
        raise PasswordError(f"{data_dir / CODE_FILE}: cannot be written: {error.strerror}.") from error
    return code


def claim_code(data_dir: Path) -> str | None:
    """The code of an unclaimed box; None for a claimed one and where none was made. Raises PasswordError."""
    if has_password(data_dir):
        return None
    code = _kept_code(data_dir)
    return code if _CODE.fullmatch(code) else None


def claim_box(data_dir: Path, code: str, password: str) -> ClaimResult:
    """Makes `password` the page's, once, for whoever knows the code. Raises PasswordError.

    The password's rules are `password_problem`'s and are the caller's to have asked.
    """
    right = claim_code(data_dir)
    if right is None:
        return "claimed already"
    if not hmac.compare_digest(plain_code(right).encode(), plain_code(code).encode()):
        return "wrong code"
    if not first_password(data_dir, password):
        return "claimed already"
    forget_claim_code(data_dir)
    return "claimed"


def plain_code(typed: str) -> str:
    """A code or a password as a reader might type it: hyphens, spaces and capitals make no difference."""
    return re.sub(r"[\s-]", "", typed[:256]).lower()


def forget_claim_code(data_dir: Path) -> None:
    """Removes what is worth nothing any more; where it cannot be removed it stays, worth nothing."""
    for name in (CODE_FILE, TRIES_FILE):
        try:
            (data_dir / name).unlink(missing_ok=True)
        except OSError:
            continue


class ClaimTries:
    """Slows down wrong codes from everywhere together. The count outlives a restart, and a restart begins with a pause.

    `now_s` is any monotonic clock in seconds. Used from any thread.
    """

    def __init__(self, data_dir: Path, now_s: Callable[[], float]) -> None:
        self._path = data_dir / TRIES_FILE
        self._now_s = now_s
        self._lock = threading.Lock()
        self._count = _read_count(self._path)
        self._last_s = now_s()

    def begin(self) -> int:
        """Counts a try. Returns 0 when it may be made, else the seconds to wait; then it does not count."""
        with self._lock:
            now_s = self._now_s()
            pause_s = next((pause for least, pause in PAUSES_S if self._count >= least), 0)
            left_s = self._last_s + pause_s - now_s
            if left_s > 0:
                return max(1, round(left_s))
            self._count += 1
            self._last_s = now_s
            with contextlib.suppress(OSError):  # a full disk keeps nobody from claiming: the count is in memory
                write_private(self._path, str(self._count).encode(), replace=True)
            return 0


def _read_count(path: Path) -> int:
    try:
        return min(int(path.read_text()[:9]), 10**6)
    except (OSError, ValueError):
        return 0


def _kept_code(data_dir: Path) -> str:
    try:
        with (data_dir / CODE_FILE).open(errors="replace") as file:
            return file.read(64).strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PasswordError(f"{data_dir / CODE_FILE}: cannot be read: {error.strerror}.") from error


def _undo_code_as_password(data_dir: Path) -> None:
    """Earlier images made the code the page's password: such a box was never claimed, and becomes so again."""
    code = _kept_code(data_dir)
    if _CODE.fullmatch(code) and has_password(data_dir) and check_password(data_dir, code):
        forget_password(data_dir)
