"""The office of the end-to-end tests, brought up once a module."""

from collections.abc import Iterator

import pytest

from tests.office_day.hall import Hall, opened_hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with opened_hall(tmp_path_factory.mktemp("hall")) as made:
        yield made


@pytest.fixture(autouse=True)
def nobody_stays_on_the_phone(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test that failed left up is not there for the next one."""
    yield
    if "hall" in request.fixturenames:
        request.getfixturevalue("hall").everybody_hangs_up()
