"""`./centralita backup …` as somebody at a terminal meets it, in processes of its own."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.backup.contents import BoxFolders
from appliance.backup.words import PROBLEMS, SAID
from tests.backup.boxes import OTHER_KEY, add_calls, make_box, number_of, seen

KEY_LINE = re.compile(r"^    ((?:[0-9A-Z]{5}-){7}[0-9A-Z]{5})$", re.MULTILINE)


def backup(box: BoxFolders, *words: object, typed: str = "", language: str = "en") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "appliance", "backup", *map(str, words)]
    return subprocess.run(
        [*argv, "--config", str(box.configuration), "--language", language],
        input=typed, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, "TZ": "UTC"},
    )  # fmt: skip


@pytest.fixture
def box(tmp_path: Path) -> BoxFolders:
    return make_box(tmp_path / "box", 4)


def test_from_one_box_to_a_new_one_with_only_the_file_and_the_paper(box: BoxFolders, tmp_path: Path) -> None:
    made = backup(box, "create", "--to", tmp_path, "--recordings", _folder(tmp_path / "sounds"))
    assert made.returncode == 0, made.stderr
    assert "4 calls, up to oficina-4" in made.stdout and "Recordings: 1 copied" in made.stdout
    paper = KEY_LINE.search(made.stdout)
    assert paper is not None
    (file,) = tmp_path.glob("*.age")
    before = seen(box)
    (tmp_path / "box").rename(tmp_path / "lost")
    words = ("restore", file, "--key", paper[1].lower().replace("-", " "), "--recordings", tmp_path / "sounds")
    restored = backup(box, *words)
    assert restored.returncode == 0, restored.stderr
    assert seen(box) == before
    told, done = restored.stdout.index("What is lost: everything since"), restored.stdout.index("Restored.")
    assert told < done
    assert (box.recordings / "2026/oficina-1.wav").exists()
    assert number_of(box, "last_call") > 10_000_000
    again = backup(box, "key")
    assert KEY_LINE.search(again.stdout)[1] == paper[1], "the new box goes on with the key that is on paper"  # type: ignore[index]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_key_is_shown_once_and_again_when_asked(box: BoxFolders, tmp_path: Path) -> None:
    first = backup(box, "create", "--to", tmp_path / "1.age")
    second = backup(box, "create", "--to", tmp_path / "2.age")
    key = backup(box, "key", "--age")
    shown = KEY_LINE.search(first.stdout)
    assert shown is not None and shown[1] in key.stdout and "AGE-SECRET-KEY-1" in key.stdout
    assert KEY_LINE.search(second.stdout) is None


def test_newer_calls_are_not_lost_by_mistake(box: BoxFolders, tmp_path: Path) -> None:
    assert backup(box, "create", "--to", tmp_path / "b.age").returncode == 0
    add_calls(box, 5, 7)
    before = seen(box)
    refused = backup(box, "restore", tmp_path / "b.age")
    assert refused.returncode == 1 and "3 calls that the backup has not" in refused.stderr
    assert "What is lost: everything since" in refused.stdout and seen(box) == before
    forced = backup(box, "restore", tmp_path / "b.age", "--force")
    assert forced.returncode == 0, forced.stderr
    assert len(seen(box).calls) == 4


def test_a_running_box_is_not_restored_over(box: BoxFolders, tmp_path: Path) -> None:
    assert backup(box, "create", "--to", tmp_path / "b.age").returncode == 0
    with socket.socket(socket.AF_UNIX) as acd:
        acd.bind(str(box.run_dir / "acd.sock"))
        acd.listen()
        refused = backup(box, "restore", tmp_path / "b.age")
    assert refused.returncode == 1 and "The box is running" in refused.stderr
    assert backup(box, "restore", tmp_path / "b.age").returncode == 0, "a socket that nobody listens at is nobody"


def test_a_slip_in_the_key_is_named_in_words(box: BoxFolders, tmp_path: Path) -> None:
    assert backup(box, "create", "--to", tmp_path / "b.age").returncode == 0
    groups = OTHER_KEY.text().split("-")
    groups[2] = groups[2][:4] + ("0" if groups[2][4] != "0" else "1")
    slip = backup(box, "verify", tmp_path / "b.age", "--key", "-".join(groups))
    assert slip.returncode == 1 and "mistake in group 3" in slip.stderr
    wrong = backup(box, "verify", tmp_path / "b.age", "--key", OTHER_KEY.text(), language="es")
    assert wrong.returncode == 1 and "esta clave no lo abre" in wrong.stderr
    assert backup(box, "verify", tmp_path / "b.age").returncode == 0
    shutil.rmtree(box.own)
    typed = backup(box, "verify", tmp_path / "b.age", typed="\n")
    assert typed.returncode == 1 and "no recovery key" in typed.stderr


def test_backups_are_listed_and_the_timer_has_nothing_to_do_without_a_folder(box: BoxFolders, tmp_path: Path) -> None:
    assert "There are no backups" in backup(box, "list", tmp_path).stdout
    backup(box, "create", "--to", tmp_path)
    assert "centralita-oficina-" in backup(box, "list", tmp_path).stdout
    scheduled = backup(box, "create", "--scheduled")
    assert scheduled.returncode == 0 and "No backup is made by itself" in scheduled.stdout


def test_nothing_to_finish_is_no_fault(box: BoxFolders) -> None:
    done = backup(box, "finish")
    assert (done.returncode, done.stdout) == (0, "")


def test_every_sentence_is_in_both_languages_with_the_same_values() -> None:
    for table in (PROBLEMS, SAID):
        for code, (spanish, english) in table.items():
            assert set(re.findall(r"{\w+}", spanish)) == set(re.findall(r"{\w+}", english)), code
            assert spanish != english or not re.search("[a-z]{4}", re.sub(r"{\w+}", "", spanish)), code
