"""Money is counted in integers: nothing in `appliance/billing` can make a fraction, by its text and by its types."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import Struct

import appliance.billing
from appliance.billing.charges import Charge
from appliance.billing.lines import Line
from appliance.billing.tariffs import Rate

FILES = sorted(Path(appliance.billing.__file__).parent.glob("*.py"))
FRACTIONS = {"float", "round", "complex", "Decimal", "Fraction", "fsum", "mean"}
MODULES = {"math", "decimal", "fractions", "statistics", "random", "time"}


def fractions_in(source: str) -> Iterator[str]:
    """What of a module could make something that is no integer."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=float() | complex() as value):
                yield f"line {node.lineno}: {value}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield f"line {node.lineno}: a division that is not whole"
            case ast.BinOp(op=ast.Pow()) | ast.AugAssign(op=ast.Pow()):
                yield f"line {node.lineno}: a power, whose exponent may be negative"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in FRACTIONS:
                yield f"line {node.lineno}: {name}"
            case ast.Import(names=names):
                yield from (f"line {node.lineno}: {one.name}" for one in names if one.name in MODULES)
            case ast.ImportFrom(module=module) if module in MODULES:
                yield f"line {node.lineno}: {module}"


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_no_module_of_billing_makes_a_fraction(path: Path) -> None:
    assert list(fractions_in(path.read_text())) == []


@pytest.mark.parametrize(
    "source", ["a = 0.5", "a = b / c", "a /= 2", "a = 10 ** -1", "float(a)", "round(a)", "import math", "a = 1e6", "2j"]
)
def test_what_would_make_one_is_found(source: str) -> None:
    assert len(list(fractions_in(source))) == 1


def kinds(type_: object, seen: set[object]) -> Iterator[object]:
    """Every type a record's fields have, and theirs."""
    if get_origin(type_) is not None:
        for argument in get_args(type_):
            yield from kinds(argument, seen)
    elif isinstance(type_, type) and issubclass(type_, Struct) and type_ not in seen:
        seen.add(type_)
        for field in get_type_hints(type_).values():
            yield from kinds(field, seen)
    elif type_ not in seen:
        yield type_


@pytest.mark.parametrize("record", [Charge, Rate, Line])
def test_no_field_of_what_is_kept_is_a_fraction(record: type[Struct]) -> None:
    found = {kind for kind in kinds(record, set()) if isinstance(kind, type)}
    assert int in found and found <= {int, str, bool, type(None)}


def test_a_fraction_in_what_was_kept_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `float`"):
        msgspec.json.decode(
            b'{"reason":"rated","currency":"EUR","direction":"in","number":"","rated_ms":1.5}', type=Charge
        )
