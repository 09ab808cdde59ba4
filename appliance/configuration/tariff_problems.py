"""What is wrong in a carrier's list of rates: where, what was found, and how many more there are."""

from typing import Literal, NamedTuple

from appliance.configuration.tariff_texts import TEXTS

MOST_TOLD = 200
"""Problems of one file that are kept with their places; the rest are counted."""
LONGEST_FOUND = 60

Language = Literal["es", "en"]


class Problem(NamedTuple):
    """One thing that is wrong, at a line and column, both from 1; of a file as a whole, at its beginning."""

    code: str
    """Of TEXTS."""
    line: int
    column: int
    """Which field of the line where `name` is given, else which character of it."""
    name: str = ""
    """Of the column or key, as the file writes it."""
    found: str = ""
    other: str = ""
    """What the sentence needs besides, mostly what would be right."""

    def text(self, file: str, language: Language) -> str:
        """`tarifas.csv, line 12, column 3 (precio): «0,02,4» is no amount. Write it as 0.024.`"""
        words = _PLACE[language]
        place = f"{words[0]} {self.line}, {words[1]} {self.column} ({self.name or words[2]})"
        sentence = TEXTS[self.code][language == "en"].format(found=_shown(self.found), other=self.other)
        return f"{file}, {place}: {sentence}"


class Problems:
    """Those of one file: the first MOST_TOLD, and how many there are."""

    def __init__(self) -> None:
        self.told: list[Problem] = []
        self.count = 0

    def add(self, code: str, line: int, column: int, name: str = "", found: str = "", other: str = "") -> None:
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(Problem(code, line, column, name, found, other))

    def texts(self, file: str, language: Language) -> list[str]:
        """A line each, in the order of the file, and at the end how many are not shown."""
        lines = [problem.text(file, language) for problem in sorted(self.told, key=lambda one: one[1:3])]
        more = self.count - len(self.told)
        return [*lines, _MORE[language].format(more=more)] if more else lines


def _shown(found: str) -> str:
    """Of a file anything may come: control characters are shown as their codes, and no more than a line's worth."""
    text = "".join(one if one.isprintable() else f"<U+{ord(one):04X}>" for one in found[: LONGEST_FOUND + 1])
    return f"{text[:LONGEST_FOUND]}…" if len(text) > LONGEST_FOUND else text


_PLACE = {"es": ("línea", "columna", "carácter"), "en": ("line", "column", "character")}
_MORE = {
    "es": "… y {more} problemas más. Corrija los de arriba, que suelen repetirse, e impórtelo otra vez.",
    "en": "… and {more} problems more. Mend those above, which often repeat, and import it again.",
}
