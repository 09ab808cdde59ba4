"""The rule that whatever callers are to hear has words or a recording, in each language in which they hear it."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import get_args

from appliance.configuration.file import Configuration
from appliance.configuration.file_menus import Say
from appliance.configuration.file_types import Language
from appliance.configuration.problems import place
from appliance.configuration.ways import entrances, heard, ways

_IN = {"es": "Spanish", "en": "English"}


def prompts_folder(data_dir: str) -> Path:
    """Where an office puts its own recordings, as `<language>/<name>.wav`."""
    return Path(data_dir) / "prompts"


def prompt_problems(configuration: Configuration, made: Collection[str]) -> Iterator[str]:
    """One sentence for each prompt that nobody would hear. `made`: those of the box itself, in every language."""
    spoken = _languages(configuration)
    words = {prompt.name: prompt.say for prompt in configuration.prompt}
    usual = configuration.box.language
    for start, some in ways(configuration).items():
        table, _, owner = start.partition(":")
        for way in some:
            kind, _, name = way.end.partition(":")
            if kind == "message":
                languages = spoken.get(start, (usual,))
                yield from _missing(configuration, place(table, owner, way.key), name, languages, words, made)
    for menu in configuration.menu:
        languages = spoken.get(f"menu:{menu.name}", ())
        if menu.say is not None:
            missing = [language for language in languages if not _has(menu.say, language)]
            for language in missing:
                yield (
                    f"{place('menu', menu.name, 'say')}: has no words in {_IN[language]}, and callers come here who "
                    f"hear that. Add `{language}`."
                )
        for name in menu.prompts:
            yield from _missing(configuration, place("menu", menu.name, "prompts"), name, languages, words, made)
    for queue in configuration.queue:
        languages = spoken.get(f"queue:{queue.name}", (queue.language or usual,))
        for key, names in (("greeting", (queue.greeting,) if queue.greeting else ()), ("messages", queue.messages)):
            for name in dict.fromkeys(names):
                yield from _missing(configuration, place("queue", queue.name, key), name, languages, words, made)


def _languages(configuration: Configuration) -> dict[str, tuple[Language, ...]]:
    """In which languages each place is heard."""
    found = {(one.place, one.language) for one in heard(configuration, entrances(configuration))}
    places = dict.fromkeys(place for place, _ in sorted(found))
    return {place: tuple(one for one in get_args(Language) if (place, one) in found) for place in places}


def _missing(
    configuration: Configuration,
    where: str,
    name: str,
    languages: tuple[Language, ...],
    words: dict[str, Say],
    made: Collection[str],
) -> Iterator[str]:
    folder = prompts_folder(configuration.box.data_dir)
    for language in languages:
        file = folder / language / f"{name}.wav"
        if name in made or (name in words and _has(words[name], language)) or file.is_file():
            continue
        yield (
            f'{where}: prompt "{name}" cannot be heard in {_IN[language]}. Write its words (`{language}`) in a '
            f"[[prompt]] of that name, or put a recording at {file}."
        )
        return


def _has(say: Say, language: Language) -> bool:
    return bool(say.en if language == "en" else say.es)
