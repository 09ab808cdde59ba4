"""The demo as its user meets it: ready in seconds, its password printed, a call placed and answered with the mouse."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import free_port
from tests.office_day.hall import unused_network
from tests.waiting import wait_for

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SECOND_START_S = 10.0
"""What is promised; judged in real time."""
expect.set_options(timeout=30_000)


class Demo:
    """`./centralita demo` without callers of its own, in a process."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(kind=socket.SOCK_STREAM)
        self._log = folder / "demo.log"
        own = ["--directory", str(folder / "office"), "--network", str(unused_network()), "--web-port", str(self.port)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "demo", "--calls-per-hour", "0", *own],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def said(self, pattern: str) -> re.Match[str] | None:
        assert self.process.poll() is None, f"the demo ended:\n{self._log.read_text()}"
        return re.search(pattern, self._log.read_text())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0, self._log.read_text()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    try:
        yield made
        made.stop()
    finally:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


@pytest.mark.real_time
def test_a_call_is_placed_lifted_and_charged_with_the_mouse(demo: Demo, page: Page) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    ready = wait_for("the demo to be ready", lambda: demo.said(r"Ready after ([0-9.]+) s\. The page: (\S+)"), 120)
    assert float(ready[1]) < SECOND_START_S
    password = wait_for("its password", lambda: demo.said(r"Password of the page \(shown only now\): (\S+)"))

    page.goto(ready[2])
    page.fill("input[type=password]", password[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Agentes")).to_be_visible()
    page.goto(f"{ready[2]}bench")
    desk = page.locator("li.seat[data-key=mesa1]")
    for state in ("off_hook", "on_hook"):  # touched by hand: its automatic agent steps back
        desk.locator("button.handset").click()
        expect(desk).to_have_class(re.compile(rf"\b{state}\b"))
    page.select_option("#line", "gsm1")
    page.fill("#caller", "600 123 456")
    page.click("#place button")
    expect(desk).to_have_class(re.compile(r"\bringing\b"))
    desk.locator("button.handset").click()
    expect(desk).to_have_class(re.compile(r"\boff_hook\b"))
    expect(desk).to_contain_text("600 123 456")

    page.goto(ready[2])
    expect(page.get_by_text("Hablando").first).to_be_visible()
    page.goto(f"{ready[2]}bench")
    desk.locator("button.handset").click()
    expect(desk).to_have_class(re.compile(r"\bon_hook\b"))
    page.goto(ready[2])
    row = page.locator("table tr", has_text="600 123 456")
    expect(row).to_contain_text("Atendida")
    expect(row).to_contain_text("€")
    assert not errors, errors
