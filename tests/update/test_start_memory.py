"""What the start-up program remembers of the two roots: GRUB's half of it is played here by the rules of grub.cfg."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.update import backend
from appliance.update.start_file import FILES, StartFile, running_slot
from appliance.update.start_memory import (
    BLOCK_BYTES,
    NEW,
    SECTOR_BYTES,
    TRIES,
    MemoryDamaged,
    Root,
    Slot,
    StartMemory,
    block,
    healthy,
    on_trial,
    parse,
    spoiled,
    switched,
    undone,
)
from image_build.disk import NEW_MEMORY, grubenv
from tests.image_build.box_root import grub_starts

CHOICES = ("A", "B")


def starts_until_well(memory: StartMemory, well: set[Slot], readable: set[Slot], limit: int = 12) -> list[Slot]:
    """The roots started one after another until one of them is well (or has been tried `limit` times)."""
    started: list[Slot] = []
    while len(started) < limit:
        slot, memory = grub_starts(memory, readable)
        assert slot is not None
        started.append(slot)
        if slot in well:
            break
    return started


def test_the_image_begins_with_the_memory_of_a_new_box() -> None:
    assert parse(grubenv(NEW_MEMORY)) == NEW
    assert block(NEW) == grubenv(NEW_MEMORY)


def test_what_is_written_is_read_and_fits_into_a_sector() -> None:
    memory = StartMemory("B", Root(2, "good"), Root(1, "new"), extra="systemd.mask=one a\\b")
    written = block(memory)
    assert len(written) == BLOCK_BYTES and set(written[SECTOR_BYTES:]) == {ord("#")}
    assert parse(written) == memory
    with pytest.raises(MemoryDamaged, match="at once"):
        block(replace(memory, extra="x" * 500))


@pytest.mark.parametrize(
    "damaged",
    [b"", bytes(BLOCK_BYTES), block(NEW)[:-1], block(NEW).replace(b"slot=A", b"slot=C"),
     block(NEW).replace(b"left_A=3", b"left_A=9"), block(NEW).replace(b"good", b"g\xffod"),
     block(NEW).replace(b"good", b"well")],
)  # fmt: skip
def test_a_damaged_block_is_refused(damaged: bytes) -> None:
    with pytest.raises(MemoryDamaged):
        parse(damaged)


def test_a_memory_from_before_there_were_updates_is_read() -> None:
    assert parse(grubenv({"slot": "A", "extra": ""})) == StartMemory("A", Root(), Root())


def test_whatever_is_in_the_block_it_is_read_or_refused() -> None:
    seed = 20261123
    chance = random.Random(seed)
    for number in range(3000):
        content = bytearray(block(NEW))
        for _ in range(chance.randrange(1, 6)):
            content[chance.randrange(120)] = chance.randrange(256)
        try:
            memory = parse(bytes(content))
        except MemoryDamaged:
            continue
        assert memory.slot in CHOICES and 0 <= memory.a.left <= TRIES, f"seed {seed}, {number}"


def test_a_good_update_is_started_and_stays() -> None:
    memory = switched(spoiled(healthy(NEW, "A"), "B"), "B")
    assert starts_until_well(memory, {"A", "B"}, {"A", "B"}) == ["B"]
    assert on_trial(memory, "B") and not on_trial(memory, "A")
    _slot, memory = grub_starts(memory, {"A", "B"})
    memory = healthy(memory, "B")
    assert (memory.slot, memory.b, undone(memory, "B")) == ("B", Root(TRIES, "good"), None)


def test_one_that_never_is_well_is_started_twice_then_the_other_again() -> None:
    memory = switched(healthy(NEW, "A"), "B")
    assert starts_until_well(memory, {"A"}, {"A", "B"}) == ["B", "B", "A"]


def test_one_that_cannot_be_read_is_not_even_counted() -> None:
    memory = switched(healthy(NEW, "A"), "B")
    assert starts_until_well(memory, {"A"}, {"A"}) == ["A"]


def test_the_one_that_came_back_says_so_and_is_the_one_to_start() -> None:
    memory = switched(healthy(NEW, "A"), "B")
    for _ in range(3):
        _slot, memory = grub_starts(memory, {"A", "B"})
    assert undone(memory, "A") == "B"
    memory = healthy(memory, "A")
    assert (memory.slot, memory.b.state, memory.a) == ("A", "bad", Root(TRIES, "good"))
    assert starts_until_well(memory, set(), {"A", "B"}) == ["A"] * 12, "a bad one is not tried again"


def test_one_that_was_not_well_is_left_for_the_one_before() -> None:
    memory = switched(healthy(NEW, "A"), "B")
    _slot, memory = grub_starts(memory, {"A", "B"})
    memory = spoiled(memory, "B")
    assert starts_until_well(memory, {"A"}, {"A", "B"}) == ["A"]


def test_cutting_power_again_and_again_does_not_end_in_a_root_known_to_be_bad() -> None:
    memory = healthy(NEW, "A")
    assert set(starts_until_well(memory, set(), {"A", "B"}, 20)) == {"A"}


def test_two_good_roots_take_turns_when_neither_gets_well() -> None:
    memory = healthy(healthy(NEW, "A"), "B")
    started = starts_until_well(replace(memory, slot="B", a=Root(3, "good")), set(), {"A", "B"}, 12)
    assert set(started) == {"A", "B"}


def test_an_installation_under_way_is_never_started() -> None:
    memory = spoiled(healthy(healthy(NEW, "A"), "B"), "A")
    assert starts_until_well(memory, {"A", "B"}, {"A", "B"}) == ["B"]


@pytest.mark.parametrize("lost", FILES)
def test_either_of_the_two_files_is_enough(tmp_path: Path, lost: str) -> None:
    file = StartFile(tmp_path)
    memory = switched(healthy(NEW, "A"), "B")
    file.write(memory)
    (tmp_path / lost).write_bytes(b"\0" * 300)
    assert file.read("A") == memory
    file.write(memory)
    assert (tmp_path / lost).read_bytes() == block(memory), "it is made whole again"


def test_without_any_memory_what_runs_is_started() -> None:
    file = StartFile(Path("/nonexistent"))
    assert file.read("A").slot == "A" and file.read("B").slot == "B"


def test_a_torn_write_leaves_the_old_memory_or_the_new_one(tmp_path: Path) -> None:
    """Of both files any sectors may have been written, in their order."""
    old, new = healthy(NEW, "A"), switched(healthy(NEW, "A"), "B")
    was, now = block(old), block(new)
    for cut in range(5):
        for number, name in enumerate(FILES):
            first = now if cut > 2 * number else was
            second = now if cut > 2 * number + 1 else was
            (tmp_path / name).write_bytes(first[:SECTOR_BYTES] + second[SECTOR_BYTES:])
        assert StartFile(tmp_path).read("A") in (old, new)


def test_rauc_asks_and_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command_line = tmp_path / "cmdline"
    command_line.write_text("root=PARTLABEL=rootA ro centralita.slot=A quiet\n")
    StartFile(tmp_path).write(healthy(NEW, "A"))

    def asked(*words: str) -> tuple[int, str]:
        code = backend.main(list(words), tmp_path, command_line)
        return code, capsys.readouterr().out.strip()

    assert asked("get-current") == (0, "A")
    assert asked("get-primary") == (0, "A")
    assert asked("get-state", "B") == (0, "bad")
    assert asked("set-state", "B", "bad") == (0, "")
    assert asked("set-primary", "B") == (0, "")
    assert (asked("get-primary"), asked("get-state", "B")) == ((0, "B"), (0, "good"))
    assert asked("set-state", "B", "bad") == (0, "")
    assert asked("get-primary") == (0, "A"), "what is being written is not started"
    assert asked("mark-everything") == (2, "")
    command_line.write_text("root=/dev/sda1\n")
    assert asked("get-primary") == (1, "")


def test_the_running_root_is_the_one_the_kernel_was_told() -> None:
    assert running_slot("quiet centralita.slot=B panic=10") == "B"
    with pytest.raises(MemoryDamaged):
        running_slot("root=/dev/sda1 centralita.slot=C")
