"""A mechanical contact on a pin (hook switch, button) without its bouncing; whoever owns it has the thread."""

import time
from collections.abc import Callable
from typing import Self

from gpiozero import DigitalInputDevice, Factory

DEBOUNCE_S = 0.05
"""Hook switches and cheap buttons bounce for up to 20 ms; a person is never this fast."""


class Contact:
    """A switch between a pin and ground (or, not `active_low`, between the pin and 3.3 V).

    gpiozero's own `bounce_time` is left alone: each factory does it differently, the mock one not at all. `wake` is
    called from gpiozero's thread at each edge; the owner then calls `poll` now and when `deadline` has come. (A
    gpiozero Button would start a thread for each button that is held.) Raises gpiozero.GPIOPinInUse.
    """

    def __init__(self, pin: int, active_low: bool, factory: Factory, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._moved_at: float | None = None
        self._device = DigitalInputDevice(pin, pull_up=active_low, pin_factory=factory)
        self.closed = bool(self._device.is_active)
        """The settled state: closed is lifted, or pressed."""
        self._device.when_activated = self._edge
        self._device.when_deactivated = self._edge

    def _edge(self) -> None:
        self._moved_at = time.monotonic()
        self._wake()

    @property
    def deadline(self) -> float | None:
        """When it will have settled (time.monotonic), while it moves."""
        return None if self._moved_at is None else self._moved_at + DEBOUNCE_S

    def poll(self) -> bool | None:
        """The new settled state if it has one; else None. An edge that gpiozero missed is noticed here too."""
        moved_at = self._moved_at
        if moved_at is not None and time.monotonic() < moved_at + DEBOUNCE_S:
            return None
        self._moved_at = None  # before the level is read: an edge from here on counts anew
        closed = bool(self._device.is_active)
        if closed == self.closed:
            return None
        if moved_at is None:
            self._moved_at = time.monotonic()
            return None
        self.closed = closed
        return closed

    def close(self) -> None:
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
