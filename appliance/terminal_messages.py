"""`messages` on a terminal: the last text messages both ways, and sending one."""

import secrets
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_inputs import SendMessage
from appliance.acd.plan import Language
from appliance.configuration.file import read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.message_queries import MessageRow, messages
from appliance.daemon.queries import StoreMissing, open_store
from appliance.terminal import columns, local_time, sorry, store_path
from appliance.words import code_text
from appliance.words_details import detail_words

WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "none": "Todavía no hay mensajes.",
        "header": "FECHA Y HORA|LÍNEA|NÚMERO|ESTADO|TEXTO",
        "accepted": "Aceptado como {message}; `messages` dice cómo va.",
        "data": "(datos, {octets} octetos)",
    },
    "en": {
        "none": "There are no messages yet.",
        "header": "DATE AND TIME|LINE|NUMBER|STATE|TEXT",
        "accepted": "Accepted as {message}; `messages` says how it goes.",
        "data": "(data, {octets} octets)",
    },
}


def show_messages(config: Path, limit: int, language: Language | None) -> int:
    """Print the last messages, newest last."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    zone = ZoneInfo(configuration.box.time_zone)
    try:
        store = open_store(store_path(configuration))
    except StoreMissing as error:
        return sorry(detail_words(str(error), spoken))
    rows = [
        (
            local_time(one.at_utc_ms, zone),
            one.line,
            ("→ " if one.direction == "out" else "← ") + (_in_a_line(one.number) or "—"),
            _state(one, spoken),
            _text(one, spoken),
        )
        for one in reversed(messages(store, limit))
    ]
    words = WORDS[spoken]
    print("\n".join(columns([tuple(words["header"].split("|")), *rows])) if rows else words["none"])
    return 0


def send_message(config: Path, number: str, text: str, line: str | None, language: Language | None) -> int:
    """Ask the box to send it; 1 and why when it will not. "-" as `text`: from the standard input."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    message = MessageId(secrets.token_hex(8))
    text = sys.stdin.read().rstrip("\n") if text == "-" else text
    wanted = SendMessage(message, number, text, "terminal", LineName(line) if line else None)
    try:
        ControlClient(Path(configuration.box.run_dir) / "acd.sock").do(wanted)
    except (ControlUnavailable, CommandRefused) as error:
        return sorry(detail_words(str(error), spoken))
    print(WORDS[spoken]["accepted"].format(message=message))
    return 0


def _state(one: MessageRow, language: Language) -> str:
    state = code_text("message_state", one.state, language)
    return f"{state}: {code_text('message_cause', one.cause, language)}" if one.cause else state


def _text(one: MessageRow, language: Language) -> str:
    if not one.text and one.octets:
        return WORDS[language]["data"].format(octets=len(one.octets) // 2)
    return _in_a_line(one.text)


def _in_a_line(text: str) -> str:
    """The terminal's own control characters are nobody's text, nor of the name somebody sends under."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
