"""What the user of each unit can do in the shared folders: read what it must, and never stand in another's way."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import phonenumbers.data.region_ES  # noqa: F401  a forked process in a bare root folder can import nothing
import pytest

import appliance.daemon.schema  # noqa: F401
from appliance.acd.effects import StoreCdr
from appliance.backup.key_file import FILE_NAME, made_key
from appliance.backup.status import BACKUP_FOLDER, BackupStatus, read_status, write_status
from appliance.daemon.journal import Journal
from appliance.daemon.queries import StoreMissing, calls, open_store
from tests.daemon.records import cdr
from tests.daemon.stores import writing
from tests.systemd.as_user import InstalledBox
from tests.systemd.conftest import SYSTEMD
from web_ui.passwords import check_password, new_password, set_password
from web_ui.secret_key import session_key

DATA = Path("/var/lib/centralita")
JOURNAL = Path("/run/centralita/journal")
STORE = DATA / "centralita.sqlite3"
READERS = ("web", "sync")


@pytest.fixture
def box(installed: Path) -> InstalledBox:
    return InstalledBox(installed, SYSTEMD)


def stored(number: int) -> Callable[[], Callable[[], None]]:
    """An ACD that has stored this call, and stops when told."""

    def begin() -> Callable[[], None]:
        acd = ExitStack()
        acd.enter_context(writing(STORE)).durable(StoreCdr(cdr(number)))
        return acd.close

    return begin


def seen(numbers: list[int]) -> Callable[[], None]:
    def look() -> None:
        with open_store(STORE) as store:
            assert sorted(row.call for row in calls(store)) == [f"oficina-{number}" for number in numbers]

    return look


def look_at_a_store_nobody_writes() -> None:
    try:
        calls(open_store(STORE))
    except (StoreMissing, sqlite3.Error) as error:
        print(f"not now: {error}")


def test_the_page_and_the_sync_read_what_the_acd_writes(box: InstalledBox) -> None:
    with box.running("acd", stored(1)):
        for service in READERS:
            box.run(service, seen([1]))


@pytest.mark.parametrize("service", READERS)
def test_who_reads_while_the_acd_is_stopped_does_not_keep_it_from_writing_again(
    box: InstalledBox, service: str
) -> None:
    """SQLite makes files for a reader too where it may; the ACD could not write to them."""
    with box.running("acd", stored(1)):
        pass
    box.run(service, look_at_a_store_nobody_writes)
    with box.running("acd", stored(2)):
        box.run(service, seen([1, 2]))


def test_a_password_made_by_root_is_one_the_page_can_check(box: InstalledBox) -> None:
    def make() -> None:
        new_password(DATA)
        set_password(DATA, "la de siempre")

    def check() -> None:
        assert check_password(DATA, "la de siempre")
        assert len(session_key(DATA)) == 32

    box.run("root", make)
    box.run("web", check)


@pytest.mark.parametrize("service", ["acd", "web", "switch", "sync", "kamailio"])
def test_the_recovery_key_is_roots_and_the_state_of_backups_the_pages_to_read(box: InstalledBox, service: str) -> None:
    own = DATA / BACKUP_FOLDER

    def make() -> None:
        made_key(own)
        write_status(own, BackupStatus("/media/centralita", problem="stick_missing"))

    def look() -> None:
        with pytest.raises(PermissionError):
            (own / FILE_NAME).read_bytes()
        with pytest.raises(PermissionError):
            (own / "planted").touch()
        known = read_status(own)
        assert (known is not None and known.problem == "stick_missing") == (service != "kamailio")

    box.run("root", make)
    box.run(service, look)


@pytest.mark.parametrize("service", ["web", "switch", "sync", "kamailio"])
def test_the_journal_is_the_acds_alone_from_the_first_moment(box: InstalledBox, service: str) -> None:
    """PINs and numbers are in it; and what another made first, the ACD could not write to."""

    def look() -> None:
        with pytest.raises(PermissionError):
            next(JOURNAL.iterdir(), None)
        with pytest.raises(PermissionError):
            JOURNAL.rmdir()
        with pytest.raises(PermissionError):
            (JOURNAL / "planted").touch()

    def write() -> None:
        Journal(JOURNAL, "boot", "code")
        (JOURNAL / "inputs-1").touch()

    box.run(service, look)
    box.run("acd", write)


@pytest.mark.parametrize("service", ["acd", "switch", "sync", "kamailio"])
def test_nobody_else_reads_the_pages_secrets(box: InstalledBox, service: str) -> None:
    def look() -> None:
        with pytest.raises(PermissionError):
            next((DATA / "web").iterdir(), None)

    box.run("root", lambda: set_password(DATA, "la de siempre"))
    box.run(service, look)
