"""What a contract may not say, and what the ones that hold become."""

from pathlib import Path

import pytest

from appliance.billing.contracts import ContractError, PerCall, PerProject, PerResult, Tax
from appliance.configuration.file import Configuration, ConfigurationError
from appliance.configuration.rules import check
from appliance.daemon.contract_builder import build_contracts
from hw.boards import load_board
from tests.configuration.offices import office

BOARD, MODELS = load_board("laptop"), {"sim7600", "usr5637"}
QUEUE = 'project = "tienda"\n\n[[queue]]'
CONTRACT = """
[[contract]]
name = "acme"
client = "acme"
version = "3"
valid_from = "2026-01-01"
tax = "IVA"
tax_percent = 21
[[contract.call]]
name = "atendida"
price_micros = 900_000
queues = ["ventas"]
[[contract.minute]]
name = "moviles"
direction = "out"
prefix = "+346"
hours = "diario"
rate_micros_per_minute = 200_000
[[contract.month]]
name = "cuota"
project = "tienda"
fee_micros = 5_000_000
included_minutes = 60
extra_minute_micros = 80_000
tax = "IGIC"
tax_percent = 7.25
[[contract.result]]
name = "cita"
price_micros = 6_000_000
dispositions = ["7"]
"""
BASE = (
    (QUEUE, 'project = "tienda"\nclient = "acme"\n\n[[queue]]'),
    ("[[tariff]]", f"{CONTRACT}\n[[tariff]]"),
)
WRONG: dict[str, tuple[str, str, str]] = {
    "a client nobody answers for": (
        'client = "acme"\nversion',
        'client = "otro"\nversion',
        r"acme, client: no queue's client .*otro.*acme",
    ),
    "a project of another": (
        'version = "3"',
        'version = "3"\nproject = "web"',
        r"acme, project: no project of acme .*web.*tienda",
    ),
    "a queue of another": (
        'queues = ["ventas"]',
        'queues = ["soporte"]',
        r"atendida, queues: no queue of contract acme .*soporte.*ventas",
    ),
    "a project of a month that is none": (
        '"cuota"\nproject = "tienda"',
        '"cuota"\nproject = "web"',
        r"cuota, project: no project of acme .*web",
    ),
    "hours that are none": (
        'hours = "diario"\nrate',
        'hours = "noche"\nrate',
        r"\[\[contract.minute\]\] moviles, hours: .*noche.*diario",
    ),
    "a prefix without a country": (
        '"out"\nprefix = "+346"',
        '"out"\nprefix = "6"',
        r"contract.minute\]\] moviles, prefix: 6 has no country",
    ),
    "a day that is none": (
        'valid_from = "2026-01-01"',
        'valid_from = "2026-13-01"',
        r"acme, valid_from: 2026-13-01 is no day",
    ),
    "a tax without a name": ('tax = "IVA"\n', "", r"acme, tax_percent: a tax without a name"),
    "a tax without its share": ("tax_percent = 7.25\n", "", r"cuota, tax: `tax` and `tax_percent` go together"),
    "a tax too exact": ("7.25", "7.25001", r"cuota, tax_percent: 7.25001 has more than 4 decimals"),
    "a month that charges nothing": (
        "fee_micros = 5_000_000\nincluded_minutes = 60\nextra_minute_micros = 80_000",
        "included_minutes = 60",
        r"cuota, fee_micros: the clause charges nothing",
    ),
    "a version of another project": (
        "[[tariff]]",
        '[[contract]]\nname = "acme"\nversion = "4"\nclient = "acme"\nproject = "tienda"\n[[tariff]]',
        r"acme, client: version 4 is of another client or project than version 3",
    ),
    "two clauses of a name": (
        "[[contract.minute]]",
        '[[contract.call]]\nname = "atendida"\nprice_micros = 1\n[[contract.minute]]',
        r"contract.call\]\] name = \"atendida\" is written 2",
    ),
}


def _office(folder: Path, *changes: tuple[str, str]) -> Configuration:
    return office(folder, *BASE, *changes)


@pytest.mark.parametrize("case", WRONG)
def test_a_contract_that_cannot_be_meant_is_refused(case: str, tmp_path: Path) -> None:
    old, new, expected = WRONG[case]
    with pytest.raises(ConfigurationError, match=expected):
        check(_office(tmp_path, (old, new)), BOARD, MODELS)


def test_a_client_may_not_be_called_as_an_account_of_the_box(tmp_path: Path) -> None:
    changes = (
        ('client = "acme"\n\n', 'client = "=cost"\n\n'),
        ('client = "acme"\nversion', 'client = "=cost"\nversion'),
    )
    with pytest.raises(ConfigurationError, match='begins with "="'):
        check(_office(tmp_path, *changes), BOARD, MODELS)


def test_a_contract_becomes_what_billing_charges_by(tmp_path: Path) -> None:
    configuration = _office(tmp_path)
    check(configuration, BOARD, MODELS)
    (contract,) = build_contracts(configuration).all
    iva = Tax("IVA", 210_000)
    assert (contract.name, contract.version, contract.client, contract.currency) == ("acme", "3", "acme", "EUR")
    assert contract.calls == (PerCall("atendida", 900_000, iva, queues=("ventas",)),)
    igic = Tax("IGIC", 72_500)
    assert contract.projects == (PerProject("cuota", 5_000_000, igic, "tienda", 0, 0, 3600, 80_000, 1),)
    assert contract.results == (PerResult("cita", 6_000_000, ("7",), iva),)
    assert contract.minutes is not None and contract.minutes.rates[0].prefix == "+346"
    assert contract.valid_from_ms == 1_767_222_000_000, "midnight in Madrid, UTC ms"


def test_contracts_in_force_together_are_refused_by_name(tmp_path: Path) -> None:
    other = '[[contract]]\nname = "nuevo"\nclient = "acme"\n[[tariff]]'
    with pytest.raises(ContractError, match=r"`acme` v3 and `nuevo` v1 of acme are in force at the same time"):
        build_contracts(_office(tmp_path, ("[[tariff]]", other)))
