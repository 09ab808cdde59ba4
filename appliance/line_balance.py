"""`line balance` in the terminal: has the network asked what is left on a line's account, and shows what it says."""

import sys
import time
from pathlib import Path

from appliance.acd.ids import LineName
from appliance.acd.inputs import AskBalance
from appliance.acd.plan import Language
from appliance.acd.view import BalanceView
from appliance.configuration.file import read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.line_doctor import line_of
from appliance.terminal import sorry
from appliance.words import code_text
from appliance.words_details import detail_words

LOOK_EVERY_S = 0.3
LONGEST_S = 60.0
"""The ACD gives up sooner."""
BY = "terminal"
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "unknown": "No hay ninguna línea «{line}». Hay: {lines}.",
        "not_gsm": "La línea «{line}» no es GSM ({driver}): la red no dice su saldo.",
        "asking": "Preguntando a la red por la línea {line} ({code}) …",
        "stuck": "La pregunta no termina; mire `centralita status`.",
        "menu": "(La red espera una respuesta: este código abre un menú. Pida al operador el que da el saldo.)",
    },
    "en": {
        "unknown": "There is no line “{line}”. There are: {lines}.",
        "not_gsm": "Line “{line}” is not GSM ({driver}): the network does not tell its balance.",
        "asking": "Asking the network on line {line} ({code}) …",
        "stuck": "The question does not end; see `centralita status`.",
        "menu": "(The network waits for a reply: this code opens a menu. Ask the operator for the balance's.)",
    },
}


def show_balance(config: Path, line: str, language: Language | None) -> int:
    """0: the network's words are printed; 1: it is said why there are none."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    words = WORDS[spoken]
    configured = next((one for one in configuration.line if one.name == line), None)
    if configured is None:
        names = ", ".join(one.name for one in configuration.line)
        return sorry(words["unknown"].format(line=line, lines=names))
    if configured.driver != "gsm":
        return sorry(words["not_gsm"].format(line=line, driver=configured.driver))
    client = ControlClient(Path(configuration.box.run_dir) / "acd.sock")
    try:
        before = line_of(client.status(), line)
        asked = before.balance.number if before is not None and before.balance is not None else 0
        client.do(AskBalance(LineName(line), BY))
        print(words["asking"].format(line=line, code=configured.balance_code), file=sys.stderr, flush=True)
        answer = _answer(client, line, asked)
    except CommandRefused as error:
        return sorry(str(error))
    except ControlUnavailable as error:
        return sorry(detail_words(str(error), spoken))
    if answer is None:
        return sorry(words["stuck"])
    if not answer.text:
        return sorry(code_text("network_answer", answer.state, spoken))
    print(answer.text)
    if answer.state == "wants_reply":
        print(words["menu"], file=sys.stderr)
    return 0


def _answer(client: ControlClient, line: str, asked: int) -> BalanceView | None:
    """To the question after number `asked`; None when it does not come, or the line left the configuration."""
    give_up_at = time.monotonic() + LONGEST_S
    while time.monotonic() < give_up_at:
        now = line_of(client.status(), line)
        if now is None:
            return None
        if now.balance is not None and now.balance.number > asked and now.balance.state != "asking":
            return now.balance
        time.sleep(LOOK_EVERY_S)
    return None
