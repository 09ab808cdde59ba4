"""Mutation testing of who is rung for whom: every small change to the code that no test notices, and why that may be.

mutmut changes one thing at a time in each function of FILES (an operator, a number, a string, a branch, an argument)
and runs the tests that go through that function, quickest first, until one fails: the mutant is killed, as is one that
the type checker refuses. What survives is compared with mutation_survivors.toml, where each survivor is explained; one
that is not is named, and so is an explanation of a mutant that does not survive any more. A mutant is known by its
function and by the line before and after, so that explanations outlive other edits of the file.

Tables outside of functions are not mutated, nor are decorated functions: mutmut cannot. All happens in a copy of the
checkout, with one process and without network, and takes about five minutes of one core.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.mutation.diff_apply import generated_function_names
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("mutation_survivors.toml")
PACKAGE = Path("appliance/acd")
FILES = ("distribution", "queues", "agents", "wants", "strategies")
COPIED = ("appliance", "hw", "tests", "pyproject.toml")
TESTS = "tests/acd"
LEFT_OUT = (
    "goes_wrong",
    "day_is_replayed",
    "goes_elsewhere",
    "quiet_day",
    "is_bounded",
    "are_bounded",
    "for_ever",
    "draws_alike",
    "a_weight_does_what",
    "every_reason_the_acd_decides_by",
)
"""Parts of names: whole days, tests of limits and of long draws, which take seconds each; and a test that reads the
code, which is not to be read mutated."""
KILLED = ("killed", "timeout", "segfault", "suspicious", "caught by type check")


class Mutant(NamedTuple):
    """`function` as module.name; `was` and `now` are the lines that differ, without their indentation."""

    function: str
    was: str
    now: str


class Explained(NamedTuple):
    mutant: Mutant
    why: str


class Outcome(NamedTuple):
    killed: int
    untested: list[Mutant]
    survived: list[Mutant]


def explained(file: Path = EXPLAINED) -> list[Explained]:
    table = tomllib.loads(file.read_text()).get("survivor", [])
    return [Explained(Mutant(one["function"], one["was"], one["now"]), one["why"]) for one in table]


def configuration(names: Sequence[str]) -> str:
    """What mutmut is told, as TOML."""
    chosen = " and ".join(f"not {name}" for name in LEFT_OUT)
    options = ["-x", "-q", "-m", "not long", "-k", chosen, "-p", "no:cacheprovider"]
    types = [sys.executable, "-m", "mypy", "--strict", "--no-warn-unused-ignores", "--output=json", str(PACKAGE)]
    return "\n".join(
        [
            "[tool.mutmut]",
            f'source_paths = ["{PACKAGE.parent}"]',
            f"only_mutate = {json.dumps([f'{PACKAGE}/{name}.py' for name in names])}",
            'also_copy = ["hw"]',
            f"pytest_add_cli_args = {json.dumps(options)}",
            f'pytest_add_cli_args_test_selection = ["{TESTS}"]',
            f"type_check_command = {json.dumps(types)}",
            "timeout_constant = 5.0",
            "timeout_multiplier = 2.0",
            "use_git_change_detection = false",
            "track_dependencies = false",
            "",
        ]
    )


def prepare(folder: Path, names: Sequence[str]) -> None:
    """A copy of what the tests need, and mutmut's configuration in it."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc", ".pytest_cache")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder / name)
    project = folder / "pyproject.toml"
    project.write_text(project.read_text() + "\n" + configuration(names))


def run(folder: Path) -> None:
    """Raises RuntimeError with mutmut's words when it could not run, as when a test fails on what is not changed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}")


def outcome(folder: Path, names: Sequence[str]) -> Outcome:
    """What became of every mutant."""
    found = Outcome(0, [], [])
    with contextlib.chdir(folder):
        for name in names:
            data = SourceFileMutationData(path=PACKAGE / f"{name}.py")
            data.load()
            for key, exit_code in data.exit_code_by_key.items():
                status = status_by_exit_code[exit_code]
                if status in KILLED:
                    found = found._replace(killed=found.killed + 1)
                elif status == "survived":
                    found.survived.append(mutant(PACKAGE / f"{name}.py", key))
                else:
                    found.untested.append(mutant(PACKAGE / f"{name}.py", key))
    return found


def mutant(path: Path, key: str) -> Mutant:
    """What mutmut calls `key`, by its lines. In mutmut's folder."""
    spans = MutantLineSpans.load(path)
    assert spans is not None, f"no index of {path}"
    names = generated_function_names(key)
    original, changed = (
        text.replace(name, "", 1).splitlines()
        for name, text in zip(names, spans.read_function_sources(names), strict=True)
    )
    while original[0] == changed[0]:
        original, changed = original[1:], changed[1:]
    while original and changed and original[-1] == changed[-1]:
        original, changed = original[:-1], changed[:-1]
    function = names[0].removeprefix("x_").removesuffix("__mutmut_orig")
    return Mutant(f"{path.stem}.{function}", _joined(original), _joined(changed))


def _joined(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines)


def main(as_json: bool, names: Sequence[str] = FILES) -> int:
    """0 when it could be measured."""
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="centralita-mutation-") as temporary:
        folder = Path(temporary)
        prepare(folder, names)
        try:
            run(folder)
        except RuntimeError as error:
            print(error)
            return 1
        found = outcome(folder, names)
    reasons = {one.mutant: one.why for one in explained() if one.mutant.function.partition(".")[0] in names}
    unexplained = [one for one in (*found.survived, *found.untested) if one not in reasons]
    out_of_date = [one for one in reasons if one not in (*found.survived, *found.untested)]
    total = found.killed + len(found.survived) + len(found.untested)
    if as_json:
        told = {name: [one._asdict() for one in of] for name, of in (("unexplained", unexplained),)}
        print(json.dumps({"mutants": total, "killed": found.killed, **told}))
    for title, of in (("unexplained", unexplained), ("explained, and does not survive", out_of_date)):
        for one in of:
            print(f"{title}: {one.function}\n    - {one.was}\n    + {one.now}")
    print(f"{total} mutants of {', '.join(names)}: {found.killed} killed, {len(found.survived)} survived,")
    print(f"{len(found.untested)} gone through by no test; {time.monotonic() - begun_s:.0f} s")
    print(f"mutation_killed {100 * found.killed / total:.1f} %")
    print(f"mutation_out_of_date {len(out_of_date)} (target 0)")
    print(f"mutation_unexplained {len(unexplained)} (target 0)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False, sys.argv[1:] or FILES))
