"""A pytest plugin that tells a run in which only the clock was against us from any other that failed.

Tests marked `real_time` judge sound or light by the millisecond as it is made, and a shared machine at times lets
nothing run for longer than they allow. A run in which nothing else failed ends with ONLY_REAL_TIME_FAILED: those may be
tried once more. Everything else, kills and records first of all, has failed when it has failed once.
"""

import pytest

REAL_TIME = "real_time"
ONLY_REAL_TIME_FAILED = 11
"""An exit code that pytest itself does not use."""

_failed: list[bool] = []
"""For each failure of this run: whether it was the judgement of such a test, and not its set-up or its end."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _failed.append(report.when == "call" and REAL_TIME in report.keywords)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _failed.append(False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.TESTS_FAILED and _failed and all(_failed):
        session.exitstatus = ONLY_REAL_TIME_FAILED
