"""The rules of how long callers are spoken to: what the box would cut short, or nobody would listen to, is refused."""

import wave
from collections.abc import Iterator
from pathlib import Path

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Say
from appliance.configuration.problems import place
from appliance.configuration.rules_prompts import prompts_folder

LONGEST_MS = 120_000
MOST_PROMPTS = 15
"""The switch plays 16 one after another, and one may come before a menu's own."""
LETTER_MS = 80
DIGIT_MS = 550
"""More than a letter: numbers are spoken as words."""


def length_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each menu and each words that take too long."""
    for menu in configuration.menu:
        if len(menu.prompts) > MOST_PROMPTS:
            yield (
                f"{place('menu', menu.name, 'prompts')}: are {len(menu.prompts)}, and callers hear at most "
                f"{MOST_PROMPTS} one after another. Join some of them."
            )
        if menu.say is not None:
            yield from _words(place("menu", menu.name, "say"), menu.say)
    for prompt in configuration.prompt:
        yield from _words(place("prompt", prompt.name, "say"), prompt.say)


def recording_problems(configuration: Configuration) -> Iterator[str]:
    """One sentence for each recording of the office's own that takes too long."""
    folder = prompts_folder(configuration.box.data_dir)
    for file in sorted(folder.glob("e[sn]/*.wav")):
        seconds = _recorded_s(file)
        if seconds * 1000 > LONGEST_MS:
            yield (
                f"{file}: takes {seconds:.0f} s, and a recording at most {LONGEST_MS // 1000} s. Shorten it, or make "
                "several of it."
            )


def spoken_ms(text: str) -> int:
    """About how long the box speaks these words: measured at its 150 words a minute."""
    return len(text) * LETTER_MS + sum(one.isdigit() for one in text) * DIGIT_MS


def _words(where: str, say: Say) -> Iterator[str]:
    for language, text in (("es", say.es), ("en", say.en)):
        if spoken_ms(text) > LONGEST_MS:
            yield (
                f"{where}: the words in `{language}` take about {spoken_ms(text) // 1000} s, and may take "
                f"{LONGEST_MS // 1000} s. Write fewer of them, above all fewer digits."
            )


def _recorded_s(file: Path) -> float:
    """0 when it cannot be read as sound: the switch names it, and leaves it out."""
    try:
        with wave.open(str(file)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (OSError, EOFError, wave.Error):
        return 0
