"""The loop: one inbox, one thread; every input is journalled, then handled, then what it asks for is done.

    switch, clients, clock, deadlines -> input -> journal -> Machine.handle -> switch effects: sent at once
                                                                           -> store effects: queued for the disk

Exactly once, whenever the process is killed:
  - Killed before an input is in the journal: nobody acted on it. The switch was not told otherwise and says it again;
    a client was not answered.
  - Killed after: the replay handles it again and gives every effect the number it had. Effects the switch has carried
    out are known by `last_effect` of its Hello and are not sent again, the others are, in order. A repeated input
    from the switch is known by its number. Store effects up to the number stored with the last commit are passed
    over; any other changes nothing if it is there already.
  - A snapshot carries the effects the switch has not confirmed and those not yet durable, so dropping the inputs
    before it loses nothing.
  - The switch dies while we are dead: what it said in between is in a file it left (`unheard`), and is heard first.
  - A switch that was restarted, or that knows more than our journal, begins anew: SwitchStarted with its inventory.
  - An input that makes the ACD raise kills it; the replay meets it again, leaves it out and goes on.

Nothing between an input and its effect waits for a disk.
"""

import logging
import os
import selectors
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from appliance.acd.inputs import (
    Command,
    DaemonStarted,
    Input,
    PlanChanged,
    SwitchBack,
    SwitchLost,
    SwitchStarted,
    Tick,
)
from appliance.acd.line_effects import StoreNotice
from appliance.acd.message_inputs import MessagesStored
from appliance.acd.wire import FromSwitch, Hello, ToSwitch
from appliance.box_health.facts import Places
from appliance.configuration.file import ConfigurationError
from appliance.daemon.authoriser import Authoriser
from appliance.daemon.clock import DRIFT_LOOK_MS, Clock, ClockWatch
from appliance.daemon.control_messages import Message, Request
from appliance.daemon.control_socket import ControlSocket
from appliance.daemon.health_watch import HealthWatch
from appliance.daemon.journal import Entry, Journal
from appliance.daemon.machine import Machine, withheld
from appliance.daemon.messengers import LogMessenger, Messenger, TextMessenger, tell
from appliance.daemon.notify import Notifier
from appliance.daemon.reports import Beginning, Reports
from appliance.daemon.settings import Settings
from appliance.daemon.store import Store
from appliance.daemon.switch_link import SwitchLink
from appliance.daemon.tariff_keeper import TariffKeeper
from appliance.daemon.unheard import read_unheard

log = logging.getLogger(__name__)

STATUS_EVERY_MS = 200
STATUS_AT_LEAST_EVERY_MS = 5_000
BACKLOG_MS = 50
"""What happened while we were away is heard before our own deadlines are: an answer that came in time counts."""
WAIT_FOR_SWITCH_MS = 300
SNAPSHOT_RETRY_MS = 1_000


class Loop:
    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        store: Store,
        clock: Clock,
        settings: Settings,
        read_settings: Callable[[], Settings],
        beginning: Beginning,
        tariffs: TariffKeeper,
    ) -> None:
        self._machine = machine
        self._journal = journal
        self._store = store
        self._clock = clock
        self._settings = settings
        self._read_settings = read_settings
        self._beginning = beginning
        self._selector = selectors.DefaultSelector()
        self._control = ControlSocket(settings.control_socket, self._selector, self._answer)
        self._link = SwitchLink(settings.switch_socket, self._selector, self)
        self._watch = ClockWatch(clock, beginning.clock_told)
        self._notifier = Notifier(clock.monotonic_ms())
        self._alive_ms: int | None = None
        """Until when the switch we knew is known to have lived, if it wrote so while we were dead."""
        self._stopping = False
        self._reload_wanted = False
        self._ticks_from_ms = clock.monotonic_ms() + WAIT_FOR_SWITCH_MS
        self._changed = True
        self._published_ms = 0
        self._snapshot_from_ms = 0
        self._texts = TextMessenger(lambda: self._settings)
        self._messengers: tuple[Messenger, ...] = (LogMessenger(), self._texts)
        self._tariffs = tariffs
        self._money = Authoriser(machine, store)
        self._unsent: list[ToSwitch] = []
        """Of inputs that led to a call that must not be placed, until it is in the journal that it is not."""
        self._health = HealthWatch(Places(settings.data_dir), store, clock, self._wake)
        self._reports = Reports(machine, journal, store, self._link, clock, beginning, tariffs, self._health)
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._woken)
        store.on_messages_stored = tariffs.done = self._wake

    # --- its life

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then everything is put in order for the next life."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._hang_up)
        self._link.look_after(self._clock.monotonic_ms())
        self._first_inputs()
        self._take_snapshot()
        back_after_ms = self._reports.ready()
        log.info("the ACD takes calls, %d ms after its process began", back_after_ms)
        self._notifier.ready(f"takes calls, life {self._beginning.incarnation}")
        self._health.start()
        while not self._stopping:
            self._turn()
        self._end()

    def _first_inputs(self) -> None:
        """In the journal's own time, so that what the switch kept for us is not older than what we begin with."""
        at_ms = self._machine.at_ms or self._clock.monotonic_ms()
        self._take(DaemonStarted(self._beginning.incarnation), at_ms)
        clock_set = self._watch.change()
        if clock_set is not None:
            self._take(clock_set, at_ms)
        self._money.begin(self._settings, self._machine.at_ms, sent=False)
        if self._beginning.restore is not None:
            self._take(self._beginning.restore, at_ms)
        if self._settings.plan != self._machine.acd.plan:
            self._take(PlanChanged(self._settings.plan), at_ms)
        if self._lost_ms is None:
            self._hear_the_dead()
        if not self._link.connected and self._lost_ms is None:
            self._take(SwitchLost(), self._clock.monotonic_ms())  # it died while we were dead

    def _hear_the_dead(self) -> None:
        """What the switch we knew said after our own death, each at its time, in case it did not survive.

        If it did, it says the same again, with the same numbers. Effects are not sent: who is connected now may be
        another switch, which has numbers of its own; what is still wanted of the one we know it is sent when it
        introduces itself.
        """
        machine, now_ms = self._machine, self._clock.monotonic_ms()
        left = read_unheard(self._settings.switch_socket, machine.switch_incarnation)
        if left is None:
            return
        unheard = [frame for frame in left.inputs if frame.seq > machine.last_switch_input]
        log.info("the switch said %d things while there was no ACD", len(unheard))
        for frame in unheard:
            at_ms = max(min(frame.at_ms, now_ms), machine.at_ms)
            self._take_entry(Entry(at_ms, frame.input, frame.seq), to_switch=False)
        self._alive_ms = min(left.alive_ms, now_ms)
        if not self._link.connected:
            self._take(SwitchLost(), self._alive_ms)

    def _end(self) -> None:
        log.info("stopping: calls stay up in the switch")
        self._notifier.stopping()
        self._health.stop()
        self._control.close()
        self._link.close()
        self._store.on_messages_stored = self._tariffs.done = lambda: None  # they are told again
        if not self._store.stop(timeout_s=3.0):
            log.warning("%d effects could not be stored yet; they are in the journal", self._store.pending)
        self._take_snapshot()
        self._journal.close()
        self._selector.close()
        signal.set_wakeup_fd(-1)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _turn(self) -> None:
        ready = self._selector.select(self._wait_s())
        # The switch first: somebody is on the phone.
        ready.sort(key=lambda one: one[0].data != self._link.ready)
        for key, mask in ready:
            key.data(mask)
        now_ms = self._clock.monotonic_ms()
        self._link.look_after(now_ms)
        if self._reload_wanted:
            self._reload_wanted = False
            self._reload()
        self._take_tariffs()
        for seen in (self._watch.change(), self._health.take()):
            if seen is not None:
                self._take(seen, now_ms)
        self._messages_stored(now_ms)
        self._money.costs_stored()
        for said in self._money.due(now_ms) if now_ms >= self._ticks_from_ms else ():
            self._take(said, now_ms)
        self._tick(now_ms)
        if self._machine.give_up_on_switch():
            log.error("the switch is away too long; when it is back, its inventory of legs says what is")
        self._publish(now_ms)
        self._snapshot_in_time(now_ms)
        self._notifier.alive(now_ms)

    def _wait_s(self) -> float:
        """Until the first thing that is to be done at a time of its own."""
        now_ms = self._clock.monotonic_ms()
        wakes = [now_ms + (self._notifier.every_ms or DRIFT_LOOK_MS), now_ms + DRIFT_LOOK_MS]
        deadline_ms = self._machine.acd.next_deadline()
        if deadline_ms is not None:
            wakes.append(max(deadline_ms, self._ticks_from_ms))
        if (money_ms := self._money.next_ms()) is not None:
            wakes.append(max(money_ms, self._ticks_from_ms))
        if self._link.wakes_at_ms is not None:
            wakes.append(self._link.wakes_at_ms)
        if self._control.has_subscribers:
            wakes.append(self._published_ms + (STATUS_EVERY_MS if self._changed else STATUS_AT_LEAST_EVERY_MS))
        return max(0, min(wakes) - now_ms) / 1000

    def _tick(self, now_ms: int) -> None:
        deadline_ms = self._machine.acd.next_deadline()
        if deadline_ms is None or deadline_ms > now_ms or now_ms < self._ticks_from_ms:
            return
        self._take(Tick(), now_ms)
        again_ms = self._machine.acd.next_deadline()
        if again_ms is not None and again_ms <= now_ms:
            self._ticks_from_ms = now_ms + 10  # never spin, whatever the ACD asks for

    def _wake(self) -> None:
        """From any thread. A full pipe wakes too."""
        with suppress(OSError):
            os.write(self._wake_write, b"!")

    def _messages_stored(self, now_ms: int) -> None:
        """The modems may empty what is on the disk."""
        stored = self._store.messages_stored
        if stored:
            self._take(MessagesStored(tuple(stored.popleft() for _ in range(len(stored)))), now_ms)

    # --- inputs

    def _take(self, input_: Input, at_ms: int, switch_seq: int = 0) -> None:
        """An input that happened at `at_ms`. Time never goes back: what comes late happened when it is heard."""
        self._take_entry(Entry(max(at_ms, self._machine.at_ms), input_, switch_seq))

    def _take_entry(self, entry: Entry, *, to_switch: bool = True) -> None:
        """Journal, handle, do; `to_switch`: the switch it came from, or that is to do what is asked, is connected."""
        if self._journal.append(entry) and entry.switch_seq and to_switch:
            self._link.ack_later(entry.switch_seq)
        asked = self._machine.handle(entry)
        refused = self._money.heard(entry, asked)
        self._unsent += withheld(asked.switch, [one.leg for one in refused])
        if self._unsent and not refused:
            if to_switch:
                self._link.send(self._unsent)
            self._unsent.clear()
        for effect in asked.store:
            self._store.put(effect)
            if isinstance(effect.effect, StoreNotice):
                tell(self._messengers, effect.effect, self._settings.language)
        for one in refused:
            self._take_entry(Entry(entry.at_ms, one), to_switch=to_switch)
        self._changed = True
        if to_switch and (wanted := self._texts.next_wanted()) is not None:
            self._take(wanted, entry.at_ms)

    def switch_said_hello(self, hello: Hello) -> None:
        machine, now_ms = self._machine, self._clock.monotonic_ms()
        self._ticks_from_ms = now_ms + BACKLOG_MS
        if machine.can_go_on_with(hello.incarnation, hello.last_effect):
            machine.done_by_switch(hello.last_effect)
            for refused in self._money.switch_is_back(max(now_ms, machine.at_ms)):
                self._take_entry(Entry(max(now_ms, machine.at_ms), refused), to_switch=False)
            log.info("the switch is back where it was; %d effects are sent again", len(machine.unacknowledged))
            self._link.send(machine.unacknowledged)
            self._link.ack_later(machine.last_switch_input)
            if self._lost_ms is not None:
                self._take(SwitchBack(), now_ms)
        else:
            if self._lost_ms is None and hello.incarnation != machine.switch_incarnation:
                self._hear_the_dead()
                self._take(SwitchLost(), now_ms if self._alive_ms is None else self._alive_ms)
            self._switch_started(hello, now_ms if self._lost_ms is None else self._lost_ms)
        self._changed = True

    @property
    def _lost_ms(self) -> int | None:
        """When the switch went away; in the journal, for we may die before it is back. None while it is there."""
        lost_ms = self._machine.acd.state.switch_lost_ms
        return None if lost_ms < 0 else lost_ms

    def _switch_started(self, hello: Hello, at_ms: int) -> None:
        """Begin anew with a switch. `at_ms`: its legs ended when the last one died, not when this one is heard; what
        this one kept for us happened in between."""
        log.info("a switch introduced itself: incarnation %s, %d legs", hello.incarnation, len(hello.legs))
        # The ACD takes a name it knows for the switch it knows, and here that is the very thing that is not so.
        known = hello.incarnation == self._machine.acd.state.switch_incarnation
        name = f"{hello.incarnation}+{hello.last_effect}" if known else hello.incarnation
        self._take_entry(
            Entry(
                max(at_ms, self._machine.at_ms),
                SwitchStarted(name, hello.legs),
                first_effect=hello.last_effect + 1,
                switch_incarnation=hello.incarnation,
            )
        )
        # Empty unless it is the switch we know: it said this of its devices once and will not again.
        for report in list(self._machine.devices.values()):
            self._take(report, at_ms)

    def switch_input(self, frame: FromSwitch) -> None:
        if frame.seq > self._machine.last_switch_input:
            self._take(frame.input, min(frame.at_ms, self._clock.monotonic_ms()), switch_seq=frame.seq)
        else:
            self._link.ack_later(self._machine.last_switch_input)

    def switch_done(self, effect: int) -> None:
        self._machine.done_by_switch(effect)

    def switch_lost(self) -> None:
        self._take(SwitchLost(), self._clock.monotonic_ms())

    # --- the control socket

    def _answer(self, request: Request) -> Message:
        if request.do is not None:
            return self._command(request.id, request.do)
        if request.ask == "health":
            return Message(id=request.id, ok=True, health=self._reports.health(self._control.clients))
        if request.ask == "reload":
            error = self._reload()
            return Message(id=request.id, ok=not error, error=error)
        if request.outbox_sent is not None:
            self._store.forget_outbox(request.outbox_sent)
            return Message(id=request.id, ok=True)
        return Message(id=request.id, ok=True, status=self._reports.status())

    def _command(self, request_id: int, command: Command) -> Message:
        now_ms = self._clock.monotonic_ms()
        refusal = self._machine.acd.refusal(command, self._settings.language, now_ms)
        if refusal:
            return Message(id=request_id, ok=False, error=refusal)
        self._take(command, now_ms)
        return Message(id=request_id, ok=True)

    def _publish(self, now_ms: int) -> None:
        since_ms = now_ms - self._published_ms
        due = since_ms >= STATUS_AT_LEAST_EVERY_MS or (self._changed and since_ms >= STATUS_EVERY_MS)
        if due and self._control.has_subscribers:
            self._control.publish(Message(status=self._reports.status()))
            self._published_ms, self._changed = now_ms, False

    # --- the rest

    def _reload(self) -> str:
        """Read the configuration again; why not, when it is refused and the last good one stays."""
        try:
            settings = self._read_settings()
            if (settings.data_dir, settings.run_dir) != (self._settings.data_dir, self._settings.run_dir):
                raise ConfigurationError("box.data_dir or box.run_dir changed: that needs a restart of the processes.")
        except ConfigurationError as error:
            log.error("the configuration was refused, the one in force stays: %s", error)
            self._reports.configuration_error = str(error)
            return str(error)
        self._reports.configuration_error = ""
        settings = replace(settings, office=replace(settings.office, rates=self._store.office.rates))
        self._store.office = settings.office
        self._settings = settings
        self._tariffs.compile_later(settings.configuration)
        self._take_tariffs()
        if settings.plan != self._machine.acd.plan:
            self._take(PlanChanged(settings.plan), self._clock.monotonic_ms())
        self._limit()
        log.info("the configuration was read again and is in force")
        return ""

    def _take_tariffs(self) -> None:
        """Charge by the tariffs that were compiled meanwhile, if any were."""
        ready = self._tariffs.take()
        if ready is not None:
            office = replace(self._settings.office, rates=ready.table)
            self._settings = replace(self._settings, office=office)
            self._store.office = office
            self._limit()

    def _limit(self) -> None:
        """By the limits and rates in force now."""
        self._money.begin(self._settings, max(self._clock.monotonic_ms(), self._machine.at_ms), sent=True)

    def _snapshot_in_time(self, now_ms: int) -> None:
        if now_ms < self._snapshot_from_ms:
            return
        if self._journal.overdue or (self._journal.due and not self._selector.select(0)):
            self._snapshot_from_ms = now_ms + SNAPSHOT_RETRY_MS
            self._take_snapshot()

    def _take_snapshot(self) -> None:
        begin = self._beginning
        snapshot = self._machine.snapshot(begin.boot_id, begin.code, self._store.not_durable(), begin.skips)
        if self._journal.begin(snapshot):
            self._link.ack_later(self._machine.last_switch_input)

    def _woken(self, _mask: int) -> None:
        os.read(self._wake_read, 4096)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _hang_up(self, *_: object) -> None:
        self._reload_wanted = True
