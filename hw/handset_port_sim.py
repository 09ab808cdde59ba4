"""The twin of a desk handset: its hook, lamp and ringer at the bench pins, its sound at the ALSA twin's card."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from hw.bench_client import BenchClient, BenchRefused, BenchSubscription, BenchUnreachable
from hw.boards import Board, HandsetWiring
from hw.sound_card_sim import HandsetSoundTwin, write_alsa_configuration
from hw.twins import FarEnd

BOUNCES = 3
BOUNCE_S = 0.002
RECONNECT_S = 0.2
BLINK_MEMORY_S = 0.6
"""A lamp that was lit this short a time ago is blinking, not off."""


class HandsetTwin:
    """A desk handset with a person in front of it (`twins.HandsetTwin`), for a switch in another process.

    `bench` is the switch's bench socket, `memory_file` the shared file of this handset's sound card. The hook bounces,
    as hooks do. The switch may die and come back: the handset stays lifted or replaced as it is, and tells the new
    one. `on_ringing` is called from the twin's thread when the lamp begins (True) and ends (False) to blink.
    """

    def __init__(
        self,
        wiring: HandsetWiring,
        bench: Path,
        memory_file: Path,
        *,
        drift_ppm: int = 0,
        playback_drift_ppm: int | None = None,
        on_ringing: Callable[[bool], None] | None = None,
    ) -> None:
        self.sound = HandsetSoundTwin(memory_file, drift_ppm=drift_ppm, playback_drift_ppm=playback_drift_ppm)
        self._wiring = wiring
        self._client = BenchClient(bench)
        self._on_ringing = on_ringing
        self._hook_lock = threading.Lock()
        self._lifted = False
        self._outputs = {pin for pin in (wiring.lamp_pin, wiring.ringer_pin) if pin is not None}
        self._lit: set[int] = set()
        self._lit_at = float("-inf")
        self._ringing = False
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._subscription: BenchSubscription | None = None
        self._thread = threading.Thread(target=self._run, name=f"handset-twin-{wiring.number}", daemon=True)

    def start(self) -> None:
        self.sound.start()
        self._thread.start()

    def lift(self) -> None:
        self._move_hook(True)

    def replace(self) -> None:
        self._move_hook(False)

    @property
    def lifted(self) -> bool:
        return self._lifted

    @property
    def ringing(self) -> bool:
        """Whether its lamp or ringer is on (blinking counts)."""
        return self._ringing

    def wait_ringing(self, on: bool, timeout_s: float) -> bool:
        """Wait until it rings (or does not); False when that has not come within `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ringing == on, timeout_s)

    def attach_person(self, person: FarEnd | None) -> None:
        self.sound.attach_person(person)

    def unplug(self) -> None:
        """Pull the handset's sound card out of its USB port (the hook is wired to the board, and stays)."""
        self.sound.unplug()

    def plug(self) -> None:
        self.sound.plug()

    def close(self) -> None:
        self._closing.set()
        subscription = self._subscription
        if subscription is not None:
            subscription.close()
        if self._thread.ident is not None:
            self._thread.join(5)
        self.sound.close()
        self._client.close()

    def _move_hook(self, lifted: bool) -> None:
        """Drive the hook pin, bouncing. With no switch there, the position is told to the next one."""
        with self._hook_lock:
            if lifted == self._lifted:
                return
            self._lifted = lifted
            try:
                for _ in range(BOUNCES):
                    self._drive(lifted)
                    time.sleep(BOUNCE_S)  # the contact's own time, not a wait for anything
                    self._drive(not lifted)
                self._drive(lifted)
            except (BenchUnreachable, BenchRefused):
                pass  # `_run` drives it once there is a switch that uses the pin

    def _drive(self, lifted: bool) -> None:
        self._client.drive(self._wiring.hook_pin, 0 if lifted == self._wiring.hook_active_low else 1)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                with self._client.subscribe() as self._subscription:
                    if not self._closing.is_set():
                        self._watch(self._subscription)
            except (BenchUnreachable, BenchRefused):
                pass  # no switch, or one that has not claimed its pins yet
            self._lit.clear()
            self._tell_ringing(False)
            self._closing.wait(RECONNECT_S)

    def _watch(self, subscription: BenchSubscription) -> None:
        with self._hook_lock:
            self._drive(self._lifted)
        while not self._closing.is_set():
            change = subscription.next_change(BLINK_MEMORY_S / 2 if self._ringing else None)
            if change is not None and change.pin in self._outputs:
                (self._lit.add if change.level else self._lit.discard)(change.pin)
                self._lit_at = time.monotonic()
            if self._lit:
                self._tell_ringing(True)
            elif time.monotonic() - self._lit_at > BLINK_MEMORY_S:
                self._tell_ringing(False)

    def _tell_ringing(self, ringing: bool) -> None:
        if ringing == self._ringing:
            return
        with self._changed:
            self._ringing = ringing
            self._changed.notify_all()
        if self._on_ringing is not None:
            self._on_ringing(ringing)


def sound_card_file(folder: Path, number: int) -> Path:
    """The shared file of handset port `number`'s simulated sound card."""
    return folder / f"handset{number}.card"


def make_sound_cards(board: Board, folder: Path, native_dir: Path, numbers: Iterable[int] = ()) -> dict[str, str]:
    """Write the ALSA configuration that gives a board with simulated handsets its sound cards, whose shared files are
    `sound_card_file(folder, n)`. Returns the environment variables the switch must have (ALSA_CONFIG_PATH)."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(numbers)
    cards = {
        name: sound_card_file(folder, port.number)
        for port in board.handset_port
        if not wanted or port.number in wanted
        for name in (port.alsa_capture, port.alsa_playback)
    }
    return write_alsa_configuration(folder / "alsa.conf", cards, native_dir)
