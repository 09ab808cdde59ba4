"""The office of the end-to-end tests, brought up once a module."""

from collections.abc import Iterator

import pytest

from tests.office_day.hall import Hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    made = Hall(tmp_path_factory.mktemp("hall"))
    try:
        made.start()
        yield made
    finally:
        print(made.box.log_tail(60))
        made.close()
