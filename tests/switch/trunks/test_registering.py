"""A line that registers: kept, refreshed, lost and regained, refused in plain words, and calls both ways through it."""

import pytest

from appliance.acd.effects import AnswerLeg, DialLine, HangUpLeg
from appliance.acd.ids import LegId, LineName
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered, LegProgress, LineChanged
from tests.switch.kamailio.peer import SDP, Message
from tests.switch.trunks.carrier import DOMAIN, USER, Carrier
from tests.switch.trunks.conftest import LINE, Trunk
from tests.waiting import wait_for


def call_in(
    trunk: Trunk, carrier: Carrier, called: str = "910000002", extra: str = "", body: str = SDP
) -> tuple[str, LegOffered]:
    """A call from outside: its Call-ID at the telephone, and what the ACD hears."""
    mark = trunk.acd.mark
    uri = f"sip:{called}@{carrier.address}:{carrier.port}"
    text = trunk.phone.request("INVITE", uri, "<sip:600111222@outside.example>;tag=o", "", extra, body=body)
    trunk.phone.send(text, (carrier.address, carrier.port))
    return text.split("Call-ID: ")[1].split("\r\n")[0], trunk.acd.wait(LegOffered, mark, line=LINE)


def dialled(trunk: Trunk, number: str = "600333444", leg: str = "fuera-1", timeout_s: float = 40.0) -> Message:
    """The ACD dials; the INVITE as the telephone at the far end gets it."""
    trunk.acd.do(DialLine(LegId(leg), LineName(LINE), number))
    return trunk.phone.invite(timeout_s)


def test_a_line_registers_and_takes_calls_by_what_was_dialled(trunk: Trunk) -> None:
    carrier = trunk.carrier()
    trunk.start()
    assert trunk.is_up().detail == f"registered at {DOMAIN}"
    call_id, offered = call_in(trunk, carrier)
    assert (offered.caller, offered.called) == ("600111222", "910000002")
    trunk.acd.do(AnswerLeg(offered.leg))
    answer = trunk.phone.response(call_id)
    assert answer.status == 200
    routes = "".join(f"Route: {one}\r\n" for one in reversed(answer.all("record-route")))
    target = answer["contact"].split(">")[0].strip("<")
    assert target.startswith(f"sip:{USER}@"), "the box is the line's contact, also within a call"
    place = (carrier.address, carrier.port)
    for method, cseq in (("ACK", 1), ("BYE", 2)):
        text = trunk.phone.request(method, target, answer["from"], answer["to"], routes, call_id, cseq)
        trunk.phone.send(text, place)
    trunk.acd.wait(LegAnswered, leg=offered.leg)
    assert trunk.acd.wait(LegEnded, leg=offered.leg).cause == "normal"


def test_who_calls_is_whom_the_carrier_asserts(trunk: Trunk) -> None:
    carrier = trunk.carrier()
    trunk.start()
    trunk.is_up()
    asserted = 'P-Asserted-Identity: "Ana" <sip:+34600999888@outside.example>\r\n'
    _, offered = call_in(trunk, carrier, extra=asserted)
    assert (offered.caller, offered.caller_name) == ("+34600999888", "Ana")


def test_a_call_out_answers_the_carrier_s_challenge(trunk: Trunk) -> None:
    trunk.carrier()
    trunk.start('number = "+34910000002"')
    trunk.is_up()
    got = dialled(trunk)
    assert got.uri == f"sip:600333444@{DOMAIN}"
    assert got["from"].startswith(f"<sip:{USER}@{DOMAIN}>"), got["from"]
    assert got["p-preferred-identity"] == f"<sip:+34910000002@{DOMAIN}>"
    assert got["cseq"] == "2 INVITE" or int(got["cseq"].split()[0]) > 1, "a challenge answered is a new request"
    assert not got["x-centralita-line"]
    trunk.phone.reply(got, 180, "Ringing")
    trunk.acd.wait(LegProgress, leg="fuera-1")
    trunk.phone.reply(got, 200, "OK", body=SDP)
    trunk.acd.wait(LegAnswered, leg="fuera-1")
    trunk.acd.do(HangUpLeg(LegId("fuera-1")))
    bye = trunk.phone.receive(lambda got: got.first.startswith("BYE"))
    trunk.phone.reply(bye, 200, "OK")
    assert trunk.acd.wait(LegEnded, leg="fuera-1").by_us


def test_a_call_given_up_while_it_rings_is_cancelled_at_the_far_end(trunk: Trunk) -> None:
    trunk.carrier()
    trunk.start()
    trunk.is_up()
    got = dialled(trunk)
    trunk.phone.reply(got, 180, "Ringing")
    trunk.acd.wait(LegProgress, leg="fuera-1")
    trunk.acd.do(HangUpLeg(LegId("fuera-1")))
    assert trunk.phone.receive(lambda got: got.first.startswith("CANCEL"))["call-id"] == got["call-id"]


def test_a_registration_is_renewed_before_it_ends(trunk: Trunk) -> None:
    """The carrier grants 7 s whatever is asked for; the library renews 5 s before the end."""
    carrier = trunk.carrier()
    carrier.restart(max_expires_s=7)
    trunk.start()
    trunk.is_up()
    wait_for("three registrations", lambda: carrier.heard(f"REGISTER {USER}") >= 3)
    assert not [one for one in trunk.acd.inputs() if isinstance(one, LineChanged) and one.health == "down"]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"password": "another"}, f"{DOMAIN} refuses the password of {USER}: correct `password`, or `auth_user`"),
        (
            {"refuses": 'sl_send_reply("403", "Account Suspended"); exit;'},
            f"{DOMAIN} refuses {USER} (403 Account Suspended): "
            "is the account active, and are its user and password right?",
        ),
        ({"refuses": 'sl_send_reply("404", "Nobody"); exit;'}, f"{DOMAIN} does not know {USER}: correct `user`"),
    ],
)
def test_a_refusal_is_told_in_plain_words(trunk: Trunk, terms: dict[str, object], words: str) -> None:
    carrier = trunk.carrier()
    carrier.restart(**terms)
    trunk.start()
    trunk.is_down_because(words)
    wait_for("the same in the log", lambda: words in trunk.office.log())


@pytest.mark.parametrize(
    "extra",
    ["", f"Contact: <sip:{USER}@127.0.30.1>;expires=0", "Expires: 0"],
    ids=["empty", "0 s", "no contact for 0 s"],
)
def test_a_yes_that_keeps_no_registration_is_none(extra: str, trunk: Trunk) -> None:
    """RFC 3261 10.3: a 200 lists what is registered. While nothing is, nobody could call us."""
    carrier = trunk.carrier()
    header = f'append_to_reply("{extra}\\r\\n"); ' if extra else ""
    carrier.restart(refuses=f'{header}sl_send_reply("200", "OK"); exit;')
    trunk.start()
    words = f"{DOMAIN} accepts {USER} and keeps no registration (its answer lists none): ask the carrier why"
    assert trunk.is_down(timeout_s=30).detail == words
    wait_for("the same in the log", lambda: words in trunk.office.log())
    assert not [one for one in trunk.acd.inputs() if getattr(one, "detail", "").startswith("registered")]
    carrier.restart(refuses="")
    trunk.is_up(timeout_s=60)
    call_in(trunk, carrier)


def test_a_yes_that_lists_nothing_and_says_for_how_long_is_kept_and_renewed(trunk: Trunk) -> None:
    """There are registrars that leave Contact out."""
    carrier = trunk.carrier()
    answer = 'append_to_reply("Expires: 7\\r\\n"); sl_send_reply("200", "OK"); exit;'
    carrier.restart(refuses=f'xlog("L_ERR", "HEARD REGISTER $tU\\n"); {answer}')
    trunk.start()
    assert trunk.is_up(timeout_s=30).detail == f"registered at {DOMAIN}"
    wait_for("three registrations", lambda: carrier.heard(f"REGISTER {USER}") >= 3)
    assert not [one for one in trunk.acd.inputs() if isinstance(one, LineChanged) and one.health == "down"]


def test_a_registration_that_is_no_longer_listed_when_it_is_renewed_is_lost(trunk: Trunk) -> None:
    carrier = trunk.carrier()
    carrier.restart(max_expires_s=7)
    trunk.start()
    trunk.is_up(timeout_s=30)
    mark = trunk.acd.mark
    carrier.restart(refuses='sl_send_reply("200", "OK"); exit;')
    assert "keeps no registration" in trunk.is_down(mark, 60).detail


def test_a_registration_that_is_lost_is_regained(trunk: Trunk) -> None:
    """The carrier is silent while the registration is renewed, and comes back having forgotten everything."""
    carrier = trunk.carrier()
    carrier.restart(max_expires_s=7)
    trunk.start()
    trunk.is_up()
    mark = trunk.acd.mark
    carrier.stop()
    assert trunk.is_down(mark).detail == f"{DOMAIN} does not answer"
    mark = trunk.acd.mark
    carrier.start()
    trunk.is_up(mark)
    call_in(trunk, carrier)


def test_it_is_registered_again_after_the_switch_died(trunk: Trunk) -> None:
    carrier = trunk.carrier()
    trunk.start()
    trunk.is_up()
    before = carrier.heard(f"REGISTER {USER}")
    trunk.office.kill_switch()
    trunk.acd.drop()
    mark = trunk.acd.mark
    trunk.office.start_process("switch")
    trunk.acd.connect()
    trunk.is_up(mark)
    wait_for("the carrier's word of it", lambda: carrier.heard(f"REGISTER {USER}") > before)
    call_in(trunk, carrier)


def test_a_password_is_read_from_its_file(trunk: Trunk) -> None:
    trunk.carrier()
    secret = trunk.folder / "clave"
    secret.write_text("clave del operador\n")
    trunk.start(f'password =\npassword_file = "{secret}"')
    trunk.is_up()


def test_a_password_file_that_cannot_be_read_is_the_line_s_trouble_alone(trunk: Trunk) -> None:
    trunk.carrier()
    trunk.start('password =\npassword_file = "/nowhere/clave"')
    assert trunk.is_down().detail == "/nowhere/clave cannot be read: No such file or directory"
    trunk.is_up(line="trunk")
