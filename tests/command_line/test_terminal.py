"""`status`, `calls` and `why` say it in the words of the page, in the box's language or the one asked for."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.acd.effects import StoreDecision
from appliance.acd.ids import AgentName
from appliance.daemon.queries import line_histories, open_store
from appliance.lines_report import lines_told, show_lines
from appliance.terminal import show_calls, show_status, status_lines
from appliance.why_report import show_why
from tests.daemon.records import decision
from tests.web_ui.an_office import OFFICE, a_day, busy_morning
from tests.web_ui.small_box import SmallStore

NOW = 1_795_000_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An office whose day is in its store, and whose ACD is not running."""
    (tmp_path / "run").mkdir()
    writer = SmallStore(tmp_path / "centralita.sqlite3", OFFICE, NOW)
    writer.put(*a_day(NOW))
    writer.close()
    file = tmp_path / "office.toml"
    file.write_text(f'[box]\ndata_dir = "{tmp_path}"\nrun_dir = "{tmp_path}/run"\n')
    return file


def test_the_status_has_no_codes_in_it() -> None:
    said = "\n".join(status_lines(busy_morning(NOW), "es"))
    for word in ("Hablando", "Esperando", "En pausa", "Café", "Trabajo posterior", "Caída", "Solo entrada"):
        assert word in said
    for code in ("talking", "not_ready", "wrap_up", "logged_out", "degraded", "both"):
        assert code not in said
    assert "/dev/gsm2 no existe: ¿está conectado el módem?" in said
    english = "\n".join(status_lines(busy_morning(NOW), "en"))
    assert "/dev/gsm2 does not exist: is the modem plugged in?" in english
    assert "Not ready" in english
    assert "En pausa" not in english


def test_the_last_calls_and_the_worklist(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_calls(config, 20, None) == 0
    said = capsys.readouterr().out
    assert "oficina-13" in said
    assert "Atendida" in said
    assert "Abandonada" in said
    assert "PENDIENTES DE DEVOLVER" in said
    assert "Colgó esperando" in said
    assert not {"answered", "abandoned"} & set(said.split())
    assert show_calls(config, 2, "en") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["oficina-12", "oficina-13"], "the newest last"
    assert "Answered" in lines[2]


def test_why_ends_with_the_sum_of_the_charge_or_why_there_is_none(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_why(config, "oficina-13", None) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Cargo: 0.05 + 77 s (60 + 17 x 1) x 0.024/min = ")
    assert show_why(config, "oficina-12", "es") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Cargo: 0 EUR (no se contestó)"
    assert show_why(config, "oficina-99", "es") == 1
    assert "`calls`" in capsys.readouterr().err


def test_why_an_agent_was_rung_or_not(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_why(config, "oficina-13", "es", AgentName("ana")) == 0
    said = capsys.readouterr().out
    assert said == "El aparato de ana sonó para oficina-13: llevaba más tiempo libre (1 min 35 s).\n"
    assert show_why(config, "oficina-13", "en", AgentName("bea")) == 0
    assert "bea" in capsys.readouterr().out


def test_why_tells_of_a_call_that_is_still_up(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = SmallStore(config.parent / "centralita.sqlite3", OFFICE, NOW, first_number=100)
    writer.put(StoreDecision(decision(77, "oficina-77")))
    writer.close()
    assert show_why(config, "oficina-77", "es") == 0
    said = capsys.readouterr().out
    assert said.startswith("A los 0 s de espera sonó")
    assert "Cargo" not in said


def test_a_box_that_does_not_run_is_said_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_status(config, None) == 1
    assert "el ACD no está en marcha aquí" in capsys.readouterr().err
    assert show_status(config, "en") == 1
    assert "the ACD is not running here" in capsys.readouterr().err


def test_a_store_that_is_not_there_is_said_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "centralita.sqlite3").unlink()
    assert show_calls(config, 20, None) == 1
    assert "el almacén de datos no se puede leer ahora" in capsys.readouterr().err


def test_the_lines_with_their_minutes_and_outages(config: Path) -> None:
    with open_store(config.parent / "centralita.sqlite3") as store:
        known = {str(name): one for name, one in line_histories(store, NOW).items()}
    zone = ZoneInfo("Europe/Madrid")
    said = "\n".join(lines_told(busy_morning(NOW).lines, known, zone, "es"))
    for words in (
        "120/300",
        "8934071100000000017",
        "Movistar",
        "Caída",
        "el módem se ha reiniciado solo",
        "0:20",
        "sigue",
    ):
        assert words in said, words
    assert "gsm2: /dev/gsm2 no existe: ¿está conectado el módem?" in said and "se reinició el conmutador" in said
    english = "\n".join(lines_told(busy_morning(NOW).lines, {}, zone, "en"))
    assert "none since it is kept" in english and "In and out" in english
    assert lines_told((), {}, zone, "en") == ["There are no lines in the configuration."]


def test_lines_of_a_box_that_does_not_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_lines(config, "en") == 1
    assert "the ACD is not running here" in capsys.readouterr().err
