"""An analogue line whose modem wedges: the whole driver, made as the product makes it, with the power of its socket."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.configuration.file import Line
from appliance.switch.lines import fxo
from hw.fxo_modem_sim import FxoModemTwin
from hw.usb_modems import UsbTree
from hw.usb_modems_sim import UsbPowerTwin, UsbSocketSim, UsbTreeSim
from tests.hw.modem_rig import QUICK_FXO, quick_fxo_faults
from tests.switch.test_modem_lines import NUMBER, NotedExchange


@contextmanager
def analogue_modem_in_a_socket(folder: Path) -> Iterator[tuple[UsbSocketSim[FxoModemTwin], Line, UsbTree]]:
    """In 1-1.3, and its line, which names it by a tty as udev does."""
    sim = UsbTreeSim(folder)
    twin = FxoModemTwin(folder / "pty", name="fxo1", model="cx93010", faults=quick_fxo_faults())
    socket = sim.insert("1-1.3", twin, "0572:1340", "00", "00")
    twin.start()
    try:
        yield socket, Line("fija1", "fxo", model="cx93010", port=twin.port), UsbTree(sim.sys, sim.dev)
    finally:
        twin.close()


def test_an_analogue_modem_that_wedges_after_ten_calls_is_cured_by_its_sockets_power(tmp_path: Path) -> None:
    with analogue_modem_in_a_socket(tmp_path) as (socket, line, tree):
        power = UsbPowerTwin(socket)
        socket.twin.faults.wedges_after_calls = 10
        exchange = NotedExchange()
        driver = fxo.make(line, QUICK_FXO, country="ES", tree=tree, power=power)
        driver.start(exchange)
        try:
            exchange.until_health("up")
            for _ in range(11):
                exchange.run_until("the line is free", lambda: socket.twin.ready_for_calls)
                socket.twin.ring(NUMBER)
                exchange.until("offered", NUMBER)
                assert exchange.port is not None
                exchange.port.answer()
                exchange.until("answered")
                exchange.port.hang_up("normal")
                exchange.until("ended")
            assert power.switched == ["1-1.3"]
            assert any(
                "power of its USB socket 1-1.3 is switched off and on" in detail for _, detail in exchange.health
            )
        finally:
            driver.close()


def test_the_power_of_an_analogue_modems_socket_is_uhubctls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the product does when nobody says otherwise."""
    asked = tmp_path / "asked"
    uhubctl = tmp_path / "bin" / "uhubctl"
    uhubctl.parent.mkdir()
    uhubctl.write_text(f'#!/bin/sh\necho "$@" > {asked}.new\nmv {asked}.new {asked}\n')
    uhubctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uhubctl.parent}{os.pathsep}{os.environ['PATH']}")
    with analogue_modem_in_a_socket(tmp_path) as (socket, line, tree):
        exchange = NotedExchange()
        driver = fxo.make(line, QUICK_FXO, country="ES", tree=tree)
        driver.start(exchange)
        try:
            exchange.until_health("up")
            socket.twin.wedge()
            exchange.run_until("uhubctl was asked", asked.exists)
            assert asked.read_text() == "-l 1-1 -p 3 -a cycle -d 3\n"
            socket.twin.unplug()
            socket.twin.plug()
            exchange.until_health("up")
        finally:
            driver.close()
