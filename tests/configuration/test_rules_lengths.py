"""How long callers may be spoken to at a stretch: longer words, recordings and menus are refused, not cut short."""

import wave
from pathlib import Path

import pytest

from appliance.configuration.file import ConfigurationError
from appliance.configuration.rules import check
from appliance.configuration.rules_lengths import spoken_ms
from appliance.switch.prompts import RATE_HZ, speak
from tests.configuration.test_rules_menus import BOARD, MODELS, PROMPTS, with_menus

WORDS = "Para ventas, pulse uno."


def many(count: int) -> tuple[str, str]:
    return ('prompts = ["closed"]', f"prompts = {['closed'] * count}")


def recorded(folder: Path, name: str, seconds: int) -> None:
    file = folder / "data" / "prompts" / "es" / f"{name}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(bytes(2 * RATE_HZ * seconds))


def test_what_is_heard_in_two_minutes_is_let_through(tmp_path: Path) -> None:
    recorded(tmp_path, "closed", 120)
    changes = (many(15), (WORDS, (WORDS * 30)[:600]))
    check(with_menus(tmp_path, *changes), BOARD, MODELS, prompts=PROMPTS)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (many(16), r"\[\[menu\]\] noche, prompts: are 16, .* at most 15 "),
        ((WORDS, ("912345678 " * 60)[:600]), r"\[\[menu\]\] principal, say: the words in `es` take about \d+ s"),
        (("Marque su número de cliente.", "1" * 600), r"\[\[prompt\]\] su_numero, say: the words in `es` take about"),
    ],
)
def test_what_takes_longer_is_refused(change: tuple[str, str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check(with_menus(tmp_path, change), BOARD, MODELS, prompts=PROMPTS)


def test_a_recording_that_takes_longer_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path, "closed", 125)
    with pytest.raises(ConfigurationError, match=r"es/closed\.wav: takes 125 s, .* at most 120 s"):
        check(with_menus(tmp_path), BOARD, MODELS, prompts=PROMPTS)


@pytest.mark.parametrize("text", [WORDS * 4, "912345678 " * 6, "Llame al 902 10 20 30, o al 112."])
def test_the_estimate_is_not_much_less_than_it_takes(text: str) -> None:
    takes_ms = len(speak(text, "es")) * 1000 // RATE_HZ
    assert takes_ms * 0.9 < spoken_ms(text) < takes_ms * 3
