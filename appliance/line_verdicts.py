"""What the line doctor says: each thing that was looked at, whether it is well, in plain words, and what to do.

Pure: from what is known of a line, of its calls and of a test call to sentences. Limits have their source beside them.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from appliance.acd.plan import Language
from appliance.acd.prompts import Words
from appliance.acd.view import LineTestView, LineView
from appliance.line_doctor_words import ABOUT, ADVICE, TEXTS, VERDICTS
from appliance.words import code_text
from appliance.words_details import detail_words
from hw.line_measure import LineMeasure
from hw.signals.tone_learner import HeardTone, Verdict
from hw.signals.tones import CountryTone, country_tones

Grade = Literal["good", "unknown", "doubtful", "bad"]
"""From the best to the worst."""
GRADES: tuple[Grade, ...] = ("good", "unknown", "doubtful", "bad")
WEAK_SIGNAL_PERCENT, POOR_SIGNAL_PERCENT = 35, 20
MANY_OUTAGES = 3
"""In a day."""
FEW_CALLS = 5
"""Fewer callers tell nothing of caller identification."""
MOST_WITHHELD = 0.7
"""So many of honest callers do not hide their number."""
SILENT_DDB, FAINT_DDB = -600, -450
"""Of everything heard: people speak at -20 to -30 dBFS."""
FAINT_DIAL_TONE_DDB = -350
"""ITU-T E.180 sends it at -10 ± 5 dBm0, and a subscriber's line takes 10 dB of that."""
NOISY_DDB = -400
"""Of the quietest half second."""
CLIPPED_PERCENT = 2
BAD_ECHO_DDB, POOR_ECHO_DDB = 100, 200
"""Echo return loss; ITU-T G.122 asks for 14.5 dB of stability and talkers mind less than 20 dB at 50 ms (G.131)."""
LOOPED_DDB = 60
"""A number that sends everything back loses hardly anything."""


class Finding(NamedTuple):
    grade: Grade
    about: str
    text: str
    advice: str = ""


class DialTone(NamedTuple):
    """What a line played when it was lifted, in a box set to this country."""

    heard: HeardTone | None
    country: str


class Seen(NamedTuple):
    """Everything there is to judge by."""

    line: LineView
    driver: str
    outages: int
    """In the last day."""
    callers: int
    """Newest calls in on the line that were looked at."""
    numbers: int
    """Of these, the ones with a number."""
    test: LineTestView | None = None
    sound: LineMeasure | None = None
    tone: Verdict | None = None
    """What the line sounded like when the far end had hung up."""
    dial_tone: DialTone | None = None
    """None: it was not listened to."""


MARKS: dict[Grade, str] = {"good": "✔", "unknown": "·", "doubtful": "!", "bad": "✘"}


def findings(seen: Seen, language: Language) -> list[Finding]:
    """In the order they are looked at."""
    looks = (_at_rest, _caller_id, _test, _sound, _disconnect)
    return [one for look in looks for one in look(seen, language)]


def verdict(found: list[Finding], language: Language) -> str:
    return _say(VERDICTS[worst(found)], language)


def worst(found: list[Finding]) -> Grade:
    return max((one.grade for one in found), key=GRADES.index, default="unknown")


def told(found: list[Finding], language: Language) -> list[str]:
    """A line for each, what to do below it, and the verdict at the end."""
    lines = []
    for one in found:
        lines.append(f"{MARKS[one.grade]} {_say(ABOUT[one.about], language)}: {one.text}")
        lines += [f"    → {one.advice}"] if one.advice else []
    return [*lines, verdict(found, language)]


def tone_in_file(tone: CountryTone) -> str:
    """The line of the configuration file that tells an analogue line of its disconnect tone."""
    cadence = f", cadence_ms = {list(tone.cadence_ms)}" if tone.cadence_ms else ""
    return f"disconnect_tone = {{ hz = {list(tone.hz)}{cadence} }}"


def _at_rest(seen: Seen, language: Language) -> Iterator[Finding]:
    line = seen.line
    detail = detail_words(line.detail, language) or code_text("line_health", line.health, language)
    grade: Grade = "good" if line.health == "up" else "doubtful" if line.health == "degraded" else "bad"
    code = line.health if line.health in ("up", "degraded") else "down"
    yield _finding(grade, "health", code, language, detail=detail)
    if line.signal_percent >= 0:
        weak, poor = line.signal_percent < WEAK_SIGNAL_PERCENT, line.signal_percent < POOR_SIGNAL_PERCENT
        grade = "bad" if poor else "doubtful" if weak else "good"
        yield _finding(grade, "signal", "signal", language, n=line.signal_percent)
    grade = "doubtful" if seen.outages >= MANY_OUTAGES else "good"
    yield _finding(grade, "outages", "outages", language, n=seen.outages)


def _caller_id(seen: Seen, language: Language) -> Iterator[Finding]:
    if seen.line.mode == "out":
        return
    numbers, callers = seen.numbers, seen.callers
    if callers < FEW_CALLS:
        yield _finding("unknown", "caller_id", "few_callers", language, "few_callers", callers=callers)
        return
    grade: Grade = "bad" if not numbers else "doubtful" if numbers < callers * (1 - MOST_WITHHELD) else "good"
    yield _finding(grade, "caller_id", "callers", language, numbers=numbers, callers=callers)


def _test(seen: Seen, language: Language) -> Iterator[Finding]:
    test = seen.test
    if seen.dial_tone is not None:
        yield _dial_tone(seen.dial_tone, language)
    if test is None:
        if seen.line.mode != "in":
            yield Finding("unknown", "test_call", "–", _say(ADVICE["no_number"], language))
        return
    reached = test.rang_ms >= 0 or test.answered_ms >= 0
    if seen.driver == "fxo" and "dial tone" in seen.line.detail and not reached:
        if seen.dial_tone is None:
            yield _finding("bad", "dial_tone", "no_dial_tone", language)
            return
        yield _finding("bad", "test_call", "no_dial_tone_said", language, "modem_hears_none")
        return
    if seen.driver == "fxo" and reached and seen.dial_tone is None:
        yield _finding("good", "dial_tone", "dial_tone", language)
    cause = code_text("cause", test.cause or "", language)
    if test.answered_ms >= 0:
        evidence = code_text("evidence", test.evidence or "", language)
        yield _finding("good", "test_call", "answered", language, s=test.answered_ms // 1000, evidence=evidence)
        if test.counted_ms:
            yield _used(seen.line, test.counted_ms, language)
    elif reached or test.cause in ("busy", "no_answer"):
        code = "rang" if reached else "not_reached"
        yield _finding("unknown", "test_call", code, language, "rang", cause=cause)
    else:
        yield _finding("bad", "test_call", "not_reached", language, "not_reached", cause=cause)


def _used(line: LineView, counted_ms: int, language: Language) -> Finding:
    """What the test call cost."""
    n, used, included = f"{counted_ms / 60_000:.3g}", line.used_ms // 60_000, line.included_ms // 60_000
    return _finding("good", "used", "used_of" if included else "used", language, n=n, used=used, all=included)


def _dial_tone(known: DialTone, language: Language) -> Finding:
    if known.heard is None:
        return _finding("bad", "dial_tone", "no_dial_tone", language)
    heard = {"tone": f"{' + '.join(map(str, known.heard.tone.hz))} Hz", "level": _db(known.heard.level_ddb)}
    if known.heard.tone.hz != country_tones(known.country).dial.hz:
        heard["country"] = known.country
        return _finding("doubtful", "dial_tone", "foreign_dial_tone", language, "foreign_dial_tone", **heard)
    if known.heard.level_ddb < FAINT_DIAL_TONE_DDB:
        return _finding("doubtful", "dial_tone", "dial_tone_of", language, "faint_dial_tone", **heard)
    return _finding("good", "dial_tone", "dial_tone_of", language, **heard)


def _sound(seen: Seen, language: Language) -> Iterator[Finding]:
    if seen.test is None or seen.test.answered_ms < 0:
        return
    sound = seen.sound
    if sound is None:
        yield _finding("unknown", "sound", "no_recording", language, "no_recording")
        return
    level, idle = _db(sound.level_ddb), _db(sound.idle_ddb)
    if sound.level_ddb <= SILENT_DDB:
        yield _finding("bad", "sound", "silent", language, "silent")
        return
    if sound.clipped_percent >= CLIPPED_PERCENT:
        yield _finding("doubtful", "sound", "clipped", language, "clipped", n=sound.clipped_percent)
    elif sound.idle_ddb > NOISY_DDB:
        yield _finding("doubtful", "sound", "noisy", language, "noise", level=idle)
    elif sound.level_ddb < FAINT_DDB and sound.echo_loss_ddb is None:
        yield _finding("doubtful", "sound", "faint", language, "level", level=level)
    else:
        yield _finding("good", "sound", "clear", language, level=level, idle=idle)
    loss, ms = sound.echo_loss_ddb, sound.echo_delay_ms
    if loss is None:
        yield _finding("good", "echo", "no_echo", language)
    elif loss < LOOPED_DDB and seen.driver != "fxo":
        yield _finding("good", "echo", "looped", language, ms=ms)
    else:
        grade: Grade = "bad" if loss < BAD_ECHO_DDB else "doubtful" if loss < POOR_ECHO_DDB else "good"
        yield _finding(grade, "echo", "echo", language, loss=_db(loss), ms=ms)


def _disconnect(seen: Seen, language: Language) -> Iterator[Finding]:
    """What shows that the far end hung up."""
    test, tone = seen.test, seen.tone
    if test is None or not test.listened or test.answered_ms < 0:
        return
    learned = tone.learned or tone.unusable if tone is not None else None
    if test.far_end_left or (tone is not None and tone.known):
        yield _finding("good", "disconnect", "left" if test.far_end_left else "known_tone", language)
    elif learned is None:
        yield _finding("unknown", "disconnect", "no_tone", language)
    else:
        known = {"tone": tone_told(learned.tone, language), "level": _db(learned.level_ddb)}
        text = _say(TEXTS["odd_tone" if tone is not None and tone.learned else "unusable_tone"], language, **known)
        advice = ADVICE["learned_tone" if tone is not None and tone.learned else "unusable_tone"]
        written = tone_in_file(learned.tone)
        yield Finding("doubtful", "disconnect", text, _say(advice, language, line=seen.line.line, written=written))


def tone_told(tone: CountryTone, language: Language) -> str:
    """As 480 + 620 Hz, 250 ms on, 250 ms off."""
    hz = " + ".join(map(str, tone.hz))
    if not tone.cadence_ms:
        return f"{hz} Hz, {_say(TEXTS['steady'], language)}"
    parts = (_say(TEXTS["off" if n % 2 else "on"], language, ms=ms) for n, ms in enumerate(tone.cadence_ms))
    return f"{hz} Hz, {', '.join(parts)}"


def _finding(grade: Grade, about: str, code: str, language: Language, advice: str = "", **values: object) -> Finding:
    """With advice (of its own name, or of what it is about) unless all is well."""
    text = _say(TEXTS[code], language, **values)
    return Finding(grade, about, text, _say(ADVICE[advice or about], language) if grade != "good" else "")


def _db(ddb: int) -> str:
    return f"{ddb / 10:.0f}"


def _say(words: Words, language: Language, **values: object) -> str:
    return words.of(language).format(**values)
