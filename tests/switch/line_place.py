"""A place in the conference for a line's sound, without a conference."""

from tests.sound import ToneEnd


class Place:
    """A conference place that says 1,000 Hz while it is open."""

    slot = 7

    def __init__(self) -> None:
        self.is_open = False
        self.end = ToneEnd(1000)
        self.levels = (0.0, 0.0)

    def set_levels(self, in_db: float, out_db: float) -> None:
        self.levels = (in_db, out_db)

    def open(self) -> None:
        self.is_open = True

    def exchange(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        wanted = len(heard) if said_bytes is None else said_bytes
        return self.end(heard, wanted) if self.is_open else bytes(wanted)

    def close(self) -> None:
        self.is_open = False
