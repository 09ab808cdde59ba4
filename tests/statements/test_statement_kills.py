"""kill -9 while a statement is made: the ledger is whole, no line is on two statements, no half file stands in the
folder, and made again it holds."""

import io
import os
import random
import shutil
from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.daemon.box_key import box_key
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.ledger_queries import statements
from appliance.daemon.period_closing import Month
from appliance.daemon.short_writes import store_for_job
from appliance.daemon.store_audit import Fault, audit_store
from appliance.statements.files import json_parts, written_whole
from appliance.statements.making import Office, make
from appliance.statements.verify import prove
from tests.command_line.charged_office import CLIENT, ZONE, charged_office
from tests.daemon.ledgers import opened
from tests.daemon.victim import NEVER, Moment, run_and_kill
from tests.statements.test_proof import NOW, quiet

MONTHS = ("2026-01", "2026-02")


class Run:
    """Both months' statements, made and written; from the same beginning each time."""

    def __init__(self, folder: Path) -> None:
        self.charged = charged_office(folder, 24)
        self.begun = folder / "begun.sqlite3"
        self.out = folder / "out"
        self.keys = folder / "keys"
        shutil.copy(self.charged.store, self.begun)

    def begin(self) -> None:
        for path in self.charged.store.parent.glob(f"{self.charged.store.name}*"):
            path.unlink()
        shutil.copy(self.begun, self.charged.store)
        shutil.rmtree(self.out, ignore_errors=True)

    def work(self) -> None:
        office = Office("oficina", ZONE, "EUR", build_contracts(read_configuration(self.charged.config)))
        with store_for_job(self.charged.store) as db:
            for name in MONTHS:
                month = Month.named(name, ZONE)
                made = make(db, office, CLIENT, month, lambda: box_key(self.charged.store.parent), NOW, quiet)
                with written_whole(self.out / f"{name}.json") as file:
                    for part in json_parts(db, made, quiet):
                        file.write(part)

    def looked_at(self) -> tuple[int, ...]:
        """What the statements come to, once everything that is there was proved."""
        with opened(self.charged.store) as db:
            assert db.execute("pragma integrity_check").fetchone() == ("ok",)
            faults = [one for one in audit_store(db, "", lambda *_: None) if isinstance(one, Fault)]
            assert not faults
            found = statements(db)
        shown: list[int] = []
        for path in sorted(self.out.glob("[0-9]*.json")):
            proved = prove(io.BytesIO(path.read_bytes()))
            shown.append(proved.end.totals.payable_micros)
        assert len(shown) <= len(found) <= len(MONTHS)
        return tuple(shown)


def kill_at_random(folder: Path, seed: int, kills: int) -> None:
    print(f"seed {seed} (set SEED to repeat another)")
    chance, run = random.Random(seed), Run(folder)
    unkilled = run_and_kill(run.work, Moment())
    expected = run.looked_at()
    assert len(expected) == 2
    done = in_transaction = 0
    while done < kills:
        run.begin()
        if chance.random() < 0.3:
            shutil.rmtree(run.keys, ignore_errors=True)  # the key too is made anew
        for _ in range(4):
            moment = Moment(look=chance.randint(1, unkilled.looks))
            if chance.random() < 0.3:
                moment = Moment(NEVER, chance.uniform(0.001, unkilled.took_s))
            death = run_and_kill(run.work, moment)
            done += death.killed
            in_transaction += death.in_transaction
            run.looked_at()
            if not death.killed:
                break
        assert not run_and_kill(run.work, Moment()).killed
        assert run.looked_at() == expected
    print(f"{done} kills, {in_transaction} of them within a transaction that writes")


def test_twenty_kills_leave_every_statement_whole(tmp_path: Path) -> None:
    kill_at_random(tmp_path, int(os.environ.get("SEED", "5")), 20)


@pytest.mark.long
def test_a_thousand_kills_leave_every_statement_whole(tmp_path: Path) -> None:
    kill_at_random(tmp_path, int(os.environ.get("SEED", "1000")), 1_000)
