"""Puts the ACD process together: configuration, store, journal, the rebuilt call centre, and the loop that runs it."""

import gc
import logging
import os
import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path

from appliance.configuration.file import ConfigurationError
from appliance.daemon.clock import SystemClock
from appliance.daemon.code_version import boot_id, decision_code
from appliance.daemon.journal import Journal
from appliance.daemon.loop import Loop
from appliance.daemon.migrations import StoreError
from appliance.daemon.rebuild import rebuild
from appliance.daemon.reports import Beginning
from appliance.daemon.sealing import DailySealer
from appliance.daemon.settings import Settings, read_settings
from appliance.daemon.store import Store
from appliance.daemon.tariff_keeper import TariffKeeper

log = logging.getLogger(__name__)

EX_CONFIG = 78
"""sysexits.h: the configuration was refused."""
EX_IOERR = 74
THREAD_SWITCH_S = 0.0001
"""The writer thread gives way this soon when a call wants something; Python's own 5 ms would be heard in set-up."""


def run_acd(configuration_path: Path) -> int:
    """Run until SIGTERM. 0 after a clean stop, 78 for a refused configuration, 74 for a store that cannot be opened.

    SIGHUP reads the configuration again; one that is refused leaves the last good one in force.
    """
    if not logging.getLogger().handlers:
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    process_started_ms = _process_started_ms()
    sys.setswitchinterval(THREAD_SWITCH_S)
    try:
        settings = read_settings(configuration_path)
    except ConfigurationError as error:
        log.error("the configuration was refused: %s", error)
        return EX_CONFIG
    clock = SystemClock()
    keeper = TariffKeeper(settings.data_dir)
    rates = keeper.compile_now(settings.configuration).table
    settings = replace(settings, office=replace(settings.office, rates=rates))
    try:
        loop = _put_together(settings, configuration_path, clock, process_started_ms, keeper)
    except (StoreError, OSError, sqlite3.Error) as error:
        log.error("the ACD cannot start: %s", error)
        return EX_IOERR
    gc.collect()
    gc.freeze()  # what is here now stays: no later collection need look at it
    loop.run()
    return 0


def _put_together(
    settings: Settings,
    configuration_path: Path,
    clock: SystemClock,
    process_started_ms: int,
    keeper: TariffKeeper,
) -> Loop:
    boot, code = boot_id(), decision_code()
    journal = Journal(settings.journal, boot, code)
    # With calls in the journal the ACD goes on, whatever the disk does; what it wants stored waits.
    goes_on = journal.found.snapshot is not None
    sealer = DailySealer(settings.data_dir)
    store = Store(settings.store, settings.office, clock.utc_ms, sealer=sealer, may_be_away=goes_on)
    incarnation = store.next_incarnation()
    rebuilt = rebuild(settings.plan, journal, store)
    incarnation = incarnation or rebuilt.machine.acd.state.incarnation + 1
    store.start()
    beginning = Beginning(
        incarnation=incarnation,
        boot_id=boot,
        code=code,
        process_started_ms=process_started_ms,
        restore=rebuilt.restore,
        clock_told=None if rebuilt.restore is not None else rebuilt.machine.clock_told,
        replayed=rebuilt.replayed,
        skips=rebuilt.skips,
        skipped_now=rebuilt.skipped_now,
    )

    def read_again() -> Settings:
        return read_settings(configuration_path)

    return Loop(rebuilt.machine, journal, store, clock, settings, read_again, beginning, keeper)


def _process_started_ms() -> int:
    """When this process began, CLOCK_BOOTTIME ms, from /proc/self/stat (field 22, in ticks): imports are included."""
    after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    ticks = int(after_name[19])
    # Ticks count CLOCK_BOOTTIME since Linux 3.x; a container may show another start, so it is never in the future.
    started_ms = ticks * 1000 // os.sysconf("SC_CLK_TCK")
    return min(started_ms, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)
