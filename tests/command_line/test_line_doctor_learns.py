"""`line doctor --learn`: what it says of the tone a line hears when the far end hung up, and what to write."""

import wave
from array import array
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from appliance.__main__ import main
from appliance.acd import effects as e
from appliance.acd import inputs as i
from appliance.acd.ids import LineName
from appliance.line_doctor import read_sound, read_tone, run_doctor
from appliance.line_verdicts import Seen, findings, tone_told
from hw.line_measure import measuring_signal
from hw.signals.libraries import SignalLibraryMissing
from hw.signals.tone_learner import HeardTone, Verdict
from hw.signals.tones import CountryTone, ToneSender, country_tones
from tests.command_line.test_line_doctor import ANSWERED, NUMBER, WELL, Carrier
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import now_ms
from tests.waiting import wait_for

ODD = CountryTone(hz=(620,), cadence_ms=(350, 450))
LEARNED = Verdict(learned=HeardTone(ODD, -204, 6_000))
LISTENED = WELL._replace(driver="fxo", test=replace(ANSWERED, listened=True))
FXO = '[[line]]\nname = "fijo"\ndriver = "fxo"\nmodel = "usr5637"\nport = "/dev/nobody"\nqueue = "ventas"\n'
SILENCE_MS = 1_000


def recording(file: Path, tone: CountryTone | None, echo: bool = True) -> Path:
    """As the switch's, of a line that gives the noise back a little weaker: silence after it, then the tone."""
    heard = array("h", (one // 4 for one in measuring_signal()))
    sound = (heard.tobytes() if echo else bytes(2 * len(heard))) + bytes(16 * SILENCE_MS)
    sound += ToneSender(tone).take(16 * 6_000) if tone is not None else bytes(16 * 6_000)
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(sound)
    return file


@pytest.mark.parametrize(
    ("seen", "grade", "text", "advice"),
    [
        (
            LISTENED._replace(tone=LEARNED),
            "doubtful",
            "an unknown tone: 620 Hz, 350 ms on, 450 ms off (-20 dBFS); it leaves the line taken",
            "Write this line in the [[line]] “gsm1” of the configuration, and when there are no calls `systemctl "
            "restart centralita-switch`:\n      disconnect_tone = { hz = [620], cadence_ms = [350, 450] }",
        ),
        (
            LISTENED._replace(tone=Verdict(unusable=HeardTone(ODD, -204, 6_000))),
            "doubtful",
            "a tone that cannot be told from ringing: 620 Hz",
            "Ask the operator",
        ),
        (LISTENED._replace(tone=Verdict(known=True)), "good", "a tone is heard that is known", ""),
        (LISTENED._replace(tone=Verdict()), "unknown", "no tone was heard", "Try again and hang up"),
        (LISTENED._replace(tone=None), "unknown", "no tone was heard", "Try again and hang up"),
        (
            LISTENED._replace(test=replace(ANSWERED, listened=True, far_end_left=True), tone=Verdict()),
            "good",
            "the line noticed",
            "",
        ),
    ],
)
def test_what_is_said_of_the_far_ends_end(seen: Seen, grade: str, text: str, advice: str) -> None:
    (one,) = [one for one in findings(seen, "en") if one.about == "disconnect"]
    assert one.grade == grade and one.text.startswith(text) and one.advice.startswith(advice)
    assert bool(advice) == bool(one.advice)
    (spanish,) = [one for one in findings(seen, "es") if one.about == "disconnect"]
    assert spanish.grade == grade and spanish.text != one.text and "{" not in spanish.text


def test_nothing_is_said_of_it_when_it_was_not_listened_for() -> None:
    for seen in (WELL, WELL._replace(test=None), LISTENED._replace(test=replace(ANSWERED, answered_ms=-1))):
        assert "disconnect" not in [one.about for one in findings(seen._replace(tone=LEARNED), "en")]


def test_a_tone_in_words() -> None:
    assert tone_told(CountryTone(hz=(480, 620), cadence_ms=(250, 250)), "es") == "480 + 620 Hz, 250 ms sí, 250 ms no"
    assert tone_told(CountryTone(hz=(950,)), "es") == "950 Hz, sin pausas"


def test_the_tone_is_read_after_the_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recording(tmp_path / "one.wav", ODD)
    read = read_tone(file, "ES", None)
    assert read is not None and read.learned is not None and read.learned.tone.hz == (620,)
    assert read_tone(file, "ES", read.learned.tone) == Verdict(known=True)
    assert read_tone(recording(tmp_path / "two.wav", None), "ES", None) == Verdict()
    assert read_tone(tmp_path / "none.wav", "ES", None) is None
    sound = read_sound(file)
    assert sound is not None and abs((sound.echo_loss_ddb or 0) - 120) <= 5, "the tone is not part of the measure"

    def missing(*_: object) -> Verdict:
        raise SignalLibraryMissing("libspandsp.so.2 cannot be loaded; install the Debian package libspandsp2")

    monkeypatch.setattr("appliance.line_doctor.disconnect_tone_in", missing)
    assert read_tone(file, "ES", None) is None and "libspandsp2" in capsys.readouterr().err


class Exchange(Carrier):
    """Its line is analogue: the far end's leaving shows in the recording alone, and something else ends the call."""

    dialled: list[str]

    def _carry_out(self, effect: e.SwitchEffect) -> None:
        if isinstance(effect, e.DialLine):
            self.dialled.append(effect.number)
        if isinstance(effect, e.StopRecording):
            file = recording(self.recordings / effect.recording, ODD)
            if not self.dialled[-1]:
                with wave.open(str(file), "wb") as out:
                    out.setparams((1, 2, 8000, 0, "NONE", ""))
                    out.writeframes(ToneSender(country_tones("ES").dial).take(16 * 2_500))
            self._say(i.RecordingFinished(effect.recording, 14_000, file.stat().st_size), now_ms())
            return
        super()._carry_out(effect)
        if isinstance(effect, e.Play):  # the noise is over: it listens
            self._end(self.legs[effect.leg], "failed", by_us=False)


def test_the_line_to_write_comes_out_of_a_test_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = office(tmp_path, extra=FXO)
    exchange = Exchange(tmp_path / "run" / "switch.sock")
    exchange.recordings, exchange.dialled = tmp_path / "data" / "recordings", []
    fijo = LineName("fijo")
    try:
        with AcdProcess(config) as acd:
            acd.start()
            wait_for("the switch", lambda: acd.client.health().switch_connected)
            exchange.tell(i.LineChanged(fijo, "up", "ready"))
            wait_for("the line", lambda: any(one.health == "up" for one in acd.client.status().lines))
            assert run_doctor(config, "operador", NUMBER, "en", learns=True) == 1
            assert "Line “operador” is not analogue (fxo)" in capsys.readouterr().err
            assert main(["line", "doctor", "fijo", "--number", NUMBER, "--learn", "--config", str(config)]) == 0
            said = capsys.readouterr()
            assert exchange.dialled == ["", NUMBER] and "Descolgando la línea fijo" in said.err
            assert "✔ Tono de marcar: se oye: 425 Hz (-20 dBFS)" in said.out
            assert "cuelgue allí" in said.err and "! Fin de llamada: un tono desconocido: 620 Hz" in said.out
            assert "→ Escriba esta línea en la [[line]] «fijo» de la configuración" in said.out
            (written,) = [line for line in said.out.splitlines() if line.startswith("      disconnect_tone = {")]
            tone = msgspec.toml.decode(written, type=dict[str, CountryTone])["disconnect_tone"]
            assert tone.hz == ODD.hz and all(abs(a - b) <= 20 for a, b in zip(tone.cadence_ms, (350, 450), strict=True))
    finally:
        exchange.close()


def test_learning_needs_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["line", "doctor", "fijo", "--learn"])
    assert "--learn needs --number" in capsys.readouterr().err
