"""`rerate` at the terminal: words in both languages, what it refuses, and that it stops and goes on when it is told."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.acd.effects import StoreCdr
from appliance.daemon.settings import read_settings
from tests.daemon.acd_process import ROOT, office
from tests.daemon.ledgers import audited, lines_count, opened
from tests.daemon.records import cdr
from tests.daemon.stores import writing

CONTRACT = """
[[contract]]
name = "acme"
client = "acme"
[[contract.call]]
name = "llamada"
price_micros = 500_000
"""
DAYS = ["--from", "2026-11-01", "--to", "2026-12-31"]


def priced(folder: Path, calls: int) -> Path:
    """An office whose store has so many calls of its client, at 0.50 each; then it asks for 0.70 a call."""
    file = office(folder, extra=CONTRACT)
    file.write_text(file.read_text().replace('title = "Ventas"', 'title = "Ventas"\nclient = "acme"'))
    settings = read_settings(file)
    with writing(settings.store, settings.office) as to:
        to.durable(*(StoreCdr(cdr(number, client="acme")) for number in range(1, calls + 1)))
    file.write_text(file.read_text().replace("500_000", "700_000").replace("24000", "25000"))
    return file


def command_of(file: Path) -> list[str]:
    return [sys.executable, "-m", "appliance", "rerate", *DAYS, "--config", str(file), "--language", "en"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_it_says_what_it_changed_and_that_nothing_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ["--config", str(priced(tmp_path, 3))]
    assert main(["rerate", *DAYS, "--dry-run", *config]) == 0
    assert "Llamadas del 2026-11-01 al 2026-12-31: 3; con otro importe: 3. No se ha escrito nada." in (
        capsys.readouterr().out
    )
    assert main(["rerate", *DAYS, "--costs", "--language", "en", *config]) == 0
    said = capsys.readouterr().out
    assert "Calls from 2026-11-01 to 2026-12-31 rated anew: 3; with another sum: 3." in said
    assert re.search(r"acme +acme +3 +\+0.6 EUR", said), said
    assert re.search(r"\(carriers' cost\) +moviles +3 +\+0.003 EUR", said), said
    assert main(["rerate", *DAYS, "--costs", *config]) == 0
    assert "retarificadas: 3; con otro importe: 0." in capsys.readouterr().out
    with opened(tmp_path / "data" / "centralita.sqlite3") as db:
        assert lines_count(db) == 9
        assert audited(db)["acme", "call", "oficina-1"] == (700_000, 0)


def test_what_cannot_be_done_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = priced(tmp_path, 1)
    config = ["--config", str(file)]
    assert main(["rerate", "--from", "2026-12-01", "--to", "2026-11-01", *config]) == 1
    assert "el primer día va antes que el último" in capsys.readouterr().err
    assert main(["rerate", *DAYS, "--client", "otro", *config]) == 1
    assert "no hay ningún cliente «otro»; hay: acme" in capsys.readouterr().err
    file.write_text(file.read_text().replace("[sip]", 'currency = "MXN"\n[sip]'))
    assert main(["rerate", *DAYS, *config]) == 1
    assert "oficina-1 se cobró en EUR y la centralita cobra en MXN. Un importe no" in capsys.readouterr().err
    (tmp_path / "data" / "centralita.sqlite3").unlink()
    assert main(["rerate", *DAYS, *config]) == 1
    assert "centralita.sqlite3: no hay almacén de datos" in capsys.readouterr().err


def test_told_to_end_it_stops_between_batches_and_goes_on_when_it_is_done_again(tmp_path: Path) -> None:
    file = priced(tmp_path, 4_000)
    store = tmp_path / "data" / "centralita.sqlite3"
    words = command_of(file)
    job = subprocess.Popen(
        words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with opened(store) as db:
        while lines_count(db) == 4_000 and job.poll() is None:
            pass
        job.send_signal(signal.SIGTERM)
        said, errors = job.communicate(timeout=60)
        assert (job.returncode, "Interrupted." in said) == (130, True), errors
        half = lines_count(db)
        again = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
        assert "Going on where it was interrupted" in again.stderr
        assert "rated anew: 4 000; with another sum: 4 000." in again.stdout
        assert 4_000 < half < lines_count(db) == 8_000
        assert set(audited(db).values()) >= {(700_000, 0)}
