"""A disk that is full or fails: the ACD's writer keeps calls and charges and goes on later; a job refuses, names the
file, and leaves nothing half done."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.daemon.period_closing import Month, close_shortly
from appliance.daemon.queries import calls as stored_calls
from appliance.daemon.queries import open_store
from appliance.daemon.rerating import Rerating
from appliance.daemon.short_writes import JobRefused, store_for_job
from appliance.daemon.store_writes import Office
from tests.command_line.test_rerate import command_of, environment, priced
from tests.daemon.ledgers import ALL, audited, lines_count, opened, rerated
from tests.daemon.money_cases import random_calls, random_office, what_is_said
from tests.daemon.records import OFFERED_AT
from tests.daemon.stores import NOW, no_room, writing
from tests.waiting import wait_for

ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=$1k tmpfs "$2"
cp "$3"/* "$2"
shift 3
set +e
"$@"
code=$?
cp "$SMALL"/* "$OUT"
exit $code
"""


def allowed(folder: Path) -> bool:
    """Whether a small file system can be mounted here, in a name space of its own."""
    words = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    return (
        shutil.which("unshare") is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )


def test_re_rating_on_a_disk_that_is_full_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """A real one: a file system of its own with 300 kB of room."""
    if not allowed(tmp_path):
        pytest.skip("this user may not mount a file system, even in a name space of its own")
    file = priced(tmp_path, 2_000)
    data, small, out = tmp_path / "data", tmp_path / "small", tmp_path / "out"
    small.mkdir()
    out.mkdir()
    on_small = tmp_path / "small.toml"
    on_small.write_text(file.read_text().replace(f'data_dir = "{data}"', f'data_dir = "{small}"'))
    size_kib = sum(one.stat().st_size for one in data.iterdir()) // 1024 + 300
    apart = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]
    job = subprocess.run(
        [*apart, str(size_kib), str(small), str(data), *command_of(on_small)],
        env={**environment(), "SMALL": str(small), "OUT": str(out)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert job.returncode == 1, job.stderr
    assert f"{small}/centralita.sqlite3: database or disk is full. Its disk is full: make room" in job.stderr
    assert "Traceback" not in job.stderr
    with opened(out / "centralita.sqlite3") as db:
        half = lines_count(db)
        assert 2_000 <= half < 4_000
        audited(db)
    file.write_text(file.read_text().replace(f'data_dir = "{data}"', f'data_dir = "{out}"'))
    subprocess.run(command_of(file), env=environment(), check=True, capture_output=True)
    with opened(out / "centralita.sqlite3") as db:
        assert lines_count(db) == 4_000
        assert {sums for (account, _, _), sums in audited(db).items() if account == "acme"} == {(700_000, 0)}


@pytest.mark.parametrize("case", range(4))
def test_a_job_whose_writes_fail_refuses_and_leaves_nothing_half_done(case: int, tmp_path: Path) -> None:
    chance = random.Random(case)
    before, after = random_office(chance), random_office(chance)
    path, other = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    said = what_is_said(chance, random_calls(chance, 300))
    for store in (path, other):
        with writing(store, before) as to:
            to.durable(*said)
    with opened(path) as db:
        was = audited(db)
    for room in (0, 8_192, 20_000):
        with no_room(room), pytest.raises(JobRefused) as refused:
            closed(path, after)
        assert "a.sqlite3: disk I/O error. Its disk takes or gives nothing" in str(refused.value)
        with opened(path) as db:
            assert audited(db) == was, "nothing of it"
    with no_room(200_000), pytest.raises(JobRefused, match=r"a\.sqlite3: disk I/O error"), store_for_job(path) as db:
        job = Rerating(db, after, ALL, lambda: OFFERED_AT)
        job.first_batch = 25
        job.run(lambda _: None, lambda: False)
    with opened(path) as db:
        audited(db)
    for store in (path, other):
        rerated(store, after)
        closed(store, after)
    with opened(path) as db, opened(other) as fresh:
        assert audited(db) == audited(fresh)


def closed(path: Path, office: Office) -> None:
    with store_for_job(path) as db:
        for name in ("2026-10", "2026-11", "2026-12"):
            close_shortly(db, office.contracts, Month.named(name, office.time_zone), "", NOW)


def test_the_writer_keeps_calls_and_charges_while_the_disk_is_full(tmp_path: Path) -> None:
    chance = random.Random(7)
    office = random_office(chance)
    said = what_is_said(chance, random_calls(chance, 100))
    path, other = tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"
    with writing(other, office) as to:
        to.durable(*said)
    with writing(path, office) as to:
        to.durable(*said[:20])
        with no_room(path.with_name(f"{path.name}-wal").stat().st_size):
            to.put(*said[20:])
            wait_for("the error is shown", lambda: "cannot be written" in to.store.error)
        to.wait()
        wait_for("the error is gone", lambda: to.store.error == "")
        assert (to.store.dropped, to.store.refused) == (0, 0)
    assert len(stored_calls(open_store(path), 200)) == 100
    with opened(path) as db, opened(other) as fresh:
        assert audited(db) == audited(fresh)
