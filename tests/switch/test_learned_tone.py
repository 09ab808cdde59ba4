"""A line whose exchange has a disconnect tone of no table: held before the tone is learned, free soon after."""

import time
from pathlib import Path

import msgspec
import pytest

from appliance.configuration.file import Configuration
from appliance.line_verdicts import tone_in_file
from appliance.switch.lines import fxo
from hw.fxo_modem_sim import FxoModemTwin
from hw.signals.tone_learner import disconnect_tone_in
from hw.signals.tones import CountryTone
from tests.hw.modem_rig import QUICK_FXO, quick_fxo_faults
from tests.switch.test_modem_lines import NUMBER, NotedExchange
from tests.waiting import wait_for

OFFICE = """
[box]
name = "oficina"
data_dir = "/nowhere"
run_dir = "/nowhere"

[[line]]
name = "fijo"
driver = "fxo"
model = "cx93010"
port = "{port}"
{tone}
"""
HELD_S = 8
FREE_S = 8.0
"""It takes 2.8 s to be sure in a talk; a frame that came late makes it begin anew."""


def _call(exchange: NotedExchange, twin: FxoModemTwin) -> None:
    wait_for("the line is free", lambda: twin.call_state == "")
    twin.ring(NUMBER)
    exchange.until("offered", NUMBER)
    assert exchange.port is not None
    exchange.port.answer()
    exchange.until("answered")
    exchange.run_until("sound", lambda: len(exchange.place.end.heard) > 8_000)


def _office(twin: FxoModemTwin, tone: str) -> Configuration:
    return msgspec.toml.decode(OFFICE.format(port=twin.port, tone=tone), type=Configuration)


@pytest.mark.parametrize("country", ["ES", "US"])
def test_a_line_is_held_by_an_unknown_tone_until_it_is_learned(country: str, tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.hang_up_sign = "odd_tone"
    twin = FxoModemTwin(tmp_path, faults=faults)
    twin.start()
    driver = fxo.make(_office(twin, "").line[0], QUICK_FXO, country=country)
    exchange = NotedExchange()
    try:
        driver.start(exchange)
        exchange.run_until("ready", lambda: any(health in ("up", "degraded") for health, _ in exchange.health))
        _call(exchange, twin)
        twin.far_end_hangs_up()
        from_here = len(exchange.place.end.heard)
        exchange.run_until("the tone", lambda: len(exchange.place.end.heard) > from_here + 16_000 * HELD_S)
        assert exchange.told[-1][0] == "answered" and twin.call_state == "released", "nobody noticed"
        learned = disconnect_tone_in(bytes(exchange.place.end.heard), country).learned
        assert learned is not None and learned.tone.hz == (620,)
        on_ms, off_ms = learned.tone.cadence_ms
        assert abs(on_ms - 350) <= 20 and abs(off_ms - 450) <= 20
        assert exchange.port is not None
        exchange.port.hang_up("normal")
        exchange.until("ended")
    finally:
        driver.close()

    office = _office(twin, tone_in_file(learned.tone))
    assert office.line[0].disconnect_tone == learned.tone
    driver, exchange = fxo.make(office.line[0], QUICK_FXO, country=country), NotedExchange()
    try:
        driver.start(exchange)
        exchange.run_until("ready", lambda: any(health in ("up", "degraded") for health, _ in exchange.health))
        for _ in range(2):
            _call(exchange, twin)
            gone = time.monotonic()
            twin.far_end_hangs_up()
            exchange.until("ended")
            assert exchange.told[-1][2:] == ("normal", False) and time.monotonic() - gone < FREE_S
    finally:
        driver.close()
        twin.close()


def test_the_line_for_the_file_is_read_as_what_was_measured() -> None:
    for tone in (CountryTone(hz=(480, 620), cadence_ms=(100, 100, 100, 700)), CountryTone(hz=(950,))):
        assert msgspec.toml.decode(tone_in_file(tone), type=dict[str, CountryTone]) == {"disconnect_tone": tone}
