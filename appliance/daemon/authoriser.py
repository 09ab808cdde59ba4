"""Asks the limits before a call is placed, and while it goes on: the ACD's calls in, `DialRefused`, `MoneyLow` and
`MoneyOut` out.

Everything here can be made anew: what was spent is in the store, what is up is in the ACD's state. It reads the store
when the process begins, when the configuration changes and when an hour, a day or a month does; from then on it is told
by the store's writer what each record that it has written costs. Without limits and guard it does nothing.
"""

import logging
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from appliance.acd import outbound
from appliance.acd.effects import DialLine, HangUpLeg, SwitchEffect
from appliance.acd.ids import LegId
from appliance.acd.inputs import LegAnswered, LegEnded, SwitchStarted
from appliance.acd.line_tests import number_under_test
from appliance.acd.money_inputs import DialRefused, MoneyLow, MoneyOut
from appliance.acd.state import Leg, State
from appliance.acd.wire import ToSwitch
from appliance.billing.limit_guard import MINUTE_MS
from appliance.billing.limit_terms import Group, Guard, Low, Placed
from appliance.billing.limits import Limits
from appliance.daemon.e164 import rated_as
from appliance.daemon.journal import Entry
from appliance.daemon.machine import Asked, Machine
from appliance.daemon.queries import StoreMissing, open_store
from appliance.daemon.settings import Settings
from appliance.daemon.spent_queries import account, clients_with_accounts, newest_record, recent, spent
from appliance.daemon.store import Store

log = logging.getLogger(__name__)

UNREAD = -1
"""The number of the newest record when the store was read first: it could not be read yet. What is told of records
meanwhile counts twice when it can be, until the process begins anew: too much, and never too little."""


class Authoriser:
    def __init__(self, machine: Machine, store: Store) -> None:
        self._machine = machine
        self._store = store
        self._limits: Limits | None = None
        self._path = Path()
        self._country = ""
        self._db: sqlite3.Connection | None = None
        self._up_to_record = UNREAD
        self._accounts: set[str] = set()

    @property
    def _state(self) -> State:
        return self._machine.acd.state

    def begin(self, settings: Settings, now_ms: int, *, sent: bool) -> None:
        """Know anew what was spent and what is up. `sent`: what is not acknowledged was looked at before."""
        self._close()
        office, guarded = settings.office, settings.guard != Guard()
        self._store.tells_costs = bool(settings.limits) or guarded
        if not self._store.tells_costs:
            self._limits = None
            self._store.costs_stored.clear()
            return
        self._path, self._country = settings.store, office.country
        self._limits = Limits(office.rates, settings.limits, settings.guard, office.time_zone)
        self._accounts.clear()
        self._up_to_record = UNREAD
        if (db := self._opened()) is not None:
            self._read_newest(db, self._limits, now_ms)
        self._adopt_all(self._limits, now_ms, () if sent else self._machine.unacknowledged)

    def _read_newest(self, db: sqlite3.Connection, limits: Limits, now_ms: int) -> None:
        try:
            self._up_to_record = newest_record(db)
            utc_ms = self._utc_ms(now_ms)
            clients = [client for client in clients_with_accounts(db) if limits.prepaid_clients(_of(client))]
            for client in clients:
                self._read_account(limits, client)
            for window in limits.windows(utc_ms, clients):
                limits.know(window, spent(db, window, self._up_to_record))
            for call in recent(db, utc_ms - MINUTE_MS, utc_ms, self._up_to_record):
                placed = self._placed("", call.call, call.group, call.number, call.begun_utc_ms)
                limits.guard_saw(placed, now_ms - max(0, utc_ms - call.begun_utc_ms), utc_ms)
        except sqlite3.Error as error:
            self._unreadable(error)

    # --- what happens

    def heard(self, entry: Entry, asked: Asked) -> list[DialRefused]:
        """What an input led to; those of its numbers that must not be dialled."""
        limits = self._limits
        if limits is None:
            return []
        match entry.input:
            case LegAnswered(leg=name):
                self._answered(limits, name, entry.at_ms)
            case LegEnded(leg=name):
                limits.ended(name, entry.at_ms)
            case SwitchStarted():
                self._compare(limits, entry.at_ms, asked.switch)
        for frame in asked.switch:
            if isinstance(frame.effect, HangUpLeg):
                limits.ended(frame.effect.leg, entry.at_ms)
        return self.ask((frame.effect for frame in asked.switch), entry.at_ms)

    def switch_is_back(self, now_ms: int) -> list[DialRefused]:
        """What is not acknowledged was never carried out, and is asked about; all else is up."""
        if self._limits is not None:
            self._adopt_all(self._limits, now_ms, self._machine.unacknowledged)
        return self.ask((frame.effect for frame in self._machine.unacknowledged), now_ms)

    def ask(self, effects: Iterable[SwitchEffect], now_ms: int) -> list[DialRefused]:
        """Those of these numbers that must not be dialled; one that was let out before may be still."""
        limits, refused = self._limits, []
        for effect in effects if limits is not None else ():
            leg = self._state.legs.get(effect.leg) if isinstance(effect, DialLine) else None
            placed = self._placed_of(leg) if leg is not None and leg.state == "dialling" else None
            if limits is not None and placed is not None:
                refusal = self._ask(limits, placed, now_ms)
                refused += [refusal] if refusal is not None else []
        return refused

    def costs_stored(self) -> None:
        """Records are on the disk: what they cost was spent."""
        stored = self._store.costs_stored
        for one in [stored.popleft() for _ in range(len(stored))]:
            if self._limits is not None and one.record > self._up_to_record:
                self._limits.settle(one.call, one.begun_utc_ms, one.costs)

    def next_ms(self) -> int | None:
        """When `due` is wanted; while the switch is away nothing is."""
        return None if self._limits is None or self._state.switch_lost_ms >= 0 else self._limits.next_ms()

    def due(self, now_ms: int) -> list[MoneyLow | MoneyOut]:
        limits, wakes_ms = self._limits, self.next_ms()
        if limits is None or wakes_ms is None or wakes_ms > now_ms:
            return []
        for client in self._accounts:
            self._read_account(limits, client)
        return [
            MoneyLow(LegId(said.leg), said.limit, said.left_ms)
            if isinstance(said, Low)
            else MoneyOut(LegId(said.leg), said.limit)
            for said in limits.due(now_ms)
        ]

    # --- asking

    def _ask(self, limits: Limits, placed: Placed, now_ms: int) -> DialRefused | None:
        utc_ms = self._utc_ms(now_ms)
        self._read_for(limits, placed)
        refused = limits.ask(placed, now_ms, utc_ms)
        if refused is not None and refused.reason == "prepaid":
            for client in limits.prepaid_clients(placed.group):
                self._read_account(limits, client)  # somebody may have paid since
            self._read_for(limits, placed)
            refused = limits.ask(placed, now_ms, utc_ms)
        if refused is None:
            return None
        log.info("%s is not dialled: %s %s", placed.number, refused.reason, refused.limit)
        return DialRefused(LegId(placed.leg), *refused)

    def _read_for(self, limits: Limits, placed: Placed) -> None:
        """What the store knows of the windows that a call counts in, as far as it was not read."""
        for client in limits.prepaid_clients(placed.group):
            if client not in self._accounts:
                self._read_account(limits, client)
        for window in limits.unread(placed):
            db = self._opened()
            try:
                if db is not None:
                    if self._up_to_record == UNREAD:
                        self._up_to_record = newest_record(db)
                    limits.know(window, spent(db, window, self._up_to_record))
            except sqlite3.Error as error:
                self._unreadable(error)

    def _read_account(self, limits: Limits, client: str) -> None:
        db = self._opened()
        try:
            known = account(db, client) if db is not None else None
        except sqlite3.Error as error:
            self._unreadable(error)
            return
        if known is not None:
            limits.set_account(client, known)
        self._accounts |= {client}

    # --- what is up

    def _answered(self, limits: Limits, name: str, now_ms: int) -> None:
        leg = self._state.legs.get(LegId(name))
        if leg is not None and leg.answered_ms >= 0:
            limits.answered(leg.id, leg.answered_ms, self._utc_ms(leg.answered_ms), now_ms)

    def _compare(self, limits: Limits, now_ms: int, frames: Iterable[ToSwitch]) -> None:
        """A switch began anew: legs are gone, were answered meanwhile, or are found under another name."""
        for name in limits.up:
            if LegId(name) not in self._state.legs:
                limits.ended(name, now_ms)
            else:
                self._answered(limits, name, now_ms)
        self._adopt_all(limits, now_ms, frames)

    def _adopt_all(self, limits: Limits, now_ms: int, unsent: Iterable[ToSwitch]) -> None:
        """What goes out and is up, but for numbers that are still to be dialled."""
        to_dial = {frame.effect.leg for frame in unsent if isinstance(frame.effect, DialLine)}
        for leg in self._state.legs.values():
            is_up = leg.state == "answered" or (leg.state == "dialling" and leg.id not in to_dial)
            placed = self._placed_of(leg) if is_up else None
            if placed is not None:
                self._read_for(limits, placed)
                limits.adopt(placed, now_ms, self._utc_ms(now_ms), self._answered_ms(leg))

    def _answered_ms(self, leg: Leg) -> int:
        """Of a leg that a new switch found again: when its connection was."""
        call = self._state.calls.get(leg.call) if leg.call is not None else None
        if call is None or leg.role != "caller" or leg.answered_ms < 0:
            return leg.answered_ms
        before = (one.answered_ms for one in call.legs if one.role == "caller" and one.answered_ms >= 0)
        return min((leg.answered_ms, *(call.offered_ms + answered_ms for answered_ms in before)))

    def _placed_of(self, leg: Leg) -> Placed | None:
        """A leg that goes out, as the limits know it; None for any other, and for a line that is only lifted."""
        state, line = self._state, leg.line or ""
        call = state.calls.get(leg.call) if leg.call is not None else None
        began_ms = leg.started_ms if call is None else call.offered_ms
        begun_utc_ms = self._utc_ms(began_ms)
        if leg.role == "test":
            number = number_under_test(state, leg)
            group = Group(line, "", "", "")
            return self._placed(leg.id, "", group, number, begun_utc_ms, on_record=False) if number else None
        if call is None or leg.role not in ("caller", "number") or (leg.role == "caller" and call.direction == "in"):
            return None
        talk = call.conversation
        agent = (talk.agent if talk is not None else call.reserved) if leg.role == "caller" else None
        group = Group(line, agent or "", call.client, call.project)
        number = outbound.number_of(call)
        return self._placed(leg.id, call.id, group, number, begun_utc_ms, emergency=call.emergency)

    def _placed(
        self,
        leg: str,
        call: str,
        group: Group,
        number: str,
        begun_utc_ms: int,
        *,
        emergency: bool = False,
        on_record: bool = True,
    ) -> Placed:
        whole = rated_as(number, self._country)
        return Placed(leg, call, group, number, whole, begun_utc_ms, emergency, on_record)

    def _utc_ms(self, at_ms: int) -> int:
        return at_ms + self._state.utc_offset_ms

    # --- the store

    def _opened(self) -> sqlite3.Connection | None:
        if self._db is None:
            try:
                self._db = open_store(self._path)
            except (StoreMissing, sqlite3.Error) as error:
                self._unreadable(error)
        return self._db

    def _unreadable(self, error: Exception) -> None:
        """It is tried again when it is asked for next; until then the limits count from when the process began."""
        log.error("what was spent cannot be read: %s", error)
        self._close()

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with closing(db):
                pass


def _of(client: str) -> Group:
    """A call of this client's, whoever makes it."""
    return Group("", "", client, "")
