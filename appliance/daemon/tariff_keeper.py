"""Compiles the tariffs of the configuration and of the books for the ACD; once it runs, without making calls wait.

Ten thousand rates take a twentieth of a second, two hundred thousand take seconds: that is done in a thread of its own,
and the rates in force stay so until the new ones are ready. Decisions need no rate; the plan has none.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.billing.tariffs import RateTable
from appliance.configuration.file import Configuration
from appliance.daemon.tariff_rates import InForce, in_force
from appliance.daemon.tariff_shelf import Shelf, ShelfError
from appliance.daemon.tariff_words import WORDS

log = logging.getLogger(__name__)

ENDED_KEPT = timedelta(days=31)
"""So long versions that have ended are charged by: the longest of calls began before. Rating a year again reads all."""


class TariffKeeper:
    """One configuration's tables, the newest asked for. `done` is called by the thread when one is ready."""

    def __init__(self, data_dir: Path, done: Callable[[], None] = lambda: None) -> None:
        self.done = done
        self.in_force = InForce(RateTable((), ""), (), ())
        """What `compile_now` or `take` gave last."""
        self._shelf = Shelf(data_dir)
        self._lock = threading.Lock()
        self._wanted: Configuration | None = None
        self._ready: InForce | None = None
        self._working = False

    def compile_now(self, configuration: Configuration) -> InForce:
        """At the start, when nothing is charged before it is there. Raises TariffError for what
        `settings.read_settings` refuses, and for nothing of the books."""
        with _without_collecting():
            self.in_force = self._compile(configuration)
        return self.in_force

    def compile_later(self, configuration: Configuration) -> None:
        """In the thread, or at once where there are no books; one asked for meanwhile takes the place of one that
        waits. Raises as `compile_now`."""
        if not self.at_work and self._shelf.is_empty:
            self._ready = self._compile(configuration)
            return
        with self._lock:
            self._wanted = configuration
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="tariffs", daemon=True).start()

    @property
    def at_work(self) -> bool:
        """Whether a table is asked for that `take` has not given yet."""
        with self._lock:
            return self._working or self._ready is not None

    def take(self) -> InForce | None:
        """What became ready since it was last asked, once."""
        with self._lock:
            ready, self._ready = self._ready, None
            self.in_force = ready or self.in_force
            return ready

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._working = False
                    break
            try:
                with _without_collecting():
                    ready = self._compile(wanted)
            except Exception:  # whatever it is, calls go on and are charged by what is in force
                log.exception("the tariffs could not be compiled; those in force stay")
                continue
            with self._lock:
                self._ready = ready
        self.done()

    def _compile(self, configuration: Configuration) -> InForce:
        language = configuration.box.language
        try:
            since = datetime.now(UTC).date() - ENDED_KEPT
            found = in_force(configuration, self._shelf.look(since.isoformat()), language)
        except ShelfError as error:
            table = in_force(configuration, (), language).table
            found = InForce(table, (), (WORDS[language]["folder"].format(why=error.text(language)),))
        for book in found.books:
            log.info("tariffs: %s", book)
        for why in found.left_out:
            log.error("tariffs: %s", why)
        return found


@contextmanager
def _without_collecting() -> Iterator[None]:
    """What a table is made of stays for as long as it is in force: to look through it again and again for what is
    unreachable would hold up every thread."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
