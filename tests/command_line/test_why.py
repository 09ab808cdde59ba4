"""`./centralita why` itself, as a process on a real store: in sentences and as JSON."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import StoreDecision
from appliance.daemon.retention import DAY_MS, Keep, prune
from appliance.daemon.why import WhyAgent, WhyCall
from tests.command_line.test_main import ROOT
from tests.daemon.records import OFFERED_AT, decision
from tests.daemon.test_retention import writer
from tests.web_ui.an_office import OFFICE, a_day
from tests.web_ui.small_box import SmallStore


@pytest.fixture
def config(tmp_path: Path) -> Path:
    store = SmallStore(tmp_path / "centralita.sqlite3", OFFICE, OFFERED_AT)
    store.put(*a_day(OFFERED_AT), StoreDecision(decision(77, "oficina-77")))
    store.close()
    file = tmp_path / "office.toml"
    file.write_text(f'[box]\ndata_dir = "{tmp_path}"\nrun_dir = "{tmp_path}/run"\n')
    return file


def why(config: Path, *words: str) -> tuple[int, str, str]:
    argv = [sys.executable, "-m", "appliance", "why", "--config", str(config), *words]
    done = subprocess.run(argv, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_a_call_as_json(config: Path) -> None:
    code, said, _ = why(config, "oficina-13", "--json", "--language", "en")
    found = msgspec.json.decode(said, type=WhyCall)
    assert (code, found.over, found.language) == (0, True, "en")
    assert [one.tie_break for one in found.decisions] == ["idle_ms"]
    assert [(seen.agent, seen.measure) for seen in found.decisions[0].candidates] == [
        ("ana", 95_000),
        ("bea", None),
        ("elena", 41_000),
    ]


def test_a_call_that_is_up_as_json(config: Path) -> None:
    code, said, _ = why(config, "oficina-77", "--json")
    assert (code, msgspec.json.decode(said, type=WhyCall).over) == (0, False)


def test_an_agent_for_one_call_as_json(config: Path) -> None:
    code, said, _ = why(config, "oficina-13", "--agent", "elena", "--json")
    found = msgspec.json.decode(said, type=WhyAgent)
    assert (code, [one.outcome for one in found.decisions]) == (0, ["not_chosen"])


def test_an_agent_over_a_time_in_sentences_and_as_json(config: Path) -> None:
    code, said, more = why(config, "--agent", "bea", "--limit", "2", "--language", "en")
    assert code == 0
    assert [line.partition("  ")[2] for line in said.splitlines()] == [
        f"bea was not rung for oficina-{n}: not ready." for n in (13, 11)
    ]
    assert "--before" in more
    before = more.split("--before ")[1].strip()
    code, said, more = why(config, "--agent", "bea", "--before", before, "--json", "--from", "2026-11-01")
    found = msgspec.json.decode(said, type=WhyAgent)
    assert (code, found.decisions[0].decision.call, found.next) == (0, "oficina-10", "")
    code, said, _ = why(config, "--agent", "bea", "--to", "2026-11-01", "--language", "es")
    assert (code, said) == (0, "Ninguna decisión de esos días contó con bea.\n")


def test_what_was_pruned_is_said(config: Path) -> None:
    db = writer(config.parent / "centralita.sqlite3")
    while prune(db, Keep(decisions_days=30), OFFERED_AT + 31 * DAY_MS):
        pass
    code, said, _ = why(config, "oficina-13", "--language", "es")
    assert code == 0
    assert "Las razones de cada paso ya no están: se guardan 30 días." in said
    code, said, _ = why(config, "oficina-13", "--json")
    assert msgspec.json.decode(said, type=WhyCall).pruned_after_days == 30


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["oficina-99", "--json"], 1, "`calls`"),
        (["--agent", "bea", "--before", "x"], 1, "--before x: escriba"),
        ([], 2, "--agent"),
    ],
)
def test_what_cannot_be_answered_is_one_line(config: Path, words: list[str], code: int, named: str) -> None:
    exit_code, said, sorry = why(config, *words)
    assert (exit_code, said) == (code, "")
    assert named in sorry
    assert "Traceback" not in sorry
