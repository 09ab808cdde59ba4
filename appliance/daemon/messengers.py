"""Telling people what they are to know: each notice is a sentence, handed to every messenger the box has.

A messenger is whatever carries a sentence to somebody who does not look at the page: today the log of the system,
where the box's other faults are. One that is slow or fails must neither hold up a call nor be lost in silence: `send`
returns at once and does not raise. Notices are in the store as well, so a messenger can catch up from there.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from appliance.acd.line_effects import StoreNotice
from appliance.acd.plan import Language
from appliance.acd.prompts import Words
from appliance.words_details import detail_words

log = logging.getLogger(__name__)

SENTENCES: dict[str, Words] = {
    "line_down": Words(
        "La línea {subject} no funciona: {detail}. Sus llamadas salen por otra, si la hay.",
        "Line {subject} is down: {detail}. Its calls go out on another, if there is one.",
    ),
    "line_up": Words("La línea {subject} vuelve a funcionar.", "Line {subject} works again."),
}
UNKNOWN_CAUSE = Words("no ha dicho por qué", "it has not said why")


class Messenger(Protocol):
    def send(self, sentence: str, notice: StoreNotice) -> None: ...


class LogMessenger:
    """The system's log, at a level that is looked at."""

    def send(self, sentence: str, notice: StoreNotice) -> None:
        log.warning("notice %s: %s", notice.number, sentence)


def sentence(notice: StoreNotice, language: Language) -> str:
    """What is told; a notice of a kind without words is its kind and detail."""
    words = SENTENCES.get(notice.kind, Words("{subject}: {detail}", "{subject}: {detail}"))
    unknown = UNKNOWN_CAUSE.en if language == "en" else UNKNOWN_CAUSE.es
    text = words.en if language == "en" else words.es
    return text.format(subject=notice.subject, detail=detail_words(notice.detail, language) or unknown)


def tell(messengers: Sequence[Messenger], notice: StoreNotice, language: Language) -> None:
    said = sentence(notice, language)
    for messenger in messengers:
        messenger.send(said, notice)
