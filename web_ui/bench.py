"""The bench: the simulated box as if it stood on the desk, in the demo only.

Lamps follow the mock pins of the running switch; buttons, handsets and callers are the reader's to operate.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, abort, copy_current_request_context, render_template, request, url_for
from flask.json import dumps
from flask.typing import ResponseReturnValue

from appliance.acd.view import Status
from appliance.demo.world_records import WorldRefused, WorldState
from appliance.demo.world_socket import WorldClient
from hw.bench_client import BenchClient, BenchRefused, BenchSubscription, BenchUnreachable
from web_ui.actions import answer
from web_ui.bench_form import read_call_form
from web_ui.checks import checked_name
from web_ui.live import HEARTBEAT_S, event_stream
from web_ui.settings import BenchSettings
from web_ui.site import Site, tell, this_site

log = logging.getLogger(__name__)

STREAM_S = 300
LOOK_S = 0.3
"""How often the world is looked at; pins are told at once."""
PRESS_S = 0.2
"""How long a button stays down: longer than any debouncing."""
ANSWER_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class OnStation:
    """`caller` is None while the station has no call, "" for a withheld number."""

    agent: str
    caller: str | None


class Bench:
    """The two sockets of the bench and the pages that use them."""

    def __init__(self, settings: BenchSettings) -> None:
        self.settings = settings
        self.world = WorldClient(settings.world_socket, timeout_s=ANSWER_TIMEOUT_S)
        self.pins = BenchClient(settings.bench_socket, timeout_s=ANSWER_TIMEOUT_S)
        self._pressing = threading.Lock()

    def page(self) -> str:
        this_site().hub.now()
        return render_template("bench.html", bench=self.settings, **self._world_values())

    def stream(self) -> Response:
        """`text/event-stream`: `{"pins": {pin: level}}`, `{"parts": {name: html}}`, `{"panel": "why it is away"}`.

        Shares the places of the overview's streams; `{"full": true}` when there is none.
        """
        places = this_site().live_places
        if not places.acquire(blocking=False):
            return event_stream(iter((f"data: {dumps({'full': True})}\n\n",)))
        response = event_stream(
            self._events(this_site(), copy_current_request_context(self._scene), tell("bench.panel_away"))
        )
        response.call_on_close(places.release)
        return response

    def place_call(self) -> ResponseReturnValue:
        """Form: `line`, `caller`, `patience_s`, `talk_s`."""
        form = read_call_form(request.form)

        def order() -> str:
            call = self.world.place_call(form.line, form.caller, form.patience_s, form.talk_s)
            return tell("bench.placed", call=call, line=form.line)

        return self._ordered(order)

    def station(self, station: str, action: str) -> ResponseReturnValue:
        """`action`: lift, replace or automatic."""
        orders: dict[str, Callable[[str], None]] = {
            "lift": self.world.lift,
            "replace": self.world.replace,
            "automatic": self.world.automatic,
        }
        return self._named_order(orders, action, checked_name(station))

    def line(self, line: str, action: str) -> ResponseReturnValue:
        """`action`: unplug or plug."""
        return self._named_order({"unplug": self.world.unplug, "plug": self.world.plug}, action, checked_name(line))

    def end_call(self, call: str) -> ResponseReturnValue:
        return self._named_order({"end": self.world.end_call}, "end", call)

    def press(self, button: str) -> ResponseReturnValue:
        """A finger on a panel button, and off again."""
        pin = self.settings.button_pins.get(button)
        if pin is None:
            abort(404)
        try:
            with self._pressing:
                self.pins.drive(pin, 0)
                time.sleep(PRESS_S)
                self.pins.drive(pin, 1)
        except (BenchUnreachable, BenchRefused) as error:
            log.warning("button %s could not be pressed: %s", button, error)
            return self._answer(False, tell("bench.panel_away"))
        return self._answer(True, "")

    def _named_order(self, orders: dict[str, Callable[[str], None]], action: str, name: str) -> ResponseReturnValue:
        order = orders.get(action)
        if order is None:
            abort(404)

        def carry_out() -> str:
            order(name)
            return ""

        return self._ordered(carry_out)

    def _ordered(self, order: Callable[[], str]) -> ResponseReturnValue:
        try:
            return self._answer(True, order())
        except WorldRefused as refusal:
            return self._answer(False, tell("bench.refused", why=str(refusal)))
        except OSError as error:
            log.warning("the world does not answer: %s", error)
            return self._answer(False, tell("bench.away"))

    def _answer(self, ok: bool, message: str) -> ResponseReturnValue:
        return answer(ok, message, url_for("bench.page"))

    def _scene(self) -> str:
        return render_template("parts/bench_world.html", **self._world_values()).strip()

    def _world_values(self) -> dict[str, object]:
        status = this_site().hub.latest.status
        return {
            "world": self._look(),
            "lamp_pins": self.settings.handset_lamp_pins,
            "on_station": lambda station: who_is_on(status, station),
        }

    def _look(self) -> WorldState | None:
        try:
            return self.world.state()
        except (OSError, WorldRefused):
            return None

    def _events(self, site: Site, scene: Callable[[], str], panel_away: str) -> Iterator[str]:
        known: dict[str, str] = {}
        pins: BenchSubscription | None = None
        next_look_s = next_try_s = next_beat_s = 0.0
        end_s = time.monotonic() + STREAM_S
        yield "retry: 1000\n\n"
        try:
            while (now_s := time.monotonic()) < end_s and not site.hub.closing:
                if pins is None and now_s >= next_try_s:
                    next_try_s = now_s + 1
                    pins = self._subscribe()
                    yield _event({"panel": "" if pins else panel_away})
                if now_s >= next_look_s:
                    next_look_s = now_s + LOOK_S
                    parts = {"world": scene()}
                    if parts != known:
                        known = parts
                        yield _event({"parts": parts, "now": site.utc_ms()})
                if now_s >= next_beat_s:
                    next_beat_s = now_s + HEARTBEAT_S
                    yield _event({})
                try:
                    if pins is None:
                        time.sleep(LOOK_S)
                    elif change := pins.next_change(max(0.01, next_look_s - time.monotonic())):
                        yield _event({"pins": {change.pin: change.level}})
                except BenchUnreachable:
                    pins = None
        finally:
            if pins is not None:
                pins.close()

    def _subscribe(self) -> BenchSubscription | None:
        try:
            return self.pins.subscribe()
        except (BenchUnreachable, BenchRefused):
            return None


def who_is_on(status: Status | None, station: str) -> OnStation:
    """Who is logged in at a station and whom they have on the line, as the ACD knows."""
    agent = (
        next((a for a in status.agents if a.station == station and a.state != "logged_out"), None) if status else None
    )
    if status is None or agent is None:
        return OnStation("", None)
    call = next((c for c in status.calls if c.call == agent.call), None)
    return OnStation(agent.agent, call.caller if call else None)


def make_blueprint(settings: BenchSettings) -> Blueprint:
    """The bench's pages, for a demo whose sockets are those of `settings`."""
    bench = Bench(settings)
    blueprint = Blueprint("bench", __name__, url_prefix="/bench")
    blueprint.get("", endpoint="page")(bench.page)
    blueprint.get("/live", endpoint="stream")(bench.stream)
    blueprint.post("/calls", endpoint="place_call")(bench.place_call)
    blueprint.post("/calls/<call>/end", endpoint="end_call")(bench.end_call)
    blueprint.post("/stations/<station>/<action>", endpoint="station")(bench.station)
    blueprint.post("/lines/<line>/<action>", endpoint="line")(bench.line)
    blueprint.post("/buttons/<button>", endpoint="press")(bench.press)
    return blueprint


def _event(news: dict[str, object]) -> str:
    return f"data: {dumps(news)}\n\n"
