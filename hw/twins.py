"""What every twin promises to tests and the demo: the other side of a device, where the network and the people are.

A twin is as unkind as the device it stands for: answers come late, twice, interleaved or not at all when its faults say
so, sound runs on the twin's own clock, and unplugging makes the port disappear. It is driven by the same names whatever
the device. Sound is signed 16-bit little-endian mono at 8,000 Hz, exchanged in the twin's clock.
"""

from collections.abc import Callable
from typing import Protocol

FarEnd = Callable[[bytes], bytes]
"""Gets what the far end hears, returns as many samples of what it says."""


class LineTwin(Protocol):
    """A modem with a telephone network behind it, on a pseudo-terminal (or two)."""

    port: str
    """Path of the tty the driver opens; a stable symbolic link that disappears while unplugged."""
    audio_port: str
    """Path of the sound tty; the same as `port` for modems that have one."""
    on_event: Callable[[str, str], None]
    """Called from the twin's thread: ("answered" | "hung_up" | "dialled" | "digit", detail)."""

    def start(self) -> None: ...
    def ring(self, caller: str, called: str = "") -> None:
        """The network offers a call. "" is a withheld number. Raises RuntimeError while another call is up."""

    def far_end_answers(self) -> None: ...
    def far_end_is_busy(self) -> None: ...
    def far_end_hangs_up(self) -> None: ...
    def send_digits(self, digits: str) -> None: ...
    def attach_far_end(self, far_end: FarEnd) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def reboot(self) -> None: ...
    def close(self) -> None: ...


class HandsetTwin(Protocol):
    """A desk handset with a person in front of it."""

    def start(self) -> None: ...
    def lift(self) -> None: ...
    def replace(self) -> None: ...
    @property
    def ringing(self) -> bool:
        """Whether its ringer/lamp is on (blinking counts)."""

    def attach_person(self, person: FarEnd) -> None: ...
    def close(self) -> None: ...
