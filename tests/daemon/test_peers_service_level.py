"""Service levels by every formula the field has, of the same days, in the store's figures and in what-if's.

  - SL, SL2: Asterisk, configs/samples/queues.conf.sample, `servicelevel`: "SL = (total calls answered within threshold
    / total calls answered) * 100", "SL2 = ((calls answered within threshold + calls abandoned within threshold) /
    (answered calls + abandoned calls)) * 100"; told by AMI as ServicelevelPerf and ServicelevelPerf2.
  - strict: answered within / (answered + abandoned - abandoned within).
  - default: answered within / (offered - short abandons). Whoever hangs up at once is nobody's fault; whoever
    overflowed was offered and was not answered. (Asterisk counts those nowhere: a queue that sends everybody away but
    one has SL 100.)

Asterisk says 0.0 where the divisor is nought; ours says nothing, because nobody was served badly.
"""

from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from appliance.acd.effects import Cdr, EndReason, StoreCdr
from appliance.acd.ids import CallId
from appliance.daemon.queries import figures, open_store
from appliance.planning.what_if import Served, result
from tests.daemon.records import OFFERED_AT, abandoned, cdr
from tests.daemon.stores import writing

TARGET_S = 20


class Day(NamedTuple):
    """Waits in seconds; the queue's target is 20 s, a short abandon is before 5 s. Levels in per cent, worked out by
    hand from the formulas; None: the divisor is nought."""

    name: str
    answered: tuple[float, ...]
    gave_up: tuple[float, ...]
    overflowed: tuple[float, ...]
    sl: float | None
    sl2: float | None
    strict: float | None
    default: float | None


DAYS = [
    Day("all in time", (0, 10, 20), (), (), 100, 100, 100, 100),
    Day("just too late", (20.001, 21), (), (), 0, 0, 0, 0),
    Day("who gives up late counts against SL2", (5, 5, 5), (60,), (), 100, 75, 75, 75),
    Day("who gives up in time counts for SL2", (5, 30), (10, 10), (), 50, 75, 50, 25),
    Day("who hangs up at once", (5,), (1, 2, 4.999), (), 100, 100, 100, 100),
    Day("5 s are no short abandon", (5,), (5,), (), 100, 100, 100, 50),
    Day("who is sent on", (5,), (), (90, 90, 90), 100, 100, 100, 25),
    Day("nobody is answered", (), (10, 60), (), None, 50, 0, 0),
    Day("all hang up at once", (), (1, 2), (), None, 100, None, None),
    Day("nobody calls", (), (), (), None, None, None, None),
]


def level(quotient: float | None) -> float | None:
    return None if quotient is None else round(100 * quotient, 9)


def renumbered(call: Cdr, number: int) -> Cdr:
    return replace(call, call=CallId(f"oficina-{number}"), seq=number)


def end_of(wait_s: float) -> EndReason:
    return "short_abandon" if wait_s < 5 else "abandoned"


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_the_figures_of_a_queue(day: Day, tmp_path: Path) -> None:
    path = tmp_path / "centralita.sqlite3"
    calls = [cdr(1, wait_ms=round(1_000 * wait_s)) for wait_s in day.answered]
    calls += [abandoned(1, round(1_000 * wait_s), end_reason=end_of(wait_s)) for wait_s in day.gave_up]
    calls += [abandoned(1, round(1_000 * wait_s), end_reason="overflowed") for wait_s in day.overflowed]
    with writing(path) as to:
        for number, call in enumerate(calls, 1):
            to.put(StoreCdr(renumbered(call, number)))
        to.wait()
        total = figures(open_store(path), 0, 2 * OFFERED_AT).total
    assert total.offered == len(calls)
    assert level(total.service_level_of_answered) == day.sl
    assert level(total.service_level_2) == day.sl2
    assert level(total.service_level_strict) == day.strict
    assert level(total.service_level) == day.default


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_what_if_has_the_default(day: Day) -> None:
    served = [Served(True, round(1_000 * wait_s), True, "answered") for wait_s in day.answered]
    served += [Served(True, round(1_000 * wait_s), False, end_of(wait_s)) for wait_s in day.gave_up]
    served += [Served(True, round(1_000 * wait_s), False, "overflowed") for wait_s in day.overflowed]
    found = result(served, TARGET_S * 1_000).service_level
    assert (None if found == -1 else level(found)) == day.default
