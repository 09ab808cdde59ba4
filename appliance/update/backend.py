"""What RAUC asks of a box's start-up program (RAUC manual, "Custom Bootloader Backend"):

    get-primary                 prints the bootname of the root that is started first
    set-primary A|B             that root is started next, on trial
    get-state A|B               prints good or bad
    set-state A|B good|bad      bad: RAUC is about to write it; good: a start with it was well
    get-current                 prints the one that runs

GRUB's own way of RAUC rewrites its file from nothing (grub-editenv), on a FAT; a power cut would leave none.
"""

import sys
from pathlib import Path

from appliance.update.start_file import COMMAND_LINE, FOLDER, StartFile, running_slot
from appliance.update.start_memory import MemoryDamaged, Root, Slot, healthy, spoiled, switched


def main(argv: list[str], folder: Path = FOLDER, command_line: Path = COMMAND_LINE) -> int:
    """0: done; 1: it says why not; 2: RAUC asked something else."""
    try:
        running = running_slot(command_line.read_text())
        file = StartFile(folder)
        memory = file.read(running)
        match argv:
            case ["get-current"]:
                print(running)
            case ["get-primary"]:
                print(memory.slot)
            case ["set-primary", ("A" | "B") as slot]:
                file.write(switched(memory, _slot(slot)))
            case ["get-state", ("A" | "B") as slot]:
                print("bad" if memory.root(_slot(slot)).state == "bad" else "good")
            case ["set-state", ("A" | "B") as slot, "bad"]:
                file.write(spoiled(memory, _slot(slot)))
            case ["set-state", ("A" | "B") as slot, "good"] if slot == running:
                file.write(healthy(memory, running))
            case ["set-state", ("A" | "B") as slot, "good"]:
                file.write(memory.with_root(_slot(slot), Root(state="good")))
            case _:
                print(f"centralita: not asked of a start-up program: {' '.join(argv)}", file=sys.stderr)
                return 2
    except (MemoryDamaged, OSError) as error:
        print(f"centralita: {error}", file=sys.stderr)
        return 1
    return 0


def _slot(name: str) -> Slot:
    return "A" if name == "A" else "B"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
