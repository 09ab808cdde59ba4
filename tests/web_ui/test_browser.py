"""The page in a real browser: no error, no other host, little to load, at home on a telephone, live without reload."""

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from appliance.acd.inputs import AgentPause, SetNightMode
from tests.waiting import wait_for
from tests.web_ui.an_office import waiting_call
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms, running_app
from tests.web_ui.test_server import ADDRESS, serving

BROWSER = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ["/", "/calls", "/calls/oficina-13", "/calls/oficina-12", "/worklist", "/messages", "/lines", "/nowhere"]
LARGEST_LOAD_BYTES = 100_000


@dataclass
class Visit:
    """One page of the browser, with everything it complained of and asked for."""

    place: Place
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def log_in(self) -> None:
        self.page.goto(self.base + "/login")
        self.page.get_by_label("Contraseña").fill(self.place.password)
        self.page.get_by_role("button", name="Entrar").click()
        expect(self.page.get_by_role("heading", name="Agentes")).to_be_visible()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def visit(make_place: MakePlace, browser: Browser) -> Iterator[Visit]:
    """A browser on the log-in page of a box whose ACD answers; fails on anything it complains of."""
    yield from visiting(make_place(), browser)


def visiting(place: Place, browser: Browser, **context: Any) -> Iterator[Visit]:
    place.box.start()
    with running_app(place) as app, serving(app) as port:
        opened = browser.new_context(**context)
        made = Visit(place, opened.new_page(), f"http://{ADDRESS}:{port}")
        made.page.on("console", lambda said: made.complaints.append(said.text) if said.type in _BAD else None)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("request", lambda request: made.requests.append(request))
        yield made
        opened.close()
        assert not made.complaints
        assert {request.url.split("/")[2] for request in made.requests} <= {f"{ADDRESS}:{port}"}


expect.set_options(timeout=30_000)
_BAD = frozenset({"error", "warning"})


def test_log_in_wrong_then_right(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.base + "/")
    assert page.url == visit.base + "/login"
    page.get_by_label("Contraseña").fill("wrong")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_have_text("La contraseña no es correcta.")
    visit.log_in()
    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_label("Contraseña")).to_be_visible()


def test_the_first_page_is_small_and_asks_nobody_else(visit: Visit) -> None:
    visit.log_in()
    finished: list[Request] = []
    visit.page.on("requestfinished", lambda request: finished.append(request))
    with visit.page.expect_event("load"):
        visit.page.reload()
    expect(visit.page.locator("#live")).to_have_text("En directo")
    # Of what is finished only: a request the left page had made, or /live, which has no end, may never have sizes.
    measured = {request.url: request.sizes() for request in finished if not request.url.endswith("/live")}
    sizes = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in measured.items()}
    # Measured as sent: were it not gzipped, the style sheet alone would be above 15 kB.
    assert sizes[visit.base + "/static/app.css"] < 8_000
    assert 5_000 < sum(sizes.values()) < LARGEST_LOAD_BYTES, sizes


def test_the_page_of_lines_lives_too(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.get_by_role("link", name="Líneas", exact=True).click()
    expect(page.locator("#live")).to_have_text("En directo")
    expect(page.locator("#line-gsm1")).to_contain_text("120 de 300")
    lines = visit.place.box.status.lines
    lost = msgspec.structs.replace(lines[0], health="down", detail="the modem restarted by itself", told_down=True)
    visit.place.box.show(lines=(lost, *lines[1:]))
    expect(page.locator("#line-gsm1")).to_contain_text("el módem se ha reiniciado solo")
    expect(page.locator(".part-notice")).to_contain_text("La línea gsm1 no funciona desde las")
    expect(page).to_have_title(re.compile(r"^\(2\) Líneas"))


def test_changes_arrive_without_reload_and_times_count(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.evaluate("window.stillTheSamePage = true")
    call = waiting_call(77, "600999888", 3, 5_000, now_utc_ms())
    visit.place.box.show(calls=(*visit.place.box.status.calls, call), night_mode=True)
    row = page.locator('[data-key="oficina-77"]')
    expect(row).to_contain_text("600 999 888")
    expect(page.get_by_text("Modo noche puesto")).to_be_visible()
    expect(page.locator("#announce")).to_have_text("3 en espera")
    expect(page).to_have_title("(3) Ahora · Oficina")
    first = row.locator("time").text_content()
    expect(row.locator("time")).not_to_have_text(str(first))
    visit.place.box.show(calls=())
    expect(page.get_by_text("Nadie espera.")).to_be_visible()
    expect(page).to_have_title("Ahora · Oficina")
    assert page.evaluate("window.stillTheSamePage") is True


def test_an_open_menu_and_its_focus_survive_a_change(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.get_by_label("Acciones de Bea Soler").click()
    button = page.locator('[data-key="bea"]').get_by_role("button", name="Volver a disponible")
    button.focus()
    agents = [msgspec.structs.replace(one, calls_today=99) for one in visit.place.box.status.agents]
    visit.place.box.show(agents=tuple(agents))
    expect(page.locator('[data-key="bea"]')).to_contain_text("99 hoy")
    expect(button).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_hidden()
    expect(page.get_by_label("Acciones de Bea Soler")).to_be_focused()


def test_buttons_act_without_leaving_the_page_and_say_what_came_of_it(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.get_by_label("Acciones de Ana Ruiz").click()
    page.locator('[data-key="ana"]').get_by_role("button", name="Pausa: Comida").click()
    expect(page.get_by_role("status")).to_have_text("Hecho.")
    assert visit.place.box.commands == [AgentPause("ana", "comida")]  # type: ignore[arg-type]
    visit.place.box.refuse[SetNightMode] = "Hoy no."
    page.get_by_role("button", name="Poner modo noche").click()
    expect(page.get_by_role("status")).to_have_text("No se ha hecho: Hoy no.")
    assert page.url == visit.base + "/"


def test_everything_can_be_done_without_a_mouse(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.get_by_label("Acciones de David Ibáñez").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for("the command", lambda: visit.place.box.commands or None)
    assert visit.place.box.commands[0].agent == "david"  # type: ignore[union-attr]


def test_the_language_switch(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    visit.place.box.show(calls=())
    expect(page.get_by_text("Nobody waits.")).to_be_visible()
    page.get_by_role("button", name="ES", exact=True).click()
    expect(page.get_by_role("heading", name="Agentes")).to_be_visible()


def test_when_the_page_loses_the_box_it_says_so_and_recovers(visit: Visit) -> None:
    visit.log_in()
    page = visit.page
    visit.place.box.stop()
    expect(page.get_by_text("El proceso que decide (ACD) no responde.")).to_be_visible()
    assert "Ana Ruiz" in page.locator('[data-part="agents"]').text_content()  # type: ignore[operator]
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Sin conexión con la centralita.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Sin conexión con la centralita.")).to_be_hidden()
    visit.complaints.clear()  # the browser itself notes that it was offline


def test_without_a_free_stream_the_page_asks_instead(make_place: MakePlace, browser: Browser) -> None:
    for visit in visiting(make_place(live_clients_limit=1), browser):
        visit.log_in()
        expect(visit.page.locator("#live")).to_have_text("En directo")
        second = visit.page.context.new_page()
        second.goto(visit.base + "/")
        expect(second.get_by_text("esta se actualiza cada pocos segundos")).to_be_visible()
        visit.place.box.show(calls=())
        expect(second.get_by_text("Nadie espera.")).to_be_visible()


@pytest.mark.parametrize(("scheme", "days_ago"), [("light", 0), ("dark", 0), ("light", 1)])
def test_it_fits_a_telephone_in_both_languages(
    make_place: MakePlace, browser: Browser, scheme: str, days_ago: int
) -> None:
    """Also when the last calls are of the day before, and say so."""
    context = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "has_touch": True}
    place = make_place()
    with contextlib.closing(sqlite3.connect(place.settings.store)) as store, store:
        store.execute("update calls set offered_at = offered_at - ?", [days_ago * 86_400_000])
    for visit in visiting(place, browser, **context):
        visit.log_in()
        page = visit.page
        for language, path in itertools.product(("ES", "EN"), PAGES):
            page.goto(visit.base + path)
            if page.locator("html").get_attribute("lang") != language.lower():
                page.get_by_role("button", name=language, exact=True).click()
                page.wait_for_load_state()
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"{path} in {language} is {width} px wide"
            for card in page.locator("main section").all():
                inside = card.evaluate("card => card.scrollWidth - card.clientWidth")
                assert inside <= 0, f"{path} in {language}: {card.text_content()!r} is cut"
        visit.complaints[:] = [said for said in visit.complaints if "404" not in said]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_have_contrast(make_place: MakePlace, browser: Browser, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 between every text and what is behind it."""
    for visit in visiting(make_place(), browser, color_scheme=scheme, viewport={"width": 1300, "height": 900}):
        visit.log_in()
        visit.place.box.show(night_mode=True, clock_synchronised=False, switch_connected=False)
        expect(visit.page.get_by_text("El conmutador no responde")).to_be_visible()
        for path in ("/", "/calls/oficina-13", "/worklist"):
            if path != "/":
                visit.page.goto(visit.base + path)
            poor = visit.page.evaluate(CONTRAST)
            assert not poor, poor


CONTRAST = """() => {
  const rgb = (text) => (text.match(/[0-9.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest(".unseen, .skip")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


def test_every_control_has_a_name(visit: Visit) -> None:
    visit.log_in()
    nameless = """() => [...document.querySelectorAll("a, button, summary, input, select, [role=img]")]
      .filter((one) => one.type !== "hidden" && one.checkVisibility())
      .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
      .map((one) => one.outerHTML)"""
    for path in PAGES[:-1]:
        visit.page.goto(visit.base + path)
        assert visit.page.evaluate(nameless) == []
        heads = visit.page.locator("h1").count()
        assert heads == 1, f"{path} has {heads} main headings"


def test_the_recording_can_be_played_from_the_page(visit: Visit) -> None:
    visit.log_in()
    visit.page.goto(visit.base + "/calls/oficina-13")
    seconds = wait_for(
        "the player's length",
        lambda: visit.page.evaluate("document.querySelector('audio').duration || null"),
    )
    assert seconds == pytest.approx(256 * 62 / 2 / 8000, abs=0.05)
    assert re.search("Descargar", visit.page.content())
