"""Finds the benchmarks and runs one by name."""

import ast
import importlib
import inspect
from pathlib import Path

HERE = Path(__file__).parent
HELPERS = {"__init__", "run", "sipp_office"}


def bench_names() -> list[str]:
    """Modules of this folder that have a `main(as_json)`."""
    return sorted(
        file.stem for file in HERE.glob("*.py") if file.stem not in HELPERS and "\ndef main(" in file.read_text()
    )


def list_benches() -> int:
    """One line a benchmark: its name and what it measures."""
    for name in bench_names():
        said = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
        print(f"{name:24} {said.splitlines()[0] if said else ''}")
    return 0


def run_bench(name: str, as_json: bool, seconds: float = 0.0) -> int:
    """Run it, for so many seconds where that can be told; it prints its figures and says by its exit code whether it
    could measure, not whether it liked them."""
    if name not in bench_names():
        print(f"There is no benchmark called {name}. These are: {', '.join(bench_names())}")
        return 2
    run = importlib.import_module(f"tests.bench.{name}").main
    if seconds and "seconds" not in inspect.signature(run).parameters:
        print(f"{name} takes the time it takes: --seconds is not for it")
        return 2
    code: int = run(as_json, seconds=seconds) if seconds else run(as_json)
    return code
