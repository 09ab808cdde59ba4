"""What a carrier's 200 to REGISTER grants, read from its letters."""

import random

import pytest

from appliance.switch.lines.trunk_granted import granted_s

OURS = "sip:34910000000@192.0.2.5:5060"
ASKED_S = 300


def granted(*lines: str) -> int:
    head = ("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.5", "To: <sip:a@b>;tag=1;expires=7", *lines)
    return granted_s("\r\n".join((*head, "Content-Length: 0", "", "Contact: <sip:x@y>;expires=9")), OURS, ASKED_S)


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ((), 0),
        (("Expires: 300",), 300),
        (("Expires: 0",), 0),
        (("Expires: 300", "Contact:"), 0),
        (("Expires: 300", "Contact: *"), 0),
        (("Expires: 300", "Contact: <tel:+34910000000>"), 0),
        ((f"Contact: <{OURS}>;expires=0",), 0),
        ((f"Contact: <{OURS}>", "Expires: 0"), 0),
        ((f"Contact: <{OURS}>",), ASKED_S),
        ((f"Contact: <{OURS}>", "Expires: 60"), 60),
        ((f"Contact: <{OURS}>;expires=120", "Expires: 60"), 120),
        ((f"m: <{OURS}>;q=0.5;Expires = 90;x=y",), 90),
        ((f"Contact : {OURS};expires=40",), 40),
        ((f'Contact: "a, <sip:x@y>;expires=5" <{OURS};transport=udp>;expires=40',), 40),
        ((f"Contact: <sip:b@192.0.2.9>;expires=500, <{OURS}>;expires=30",), 30),
        ((f"Contact: <sip:b@192.0.2.9>;expires=500, <{OURS}>;expires=0",), 0),
        (("Contact: <sip:b@192.0.2.9>;expires=500", f"Contact:\r\n <{OURS}>;expires=0"), 0),
        ((f"Contact: <{OURS.replace(':5060', '')}>;expires=31, <sip:b@c>;expires=900",), 31),
        (("Contact: <sip:34910000000@203.0.113.7:1024>;expires=70",), 70),
        (("Contact: <sip:34910000000@203.0.113.7:1024>;expires=0",), 0),
        (("Contact: <tel:+34910000000>;expires=70",), 0),
        (("Contact: *",), 0),
        ((f"Contact: <{OURS}>;expires=99999999999999999999",), ASKED_S),
    ],
)
def test_what_is_granted(lines: tuple[str, ...], seconds: int) -> None:
    assert granted(*lines) == seconds


def test_nothing_that_is_written_there_stops_us() -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    parts = ["Contact:", "<", ">", '"', "\\", ",", ";", "expires=", "0", "5", OURS, "\r\n", " ", "\t", "é", "\0", "m:"]
    for _ in range(20_000):
        found = granted("Contact: " + "".join(rng.choice(parts) for _ in range(rng.randrange(30))))
        assert 0 <= found < 2**32
    for one in parts:
        granted("Contact: " + one * 10_000)
