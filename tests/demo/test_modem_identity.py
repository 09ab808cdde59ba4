"""The demo's modems and SIMs: no two are the same, and each is the same at every start."""

from pathlib import Path

from appliance.demo.modem_identity import give_identity, with_check_digit
from hw.at_modem_sim import AtModemTwin
from hw.devices import Health
from tests.hw.modem_rig import rig


def test_check_digits_are_those_of_the_standards() -> None:
    assert with_check_digit("49015420323751") == "490154203237518"  # the IMEI that TS 23.003 annex B computes
    assert with_check_digit("7992739871") == "79927398713"


def test_no_two_modems_are_the_same(tmp_path: Path) -> None:
    twins = [AtModemTwin(tmp_path, name=f"gsm{number}") for number in (1, 2, 3)]
    for number, twin in enumerate(twins, 1):
        give_identity(twin, number)
    assert len({twin.imei for twin in twins}) == len({twin.card.iccid for twin in twins}) == len(twins)
    assert {len(twin.imei) for twin in twins} == {15} and {len(twin.card.iccid) for twin in twins} == {19}
    give_identity(twins[0], 1, "861234050000017")
    assert twins[0].imei == "861234050000017"


def test_a_driver_reads_whose_sim_it_is(tmp_path: Path) -> None:
    with rig(tmp_path, "sim7600", until="") as line:
        assert isinstance(line.twin, AtModemTwin)
        give_identity(line.twin, 2)
        health = line.events.next(Health, where=lambda one: one.state == "up")
        assert health.sim == line.twin.card.iccid == with_check_digit("893407100000000002")
