"""The page's password: made once, kept as a hash, and not guessed by trying."""

import errno
import stat
from pathlib import Path

import pytest

from web_ui.attempts import FIRST_WAIT_S, FORGET_AFTER_S, FREE_ATTEMPTS, LONGEST_WAIT_S, MAX_ADDRESSES, LoginAttempts
from web_ui.passwords import (
    FILE_NAME,
    PasswordError,
    check_password,
    ensure_password,
    new_password,
    password_mark,
    set_password,
)
from web_ui.secret_key import FILE_NAME as KEY_FILE_NAME
from web_ui.secret_key import SecretKeyError, session_key


def test_the_first_start_makes_a_password_and_later_ones_do_not(tmp_path: Path) -> None:
    password = ensure_password(tmp_path)
    assert password is not None
    assert len(password.replace("-", "")) >= 12
    assert ensure_password(tmp_path) is None
    assert check_password(tmp_path, password)
    assert not check_password(tmp_path, password + "x")
    assert not check_password(tmp_path, "")


def test_two_boxes_have_different_passwords(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert ensure_password(tmp_path / "a") != ensure_password(tmp_path / "b")


def test_only_a_hash_is_kept_and_only_for_its_owner(tmp_path: Path) -> None:
    password = ensure_password(tmp_path)
    assert password is not None
    file = tmp_path / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password not in file.read_text()
    assert list(file.parent.iterdir()) == [file], "a temporary file was left"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_new_password_ends_the_old_one_and_its_sessions(tmp_path: Path) -> None:
    old = ensure_password(tmp_path)
    assert old is not None
    mark = password_mark(tmp_path)
    fresh = new_password(tmp_path)
    assert not check_password(tmp_path, old)
    assert check_password(tmp_path, fresh)
    assert password_mark(tmp_path) != mark


def test_a_chosen_password_must_have_some_length(tmp_path: Path) -> None:
    set_password(tmp_path, "una frase más larga")
    assert check_password(tmp_path, "una frase más larga")
    with pytest.raises(PasswordError, match="8 to 256"):
        set_password(tmp_path, "corta")
    assert not check_password(tmp_path, "x" * 1_000_000), "a giant password is refused, not hashed"


def test_a_damaged_or_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PasswordError, match="centralita password"):
        check_password(tmp_path, "whatever")
    (tmp_path / FILE_NAME).parent.mkdir()
    (tmp_path / FILE_NAME).write_text("{}")
    with pytest.raises(PasswordError, match="is damaged"):
        check_password(tmp_path, "whatever")


def test_the_session_key_is_kept_and_private(tmp_path: Path) -> None:
    key = session_key(tmp_path)
    assert len(key) == 32
    assert session_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE_NAME).stat().st_mode) == 0o600
    (tmp_path / KEY_FILE_NAME).write_bytes(b"short")
    assert len(session_key(tmp_path)) == 32
    with pytest.raises(SecretKeyError, match="right to read and write"):
        session_key(tmp_path / "nowhere")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_takes_nothing_costs_sessions_and_not_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(*_: object, **__: object) -> bool:
        raise OSError(number, "the disk")

    kept = session_key(tmp_path)
    monkeypatch.setattr("web_ui.secret_key.write_private", refused)
    assert session_key(tmp_path) == kept, "nothing is written where there is one"
    (tmp_path / KEY_FILE_NAME).unlink()
    assert len(session_key(tmp_path)) == 32


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def failures_until_blocked(attempts: LoginAttempts, address: str) -> int:
    tried = 0
    while attempts.begin(address) == 0:
        tried += 1
        assert tried < 100, "never blocked"
    return tried


def test_after_some_failures_an_address_waits_and_each_wait_is_longer() -> None:
    clock = Clock()
    attempts = LoginAttempts(clock)
    assert failures_until_blocked(attempts, "a") == FREE_ATTEMPTS
    assert attempts.begin("b") == 0, "another address is not concerned"
    waits = []
    for _ in range(10):
        waits.append(attempts.begin("a"))
        clock.now_s += waits[-1]
        assert attempts.begin("a") == 0, "after the wait there is one attempt"
    assert waits[0] == FIRST_WAIT_S
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S


def test_a_right_password_or_time_wipes_the_failures() -> None:
    clock = Clock()
    attempts = LoginAttempts(clock)
    failures_until_blocked(attempts, "a")
    attempts.succeeded("a")
    assert failures_until_blocked(attempts, "a") == FREE_ATTEMPTS
    clock.now_s += FORGET_AFTER_S + 1
    assert failures_until_blocked(attempts, "a") == FREE_ATTEMPTS


def test_the_memory_of_addresses_is_bounded_and_keeps_the_newest() -> None:
    attempts = LoginAttempts(Clock())
    failures_until_blocked(attempts, "first")
    for number in range(MAX_ADDRESSES - 1):
        attempts.begin(f"other {number}")
    assert attempts.begin("first") > 0, "still remembered"
    attempts.begin("one more")
    assert attempts.begin("first") == 0, "the oldest one was forgotten"
