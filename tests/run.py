"""What `./centralita test` runs, in order: style, types, then every test; the long ones by name."""

import os
import platform
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from image_build.environment import cache_folder
from image_build.recipe import Recipe
from tests.verdict import ONLY_REAL_TIME_FAILED

TREES = ["appliance", "hw", "image_build", "tests", "web_ui"]
CHECKS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy", "--strict", *TREES]),
)
HERE = Path(__file__).parent
ON_THE_LINE = ("hw", "switch")
"""Tests that mostly wait while calls take their time. They run beside all others, which take as long."""
IMAGE = ("image_build/test_image.py", "image_build/test_image_calls.py")
"""The disk image, built and started: ten minutes when its parts are kept, twice that from nothing."""
SLOW_PARTS = {"builder", "pjsip-amd64", "base-amd64"}
"""Of the image: what no change of the product makes anew."""
NONE_RAN = 5
"""pytest's exit code when it found no test."""


def run_tests(rest: Sequence[str]) -> int:
    """Everything but the long runs; with arguments, only pytest with those. The first failure's exit code."""
    if rest:
        return _pytest("-m", "not long", "-rsfE", *rest)
    for name, words in CHECKS:
        print(f"== {name}: {' '.join(words)}", flush=True)
        code = subprocess.run([sys.executable, "-m", *words], check=False).returncode
        if code != 0:
            print(f"== {name} failed", flush=True)
            return code
    print("== tests, in two halves beside each other", flush=True)
    on_the_line, others = halves()
    return run_halves({"line": on_the_line, "rest": others}) or _run_image()


def halves() -> tuple[list[str], list[str]]:
    """Every test file and folder, in one of two lists of paths for pytest."""
    every = {file.relative_to(HERE).parts[0] for file in HERE.rglob("test_*.py")}
    on_the_line, others = ON_THE_LINE, sorted(every - set(ON_THE_LINE))
    return [str(HERE / one) for one in on_the_line], [str(HERE / one) for one in others]


def run_halves(named: dict[str, list[str]], *words: str) -> int:
    """The pytests with these paths, all at once, each line with its half's name. The first failure's exit code; what
    only the clock was against is tried once more, alone."""
    codes: dict[str, int] = {}

    def run(name: str, paths: list[str]) -> None:
        argv = [*_PYTEST, "-p", "tests.verdict", "-m", "not long", "-rsfE", *_cache(name), *words, *paths]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(f"{name} | {line}", end="", flush=True)
        codes[name] = process.returncode

    running = [threading.Thread(target=run, args=half) for half in named.items()]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for name, code in codes.items():
        if code == ONLY_REAL_TIME_FAILED:
            print(f"== {name}: only tests judged in real time failed: those once more, alone", flush=True)
            again = ("--last-failed", "--last-failed-no-failures", "none")
            marked = "real_time and not long"
            codes[name] = _pytest("-m", marked, "-rsfE", *_cache(name), *again, *words, *named[name])
    return next((code for code in codes.values() if code), 0)


def _run_image() -> int:
    """The disk image is built from this checkout, and a virtual machine started from it takes calls."""
    print("== the disk image, in a virtual machine", flush=True)
    reason = _no_image_because()
    if reason:
        print(f"== left out: {reason} (./centralita test --long image does it)", flush=True)
        return 0
    return _pytest("-m", "long", "-rsfE", "-s", *(str(HERE / file) for file in IMAGE))


def _no_image_because() -> str:
    """Why it cannot be built here, or not in a few minutes; "" when it can."""
    if platform.machine() != "x86_64" or os.geteuid() != 0:
        return "only root of an x86_64 machine can build it"
    recipe = Recipe("amd64", cache_folder())
    slow = [part.name for part in recipe.parts if part.name in SLOW_PARTS and not recipe.folder(part.name).exists()]
    return f"{', '.join(slow)} would have to be made first, which takes ten minutes" if slow else ""


def run_long(name: str) -> int:
    """One long test by its file's name, else by part of its name; `list` names them all."""
    if name == "list":
        return _pytest("-m", "long", "--collect-only")
    files = [str(file) for file in sorted(HERE.rglob(f"test_{name}.py"))]
    code = _pytest("-m", "long", *(files or ["-k", name]), "-s")
    if code == NONE_RAN:
        print(f"There is no long test called {name}. `./centralita test --long list` names them.")
    return code


_PYTEST = (sys.executable, "-m", "pytest")


def _cache(half: str) -> tuple[str, str]:
    """What failed last is remembered for each half, for both write it at their end."""
    return "-o", f"cache_dir=.pytest_cache/{half}"


def _pytest(*words: str) -> int:
    return subprocess.run([*_PYTEST, *words], check=False).returncode
