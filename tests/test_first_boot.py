"""A new box has a claim code of its own and says it until it is claimed, whenever the power is cut meanwhile."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import appliance.private_files
import web_ui.claim_code
import web_ui.passwords
from appliance.configuration.file import read_configuration
from appliance.first_boot import CLEARED, main, told
from web_ui.claim_code import CODE_FILE, claim_box, claim_code, ensure_claim_code
from web_ui.passwords import PasswordError, check_password, has_password, set_password

NEW_BOX = Path(__file__).resolve().parents[1] / "image_build/box/usr/share/centralita/office.toml"
OWN = "cuatro palabras sin sentido"


def test_each_box_has_another_code_that_nobody_else_reads_and_no_password(tmp_path: Path) -> None:
    codes = set()
    for name in ("one", "two"):
        data = tmp_path / name
        data.mkdir()
        codes.add(ensure_claim_code(data))
        assert (data / CODE_FILE).stat().st_mode & 0o777 == 0o600
        assert not has_password(data)
    assert len(codes) == 2 and None not in codes


def test_it_stays_the_same_until_the_box_is_claimed_and_is_then_worth_nothing(tmp_path: Path) -> None:
    code = ensure_claim_code(tmp_path)
    assert code is not None and ensure_claim_code(tmp_path) == code
    assert claim_box(tmp_path, "abcd-efgh-jkmn", OWN) == "wrong code"
    assert claim_box(tmp_path, f" {code.upper().replace('-', ' ')} ", OWN) == "claimed"
    assert check_password(tmp_path, OWN) and not check_password(tmp_path, code)
    assert claim_box(tmp_path, code, "otra cosa distinta") == "claimed already"
    assert check_password(tmp_path, OWN)
    assert ensure_claim_code(tmp_path) is None and not (tmp_path / CODE_FILE).exists()


def test_a_password_made_on_the_command_line_claims_the_box_too(tmp_path: Path) -> None:
    code = ensure_claim_code(tmp_path)
    assert code is not None
    set_password(tmp_path, OWN)
    assert claim_box(tmp_path, code, "otra cosa distinta") == "claimed already"
    assert ensure_claim_code(tmp_path) is None


def test_a_damaged_code_is_made_anew_and_a_damaged_password_is_nobodys_to_replace(tmp_path: Path) -> None:
    ensure_claim_code(tmp_path)
    (tmp_path / CODE_FILE).write_bytes(b"\0" * 12)
    code = ensure_claim_code(tmp_path)
    assert code is not None and claim_code(tmp_path) == code
    (tmp_path / "web/password.json").write_text("{")
    assert claim_box(tmp_path, code, OWN) == "claimed already"
    with pytest.raises(PasswordError, match="damaged"):
        ensure_claim_code(tmp_path)


def test_a_box_whose_code_was_its_password_was_never_claimed(tmp_path: Path) -> None:
    """As images did before there was a page to claim it."""
    code = ensure_claim_code(tmp_path)
    assert code is not None
    set_password(tmp_path, code)
    assert ensure_claim_code(tmp_path) == code
    assert claim_box(tmp_path, code, OWN) == "claimed"


def killed_at(step: int, what: Callable[[], object]) -> bool:
    """Runs `what` in a process that ends at once before its n-th line in the files that write; whether it got there."""
    files = {module.__file__ for module in (appliance.private_files, web_ui.passwords, web_ui.claim_code)}
    pid = os.fork()
    if pid == 0:
        left = step

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename not in files:
                return None
            if event == "line":
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            what()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def test_a_power_cut_at_any_step_of_making_the_code_leaves_a_box_that_can_be_claimed(tmp_path: Path) -> None:
    step = 0
    while True:
        data = tmp_path / str(step)
        data.mkdir()
        if not killed_at(step, partial(ensure_claim_code, data)):
            break
        assert not has_password(data)
        code = ensure_claim_code(data)
        assert code is not None and claim_code(data) == code, step
        step += 1
    assert step > 20


def test_a_power_cut_at_any_step_of_claiming_leaves_it_claimed_or_to_be_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hashlib.scrypt", lambda word, *, salt, **_: word + salt)  # a third of a second a step
    step = claimed = 0
    while True:
        data = tmp_path / str(step)
        data.mkdir()
        code = ensure_claim_code(data)
        assert code is not None
        cut = killed_at(step, partial(claim_box, data, code, OWN))
        if has_password(data):
            claimed += 1
            assert check_password(data, OWN)
            assert claim_box(data, code, "otra cosa distinta") == "claimed already"
            assert ensure_claim_code(data) is None and not (data / CODE_FILE).exists()
        else:
            assert ensure_claim_code(data) == code
            assert claim_box(data, code, OWN) == "claimed"
        if not cut:
            break
        step += 1
    assert step > 30 and 3 < claimed < step


def test_the_screen_tells_where_the_page_is() -> None:
    configuration = read_configuration(NEW_BOX)
    said = told(configuration, "abcd-efgh-jkmn", "192.168.1.7")
    assert "http://192.168.1.7:8080/" in said and "abcd-efgh-jkmn" in said
    assert "sin red" in told(configuration, None, "127.0.0.1")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err


def test_the_whole_of_it_as_systemd_runs_it(tmp_path: Path) -> None:
    config, screen = tmp_path / "office.toml", tmp_path / "text"
    config.write_text(NEW_BOX.read_text().replace("/var/lib/centralita", str(tmp_path)))
    run = ["--config", str(config), "--screen", str(screen)]
    assert main(run) == 0
    code = (tmp_path / CODE_FILE).read_text()
    assert code in screen.read_text()
    assert claim_box(tmp_path, code, OWN) == "claimed"
    assert main(run) == 0
    assert screen.read_text().startswith(CLEARED) and code not in screen.read_text()
