"""A GSM modem says with its health which SIM it has, by the number on the card; another card is news."""

from pathlib import Path

import pytest

from hw.at_modem_sim import AtModemTwin
from tests.hw.modem_rig import GSM_MODELS, rig


@pytest.mark.parametrize("model", GSM_MODELS)
def test_the_health_of_a_modem_names_its_sim(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, until="") as line:
        assert isinstance(line.twin, AtModemTwin)
        assert line.events.health("up").sim == line.twin.card.iccid


@pytest.mark.parametrize("model", ["sim7600"])
def test_another_card_after_a_restart_is_told(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model) as line:
        assert isinstance(line.twin, AtModemTwin)
        line.twin.card.iccid = "8934071100000000025"
        line.twin.reboot()
        line.events.health("down")
        assert line.events.health("up").sim == "8934071100000000025"
