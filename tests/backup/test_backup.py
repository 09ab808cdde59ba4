"""Backups made, opened and restored: what goes in comes out, and whatever is wrong with the file is said and changes
nothing."""

import io
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.acd.effects import StoreCdr
from appliance.backup.archive import read_manifest, write_archive
from appliance.backup.contents import BoxFolders
from appliance.backup.create import Made, create, made_at
from appliance.backup.errors import BackupError
from appliance.backup.manifest import Member
from appliance.backup.restore import look, restore
from appliance.backup.verify import verify
from appliance.daemon.migrations import OLDEST
from appliance.daemon.numbers import set_number
from appliance.daemon.store import Store
from tests.backup.boxes import KEY, LATER, MADE, OTHER_KEY, add_calls, make_box, number_of, seen, write_secrets
from tests.daemon.records import cdr
from tests.daemon.stores import OFFICE, writing
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[BoxFolders, Path]:
    """A box and a backup of it, neither of which a test may change."""
    folder = tmp_path_factory.mktemp("made")
    box = make_box(folder / "box")
    return box, create(box, folder, KEY, "1.2.3", MADE).path


def refused(code: str, file: Path, box: BoxFolders) -> None:
    """Neither verified nor restored, for this reason, and nothing of the box is changed."""
    before, everything = seen(box), sorted(box.configuration.parent.parent.rglob("*"))
    with pytest.raises(BackupError) as verified:
        verify(file, KEY, box.own)
    with pytest.raises(BackupError) as restored:
        restore(file, KEY, box.configuration, LATER)
    assert (verified.value.code, restored.value.code) == (code, code)
    assert seen(box) == before
    assert sorted(box.configuration.parent.parent.rglob("*")) == everything


def test_what_goes_in_comes_out_on_a_machine_that_has_nothing(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 5)
    before = seen(box)
    file = create(box, tmp_path, KEY, "1.2.3", MADE).path
    assert made_at(file, "oficina") == MADE
    (tmp_path / "box").rename(tmp_path / "lost")
    manifest = restore(file, KEY, box.configuration, LATER)
    assert seen(box) == before
    assert (manifest.program, manifest.box, manifest.store.calls, manifest.store.last_call) == (
        "1.2.3",
        "oficina",
        5,
        "oficina-5",
    )
    assert (box.configuration.parent / "tabla.csv").read_text() == "1,2\n"
    assert (box.data_dir / "keys/box-ed25519.pem").stat().st_mode & 0o777 == 0o600
    assert not box.recordings.exists() and not (box.data_dir / "kamailio").exists()


def test_the_store_is_copied_whole_while_it_is_written(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 50)
    stop, written = threading.Event(), [1000]

    def write() -> None:
        with writing(box.store) as acd:
            while not stop.is_set():
                acd.durable(*(StoreCdr(cdr(written[0] + more)) for more in range(20)))
                written[0] += 20

    def copied(turn: int) -> Made:
        before = written[0]
        made = create(box, tmp_path / f"{turn}.age", KEY, "1", MADE)
        wait_for("the store is written on", lambda: written[0] > before)
        return made

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [copied(turn) for turn in range(5)]
    finally:
        stop.set()
        writer.join()
    counts = [made.manifest.store.calls for made in files]
    assert counts == sorted(counts) and counts[-1] > counts[0] >= 50
    for made in files:
        assert verify(made.path, KEY, box.own) == made.manifest


def test_the_program_age_and_tar_open_it_without_us(made: tuple[BoxFolders, Path], tmp_path: Path) -> None:
    """Through another process that knows only the two formats."""
    box, file = made
    script = (
        "import pyrage, sys; pyrage.decrypt_file(sys.argv[1], sys.argv[2], "
        "[pyrage.x25519.Identity.from_str(sys.argv[3])])"
    )
    subprocess.run([sys.executable, "-c", script, file, tmp_path / "b.tgz", KEY.age_identity()], check=True)
    subprocess.run(["tar", "xzf", tmp_path / "b.tgz", "-C", tmp_path], check=True)
    assert (tmp_path / "data/web/password.json").read_text() == "old password"
    assert (tmp_path / "etc/office.toml").read_text() == box.configuration.read_text()


def test_the_key_and_the_recordings_are_not_in_it(made: tuple[BoxFolders, Path]) -> None:
    names = [member.name for member in read_manifest(made[1], KEY).members]
    assert names[:2] == ["store.sqlite3", "etc/office.toml"]
    assert not [name for name in names if "recording" in name or "backup" in name or "kamailio" in name]


def test_what_is_lost_is_known_before(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    loss = look(file, KEY, box, LATER)
    assert (loss.minutes, loss.calls, loss.same_box) == (90, 0, True)
    add_calls(box, 4, 10)
    assert look(file, KEY, box, LATER).calls == 7
    other = make_box(tmp_path / "other", 2, "otra")
    loss = look(file, KEY, other, LATER)
    assert (loss.calls, loss.same_box) == (2, False)
    other.store.write_bytes(b"nothing that can be read" * 1000)
    assert look(file, KEY, other, LATER).calls is None
    assert look(file, KEY, None, LATER).calls == 0


def test_no_number_is_given_twice_after_restores_of_the_same_backup(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    add_calls(box, 4, 40)
    given, lives, epochs = [number_of(box, "last_call")], [number_of(box, "incarnation")], [number_of(box, "epoch")]
    for turn in range(3):
        restore(file, KEY, box.configuration, LATER + turn * 3_600_000)
        for known, name in ((given, "last_call"), (lives, "incarnation"), (epochs, "epoch")):
            assert number_of(box, name) > max(known) + (3000 if turn else 0)
            known.append(number_of(box, name))
        assert seen(box).calls == ("oficina-1", "oficina-2", "oficina-3")
    assert not list((box.run_dir / "journal").iterdir()), "the journal continues a store that is gone"
    store = Store(box.store, OFFICE, lambda: LATER)
    assert store.next_incarnation() == lives[-1] + 1
    assert store.recover("box_restarted").next_call == given[-1] + 1, "the ACD itself begins beyond"


def test_a_clock_from_before_the_backup_gives_no_number_twice_either(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    found = set()
    for _ in range(3):
        restore(file, KEY, box.configuration, 0)
        found.add(number_of(box, "last_call"))
    assert len(found) == 3 and min(found) > 10_000_000


def test_messages_that_waited_are_not_sent_again(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 1)
    db = sqlite3.connect(box.store)
    for number, state in enumerate(("queued", "sending", "sent")):
        db.execute(
            "insert into messages (message, direction, line, number, text, state, cause, detail, by, at_utc_ms, "
            "sent_at_utc_ms, changed_at_utc_ms, parts, tries, missing, octets, day) "
            "values (?, 'out', 'movil1', '600', 'hola', ?, '', '', 'web', 1, 0, 1, 1, 0, '', '', '')",
            (f"m{number}", state),
        )
    db.commit()
    db.close()
    restore(create(box, tmp_path, KEY, "1", MADE).path, KEY, box.configuration, LATER)
    db = sqlite3.connect(box.store)
    rows = db.execute("select message, state, cause from messages order by message").fetchall()
    db.close()
    assert rows == [("m0", "failed", "box_restored"), ("m1", "failed", "box_restored"), ("m2", "sent", "")]


def test_what_was_here_is_put_aside_with_its_log(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    add_calls(box, 4, 6)
    write_secrets(box, "newer")
    box.configuration.write_text(box.configuration.read_text() + "# changed\n")
    restore(file, KEY, box.configuration, LATER)
    assert seen(box).password == "old password"
    aside = sqlite3.connect(f"{box.store}.before-restore")
    assert aside.execute("select count(*) from calls").fetchone()[0] == 6
    aside.close()
    assert "# changed" in (box.configuration.with_name("office.toml.before-restore")).read_text()
    assert (box.data_dir / "keys/box-ed25519.pem.before-restore").read_text() == "newer key"
    again = create(box, tmp_path / "again.age", KEY, "1", LATER)
    assert not [member for member in again.manifest.members if "before-restore" in member.name]


def test_a_store_that_cannot_be_read_is_replaced_and_kept(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 3)
    file = create(box, tmp_path, KEY, "1", MADE).path
    box.store.write_bytes(b"rubbish" * 10_000)
    box.store.with_name("centralita.sqlite3-wal").write_bytes(b"rubbish of a log")
    restore(file, KEY, box.configuration, LATER)
    assert len(seen(box).calls) == 3
    assert box.store.with_name("centralita.sqlite3.before-restore").read_bytes().startswith(b"rubbish")


def test_another_key_is_told_from_a_damaged_file(made: tuple[BoxFolders, Path]) -> None:
    with pytest.raises(BackupError) as error:
        verify(made[1], OTHER_KEY, made[0].own)
    assert error.value.code == "wrong_key"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "not_a_backup"), (b"a photograph" * 1000, "not_a_backup"), (b"age-encryption.org/v1\n", "damaged")],
)
def test_what_is_no_backup_is_said_to_be_none(
    made: tuple[BoxFolders, Path], tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "file.age").write_bytes(content)
    refused(code, tmp_path / "file.age", made[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), first=st.integers(0, 255), length=st.integers(1, 5000))
def test_whatever_bytes_are_changed_nothing_is_restored(
    made: tuple[BoxFolders, Path], tmp_path: Path, share: float, first: int, length: int
) -> None:
    box, file = made
    whole = bytearray(file.read_bytes())
    start = int(share * (len(whole) - 1))
    for place in range(start, min(start + length, len(whole))):
        whole[place] ^= first or 1
    (tmp_path / "flipped.age").write_bytes(whole)
    before = seen(box)
    with pytest.raises(BackupError) as error:
        restore(tmp_path / "flipped.age", KEY, box.configuration, LATER)
    assert error.value.code in {"damaged", "wrong_key", "not_a_backup"}
    assert seen(box) == before


@pytest.mark.parametrize("start", range(0, 256, 4))
def test_a_bit_anywhere_in_its_head_is_found(made: tuple[BoxFolders, Path], tmp_path: Path, start: int) -> None:
    box, file = made
    whole = bytearray(file.read_bytes())
    whole[start] ^= 1 << start // 4 % 8
    (tmp_path / "flipped.age").write_bytes(whole)
    with pytest.raises(BackupError) as error:
        verify(tmp_path / "flipped.age", KEY, box.own)
    assert error.value.code in {"damaged", "wrong_key", "not_a_backup"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.999999))
def test_a_file_cut_short_anywhere_is_refused(made: tuple[BoxFolders, Path], tmp_path: Path, share: float) -> None:
    box, file = made
    whole = file.read_bytes()
    (tmp_path / "short.age").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BackupError) as error:
        restore(tmp_path / "short.age", KEY, box.configuration, LATER)
    assert error.value.code in {"damaged", "not_a_backup", "wrong_key"}


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 1)
    db = sqlite3.connect(box.store)
    db.execute("pragma user_version = 999")
    set_number(db, OLDEST, 999)
    db.commit()
    db.close()
    file = create(box, tmp_path, KEY, "9", MADE).path
    with pytest.raises(BackupError) as error:
        look(file, KEY, box, LATER)
    assert (error.value.code, error.value.values["theirs"]) == ("newer_schema", "999")


def test_a_damaged_store_is_not_backed_up_over_good_ones(tmp_path: Path) -> None:
    box = make_box(tmp_path / "box", 200)
    content = bytearray(box.store.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 8192):
        content[place] = 0xA5
    box.store.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BackupError) as error:
        create(box, tmp_path, KEY, "1", MADE)
    assert error.value.code == "store_damaged"
    assert sorted(tmp_path.iterdir()) == before and not list(box.own.glob("*.partial"))


class BadStick(io.RawIOBase):
    """Takes so many bytes, then fails as this error."""

    def __init__(self, room: int, number: int) -> None:
        self._room, self._number = room, number

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._room -= len(content)
        if self._room < 0:
            raise OSError(self._number, os.strerror(self._number))
        return len(content)


@pytest.mark.parametrize(
    ("number", "code"), [(28, "disk_full"), (5, "disk_gone"), (30, "disk_read_only"), (27, "file_too_large")]
)
def test_a_disk_that_fails_while_it_is_written_is_named(made: tuple[BoxFolders, Path], number: int, code: str) -> None:
    manifest = read_manifest(made[1], KEY)

    def source(member: Member) -> io.BytesIO:
        return io.BytesIO(os.urandom(member.size))

    with pytest.raises(BackupError) as error:
        write_archive(BadStick(40_000, number), Path("/media/centralita"), KEY, manifest, source)  # type: ignore[arg-type]
    assert (error.value.code, error.value.values["path"]) == (code, "/media/centralita")


def test_no_folder_no_backup(made: tuple[BoxFolders, Path], tmp_path: Path) -> None:
    with pytest.raises(BackupError) as error:
        create(made[0], tmp_path / "nowhere" / "b.age", KEY, "1", MADE)
    assert error.value.code == "not_there"
