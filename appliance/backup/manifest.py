"""What a backup says of itself: which box, made when, up to which call, and each file in it with its sum."""

import re
from typing import Annotated

from msgspec import Meta, Struct

FORMAT = 1
MANIFEST_NAME = "manifest.json"
STORE_NAME = "store.sqlite3"
MAX_MANIFEST_BYTES = 4_000_000
CONFIGURATION = "etc/"
"""Begins the names of what lies beside the configuration file, that file included."""
DATA = "data/"
"""Begins the names of what lies in data_dir."""
_PLAIN = r"^(store\.sqlite3|(etc|data)/[^/\x00]+(/[^/\x00]+)*)$"


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """`mode`: permissions; owner and group by name, for numbers differ from box to box ("" where it had no name)."""

    name: Annotated[str, Meta(pattern=_PLAIN, max_length=1000)]
    size: Annotated[int, Meta(ge=0)]
    sha256: str
    mode: Annotated[int, Meta(ge=0, le=0o777)]
    owner: str = ""
    group: str = ""

    @property
    def is_safe(self) -> bool:
        """It stays in its folder."""
        return not re.search(r"(^|/)\.\.?(/|$)", self.name)


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a store goes. `schema`: what a version must know to use it. `last_record` and `last_hash`: the place in
    the chain of calls; 0 and "" in an empty one.

    `call_number` is the highest ever given; `last_ended_utc_ms` when the last call ended.
    """

    schema: int
    calls: int
    last_record: int
    last_hash: str
    last_call: str
    last_ended_utc_ms: int
    call_number: int


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`configuration`: the name of the member that is the configuration file. `key_mark`: of which key it is. The store
    is the first member, the configuration the second."""

    format: int
    program: str
    box: str
    made_utc_ms: int
    key_mark: str
    configuration: str
    data_dir: str
    run_dir: str
    store: Facts
    members: tuple[Member, ...]
