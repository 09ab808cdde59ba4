"""600 lists with something wrong: each is refused naming file, line, column and cure, and nothing is changed."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.configuration.tariff_books import read_list
from appliance.configuration.tariff_problems import MOST_TOLD, Problem
from appliance.configuration.tariff_rows import Known
from appliance.configuration.tariff_texts import TEXTS
from appliance.daemon.tariff_import import Wanted
from appliance.tariff_report import import_tariffs
from tests.configuration import malformed_lists as lists
from tests.configuration.malformed_lists import Expected
from tests.daemon.acd_process import office

KNOWN = Known(("operador",), (), (), "ES", "EUR")
LATER = '\n[[tariff]]\nname = "de-otros"\ndirection = "in"\nprefix = "+3467"\nrate_micros_per_minute = 1\n'
SEED = 20_261_123


def _made(kind: str, seed: int) -> tuple[bytes, str, list[Expected]]:
    rng = random.Random(seed)
    match kind:
        case "row":
            data, expected = lists.row_fault(rng)
        case "header":
            data, expected = lists.header_fault(rng)
        case "file":
            data, expected = lists.file_fault(rng)
        case "toml":
            data, expected = lists.toml_fault(rng)
            return data, ".toml", [expected]
        case _:
            one = lists.sheet(rng)
            match kind:
                case "pair":
                    lists.spoil_pair(one)
                case "counts":
                    lists.spoil_counts(one)
                case "commas":
                    lists.spoil_commas(one)
                case "overlap":
                    lists.spoil_overlap(one)
                case "mixed":
                    for code in rng.sample(sorted(lists.CELLS), 3):
                        lists.spoil_cell(one, code)
                    lists.spoil_pair(one)
                case code:
                    lists.spoil_cell(one, code)
            return one.data(), rng.choice((".csv", ".CSV", ".txt", ".tsv")), one.expected
    return data, ".csv", [expected]


KINDS = [*sorted(lists.CELLS), "pair", "counts", "commas", "overlap", "mixed"] * 12 + [
    "row",
    "header",
    "file",
    "toml",
] * 75
CASES = [(kind, SEED + number) for number, kind in enumerate(KINDS)]


def test_there_are_more_than_five_hundred() -> None:
    assert len(CASES) > 500


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A configuration with tariffs of its own, and a book that is kept already."""
    folder = tmp_path_factory.mktemp("box")
    config = office(folder, extra=LATER)
    (folder / "data").mkdir()
    kept = folder / "kept.csv"
    kept.write_text("prefix,price\n+49,0.02\n+43,0.03\n")
    assert import_tariffs(config, kept, Wanted(), None, dry_run=False) == 0
    yield config


@pytest.mark.parametrize("group", range(12))
def test_each_is_refused_where_it_is_wrong_and_nothing_is_changed(
    group: int, box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _folder(box.parent / "data")
    for kind, seed in CASES[group::12]:
        data, suffix, expected = _made(kind, seed)
        path = tmp_path / f"lista-{seed}{suffix}"
        path.write_bytes(data)
        for language in ("es", "en"):
            code = import_tariffs(box, path, Wanted(), language, dry_run=False)
            told = capsys.readouterr()
            where = f"{kind}, seed {seed}: {told.out}{told.err}"
            assert code == 1, where
            lines = told.out.splitlines()
            assert lines, where
            for line in lines[:MOST_TOLD]:
                _is_whole(line, path.name, where)
            for one in expected:
                assert _among(one, lines, language), f"{one} is not told. {where}"
    assert _folder(box.parent / "data") == before


def _is_whole(line: str, file: str, where: str) -> None:
    """File, line, column with its name, what is wrong, and the cure in a sentence of its own."""
    shape = rf"{re.escape(file)}, (línea|line) [1-9]\d*, (columna|column) [1-9]\d* \([^)]+\): (?P<what>.+)"
    match = re.fullmatch(shape, line)
    assert match is not None, where
    assert re.search(r"[.?] .+\.$|[.?] .+`\.$", match["what"]), where
    assert line.isprintable(), where


def _among(one: Expected, lines: list[str], language: str) -> bool:
    if not one.code:
        return True
    words = ("línea", "columna") if language == "es" else ("line", "column")
    place = rf"{words[0]} {one.line}, " if one.line else rf"{words[0]} \d+, "
    text = re.escape(TEXTS[one.code][language == "en"])
    text = re.sub(r"\\\{(found|other)\\\}", ".*", text)
    return any(re.search(rf", {place}{words[1]} {one.column} \(.*\): {text}$", told) for told in lines)


def _folder(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_of_very_many_problems_the_first_are_told_and_the_rest_counted() -> None:
    rows = "".join(f"{number},-1\n" for number in range(500))
    listed = read_list(f"prefix,price\n{rows}".encode(), ".csv", KNOWN)
    texts = listed.problems.texts("lista.csv", "en")
    assert listed.problems.count == 1_000
    assert len(texts) == MOST_TOLD + 1
    assert texts[-1].startswith(f"… and {1_000 - MOST_TOLD} problems more.")
    assert not listed.rates


def test_a_file_that_is_too_large_or_has_too_many_rows_is_refused() -> None:
    assert _codes(b"x" * 20_000_001) == ["large"]
    rows = "".join(f"+{number},1\n" for number in range(10_000, 110_001))
    (problem,) = read_list(f"prefix,price\n{rows}".encode(), ".csv", KNOWN).problems.told
    assert (problem.code, problem.line) == ("rows", 100_002)


@pytest.mark.parametrize("what", ["missing.csv", "folder.csv", "list.xlsx", "list", "\x00.csv"])
def test_what_is_no_list_is_refused(what: str, box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "list.xlsx").write_text("x")
    (tmp_path / "list").write_text("x")
    assert import_tariffs(box, tmp_path / what, Wanted(), "en", dry_run=False) == 1
    assert ", line 1, column 1 (" in capsys.readouterr().out


def test_every_problem_can_be_said_in_both_languages() -> None:
    for code in TEXTS:
        for language in ("es", "en"):
            assert "{" not in Problem(code, 1, 2, "precio", "x", "y").text("lista.csv", language)


def _codes(data: bytes) -> list[str]:
    return [problem.code for problem in read_list(data, ".csv", KNOWN).problems.told]
