"""Numbers dialled on real phones: they go out on a modem or the trunk, both sides hear each other, the record is whole.

The far ends are a modem's twin and a SIP carrier; the phones are SIP phones that register at the box.
"""

import time
from pathlib import Path

from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentLogout
from appliance.daemon.queries import call_details, worklist
from appliance.demo.sip_records import CarrierBehaviour, Tone
from tests.machine import MachineStalls
from tests.office_day.hall import PHONE_OF, Hall
from tests.sound import ToneEnd, listen, read_wav, steady_part
from tests.waiting import wait_for

FAR_HZ, AGENT_HZ = 425, 1000


def test_an_agent_calls_a_customer_over_a_modem(hall: Hall, tmp_path: Path) -> None:
    hall.only("carmen")
    stored = len(hall.box.wait_calls(0))
    far = ToneEnd(FAR_HZ)
    modem = hall.modems["gsm1"]
    modem.attach_far_end(far)
    call = hall.peers.place(PHONE_OF["carmen"], "934445566", sound=Tone(AGENT_HZ))
    wait_for("the modem dials", lambda: modem.call_state == "alerting")
    assert hall.box.status().calls[0].direction == "out"
    heard = tmp_path / "carmen.wav"
    hall.peers.wait("answered", call=call)
    hall.peers.record(call, str(heard))
    time.sleep(2.0)  # she hears it ring
    with MachineStalls() as stalls:
        answered = time.monotonic()
        modem.far_end_answers()
        hall.talking(1)
        time.sleep(4.0)  # the conversation
        hall.peers.record(call, "")
        modem.far_end_hangs_up()
        hall.peers.wait("ended", call=call)
        took_ms = (time.monotonic() - answered) * 1000
    gap_ms = stalls.gap_allowed_ms(20)
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.direction, row.line, row.called, row.agent) == ("out", "gsm1", "934445566", "carmen")
    assert (row.end_reason, row.hung_up_by, row.caller) == ("answered", "caller", "+34600000001")
    assert 3_900 <= row.talk_ms <= took_ms + 100 and row.wait_ms >= 2_000
    with hall.box.store() as store:
        details = call_details(store, row.call)
    assert details is not None and [leg.role for leg in details.legs] == ["caller", "agent"]
    there = listen(steady_part(bytes(far.heard), AGENT_HZ), AGENT_HZ)
    assert there.seconds > 2.5 and there.tone_dbfs > -21 and there.gap_ms <= gap_ms, there
    sound = read_wav(heard)
    rang = listen(sound[: 16_000 * 2], 425)  # ringback of Spain, 425 Hz, then the far end's own tone
    assert rang.tone_dbfs > -60, rang
    here = listen(steady_part(sound[16_000 * 3 :], FAR_HZ), FAR_HZ)
    assert here.seconds > 2.0 and here.tone_dbfs > -21 and here.gap_ms <= gap_ms, here


def test_an_agent_calls_a_customer_over_the_trunk_when_the_modems_are_taken(hall: Hall, tmp_path: Path) -> None:
    hall.only("carmen")
    stored = len(hall.box.wait_calls(0))
    for name in hall.modems:
        hall.modems[name].unplug()
    try:
        hall.box.wait_status("no modem", lambda status: sum(line.health == "up" for line in status.lines) == 1)
        hall.peers.behave("carrier", CarrierBehaviour("93", "answers", 1_000))
        mark = hall.peers.mark()
        call = hall.peers.place(PHONE_OF["carmen"], "934445566", sound=Tone(AGENT_HZ))
        far = hall.peers.wait("incoming", since=mark, peer="carrier").call
        hall.talking(1)
        here, there = tmp_path / "here.wav", tmp_path / "there.wav"
        hall.peers.record(call, str(here))
        hall.peers.record(far, str(there))
        hall.peers.play(far, Tone(FAR_HZ))
        with MachineStalls() as stalls:
            time.sleep(4.0)  # the conversation
            for leg in (call, far):
                hall.peers.record(leg, "")
        hall.peers.hang_up(call)
        hall.peers.wait("ended", call=far)
        row = hall.box.wait_calls(stored + 1)[0]
        assert (row.line, row.end_reason, row.hung_up_by, row.agent) == ("troncal", "answered", "agent", "carmen")
        for path, hz in ((here, FAR_HZ), (there, AGENT_HZ)):
            heard = listen(steady_part(read_wav(path), hz), hz)
            assert heard.seconds > 2.0 and heard.tone_dbfs > -21, (path.name, heard)
            assert heard.gap_ms <= stalls.gap_allowed_ms(20), (path.name, heard)
        hall.peers.behave("carrier", CarrierBehaviour("94", "busy", 500))
        call = hall.peers.place(PHONE_OF["carmen"], "944445566")
        hall.peers.wait("ended", call=call)
        row = hall.box.wait_calls(stored + 2)[0]
        assert (row.end_reason, row.answered_at, row.talk_ms) == ("busy", 0, 0)
    finally:
        for name in hall.modems:
            hall.modems[name].plug()
        hall.box.wait_status("all lines up", lambda status: all(line.health == "up" for line in status.lines), 90)


def test_an_emergency_goes_out_from_a_phone_nobody_is_logged_in_at(hall: Hall) -> None:
    hall.only("carmen")
    hall.box.control.do(AgentLogout(AgentName("carmen")))
    stored = len(hall.box.wait_calls(0))
    modem = hall.modems["gsm1"]
    call = hall.peers.place(PHONE_OF["carmen"], "112")
    wait_for("the modem dials", lambda: modem.call_state == "alerting")
    modem.far_end_answers()
    hall.box.wait_status("it is answered", lambda status: any(one.state == "outside" for one in status.calls))
    refused = hall.peers.place(PHONE_OF["javier"], "934445566")
    hall.peers.wait("ended", call=refused)
    hall.peers.hang_up(call)
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.called, row.end_reason, row.agent, row.queue) == ("112", "answered", None, None)
    assert len(hall.box.wait_calls(stored + 1)) == stored + 1, "nobody calls out from a phone without an agent"


def test_a_caller_who_presses_a_key_is_called_back_in_turn(hall: Hall) -> None:
    hall.only("carmen")
    stored = len(hall.box.wait_calls(0))
    mark = hall.peers.mark()
    first = hall.peers.place("carrier", "910000001", "600777111", Tone(FAR_HZ))
    hall.peers.answer(hall.peers.wait("incoming", since=mark, peer=PHONE_OF["carmen"]).call)
    hall.talking(1)
    second = hall.peers.place("carrier", "910000001", "600777222", Tone(FAR_HZ))
    hall.peers.wait("answered", call=second)
    hall.box.wait_status("the second waits", lambda status: sum(one.state == "waiting" for one in status.calls) == 1)
    time.sleep(0.5)  # its sound path is open
    hall.peers.send_digits(second, "1")
    hall.peers.wait("ended", call=second)
    wait_for("the promise is written down", lambda: promised(hall).get("600777222") == "callback")
    hall.box.wait_status("the call back waits", lambda status: any(one.direction == "out" for one in status.calls))
    far = ToneEnd(FAR_HZ)
    modem = hall.modems["gsm1"]
    modem.attach_far_end(far)
    mark = hall.peers.mark()
    hall.peers.hang_up(first)
    rung = hall.peers.wait("incoming", since=mark, peer=PHONE_OF["carmen"]).call
    assert modem.call_state == "", "the number is dialled when she has lifted, not before"
    hall.peers.answer(rung)
    wait_for("the customer is dialled", lambda: modem.call_state == "alerting")
    hall.peers.play(rung, Tone(AGENT_HZ))
    with MachineStalls() as stalls:
        modem.far_end_answers()
        hall.talking(1)
        time.sleep(3.0)  # the conversation
        modem.far_end_hangs_up()
    back = hall.box.wait_calls(stored + 3)[0]
    assert (back.direction, back.called, back.end_reason, back.agent) == ("out", "600777222", "answered", "carmen")
    heard = listen(steady_part(bytes(far.heard), AGENT_HZ), AGENT_HZ)
    assert heard.seconds > 1.5 and heard.tone_dbfs > -21, heard
    assert heard.gap_ms <= stalls.gap_allowed_ms(20), heard
    wait_for("the promise is kept", lambda: "600777222" not in promised(hall))


def promised(hall: Hall) -> dict[str, str]:
    """Whom somebody has to call, and why."""
    with hall.box.store() as store:
        return {item.number: item.reason for item in worklist(store)}
