"""What is wrong with the box, judged from facts: pure rules, one for each thing that can be wrong.

Calls need none of it, so each finding says what still works. The worst comes first.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from appliance.acd.view import BoxFinding, FindingLevel

MB = 1_000_000
RECORDINGS_NEED_BYTES = 100 * 1024 * 1024
"""Below this the switch starts no recording (`appliance.switch.recordings`)."""
LOW_BYTES = 2_000 * MB
LOW_PART = 10
"""Space is getting short below 2 GB and a tenth of the disk."""
FEW_FILES = 1_000
DAY_MS = 86_400_000
LIKELY_YEARS = 8
"""No image is in use for longer than this after it was made: a clock beyond is wrong by years."""
JUMP_MS = 3_600_000
"""A clock that is put right by less has hardly filed a call under another hour."""
JUMP_TOLD_MS = DAY_MS
CLASH_AFTER_MS = 20_000
"""An address that was given is in use within 7 s, once nobody else on the network has answered for it (RFC 5227)."""
SETTLED_MS = 90_000
"""After the start, until the network has had time to give an address."""


class Network(Struct, frozen=True):
    """As the network service sees it. `address`: "routable", "own" (RFC 3927, of the box's making) or "none"."""

    cable: bool
    address: str


class Facts(Struct, frozen=True):
    """What was found. -1, "" and None: not known, or not the case."""

    up_ms: int = 0
    """Since the box was switched on."""
    utc_ms: int = 0
    built_utc_ms: int = 0
    """When the image was made; 0 on a box that is none."""
    data_lost: str = ""
    """Why the data are in memory since the start (the initrd says it)."""
    data_gone: bool = False
    data_read_only: bool = False
    free_bytes: int = -1
    size_bytes: int = 0
    free_files: int = -1
    store_error: str = ""
    store_waiting: int = 0
    given_up: int = 0
    """Records that no longer fitted into memory while the disk took nothing."""
    clock_moved_ms: int = 0
    """By how much the clock was put right, the last time by an hour or more."""
    clock_moved_ago_ms: int = -1
    network: Network | None = None
    unused_address: str = ""
    """Given by the network and not taken, because another device answers for it."""
    unused_ms: int = 0


def findings(facts: Facts) -> tuple[BoxFinding, ...]:
    """Everything that is wrong; empty when all is well."""
    found = [finding for rule in _RULES for finding in rule(facts)]
    return tuple(sorted(found, key=lambda one: one.level != "bad"))


def worst(found: tuple[BoxFinding, ...]) -> FindingLevel | None:
    """None when all is well."""
    return None if not found else "bad" if any(one.level == "bad" for one in found) else "warning"


def _data(facts: Facts) -> Iterator[BoxFinding]:
    if facts.data_lost:
        yield BoxFinding("data_lost", "bad", {"reason": facts.data_lost})
    elif facts.data_gone:
        yield BoxFinding("data_gone", "bad")
    elif facts.data_read_only:
        yield BoxFinding("data_read_only", "bad")
    elif 0 <= facts.free_bytes < RECORDINGS_NEED_BYTES or 0 <= facts.free_files < FEW_FILES // 10:
        yield BoxFinding("data_full", "bad", {"mb": str(max(0, facts.free_bytes) // MB)})
    elif 0 <= facts.free_bytes < min(LOW_BYTES, facts.size_bytes // LOW_PART) or 0 <= facts.free_files < FEW_FILES:
        yield BoxFinding("data_low", "warning", {"mb": str(max(0, facts.free_bytes) // MB)})


def _store(facts: Facts) -> Iterator[BoxFinding]:
    if facts.store_error:
        yield BoxFinding("store_failing", "bad", {"error": facts.store_error, "n": _rounded(facts.store_waiting)})
    if facts.given_up:
        yield BoxFinding("records_given_up", "bad", {"n": str(facts.given_up)})


def _clock(facts: Facts) -> Iterator[BoxFinding]:
    if facts.built_utc_ms and not -DAY_MS <= facts.utc_ms - facts.built_utc_ms <= LIKELY_YEARS * 365 * DAY_MS:
        yield BoxFinding("clock_wrong", "bad", {"utc_ms": str(facts.utc_ms // DAY_MS * DAY_MS)})
    elif abs(facts.clock_moved_ms) >= JUMP_MS and 0 <= facts.clock_moved_ago_ms < JUMP_TOLD_MS:
        yield BoxFinding("clock_moved", "warning", {"by_ms": str(facts.clock_moved_ms)})


def _network(facts: Facts) -> Iterator[BoxFinding]:
    clashes = bool(facts.unused_address) and facts.unused_ms >= CLASH_AFTER_MS
    if clashes:
        yield BoxFinding("address_clash", "bad", {"address": facts.unused_address})
    if facts.network is None or facts.up_ms < SETTLED_MS:
        return
    if not facts.network.cable:
        yield BoxFinding("no_network", "bad")
    elif clashes:
        return
    elif facts.network.address == "none":
        yield BoxFinding("no_address", "bad")
    elif facts.network.address == "own":
        yield BoxFinding("own_address", "warning")


def _rounded(n: int) -> str:
    """So that the finding does not change with every record: hundreds, beyond the first."""
    return str(n if n < 100 else n // 100 * 100)


_RULES: tuple[Callable[[Facts], Iterator[BoxFinding]], ...] = (_data, _store, _network, _clock)
