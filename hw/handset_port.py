"""A desk handset on the box (`devices.HandsetDevice`): hook switch, lamp and ringer by gpiozero, sound by ALSA."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable

from gpiozero import LED, Factory

from hw.boards import BoardError, HandsetWiring
from hw.card_sound import CardSound
from hw.contact import Contact
from hw.devices import HandsetEvent, HookLifted, HookReplaced, PortHealth, SoundExchange

LAMP_HALF_PERIOD_S = 0.25
"""The lamp blinks twice a second while it rings."""
RINGER_ON_S = 1.5
RINGER_PERIOD_S = 4.5
"""The ringer's cadence is that of Spain's ringing tone, 1.5 s on and 3 s off (ITU-T E.180, supplement 2)."""
PROBE_UP_S = 15.0
PROBE_DOWN_FIRST_S = 0.5
PROBE_DOWN_MAX_S = 2.0

log = logging.getLogger(__name__)


class HandsetPort:
    """One handset port. `start` claims the pins; all else is told by `events`.

    `start` raises gpiozero.GPIOPinInUse, and BoardError when `pin_factory` is None: pins that cannot be used.

    A handset that is off the hook when it starts is reported by HookLifted *before* the first PortHealth: whoever
    listens knows by that order that it was found so, and that there may have been a call. The sound card is tried at
    start, then each 15 s while nobody talks, more often while it is missing.
    """

    def __init__(
        self, wiring: HandsetWiring, pin_factory: Factory | None, events: Callable[[HandsetEvent], None]
    ) -> None:
        self._wiring = wiring
        self._pin_factory = pin_factory
        self._events = events
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = False
        self._ringing_since: float | None = None
        self._detail: str | None = None
        self._reported: PortHealth | None = None
        self._probe_at = 0.0
        self._probe_down_s = PROBE_DOWN_FIRST_S
        self._sound = CardSound(wiring.alsa_capture, wiring.alsa_playback, self._sound_is)
        self._hook: Contact | None = None
        self._lamp: LED | None = None
        self._ringer: LED | None = None
        self._thread = threading.Thread(target=self._run, name=f"handset {wiring.number}", daemon=True)

    def start(self) -> None:
        if self._pin_factory is None:  # gpiozero would look for pins by itself
            raise BoardError("this machine has none that this program may use")
        try:
            self._hook = Contact(
                self._wiring.hook_pin, self._wiring.hook_active_low, self._pin_factory, lambda: self._wakes.put(None)
            )
            self._lamp = LED(self._wiring.lamp_pin, pin_factory=self._pin_factory)
            if self._wiring.ringer_pin is not None:
                self._ringer = LED(self._wiring.ringer_pin, pin_factory=self._pin_factory)
        except BaseException:
            self._release()
            raise
        self._thread.start()

    def ring(self, on: bool) -> None:
        """Blink the lamp and sound the ringer, until told otherwise."""
        if not on:
            self._ringing_since = None
        elif self._ringing_since is None:
            self._ringing_since = time.monotonic()
        self._wakes.put(None)

    def attach_sound(self, exchange: SoundExchange) -> None:
        self._sound.attach(exchange)

    def detach_sound(self) -> None:
        self._sound.detach()

    def close(self) -> None:
        """Lamp off, pins and sound card free. No event after it has returned."""
        self._closing = True
        self._wakes.put(None)
        if self._thread.ident is not None:
            self._thread.join(5)
        self._sound.close()
        self._release()

    def _release(self) -> None:
        for led in (self._lamp, self._ringer):
            if led is not None and not led.closed:
                led.off()
                led.close()
        if self._hook is not None:
            self._hook.close()

    def _sound_is(self, detail: str | None) -> None:
        """What the sound says of itself, from its thread or from our probe: None is well."""
        self._detail = detail
        self._wakes.put(None)

    def _run(self) -> None:
        assert self._hook is not None
        if self._hook.closed:
            self._tell(HookLifted())
        self._sound.probe()
        self._tell_health()
        self._plan_probe()
        while not self._closing:
            with contextlib.suppress(queue.Empty):
                self._wakes.get(timeout=self._until_next(self._hook))
            if self._closing:
                return
            lifted = self._hook.poll()
            if lifted is not None:
                self._tell(HookLifted() if lifted else HookReplaced())
            self._show_ringing()
            if time.monotonic() >= self._probe_at:
                self._sound.probe()
                self._plan_probe()
            self._tell_health()

    def _plan_probe(self) -> None:
        if self._detail is None:
            self._probe_down_s = PROBE_DOWN_FIRST_S
            self._probe_at = time.monotonic() + PROBE_UP_S
        else:
            self._probe_at = time.monotonic() + self._probe_down_s
            self._probe_down_s = min(2 * self._probe_down_s, PROBE_DOWN_MAX_S)

    def _tell_health(self) -> None:
        detail = self._detail
        health = PortHealth("up", "the sound card answers") if detail is None else PortHealth("down", detail)
        if self._reported is None or self._reported.state != health.state:
            self._reported = health
            if health.state == "down":
                self._plan_probe()
            self._tell(health)

    def _tell(self, event: HandsetEvent) -> None:
        try:
            self._events(event)
        except Exception:
            log.exception("handset port %d: %s was not taken", self._wiring.number, event)

    def _show_ringing(self) -> None:
        since = self._ringing_since
        ringing_s = 0.0 if since is None else time.monotonic() - since
        lit = since is not None and int(ringing_s / LAMP_HALF_PERIOD_S) % 2 == 0
        sounding = since is not None and ringing_s % RINGER_PERIOD_S < RINGER_ON_S
        for led, on in ((self._lamp, lit), (self._ringer, sounding)):
            if led is not None and bool(led.value) != on:
                led.value = int(on)

    def _until_next(self, hook: Contact) -> float:
        now = time.monotonic()
        moments = [self._probe_at]
        since = self._ringing_since
        if since is not None:  # the ringer's moments are among the lamp's: 1.5 s and 4.5 s are whole half-periods
            moments.append(since + (int((now - since) / LAMP_HALF_PERIOD_S) + 1) * LAMP_HALF_PERIOD_S)
        if hook.deadline is not None:
            moments.append(hook.deadline)
        return max(0.001, min(moments) - now)
