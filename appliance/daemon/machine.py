"""The ACD with the numbers of what it asks for: all that a journal must be able to rebuild, and nothing that talks.

Everything here is a function of the snapshot and the entries after it, so a replay arrives at the same state and gives
every effect the same number as the first time. That is what makes "exactly once" work: see `loop`.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from appliance.acd.acd import Acd
from appliance.acd.effects import DialLine, DialWithheld
from appliance.acd.ids import LegId
from appliance.acd.inputs import ClockSet
from appliance.acd.money_inputs import DialRefused
from appliance.acd.plan import Plan
from appliance.acd.wire import ToSwitch
from appliance.daemon.journal import (
    FORMAT,
    DeviceReport,
    Entry,
    NumberedStoreEffect,
    Salvaged,
    Snapshot,
    device_name,
)

MAX_UNACKNOWLEDGED = 20_000
"""Effects kept for a switch that is away. Beyond it we no longer try to catch up: when the switch is back, its
inventory of legs says what is, as after a restart of it."""


def withheld(frames: Iterable[ToSwitch], legs: Collection[LegId]) -> Iterable[ToSwitch]:
    """The same; for calls on these legs, which must not be placed, what goes out instead."""
    if not legs:
        return frames
    return [
        ToSwitch(frame.seq, DialWithheld(frame.effect.leg))
        if isinstance(frame.effect, DialLine) and frame.effect.leg in legs
        else frame
        for frame in frames
    ]


@dataclass(frozen=True)
class Asked:
    """What one input led to, numbered."""

    switch: tuple[ToSwitch, ...]
    store: tuple[NumberedStoreEffect, ...]


class Machine:
    def __init__(self, plan: Plan, epoch: int) -> None:
        """A call centre that knows nothing yet but its plan."""
        self.acd = Acd(plan)
        self.epoch = epoch
        self.at_ms = 0
        """When the last input was handled; never goes back."""
        self.switch_incarnation = ""
        self.devices: dict[str, DeviceReport] = {}
        """What this switch last said of each of its lines and stations."""
        self.gave_up = False
        """Effects for this switch were not kept: it can only begin anew."""
        self.last_switch_input = 0
        self.next_effect = 1
        self.unacknowledged: deque[ToSwitch] = deque()
        self.next_store_effect = 1

    @classmethod
    def fresh(cls, plan: Plan, epoch: int, salvaged: Salvaged | None) -> "Machine":
        """One that knows no calls, but perhaps the switch, which goes on."""
        machine = cls(plan, epoch)
        if salvaged is not None:
            machine.switch_incarnation, machine.devices = salvaged.switch_incarnation, dict(salvaged.devices)
            machine.gave_up = True
        return machine

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> "Machine":
        """As it was. Raises what Acd.from_snapshot does for a snapshot this version cannot read."""
        machine = cls.__new__(cls)
        machine.acd = Acd.from_snapshot(snapshot.acd)
        machine.epoch = snapshot.epoch
        machine.at_ms = snapshot.at_ms
        machine.switch_incarnation = snapshot.switch_incarnation
        machine.devices = {device_name(report): report for report in snapshot.devices}
        machine.gave_up = snapshot.gave_up
        machine.last_switch_input = snapshot.last_switch_input
        machine.next_effect = snapshot.next_effect
        machine.unacknowledged = deque(snapshot.unacknowledged)
        machine.next_store_effect = snapshot.next_store_effect
        return machine

    def snapshot(
        self, boot_id: str, code: str, not_stored: tuple[NumberedStoreEffect, ...], skips: tuple[int, ...] = ()
    ) -> Snapshot:
        """Everything `from_snapshot` needs, with what only the daemon knows."""
        return Snapshot(
            format=FORMAT,
            boot_id=boot_id,
            code=code,
            epoch=self.epoch,
            at_ms=self.at_ms,
            acd=self.acd.snapshot(),
            switch_incarnation=self.switch_incarnation,
            last_switch_input=self.last_switch_input,
            next_effect=self.next_effect,
            unacknowledged=tuple(self.unacknowledged),
            next_store_effect=self.next_store_effect,
            not_stored=not_stored,
            devices=tuple(self.devices.values()),
            gave_up=self.gave_up,
            skips=skips,
        )

    def handle(self, entry: Entry) -> Asked:
        """One input, which is in the journal; what is now to be done, numbered. Raises what a bug of the ACD raises."""
        self._note(entry)
        effects = self.acd.handle(entry.input, entry.at_ms)
        switch = tuple(ToSwitch(number, effect) for number, effect in enumerate(effects.switch, self.next_effect))
        store = tuple(
            NumberedStoreEffect(number, effect) for number, effect in enumerate(effects.store, self.next_store_effect)
        )
        self.next_effect += len(switch)
        self.next_store_effect += len(store)
        self.unacknowledged.extend(switch)
        return Asked(switch, store)

    def pass_over(self, entry: Entry) -> None:
        """Leave an input out that the ACD cannot handle, but know that it came: the switch need not say it again."""
        self._note(entry)

    def _note(self, entry: Entry) -> None:
        if isinstance(entry.input, DialRefused):
            self._withhold(entry.input.leg)
        if isinstance(entry.input, DeviceReport):
            self.devices[device_name(entry.input)] = entry.input
        if entry.first_effect:
            if entry.switch_incarnation != self.switch_incarnation:
                self.devices.clear()
            self.gave_up = False
            self.unacknowledged.clear()
            self.next_effect = entry.first_effect
            self.switch_incarnation = entry.switch_incarnation
            self.last_switch_input = 0
        if entry.switch_seq:
            self.last_switch_input = entry.switch_seq
        self.at_ms = entry.at_ms

    def _withhold(self, leg: LegId) -> None:
        """It was not sent, and never is; the numbers of what is leave no gap."""
        self.unacknowledged = deque(withheld(self.unacknowledged, (leg,)))

    @property
    def clock_told(self) -> ClockSet:
        """What the ACD was last told of the wall clock."""
        return ClockSet(self.acd.state.utc_offset_ms, self.acd.state.clock_synchronised)

    def done_by_switch(self, effect: int) -> None:
        """The switch carried out every effect up to this number."""
        while self.unacknowledged and self.unacknowledged[0].seq <= effect:
            self.unacknowledged.popleft()

    def can_go_on_with(self, incarnation: str, last_effect: int) -> bool:
        """Whether a switch that says this of itself is where we left it: then the rest is sent, else it begins anew.

        It is not when it was restarted, when we gave up keeping effects for it, or when it has carried out effects we
        know nothing of (our journal ended early).
        """
        return incarnation == self.switch_incarnation and last_effect < self.next_effect and not self.gave_up

    def give_up_on_switch(self) -> bool:
        """Stop keeping effects for a switch that is away too long; True when that was decided now."""
        if len(self.unacknowledged) <= MAX_UNACKNOWLEDGED:
            return False
        self.unacknowledged.clear()
        self.gave_up = True
        return True
