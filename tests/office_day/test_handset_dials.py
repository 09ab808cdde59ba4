"""A handset wired to the box dials: out on a modem with talk both ways, star codes, an emergency; its person hears it.

The whole box is real; the telephone's keys are tones in its microphone, as those of real telephones are.
"""

import time
from collections.abc import Iterator

import pytest

from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentLogout
from hw.dtmf import DigitSender
from hw.handset_port_sim import HandsetTwin
from tests.office_day.hall import STATION_OF, Hall
from tests.sound import ToneEnd, level_dbfs, listen, steady_part
from tests.waiting import wait_for

pytestmark = pytest.mark.real_time  # a key is 100 ms of sound: a machine that stands still cuts it in two
FAR_HZ, AGENT_HZ = 700, 1000


class Person:
    """Silent, or says a tone; presses keys; keeps what is heard."""

    def __init__(self) -> None:
        self.keys = DigitSender()
        self.heard = bytearray()
        self.voice: ToneEnd | None = None

    def __call__(self, heard: bytes) -> bytes:
        self.heard += heard
        return self.keys.over(self.voice(heard) if self.voice is not None else bytes(len(heard)))


@pytest.fixture
def ana(hall: Hall) -> Iterator[tuple[HandsetTwin, Person]]:
    handset, person = hall.handsets[STATION_OF["ana"]], Person()
    handset.attach_person(person)
    yield handset, person
    _puts_down(handset)
    handset.attach_person(None)


def _puts_down(handset: HandsetTwin) -> None:
    handset.replace()
    time.sleep(0.3)  # a hand's own time: what is shorter is the contact's bouncing


def _dials(handset: HandsetTwin, person: Person, digits: str) -> None:
    begin = len(person.heard)
    handset.lift()
    wait_for("dial tone", lambda: listen(bytes(person.heard[begin:][-8_000:]), 425).tone_dbfs > -25)
    person.keys.send(digits)


def test_an_agent_calls_a_customer_over_a_modem_from_a_wired_handset(
    hall: Hall, ana: tuple[HandsetTwin, Person]
) -> None:
    handset, person = ana
    hall.only("ana")
    stored = len(hall.box.wait_calls(0))
    far, modem = ToneEnd(FAR_HZ), hall.modems["gsm1"]
    modem.attach_far_end(far)
    _dials(handset, person, "934445566")
    wait_for("the modem dials", lambda: modem.call_state == "alerting")
    begin = len(person.heard)
    wait_for("it rings in her ear", lambda: listen(bytes(person.heard[begin:])[-8_000:], 425).tone_dbfs > -25)
    modem.far_end_answers()
    hall.talking(1)
    person.voice = ToneEnd(AGENT_HZ)
    begin = len(person.heard)
    time.sleep(4.0)  # the conversation
    handset.replace()
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.direction, row.line, row.called, row.agent) == ("out", "gsm1", "934445566", "ana")
    assert (row.end_reason, row.hung_up_by) == ("answered", "agent")
    for sound, hz in ((bytes(far.heard), AGENT_HZ), (bytes(person.heard[begin:]), FAR_HZ)):
        heard = listen(steady_part(sound, hz), hz)
        assert heard.seconds > 2.0 and heard.tone_dbfs > -21 and heard.gap_ms <= 20, heard
    wait_for("the modem is free", lambda: modem.call_state == "")


def test_star_codes_are_done_and_said(hall: Hall, ana: tuple[HandsetTwin, Person]) -> None:
    handset, person = ana
    hall.only("ana")
    _dials(handset, person, "*45")
    hall.box.wait_status("she is logged out", lambda status: status.agents[0].state == "logged_out")
    begin = len(person.heard)
    wait_for("it is said", lambda: level_dbfs(bytes(person.heard[begin:][-8_000:])) > -30)
    _puts_down(handset)
    _dials(handset, person, "*45")
    hall.box.wait_status("she is logged in", lambda status: status.agents[0].state != "logged_out")


def test_an_emergency_goes_out_at_once_from_a_handset_nobody_sits_at(
    hall: Hall, ana: tuple[HandsetTwin, Person]
) -> None:
    handset, person = ana
    hall.only("ana")
    hall.box.control.do(AgentLogout(AgentName("ana")))
    stored = len(hall.box.wait_calls(0))
    modem = hall.modems["gsm1"]
    _dials(handset, person, "112")
    wait_for("the modem dials", lambda: modem.call_state == "alerting")
    modem.far_end_answers()
    hall.box.wait_status("it is answered", lambda status: any(one.state == "outside" for one in status.calls))
    handset.replace()
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.called, row.end_reason, row.agent) == ("112", "answered", None)


def test_off_its_hook_it_is_not_rung(hall: Hall, ana: tuple[HandsetTwin, Person]) -> None:
    handset, person = ana
    hall.only("ana")
    _dials(handset, person, "")
    caller = hall.peers.place("carrier", "910000001", "600777111")
    hall.box.wait_status("a caller waits", lambda status: any(one.state == "waiting" for one in status.calls))
    assert not handset.wait_ringing(True, 1.0)
    handset.replace()
    assert handset.wait_ringing(True, 40)
    hall.peers.hang_up(caller)
    assert handset.wait_ringing(False, 40)
