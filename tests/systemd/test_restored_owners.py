"""What a restore by root puts on an installed box is whose each process needs it to be, whatever box it came from."""

import os
import shutil
import stat
from pathlib import Path

import phonenumbers.data.region_ES  # noqa: F401  a forked process in a bare root folder can import nothing
import pyrage  # noqa: F401
import pytest

import appliance.daemon.schema  # noqa: F401
from appliance.acd.effects import StoreCdr
from appliance.backup.contents import BoxFolders
from appliance.backup.create import create
from appliance.backup.restore import restore
from appliance.configuration.file import read_configuration
from tests.backup.boxes import KEY, LATER, MADE
from tests.daemon.records import cdr
from tests.daemon.stores import writing
from tests.systemd.as_user import InstalledBox
from tests.systemd.conftest import SYSTEMD
from web_ui.passwords import check_password, set_password

CONFIG = Path("/etc/centralita/office.toml")
DATA = Path("/var/lib/centralita")
STORE = DATA / "centralita.sqlite3"
BACKUP = Path("/backup.age")


@pytest.fixture
def box(installed: Path) -> InstalledBox:
    (installed / CONFIG.relative_to("/")).write_text("[box]\n")
    return InstalledBox(installed, SYSTEMD)


def back_up() -> None:
    create(BoxFolders.of(CONFIG, read_configuration(CONFIG)), BACKUP, KEY, "1", MADE)
    for path in DATA.iterdir():
        if path.is_file():
            path.unlink()
    for name in ("web/password.json", "prompts/hola.wav"):
        (DATA / name).unlink()
    shutil.rmtree(DATA / "keys")


def put_back() -> None:
    restore(BACKUP, KEY, CONFIG, LATER)


def secrets() -> None:
    set_password(DATA, "la de siempre")
    (DATA / "prompts/hola.wav").write_bytes(b"hola")
    (DATA / "keys").mkdir(mode=0o700)
    (DATA / "keys/box-ed25519.pem").write_bytes(b"key")
    (DATA / "keys/box-ed25519.pem").chmod(0o600)


def one_call() -> None:
    with writing(STORE) as acd:
        acd.durable(StoreCdr(cdr(1)))


def as_units(box: InstalledBox) -> None:
    """What each unit's user does with what it finds."""
    box.run("acd", lambda: _write_on(2))
    box.run("web", _check)
    box.run("acd", lambda: _read(DATA / "keys/box-ed25519.pem"))
    for service in ("switch", "acd", "web", "sync"):
        box.run(service, lambda: _read(CONFIG))
    box.run("switch", lambda: _read(DATA / "prompts/hola.wav"))
    status = (box.root / CONFIG.relative_to("/")).stat()
    assert status.st_uid == 0 and not status.st_mode & stat.S_IROTH


def _write_on(number: int) -> None:
    with writing(STORE, epoch=7) as acd:
        acd.durable(StoreCdr(cdr(number)))


def _check() -> None:
    assert check_password(DATA, "la de siempre")


def _read(path: Path) -> None:
    assert path.read_bytes()


def give_to_the_acd(root: Path) -> None:
    owner = (root / "run/centralita/journal").stat()
    for path in ("keys", "keys/box-ed25519.pem"):
        os.chown(root / "var/lib/centralita" / path, owner.st_uid, owner.st_gid)


def test_from_one_installed_box_to_another(box: InstalledBox) -> None:
    (box.root / CONFIG.relative_to("/")).chmod(0o640)
    group = (box.root / "etc/centralita").stat().st_gid
    os.chown(box.root / CONFIG.relative_to("/"), 0, group)
    box.run("acd", one_call)
    box.run("root", secrets)
    give_to_the_acd(box.root)
    box.run("root", back_up)
    box.run("root", put_back)
    as_units(box)


def test_from_a_checkout_that_root_ran_to_an_installed_box(box: InstalledBox) -> None:
    box.run("root", one_call)
    box.run("root", secrets)
    (box.root / CONFIG.relative_to("/")).chmod(0o640)
    box.run("root", back_up)
    box.run("root", put_back)
    as_units(box)
