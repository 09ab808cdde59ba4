"""The journal gives back what was written, whole records only, and never the wrong history."""

import os
import random
from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, StoreNightMode
from appliance.acd.ids import AgentName, LegId
from appliance.acd.inputs import AgentPause, LegProgress, SwitchStarted
from appliance.acd.wire import ToSwitch
from appliance.daemon.journal import (
    DUE_INPUTS,
    FORMAT,
    OVERDUE_BYTES,
    OVERDUE_INPUTS,
    Entry,
    Journal,
    NumberedStoreEffect,
    Snapshot,
)


def snapshot(acd: bytes = b"state", code: str = "code", boot: str = "boot", **changes: object) -> Snapshot:
    fields: dict[str, object] = {
        "format": FORMAT,
        "boot_id": boot,
        "code": code,
        "epoch": 3,
        "at_ms": 1_000,
        "acd": acd,
        "switch_incarnation": "s1",
        "last_switch_input": 7,
        "next_effect": 12,
        "unacknowledged": (ToSwitch(11, AnswerLeg(LegId("s1-1"))),),
        "next_store_effect": 5,
        "not_stored": (NumberedStoreEffect(4, StoreNightMode(True, 99)),),
    }
    return Snapshot(**(fields | changes))  # type: ignore[arg-type]


def entry(number: int) -> Entry:
    return Entry(1_000 + number, LegProgress(LegId(f"s1-{number}")), switch_seq=number)


def opened(folder: Path, code: str = "code", boot: str = "boot") -> Journal:
    return Journal(folder, boot, code)


def begun(folder: Path) -> Journal:
    journal = opened(folder)
    assert journal.begin(snapshot())
    return journal


def test_an_empty_folder_has_nothing_and_no_complaint(tmp_path: Path) -> None:
    found = opened(tmp_path / "journal").found
    assert (found.snapshot, found.entries, found.why_not) == (None, (), "")


def test_what_was_written_is_found_again_in_order_by_one_who_was_not_told_of_the_death(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    entries = (entry(1), Entry(1_002, AgentPause(AgentName("ana"), "café")), Entry(3, SwitchStarted("s2"), 0, 13, "s2"))
    assert all(journal.append(one) for one in entries)
    found = opened(tmp_path).found
    assert found.snapshot == snapshot()
    assert found.entries == entries


def test_appending_goes_on_after_a_restart(tmp_path: Path) -> None:
    begun(tmp_path).append(entry(1))
    opened(tmp_path).append(entry(2))
    assert opened(tmp_path).found.entries == (entry(1), entry(2))


def test_a_new_snapshot_replaces_all_before_it(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.append(entry(1))
    assert journal.begin(snapshot(b"later"))
    journal.append(entry(2))
    found = opened(tmp_path).found
    assert found.snapshot is not None
    assert found.snapshot.acd == b"later"
    assert found.entries == (entry(2),)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inputs-2", "snapshot-2"]


def test_a_torn_tail_is_cut_off_at_every_length_and_appending_goes_on(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.append(entry(1))
    whole = (tmp_path / "inputs-1").stat().st_size
    journal.append(entry(2))
    data = (tmp_path / "inputs-1").read_bytes()
    for length in range(whole, len(data)):
        (tmp_path / "inputs-1").write_bytes(data[:length])
        again = opened(tmp_path)
        assert again.found.entries == (entry(1),), length
        again.append(entry(3))
        again.close()
        assert opened(tmp_path).found.entries == (entry(1), entry(3)), length


def test_damaged_bytes_never_become_an_input(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    for number in range(20):
        journal.append(entry(number))
    data = (tmp_path / "inputs-1").read_bytes()
    for seed in range(50):
        chosen = random.Random(seed)
        damaged = bytearray(data)
        at = chosen.randrange(len(damaged))
        damaged[at] ^= 1 << chosen.randrange(8)
        (tmp_path / "inputs-1").write_bytes(damaged)
        found = opened(tmp_path).found.entries
        assert found == tuple(entry(number) for number in range(len(found))), f"seed {seed}"
        assert len(found) < 20, f"seed {seed}"


def test_a_kill_while_a_snapshot_is_written_leaves_the_one_before(tmp_path: Path) -> None:
    begun(tmp_path).append(entry(1))
    (tmp_path / "snapshot-2.tmp").write_bytes(b"half of a snap")
    (tmp_path / "inputs-2").write_bytes(b"")
    again = opened(tmp_path)
    assert again.found.entries == (entry(1),)
    assert again.begin(snapshot(b"second"))
    found = opened(tmp_path).found
    assert found.snapshot is not None
    assert (found.snapshot.acd, found.entries) == (b"second", ())


def test_a_damaged_snapshot_is_refused_and_kept_for_inquiry(tmp_path: Path) -> None:
    begun(tmp_path)
    path = tmp_path / "snapshot-1"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert "damaged" in opened(tmp_path).found.why_not
    assert (tmp_path / "refused" / "snapshot-1").exists()


def test_another_boots_journal_is_refused(tmp_path: Path) -> None:
    begun(tmp_path)
    found = opened(tmp_path, boot="next boot").found
    assert found.snapshot is None
    assert "another boot" in found.why_not


def test_other_code_starts_from_a_snapshot_without_inputs(tmp_path: Path) -> None:
    begun(tmp_path)
    assert opened(tmp_path, code="new code").found.snapshot == snapshot()


def test_other_code_does_not_replay_old_inputs(tmp_path: Path) -> None:
    begun(tmp_path).append(entry(1))
    found = opened(tmp_path, code="new code").found
    assert found.snapshot is None
    assert "other decision code" in found.why_not
    assert opened(tmp_path, code="new code").found.why_not == "", "asked again, it is gone"


def test_a_snapshot_is_due_by_number_and_overdue_later(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    for number in range(OVERDUE_INPUTS):
        assert journal.due == (number >= DUE_INPUTS)
        assert not journal.overdue
        journal.append(entry(number))
    assert journal.overdue
    journal.begin(snapshot())
    assert not journal.due


def test_a_long_life_leaves_one_generation_of_bounded_size(tmp_path: Path) -> None:
    """A snapshot when it is overdue, as the loop takes it at the latest: the folder has two files, however long it
    lives, and the inputs of one generation. `./centralita bench disk` shows the same of a year."""
    journal, state = begun(tmp_path), b"s" * 100_000
    sizes, number = [], 0
    for generation in range(2, 14):
        while not journal.overdue:
            number += 1
            journal.append(entry(number))
        sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
        journal.begin(snapshot(state))
        assert sorted(file.name for file in tmp_path.iterdir()) == [f"inputs-{generation}", f"snapshot-{generation}"]
    assert number == 12 * OVERDUE_INPUTS
    assert max(sizes) < OVERDUE_BYTES + len(state) + 1_000
    assert max(sizes[1:]) - min(sizes[1:]) < 50_000, "only its numbers get longer"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which this machine does not have")
def test_a_full_file_system_stops_the_journal_aloud_and_a_new_snapshot_mends_it(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.append(entry(1))
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal.fileno())
    assert not journal.append(entry(2))
    assert "space" in journal.error
    assert not journal.append(entry(3)), "a journal with a hole would be a lie"
    assert journal.begin(snapshot(b"mended"))
    assert journal.error == ""
    assert journal.append(entry(4))
    found = opened(tmp_path).found
    assert found.snapshot is not None
    assert (found.snapshot.acd, found.entries) == (b"mended", (entry(4),))
    os.close(full)


def test_a_snapshot_that_cannot_be_written_leaves_the_journal_in_use(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.append(entry(1))
    (tmp_path / "snapshot-2.tmp").mkdir()
    assert not journal.begin(snapshot(b"second"))
    assert journal.snapshot_error
    assert journal.append(entry(2))
    (tmp_path / "snapshot-2.tmp").rmdir()
    found = opened(tmp_path).found
    assert (found.snapshot, found.entries) == (snapshot(), (entry(1), entry(2)))
