"""Death of one process: what goes on, what comes back, and that the records tell the truth about it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.view import Status
from appliance.daemon.control_client import ControlUnavailable
from appliance.daemon.queries import call_details, worklist
from appliance.demo.sip_records import Tone
from tests.machine import MachineStalls
from tests.office_day.hall import PHONE_OF, Hall
from tests.sound import ToneEnd, listen, read_wav, steady_part
from tests.waiting import wait_for

CALLER_HZ, AGENT_HZ = 600, 1000


class SixCalls:
    """Two modem calls to handsets, two SIP calls to SIP phones, and two SIP callers who wait."""

    def __init__(self, hall: Hall, folder: Path) -> None:
        self.hall = hall
        hall.box.wait_status("a quiet box", lambda status: not status.calls)
        hall.only("ana", "luis")
        self.callers = {line: ToneEnd(CALLER_HZ) for line in ("gsm1", "fijo1")}
        self.agents = {desk: ToneEnd(AGENT_HZ) for desk in ("mesa1", "mesa2")}
        for desk, person in self.agents.items():
            hall.handsets[desk].attach_person(person)
        for count, (line, number) in enumerate((("gsm1", "600111111"), ("fijo1", "910111112")), 1):
            hall.modems[line].attach_far_end(self.callers[line])
            hall.modems[line].ring(number)
            desk = wait_for("a handset to ring", self._ringing)
            hall.handsets[desk].lift()
            hall.talking(count)
        hall.only_also("carmen", "javier")
        self.sip: list[str] = []
        self.heard: list[Path] = []
        for count, agent in enumerate(("carmen", "javier"), 3):
            mark = hall.peers.mark()
            called = "910000001" if agent == "carmen" else "910000002"
            self.sip.append(hall.peers.place("carrier", called, f"60022222{count}", Tone(CALLER_HZ)))
            rung = hall.peers.wait("incoming", since=mark, peer=PHONE_OF[agent]).call
            hall.peers.answer(rung)
            hall.talking(count)
            self.heard.append(folder / f"{agent}.wav")
            hall.peers.record(self.sip[-1], str(self.heard[-1]))
            hall.peers.play(rung, Tone(AGENT_HZ))
        for number in ("600333331", "600333332"):
            self.sip.append(hall.peers.place("carrier", "910000001", number, Tone(CALLER_HZ)))
        self.before = hall.box.wait_status("two callers waiting", lambda status: _waiting(status) == 2)

    def _ringing(self) -> str | None:
        return next((desk for desk, one in self.hall.handsets.items() if one.ringing and not one.lifted), None)

    def end(self) -> None:
        """Everybody hangs up: callers first."""
        for line in self.callers:
            if any(call.line == line for call in self.hall.box.status().calls):
                self.hall.modems[line].far_end_hangs_up()
        for call in self.sip:
            self.hall.peers.hang_up(call)
        for handset in self.hall.handsets.values():
            handset.replace()
        self.hall.box.wait_status("nobody on the phone", lambda status: not status.calls)


def _waiting(status: Status) -> int:
    return sum(call.state in ("waiting", "greeting", "ringing") for call in status.calls)


@pytest.fixture
def six(hall: Hall, tmp_path: Path) -> Iterator[SixCalls]:
    made = SixCalls(hall, tmp_path)
    yield made


def facts(status: Status) -> set[tuple[str, str, str | None]]:
    return {(call.call, call.line, call.agent) for call in status.calls}


def test_the_acd_is_killed_with_six_calls_up(hall: Hall, six: SixCalls) -> None:
    with MachineStalls() as stalls:
        _kill_the_acd(hall, six, stalls)
    allowed_ms = stalls.gap_allowed_ms(15)
    for wav in six.heard:
        heard = listen(steady_part(read_wav(wav), AGENT_HZ), AGENT_HZ)
        assert heard.seconds > 3.5 and heard.gap_ms < allowed_ms, f"{wav.name}: {heard}, {stalls.worst_ms} ms stall"
    for person in six.agents.values():
        heard = listen(steady_part(bytes(person.heard), CALLER_HZ), CALLER_HZ)
        assert heard.seconds > 3.5 and heard.gap_ms < allowed_ms, f"a handset: {heard}, {stalls.worst_ms} ms stall"


def _kill_the_acd(hall: Hall, six: SixCalls, stalls: MachineStalls) -> None:
    stored = len(hall.box.wait_calls(0))
    settled_s = 2.0
    time.sleep(settled_s)  # the conversation before: its sound is compared with that of after
    old = hall.box.kill("acd")
    new = hall.box.wait_other("acd", old)
    begun = time.monotonic()

    def answers() -> Status | None:
        try:
            status = hall.box.status()
        except ControlUnavailable:
            return None
        return status if status.switch_connected else None

    after = wait_for("the ACD back with its switch", answers, 30, 0.005)
    took_s = time.monotonic() - begun
    assert hall.box.pid("acd") == new
    stalled_s = sum(late_ms for at, late_ms in stalls.seen if at > begun) / 1000
    assert took_s <= 1.0 + stalled_s, f"back after {took_s:.2f} s, in which the machine stood still for {stalled_s:.2f}"
    assert facts(after) == facts(six.before)
    states = {agent.agent: (agent.state, agent.call) for agent in six.before.agents}
    assert {agent.agent: (agent.state, agent.call) for agent in after.agents} == states
    waits = {call.call: call.wait_ms for call in six.before.calls if call.position}
    for call in after.calls:
        if call.call in waits:
            assert call.wait_ms >= waits[call.call] + settled_s * 1000 - 100
    time.sleep(2.0)  # the conversation after
    for sip_call in six.sip[:2]:
        hall.peers.record(sip_call, "")
    six.end()
    rows = hall.box.wait_calls(stored + 6)[:6]
    assert sorted(row.end_reason for row in rows) == ["abandoned"] * 2 + ["answered"] * 4
    with hall.box.store() as store:
        for row in rows:
            details = call_details(store, row.call)
            assert details is not None
            parts = row.ivr_ms + row.wait_ms + row.talk_ms + row.hold_ms + row.voicemail_ms
            assert parts == row.ended_at - row.offered_at
            if row.end_reason == "answered":
                assert row.talk_ms >= 4000
                assert [segment.agent for segment in details.segments if segment.outcome == "talked"] == [row.agent]
                assert details.charge.reason == "rated"


def test_the_web_is_killed_and_nobody_on_the_phone_notices(hall: Hall, six: SixCalls) -> None:
    old = hall.box.kill("web")
    hall.box.wait_other("web", old)
    assert facts(hall.box.status()) == facts(six.before)
    six.end()


def test_the_switch_is_killed_modem_calls_are_adopted_and_sip_callers_remembered(hall: Hall, six: SixCalls) -> None:
    stored = len(hall.box.wait_calls(0))
    modem_calls = {(call.call, call.line, call.agent) for call in six.before.calls if call.line in six.callers}
    old = hall.box.kill("switch")
    hall.box.wait_other("switch", old)
    after = hall.box.wait_status(
        "the modem calls adopted with their agents",
        lambda status: status.switch_connected and facts(status) == modem_calls and _all_talking(status),
        60,
    )
    assert {agent.agent for agent in after.agents if agent.state == "talking"} == {"ana", "luis"}
    rows = hall.box.wait_calls(stored + 4)[:4]
    assert {row.end_reason for row in rows} == {"box_restarted"}

    def numbers() -> set[str]:
        with hall.box.store() as store:
            return {item.number for item in worklist(store)}

    wait_for("those who waited are on the worklist", lambda: {"600333331", "600333332"} <= numbers())
    for person in (*six.agents.values(), *six.callers.values()):
        person.heard.clear()
    time.sleep(3.0)  # the conversation after
    for person, hz in [
        *((one, CALLER_HZ) for one in six.agents.values()),
        *((o, AGENT_HZ) for o in six.callers.values()),
    ]:
        heard = listen(steady_part(bytes(person.heard), hz), hz)
        assert heard.seconds > 2.0 and heard.tone_dbfs > -21, f"after adoption: {heard}"
    for line in six.callers:
        hall.modems[line].far_end_hangs_up()
    for handset in hall.handsets.values():
        handset.replace()
    hall.box.wait_status("nobody on the phone", lambda status: not status.calls)
    ended = hall.box.wait_calls(stored + 6)[:2]
    assert {row.end_reason for row in ended} == {"answered"}
    for agent in ("carmen", "javier"):
        hall.box.wait_status(
            f"{agent} not stuck",
            lambda status, agent=agent: all(  # type: ignore[misc]
                one.state in ("ready", "wrap_up", "not_ready") for one in status.agents if one.agent == agent
            ),
        )


def _all_talking(status: Status) -> bool:
    return all(call.state == "talking" for call in status.calls)
