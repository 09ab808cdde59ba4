"""What can keep an update from being installed or switched to: a code of `words`, and the values its sentence names."""

from dataclasses import dataclass, field


@dataclass
class UpdateError(Exception):
    """The root that runs is untouched, and is what the box starts with. `code`: a key of `words.PROBLEMS`."""

    code: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.values.items())])
