"""An office with clients that were charged for months that are over: its configuration, and a store written by the
store's own writer; and `./centralita bill …` as a process on it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.acd.effects import Cdr, StoreCdr, StoreWrapUp
from appliance.acd.ids import CallId
from appliance.billing.tariffs import RateTable
from appliance.configuration.file import read_configuration
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.period_closing import Month
from appliance.daemon.store_writes import Office
from tests.command_line.test_main import ROOT
from tests.daemon.records import ANA, abandoned, cdr
from tests.daemon.stores import writing

ZONE = "Europe/Madrid"
CLIENT = "Peña & Hijos, S.A."
OTHER = "Otra"
CONFIGURATION = """\
[box]
name = "oficina"
data_dir = "{folder}"
run_dir = "{folder}/run"
currency = "{currency}"
country = "ES"
language = "es"

[[queue]]
name = "ventas"
title = "Ventas"
client = "Peña & Hijos, S.A."
project = "tienda"
agents = ["ana"]

[[queue]]
name = "soporte"
title = "Soporte"
client = "Otra"
agents = ["ana"]

[[contract]]
name = "pena-2026"
client = "Peña & Hijos, S.A."
valid_from = "2026-01-01"
minimum_micros = 20_000_000
tax = "IVA"
tax_percent = 21

[[contract.call]]
name = "venta"
price_micros = 2_000_000
dispositions = ["1"]

[[contract.call]]
name = "atendida"
price_micros = 333_333

[[contract.call]]
name = "perdida"
price_micros = 100_000
counted = "unanswered"

[[contract.minute]]
name = "entrantes"
direction = "in"
rate_micros_per_minute = 61_000
first_increment_s = 30
next_increment_s = 1

[[contract.month]]
name = "cuota"
fee_micros = 90_000_000
included_calls = 2
extra_call_micros = 250_000
tax = "IVA reducido"
tax_percent = 10

[[contract]]
name = "otra"
client = "Otra"
valid_from = "2026-01-01"

[[contract.call]]
name = "atendida"
price_micros = 1_000_000
"""


@dataclass
class Charged:
    """`config` and the store beside it."""

    config: Path

    @property
    def store(self) -> Path:
        return self.config.parent / "centralita.sqlite3"

    def put(self, *calls: Cdr, codes: dict[str, str] | None = None) -> None:
        """The ACD's writer stores these calls, and the dispositions of some of them."""
        configuration = read_configuration(self.config)
        contracts = build_contracts(configuration)
        office = Office("oficina", RateTable((), configuration.box.currency), contracts=contracts)
        wrap_ups = [StoreWrapUp(CallId(call), ANA, 1_000, code) for call, code in (codes or {}).items()]
        with writing(self.store, office) as store:
            store.durable(*(StoreCdr(call) for call in calls), *wrap_ups)

    def bill(self, *words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
        return bill(*words, "--config", self.config, env=env)


def charged_office(folder: Path, calls: int = 6, currency: str = "EUR") -> Charged:
    """January 2026 with so many calls of CLIENT, every third one unanswered, one of February, and one of OTHER."""
    config = folder / "office.toml"
    config.write_text(CONFIGURATION.format(folder=folder, currency=currency))
    office = Charged(config)
    january = [a_call(number, "2026-01", CLIENT) for number in range(1, calls + 1)]
    office.put(*january[: calls // 2], a_call(5_000_001, "2026-02", CLIENT), *january[calls // 2 :])
    office.put(a_call(5_000_002, "2026-01", OTHER, queue="soporte", project=""))
    return office


def a_call(number: int, month: str, client: str, **changes: object) -> Cdr:
    first = Month.named(month, ZONE).from_ms + 9 * 3_600_000
    whole = cdr(number) if number % 3 else abandoned(number, 9_000)
    offered_at = first + number * 20_000 % (20 * 86_400_000)
    moved = {
        name: getattr(whole, name) - whole.offered_at + offered_at if getattr(whole, name) else 0
        for name in ("offered_at", "queued_at", "answered_at", "ended_at")
    }
    return cdr(number, **_fields(whole) | moved | {"client": client, "project": "tienda"} | changes)


def _fields(whole: Cdr) -> dict[str, object]:
    return {name: getattr(whole, name) for name in Cdr.__struct_fields__}


def bill(*words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, what was said, and what was said on the standard error."""
    argv = [sys.executable, "-m", "appliance", "bill", *map(str, words)]
    done = subprocess.run(
        argv, cwd=ROOT, env=os.environ if env is None else env, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout, done.stderr
