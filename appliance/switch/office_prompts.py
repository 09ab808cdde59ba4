"""The prompts an office has of its own: recordings it made, and words of its configuration, which the box speaks.

Recordings lie in `<data_dir>/prompts/<language>/<name>.wav` and come before everything else of their name. What is
spoken lies in `<data_dir>/prompts/spoken`, each under the hash of its words, so that a start speaks only what is new.
"""

import hashlib
import logging
import os
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.acd.ids import QueueName
from appliance.acd.prompts import queue_prompt
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.file_menus import Say, prompt_of
from appliance.configuration.rules_prompts import prompts_folder
from appliance.switch.prompts import PromptError, speak, write_wav

log = logging.getLogger(__name__)

LANGUAGES = ("es", "en")


def own_prompts(configuration: Configuration) -> dict[str, Path]:
    """`es/menu.principal` -> its file, made if it is not there. What cannot be spoken is named in the log, and left
    out: callers then hear nothing there, and everything else works."""
    folder = prompts_folder(configuration.box.data_dir)
    found: dict[str, Path] = {}
    used = set()
    for language, name, text in _words(configuration):
        file = folder / "spoken" / language / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.wav"
        used.add(file)
        try:
            if not _is_whole(file):
                _speak(file, text, language)
            found[f"{language}/{name}"] = file
        except (PromptError, OSError) as error:
            log.error("prompt %s/%s cannot be made: %s", language, name, error)
    for old in (folder / "spoken").glob("*/*.wav"):
        if old not in used:
            old.unlink(missing_ok=True)
    for language in LANGUAGES:
        found |= {f"{language}/{file.stem}": file for file in sorted((folder / language).glob("*.wav"))}
    return found


class OfficePrompts:
    """Looks now and then whether the configuration was edited, and makes what is new beside the calls that go on.

    `take` gets the prompts there are then, in the thread that calls `look`.
    """

    def __init__(self, config: Path, take: Callable[[dict[str, Path]], None]) -> None:
        self._config = config
        self._take = take
        self._seen_ns = _changed_ns(config)
        self._made: dict[str, Path] | None = None
        self._maker: threading.Thread | None = None

    def look(self) -> None:
        if self._maker is not None:
            if self._maker.is_alive():
                return
            self._maker = None
            if self._made is not None:
                self._take(self._made)
                log.info("the prompts are those of the edited configuration")
        changed_ns = _changed_ns(self._config)
        if changed_ns != self._seen_ns:
            self._seen_ns, self._made = changed_ns, None
            self._maker = threading.Thread(target=self._make, name="prompts", daemon=True)
            self._maker.start()

    def _make(self) -> None:
        try:
            self._made = own_prompts(read_configuration(self._config))
        except (ConfigurationError, OSError) as error:
            log.error("the prompts stay as they are: %s", error)


def _words(configuration: Configuration) -> Iterator[tuple[str, str, str]]:
    """Language, name and words of all that is to be spoken."""
    says: list[tuple[str, Say]] = [(prompt.name, prompt.say) for prompt in configuration.prompt]
    says += [(prompt_of(menu), menu.say) for menu in configuration.menu if menu.say is not None]
    for queue in configuration.queue:
        if "queue" in queue.whisper:
            says.append((queue_prompt(QueueName(queue.name)), Say(queue.title, queue.title)))
    for name, say in says:
        for language, text in zip(LANGUAGES, (say.es, say.en), strict=True):
            if text:
                yield language, name, text


def _speak(file: Path, text: str, language: str) -> None:
    """Whole or not at all, through a power cut, too: sound to the disk, then its name, then the name to the disk."""
    unfinished = file.with_suffix(".part")
    write_wav(unfinished, speak(text, language))
    _to_disk(unfinished)
    unfinished.rename(file)
    _to_disk(file.parent)


def _to_disk(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _is_whole(file: Path) -> bool:
    try:
        with wave.open(str(file)) as sound:
            size: int = sound.getnframes() * sound.getsampwidth()
            return size > 0 and len(sound.readframes(sound.getnframes())) == size
    except (OSError, EOFError, wave.Error):
        return False


def _changed_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
