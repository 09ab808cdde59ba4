"""The one subscription all pages share: it follows the ACD, survives it, and rests when nobody looks."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.noon import noon_zone
from tests.waiting import wait_for
from tests.web_ui.an_office import busy_morning
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms
from tests.web_ui.small_box import SmallBox
from web_ui.history import HistoryReader
from web_ui.hub import Hub, Picture


class Watched:
    """A hub and the box it looks at."""

    def __init__(self, place: Place, unwatched_s: float = 60) -> None:
        self.place = place
        self.history = HistoryReader(place.settings.store, noon_zone(), now_utc_ms)
        self.hub = Hub(place.settings.acd_socket, self.history, now_utc_ms, unwatched_s=unwatched_s)


@pytest.fixture
def watched(make_place: MakePlace) -> Iterator[Watched]:
    made = Watched(make_place())
    yield made
    made.hub.close()


def seen(hub: Hub) -> Picture:
    """The first picture in which there is something."""
    return wait_for("a picture", lambda: picture if (picture := hub.now()).status is not None else None)


def test_a_picture_is_waited_for_and_versions_grow(watched: Watched) -> None:
    watched.place.box.start()
    first = seen(watched.hub)
    assert first.status is not None
    assert first.status.night_mode is False
    watched.place.box.show(night_mode=True)
    second = watched.hub.wait(first.version, 30)
    assert second.version > first.version
    assert second.status is not None
    assert second.status.night_mode is True


def test_without_news_the_wait_ends_with_what_is_known(watched: Watched) -> None:
    watched.place.box.start()
    first = seen(watched.hub)
    begun = time.monotonic()
    assert watched.hub.wait(first.version, 0.3) is first
    assert 0.25 < time.monotonic() - begun < 20


def test_an_acd_that_goes_and_comes_back(watched: Watched, tmp_path: Path) -> None:
    wait_for("not there yet", lambda: watched.hub.now().away_since_utc_ms > 0)
    watched.place.box.start()
    wait_for("the ACD", lambda: watched.hub.now().away_since_utc_ms < 0)
    watched.place.box.stop()
    gone = wait_for("its going", lambda: p if (p := watched.hub.now()).away_since_utc_ms > 0 else None)
    assert gone.status is not None, "what was known is kept"
    again = SmallBox(watched.place.settings.acd_socket, busy_morning(now_utc_ms())).start()
    try:
        wait_for("its return", lambda: watched.hub.now().away_since_utc_ms < 0)
    finally:
        again.stop()


def test_nobody_looking_ends_the_subscription_until_somebody_does(make_place: MakePlace) -> None:
    watched = Watched(make_place(), unwatched_s=0.0)
    box = watched.place.box.start()
    try:
        before = seen(watched.hub)

        def unsubscribed() -> bool:
            box.show()
            return box.subscribers == 0

        wait_for("the end of the subscription", unsubscribed)
        box.show(night_mode=True)
        assert watched.hub.latest.status is not None
        assert watched.hub.latest.status.night_mode is False, "nobody told it"
        fresh = watched.hub.wait(0, 30)  # as `now`, which waits a second
        assert fresh.version > before.version
        assert fresh.status is not None
        assert fresh.status.night_mode is True, "who looks gets what is, not what was"
    finally:
        watched.hub.close()


def test_the_day_is_read_again_only_when_something_was_written(watched: Watched) -> None:
    reader = watched.history
    first = reader.read(0.0)
    assert first.figures is not None
    assert first.figures.total.offered == 13
    assert reader.read(1000.0) is not first, "the day may have changed meanwhile"
    kept = reader.read(1010.0)
    assert reader.read(1020.0) is kept
    watched.place.settings.store.rename(watched.place.settings.store.with_suffix(".away"))
    lost = reader.read(1030.0)
    assert lost.problem
    assert lost.figures == first.figures, "what was read stays on the page"
    watched.place.settings.store.with_suffix(".away").rename(watched.place.settings.store)
    assert reader.read(1040.0).problem == ""
