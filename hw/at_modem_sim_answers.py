"""What a GSM twin answers to commands that our driver never sends and other clients do, as `modems/answers/` has it.

The real modem answers them, so a twin that refuses them would fail a client that the modem satisfies. A command that
is in no file gets the model's error, as from the modem itself.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hw.at_conversation_sim import Reply

ANSWERS = Path(__file__).parent / "modems" / "answers"
Name = Annotated[str, Meta(pattern=r"^\+[A-Z]+$")]
Command = Annotated[str, Meta(pattern=r"^AT[ -~]*$")]


class RememberedSetting(Struct, frozen=True, forbid_unknown_fields=True):
    """AT<name>=<value> is taken when the pattern `values` fits it, and AT<name>? says it until a restart.

    Parameters that a value leaves out at its end are as in `default`.
    """

    name: Name
    default: str
    values: str
    supported: str = ""
    """What AT<name>=? says; "" : it is refused, or `answers` has it."""


class OtherCommands(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of `modems/answers/`. Information lines may have names in braces, which the twin fills in."""

    accepted: tuple[Command, ...] = ()
    answers: dict[Command, tuple[str, ...]] = {}
    settings: tuple[RememberedSetting, ...] = ()


def read_other_commands(model: str) -> OtherCommands:
    """Those of a model; none for a model that has no file. Raises msgspec.MsgspecError."""
    file = ANSWERS / f"{model}.toml"
    return msgspec.toml.decode(file.read_bytes(), type=OtherCommands) if file.exists() else OtherCommands()


def swapped_digits(number: str) -> str:
    """As a SIM keeps a number: its digits change places in pairs, F fills an odd one up (TS 31.102, TS 102 221).

    "893407" is "984370".
    """
    even = number if len(number) % 2 == 0 else number + "F"
    return "".join(even[at + 1] + even[at] for at in range(0, len(even), 2))


class OtherAnswers:
    """`words()` are what names in braces stand for. All methods in the twin's loop."""

    def __init__(self, model: str, words: Callable[[], Mapping[str, str]]) -> None:
        self._known = read_other_commands(model)
        self._words = words
        self.restarted()

    def restarted(self) -> None:
        self._values = {setting.name: setting.default for setting in self._known.settings}

    def value(self, name: str) -> str:
        """Of a setting; "" when this model's file has none of that name."""
        return self._values.get(name, "")

    def reply(self, text: str) -> Reply | None:
        """None for what is in no file. `text` is in capitals outside quotes."""
        if text in self._known.accepted:
            return ["OK"]
        lines = self._known.answers.get(text)
        if lines is not None:
            return [*(line.format_map(self._words()) for line in lines), "OK"]
        return self._setting(text)

    def _setting(self, text: str) -> Reply | None:
        for one in self._known.settings:
            if text == f"AT{one.name}?":
                return [f"{one.name}: {self._values[one.name]}", "OK"]
            if text == f"AT{one.name}=?" and one.supported:
                return [f"{one.name}: {one.supported}", "OK"]
            value = text.removeprefix(f"AT{one.name}=")
            if value != text and re.fullmatch(one.values, value):
                left_out = one.default.split(",")[value.count(",") + 1 :]
                self._values[one.name] = ",".join([value, *left_out])
                return ["OK"]
        return None
