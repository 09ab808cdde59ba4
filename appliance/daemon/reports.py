"""What the ACD process says of itself: the live status for the page, its health for whoever looks after it."""

from dataclasses import dataclass

import msgspec

from appliance.acd.inputs import ClockSet, RestoreDurable
from appliance.acd.view import Status
from appliance.daemon.clock import Clock
from appliance.daemon.code_version import VERSION
from appliance.daemon.control_messages import Health
from appliance.daemon.health_watch import HealthWatch
from appliance.daemon.journal import Journal
from appliance.daemon.machine import Machine
from appliance.daemon.store import Store
from appliance.daemon.switch_link import SwitchLink
from appliance.daemon.tariff_keeper import TariffKeeper

LEFT_OUT_TOLD = 20
"""All of them are in the log."""


@dataclass(frozen=True)
class Beginning:
    """How this life of the process began, for the first inputs and for `health`."""

    incarnation: int
    boot_id: str
    code: str
    process_started_ms: int
    restore: RestoreDurable | None = None
    """After a power cut."""
    clock_told: ClockSet | None = None
    """What the ACD knows of the wall clock; None when it is fresh."""
    replayed: int = 0
    skips: tuple[int, ...] = ()
    """When inputs were left out of replays lately."""
    skipped_now: int = 0


class Reports:
    """Looks at the parts it is given and changes none of them."""

    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        store: Store,
        link: SwitchLink,
        clock: Clock,
        beginning: Beginning,
        tariffs: TariffKeeper,
        watch: HealthWatch,
    ) -> None:
        self.configuration_error = ""
        self._machine = machine
        self._journal = journal
        self._store = store
        self._link = link
        self._clock = clock
        self._beginning = beginning
        self._tariffs = tariffs
        self._watch = watch
        self._started_utc_ms = clock.utc_ms()
        self._back_after_ms = 0

    def ready(self) -> int:
        """The process takes calls from now on; how long that took since it began, in ms."""
        self._back_after_ms = self._clock.monotonic_ms() - self._beginning.process_started_ms
        return self._back_after_ms

    def status(self) -> Status:
        status = self._machine.acd.view(max(self._clock.monotonic_ms(), self._machine.at_ms))
        return msgspec.structs.replace(status, switch_connected=self._link.is_up, findings=self._watch.found)

    def health(self, clients: int) -> Health:
        return Health(
            version=VERSION,
            decision_code=self._beginning.code,
            incarnation=self._beginning.incarnation,
            started_utc_ms=self._started_utc_ms,
            uptime_ms=self._clock.monotonic_ms() - self._beginning.process_started_ms,
            back_after_ms=self._back_after_ms,
            replayed_inputs=self._beginning.replayed,
            skipped_inputs=self._beginning.skipped_now,
            switch_connected=self._link.is_up,
            switch_incarnation=self._machine.switch_incarnation,
            unacknowledged_effects=len(self._machine.unacknowledged),
            journal_inputs=self._journal.inputs,
            journal_bytes=self._journal.bytes,
            journal_error=self._journal.error or self._journal.snapshot_error,
            store_pending=self._store.pending,
            store_error=self._store.error,
            store_dropped=self._store.dropped,
            store_refused=self._store.refused,
            configuration_error=self.configuration_error,
            clients=clients,
            tariff_books=self._tariffs.in_force.books,
            tariff_books_left_out=self._tariffs.in_force.left_out[:LEFT_OUT_TOLD],
            tariffs_at_work=self._tariffs.at_work,
        )
