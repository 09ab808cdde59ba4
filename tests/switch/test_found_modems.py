"""A GSM line whose modem is named by its IMEI or its USB socket, and not by its ports."""

from pathlib import Path

import pytest

from appliance.configuration.file import Line
from appliance.switch.lines import gsm
from hw.at_modem_sim import AtModemTwin
from hw.usb_modems import UsbTree
from hw.usb_modems_sim import UsbTreeSim
from tests.hw.modem_rig import QUICK_GSM, quick_gsm_faults
from tests.switch.test_modem_lines import NUMBER, NotedExchange


@pytest.mark.parametrize("named", [{"imei": "861234050000017"}, {"usb": "1-1.3"}])
def test_a_modem_named_by_itself_is_found_wherever_its_ttys_are(named: dict[str, str], tmp_path: Path) -> None:
    tree = UsbTreeSim(tmp_path)
    twin = AtModemTwin(tmp_path / "pty", name="m", model="sim7600", faults=quick_gsm_faults())
    tree.insert("1-1.3", twin, "1e0e:9001", "02", "04")
    twin.start()
    line = Line("movil1", "gsm", model="sim7600", second_caller="kept", **named)  # type: ignore[arg-type]  # strings
    driver = gsm.make(line, QUICK_GSM, UsbTree(tree.sys, tree.dev))
    exchange = NotedExchange()
    try:
        driver.start(exchange)
        exchange.until_health("up")
        for _ in range(2):
            twin.ring(NUMBER)
            exchange.until("offered", NUMBER)
            twin.unplug()
            exchange.until("ended")
            exchange.until_health("down")
            twin.plug()
            exchange.until_health("up")
        twin.ring(NUMBER)
        exchange.until("offered", NUMBER)
        assert exchange.port is not None
        exchange.port.answer()
        exchange.until("answered")
        assert twin.second_caller("699")
        twin.far_end_hangs_up()
        exchange.until("offered", "699")
    finally:
        driver.close()
        twin.close()
