"""Who calls whom, out of raw INVITEs, and why calls end, out of SIP's and Q.850's numbers."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.acd.inputs import LegCause
from appliance.switch.sip_causes import CAUSE_Q850, CAUSE_STATUS, reason_cause, reason_header, status_cause
from appliance.switch.sip_messages import Invitation, is_encrypted, read_invitation, sip_identity


def invite(*fields: str, uri: str = "sip:910000000@127.0.0.1:5062") -> str:
    return "\r\n".join([f"INVITE {uri} SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1", *fields, "", "v=0"])


@pytest.mark.parametrize(
    ("fields", "caller", "name"),
    [
        (['From: "Ana López" <sip:600111222@carrier>;tag=1'], "600111222", "Ana López"),
        (["f: <sip:600111222@carrier>;tag=1"], "600111222", ""),
        (["From: sip:+34600111222@carrier;tag=1"], "+34600111222", ""),
        (['From: "a \\"b\\" c" <sip:+34-600-111.222@carrier>'], "+34600111222", 'a "b" c'),
        (["From: <sip:600111222@c>", "P-Asserted-Identity: <tel:+34911>"], "+34911", ""),
        (["From: <sip:600111222@c>", "Privacy: id;critical"], "", ""),
        (['From: "Anonymous" <sip:anonymous@anonymous.invalid>'], "", ""),
        (["From: <sip:600%20111@c;user=phone>;tag=x"], "600111", ""),
        (["From: <sip:600;phone-context=+34@c>"], "600", ""),
        (["From: <sip:carrier.example>"], "", ""),
        (['From: "sip:900@x" <sip:600@c>'], "600", "sip:900@x"),
        ([], "", ""),
        (["From"], "", ""),
        (['From: "600111222" <sip:600111222@c>'], "600111222", ""),
    ],
)
def test_the_caller_is_read(fields: list[str], caller: str, name: str) -> None:
    got = read_invitation(invite(*fields))
    assert (got.caller, got.caller_name, got.called) == (caller, name, "910000000")


@pytest.mark.parametrize(
    ("uri_user", "fields", "called"),
    [
        ("910000002", [], "910000002"),
        ("cuenta", ["P-Called-Party-ID: <sip:910000002@c>", "To: <sip:900@c>"], "910000002"),
        ("cuenta", ['To: "Ventas" <sip:+34-910-000.003@c>;tag=1'], "+34910000003"),
        ("cuenta", ["t: <tel:+34910000004>"], "+34910000004"),
        ("cuenta", ["To: <sip:cuenta@c>"], "cuenta"),
        ("cuenta", [], "cuenta"),
        ("910000005", ["P-Called-Party-ID: <sip:910000002@c>", "To: <sip:900@c>"], "910000005"),
    ],
)
def test_what_was_called_on_a_line_that_registers(uri_user: str, fields: list[str], called: str) -> None:
    text = invite(*fields, "X-Centralita-Line: operador", uri=f"sip:{uri_user}@127.0.0.1")
    assert read_invitation(text, {"operador": "cuenta"}).called == called
    assert read_invitation(text, {"otra": "cuenta"}).called == uri_user, "of any other line the URI says it"


def test_kamailios_marks_are_read_whatever_their_case_and_only_from_the_head() -> None:
    got = read_invitation(invite("x-CENTRALITA-line:  trunk ", "From: <sip:1@c>"))
    assert (got.line, got.station) == ("trunk", "")
    got = read_invitation(invite("X-Centralita-Station: 201", uri="sip:*45@centralita.local"))
    assert (got.line, got.station, got.called) == ("", "201", "*45")
    got = read_invitation(invite("From: <sip:1@c>") + "\r\nX-Centralita-Line: trunk\r\n\r\n")
    assert got.line == ""


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_fault_and_within_limits(text: str) -> None:
    for message in (text, invite(f"From: {text}"), invite(f"P-Asserted-Identity: {text}", f"From: {text}")):
        got = read_invitation(message)
        assert isinstance(got, Invitation)
        assert max(len(got.caller), len(got.called)) <= 64 and len(got.caller_name) <= 80
        assert (got.caller + got.called + got.caller_name).isprintable()


@given(st.text(max_size=100), st.text(max_size=100))
def test_an_identity_never_breaks_out_of_its_quotes(name: str, user: str) -> None:
    made = sip_identity(name, user, "centralita.local")
    assert made.count('"') in (0, 2) and made.count("<") - name.count("<") == 1
    assert "\r" not in made and "\n" not in made
    shown, _, uri = made.rpartition("<")
    assert uri.startswith("sip:") and uri.endswith("@centralita.local>")
    back = read_invitation(invite(f"From: {made}"))
    assert back.caller_name in shown


def test_every_cause_has_a_status_and_a_q850_value_that_mean_it_back() -> None:
    causes = get_args(LegCause)
    assert set(CAUSE_STATUS) == set(CAUSE_Q850) == set(causes)
    by_status: tuple[LegCause, ...] = ("busy", "unreachable", "rejected", "congestion")
    for cause in by_status:
        assert status_cause(CAUSE_STATUS[cause]) == cause
    by_reason: tuple[LegCause, ...] = (*by_status, "no_answer", "normal", "line_lost")
    for cause in by_reason:
        assert reason_cause(f"BYE x\r\nReason: {reason_header(cause)}\r\n\r\n") == cause


@pytest.mark.parametrize(
    ("field", "cause"),
    [
        ("Reason: Q.850;cause=17", "busy"),
        ('reason : q.850 ;text="x";cause = 16', "normal"),
        ('Reason: SIP;cause=200;text="Call completed elsewhere"', "normal"),
        ("Reason: SIP;cause=486", "busy"),
        ("Reason: Q.850;cause=999", None),
        ("Reason: SMOKE;cause=17", None),
        ("X-Reason: Q.850;cause=17", None),
        ("", None),
    ],
)
def test_a_reason_header_is_read(field: str, cause: LegCause | None) -> None:
    assert reason_cause(f"BYE sip:a SIP/2.0\r\n{field}\r\n\r\n") == cause


@pytest.mark.parametrize(("status", "cause"), [(486, "busy"), (600, "busy"), (404, "unreachable"), (499, "failed")])
def test_a_status_means_a_cause(status: int, cause: LegCause) -> None:
    assert status_cause(status) == cause


@pytest.mark.parametrize(
    ("streams", "encrypted"),
    [
        (["audio 40000 RTP/SAVP 8"], True),
        (["audio 40000 RTP/SAVPF 8", "video 0 RTP/SAVP 31"], True),
        (["audio 40000 RTP/AVP 8"], False),
        (["audio 40000 RTP/SAVP 8", "audio 40002 RTP/AVP 8"], False),
        ([], False),
    ],
)
def test_whether_an_offer_is_encrypted(streams: list[str], encrypted: bool) -> None:
    body = "".join(f"m={one}\r\n" for one in streams)
    assert is_encrypted(f"INVITE sip:a@b SIP/2.0\r\nX: m=audio 1 RTP/AVP 8\r\n\r\nv=0\r\n{body}") is encrypted
