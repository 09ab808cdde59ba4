"""`line doctor`: what it finds in what is known of a line, in plain words; and a whole test call through a real ACD."""

import re
import wave
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.__main__ import main
from appliance.acd import effects as e
from appliance.acd import inputs as i
from appliance.acd.effects import StoreCdr
from appliance.acd.ids import LegId, LineName
from appliance.acd.plan import Language
from appliance.acd.view import LineTestView, LineView
from appliance.daemon.queries import caller_numbers, open_store
from appliance.line_doctor import read_sound, run_doctor
from appliance.line_verdicts import DialTone, Finding, Seen, findings, told, verdict, worst
from hw.line_measure import LineMeasure, measuring_signal
from hw.signals.tone_learner import HeardTone
from hw.signals.tones import CountryTone
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.records import cdr
from tests.daemon.stores import writing
from tests.daemon.switch_peer import Leg, SwitchPeer, now_ms
from tests.waiting import wait_for

GSM = LineName("gsm1")
NUMBER = "600111222"
LINE = LineView(GSM, "both", "up", "registered with Movistar", 74, "Movistar", None, "600000001")
ANSWERED = LineTestView(1, NUMBER, True, 2_000, 5_000, 13_000, "signalled", "normal", "line-tests/gsm1-1.wav", 8_000)  # type: ignore[arg-type]
CLEAR = LineMeasure(8_000, -250, -600, 0, None, 0)
DIAL = HeardTone(CountryTone(hz=(425,)), -200, 2_000)
WELL = Seen(LINE, "gsm", 0, 50, 45, ANSWERED, CLEAR)
FXO = WELL._replace(driver="fxo")


def found(seen: Seen, about: str, language: Language = "en") -> Finding:
    return next(one for one in findings(seen, language) if one.about == about)


def line(**changes: object) -> LineView:
    return replace(LINE, **changes)


def test_a_line_that_is_well_is_said_to_be_in_both_languages() -> None:
    assert told(findings(WELL, "es"), "es") == [
        "✔ Estado: funciona: registrado en Movistar",
        "✔ Cobertura: 74 %",
        "✔ Caídas: 0 en las últimas 24 horas",
        "✔ Identificación de quien llama: 45 de las últimas 50 llamadas traían número",
        "✔ Llamada de prueba: contestaron a los 5 s (señalizada por la red)",
        "✔ Sonido: llega limpio (-25 dBFS, ruido -60 dBFS)",
        "✔ Eco: ninguno que se note",
        "La línea está bien.",
    ]
    assert told(findings(WELL, "en"), "en")[-1] == "The line is well."


@pytest.mark.parametrize(
    ("seen", "about", "grade", "text"),
    [
        (WELL._replace(line=line(health="down", detail="")), "health", "bad", "is down: Down"),
        (WELL._replace(line=line(health="degraded", detail="slow")), "health", "doubtful", "works with trouble: slow"),
        (WELL._replace(line=line(health="starting", detail="opening the modem")), "health", "bad", "is down"),
        (WELL._replace(line=line(signal_percent=30)), "signal", "doubtful", "30 %"),
        (WELL._replace(line=line(signal_percent=10)), "signal", "bad", "10 %"),
        (WELL._replace(outages=3), "outages", "doubtful", "3 in the last 24 hours"),
        (WELL._replace(numbers=0), "caller_id", "bad", "0 of the last 50 calls came with a number"),
        (WELL._replace(numbers=10), "caller_id", "doubtful", "10 of the last 50"),
        (WELL._replace(callers=4, numbers=4), "caller_id", "unknown", "too few calls came in yet (4)"),
        (WELL._replace(test=None), "test_call", "unknown", "–"),
        (WELL._replace(test=replace(ANSWERED, answered_ms=-1, cause="no_answer")), "test_call", "unknown", "it rang"),
        (
            WELL._replace(test=replace(ANSWERED, rang_ms=-1, answered_ms=-1, cause="busy")),
            "test_call",
            "unknown",
            "it did not ring (busy)",
        ),
        (
            WELL._replace(test=replace(ANSWERED, rang_ms=-1, answered_ms=-1, cause="congestion")),
            "test_call",
            "bad",
            "it did not ring (congestion)",
        ),
        (WELL._replace(sound=None), "sound", "unknown", "could not be recorded"),
        (WELL._replace(sound=LineMeasure(8_000, -900, -960, 0, None, 0)), "sound", "bad", "nothing comes"),
        (WELL._replace(sound=LineMeasure(8_000, -500, -900, 0, None, 0)), "sound", "doubtful", "very faint (-50"),
        (WELL._replace(sound=LineMeasure(8_000, -250, -300, 0, None, 0)), "sound", "doubtful", "noise (-30 dBFS)"),
        (WELL._replace(sound=LineMeasure(8_000, -100, -600, 9, None, 0)), "sound", "doubtful", "is clipped (9 %)"),
        (WELL._replace(sound=LineMeasure(8_000, -250, -600, 0, 80, 12)), "echo", "bad", "8 dB weaker after 12 ms"),
        (WELL._replace(sound=LineMeasure(8_000, -250, -600, 0, 150, 12)), "echo", "doubtful", "15 dB weaker"),
        (WELL._replace(sound=LineMeasure(8_000, -250, -600, 0, 300, 12)), "echo", "good", "30 dB weaker"),
        (WELL._replace(sound=LineMeasure(8_000, -250, -600, 0, 10, 90)), "echo", "good", "loopback"),
        (WELL._replace(driver="fxo", sound=LineMeasure(8_000, -250, -600, 0, 10, 9)), "echo", "bad", "1 dB weaker"),
        (WELL._replace(driver="fxo"), "dial_tone", "good", "is heard"),
        (
            WELL._replace(
                line=line(included_ms=18_000_000, used_ms=180_000), test=replace(ANSWERED, counted_ms=60_000)
            ),
            "used",
            "good",
            "1 min; 3 of the 300 included are used",
        ),
        (FXO._replace(dial_tone=DialTone(DIAL, "ES")), "dial_tone", "good", "425 Hz (-20 dBFS)"),
        (FXO._replace(dial_tone=DialTone(None, "ES")), "dial_tone", "bad", "is not heard"),
        (FXO._replace(dial_tone=DialTone(DIAL, "US")), "dial_tone", "doubtful", "which is not that of US"),
        (
            FXO._replace(dial_tone=DialTone(HeardTone(DIAL.tone, -400, 2_000), "ES")),
            "dial_tone",
            "doubtful",
            "425 Hz (-40 dBFS)",
        ),
        (
            FXO._replace(
                line=line(health="degraded", detail="no dial tone: is the telephone line plugged in?"),
                test=replace(ANSWERED, rang_ms=-1, answered_ms=-1, cause="failed"),
                dial_tone=DialTone(DIAL, "ES"),
            ),
            "test_call",
            "bad",
            "the modem says that it hears no dial tone",
        ),
        (
            WELL._replace(
                driver="fxo",
                line=line(health="down", detail="no dial tone: is the telephone line plugged in?"),
                test=replace(ANSWERED, rang_ms=-1, answered_ms=-1, cause="failed"),
            ),
            "dial_tone",
            "bad",
            "is not heard",
        ),
    ],
)
def test_each_trouble_is_named_with_what_to_do(seen: Seen, about: str, grade: str, text: str) -> None:
    one = found(seen, about)
    assert (one.grade, text in one.text) == (grade, True), one
    assert bool(one.advice) == (grade != "good"), one
    spanish = found(seen, about, "es")
    assert spanish.grade == grade and (one.text == "–" or about == "signal" or spanish.text != one.text)


def test_the_verdict_is_as_bad_as_the_worst_that_was_found() -> None:
    assert verdict(findings(WELL._replace(test=None), "en"), "en") == "Nothing is wrong, but not everything was tested."
    doubtful = findings(WELL._replace(outages=9), "en")
    assert verdict(doubtful, "en") == "The line serves, with reservations."
    bad = findings(WELL._replace(outages=9, numbers=0), "es")
    assert worst(bad) == "bad" and verdict(bad, "es") == "La línea no está bien."


def test_what_a_line_cannot_do_is_not_asked_of_it() -> None:
    about_out = [one.about for one in findings(WELL._replace(line=line(mode="out"), callers=0), "en")]
    about_in = [one.about for one in findings(WELL._replace(line=line(mode="in"), test=None, sound=None), "en")]
    assert "caller_id" not in about_out and "test_call" not in about_in


def test_callers_with_a_number_are_counted_in_the_store(tmp_path: Path) -> None:
    path = tmp_path / "centralita.sqlite3"
    with writing(path) as to:
        to.durable(*(StoreCdr(cdr(n, caller="" if n % 4 == 0 else "+34600111222")) for n in range(1, 13)))
        to.durable(StoreCdr(cdr(20, direction="out")))
    on = cdr(1).line
    assert caller_numbers(open_store(path), on, 8) == (8, 6)
    assert caller_numbers(open_store(path), "another", 8) == (0, 0)


class Carrier(SwitchPeer):
    """Answers what is dialled, and sends everything back a little weaker; what it records is a file as the switch's."""

    recordings: Path
    answers = True

    def _dial(self, name: LegId, line: LineName, number: str) -> None:
        leg = self.legs[name] = Leg(name, line, None, number, state="dialling", began_ms=now_ms())
        if not self.answers:
            self._end(leg, "busy", by_us=False)
            return
        self._say(i.LegProgress(name), now_ms())
        self._answered(leg)

    def _carry_out(self, effect: e.SwitchEffect) -> None:
        super()._carry_out(effect)
        match effect:
            case e.StopRecording(recording=name):
                file = self.recordings / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with wave.open(str(file), "wb") as sound:
                    sound.setparams((1, 2, 8000, 0, "NONE", ""))
                    heard = measuring_signal()
                    sound.writeframes(bytes(2 * 320) + bytes(heard[:-320].tobytes()))
                self._say(i.RecordingFinished(name, 7_900, file.stat().st_size), now_ms())
            case _:
                pass


def test_a_test_call_from_its_order_to_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = office(tmp_path)
    carrier = Carrier(tmp_path / "run" / "switch.sock")
    carrier.recordings = tmp_path / "data" / "recordings"
    try:
        with AcdProcess(config) as acd:
            acd.start()
            wait_for("the switch", lambda: acd.client.health().switch_connected)
            assert run_doctor(config, "nobody", "", "en") == 1
            assert "There is no line “nobody”. There are: operador." in capsys.readouterr().err
            assert run_doctor(config, "operador", NUMBER, "en") == 1
            assert "La línea «operador» no funciona: no se puede llamar por ella." in capsys.readouterr().err
            carrier.tell(i.LineChanged(LineName("operador"), "up", "ready"))
            wait_for("the line", lambda: acd.client.status().lines[0].health == "up")
            assert main(["line", "doctor", "operador", "--number", NUMBER, "--config", str(config)]) == 0
            said = capsys.readouterr()
            assert re.search(r"✔ Llamada de prueba: contestaron a los \d s", said.out), said.out
            assert "✔ Eco: el otro lado devuelve todo, a los 40 ms: es un bucle de prueba" in said.out
            assert said.out.endswith("Nada va mal, pero falta por probar.\n"), "nobody has called yet"
            assert "quien conteste oirá un ruido" in said.err
            carrier.answers = False
            assert run_doctor(config, "operador", NUMBER, "en") == 0
            assert "it did not ring (busy)" in capsys.readouterr().out
            assert run_doctor(config, "operador", "803111222", "en") == 1
            assert "no se permite llamar" in capsys.readouterr().err.lower()
            carrier.offer()
            wait_for("the caller", lambda: bool(acd.client.status().calls))
            assert run_doctor(config, "operador", NUMBER, "es") == 1
            assert "La línea «operador» tiene una llamada: espere a que termine." in capsys.readouterr().err
        assert run_doctor(config, "operador", "", "en") == 1
        assert "the ACD is not running here" in capsys.readouterr().err
        assert carrier.said.violations == []
    finally:
        carrier.close()


def test_what_is_no_recording_is_not_measured(tmp_path: Path) -> None:
    assert read_sound(tmp_path / "none.wav") is None
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF....WAVEnothing")
    assert read_sound(broken) is None
    for name, rate in (("fast.wav", 16_000), ("empty.wav", 8_000)):
        with wave.open(str(tmp_path / name), "wb") as sound:
            sound.setparams((1, 2, rate, 0, "NONE", ""))
        assert read_sound(tmp_path / name) is None
