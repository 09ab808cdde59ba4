"""`./centralita test`: that its two halves are the whole, each test once."""

from pathlib import Path

from tests.run import HERE, halves, run_halves
from tests.verdict import ONLY_REAL_TIME_FAILED

REAL_TIME = "import pytest, pathlib\n@pytest.mark.real_time\ndef test_it(): {}\n"
SECOND_TIME = "f = pathlib.Path(__file__ + '.once'); seen = f.exists(); f.touch(); assert seen"


def test_every_test_file_is_in_one_half_and_in_no_more() -> None:
    for file in HERE.rglob("test_*.py"):
        found = [half for half in halves() if takes(half, file)]
        assert len(found) == 1, (file, len(found))


def takes(half: list[str], file: Path) -> bool:
    return any(file.is_relative_to(one) for one in half)


def test_what_only_the_clock_was_against_is_tried_once_more_and_nothing_else(tmp_path: Path) -> None:
    good, late, bad, slow = (tmp_path / f"test_{name}.py" for name in ("good", "late", "bad", "slow"))
    good.write_text("def test_it(): pass\n")
    late.write_text(REAL_TIME.format(SECOND_TIME))
    slow.write_text(REAL_TIME.format("assert False"))
    bad.write_text("def test_it(): assert False\n")
    assert run_halves({"a": [str(good)], "b": [str(late)]}) == 0
    assert run_halves({"a": [str(slow)], "b": [str(good)]}) not in (0, ONLY_REAL_TIME_FAILED)
    assert run_halves({"a": [str(good)], "b": [str(bad)]}) == 1
