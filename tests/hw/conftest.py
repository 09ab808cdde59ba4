"""The clock of the tests of devices: one that stands still while the machine does, for drivers and twins alike."""

from collections.abc import Iterator

import pytest

from tests.steady_clock import steady_time


@pytest.fixture(autouse=True)
def clock_of_devices() -> Iterator[None]:
    with steady_time():
        yield
