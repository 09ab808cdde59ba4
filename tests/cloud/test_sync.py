"""What the box recorded is in the cloud once, whoever dies and whenever, and however long there is no internet."""

import contextlib
import os
import random
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from msgspec.structs import replace

from appliance.acd.effects import CloseStoredWorklistItem, StoreCdr, StoreRecording, StoreWrapUp
from appliance.acd.ids import AgentName, CallId, RecordingName
from appliance.cloud.process import Backoff, Sync, run_sync
from appliance.cloud.schema import INSERTS, SCHEMA_VERSION
from appliance.cloud.sender import BATCH_ROWS
from appliance.configuration.file import Box, Cloud, Configuration, ConfigurationError
from appliance.daemon.control_messages import Message, Request
from appliance.daemon.control_socket import ControlSocket
from appliance.daemon.store_writes import Office, write
from tests.cloud.conftest import BoxStore
from tests.cloud.postgres import ADDRESS, Postgres
from tests.cloud.records import cdr
from tests.conftest import free_port
from tests.waiting import wait_for

TABLES = ("calls", "wrap_ups", "agent_states", "worklist_items")
ROOT = Path(__file__).resolve().parent.parent.parent


def in_cloud(cloud: Postgres) -> dict[str, list[int]]:
    """The numbers of the calls in each table, sorted, doubles included."""
    found = {}
    for table in TABLES:
        column = "split_part(call, '-', 2)::int"
        found[table] = [int(str(row[0])) for row in cloud.rows(f"select {column} from {table} order by 1")]
    return found


def all_of(last: int) -> dict[str, list[int]]:
    return {table: list(range(1, last + 1)) for table in TABLES}


def test_everything_is_sent_in_batches_and_typed(cloud: Postgres, box: BoxStore, configuration: Configuration) -> None:
    calls = BATCH_ROWS // 2
    box.fill(1, calls)
    assert len(box.ids()) > BATCH_ROWS
    Sync(configuration).turn()
    assert in_cloud(cloud) == all_of(calls)
    columns = "caller, line, client, extract(epoch from offered_at)::bigint, talk_ms, charge_micros, currency"
    (row,) = cloud.rows(f"select {columns} from calls where call = 'oficina-7'")
    assert row == ("+34600111222", "movil1", "acme", 1_763_800_007, 60_007, 0, "EUR")
    record = cloud.rows("select record from calls where call = 'oficina-7'")[0][0]
    assert isinstance(record, dict)
    assert msgspec.convert(record["cdr"], type(cdr(7))) == cdr(7), "the whole record is beside the columns"
    assert cloud.rows("select name, position from boxes") == [("oficina", box.ids()[-1])]


def test_sending_again_changes_nothing(cloud: Postgres, box: BoxStore, configuration: Configuration) -> None:
    box.fill(1, 10)
    Sync(configuration).turn()
    cloud.run("update boxes set position = 0, place = ''")
    Sync(configuration).turn()
    assert in_cloud(cloud) == all_of(10)


def test_only_what_is_new_is_sent_whether_or_not_the_acd_deleted_the_rest(
    cloud: Postgres, box: BoxStore, configuration: Configuration
) -> None:
    box.fill(1, 10)
    Sync(configuration).turn()
    cloud.run("delete from calls")
    box.fill(11, 12)
    Sync(configuration).turn()
    assert in_cloud(cloud)["calls"] == [11, 12], "what the cloud said it had was not sent again"
    box.forget(box.ids()[-1])
    box.fill(13, 13)
    Sync(configuration).turn()
    assert in_cloud(cloud)["calls"] == [11, 12, 13]


def test_a_later_wrap_up_completes_the_earlier_one(
    cloud: Postgres, box: BoxStore, configuration: Configuration
) -> None:
    call, agent = CallId("oficina-1"), AgentName("ana")
    for effect in (StoreWrapUp(call, agent, 4000, "venta"), StoreWrapUp(call, agent, 7000, "")):
        box.put("wrap_up", "oficina-1/ana", msgspec.json.encode(effect).decode())
    Sync(configuration).turn()
    assert cloud.rows("select wrap_up_ms, disposition from wrap_ups") == [(7000, "venta")]


def test_a_box_restored_from_a_backup_sends_everything_again(
    cloud: Postgres, box: BoxStore, configuration: Configuration
) -> None:
    box.fill(1, 20)
    backup = sqlite3.connect(":memory:")
    with contextlib.closing(sqlite3.connect(box.path)) as source:
        source.backup(backup)
    box.fill(21, 30)
    Sync(configuration).turn()
    box.close()
    with contextlib.closing(sqlite3.connect(box.path)) as target:
        backup.backup(target)
    restored = BoxStore(box.path.parent)
    restored.fill(41, 60)
    Sync(configuration).turn()
    restored.close()
    assert in_cloud(cloud)["calls"] == [*range(1, 31), *range(41, 61)]


def test_a_row_the_cloud_refuses_is_kept_and_stops_nothing(
    cloud: Postgres, box: BoxStore, configuration: Configuration
) -> None:
    box.fill(1, 3)
    box.put("call", "oficina-4", '{"cdr": {}}')
    box.put("call", "oficina-5", "not json")
    box.put("recording", "x", '{"recording": "a\\u0000b"}')
    box.put("weather", "today", '{"rain": true}')
    box.fill(6, 8)
    Sync(configuration).turn()
    assert in_cloud(cloud)["calls"] == [1, 2, 3, 6, 7, 8]
    refused = cloud.rows("select key, payload from refused_rows order by outbox_id")
    assert refused == [("oficina-4", '{"cdr": {}}'), ("oficina-5", "not json"), ("x", '{"recording": "a\\u0000b"}')]
    assert cloud.rows("select kind, key, record from other_records") == [("weather", "today", {"rain": True})]
    assert cloud.rows("select position from boxes")[0][0] == box.ids()[-1]


def test_every_kind_the_store_writes_has_its_table(
    cloud: Postgres, box: BoxStore, configuration: Configuration
) -> None:
    """A kind that one of us renames would quietly land in other_records."""
    box.fill(1, 1)
    with contextlib.closing(sqlite3.connect(box.path)) as db, db:
        office = Office(has_cloud=True)
        write(db, 1, office, [StoreRecording(RecordingName("a.wav"), CallId("oficina-1"), 100, 2000, "call")], 1)
        write(db, 1, office, [CloseStoredWorklistItem("+34600000001", 1_763_800_009_000, "ana", "reached")], 1)
        kinds = {row[0] for row in db.execute("select kind from outbox")}
    assert kinds == set(INSERTS)
    Sync(configuration).turn()
    assert cloud.rows("select count(*) from other_records union all select count(*) from refused_rows") == [(0,), (0,)]
    assert cloud.rows("select recording from recordings") == [("a.wav",)]
    assert cloud.rows("select number, by, result from worklist_closed") == [("+34600000001", "ana", "reached")]


def test_two_boxes_with_one_name_stay_apart(
    cloud: Postgres, box: BoxStore, configuration: Configuration, tmp_path: Path
) -> None:
    other = BoxStore(tmp_path / "other")
    box.fill(1, 3)
    other.fill(1, 2)
    Sync(configuration).turn()
    Sync(replace(configuration, box=Box(data_dir=str(tmp_path / "other"), run_dir=str(tmp_path)))).turn()
    other.close()
    assert in_cloud(cloud)["calls"] == [1, 1, 2, 2, 3]
    assert len(cloud.rows("select distinct box_id from calls")) == 2


# --- the ACD is told


@pytest.fixture
def acd(box: BoxStore, configuration: Configuration) -> Iterator[list[int]]:
    """A control socket as the ACD serves it, that deletes what it is told is sent; what it was told."""
    told: list[int] = []
    run_dir = Path(configuration.box.run_dir)
    run_dir.mkdir(exist_ok=True)
    selector = selectors.DefaultSelector()

    def answer(request: Request) -> Message:
        assert request.outbox_sent is not None
        told.append(request.outbox_sent)
        with contextlib.closing(sqlite3.connect(box.path)) as db, db:
            db.execute("delete from outbox where id <= ?", (request.outbox_sent,))
        return Message(id=request.id, ok=True)

    control = ControlSocket(run_dir / "acd.sock", selector, answer)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            for key, mask in selector.select(0.05):
                key.data(mask)

    thread = threading.Thread(target=serve)
    thread.start()
    yield told
    stopping.set()
    thread.join()
    control.close()


def test_the_acd_deletes_what_the_cloud_has(
    cloud: Postgres, box: BoxStore, configuration: Configuration, acd: list[int]
) -> None:
    box.fill(1, 10)
    last = box.ids()[-1]
    Sync(configuration).turn()
    assert (acd, box.ids()) == ([last], [])
    assert in_cloud(cloud) == all_of(10)


def test_an_acd_that_was_away_is_told_later(
    cloud: Postgres, box: BoxStore, configuration: Configuration, request: pytest.FixtureRequest
) -> None:
    box.fill(1, 10)
    Sync(configuration).turn()
    assert box.ids(), "nobody was there to delete them"
    told: list[int] = request.getfixturevalue("acd")
    Sync(configuration).turn()
    assert (told, box.ids()) == ([40], [])


# --- no internet


def test_without_internet_it_waits_longer_and_longer_and_says_so_once(
    box: BoxStore, configuration: Configuration, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = f"postgresql://x@{ADDRESS}:{free_port(ADDRESS, socket.SOCK_STREAM)}/x"
    sync = Sync(replace(configuration, cloud=Cloud(nowhere)), Backoff(first_s=1, longest_s=10))
    box.fill(1, 1)
    caplog.set_level("INFO")
    assert [sync.turn() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    said = [record for record in caplog.records if "cannot be reached" in record.message]
    assert len(said) == 1
    assert "kept and sent later" in said[0].message


def test_when_it_is_back_everything_arrives_and_the_waiting_begins_anew(
    cloud: Postgres, box: BoxStore, configuration: Configuration, caplog: pytest.LogCaptureFixture
) -> None:
    sync = Sync(configuration, Backoff(first_s=1, longest_s=10))
    box.fill(1, 5)
    caplog.set_level("INFO")
    cloud.kill()
    assert [sync.turn(), sync.turn()] == [1, 2]
    cloud.start()
    assert sync.turn() == configuration.cloud.interval_s
    assert in_cloud(cloud) == all_of(5)
    assert "the cloud is reached again" in caplog.text


def test_nothing_to_send_asks_nothing_of_the_cloud(configuration: Configuration, box: BoxStore) -> None:
    nowhere = f"postgresql://x@{ADDRESS}:{free_port(ADDRESS, socket.SOCK_STREAM)}/x"
    assert Sync(replace(configuration, cloud=Cloud(nowhere, interval_s=7))).turn() == 7


def test_no_store_yet_is_waited_for(configuration: Configuration, caplog: pytest.LogCaptureFixture) -> None:
    assert Sync(configuration).turn() == configuration.cloud.interval_s
    assert "outbox cannot be read" in caplog.text


def test_tables_of_another_version_are_left_alone(
    cloud: Postgres, box: BoxStore, configuration: Configuration, caplog: pytest.LogCaptureFixture
) -> None:
    Sync(configuration)
    box.fill(1, 1)
    Sync(configuration).turn()
    cloud.run(f"update schema_version set version = {SCHEMA_VERSION + 1}")
    box.fill(2, 2)
    Sync(configuration).turn()
    assert "Update the older of the two" in caplog.text
    assert in_cloud(cloud)["calls"] == [1]


def test_no_cloud_is_no_work(tmp_path: Path) -> None:
    assert run_sync(Configuration(box=Box(data_dir=str(tmp_path)))) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dsn", ["http://cloud", "host"])
def test_a_dsn_that_is_none_is_named(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\[cloud\] dsn: .*Write it as postgresql://"):
        run_sync(Configuration(box=Box(data_dir=str(tmp_path)), cloud=Cloud(dsn)))


def test_an_identity_that_is_none_is_named(tmp_path: Path, configuration: Configuration) -> None:
    Sync(configuration)
    (Path(configuration.box.data_dir) / "sync" / "box_id").write_text("me\n")
    with pytest.raises(ConfigurationError, match="is no identity"):
        Sync(configuration)


# --- death


class SyncProcess:
    """`run_sync` in a process of its own, that can be killed."""

    def __init__(self, configuration: Configuration, log: Path) -> None:
        self._log = log
        self._words = [sys.executable, "-m", "tests.cloud.sync_process", msgspec.json.encode(configuration).decode()]
        self.start()

    def start(self) -> None:
        with self._log.open("a") as log:
            self.process = subprocess.Popen(self._words, cwd=ROOT, stderr=log)

    def __enter__(self) -> "SyncProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def test_a_stop_is_clean(cloud: Postgres, box: BoxStore, configuration: Configuration, tmp_path: Path) -> None:
    box.fill(1, 2)
    with SyncProcess(configuration, tmp_path / "log") as sync:
        wait_for("the calls in the cloud", lambda: _count(cloud) == 2)
        assert sync.stop() == 0


def _count(cloud: Postgres) -> int:
    try:
        return int(str(cloud.rows("select count(*) from calls")[0][0]))
    except psycopg.Error:
        return -1


@pytest.mark.parametrize("victim", ["sender", "cloud"])
def test_killed_in_the_middle_of_a_batch_nothing_is_lost_or_doubled(
    victim: str, cloud: Postgres, box: BoxStore, configuration: Configuration, acd: list[int], tmp_path: Path
) -> None:
    """A trigger makes each row slow, so that kills at random moments land inside transactions."""
    seed = int(os.environ.get("CENTRALITA_SEED", "7"))
    print(f"seed {seed}: CENTRALITA_SEED={seed} repeats it")
    dice = random.Random(seed)
    Sync(configuration).turn()
    box.fill(1, 1)
    Sync(configuration).turn()
    cloud.run(
        "create function slow() returns trigger language plpgsql as "
        "$$ begin perform pg_sleep(0.01); return new; end $$; "
        "create trigger slow before insert on calls for each row execute function slow()"
    )
    calls = 600
    box.fill(2, calls)
    in_the_middle = 0
    with SyncProcess(configuration, tmp_path / "log") as sync:
        for _ in range(5):
            before = _count(cloud)
            wait_for("a batch on its way", lambda: _sending(cloud), timeout_s=60)
            time.sleep(dice.uniform(0, 1.0))  # somewhere in the batch: about 1.25 s of it is the trigger's
            in_the_middle += _sending(cloud)
            if victim == "sender":
                sync.kill()
                sync.start()
            else:
                cloud.kill()
                cloud.start()
            if before == calls:
                break
        cloud.run("drop trigger slow on calls")
        wait_for("all calls in the cloud", lambda: _count(cloud) == calls, timeout_s=60)
        wait_for("the ACD to be told", lambda: not box.ids(), timeout_s=60)
        assert sync.stop() == 0, (tmp_path / "log").read_text()
    assert in_cloud(cloud) == all_of(calls)
    assert in_the_middle, "no kill hit a batch: the test would prove nothing"


def _sending(cloud: Postgres) -> bool:
    """Whether a transaction that writes is open in the cloud now."""
    query = "select count(*) from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"
    return cloud.rows(query) != [(0,)]


def test_a_store_that_comes_back_with_the_same_call_under_another_truth_keeps_both(
    cloud: Postgres, box: BoxStore, configuration: Configuration, tmp_path: Path
) -> None:
    """After a restore the box may give a call's name again: both calls happened, and both are charged."""
    box.fill(1, 1)
    Sync(configuration).turn()
    box.close()
    for file in box.path.parent.glob("centralita.sqlite3*"):
        file.unlink()
    fresh = BoxStore(box.path.parent)
    with contextlib.closing(sqlite3.connect(box.path)) as db, db:
        write(db, 1, Office(has_cloud=True), [StoreCdr(cdr(1, "+34600999999"))], 2)
    Sync(configuration).turn()
    fresh.close()
    callers = [row[0] for row in cloud.rows("select caller from calls order by caller")]
    assert callers == ["+34600111222", "+34600999999"]
