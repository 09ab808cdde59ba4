"""A store with a writer thread for a test, and waiting until it has written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.acd.effects import StoreEffect
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office
from tests.daemon.records import OFFERED_AT
from tests.waiting import wait_for

MOBILE = Rate("moviles", "in", "346", connect_fee_micros=50_000, rate_micros_per_minute=24_000, version="7")
OFFICE = Office("oficina", RateTable([MOBILE], "EUR"), {"ventas": 20_000, "soporte": 60_000}, has_cloud=True)
NOW = OFFERED_AT + 5_000_000


class Writing:
    """A started store, fed with effects numbered as the machine would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = store.committed

    def put(self, *effects: StoreEffect) -> None:
        for effect in effects:
            self.number += 1
            self.store.put(NumberedStoreEffect(self.number, effect))

    def durable(self, *effects: StoreEffect, timeout_s: float = 60.0) -> None:
        """Put them and wait until they are on the disk."""
        self.put(*effects)
        self.wait(timeout_s)

    def wait(self, timeout_s: float = 60.0) -> None:
        wait_for("effects are durable", lambda: self.store.committed >= self.number, timeout_s, every_s=0.005)


@contextmanager
def writing(path: Path, office: Office = OFFICE, epoch: int = 1) -> Iterator[Writing]:
    """The store at `path` (made when there is none) with its thread running."""
    store = Store(path, office, lambda: NOW)
    store.attach(epoch)
    store.start()
    try:
        yield Writing(store)
    finally:
        assert store.stop(60.0), "the store did not write everything"


@contextmanager
def no_room(bytes_: int) -> Iterator[None]:
    """No file of this process may grow beyond `bytes_`: every longer write fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
