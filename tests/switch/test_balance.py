"""The network asked by a code on a GSM line: the whole driver on a pty, to what the ACD is told."""

from pathlib import Path

import pytest

from appliance.acd.message_inputs import NetworkAnswered, NetworkState
from appliance.switch.legs import MessageDriver
from hw.at_modem_sim import AtModemTwin
from tests.switch.test_modem_lines import NUMBER, Box

CODE = "*111#"


def _asks(box: Box, state: NetworkState, text: str) -> None:
    assert isinstance(box.driver, MessageDriver)
    answer = ("message", NetworkAnswered(box.driver.name, CODE, state, text))
    box.driver.ask_network(CODE)
    box.exchange.run_until(repr(answer), lambda: answer in box.exchange.told)
    box.exchange.told.clear()


@pytest.mark.parametrize("model", ["sim7600", "ec25"])
def test_the_balance_is_told_in_the_operators_words(model: str, tmp_path: Path) -> None:
    box = Box(tmp_path, model)
    try:
        assert isinstance(box.twin, AtModemTwin)
        _asks(box, "done", "Saldo: 12,50 EUR")
        box.twin.faults.messages.ussd_form, box.twin.faults.messages.ussd_answer = "ucs2", "Saldo: 7 €\nhasta el 31/12"
        _asks(box, "done", "Saldo: 7 €\nhasta el 31/12")
        box.call()
        _asks(box, "refused", "")
        assert box.twin.call_state == "active", f"the call with {NUMBER} is not troubled"
    finally:
        box.close()
