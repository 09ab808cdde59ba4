"""The ACD seals its accounts by itself, once a day, and goes on when it can not."""

import logging
from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr
from appliance.billing.seals import CALLS_ACCOUNT
from appliance.daemon.box_key import FILE_NAME, is_signed
from appliance.daemon.connection import connect
from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.ledger_queries import seals_of
from appliance.daemon.sealing import AGAIN_S, EVERY_S, FIRST_S, DailySealer
from appliance.daemon.store import Store
from tests.daemon.records import cdr
from tests.daemon.stores import NOW
from tests.daemon.test_client_charges import OFFICE
from tests.waiting import wait_for


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_writer_seals_once_a_day(tmp_path: Path) -> None:
    path, clock = tmp_path / "store.sqlite3", Clock()
    sealer = DailySealer(tmp_path, clock)
    store = Store(path, OFFICE, lambda: NOW, sealer=sealer)
    store.attach(1)
    store.start()
    numbers = iter(range(1, 100))

    def call() -> None:
        number = next(numbers)
        store.put(NumberedStoreEffect(number, StoreCdr(cdr(number, client="Acme"))))
        wait_for("durable", lambda: store.committed >= number, 30, every_s=0.005)

    def sealed() -> list[tuple[int, int]]:
        """How many lines of the account and how many calls each seal is of."""
        db = connect(path, "rw")
        every = [seals_of(db, one) for one in ("Acme", CALLS_ACCOUNT)]
        found = [(len(seals), seals[-1].number) for seals in every if seals]
        for seal in (*every[0], *every[1]):
            assert is_signed(seal.key, seal.signed, seal.signature)
        db.close()
        return found

    call()
    assert sealed() == []
    clock.now_s = FIRST_S
    call()
    wait_for("sealed", lambda: sealer.wait_s() > AGAIN_S, 30, every_s=0.005)
    assert sealed() == [(1, 4), (1, 2)]
    call()
    assert sealed() == [(1, 4), (1, 2)], "not before a day is over"
    clock.now_s += EVERY_S
    call()
    wait_for("sealed", lambda: sealer.wait_s() > AGAIN_S, 30, every_s=0.005)
    assert sealed() == [(2, 8), (2, 4)]
    assert store.stop(30)


def test_without_its_key_the_writer_goes_on_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    (tmp_path / FILE_NAME).parent.mkdir()
    (tmp_path / FILE_NAME).write_text("damaged")
    db = connect(tmp_path / "other.sqlite3")
    sealer = DailySealer(tmp_path, clock)
    clock.now_s = FIRST_S
    with caplog.at_level(logging.ERROR):
        sealer.run(db, "oficina", NOW)
    assert "Put it back from a backup" in caplog.text
    assert sealer.wait_s() == AGAIN_S
    db.close()


def test_what_the_disk_refuses_is_tried_again_in_an_hour(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    db = connect(tmp_path / "empty.sqlite3")
    sealer = DailySealer(tmp_path, clock)
    clock.now_s = FIRST_S
    sealer.run(db, "oficina", NOW)
    assert "no such table" in caplog.text and not db.in_transaction
    assert sealer.wait_s() == AGAIN_S
    db.close()
