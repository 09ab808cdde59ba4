"""`tariff` as an installer uses it: the real command, the real store and a box that runs."""

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.acd.effects import LegRecord, StoreCdr
from appliance.acd.ids import LegId, LineName
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan, Plan
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.tariff_shelf import Shelf
from tests.command_line.test_main import said
from tests.daemon.acd_process import ROOT, AcdProcess, office
from tests.daemon.records import OFFERED_AT, abandoned, cdr
from tests.daemon.scenes import rows, talk
from tests.daemon.stores import MOBILE, OFFICE, writing
from tests.daemon.switch_peer import SwitchPeer
from tests.waiting import wait_for

MONTH = datetime.fromtimestamp(OFFERED_AT / 1000, UTC).strftime("%Y-%m")
LIST = "prefix;description;price;connect fee;first increment;increment;direction\n"


def tariff(config: Path, *words: str | Path) -> tuple[int, str]:
    return said("tariff", *words, "--config", config, "--language", "en")


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A box that does not run, with its data folder."""
    (tmp_path / "data").mkdir()
    return office(tmp_path)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[AcdProcess, SwitchPeer]]:
    peer = SwitchPeer(tmp_path / "run" / "switch.sock")
    with AcdProcess(office(tmp_path)) as acd:
        acd.start()
        wait_for("the switch is connected", lambda: acd.client.status().switch_connected)
        yield acd, peer
    peer.close()


def write(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.write_text(LIST + "".join(f"{line}\n" for line in lines))
    return file


def charged(acd: AcdProcess, peer: SwitchPeer, number: str, count: int) -> tuple[str, int, int]:
    """A call from this number: why it costs what it costs, that, and for how long."""
    caller, _ = talk(peer, number)
    wait_for("the agent talks", lambda: any(call.state == "talking" for call in acd.client.status().calls))
    peer.hang_up(caller)
    row = rows(acd, count)[-1]
    wait_for("somebody is free", lambda: acd.client.status().queues[0].ready > 0)
    return row.charge_reason, row.charge_micros, row.talk_ms


def test_a_running_box_charges_by_a_book_as_soon_as_it_is_imported(
    running: tuple[AcdProcess, SwitchPeer], tmp_path: Path
) -> None:
    acd, peer = running
    config = acd.configuration
    assert charged(acd, peer, "+33612345678", 1)[:2] == ("no_rate", 0)
    code, text = tariff(config, "import", write(tmp_path, "francia.csv", "+33;Francia;0,60;0,01;1;1;in"))
    assert (code, "The box has read it and charges by:\n  francia 1 (siempre, 1 tarifas)" in text) == (0, True), text
    reason, micros, talk_ms = charged(acd, peer, "+33612345678", 2)
    assert (reason, micros) == ("rated", 10_000 + 10_000 * -(-talk_ms // 1000))
    code, text = tariff(config, "list")
    assert (code, "The box charges by: francia 1" in text) == (0, True), text
    assert tariff(config, "end", "francia", "--valid-from", "mañana")[0] == 1
    assert "there are: francia" in tariff(config, "end", "italia")[1]
    code, text = tariff(config, "end", "francia")
    assert (code, "The book francia has no rates from" in text) == (0, True), text
    assert charged(acd, peer, "+33612345678", 3)[:2] == ("no_rate", 0)
    assert tariff(config, "import", tmp_path / "francia.csv", "--valid-from", "2026-01-01", "--version", "b")[0] == 0
    assert charged(acd, peer, "+33612345678", 4)[0] == "rated"


def test_a_broken_book_is_left_out_loudly_and_calls_go_on(
    running: tuple[AcdProcess, SwitchPeer], tmp_path: Path
) -> None:
    acd, peer = running
    config = acd.configuration
    assert tariff(config, "import", write(tmp_path, "francia.csv", "+33;Francia;0,6;0;1;1;in"))[0] == 0
    assert tariff(config, "import", write(tmp_path, "italia.csv", "+39;Italia;0,6;0;1;1;in"))[0] == 0
    assert acd.stop() == 0
    (kept,) = (tmp_path / "data" / "tariffs").glob("francia.*")
    kept.write_bytes(kept.read_bytes()[:-40])
    acd.start()
    wait_for("the switch is connected", lambda: acd.client.status().switch_connected)
    assert charged(acd, peer, "+33612345678", 1)[0] == "no_rate"
    assert charged(acd, peer, "+39061234567", 2)[0] == "rated"
    why = "francia.0001.always.json está dañado: el libro francia no tiene tarifas hasta su versión siguiente."
    assert why in acd.log_text()
    assert acd.client.health().tariff_books == ("italia 1 (siempre, 1 tarifas)",)
    assert "tariffs: francia.0001.always.json is damaged" in said("check", "--config", config)[1]
    for words in (("status",), ("tariff", "list")):
        code, text = said(*words, "--config", config)
        assert why in text, text
        assert code == (1 if words[0] == "tariff" else 0)
    mended = write(tmp_path, "francia.csv", "+33;Francia;0,7;0;1;1;in")
    assert tariff(config, "import", mended, "--valid-from", "2026-01-01")[0] == 0
    assert charged(acd, peer, "+33612345678", 3)[0] == "rated"


def test_a_configuration_that_is_refused_is_told_and_the_book_waits(
    running: tuple[AcdProcess, SwitchPeer], tmp_path: Path
) -> None:
    acd, _ = running
    good = acd.configuration.read_text()
    other = tmp_path / "other.toml"
    other.write_text(good)
    acd.configuration.write_text(good.replace('title = "Ventas"', 'titulo = "Ventas"'))
    code, text = tariff(other, "import", write(tmp_path, "francia.csv", "+33;Francia;0,6;0;1;1;in"))
    assert (code, "has not read its configuration again" in text, "`titulo`" in text) == (1, True, True), text
    acd.configuration.write_text(good)
    acd.client.reload()
    assert wait_for("it is in force", lambda: acd.client.health().tariff_books)


def test_a_trial_changes_nothing(stopped: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    file = write(tmp_path, "a.csv", "+33;Francia;0,6;0;1;1;in")
    code, text = tariff(stopped, "import", file, "--dry-run")
    assert code == 0
    assert "Book a, version 1, holds always: 1 rates." in text
    assert "nothing was changed" in text
    assert sorted(tmp_path.rglob("*")) == sorted([*before, file])


def test_it_says_which_rate_covers_a_number_and_why(stopped: Path, tmp_path: Path) -> None:
    text = ("+34;España;0,06;0,1;60;1;out", "+346;Móvil;0,6;0;1;1;out", "=1004;Corto;0;0;60;60;out")
    assert tariff(stopped, "import", write(tmp_path, "a.csv", *text))[0] == 0
    later = write(tmp_path, "b.csv", "+34;España;0,12;0,1;60;1;out")
    assert tariff(stopped, "import", later, "--name", "a", "--valid-from", "2099-01-01")[0] == 0
    code, told = tariff(stopped, "show", "911222333")
    assert code == 0
    assert "rated as +34911222333" in told
    assert "Rate a/España, version 1: prefix +34, 0.06 EUR/min, connect fee 0.1" in told
    assert "3 minutes: 0.1 + 180 s (60 + 120 x 1) x 0.06/min = 0.28 EUR" in told
    assert "It holds until 2099-01-01 00:00:00." in told
    assert "0.12 EUR/min: does not hold at that moment" in told
    code, told = tariff(stopped, "show", "911222333", "--at", "2099-01-01", "--line", "operador")
    assert "= 0.46 EUR" in told
    code, told = tariff(stopped, "show", "600111222", "--at", "2099-01-01T10:00")
    assert "3 minutes: 0.1 + 180 s" in told
    assert "+346  a/Móvil v1  0.6 EUR/min: does not hold at that moment" in told
    code, told = tariff(stopped, "show", "+33612345678")
    assert (code, "No rate covers it" in told) == (1, True)
    code, told = tariff(stopped, "show", "112")
    assert (code, "This is an emergency number: it costs nothing" in told) == (0, True)
    code, told = tariff(stopped, "show", "911222333", "--line", "nada")
    assert (code, "there are: operador" in told) == (1, True)
    code, told = tariff(stopped, "show", "911222333", "--at", "mañana")
    assert (code, "--at mañana" in told) == (1, True)


def test_a_preview_says_what_a_list_would_have_done_to_the_calls_of_a_month(stopped: Path, tmp_path: Path) -> None:
    with writing(tmp_path / "data" / "centralita.sqlite3") as store:  # +346 costs 0.05 + 0.024 a minute in it
        store.durable(
            *(StoreCdr(cdr(number, line=LineName("operador"))) for number in range(1, 4)),
            StoreCdr(cdr(4, line=LineName("operador"), caller="+33612345678")),
            StoreCdr(cdr(5, line=LineName("operador"), caller="+34911222333", talk_ms=118_000, hold_ms=0)),
            StoreCdr(abandoned(6, 30_000)),
            StoreCdr(cdr(7, offered_at=OFFERED_AT + 90 * 86_400_000)),
        )
    assert OFFICE.rates.rates == (MOBILE,)
    stopped.write_text(re.sub(r"\[\[tariff\]\].*?\n\n", "", stopped.read_text(), flags=re.DOTALL))
    before = (tmp_path / "data" / "centralita.sqlite3").read_bytes()
    file = write(tmp_path, "nueva.csv", "+3460;Móvil;0,06;0;60;60;in", "+33;Francia;0,1;0;60;60;in")
    code, text = tariff(stopped, "preview", file, "--month", MONTH, "--valid-from", "2027-06-01")
    assert code == 0, text
    lines = [line.split() for line in text.splitlines()]
    assert ["operador", "incoming", "nueva/Móvil", "3", "3.0", "0.222", "0.18", "-0.042"] in lines
    assert ["operador", "incoming", "nueva/Francia", "1", "1.0", "0", "0.1", "+0.1"] in lines
    assert ["operador", "incoming", "(no", "rate)", "1", "2.0", "0", "0", "0"] in lines
    assert ["TOTAL", "EUR", "5", "6.0", "0.222", "0.28", "+0.058"] in lines
    assert "1 calls that had no rate would have one." in text
    assert "would have no rate" not in text
    assert "1 calls nobody answered" in text
    only = write(tmp_path, "nueva.csv", "+33;Francia;0,1;0;60;60;in")
    code, text = tariff(stopped, "preview", only, "--month", MONTH)
    assert "3 calls would have no rate (charged then: 0.222 EUR):" in text
    assert "oficina-2  +34600111222  0.074" in text
    assert (tmp_path / "data" / "centralita.sqlite3").read_bytes() == before
    assert not (tmp_path / "data" / "tariffs").exists()
    assert tariff(stopped, "preview", only, "--month", "noviembre")[0] == 1
    assert "No call was answered." in tariff(stopped, "preview", only, "--month", "2020-01")[1]


def test_a_preview_takes_each_connection_on_its_line_and_includes_what_was_included(
    stopped: Path, tmp_path: Path
) -> None:
    operador = LineName("operador")
    legs = (
        LegRecord(LegId("1-1"), "caller", operador, None, None, 0, 1_000, 65_000, "normal", "signalled"),
        LegRecord(LegId("acd-1"), "number", operador, None, None, 2_000, 5_000, 65_000, "normal", "signalled"),
    )
    sent_on = {"forwarded_to": "+33612345678", "talk_ms": 60_000, "hold_ms": 0, "answered_at": 0, "legs": legs}
    dialled = {"direction": "out", "called": "+39061234567", "talk_ms": 120_000, "hold_ms": 0, "legs": ()}
    out = Rate("italia", "out", "39", rate_micros_per_minute=100_000)
    plan = Plan("oficina", lines=(LinePlan(operador, allowance=AllowancePlan(120_000, 1, {"": True, "00": True})),))
    charging = replace(OFFICE, rates=RateTable([MOBILE, out], "EUR"), plan=plan)
    with writing(tmp_path / "data" / "centralita.sqlite3", charging) as store:
        store.durable(StoreCdr(cdr(1, line=operador, **sent_on)), StoreCdr(cdr(2, line=operador, caller="", **dialled)))
    file = write(
        tmp_path, "nueva.csv", "+33;Francia;0,6;0;60;60;out", "+39;Italia;0,2;0;60;60;out", "+34600;Móvil;0;0,5;1;1;in"
    )

    code, text = tariff(stopped, "preview", file, "--month", MONTH)
    assert code == 0, text
    lines = [line.split() for line in text.splitlines()]
    assert ["operador", "outgoing", "nueva/Francia", "1", "1.0", "0", "0.6", "+0.6"] in lines
    assert ["operador", "incoming", "nueva/Móvil", "1", "1.0", "0.074", "0.5", "+0.426"] in lines
    assert ["operador", "outgoing", "nueva/Italia", "1", "2.0", "0.1", "0.2", "+0.1"] in lines, text
    assert ["TOTAL", "EUR", "2", "4.0", "0.174", "1.3", "+1.126"] in lines


def test_killed_in_the_middle_of_an_import_the_old_or_the_new_book_is_there_whole(
    stopped: Path, tmp_path: Path
) -> None:
    seed = 20_261_123
    rng = random.Random(seed)
    many = [f"+{number};Destino {number};0,01;0;60;60;out" for number in range(10_000, 30_000)]
    assert tariff(stopped, "import", write(tmp_path, "a.csv", *many))[0] == 0
    (old,) = Shelf(tmp_path / "data").look()
    file = write(tmp_path, "b.csv", *many[:19_000])
    words = ("import", file, "--name", "a", "--version", "2", "--valid-from", "2099-01-01", "--config", stopped)
    began = time.monotonic()
    argv = [sys.executable, "-m", "appliance", "tariff", *map(str, words)]
    subprocess.run([*argv, "--dry-run"], cwd=ROOT, env=os.environ, check=True, capture_output=True)
    whole_s = time.monotonic() - began
    for _ in range(6):
        process = subprocess.Popen(argv, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole_s * rng.uniform(0.6, 1.3))
        process.kill()
        process.wait()
        first, *rest = Shelf(tmp_path / "data").look()
        assert first == old, f"seed {seed}"
        assert all(one.book is not None and len(one.book.rates) == 19_000 for one in rest), f"seed {seed}"
    assert tariff(stopped, "import", *words[1:-2])[0] == 0
    assert [one.number for one in Shelf(tmp_path / "data").look()] == [1, 2]
    assert not list((tmp_path / "data" / "tariffs").glob(".*"))
