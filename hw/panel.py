"""The box's lamps and buttons on gpiozero: patterns out, presses in."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from gpiozero import LED, Factory

from hw.boards import BoardError
from hw.contact import Contact
from hw.gpio_lines import header_chip, load_lgpio
from hw.pi_header import COMPUTERS

T = TypeVar("T")
LampPattern = Literal["off", "steady", "slow_blink", "fast_blink"]

HALF_PERIOD_S: Mapping[LampPattern, float] = {"slow_blink": 0.5, "fast_blink": 0.125}
"""1 Hz and 4 Hz."""

log = logging.getLogger(__name__)


def real_pins() -> Factory:
    """The pins of this Raspberry Pi. Raises BoardError, with what to do, where there are none."""
    try:
        load_lgpio()
        from gpiozero.pins.lgpio import LGPIOFactory

        # gpiozero knows the header's chip by the number that Raspberry Pi OS gives it; Debian's kernel gives another.
        return LGPIOFactory(chip=header_chip({computer.gpio_label for computer in COMPUTERS.values()}))
    except Exception as error:  # lgpio raises its own `lgpio.error`, which cannot be named where it is not installed
        raise BoardError(
            f"the pins of this machine cannot be used: {type(error).__name__}: {error}. On a Raspberry Pi install "
            'python lgpio and let this user use /dev/gpiochip*; elsewhere choose board = "laptop".'
        ) from error


def real_pins_or_none() -> Factory | None:
    """The pins of this Raspberry Pi. None, and why in the log, when they cannot be used: calls that need none go on."""
    try:
        return real_pins()
    except BoardError as error:
        log.error("no panel and no handset ports: %s", error)
        return None


def _had(kind: str, pins: Mapping[str, int], take: Callable[[int], T]) -> dict[str, T]:
    """What could be taken of these pins, by name."""
    had: dict[str, T] = {}
    for name, pin in pins.items():
        try:
            had[name] = take(pin)
        except Exception as error:  # gpiozero, lgpio and the kernel each have their own
            log.error("%s %s: GPIO%d cannot be used: %s: %s", kind, name, pin, type(error).__name__, error)
    return had


class Panel:
    """Lamps by name and buttons by name, one thread for all of them, which sleeps while nothing blinks or moves.

    gpiozero's own `blink` is a thread a lamp; one thread on a common grid of 125 ms costs less, and lamps that blink
    alike blink together. `on_button` is called from the panel's thread once a press. A pin that cannot be had (another
    program has it) is said in the log, and that lamp stays dark, that button does nothing.
    """

    def __init__(
        self,
        lamp_pins: Mapping[str, int],
        button_pins: Mapping[str, int],
        pin_factory: Factory,
        on_button: Callable[[str], None],
    ) -> None:
        self._on_button = on_button
        self._changed = threading.Condition()
        self._closing = False
        self._leds = _had("lamp", lamp_pins, lambda pin: LED(pin, pin_factory=pin_factory))
        self._buttons = _had("button", button_pins, lambda pin: Contact(pin, True, pin_factory, self._wake))
        self._patterns: dict[str, LampPattern] = dict.fromkeys(self._leds, "off")
        self._thread = threading.Thread(target=self._run, name="panel", daemon=True)

    @property
    def lamps(self) -> frozenset[str]:
        return frozenset(self._leds)

    def start(self) -> None:
        self._thread.start()

    def set_lamp(self, name: str, pattern: LampPattern) -> None:
        """From any thread, returns at once. A lamp the board has not is ignored."""
        with self._changed:
            if name in self._patterns and self._patterns[name] != pattern:
                self._patterns[name] = pattern
                self._changed.notify()

    def close(self) -> None:
        """All lamps off, all pins free."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(5)
        self._release()

    def _release(self) -> None:
        for led in self._leds.values():
            if not led.closed:
                led.off()
                led.close()
        for button in self._buttons.values():
            button.close()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        shown: dict[str, bool] = {}
        while True:
            now = time.monotonic()
            pressed = [name for name, button in self._buttons.items() if button.poll()]
            with self._changed:
                patterns = dict(self._patterns)
            for name, pattern in patterns.items():
                lit = pattern == "steady" or (pattern != "off" and int(now / HALF_PERIOD_S[pattern]) % 2 == 0)
                if shown.get(name) != lit:
                    shown[name] = lit
                    self._show(name, lit)
            for name in pressed:
                self._on_button(name)
            with self._changed:
                if self._closing:
                    return
                if patterns == self._patterns:
                    self._changed.wait(self._until_next(now, patterns))

    def _show(self, name: str, lit: bool) -> None:
        try:
            self._leds[name].value = int(lit)
        except Exception:  # a pin that fails (gpiochip gone) must not take the other lamps and the buttons with it
            log.exception("lamp %s cannot be set", name)

    def _until_next(self, now: float, patterns: Mapping[str, LampPattern]) -> float | None:
        """Seconds to the next change of a blinking lamp or to the end of a button's bouncing; None: sleep."""
        blinking = [HALF_PERIOD_S[pattern] for pattern in patterns.values() if pattern in HALF_PERIOD_S]
        moments = [(int(now / half) + 1) * half for half in blinking]
        moments += [button.deadline for button in self._buttons.values() if button.deadline is not None]
        return max(0.0, min(moments) - time.monotonic()) if moments else None
