"""kill -9 while calls are charged, charged anew, and months closed: the ledger is whole, and in the end every subject
comes to what it does where nobody was killed."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.period_closing import Month, close_shortly
from appliance.daemon.rerating import Rerating
from appliance.daemon.short_writes import store_for_job
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office
from tests.daemon.ledgers import ALL, Sums, audited, opened
from tests.daemon.money_cases import Said, random_calls, random_office, what_is_said
from tests.daemon.records import OFFERED_AT
from tests.daemon.stores import NOW, writing
from tests.daemon.victim import NEVER, Moment, run_and_kill
from tests.waiting import wait_for

MONTHS = ("2026-10", "2026-11", "2026-12")
MOST_KILLS_A_ROUND = 6
AT_ONCE = 12
"""Effects put together, so that there are several transactions."""


def test_twenty_kills_lose_and_double_no_charge(tmp_path: Path) -> None:
    kill_at_random(tmp_path, seed=int(os.environ.get("SEED", "3")), kills=20, calls=12)


@pytest.mark.long
def test_a_thousand_kills_lose_and_double_no_charge(tmp_path: Path) -> None:
    kill_at_random(tmp_path, seed=int(os.environ.get("SEED", "1000")), kills=1_000, calls=60)


def kill_at_random(folder: Path, seed: int, kills: int, calls: int) -> None:
    print(f"seed {seed} (set SEED to repeat another)")
    chance = random.Random(seed)
    counts = Counts()
    while counts.kills < kills:
        story = Story(folder, chance, calls)
        for name, before, work in (
            ("rating", story.empty, story.rate),
            ("re-rating", story.charged, story.rerate),
            ("closing", story.charged, story.close),
        ):
            share = max(2, min(kills - counts.kills, kills // 12))
            kill_a_job(story, chance, counts, name, before, work, share)
    print(f"{counts.kills} kills, {counts.in_transaction} of them within a transaction that writes; {counts.by_job}")
    assert counts.in_transaction > kills // 10, "the moments are where it matters"


@dataclass
class Counts:
    kills: int = 0
    in_transaction: int = 0
    by_job: dict[str, int] = field(default_factory=dict)


class Story:
    """An office, what is said in it, and another office that charges it anew."""

    def __init__(self, folder: Path, chance: random.Random, calls: int) -> None:
        self.path = folder / "store.sqlite3"
        self.empty, self.charged = folder / "empty.sqlite3", folder / "charged.sqlite3"
        for path in folder.glob("*.sqlite3*"):
            path.unlink()
        self.before, self.after = random_office(chance), random_office(chance)
        self.said: list[Said] = what_is_said(chance, random_calls(chance, calls))
        with writing(self.empty, self.before):
            pass
        with writing(self.charged, self.before) as to:
            to.durable(*self.said)

    def begin(self, before: Path) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        shutil.copy(before, self.path)

    def rate(self) -> None:
        """As the ACD: effects in their order, those again that are not known to be durable."""
        store = Store(self.path, self.before, lambda: NOW)
        store.attach(1)
        store.start()
        for first in range(0, len(self.said), AT_ONCE):
            for number in range(first, min(first + AT_ONCE, len(self.said))):
                store.put(NumberedStoreEffect(number + 1, self.said[number]))
            wait_for("they are durable", lambda: not store.pending, every_s=0.001)
        assert store.stop(60.0) and not store.refused

    def rerate(self) -> None:
        with store_for_job(self.path) as db:
            job = Rerating(db, self.after, ALL, lambda: OFFERED_AT)
            job.first_batch = 25
            assert job.run(lambda _: None, lambda: False).finished

    def close(self) -> None:
        close_months(self.path, self.before)


def close_months(path: Path, office: Office) -> None:
    contracts = office.contracts
    with store_for_job(path) as db:
        for name in MONTHS:
            month = Month.named(name, office.time_zone)
            for client in sorted({one.client for one in contracts.all}):
                close_shortly(db, contracts, month, client, NOW)


def sums_of(path: Path) -> Sums:
    with opened(path) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        return audited(db)


def kill_a_job(
    story: Story,
    chance: random.Random,
    counts: Counts,
    name: str,
    before: Path,
    work: Callable[[], None],
    kills: int,
) -> None:
    """Kill a job at moments spread over all of it, some kills in each of its lives, and let it be done in the end."""
    story.begin(before)
    unkilled = run_and_kill(work, Moment())
    expected = sums_of(story.path)
    with opened(story.path) as db:
        expected_calls = db.execute("select count(*) from calls").fetchone()
    while kills > 0:
        story.begin(before)
        for _ in range(chance.randrange(1, MOST_KILLS_A_ROUND)):
            if chance.random() < 0.75:
                moment = Moment(look=chance.randrange(1, unkilled.looks + 1))
            else:
                moment = Moment(NEVER, chance.uniform(0.001, max(unkilled.took_s, 0.002)))
            death = run_and_kill(work, moment)
            if not death.killed:
                break
            kills -= 1
            counts.kills += 1
            counts.in_transaction += death.in_transaction
            counts.by_job[name] = counts.by_job.get(name, 0) + 1
            sums_of(story.path)  # whole after every kill, before anything is mended
        work_again = run_and_kill(work, Moment())
        assert not work_again.killed
        assert sums_of(story.path) == expected, f"{name} after kills is not as without"
        with opened(story.path) as db:
            assert db.execute("select count(*) from calls").fetchone() == expected_calls
