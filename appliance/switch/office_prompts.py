"""The prompts an office has of its own: recordings it made, and words of its configuration, which the box speaks.

Recordings lie in `<data_dir>/prompts/<language>/<name>.wav` and come before everything else of their name. What is
spoken lies in `<data_dir>/prompts/spoken/<language>`, each under its name with the hash of its words: a start speaks
only what is new, and the ACD's plan finds the words it was made of, also while the file says others that it has not
taken, or has refused.
"""

import hashlib
import logging
import os
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from appliance.acd.ids import QueueName
from appliance.acd.prompts import queue_prompt
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.file_menus import Say, named_by_words, prompt_of
from appliance.configuration.rules_prompts import prompts_folder
from appliance.switch.prompts import PromptError, speak, write_wav

log = logging.getLogger(__name__)

LANGUAGES = ("es", "en")
EARLIER_KEPT = 50
"""Words that the file says no more: the plan in force may say them yet. Beyond it the ones longest out of the file are
forgotten."""


class OwnPrompts:
    """The files of an office's own prompts; in one thread at a time."""

    def __init__(self) -> None:
        self._earlier: list[Path] = []
        """Those the file names no more, longest ago first."""
        self._whole: dict[Path, int] = {}
        """What was read to its end already, and when it was made then."""

    def there(self, configuration: Configuration) -> dict[str, Path]:
        """`es/menu.principal.1a2b3c4d` -> its file, of all that lies there, with what was said before."""
        folder = prompts_folder(configuration.box.data_dir)
        recorded = {
            f"{language}/{file.stem}": file
            for language in LANGUAGES
            for file in sorted((folder / language).glob("*.wav"))
        }
        named = {file: name for name, file, _ in _words(configuration)}
        there = sorted((folder / "spoken").glob("*/*.wav"), key=lambda file: (_changed_ns(file), file))
        spoken = [file for file in there if self._is_known_whole(file)]
        known = [file for file in self._earlier if file in spoken and file not in named]
        earlier = known + [file for file in spoken if file not in named and file not in known]
        for file in (*earlier[:-EARLIER_KEPT], *(file for file in there if file not in spoken and file not in named)):
            _forget(file)
        self._earlier = earlier[-EARLIER_KEPT:]
        of_words = {f"{file.parent.name}/{file.stem}": file for file in self._earlier}
        of_words |= {name: file for file, name in named.items() if file in spoken}
        return {name: file for name, file in of_words.items() if _without_hash(name) not in recorded} | recorded

    def speak_new(self, configuration: Configuration) -> Iterator[None]:
        """Make what is not there, and yield after each. What cannot be spoken is named in the log, and left out:
        callers then hear nothing there, and everything else works."""
        folder = prompts_folder(configuration.box.data_dir)
        for name, file, text in _words(configuration):
            language = file.parent.name
            if self._is_known_whole(file) or (folder / f"{_without_hash(name)}.wav").is_file():
                continue
            try:
                _speak(file, text, language)
            except (PromptError, OSError) as error:
                log.error("prompt %s cannot be made: %s", name, error)
            yield

    def _is_known_whole(self, file: Path) -> bool:
        made_ns = _changed_ns(file)
        if self._whole.get(file) != made_ns and _is_whole(file):
            self._whole[file] = made_ns
        return self._whole.get(file) == made_ns


class OfficePrompts:
    """Takes what is there at once; then looks now and then whether the configuration was edited, and makes what is new
    in it beside the calls that go on.

    `take` gets the prompts there are then, in the thread that calls `look`.
    """

    def __init__(self, configuration: Configuration, config: Path, take: Callable[[dict[str, Path]], None]) -> None:
        self._config = config
        self._take = take
        self._own = OwnPrompts()
        self._seen_ns = -1
        self._made: SimpleQueue[tuple[dict[str, Path], bool]] = SimpleQueue()
        """The prompts there are by now, and whether these are all."""
        self._maker: threading.Thread | None = None
        take(self._own.there(configuration))

    def look(self) -> None:
        made: tuple[dict[str, Path], bool] | None = None
        while not self._made.empty():
            made = self._made.get()
        if made is not None:
            self._take(made[0])
            if made[1]:
                log.info("the prompts are those of the configuration")
        if self._maker is not None and self._maker.is_alive():
            return
        changed_ns = _changed_ns(self._config)
        if changed_ns != self._seen_ns:
            self._seen_ns = changed_ns
            self._maker = threading.Thread(target=self._make, name="prompts", daemon=True)
            self._maker.start()

    def _make(self) -> None:
        try:
            configuration = read_configuration(self._config)
            for _ in self._own.speak_new(configuration):
                self._made.put((self._own.there(configuration), False))
            self._made.put((self._own.there(configuration), True))
        except (ConfigurationError, OSError) as error:
            log.error("the prompts stay as they are: %s", error)


def _words(configuration: Configuration) -> Iterator[tuple[str, Path, str]]:
    """Name with language, file and words of all that is to be spoken."""
    folder = prompts_folder(configuration.box.data_dir) / "spoken"
    says: list[tuple[str, Say]] = [(named_by_words(one.name, one.say), one.say) for one in configuration.prompt]
    says += [(prompt_of(menu), menu.say) for menu in configuration.menu if menu.say is not None]
    for name, say in says:
        for language, text in zip(LANGUAGES, (say.es, say.en), strict=True):
            if text:
                yield f"{language}/{name}", folder / language / f"{name}.wav", text
    for queue in configuration.queue:
        if "queue" in queue.whisper:
            name = queue_prompt(QueueName(queue.name))
            file = f"{name}.{hashlib.sha256(queue.title.encode()).hexdigest()[:8]}.wav"
            for language in LANGUAGES:
                yield f"{language}/{name}", folder / language / file, queue.title


def _without_hash(name: str) -> str:
    """`es/menu.principal` of `es/menu.principal.1a2b3c4d`: what a recording is called."""
    return name.rpartition(".")[0] or name


def _forget(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("words nobody hears any more stay on the disk: %s", error)


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
