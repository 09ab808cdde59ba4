"""What `check` says of SIP trunks: each wrong line of the file is named, with what to do."""

import msgspec
import pytest

from appliance.configuration.file import Configuration, Line
from appliance.configuration.rules_trunks import MAX_TRUNKS, trunk_file_problems, trunk_problems

GOOD = """
name = "operador"
driver = "sip"
registrar = "operador.example"
user = "34910000000"
password = "una clave"
hosts = ["sip1.operador.example", "192.0.2.1:5080"]
"""


def problems(text: str, *more: str, sip: str = "") -> list[str]:
    tables = f"[sip]\n{sip}\n" + "\n".join(f"[[line]]\n{one}" for one in (text, *more))
    return list(trunk_problems(msgspec.toml.decode(tables, type=Configuration)))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace('password = "una clave"', 'password_file = "/etc/centralita/operador"'),
        GOOD.replace("hosts", "# hosts"),
        'name = "fijo"\ndriver = "sip"\naddress = "192.0.2.1"',
        'name = "fijo"\ndriver = "sip"\nhosts = ["sip.operador.example"]',
        'name = "fijo"\ndriver = "sip"\naddress = "192.0.2.1"\nuser = "u"\npassword = "of calls only"',
    ],
)
def test_trunks_that_are_good(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("password =", "# password =", "operador, password: a line that registers needs one."),
        ("user =", "# user =", "operador, user: a line that registers needs one."),
        ('"operador.example"', '"operador_example"', 'operador, registrar: "operador_example" is no domain name.'),
        ('"operador.example"', '"192.0.2.300"', 'operador, registrar: "192.0.2.300" is no domain name.'),
        ('"operador.example"', '"centralita.local"', "operador, registrar: centralita.local is this box itself"),
        ("192.0.2.1:5080", "192.0.2.1:0", 'operador, hosts: "192.0.2.1:0" is no host.'),
        ("192.0.2.1:5080", "sip:192.0.2.1", 'operador, hosts: "sip:192.0.2.1" is no host.'),
        ("192.0.2.1:5080", "0.0.0.0", 'operador, hosts: "0.0.0.0" is no host.'),
        ("192.0.2.1:5080", "", 'operador, hosts: "" is no host.'),
        ("hosts =", 'password_file = "/a"\nhosts =', "operador, password: `password_file` is there as well."),
        ('password = "una clave"', 'password_file = "clave"', 'operador, password_file: "clave" is no full path.'),
        ("hosts =", 'realm = "a\\"b"\nhosts =', "operador, realm: has a quote"),
        ('driver = "sip"', 'driver = "fxo"', 'operador, user: only a line with driver = "sip" has one.'),
    ],
)
def test_what_is_wrong_with_a_trunk_is_named(before: str, after: str, words: str) -> None:
    assert before in GOOD
    told = problems(GOOD.replace(before, after))
    assert [one for one in told if words in one], told
    assert all(one.endswith(".") or "`" in one for one in told)


def test_one_account_is_one_line() -> None:
    told = problems(GOOD, GOOD.replace('"operador"', '"otra"'))
    assert told == [
        "[[line]] otra, user: 34910000000 is registered at operador.example by line operador already. "
        "Give it the user of another account, or make them one line."
    ]
    assert problems(GOOD, GOOD.replace('"operador"', '"otra"').replace("34910000000", "34910000001")) == []


def test_a_password_without_a_user() -> None:
    told = problems('name = "fijo"\ndriver = "sip"\naddress = "192.0.2.1"\npassword = "x"')
    assert told == ["[[line]] fijo, password: there is no `user` it would be of. Write `user`, or remove the password."]


def test_there_is_a_limit() -> None:
    lines = tuple(Line(f"t{number}", "sip", address=f"192.0.2.{number + 1}") for number in range(MAX_TRUNKS + 1))
    assert len(list(trunk_problems(Configuration(line=lines)))) == 1
    assert list(trunk_problems(Configuration(line=lines[1:]))) == []


TLS = GOOD + 'transport = "tls"\n'
PORT = "tls_port = 5061"


@pytest.mark.parametrize(
    ("text", "sip", "words"),
    [
        (TLS, PORT, ""),
        (TLS + 'srtp = "required"\nca_file = "/etc/ssl/certs/operador.pem"', PORT, ""),
        (TLS, "", "operador, transport: TLS needs a port and a certificate of this box."),
        (GOOD + 'srtp = "optional"', "", "operador, srtp: over udp anybody could read the keys."),
        (GOOD + "asked_every_s = 10", "", "operador, asked_every_s: hosts and registrars are asked every 4 s"),
        (TLS + 'peer_certificate = "required"', PORT, ""),
        (
            GOOD + 'peer_certificate = "required"',
            "",
            "operador, peer_certificate: over udp nobody shows a certificate.",
        ),
        (GOOD + 'ca_file = "/a.pem"', "", 'operador, ca_file: is for transport = "tls" only.'),
        (TLS + 'ca_file = "a.pem"', PORT, 'operador, ca_file: "a.pem" is no full path.'),
        (
            'name = "f"\ndriver = "sip"\naddress = "192.0.2.1"\ntransport = "tls"',
            PORT,
            "f, transport: a certificate proves a name",
        ),
        ('name = "f"\ndriver = "sip"\nhosts = ["192.0.2.1"]\ntransport = "tls"', PORT, "there are only addresses"),
    ],
)
def test_tls_and_encryption(text: str, sip: str, words: str) -> None:
    told = problems(text, sip=sip)
    assert len(told) == (1 if words else 0), told
    assert not words or words in told[0]


def test_authorities_that_are_not_there_are_named() -> None:
    line = Line("operador", "sip", ca_file="/nowhere/ca.pem")
    told = list(trunk_file_problems(Configuration(line=(line,))))
    assert told == ["[[line]] operador, ca_file: /nowhere/ca.pem is not there. Put the authorities' PEM file there."]
