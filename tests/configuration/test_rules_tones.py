"""Disconnect tones of analogue lines: what is taken, and what is refused with what to do."""

import re
from pathlib import Path

import msgspec
import pytest

from appliance.configuration.file import ConfigurationError
from appliance.configuration.rules import check
from hw.boards import load_board
from hw.signals.tones import CountryTone
from tests.configuration.offices import office

FXO, GSM = 'queue = "soporte"', 'audio_port = "@port2"'


def _checked(folder: Path, where: str, tone: str) -> CountryTone | None:
    configuration = office(folder, (where, f"{where}\ndisconnect_tone = {tone}"))
    check(configuration, load_board("laptop"), {"sim7600", "usr5637"}, prompts={"greeting"})
    return configuration.line[1].disconnect_tone


@pytest.mark.parametrize(
    ("tone", "taken"),
    [
        ("{ hz = [620], cadence_ms = [350, 450] }", CountryTone(hz=(620,), cadence_ms=(350, 450))),
        ("{ hz = [950] }", CountryTone(hz=(950,))),
        ("{ hz = [425], cadence_ms = [1500, 2000] }", CountryTone(hz=(425,), cadence_ms=(1500, 2000))),
        ("{ hz = [480, 440], cadence_ms = [1500, 3000] }", CountryTone(hz=(480, 440), cadence_ms=(1500, 3000))),
    ],
)
def test_a_tone_of_the_lines_own(tone: str, taken: CountryTone, tmp_path: Path) -> None:
    assert _checked(tmp_path, FXO, tone) == taken


@pytest.mark.parametrize(
    ("where", "tone", "said"),
    [
        (GSM, "{ hz = [620] }", r"movil1, disconnect_tone: only an analogue line"),
        (FXO, "{ hz = [620], cadence_ms = [350] }", r"fijo, disconnect_tone: the last burst has no pause"),
        (FXO, "{ hz = [425], cadence_ms = [1480, 3050] }", r"fijo, disconnect_tone: .*ringback.*line doctor fijo"),
    ],
)
def test_what_cannot_be_is_refused(where: str, tone: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=said):
        _checked(tmp_path, where, tone)


@pytest.mark.parametrize(
    ("tone", "key"),
    [
        ("{ hz = [] }", "hz"),
        ("{ hz = [620, 480, 350] }", "hz"),
        ("{ hz = [20] }", "hz"),
        ("{ hz = [620], cadence_ms = [10, 10] }", "cadence_ms"),
        ("{ cadence_ms = [350, 350] }", "hz"),
        ("{ hz = [620], cadence = [350, 350] }", "cadence"),
        ("620", "disconnect_tone"),
    ],
)
def test_what_is_no_tone_is_not_read(tone: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match=re.escape(key)):
        _checked(tmp_path, FXO, tone)
