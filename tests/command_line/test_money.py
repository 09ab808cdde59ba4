"""`money` tells what came in and what it cost, by the days of the box's clock, as a table and as CSV."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from appliance.__main__ import main
from tests.web_ui.an_office import OFFICE, a_day
from tests.web_ui.small_box import SmallStore

NOW = 1_795_000_000_000
TODAY = date(2026, 11, 18)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An office with a day in its store, whose agents cost 18 an hour, but Ana 36."""
    writer = SmallStore(tmp_path / "centralita.sqlite3", OFFICE, NOW)
    writer.put(*a_day(NOW))
    writer.close()
    file = tmp_path / "office.toml"
    file.write_text(
        f'[box]\ndata_dir = "{tmp_path}"\nagent_cost_micros_per_hour = 18_000_000\n[[agent]]\nname = "ana"\n'
        'full_name = "Ana"\nnumber = "11"\ncost_micros_per_hour = 36_000_000\n'
    )
    return file


def _money(config: Path, *options: str) -> int:
    return main(["money", "--config", str(config), "--to", TODAY.isoformat(), *options])


def test_the_day_s_money_by_client(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _money(config) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Del 2026-11-01 al 2026-11-18, en EUR, sin impuestos."
    header = "CLIENTE LLAMADAS ATENDIDAS MINUTOS INGRESOS OPERADORES AGENTES MARGEN COSTE POR CONTACTO"
    assert " ".join(lines[1].split()) == header
    # Its one call: 76.042 s of talk and what rang of Ana, and 7 s after it, at 0.01 a second.
    robledo = next(line for line in lines if line.startswith("robledo")).split()
    assert robledo[1:6] == ["1", "1", "2", "0.9", "0.0808"]
    assert lines[-1].startswith("Llamadas sin atender: ")


def test_as_csv_every_number_is_there(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _money(config, "--csv", "--by", "agent", "--language", "en") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0][0] == "AGENT" and rows[-1][0] == "TOTAL"
    assert {row[0] for row in rows[1:-1]} == {"ana", "(no name)"}
    assert sum(int(row[1]) for row in rows[1:-1]) == int(rows[-1][1])


def test_days_without_calls_are_told_as_such(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = (TODAY - timedelta(40)).isoformat()
    assert main(["money", "--config", str(config), "--from", first, "--to", first]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["TOTAL", "0", "0", "0", "0", "0", "0", "0"]


def test_days_the_wrong_way_round_are_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _money(config, "--from", "2026-11-19") == 1
    assert "El primer día, 2026-11-19, es posterior al último, 2026-11-18." in capsys.readouterr().err
