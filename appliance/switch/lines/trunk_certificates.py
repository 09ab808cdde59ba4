"""Proves the certificates of carriers' hosts, chain and name, beside the engine, and says in plain words why not.

Kamailio proves the chain of each connection itself, but no name. So the name is proved here, on a connection of our own
(RFC 5922 7.2, by OpenSSL), and Kamailio is told the certificates that passed: it takes a carrier's word on a connection
with one of those only.
"""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.switch.lines.trunk_workers import Workers

HANDSHAKE_S = 4.0
"""To connect, and as long to shake hands."""
PROOF_S = 12.0
"""All names of a host."""
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21, 24, 26, 27)
"""X509_V_ERR_… of OpenSSL's x509_vfy.h."""


@dataclass(frozen=True)
class Proof:
    """A host is who it should be: the name it proved, and its certificate as Kamailio names it (SHA-256 of the PEM)."""

    name: str
    certificate: str


class Refused(Exception):
    """It is not, or it cannot be told. The message is one plain sentence."""


class Unreachable(Refused):
    """Nobody is there to be asked, which proves nothing against it."""


@dataclass(frozen=True)
class Question:
    address: str
    port: int
    names: tuple[str, ...]
    """Any of them is right."""
    ca_file: str
    """"": the system's authorities."""


Answer = Callable[[Question, Proof | Refused], None]


def prove(question: Question) -> Proof:
    """Blocks up to PROOF_S. Raises Refused."""
    host = f"{question.address}:{question.port}"
    refused: Refused = Unreachable(f"{host} does not answer")
    context = _context(question.ca_file)
    until = time.monotonic() + PROOF_S
    for name in question.names:
        left_s = min(HANDSHAKE_S, (until - time.monotonic()) / 2)
        if left_s <= 0:
            break
        try:
            return Proof(name, _handshake(question, name, context, left_s))
        except ssl.SSLCertVerificationError as error:
            refused = _refusal(error, host, " or ".join(question.names))
            if error.verify_code not in (_OTHER_NAME, _OTHER_ADDRESS):
                break
        except ssl.SSLError as error:
            refused = Refused(f"{host} does not speak TLS ({error.reason or error})")
            break
        except OSError:
            refused = Unreachable(f"{host} does not answer")
            break
    raise refused


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"{ca_file} cannot be read: {error.strerror or error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _handshake(question: Question, name: str, context: ssl.SSLContext, most_s: float) -> str:
    with (
        socket.create_connection((question.address, question.port), most_s) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        certificate = secure.getpeercert(binary_form=True)
    assert certificate is not None
    return hashlib.sha256(ssl.DER_cert_to_PEM_cert(certificate).encode()).hexdigest()


def _refusal(error: ssl.SSLCertVerificationError, host: str, names: str) -> Refused:
    match error.verify_code:
        case code if code == _EXPIRED:
            return Refused(
                f"the certificate of {host} has expired: the carrier must renew it, or this box's clock is wrong"
            )
        case code if code == _NOT_YET:
            return Refused(f"the certificate of {host} is not valid yet: is this box's clock right?")
        case code if code in (_OTHER_NAME, _OTHER_ADDRESS):
            return Refused(f"the certificate of {host} is of another name than {names}")
        case code if code in _UNKNOWN_AUTHORITY:
            return Refused(f"no authority this box trusts has signed the certificate of {host}: is `ca_file` right?")
        case _:
            return Refused(f"the certificate of {host} is refused ({error.verify_message})")


class Certificates:
    """`ask` from any thread; the answer comes by `post`, on the engine's. No host waits for another's answer."""

    def __init__(self, post: Callable[..., None]) -> None:
        self._post = post
        self._workers = Workers("certificates", post)

    def ask(self, question: Question, answer: Answer) -> None:
        host = f"{question.address}:{question.port}"

        def answered(found: Proof | Refused | Exception) -> None:
            expected = isinstance(found, Proof | Refused)
            answer(question, found if expected else Refused(f"the certificate of {host} is refused ({found})"))  # type: ignore[arg-type]

        if not self._workers.do(lambda: _proof(question), answered):
            self._post(answer, question, Unreachable(f"{host} does not answer"))

    def close(self) -> None:
        self._workers.close()


def _proof(question: Question) -> Proof | Refused:
    try:
        return prove(question)
    except Refused as error:
        return error
