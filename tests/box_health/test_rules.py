"""What is wrong with the box, from facts: each finding at its edge, the worst first, and words for all of them."""

import pytest
from msgspec.structs import replace

from appliance.acd.view import BoxFinding
from appliance.box_health.rules import (
    CLASH_AFTER_MS,
    DAY_MS,
    JUMP_MS,
    JUMP_TOLD_MS,
    LIKELY_YEARS,
    RECORDINGS_NEED_BYTES,
    SETTLED_MS,
    Facts,
    Network,
    findings,
    worst,
)
from appliance.box_health.words import WORDS, finding_words

GB = 1_000_000_000
BUILT = 1_790_000_000_000
YEAR_MS = 365 * DAY_MS
WELL = Facts(
    up_ms=SETTLED_MS,
    utc_ms=BUILT + 30 * DAY_MS,
    built_utc_ms=BUILT,
    free_bytes=20 * GB,
    size_bytes=32 * GB,
    free_files=1_000_000,
    network=Network(cable=True, address="routable"),
)


def kinds(**changes: object) -> list[str]:
    return [one.kind for one in findings(replace(WELL, **changes))]


def test_a_box_that_is_well_has_nothing_to_say() -> None:
    assert findings(WELL) == ()
    assert worst(()) is None
    assert findings(Facts()) == (), "nothing known is nothing wrong"


@pytest.mark.parametrize(
    "changes, found",
    [
        ({"free_bytes": RECORDINGS_NEED_BYTES}, ["data_low"]),
        ({"free_bytes": RECORDINGS_NEED_BYTES - 1}, ["data_full"]),
        ({"free_bytes": 0}, ["data_full"]),
        ({"free_bytes": 2 * GB}, []),
        ({"free_bytes": 2 * GB - 1}, ["data_low"]),
        ({"free_bytes": GB, "size_bytes": 5 * GB}, []),
        ({"free_files": 50}, ["data_full"]),
        ({"free_files": 500}, ["data_low"]),
        ({"free_bytes": -1, "free_files": -1}, []),
        ({"data_read_only": True, "free_bytes": 0}, ["data_read_only"]),
        ({"data_gone": True, "data_read_only": True}, ["data_gone"]),
        ({"data_lost": "is not there", "free_bytes": 0}, ["data_lost"]),
        ({"store_error": "disk I/O error", "store_waiting": 7}, ["store_failing"]),
        ({"given_up": 3}, ["records_given_up"]),
        ({"utc_ms": BUILT - 2 * DAY_MS}, ["clock_wrong"]),
        ({"utc_ms": BUILT - DAY_MS}, []),
        ({"utc_ms": BUILT + LIKELY_YEARS * YEAR_MS + DAY_MS}, ["clock_wrong"]),
        ({"utc_ms": 0, "built_utc_ms": 0}, []),
        ({"clock_moved_ms": JUMP_MS, "clock_moved_ago_ms": 0}, ["clock_moved"]),
        ({"clock_moved_ms": -JUMP_MS, "clock_moved_ago_ms": JUMP_TOLD_MS}, []),
        ({"clock_moved_ms": JUMP_MS - 1, "clock_moved_ago_ms": 0}, []),
        ({"network": Network(False, "none")}, ["no_network"]),
        ({"network": Network(False, "none"), "up_ms": SETTLED_MS - 1}, []),
        ({"network": Network(True, "none")}, ["no_address"]),
        ({"network": Network(True, "own")}, ["own_address"]),
        ({"network": None}, []),
        ({"unused_address": "192.0.2.7", "unused_ms": CLASH_AFTER_MS}, ["address_clash"]),
        ({"unused_address": "192.0.2.7", "unused_ms": CLASH_AFTER_MS - 1}, []),
        (
            {"unused_address": "192.0.2.7", "unused_ms": CLASH_AFTER_MS, "network": Network(True, "own")},
            ["address_clash"],
        ),
    ],
)
def test_each_finding_at_its_edge(changes: dict[str, object], found: list[str]) -> None:
    assert kinds(**changes) == found


def test_the_worst_comes_first_and_says_how_bad_it_is() -> None:
    found = findings(replace(WELL, free_bytes=GB, clock_moved_ms=JUMP_MS, clock_moved_ago_ms=0, given_up=1))
    assert [one.level for one in found] == ["bad", "warning", "warning"]
    assert worst(found) == "bad" and worst(found[1:]) == "warning"


def test_a_growing_queue_is_not_a_new_finding_each_second() -> None:
    facts = replace(WELL, store_error="disk full")
    assert findings(replace(facts, store_waiting=101)) == findings(replace(facts, store_waiting=199))


def test_every_finding_there_is_has_words_without_blanks_in_both_languages() -> None:
    everything = Facts(
        up_ms=SETTLED_MS,
        utc_ms=2_208_988_800_000,
        built_utc_ms=BUILT,
        store_error="disk full",
        store_waiting=5,
        given_up=2,
        unused_address="192.0.2.7",
        unused_ms=CLASH_AFTER_MS,
    )
    variants = [
        everything,
        *(replace(everything, **{name: True}) for name in ("data_gone", "data_read_only")),
        *(replace(everything, data_lost=why) for why in ("cannot be mounted", "is not there", "whatever {x}")),
        *(replace(everything, free_bytes=free, size_bytes=32 * GB) for free in (0, GB)),
        replace(everything, built_utc_ms=0, clock_moved_ms=-17 * YEAR_MS - 5 * DAY_MS, clock_moved_ago_ms=0),
        *(
            replace(everything, unused_address="", network=network)
            for network in (Network(False, "none"), Network(True, "none"), Network(True, "own"))
        ),
    ]
    seen = {}
    for facts in variants:
        for finding in findings(facts):
            seen[finding.kind] = finding
            spanish, english = finding_words(finding, "es"), finding_words(finding, "en")
            assert (
                spanish != english and "{" not in spanish.replace("{x}", "") and "{" not in english.replace("{x}", "")
            )
    assert set(seen) == set(WORDS)
    assert "192.0.2.7" in finding_words(seen["address_clash"], "es")
    assert "01/01/2040" in finding_words(seen["clock_wrong"], "es")
    assert "2040-01-01" in finding_words(seen["clock_wrong"], "en")
    assert "17 años adelantado" in finding_words(seen["clock_moved"], "es")
    assert finding_words(BoxFinding("of_a_later_version", "bad"), "es") == "of_a_later_version"


def test_how_wrong_the_clock_was_is_said_in_words_of_its_size() -> None:
    def said(by_ms: int) -> str:
        return finding_words(BoxFinding("clock_moved", "warning", {"by_ms": str(by_ms)}), "en")

    assert "3 h behind" in said(3 * JUMP_MS)
    assert "5 days ahead" in said(-5 * DAY_MS)
    assert "17 years behind" in said(17 * YEAR_MS + 5 * DAY_MS)
