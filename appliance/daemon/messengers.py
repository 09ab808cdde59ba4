"""Telling people what they are to know: each notice is a sentence, handed to every messenger the box has.

A messenger is whatever carries a sentence to somebody who does not look at the page: the log of the system, where the
box's other faults are, and a text message to whoever looks after the box. One that is slow or fails must neither hold
up a call nor be lost in silence: `send` returns at once and does not raise. Notices are in the store as well, so a
messenger can catch up from there.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from appliance.acd.hours import local_time
from appliance.acd.ids import MessageId
from appliance.acd.line_effects import StoreNotice
from appliance.acd.message_inputs import SendMessage
from appliance.acd.plan import Language
from appliance.acd.prompts import Words
from appliance.daemon.settings import Settings
from appliance.words_details import detail_words

log = logging.getLogger(__name__)

SENTENCES: dict[str, Words] = {
    "line_down": Words(
        "La línea {subject} no funciona: {detail}. Sus llamadas salen por otra, si la hay.",
        "Line {subject} is down: {detail}. Its calls go out on another, if there is one.",
    ),
    "line_degraded": Words(
        "La línea {subject} tiene problemas: {detail}. Sus llamadas salen antes por otra, si la hay.",
        "Line {subject} has trouble: {detail}. Its calls go out on another first, if there is one.",
    ),
    "line_up": Words("La línea {subject} vuelve a funcionar.", "Line {subject} works again."),
}
LAST_OF_TODAY = Words("Hoy no se envían más avisos por mensaje.", "No more messages of this kind today.")
TEXTS_A_DAY = 20
"""A line that comes and goes all day must not spend the office's messages."""
LONGEST_TEXT = 300
ASKED_BY = "centralita"
UNKNOWN_CAUSE = Words("no ha dicho por qué", "it has not said why")


class Messenger(Protocol):
    def send(self, sentence: str, notice: StoreNotice) -> None: ...


class LogMessenger:
    """The system's log, at a level that is looked at."""

    def send(self, sentence: str, notice: StoreNotice) -> None:
        log.warning("notice %s: %s", notice.number, sentence)


class TextMessenger:
    """Wants a text message for each notice: `[box] alert_number` gets the box's name, the local time and the sentence.

    It sends nothing itself: what is wanted is taken by the loop with `next_wanted`, journalled like anybody's wish to
    write, goes by any line that is up, and is limited and tried again like any other.
    """

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._wanted: deque[SendMessage] = deque(maxlen=TEXTS_A_DAY)
        self._day = ""
        self._today = 0

    def send(self, sentence: str, notice: StoreNotice) -> None:
        settings = self._settings()
        if not settings.alert_number:
            return
        at = local_time(settings.plan.time_zone, notice.at_utc_ms)
        if (day := at.date().isoformat()) != self._day:
            self._day, self._today = day, 0
        self._today += 1
        if self._today > TEXTS_A_DAY:
            return
        text = f"{settings.plan.box} {at:%H:%M} {sentence}"[:LONGEST_TEXT]
        if self._today == TEXTS_A_DAY:
            text += f" {LAST_OF_TODAY.of(settings.language)}"
        name = MessageId(f"notice-{notice.at_utc_ms}-{notice.number}")
        self._wanted.append(SendMessage(name, settings.alert_number, text, ASKED_BY))

    def next_wanted(self) -> SendMessage | None:
        return self._wanted.popleft() if self._wanted else None


def sentence(notice: StoreNotice, language: Language) -> str:
    """What is told; a notice of a kind without words is its kind and detail."""
    words = SENTENCES.get(notice.kind, Words("{subject}: {detail}", "{subject}: {detail}"))
    detail = detail_words(notice.detail, language) or UNKNOWN_CAUSE.of(language)
    return words.of(language).format(subject=notice.subject, detail=detail)


def tell(messengers: Sequence[Messenger], notice: StoreNotice, language: Language) -> None:
    said = sentence(notice, language)
    for messenger in messengers:
        messenger.send(said, notice)
