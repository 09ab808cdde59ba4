"""What `./centralita test` runs, in order: style, types, then every test; the long ones by name."""

import subprocess
import sys
from collections.abc import Sequence

from tests.verdict import ONLY_REAL_TIME_FAILED

TREES = ["appliance", "hw", "image_build", "tests", "web_ui"]
CHECKS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy", "--strict", *TREES]),
)


NONE_RAN = 5
"""pytest's exit code when it found no test."""


def run_tests(rest: Sequence[str]) -> int:
    """Everything but the long runs; with arguments, only pytest with those. The first failure's exit code."""
    if not rest:
        for name, words in CHECKS:
            print(f"== {name}: {' '.join(words)}", flush=True)
            code = subprocess.run([sys.executable, "-m", *words], check=False).returncode
            if code != 0:
                print(f"== {name} failed", flush=True)
                return code
        print("== tests", flush=True)
    if rest:
        return _pytest("-m", "not long", "-rsfE", *rest)
    code = _pytest("-p", "tests.verdict", "-m", "not long", "-rsfE")
    if code != ONLY_REAL_TIME_FAILED:
        return code
    print("== only tests judged in real time failed: those once more, alone", flush=True)
    return _pytest("-m", "real_time and not long", "-rsfE", "--last-failed", "--last-failed-no-failures", "none")


def run_long(name: str) -> int:
    """One long test by (part of) its name; `list` names them all."""
    if name == "list":
        return _pytest("-m", "long", "--collect-only")
    code = _pytest("-m", "long", "-k", name, "-s")
    if code == NONE_RAN:
        print(f"There is no long test called {name}. `./centralita test --long list` names them.")
    return code


def _pytest(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *words], check=False).returncode
