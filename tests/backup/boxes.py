"""A box's folders for tests of backups: a real store with calls, a configuration, secrets, a prompt, a recording."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from appliance.acd.effects import StoreCdr
from appliance.backup.contents import BoxFolders
from appliance.backup.recovery_key import RecoveryKey
from appliance.configuration.file import read_configuration
from appliance.daemon.queries import calls, open_store
from tests.daemon.records import OFFERED_AT, cdr
from tests.daemon.stores import writing

KEY = RecoveryKey(bytes(range(20)))
OTHER_KEY = RecoveryKey(bytes(range(1, 21)))
MADE = OFFERED_AT + 10_000_000
LATER = MADE + 90 * 60_000


def make_box(folder: Path, calls_stored: int = 3, name: str = "oficina", backup: str = "") -> BoxFolders:
    """Whole, stopped, with so many calls."""
    for sub in ("web", "keys", "prompts/es", "recordings/2026", "kamailio"):
        (folder / "data" / sub).mkdir(parents=True)
    for sub in ("etc", "run/journal"):
        (folder / sub).mkdir(parents=True)
    config = folder / "etc/office.toml"
    config.write_text(f'[box]\nname = "{name}"\ndata_dir = "{folder}/data"\nrun_dir = "{folder}/run"\n{backup}')
    box = BoxFolders.of(config, read_configuration(config))
    (folder / "etc/tabla.csv").write_text("1,2\n")
    write_secrets(box, "old")
    (box.data_dir / "prompts/es/hola.wav").write_bytes(os.urandom(50_000))
    (box.recordings / "2026/oficina-1.wav").write_bytes(os.urandom(20_000))
    (box.data_dir / "kamailio/contacts.sqlite3").write_bytes(b"registrations")
    (box.run_dir / "journal/inputs-1").write_bytes(b"of this store")
    with writing(box.store) as acd:
        acd.durable(*(StoreCdr(cdr(number)) for number in range(1, calls_stored + 1)))
    return box


def write_secrets(box: BoxFolders, which: str) -> None:
    (box.data_dir / "web/password.json").write_text(f"{which} password")
    (box.data_dir / "keys/box-ed25519.pem").write_text(f"{which} key")
    (box.data_dir / "keys/box-ed25519.pem").chmod(0o600)


def add_calls(box: BoxFolders, first: int, last: int) -> None:
    with writing(box.store) as acd:
        acd.durable(*(StoreCdr(cdr(number)) for number in range(first, last + 1)))


@dataclass(frozen=True)
class Seen:
    """What a box is, as far as a restore could change it."""

    calls: tuple[str, ...]
    password: str
    key: str
    configuration: str
    prompt: bytes


def seen(box: BoxFolders) -> Seen:
    with open_store(box.store) as db:
        found = tuple(sorted(row.call for row in calls(db, 10_000)))
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    db.close()
    return Seen(
        found,
        (box.data_dir / "web/password.json").read_text(),
        (box.data_dir / "keys/box-ed25519.pem").read_text(),
        box.configuration.read_text(),
        (box.data_dir / "prompts/es/hola.wav").read_bytes(),
    )


def number_of(box: BoxFolders, name: str) -> int:
    db = sqlite3.connect(box.store)
    try:
        row = db.execute("select value from numbers where name = ?", (name,)).fetchone()
        return 0 if row is None else int(row[0])
    finally:
        db.close()
