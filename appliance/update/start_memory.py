"""What the start-up program remembers of the two roots, and how it changes: pure, no files, no clock.

GRUB reads and writes it as an environment block (GRUB manual, "Environment block"): a head line, `name=value` lines,
and `#` up to 1,024 bytes. image_build/grub/grub.cfg is the other half of what is decided here:

    slot         the root to start; the other one is tried when it has no tries left or cannot be read
    left_A/B     how often it may still be started before it has proved well: 3, 2, 1, 0
    state_A/B    good: a start with it was well; new: switched to, on trial; bad: never to be started while there is
                 another (an installation is under way in it, or it has failed)
    extra        words for the kernel, for tests

All of it fits into the block's first 512 bytes, a sector: what a power cut leaves is the old memory or the new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Slot = Literal["A", "B"]
State = Literal["", "good", "new", "bad"]
HEAD = b"# GRUB Environment Block\n"
BLOCK_BYTES = 1024
SECTOR_BYTES = 512
TRIES = 3
"""Of a root known to be good: power may be cut while it starts."""
TRIES_OF_NEW = 2
SLOTS: tuple[Slot, Slot] = ("A", "B")


class MemoryDamaged(Exception):
    """The block is none, or says what it may not say."""


@dataclass(frozen=True)
class Root:
    """How one root is doing."""

    left: int = TRIES
    state: State = ""


@dataclass(frozen=True)
class StartMemory:
    """`slot` is started first."""

    slot: Slot
    a: Root
    b: Root
    extra: str = ""

    def root(self, slot: Slot) -> Root:
        return self.a if slot == "A" else self.b

    def with_root(self, slot: Slot, root: Root) -> "StartMemory":
        return replace(self, a=root) if slot == "A" else replace(self, b=root)


NEW = StartMemory("A", Root(state="good"), Root(0, "bad"))
"""Of a new box, whose root B is empty."""


def other(slot: Slot) -> Slot:
    return "B" if slot == "A" else "A"


def parse(block: bytes) -> StartMemory:
    """Raises MemoryDamaged. What is missing is as at first; a number or state that cannot be is an error."""
    if len(block) != BLOCK_BYTES or not block.startswith(HEAD):
        raise MemoryDamaged("it is no environment block of 1,024 bytes")
    values = _values(block[len(HEAD) :])
    slot = values.get("slot", "A")
    if slot not in SLOTS:
        raise MemoryDamaged(f'slot is "{slot}", not A or B')
    return StartMemory(
        "A" if slot == "A" else "B", _root(values, "A"), _root(values, "B"), extra=values.get("extra", "")
    )


def _values(text: bytes) -> Mapping[str, str]:
    found = {}
    for line in text.split(b"\n"):
        name, equals, value = line.partition(b"=")
        if not equals or name.startswith(b"#"):
            continue
        try:
            # GRUB writes a backslash before a backslash, and before a line's end, which none of ours has.
            found[name.decode("ascii")] = value.decode("utf-8").replace("\\\\", "\\")
        except UnicodeDecodeError as error:
            raise MemoryDamaged(f"it cannot be read: {error}") from error
    return found


def _root(values: Mapping[str, str], slot: Slot) -> Root:
    left, state = values.get(f"left_{slot}", str(TRIES)), values.get(f"state_{slot}", "")
    if left not in {str(number) for number in range(TRIES + 1)}:
        raise MemoryDamaged(f'left_{slot} is "{left}", not 0 to {TRIES}')
    match state:
        case "" | "good" | "new" | "bad":
            return Root(int(left), state)
        case _:
            raise MemoryDamaged(f'state_{slot} is "{state}"')


def block(memory: StartMemory) -> bytes:
    """Raises MemoryDamaged when it would not fit into a sector, which only `extra` can cause."""
    values: dict[str, str] = {"slot": memory.slot}
    for slot in SLOTS:
        root = memory.root(slot)
        values |= {f"left_{slot}": str(root.left), f"state_{slot}": root.state}
    values["extra"] = memory.extra.replace("\\", "\\\\")
    text = HEAD + "".join(f"{name}={value}\n" for name, value in values.items()).encode()
    if len(text) > SECTOR_BYTES:
        raise MemoryDamaged(f"it would have {len(text)} bytes, and only {SECTOR_BYTES} are written at once")
    return text.ljust(BLOCK_BYTES, b"#")


def spoiled(memory: StartMemory, slot: Slot) -> StartMemory:
    """This root is not to be started: it is being written, or has failed. The other one is, whatever it was."""
    made = memory.with_root(slot, Root(0, "bad"))
    return replace(made, slot=other(slot)) if made.slot == slot else made


def switched(memory: StartMemory, to: Slot) -> StartMemory:
    """`to` is started next, on trial."""
    return replace(memory.with_root(to, Root(TRIES_OF_NEW, "new")), slot=to)


def healthy(memory: StartMemory, running: Slot) -> StartMemory:
    """The root that runs is well. When another one was to be started, that one could not be: it has had its tries."""
    if memory.slot != running:
        memory = spoiled(memory, memory.slot)
    return memory.with_root(running, Root(TRIES, "good"))


def on_trial(memory: StartMemory, running: Slot) -> bool:
    """A start of `running` that fails is to be undone by starting the other root."""
    return memory.root(running).state != "good" and memory.root(other(running)).state == "good"


def undone(memory: StartMemory, running: Slot) -> Slot | None:
    """The root that was to run instead of this one, and could not."""
    return memory.slot if memory.slot != running else None
