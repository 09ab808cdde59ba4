"""Every file says what belongs in it, fits in the head, and tells nobody where it was written."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent.parent
MAX_LINES = 420
"""The rule says about 300; beyond this a file has two rooms."""


def tracked() -> list[Path]:
    """Files git knows or would add; a source tree without git is walked."""
    if shutil.which("git") is None:
        ignored = {".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
        return [file for file in ROOT.rglob("*") if file.is_file() and not ignored & set(file.parts)]
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = asked.stdout.split("\n") if asked.returncode == 0 else []
    found = [ROOT / name for name in names if name] or [file for file in ROOT.rglob("*") if file.is_file()]
    return [file for file in found if file.is_file()]


PYTHON = [file for file in tracked() if file.suffix == ".py"]


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_opens_with_what_belongs_in_it_and_stays_small(file: Path) -> None:
    text = file.read_text()
    assert ast.get_docstring(ast.parse(text)), "no first sentence"
    assert text.count("\n") <= MAX_LINES, f"{text.count(chr(10))} lines"


def test_the_lock_has_every_direct_dependency_at_the_version_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = set()
    for name in ("requirements.lock", "requirements-test.lock"):
        lines = (ROOT / "image_build" / name).read_text().lower().splitlines()
        locked |= {line.split(";")[0].strip() for line in lines if "==" in line and not line.startswith("#")}
    optional = project["optional-dependencies"]
    direct = [*project["dependencies"], *optional["pi"], *optional["test"]]
    missing = [one for one in direct if re.sub(r"\[.*?\]", "", one).lower() not in locked]
    assert not missing, f"in pyproject.toml but not in a lock: {missing}"


@pytest.mark.parametrize(
    ("machine", "has_pins"),
    [("aarch64", True), ("armv7l", True), ("armv6l", True), ("x86_64", True), ("riscv64", False)],
)
def test_every_machine_there_is_an_image_for_gets_the_library_of_pins(machine: str, has_pins: bool) -> None:
    lines = (ROOT / "image_build" / "requirements.lock").read_text().splitlines()
    (lgpio,) = [Requirement(line) for line in lines if line.startswith("lgpio==")]
    assert lgpio.marker is not None
    assert lgpio.marker.evaluate({"platform_machine": machine}) == has_pins


def test_nothing_names_the_machine_it_was_written_on() -> None:
    private = re.compile("/" + r"(work|root)/(main|shared|\.library|\.cache)")
    named = [
        f"{file.relative_to(ROOT)}: {found.group(0)}"
        for file in tracked()
        if file.suffix not in {".wav", ".png"} and (found := private.search(file.read_text(errors="replace")))
    ]
    assert not named, "\n".join(named)
