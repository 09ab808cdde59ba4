"""`line doctor` in the terminal: looks at a line of the box that runs, makes a test call if it may, and judges.

It commands the ACD by the control socket like the page does, and reads what the switch recorded; it opens no port.
"""

import sys
import time
import wave
from array import array
from pathlib import Path

from appliance.acd.inputs import TestLine
from appliance.acd.line_tests import LISTEN_LIMIT_MS
from appliance.acd.plan import Language
from appliance.acd.view import LineTestView, LineView, Status
from appliance.configuration.file import Configuration, Line, read_configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.queries import LineHistory, StoreMissing, caller_numbers, line_histories, open_store
from appliance.line_verdicts import DialTone, Seen, findings, told, worst
from appliance.terminal import sorry, store_path
from appliance.words_details import detail_words
from hw.line_measure import RATE_HZ, TAIL_MS, LineMeasure, measure, measuring_signal
from hw.signals.libraries import SignalLibraryMissing
from hw.signals.tone_learner import Verdict, dial_tone_in, disconnect_tone_in
from hw.signals.tones import CountryTone

CALLERS_LOOKED_AT = 50
LOOK_EVERY_S = 0.3
LONGEST_TEST_S = 400.0
"""The longest a number may take to answer (`dialling.timeout_s`), and the measuring."""
NOISE_SAMPLES = len(measuring_signal())
AFTER_NOISE = NOISE_SAMPLES - (TAIL_MS - 300) * RATE_HZ // 1000
"""A recording begins up to 200 ms before or after the noise is played."""
BY = "line doctor"
DAY_MS = 86_400_000
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "unknown": "No hay ninguna línea «{line}». Hay: {lines}.",
        "calling": "Llamando al {number} por la línea {line}; quien conteste oirá un ruido durante 8 s …",
        "listening": "Descolgando la línea {line} para oír su tono …",
        "hang_up": "Cuando acabe el ruido, cuelgue allí; la línea escucha hasta {s} s más …",
        "not_analogue": "La línea «{line}» no es analógica (fxo): no tiene tono de fin de llamada que aprender.",
        "stuck": "La prueba no termina; mire `centralita status`.",
    },
    "en": {
        "unknown": "There is no line “{line}”. There are: {lines}.",
        "calling": "Calling {number} on line {line}; whoever answers hears a noise for 8 s …",
        "listening": "Lifting line {line} to hear its dial tone …",
        "hang_up": "When the noise is over, hang up there; the line listens for up to {s} s more …",
        "not_analogue": "Line “{line}” is not analogue (fxo): it has no disconnect tone to be learned.",
        "stuck": "The test does not end; see `centralita status`.",
    },
}


def run_doctor(config: Path, line: str, number: str, language: Language | None, learns: bool = False) -> int:
    """0: the line is well, or nothing is wrong with it; 1: it is not, or it could not be looked at.

    `learns`: whoever answers the test call hangs up, and what the line sounds like then is measured.
    """
    configuration = read_configuration(config)
    spoken = language or configuration.box.language
    client = ControlClient(Path(configuration.box.run_dir) / "acd.sock")
    try:
        status = client.status()
        seen = line_of(status, line)
        if seen is None:
            names = ", ".join(one.line for one in status.lines)
            return sorry(WORDS[spoken]["unknown"].format(line=line, lines=names))
        if learns and _configured(configuration, line).driver != "fxo":
            return sorry(WORDS[spoken]["not_analogue"].format(line=line))
        listened = test = None
        if number and _configured(configuration, line).driver == "fxo":
            listened = _try_out(client, seen, TestLine(seen.line, "", BY), spoken)
            seen = line_of(client.status(), line) or seen
        if number:
            test = _try_out(client, seen, TestLine(seen.line, number, BY, learns), spoken)
            status = client.status()
        known = _known(configuration, status, line_of(status, line) or seen, test)
        known = known._replace(dial_tone=_dial_tone(configuration, listened))
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
    """The measure of a recording's noise; None when there is none that can be read."""
    samples = _recorded(file)
    return measure(samples[:NOISE_SAMPLES]) if samples else None


def read_tone(file: Path, country: str, configured: CountryTone | None) -> Verdict | None:
    """What the line sounded like after the noise; None when that cannot be told."""
    samples = _recorded(file)
    try:
        return None if samples is None else disconnect_tone_in(samples[AFTER_NOISE:].tobytes(), country, configured)
    except SignalLibraryMissing as error:
        print(error, file=sys.stderr)
        return None


def _recorded(file: Path) -> "array[int] | None":
    try:
        with wave.open(str(file)) as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) != (RATE_HZ, 1, 2):
                return None
            samples = array("h", sound.readframes(sound.getnframes()))
    except (OSError, EOFError, wave.Error):
        return None
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _dial_tone(configuration: Configuration, test: LineTestView | None) -> DialTone | None:
    """What the line played before anything was dialled; None when it was not listened to."""
    if test is None or test.recorded_ms <= 0:
        return None
    samples, country = (
        _recorded(Path(configuration.box.data_dir) / "recordings" / test.recording),
        configuration.box.country,
    )
    try:
        heard = dial_tone_in(samples.tobytes(), country) if samples else None
    except SignalLibraryMissing as error:
        print(error, file=sys.stderr)
        return None
    return DialTone(heard, country) if samples else None


def _configured(configuration: Configuration, line: str) -> Line:
    return next((one for one in configuration.line if one.name == line), Line(line, "sip"))


def _try_out(client: ControlClient, line: LineView, order: TestLine, language: Language) -> LineTestView:
    """The test call, from its order to its end. Raises CommandRefused, ControlUnavailable, TimeoutError."""
    before = line.test.number if line.test is not None else 0
    client.do(order)
    word = "calling" if order.number else "listening"
    print(WORDS[language][word].format(number=order.number, line=line.line), file=sys.stderr, flush=True)
    if order.listens:
        print(WORDS[language]["hang_up"].format(s=LISTEN_LIMIT_MS // 1000), file=sys.stderr, flush=True)
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
    configured = _configured(configuration, line.line)
    sound = tone = None
    if test is not None and test.recorded_ms > 0:
        file = Path(configuration.box.data_dir) / "recordings" / test.recording
        sound = read_sound(file)
        tone = read_tone(file, configuration.box.country, configured.disconnect_tone) if test.listened else None
    return Seen(line, configured.driver, len(recent), callers, numbers, test, sound, tone)
