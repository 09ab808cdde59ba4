"""The switch's process: composes its parts from the configuration, runs the engine's loop, and ends in good order."""

import gc
import logging
import os
import signal
import sys
from pathlib import Path

from gpiozero import Factory
from systemd.daemon import notify

from appliance.configuration.file import Configuration
from appliance.configuration.own_address import LOOPBACK, own_address
from appliance.switch.engine import Engine, EngineError, SipAddress, boot_ms
from appliance.switch.exchange import SwitchExchange
from appliance.switch.legs import FIRST_REPORT_MS, LineDriver, StationDriver
from appliance.switch.lines.sip import LOOK_AFTER_MS as TRUNK_LOOK_MS
from appliance.switch.lines.sip import SipLine
from appliance.switch.lines.trunk_certificates import Certificates
from appliance.switch.lines.trunk_names import Names
from appliance.switch.native_port import Bridge, NativeError
from appliance.switch.office_prompts import OfficePrompts
from appliance.switch.panel import make_panel
from appliance.switch.registrations import Registrations
from appliance.switch.sip import MEDIA_WATCH_MS, SipCalls, SipSettings
from appliance.switch.sounds import Sounds, SoundsError, prompts_directory
from appliance.switch.stations.port import make_handset_stations
from appliance.switch.stations.sip_phone import SipPhone
from hw.boards import Board

log = logging.getLogger(__name__)

LOOK_AFTER_MS = 500
CLOCK_LOOK_MS = 10_000
PROMPTS_LOOK_MS = 1_000
GOOD_BYE_MS = 2_000
"""What phones and modems get to say good-bye when the process ends."""
GIL_SWITCH_S = 0.0005
"""A device thread that computes gives way to the engine's after this."""


def run_switch(configuration: Configuration, board: Board, pin_factory: Factory | None, config: Path) -> int:
    """Carry calls until SIGTERM or SIGINT. The exit code: 0, or 1 when it could not start (said in the log).

    `pin_factory` None: pins that cannot be used; no panel then, and the handset ports' stations are unreachable.
    `config` is the configuration's file: words that are new in it are spoken while calls go on, also after an edit.
    Nothing else of it is taken before the next start.
    """
    sys.setswitchinterval(GIL_SWITCH_S)
    engine = Engine()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: engine.stop())
    try:
        switch = _Switch(configuration, board, pin_factory, engine, config)
    except (EngineError, NativeError, SoundsError, OSError) as error:
        log.error("the switch cannot start: %s", error)
        return 1
    switch.run()
    return 0


class _Switch:
    """The parts of the process and the order in which they begin and end."""

    def __init__(
        self,
        configuration: Configuration,
        board: Board,
        pin_factory: Factory | None,
        engine: Engine,
        config: Path,
    ) -> None:
        sip = configuration.sip
        self._engine = engine
        engine.start(SipAddress(sip.inside, sip.switch_port))
        bridge = Bridge()
        sounds = Sounds(bridge, prompts_directory(), configuration.box.country, lambda: _box_address(sip.listen))
        own_prompts = OfficePrompts(configuration, config, sounds.take)
        self.exchange = exchange = SwitchExchange(
            engine,
            bridge,
            sounds,
            Path(configuration.box.data_dir) / "recordings",
            Path(configuration.box.run_dir) / "switch.sock",
        )
        bridge.notify(engine.wake_fd)
        self._calls = SipCalls(SipSettings.of(configuration), exchange, bridge.call_look, bridge.take_calls)
        self._calls.start()
        self._names = Names(sip.name_servers, engine.post)
        self._certificates = Certificates(engine.post)
        trunks = [
            SipLine(line, sip, self._calls, self._names, self._certificates)
            for line in configuration.line
            if line.driver == "sip"
        ]
        phones = [SipPhone(one, sip.realm, self._calls) for one in configuration.station if one.kind == "sip"]
        modems = _modem_lines(configuration)
        handsets = make_handset_stations(configuration, board, pin_factory)
        lines: list[LineDriver] = [*trunks, *modems]
        stations: list[StationDriver] = [*phones, *handsets]
        panel = make_panel(configuration, board, pin_factory)
        may_find_calls: set[str] = {line.name for line in modems} | {station.name for station in handsets}
        exchange.start(lines, stations, panel, may_find_calls)
        self._registrations = Registrations(engine, sip.inside, sip.events_port, phones, trunks)
        self._registrations.start()
        self._started_ms = boot_ms()
        engine.when_woken(exchange.played)
        engine.every(LOOK_AFTER_MS, exchange.look_after)
        for trunk in trunks:
            engine.every(TRUNK_LOOK_MS, trunk.look_after)
        engine.every(MEDIA_WATCH_MS, self._calls.watch_sound)
        engine.every(PROMPTS_LOOK_MS, own_prompts.look)
        engine.every(CLOCK_LOOK_MS, lambda: _look_at_clock(bridge))

    def run(self) -> None:
        self._introduce()
        _watchdog(self._engine)
        # What is there now stays: the collector need not look at it again while calls wait for it.
        gc.collect()
        gc.freeze()
        notify("READY=1\nSTATUS=carrying calls")
        log.info("the switch carries calls")
        self._engine.run()
        self._end()

    def _introduce(self) -> None:
        """Let the ACD in once the drivers have told which calls they found, or have had time enough to."""
        while not self.exchange.settled and boot_ms() - self._started_ms < FIRST_REPORT_MS:
            if self._engine.stopping:
                return
            self._engine.turn(10)
        self.exchange.link.open()

    def _end(self) -> None:
        log.info("the switch ends: hanging up")
        notify("STOPPING=1")
        self.exchange.hang_up_all()
        deadline = boot_ms() + GOOD_BYE_MS
        while (self._calls.legs or self.exchange.legs) and boot_ms() < deadline:
            self._engine.turn(10)
        self.exchange.close()
        self._engine.turn(0)  # the last recordings are told
        self._registrations.close()
        self._names.close()
        self._certificates.close()
        self.exchange.link.close()
        self._calls.close()
        self._engine.close()


def _box_address(listen: str) -> str:
    """The address of the box in its network now, as somebody at a browser needs it."""
    address = own_address()
    return listen if address == LOOPBACK else address


def _modem_lines(configuration: Configuration) -> list[LineDriver]:
    """A box without modems does not load their drivers."""
    made: list[LineDriver] = []
    for line in configuration.line:
        if line.driver == "gsm":
            from appliance.switch.lines import gsm

            made.append(gsm.make(line))
        elif line.driver == "fxo":
            from appliance.switch.lines import fxo

            made.append(fxo.make(line, country=configuration.box.country))
    return made


def _look_at_clock(bridge: Bridge) -> None:
    """Say so when the conference's tick came so late that people may have heard it."""
    seen = bridge.clock(reset=True)
    if seen.late_60_ms:
        log.warning("sound was late %d times in 10 s, by %.0f ms at worst", seen.late_60_ms, seen.longest_gap_ms)


def _watchdog(engine: Engine) -> None:
    """From the engine's own loop: one that hangs says nothing, and is restarted."""
    interval_ms = int(os.environ.get("WATCHDOG_USEC", "0")) // 1000
    if interval_ms:
        engine.every(max(interval_ms // 4, 50), lambda: notify("WATCHDOG=1"))
