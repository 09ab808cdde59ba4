"""What devices say of themselves is there in Spanish: every sentence in the code has its pattern, every pattern its
sentence. The sentences are found by reading the sources: what is given to a call in `TELLERS` is one."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from appliance.words_details import SPANISH, detail_words

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [
    *(file for file in sorted((ROOT / "hw").glob("*.py")) if not file.stem.endswith("_sim")),
    *sorted((ROOT / "appliance" / "switch").rglob("*.py")),
    ROOT / "appliance" / "daemon" / "control_client.py",
    ROOT / "appliance" / "daemon" / "queries.py",
    ROOT / "appliance" / "daemon" / "migrations.py",
    *(ROOT / "appliance" / "daemon" / name for name in ("short_writes.py", "ledger_writes.py", "rerating.py")),
]
TELLERS = {
    # the news themselves
    "Health": 1, "PortHealth": 1, "line_changed": 2, "station_changed": 3, "is_reachable": 1,
    # what hands a sentence on to them
    "say": 1, "lose": 0, "lost": 0, "_lost": 0, "absent": 0, "_absent": 0, "_sound_lost": 0, "_out_of_service": 0,
    "_trouble": 0, "_not_ready": 0, "_sick": 0, "_report": 0, "_sound_is": 0, "_is": 2,
    "done": 0, "_done": 0,
    # exceptions whose text is shown
    "TransportLost": 0, "SoundFailed": 0, "ControlUnavailable": 0, "LookupFailed": 0, "Refused": 0,
    "Unreachable": 0, "NoPassword": 0, "StoreMissing": 0,
    "JobRefused": 0, "OtherCurrency": 0,
}  # fmt: skip
"""Where in the call the sentence is; it may also be the keyword `detail`."""


@dataclass(frozen=True)
class Source:
    file: Path
    tree: ast.Module


SOURCES = [Source(file, ast.parse(file.read_text())) for file in FILES]


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def _functions(tree: ast.AST) -> tuple[ast.FunctionDef, ...]:
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _assigned(name: str, trees: list[ast.Module]) -> Iterator[tuple[ast.expr, ast.Module]]:
    """What is ever assigned to the variable or attribute `name`."""
    for tree in trees:
        yield from ((value, tree) for value in _assignments(tree).get(name, ()))


@cache
def _assignments(tree: ast.Module) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else []:
            pairs = [(target, node.value)] if isinstance(node, ast.Assign) else []
            if isinstance(target, ast.Tuple) and isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for one, value in pairs:
                found.setdefault(_last_name(one), []).append(value)
    return found


def _sentences(value: ast.expr, tree: ast.Module, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The literals that `value` may be, with {} for each part put in; followed through names, branches and returns."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            for part in parts:
                if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name | ast.Attribute):
                    yield from (one for one in _sentences(part.value, tree, seen) if " " in one)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_sentences(one, tree, seen), *_sentences(other, tree, seen))
        case ast.BoolOp(values=values):
            for one in values:
                yield from _sentences(one, tree, seen)
        case ast.Name() | ast.Attribute() if (name := _last_name(value)) not in seen:
            where = [tree] if isinstance(value, ast.Name) or name.startswith("_") else [one.tree for one in SOURCES]
            for given, its_tree in _assigned(name, where):
                yield from _sentences(given, its_tree, seen | {name})
        case ast.Call(func=called) if (name := _last_name(called)) not in seen:
            here = [tree] if any(one.name == name for one in _functions(tree)) else [one.tree for one in SOURCES]
            for its_tree in here:
                for function in (one for one in _functions(its_tree) if one.name == name):
                    for node in ast.walk(function):
                        if isinstance(node, ast.Return) and node.value is not None:
                            yield from _sentences(node.value, its_tree, seen | {name})


def _told(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (place := TELLERS.get(_last_name(node.func))) is not None:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "detail"]
            given = node.args[place] if len(node.args) > place else named[0] if named else None
            if given is not None:
                yield node, given


def _in_code() -> set[str]:
    found = {text for source in SOURCES for _, given in _told(source.tree) for text in _sentences(given, source.tree)}
    return {text for text in found if re.search(r"[a-z]", text)}


def _blanks(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def test_every_sentence_in_the_code_has_a_pattern_and_every_pattern_a_sentence() -> None:
    in_table = {re.sub(r"\{\w+\}", "{}", english) for english in SPANISH}
    in_code = _in_code()
    assert not in_code - in_table, "write these in appliance/words_details.py, in Spanish"
    assert not in_table - in_code, "nobody says these any more: take them out of appliance/words_details.py"


def test_every_sentence_handed_on_comes_from_a_call_that_is_read_here() -> None:
    """A function that passes its own parameter on as the sentence must be a teller itself, or its callers' words would
    be missed."""
    for source in SOURCES:
        for function in _functions(source.tree):
            parameters = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
            for call, given in _told(ast.Module(function.body, [])):
                if isinstance(given, ast.Name) and given.id in parameters:
                    assert function.name in TELLERS, f"{source.file.name}:{call.lineno}: add {function.name} to TELLERS"


@pytest.mark.parametrize("english", SPANISH)
def test_what_is_put_into_a_sentence_is_put_into_the_spanish_one(english: str) -> None:
    spanish = SPANISH[english]
    assert sorted(_blanks(english)) == sorted(_blanks(spanish))
    parts = {name: f"«{name}»" for name in _blanks(english)}
    assert detail_words(english.format(**parts), "es") == spanish.format(**parts)
    assert detail_words(english.format(**parts), "en") == english.format(**parts)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("registered with Movistar", "registrado en Movistar"),
        ("/dev/gsm1 was unplugged", "/dev/gsm1 se ha desconectado"),
        ("/dev/gsm1 was unplugged (Input/output error)", "/dev/gsm1 se ha desconectado (Input/output error)"),
        ("restarting the modem: the modem did not hang up", "reiniciando el módem: el módem no colgó"),
        (
            "the SIM asks for its PIN and it has 1 try left: enter it in a telephone, or switch the PIN off",
            "la SIM pide su PIN y solo le queda 1 intento: introdúzcalo en un teléfono o desactive el PIN",
        ),
        ("restarting the modem: it is tired {0}", "reiniciando el módem: it is tired {0}"),
        ("from a newer driver", "from a newer driver"),
        ("", ""),
    ],
)
def test_sentences_as_they_come(english: str, spanish: str) -> None:
    assert detail_words(english, "es") == spanish
