"""Imports go one way: the arrows of the architecture, kept by reading every import of the tree."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PURE_STDLIB = {
    "bisect", "collections", "collections.abc", "dataclasses", "datetime", "enum", "functools", "hashlib", "heapq",
    "itertools", "math", "operator", "re", "typing", "zoneinfo",
}  # fmt: skip
"""What the pure parts may use. zoneinfo reads the time-zone tables, which are data of the release."""

MAY_IMPORT: dict[str, set[str]] = {
    "appliance.acd": {"appliance.acd"},
    "appliance.billing": {"appliance.billing", "appliance.acd.ids", "appliance.acd.plan", "appliance.acd.hours"},
    "appliance.configuration": {
        "appliance.configuration", "hw.boards", "hw.signals.cadence", "hw.signals.tones",
    },
    "appliance.office": {"appliance.office", "appliance.acd.ids", "appliance.acd.effects"},
    "appliance.planning": {"appliance.planning", "appliance.acd"},
    "appliance.daemon": {
        "appliance.daemon", "appliance.planning", "appliance.acd", "appliance.billing", "appliance.configuration",
        "appliance.office", "appliance.words_details", "appliance.private_files", "appliance.box_health",
    },
    "appliance.box_health": {"appliance.box_health", "appliance.acd.view", "appliance.acd.plan"},
    "appliance.switch": {
        "appliance.switch", "appliance.acd.ids", "appliance.acd.inputs", "appliance.acd.effects", "appliance.acd.wire",
        "appliance.acd.message_inputs", "appliance.acd.message_effects", "appliance.acd.prompts",
        "appliance.configuration", "hw",
    },
    "appliance.cloud": {
        "appliance.cloud", "appliance.configuration", "appliance.daemon.queries", "appliance.daemon.control_client",
    },
    "appliance.statements": {
        "appliance.statements", "appliance.acd", "appliance.billing", "appliance.daemon", "appliance.words",
    },
    "appliance.backup": {
        "appliance.backup", "appliance.configuration.file", "appliance.daemon.migrations", "appliance.daemon.numbers",
        "appliance.daemon.code_version",
    },
    "appliance.update": {
        "appliance.update", "appliance.configuration.file", "appliance.acd.view", "appliance.backup.durable",
        "appliance.daemon.control_client", "appliance.daemon.migrations", "appliance.daemon.numbers",
        "appliance.daemon.short_writes",
    },
    "hw": {"hw"},
    "web_ui": {
        "web_ui", "appliance.acd", "appliance.billing", "appliance.configuration", "appliance.words",
        "appliance.words_details", "appliance.private_files", "appliance.statements", "appliance.box_health",
        "appliance.daemon.control_client", "appliance.daemon.queries", "appliance.daemon.why",
        "appliance.daemon.message_queries", "appliance.daemon.money_queries", "appliance.daemon.money_groups",
        "appliance.daemon.ledger_queries", "appliance.demo.world_socket",
        "appliance.backup.status", "appliance.backup.errors", "appliance.backup.words",
        "appliance.demo.world_records", "hw.boards", "hw.panel_sim", "hw.bench_client",
    },
    "image_build": {"image_build"},
}  # fmt: skip
NEVER_IMPORTED = {"appliance.__main__"}


def _modules() -> list[Path]:
    return [
        file
        for tree in ("appliance", "hw", "web_ui", "image_build")
        for file in sorted((ROOT / tree).rglob("*.py"))
        if "__pycache__" not in file.parts
    ]


def _name(file: Path) -> str:
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def _imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import; name the whole path"
            assert node.module is not None
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            known = {name for name in names if (ROOT / Path(*name.split("."))).with_suffix(".py").exists()}
            packages = {name for name in names if (ROOT / Path(*name.split("."))).is_dir()}
            found |= known | packages or {node.module}
    return found


def _ours(name: str) -> bool:
    return name.split(".")[0] in {"appliance", "hw", "web_ui", "image_build", "tests"}


def _within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in allowed)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_its_arrows_allow(room: str) -> None:
    wrong = [
        f"{_name(file)} imports {name}"
        for file in _modules()
        if _within(_name(file), {room})
        for name in sorted(_imports(file))
        if _ours(name) and not _within(name, MAY_IMPORT[room])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["appliance.acd", "appliance.billing", "appliance.office"])
def test_the_pure_rooms_use_only_pure_parts(room: str) -> None:
    wrong = [
        f"{_name(file)} imports {name}"
        for file in _modules()
        if _within(_name(file), {room})
        for name in sorted(_imports(file))
        if not _ours(name) and name not in PURE_STDLIB and not _within(name, {"msgspec"})
    ]
    assert not wrong, "\n".join(wrong)


def test_the_environment_uses_only_the_standard_library() -> None:
    """It runs before anything is installed."""
    wrong = [
        f"{_name(file)} imports {name}"
        for file in _modules()
        if _within(_name(file), {"image_build"})
        for name in _imports(file)
        if not _ours(name) and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_imports_the_command_line() -> None:
    assert not [_name(file) for file in _modules() if _imports(file) & NEVER_IMPORTED]


def test_there_are_no_cycles() -> None:
    names = {_name(file) for file in _modules()}
    arrows = {_name(file): {one for one in _imports(file) if one in names} - {_name(file)} for file in _modules()}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path[path.index(name) :], name))
        if name in done:
            return
        for other in sorted(arrows[name]):
            walk(other, (*path, name))
        done.add(name)

    for name in sorted(arrows):
        walk(name, ())
