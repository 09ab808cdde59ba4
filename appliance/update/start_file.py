"""The start-up program's memory as two files on the start-up partition, changed in place.

Of a change only the first sector of each file is another one (start_memory), so a power cut leaves the old memory or
the new one, and the file system has nothing to change at all. The second file is written first: as long as one can
be read there is a memory. GRUB counts in the first alone, unless that one cannot be read.
"""

import logging
import os
from pathlib import Path

from appliance.update.start_memory import BLOCK_BYTES, NEW, MemoryDamaged, Slot, StartMemory, block, parse, switched

FOLDER = Path("/boot/efi/EFI/BOOT")
FILES = ("grubenv.2", "grubenv")
"""In the order in which they are written."""
COMMAND_LINE = Path("/proc/cmdline")
SLOT_WORD = "centralita.slot="

log = logging.getLogger(__name__)


def running_slot(command_line: str) -> Slot:
    """The root that this kernel was started with. Raises MemoryDamaged where that is none of a box's two."""
    for word in command_line.split():
        if word.startswith(SLOT_WORD):
            slot = word.removeprefix(SLOT_WORD)
            if slot == "A" or slot == "B":
                return "A" if slot == "A" else "B"
    raise MemoryDamaged("this machine was not started from root A or B of a box")


class StartFile:
    """Reads and writes the memory in this folder. Every method raises OSError when the folder cannot be used."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def read(self, running: Slot) -> StartMemory:
        """The first of the two that is whole; where none is, what is certain: that the running root starts."""
        for name in reversed(FILES):
            try:
                return parse((self._folder / name).read_bytes())
            except (MemoryDamaged, OSError) as error:
                log.warning("%s: %s", self._folder / name, error)
        return NEW if running == "A" else switched(NEW, "B")

    def write(self, memory: StartMemory) -> None:
        """On the disk when it returns. A file that is whole and says the same is left alone."""
        try:
            content = block(memory)
        except MemoryDamaged as error:
            raise OSError(f"{self._folder}: {error}") from error
        for name in FILES:
            _write_in_place(self._folder / name, content)


def _write_in_place(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except OSError:
        pass
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_DSYNC, 0o600)
    try:
        if os.fstat(descriptor).st_size != BLOCK_BYTES:
            os.ftruncate(descriptor, BLOCK_BYTES)
        os.pwrite(descriptor, content, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
