"""A unit file, read."""

from pathlib import Path


class Unit:
    """Every value of each key, in order; `unit[key]` is the last."""

    def __init__(self, path: Path) -> None:
        self.values: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                self.values.setdefault(key, []).append(value)

    def __getitem__(self, key: str) -> str:
        return self.values[key][-1]
