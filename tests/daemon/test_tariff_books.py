"""Books on the disk and in force: versions follow each other, contradiction and damage leave out a book and no call."""

import os
import random
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

import msgspec
import pytest

from appliance.acd.ids import LineName
from appliance.configuration.file import Box, Configuration, Hours, Line
from appliance.configuration.file_lines import Tariff
from appliance.configuration.file_times import Span
from appliance.configuration.tariff_books import Book
from appliance.configuration.tariff_rows import BookRate
from appliance.daemon.tariff_import import Wanted, compared, prepare
from appliance.daemon.tariff_keeper import TariffKeeper
from appliance.daemon.tariff_rates import InForce, in_force
from appliance.daemon.tariff_shelf import Shelf, ShelfError
from tests.waiting import wait_for

MADRID = ZoneInfo("Europe/Madrid")
OWN = Tariff(name="moviles", direction="in", prefix="+346", rate_micros_per_minute=5)
CONFIGURATION = Configuration(
    line=(Line(name="movil1", driver="gsm"),),
    tariff=(OWN,),
    hours=(Hours(name="noche", spans=(Span("mon-sun", "20:00", "24:00"),)),),
)


def book(name: str, number: int, valid_from: str = "", price: int = 1, **changes: object) -> Book:
    rate = BookRate(2, 1, "+34", price, **changes)  # type: ignore[arg-type]
    return Book(name, f"v{number}", number, valid_from, "EUR", f"{name}.csv", "", 0, (rate,))


def force(data: Path, *books: Book, configuration: Configuration = CONFIGURATION) -> InForce:
    shelf = Shelf(data)
    with shelf.changing():
        for one in books:
            shelf.put(one)
    return in_force(configuration, shelf.look(), "en")


def price(found: InForce, day: str, number: str = "+34911", hour: int = 12) -> int | None:
    at = datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=MADRID)
    rate = found.table.find("out", number, LineName("movil1"), "", int(at.timestamp() * 1000))
    return None if rate is None else rate.rate_micros_per_minute


def test_a_version_holds_from_its_first_day_and_ends_the_one_before(tmp_path: Path) -> None:
    found = force(tmp_path, book("a", 1, "", 10), book("a", 2, "2026-12-01", 20), book("a", 3, "2027-01-01", 30))
    assert [price(found, day) for day in ("2020-01-01", "2026-11-30", "2026-12-01", "2026-12-31", "2027-01-01")] == [
        10, 10, 20, 20, 30
    ]  # fmt: skip
    assert price(found, "2026-11-30", hour=23) == 10
    assert price(found, "2026-12-01", hour=0) == 20, "midnight is the box's own"
    assert found.books == (
        "a v1 (always, 1 rates)",
        "a v2 (from 2026-12-01, 1 rates)",
        "a v3 (from 2027-01-01, 1 rates)",
    )
    assert found.left_out == ()


def test_a_later_import_replaces_whatever_was_to_begin_after_it(tmp_path: Path) -> None:
    found = force(tmp_path, book("a", 1, "", 10), book("a", 2, "2026-12-10", 20), book("a", 3, "2026-12-01", 30))
    assert [price(found, day) for day in ("2026-11-30", "2026-12-01", "2026-12-10", "2027-12-10")] == [10, 30, 30, 30]
    assert [told.split()[1] for told in found.books] == ["v1", "v3"]


def test_rates_have_days_of_their_own_within_their_version(tmp_path: Path) -> None:
    rows = (
        BookRate(2, 1, "+34", 10, valid_to="2026-12-24"),
        BookRate(3, 1, "+34", 20, valid_from="2026-12-25", valid_to="2026-12-26"),
        BookRate(4, 1, "+34", 30, valid_from="2026-12-27"),
    )
    one = msgspec.structs.replace(book("a", 1), rates=rows)
    found = force(tmp_path, one, book("a", 2, "2027-01-01", 40))
    days = ("2026-12-24", "2026-12-25", "2026-12-26", "2026-12-27", "2026-12-31", "2027-01-01")
    assert [price(found, day) for day in days] == [10, 20, 20, 30, 30, 40]


def test_a_book_that_contradicts_is_left_out_and_the_others_hold(tmp_path: Path) -> None:
    wrong = book("b", 1, "", 99)
    found = force(tmp_path, book("a", 1, "", 10), wrong, book("c", 1, "", 30, direction="in", project=""))
    assert price(found, "2026-12-01") == 10
    (why,) = found.left_out
    assert (
        "the book b is left out: b, line 2, column 1 (prefix): it rates the same calls as line 2 of the book a" in why
    )
    assert [told.split()[0] for told in found.books] == ["a", "c"]


def test_hours_go_before_none_and_may_meet_no_others(tmp_path: Path) -> None:
    night = msgspec.structs.replace(
        book("a", 1), rates=(BookRate(2, 1, "+34", 10), BookRate(3, 1, "+34", 2, hours="noche"))
    )
    found = force(tmp_path, night)
    assert (price(found, "2026-12-01", hour=12), price(found, "2026-12-01", hour=21)) == (10, 2)
    without = msgspec.structs.replace(CONFIGURATION, hours=())
    found = in_force(without, Shelf(tmp_path).look(), "en")
    assert price(found, "2026-12-01", hour=21) == 10
    (why,) = found.left_out
    assert (
        why == "the book a v1 names what is not there any more: line 3 of a.csv, hours table “noche”. Import it again."
    )


def test_another_currency_is_never_charged(tmp_path: Path) -> None:
    pesos = msgspec.structs.replace(CONFIGURATION, box=Box(currency="MXN"))
    found = force(tmp_path, book("a", 1), configuration=pesos)
    assert price(found, "2026-12-01") is None
    assert found.left_out == ("the book a v1 is left out: it is in EUR and the box in MXN. Import a list in MXN.",)


def _broken(data: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    place = rng.randrange(len(data))
    match seed % 5:
        case 0:
            return data[:place]
        case 1:
            return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
        case 2:
            return b""
        case 3:
            return rng.randbytes(300)
        case _:
            return b"\x00" * len(data)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_never_charges_a_wrong_price(seed: int, tmp_path: Path) -> None:
    """From its first day on the book has no rates: not those of the version that has ended."""
    force(tmp_path, book("a", 1, "", 10), book("a", 2, "2026-12-01", 20), book("b", 1, "", 30, line="movil1"))
    path = tmp_path / "tariffs" / "a.0002.2026-12-01.json"
    path.write_bytes(_broken(path.read_bytes(), seed))
    found = in_force(CONFIGURATION, Shelf(tmp_path).look(), "en")
    left = Shelf(tmp_path).look()[1]
    if left.book is not None:  # the flipped bit was in the last line's end
        assert left.book == book("a", 2, "2026-12-01", 20)
        return
    assert price(found, "2026-11-30", "+34911") == 30, "of the line goes before of any"
    (why,) = found.left_out
    assert why.startswith("a.0002.2026-12-01.json is damaged") or "is of another format" in why
    assert why.endswith(": the book a has no rates from 2026-12-01 on. Import it again.")
    assert [told.split()[:2] for told in found.books] == [["a", "v1"], ["b", "v1"]]
    for rate in found.table.rates:
        assert rate.name != "a" or rate.valid_to_ms < 1_798_000_000_000


def test_what_is_not_a_book_is_not_read(tmp_path: Path) -> None:
    force(tmp_path, book("a", 1))
    folder = tmp_path / "tariffs"
    for name in (".a.0002.always.json.77", "a.0002.always.json.tmp", "A.0001.always.json", "notas.txt"):
        (folder / name).write_text("x")
    (folder / "b.0001.always.json").write_bytes((folder / "a.0001.always.json").read_bytes())
    first, second = Shelf(tmp_path).look()
    assert first.book is not None
    assert (second.name, second.book, second.wrong) == ("b", None, "other_book")


def test_versions_that_ended_are_not_even_read(tmp_path: Path) -> None:
    force(tmp_path, book("a", 1), book("a", 2, "2026-12-01"), book("a", 3, "2027-01-01"), book("b", 1))
    shelf = Shelf(tmp_path)
    numbers = {
        day: [(one.name, one.number) for one in shelf.look(day)] for day in ("", "2026-11-30", "2026-12-01", "2028")
    }
    assert numbers[""] == numbers["2026-11-30"] == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    assert numbers["2026-12-01"] == [("a", 2), ("a", 3), ("b", 1)]
    assert numbers["2028"] == [("a", 3), ("b", 1)]


def test_no_more_rates_are_taken_than_there_is_room_for(tmp_path: Path) -> None:
    rows = tuple(BookRate(n, 1, f"+1{n}", n) for n in range(110_000))
    more = tuple(BookRate(n, 1, f"+2{n}", n) for n in range(100_000))
    big = msgspec.structs.replace(book("a", 1), rates=rows), msgspec.structs.replace(book("b", 1), rates=more)
    found = force(tmp_path, *big, book("c", 1, "", 7))
    assert [told.split()[0] for told in found.books] == ["a", "c"]
    assert "the book b is left out: with it there would be more than 200000 rates in force." in found.left_out[0]
    assert price(found, "2026-12-01") == 7


def test_two_imports_at_once_do_not_mix(tmp_path: Path) -> None:
    with Shelf(tmp_path).changing(), pytest.raises(ShelfError) as refused, Shelf(tmp_path).changing():
        pass
    assert "another import is at work" in refused.value.text("en")


def test_a_full_disk_leaves_what_was(tmp_path: Path) -> None:
    """A file size limit is the kernel's own way to say that there is no more room."""
    force(tmp_path, book("a", 1))
    before = sorted((tmp_path / "tariffs").iterdir())
    many = msgspec.structs.replace(
        book("a", 2, "2026-12-01"), rates=tuple(BookRate(n, 1, f"+{n}", n) for n in range(20_000))
    )
    child = os.fork()
    if not child:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            shelf = Shelf(tmp_path)
            with shelf.changing():
                shelf.put(many)
        except ShelfError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert sorted((tmp_path / "tariffs").iterdir()) == before


def _put_and_die(data: Path, new: Book, at_step: int) -> bool:
    """Keep a book in a process of its own, killed (-9) at that step of it; False when it had fewer."""
    child = os.fork()
    if not child:
        steps = 0

        def step(frame: FrameType, event: str, _arg: object) -> object:
            nonlocal steps
            if frame.f_code.co_filename.endswith("tariff_shelf.py"):
                steps += 1
                if steps == at_step:
                    os.kill(os.getpid(), signal.SIGKILL)
            return step

        shelf = Shelf(data)
        sys.settrace(step)  # type: ignore[arg-type]
        with shelf.changing():
            shelf.put(new)
        sys.settrace(None)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_step_of_an_import_the_old_or_the_new_book_is_there_whole(tmp_path: Path) -> None:
    old, new = book("a", 1, "", 10), book("a", 2, "2026-12-01", 20)
    outcomes = []
    for at_step in range(1, 500):
        data = tmp_path / str(at_step)
        data.mkdir()
        force(data, old)
        if not _put_and_die(data, new, at_step):
            break
        found = Shelf(data).look()
        assert [one.book for one in found] in ([old], [old, new]), at_step
        outcomes.append(len(found))
        again = force(data, msgspec.structs.replace(new, number=len(found) + 1, version="again"))
        assert price(again, "2026-12-01") == 20
        assert not list((data / "tariffs").glob(".*")), "what was left half-written is gone"
    assert set(outcomes) == {1, 2}, "steps before and after it was there"
    assert outcomes == sorted(outcomes)


def test_the_next_version_of_a_book_says_what_it_changes(tmp_path: Path) -> None:
    def prepared(text: str, wanted: Wanted):  # type: ignore[no-untyped-def]
        file = tmp_path / "lista.csv"
        file.write_text(text)
        return prepare(CONFIGURATION, file, wanted, Shelf(tmp_path).look(), 5, date(2026, 11, 23))

    first = prepared("prefix,price\n+34,1\n+33,1\n+32,1\n+31,1\n", Wanted("a"))
    assert first.book is not None
    assert (first.book.version, first.book.number, first.book.valid_from) == ("1", 1, "")
    force(tmp_path, first.book)
    assert prepared("prefix,price\n+34,1\n+33,1\n+32,1\n+31,1\n", Wanted("a")).is_known
    text = "prefix,price,free_s\n+34,2,0\n+33,0.5,0\n+32,1,5\n+30,1,0\n"
    (problem,) = prepared(text, Wanted("a")).problems.told
    assert (problem.code, problem.other) == ("when", "2026-12-01")
    (problem,) = prepared(text, Wanted("a", "1", "2026-12-01")).problems.told
    assert (problem.code, problem.other) == ("version_taken", "2")
    second = prepared(text, Wanted("a", "", "2026-12-01"))
    assert second.book is not None
    assert compared(second.book, first.book)._asdict() == {
        "new": 1, "gone": 1, "dearer": 1, "cheaper": 1, "changed": 1, "same": 0
    }  # fmt: skip
    force(tmp_path, second.book)
    assert prepared("prefix,price\n+34,3\n", Wanted("a", "", "2026-11-30")).never == ("2",)
    ended = prepared("prefix,price,to\n+34,3,2026-11-30\n+33,3,\n", Wanted("a", "", "2026-12-01")).problems.told
    assert [(one.code, one.line, one.found) for one in ended] == [("ends_before", 2, "2026-11-30")]


def test_tariffs_are_compiled_beside_the_calls_and_the_newest_asked_for_wins(tmp_path: Path) -> None:
    rows = tuple(BookRate(n, 1, f"+{10_000 + n}", n) for n in range(5_000))
    force(tmp_path, msgspec.structs.replace(book("a", 1), rates=rows))
    told: list[bool] = []
    keeper = TariffKeeper(tmp_path, lambda: told.append(True))
    assert len(keeper.compile_now(CONFIGURATION).table.rates) == 5_001
    assert not keeper.at_work
    without = msgspec.structs.replace(CONFIGURATION, tariff=())
    keeper.compile_later(CONFIGURATION)
    keeper.compile_later(CONFIGURATION)
    keeper.compile_later(without)
    assert wait_for("it is told", lambda: told)
    taken = keeper.take()
    assert taken is not None
    assert len(taken.table.rates) == 5_000
    assert keeper.in_force is taken
    assert not keeper.at_work
    assert keeper.take() is None


def test_days_are_of_the_box(tmp_path: Path) -> None:
    mexico = msgspec.structs.replace(CONFIGURATION, box=Box(country="MX", time_zone="America/Mexico_City"))
    found = force(tmp_path, book("a", 1, "2026-12-01"), configuration=mexico)
    begins = datetime(2026, 12, 1, 6, tzinfo=UTC)
    (rate,) = [rate for rate in found.table.rates if rate.name == "a"]
    assert rate.valid_from_ms == int(begins.timestamp() * 1000)
