"""Recordings copied apart: only what is new, compared, gone on with after an end in the middle, put back."""

import os
import subprocess
from pathlib import Path

import pytest

from appliance.backup.errors import BackupError
from appliance.backup.recordings import SUMS, check, copy_new, put_back


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    source, target = tmp_path / "recordings", tmp_path / "stick"
    for day in ("2026/11/22", "2026/11/23", ".partial"):
        (source / day).mkdir(parents=True)
        for number in range(3):
            (source / day / f"oficina-{number} x.wav").write_bytes(os.urandom(30_000 + number))
    target.mkdir()
    return source, target


def test_only_what_is_new_is_copied_and_what_is_being_recorded_is_not(folders: tuple[Path, Path]) -> None:
    source, target = folders
    first = copy_new(source, target)
    assert (first.copied, first.there, first.bytes) == (6, 0, 2 * (30_000 * 3 + 3))
    assert not (target / ".partial").exists()
    (source / "2026/11/23/oficina-9.wav").write_bytes(b"new")
    again = copy_new(source, target)
    assert (again.copied, again.there, again.bytes) == (1, 6, 3)
    assert (target / "2026/11/23/oficina-9.wav").read_bytes() == b"new"


def test_the_list_is_what_sha256sum_reads(folders: tuple[Path, Path]) -> None:
    copy_new(*folders)
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", SUMS], cwd=folders[1], check=True)


def test_a_copy_that_went_bad_is_found_and_is_not_put_back(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, target = folders
    copy_new(source, target)
    bad = target / "2026/11/22/oficina-1 x.wav"
    content = bytearray(bad.read_bytes())
    content[1000] ^= 1
    bad.write_bytes(content)
    (target / "2026/11/23/oficina-0 x.wav").unlink()
    wrong = ("2026/11/22/oficina-1 x.wav", "2026/11/23/oficina-0 x.wav")
    assert check(target).wrong == wrong
    back = put_back(target, tmp_path / "box")
    assert (back.copied, back.there, back.wrong) == (4, 0, wrong)
    assert not (tmp_path / "box" / wrong[0]).exists()
    again = put_back(target, tmp_path / "box")
    assert (again.copied, again.there) == (0, 4)
    assert copy_new(source, target).copied == 1, "the one that is missing"


def test_what_a_power_cut_left_is_copied_again(folders: tuple[Path, Path]) -> None:
    source, target = folders
    copy_new(source, target)
    lines = (target / SUMS).read_text().splitlines(keepends=True)
    (target / SUMS).write_text("".join(lines[:-1]) + lines[-1][:70])
    (target / "2026/11/23/.copying-half").write_bytes(b"half")
    copied = copy_new(source, target)
    assert (copied.copied, copied.there) == (1, 5)
    assert not check(target).wrong


def test_a_list_that_names_files_elsewhere_is_not_followed(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (folders[1] / SUMS).write_text(f"{'0' * 64}  ../../etc/passwd\n{'0' * 64}  /etc/passwd\n")
    back = put_back(folders[1], tmp_path / "box")
    assert (back.copied, back.there, back.wrong) == (0, 0, ())


def test_a_stick_that_is_not_there_is_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError) as error:
        copy_new(folders[0], tmp_path / "nowhere")
    assert error.value.code == "not_there"
