"""A new box has a claim code of its own, says it until somebody has chosen a password, and then never again."""

from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.first_boot import CODE_FILE, claim_code, main, told
from web_ui.passwords import PasswordError, check_password, set_password

NEW_BOX = Path(__file__).resolve().parents[1] / "image_build/box/usr/share/centralita/office.toml"


def box(folder: Path) -> tuple[Path, Path]:
    data, keep = folder / "data", folder / "box"
    data.mkdir(parents=True)
    return data, keep


def test_each_box_has_another_code_and_it_opens_the_page(tmp_path: Path) -> None:
    codes = set()
    for name in ("one", "two"):
        data, keep = box(tmp_path / name)
        code = claim_code(data, keep)
        assert code is not None and check_password(data, code)
        assert (keep / CODE_FILE).stat().st_mode & 0o777 == 0o600
        codes.add(code)
    assert len(codes) == 2


def test_it_stays_the_same_until_a_password_is_chosen_and_is_then_forgotten(tmp_path: Path) -> None:
    data, keep = box(tmp_path)
    code = claim_code(data, keep)
    assert claim_code(data, keep) == code
    set_password(data, "somebody's own")
    assert claim_code(data, keep) is None
    assert not (keep / CODE_FILE).exists()
    assert claim_code(data, keep) is None


def test_a_password_lost_makes_a_new_code(tmp_path: Path) -> None:
    data, keep = box(tmp_path)
    first = claim_code(data, keep)
    (data / "web/password.json").unlink()
    second = claim_code(data, keep)
    assert second is not None and second != first


def test_a_damaged_password_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    data, keep = box(tmp_path)
    claim_code(data, keep)
    (data / "web/password.json").write_text("{")
    with pytest.raises(PasswordError, match="damaged"):
        claim_code(data, keep)
    assert (keep / CODE_FILE).exists()


def test_the_screen_tells_where_the_page_is(tmp_path: Path) -> None:
    configuration = read_configuration(NEW_BOX)
    said = told(configuration, "abcd-efgh-jkmn", "192.168.1.7")
    assert "http://192.168.1.7:8080/" in said and "abcd-efgh-jkmn" in said
    assert "sin red" in told(configuration, None, "127.0.0.1")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml"), "--keep", str(tmp_path)]) == 1
    assert "none.toml" in capsys.readouterr().err


def test_the_whole_of_it_as_systemd_runs_it(tmp_path: Path) -> None:
    data, keep = box(tmp_path)
    config, screen = tmp_path / "office.toml", tmp_path / "text"
    config.write_text(NEW_BOX.read_text().replace("/var/lib/centralita", str(data)))
    assert main(["--config", str(config), "--keep", str(keep), "--screen", str(screen)]) == 0
    assert (keep / CODE_FILE).read_text() in screen.read_text()
