"""The first page says what is wrong with backups that nobody starts, and nothing when nothing is."""

import time

from flask.testing import FlaskClient

from appliance.backup.status import BACKUP_FOLDER, BackupStatus, write_status
from tests.web_ui.conftest import MakePlace, running_app
from tests.web_ui.test_overview import text_of

HOUR_MS = 3_600_000


def page_with(make_place: MakePlace, status: BackupStatus) -> str:
    place = make_place()
    own = place.settings.data_dir / BACKUP_FOLDER
    own.mkdir()
    write_status(own, status)
    place.box.start()
    with running_app(place) as app:
        client: FlaskClient = place.let_in(app.test_client())
        client.get("/")
        return text_of(client.get("/").text)


def test_a_stick_that_is_missing_is_said_with_the_last_good_backup(make_place: MakePlace) -> None:
    now = time.time_ns() // 1_000_000
    status = BackupStatus(
        "/media/centralita", 24, now, now - HOUR_MS, "b.age", "stick_missing", {"path": "/media/centralita"}
    )
    shown = page_with(make_place, status)
    assert "La copia de seguridad automática no se ha podido hacer. /media/centralita:" in shown
    assert "el pendrive no está" in shown and "Última buena: ninguna" not in shown


def test_a_backup_that_is_overdue_and_a_key_nobody_has_are_said(make_place: MakePlace) -> None:
    now = time.time_ns() // 1_000_000
    shown = page_with(make_place, BackupStatus("/m", 24, now, now - 100 * HOUR_MS, "b.age", key_shown=False))
    assert "Hace demasiado que no hay copia" in shown and "Nadie tiene en papel la clave" in shown


def test_what_goes_well_is_not_said(make_place: MakePlace) -> None:
    now = time.time_ns() // 1_000_000
    shown = page_with(make_place, BackupStatus("/m", 24, now, now - HOUR_MS, "b.age"))
    assert "copia" not in shown and "clave" not in shown
