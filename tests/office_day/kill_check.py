"""Compares a box's records with what the people of a busy hour with kills know to be true.

A call is whole when no kill of the switch lies in it: then its record must say what its people did, to the tolerances
of the office's ledger (`demo.script_records`). Of one that was touched by a kill the rules are: whoever the box had
answered has exactly one record; what was on a trunk was cut at the kill; what was on a modem goes on.
"""

from collections import defaultdict

from appliance.acd.effects import LegRecord
from appliance.billing.tariffs import RateTable
from appliance.daemon.rows import CallDetails
from appliance.demo.script_records import (
    CALLER_ENDS_LATE_MS,
    CLOCKS_MS,
    DESK_LATE_MS,
    HEARD_AT_LEAST_MS,
    OFFERED_LATE_MS,
    THROUGH_LATE_MS,
)
from tests.office_day.busy_records import CallTruth, DeskTruth, HourTruth, Kill, Outage
from tests.office_day.ledger_check import national, utc_offset_ms
from tests.office_day.record_rules import chain_problems, sum_problems, two_places_at_once

PEOPLE_ACT_MS = 1500
"""What people did so shortly before a kill may or may not have reached the ACD."""
CUT_AT_KILL_MS = 1000
"""A call that went with the switch ended when the ACD saw it go: the kernel closes the sockets of what was killed only
once its threads and memory are gone, which was seen to take 600 ms on a busy machine."""
ALIVE_MS = 300
"""So long before its death a switch without an ACD may last have written that it is alive."""
RING_PAUSE_MS = 4_500
"""From the beginning of a ring to that of the next (Spain: 1.5 s and 3 s of silence)."""
ACD_BACK_MS = 8000
"""A process that is killed again and again is started again only after up to 5 s."""
KAMAILIO_BACK_MS = 8000
"""SIP messages lost with Kamailio come again by RFC 3261's timers."""


class KillCheck:
    """`problems()` is everything that is wrong, a sentence each; empty when the records are true."""

    def __init__(
        self,
        truth: HourTruth,
        kills: list[Kill],
        outages: list[Outage],
        records: list[CallDetails],
        table: RateTable,
        worklist_numbers: set[str],
    ) -> None:
        """`records` in the order of the chain; `worklist_numbers` open or settled."""
        self.truth = truth
        self._kills = kills
        self._outages = outages
        self._records = records
        self._table = table
        self._worklist = worklist_numbers
        self._offset_ms = utc_offset_ms()
        self._by_caller: dict[str, list[CallDetails]] = defaultdict(list)
        for one in records:
            self._by_caller[national(one.row.caller)].append(one)

    def of(self, records: list[CallDetails]) -> "KillCheck":
        """The same hour with other records."""
        return KillCheck(self.truth, self._kills, self._outages, records, self._table, self._worklist)

    def problems(self) -> list[str]:
        found = [*chain_problems(self._records), *self._strangers(), *two_places_at_once(self._records)]
        for record in self._records:
            found += [
                f"record {record.row.call}: {what}"
                for what in (*sum_problems(record, self._table), *self._restart(record))
            ]
        for call in self.truth.calls:
            found += [f"call {call.number} {call}: {what}" for what in self._call(call)]
        return found

    def whole(self, call: CallTruth) -> bool:
        """No kill of the switch has anything to do with it, nor a time in which its line was not up."""
        return not any(
            one.line == call.line and one.from_ms <= self._noticed_ms(call) and call.placed_ms <= one.to_ms
            for one in self._outages
        )

    def to_the_ms(self, call: CallTruth) -> bool:
        """Whole, and no word about it was lost with Kamailio: its times are judged."""
        return self.whole(call) and not self._killed("kamailio", call.placed_ms - KAMAILIO_BACK_MS, call.ended_ms)

    def _noticed_ms(self, call: CallTruth) -> int:
        """When the box has noticed at the latest that the call is over; a new switch listens anew for a busy tone."""
        noticed_ms = call.ended_ms + CALLER_ENDS_LATE_MS[call.kind]
        for one in sorted(self._outages, key=lambda one: one.from_ms):
            if one.line == call.line and call.ended_ms <= one.to_ms and one.from_ms <= noticed_ms:
                noticed_ms = one.to_ms + CALLER_ENDS_LATE_MS[call.kind]
        return noticed_ms

    def cut(self, call: CallTruth) -> Outage | None:
        """The kill of the switch that came while the box had this trunk call answered, if one did."""
        if call.kind != "sip" or call.answered_ms < 0:
            return None
        left_ms = call.hung_up_ms if call.hung_up_ms >= 0 else call.ended_ms
        for one in self._outages:
            if one.line == call.line and call.answered_ms + PEOPLE_ACT_MS < one.from_ms < left_ms:
                return one
        return None

    def only_kill_near(self, record: CallDetails, ms: int) -> bool:
        """Nothing but the kill that cut this record happened from a while before its end to `ms` after it."""
        ended_ms = record.row.ended_at - self._offset_ms
        return not self._killed("switch", ended_ms + ALIVE_MS, ended_ms + ms + ALIVE_MS) and not self._killed(
            "acd", ended_ms - 2 * CUT_AT_KILL_MS, ended_ms + 2 * CUT_AT_KILL_MS
        )

    # -- each record by itself

    def _restart(self, record: CallDetails) -> list[str]:
        """Cut by the box: only by a kill of the switch, at its moment, and the caller is not forgotten."""
        row = record.row
        if row.end_reason != "box_restarted":
            return []
        ended_ms = row.ended_at - self._offset_ms
        before = [one.at_ms for one in self._kills if one.process == "switch" and one.at_ms - ALIVE_MS <= ended_ms]
        if not before:
            return [f"box_restarted, but no switch was killed before {ended_ms}"]
        killed_ms = max(before)
        # Killed at once, the switch cannot even notice that the ACD is gone: nothing tells when it died itself.
        at_once = self._killed("acd", killed_ms - CLOCKS_MS, killed_ms + CUT_AT_KILL_MS)
        late_ms = CUT_AT_KILL_MS + (ACD_BACK_MS if at_once else 0)
        found = [] if ended_ms - killed_ms <= late_ms else [f"it was cut at {killed_ms} and ended {ended_ms}"]
        if row.caller and row.caller not in self._worklist:
            found.append("it was cut, and its caller is not on the worklist")
        return found

    def _strangers(self) -> list[str]:
        """Every record is somebody's. An analogue line forgets the number of a caller who still rings at a kill."""
        known = {call.caller for call in self.truth.calls}
        found = []
        for number, records in self._by_caller.items():
            if number in known:
                continue
            for one in records:
                offered_ms = one.row.offered_at - self._offset_ms
                whose = [
                    call
                    for call in self.truth.calls
                    if call.kind == "fxo" and call.line == one.row.line and not self.whole(call)
                    and call.placed_ms <= offered_ms <= call.ended_ms
                ]  # fmt: skip
                if number or not whose:
                    found.append(f"record {one.row.call} of {number!r} on {one.row.line} is nobody's")
        return found

    # -- each call

    def _call(self, call: CallTruth) -> list[str]:
        records = self._by_caller.get(call.caller, [])
        if len(records) > 1:
            return [f"it has {len(records)} records: {[one.row.call for one in records]}"]
        if not records:
            return self._missing(call)
        if self.whole(call):
            return self._whole(call, records[0])
        return self._touched(call, records[0])

    def _missing(self, call: CallTruth) -> list[str]:
        """Without a record may be: who was never answered and whom the switch did not live to tell of, or who hung up
        before a modem notices a call."""
        if call.answered_ms >= 0:
            if call.kind == "fxo" and not self.whole(call) and self._nameless(call):
                return []
            if call.kind == "fxo" and self._under_the_name_before(call):
                return []
            return ["the box answered it and has no record of it"]
        left_ms = call.hung_up_ms if call.hung_up_ms >= 0 else call.ended_ms
        if not self.whole(call) or left_ms - call.placed_ms < OFFERED_LATE_MS[call.kind]:
            return []
        if call.kind == "sip" and self._killed("kamailio", call.placed_ms - KAMAILIO_BACK_MS, call.ended_ms):
            return []
        return ["it rang, nothing was killed, and it has no record"]

    def _nameless(self, call: CallTruth) -> bool:
        return self._recorded_under("", call)

    def _under_the_name_before(self, call: CallTruth) -> bool:
        """An analogue line does not tell who hung up between two rings: a switch that came back while somebody rang
        heard that one's number, and whoever rings within the pause is the same to it."""
        return any(
            not self.whole(before)
            and before.line == call.line
            and 0 <= call.placed_ms - before.hung_up_ms <= RING_PAUSE_MS
            and self._recorded_under(before.caller, call)
            for before in self.truth.calls
            if before.hung_up_ms >= 0 and before.answered_ms < 0
        )

    def _recorded_under(self, caller: str, call: CallTruth) -> bool:
        return any(
            one.row.line == call.line and call.placed_ms <= one.row.offered_at - self._offset_ms <= call.ended_ms
            for one in self._by_caller.get(caller, [])
        )

    def _whole(self, call: CallTruth, record: CallDetails) -> list[str]:
        row = record.row
        talked = [one for one in record.segments if one.outcome == "talked"]
        heard = {agent for agent, heard_ms in call.heard_ms.items() if heard_ms >= HEARD_AT_LEAST_MS}
        found = []
        if not heard <= {one.agent for one in talked}:
            found.append(f"the caller heard {heard}, its record says {[one.agent for one in talked]}")
        if row.line != call.line:
            found.append(f"line {row.line}")
        allowed = self._reasons(call, bool(talked))
        if row.end_reason not in allowed:
            found.append(f"end_reason {row.end_reason}, not {allowed}")
        if not self.to_the_ms(call):
            return found
        found += self._when(call, record)
        for leg in record.legs:
            if leg.role == "agent" and leg.answered_ms >= 0:
                found += self._talk(call, record, leg, heard)
        return found

    def _reasons(self, call: CallTruth, talked: bool) -> set[str]:
        if talked:
            return {"answered"}
        if call.hung_up_ms < 0 or call.by_box:
            return {"busy", "overflowed"}
        # After too long a wait it was in the voicemail; an analogue line rings on where a full queue turned it away.
        return {"abandoned", "short_abandon", "overflowed"} | ({"busy"} if call.answered_ms < 0 else set())

    def _when(self, call: CallTruth, record: CallDetails) -> list[str]:
        offered_ms, ended_ms = record.row.offered_at - self._offset_ms, record.row.ended_at - self._offset_ms
        found = []
        if not call.placed_ms - CLOCKS_MS <= offered_ms <= call.placed_ms + OFFERED_LATE_MS[call.kind]:
            found.append(f"offered {offered_ms - call.placed_ms} ms after it was placed")
        latest = call.ended_ms + CLOCKS_MS
        if call.hung_up_ms >= 0:
            latest = max(latest, call.hung_up_ms + CALLER_ENDS_LATE_MS[call.kind])
        if not call.placed_ms <= ended_ms <= latest:
            found.append(f"ended {ended_ms - call.ended_ms} ms after its end")
        return found

    def _talk(self, call: CallTruth, record: CallDetails, leg: LegRecord, heard: set[str]) -> list[str]:
        """An agent's leg that was answered: that hand did lift then, and the talk lasted as long as both were there."""
        began_ms = record.row.offered_at + leg.answered_ms - self._offset_ms
        desk = self._desk(str(leg.agent), began_ms)
        if desk is None:
            return [f"{leg.agent} did not lift at {began_ms}"]
        segment_ms = sum(
            one.talk_ms + one.hold_ms for one in record.segments if one.agent == leg.agent and one.outcome == "talked"
        )
        if sum(one.agent == leg.agent and one.outcome == "talked" for one in record.segments) != 1:
            return []  # more than one talk of this agent in this call: their sum is not one lift's
        left_ms = call.hung_up_ms if call.hung_up_ms >= 0 else call.ended_ms
        end_ms = min(left_ms, desk.down_ms)
        latest = max(end_ms, min(left_ms + CALLER_ENDS_LATE_MS[call.kind], desk.down_ms + DESK_LATE_MS))
        longest = latest - desk.lifted_ms + CLOCKS_MS
        shortest = end_ms - desk.lifted_ms - THROUGH_LATE_MS[call.kind] - CLOCKS_MS
        acd_away = self._killed("acd", desk.lifted_ms - ACD_BACK_MS, latest)
        found = []
        if not shortest <= segment_ms <= longest:
            found.append(f"{leg.agent} talked {segment_ms} ms, not {shortest} to {longest} ({desk})")
        if shortest > 1500 and not acd_away and leg.agent not in heard:
            found.append(f"{leg.agent} talked {segment_ms} ms and the caller did not hear it")
        return found

    def _desk(self, agent: str, began_ms: int) -> DeskTruth | None:
        near = [
            one for one in self.truth.desks
            if one.agent == agent and one.lifted_ms - CLOCKS_MS <= began_ms <= one.lifted_ms + DESK_LATE_MS
        ]  # fmt: skip
        return near[-1] if near else None

    def _touched(self, call: CallTruth, record: CallDetails) -> list[str]:
        """The switch was killed around it."""
        row, found = record.row, []
        ended_ms = row.ended_at - self._offset_ms
        cut = self.cut(call)
        if cut is not None and row.end_reason != "box_restarted" and not self._ended_before(ended_ms, cut):
            found.append(f"the switch died at {cut.from_ms} with it, but it is {row.end_reason}, ended {ended_ms}")
        if call.kind != "sip" and row.end_reason == "box_restarted" and self._must_be_adopted(call, ended_ms):
            found.append("a modem's call that was up went on, but its record ends with the switch")
        offered_ms = row.offered_at - self._offset_ms
        if not call.placed_ms - CLOCKS_MS <= offered_ms <= ended_ms <= self._noticed_ms(call):
            found.append(f"from {offered_ms} to {ended_ms} is outside of its time")
        return found

    def _ended_before(self, ended_ms: int, cut: Outage) -> bool:
        """Its agent hung up so shortly before that the caller could not be told, or the box did."""
        return ended_ms <= cut.from_ms + CLOCKS_MS

    def _must_be_adopted(self, call: CallTruth, ended_ms: int) -> bool:
        """It was answered before the kill, and its caller was there when the line was back."""
        return any(
            one.line == call.line
            and call.answered_ms >= 0
            and call.answered_ms + PEOPLE_ACT_MS < one.from_ms
            and one.from_ms - CLOCKS_MS <= ended_ms <= one.to_ms + ACD_BACK_MS
            and call.hung_up_ms < 0 <= call.ended_ms
            and call.ended_ms > one.to_ms + PEOPLE_ACT_MS
            for one in self._outages
        ) or any(
            one.line == call.line
            and 0 <= call.answered_ms < one.from_ms - PEOPLE_ACT_MS
            and one.from_ms - CLOCKS_MS <= ended_ms <= one.to_ms
            and call.hung_up_ms > one.to_ms + PEOPLE_ACT_MS
            for one in self._outages
        )

    def _killed(self, process: str, from_ms: int, to_ms: int) -> bool:
        return any(one.process == process and from_ms <= one.at_ms <= to_ms for one in self._kills)
