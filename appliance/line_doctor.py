"""`line doctor` in the terminal: looks at a line of the box that runs, makes a test call if it may, and judges.

It commands the ACD by the control socket like the page does, and reads what the switch recorded; it opens no port.
"""

import sys
import time
import wave
from array import array
from pathlib import Path

from appliance.acd.ids import LineName
from appliance.acd.inputs import TestLine
from appliance.acd.plan import Language
from appliance.acd.view import LineTestView, LineView, Status
from appliance.configuration.file import Configuration, read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.queries import LineHistory, StoreMissing, caller_numbers, line_histories, open_store
from appliance.line_verdicts import Seen, findings, told, worst
from appliance.terminal import sorry, store_path
from appliance.words_details import detail_words
from hw.line_measure import RATE_HZ, LineMeasure, measure

CALLERS_LOOKED_AT = 50
LOOK_EVERY_S = 0.3
LONGEST_TEST_S = 400.0
"""The longest a number may take to answer (`dialling.timeout_s`), and the measuring."""
BY = "line doctor"
DAY_MS = 86_400_000
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "unknown": "No hay ninguna línea «{line}». Hay: {lines}.",
        "calling": "Llamando al {number} por la línea {line}; quien conteste oirá un ruido durante 8 s …",
        "stuck": "La prueba no termina; mire `centralita status`.",
    },
    "en": {
        "unknown": "There is no line “{line}”. There are: {lines}.",
        "calling": "Calling {number} on line {line}; whoever answers hears a noise for 8 s …",
        "stuck": "The test does not end; see `centralita status`.",
    },
}


def run_doctor(config: Path, line: str, number: str, language: Language | None) -> int:
    """0: the line is well, or nothing is wrong with it; 1: it is not, or it could not be looked at."""
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    client = ControlClient(Path(configuration.box.run_dir) / "acd.sock")
    try:
        status = client.status()
        seen = line_of(status, line)
        if seen is None:
            names = ", ".join(one.line for one in status.lines)
            return sorry(WORDS[spoken]["unknown"].format(line=line, lines=names))
        test = None
        if number:
            test = _try_out(client, seen, number, spoken)
            status = client.status()
        known = _known(configuration, status, line_of(status, line) or seen, test)
    except CommandRefused as error:
        return sorry(str(error))
    except (ControlUnavailable, StoreMissing) as error:
        return sorry(detail_words(str(error), spoken))
    except TimeoutError:
        return sorry(WORDS[spoken]["stuck"])
    found = findings(known, spoken)
    print("\n".join(told(found, spoken)))
    return 1 if worst(found) == "bad" else 0


def line_of(status: Status, name: str) -> LineView | None:
    return next((one for one in status.lines if one.line == name), None)


def read_sound(file: Path) -> LineMeasure | None:
    """The measure of a recording; None when there is none that can be read."""
    try:
        with wave.open(str(file)) as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (RATE_HZ, 1, 2):
                return None
            samples = array("h", sound.readframes(sound.getnframes()))
    except (OSError, EOFError, wave.Error):
        return None
    if sys.byteorder == "big":
        samples.byteswap()
    return measure(samples) if samples else None


def _try_out(client: ControlClient, line: LineView, number: str, language: Language) -> LineTestView:
    """The test call, from its order to its end. Raises CommandRefused, ControlUnavailable, TimeoutError."""
    before = line.test.number if line.test is not None else 0
    client.do(TestLine(line.line, number, BY))
    print(WORDS[language]["calling"].format(number=number, line=line.line), file=sys.stderr, flush=True)
    give_up_at = time.monotonic() + LONGEST_TEST_S
    while time.monotonic() < give_up_at:
        now = line_of(client.status(), line.line)
        if now is None or now.test is None:
            break  # the line left the configuration, or the box lost its memory
        if now.test.number > before and now.test.over:
            return now.test
        time.sleep(LOOK_EVERY_S)
    raise TimeoutError


def _known(configuration: Configuration, status: Status, line: LineView, test: LineTestView | None) -> Seen:
    with open_store(store_path(configuration)) as store:
        history = line_histories(store, status.at_utc_ms).get(line.line, LineHistory(line.line))
        callers, numbers = caller_numbers(store, line.line, CALLERS_LOOKED_AT)
    recent = [one for one in history.outages if one.from_utc_ms > status.at_utc_ms - DAY_MS]
    driver = next((one.driver for one in configuration.line if LineName(one.name) == line.line), "sip")
    sound = None
    if test is not None and test.recorded_ms > 0:
        sound = read_sound(Path(configuration.box.data_dir) / "recordings" / test.recording)
    return Seen(line, driver, len(recent), callers, numbers, test, sound)
