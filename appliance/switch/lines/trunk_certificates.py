"""Proves the certificates of carriers' hosts, chain and name, in a thread of its own, and says in plain words why not.

Kamailio proves the chain of each connection itself, but no name. So the name is proved here, on a connection of our own
(RFC 5922 7.2, by OpenSSL), and Kamailio is told the certificates that passed: it takes a carrier's word on a connection
with one of those only.
"""

import hashlib
import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

HANDSHAKE_S = 4.0
MAX_WAITING = 256
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
    """Blocks up to HANDSHAKE_S for each name. Raises Refused."""
    host = f"{question.address}:{question.port}"
    refused: Refused = Unreachable(f"{host} does not answer")
    for name in question.names:
        try:
            return Proof(name, _handshake(question, name))
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


def _handshake(question: Question, name: str) -> str:
    context = ssl.create_default_context(cafile=question.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection((question.address, question.port), HANDSHAKE_S) as plain,
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
    """`ask` from any thread; the answer comes by `post`, on the engine's. The thread starts with the first."""

    def __init__(self, post: Callable[..., None]) -> None:
        self._post = post
        self._wanted: queue.Queue[tuple[Question, Answer] | None] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None

    def ask(self, question: Question, answer: Answer) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="certificates", daemon=True)
            self._thread.start()
        try:
            self._wanted.put_nowait((question, answer))
        except queue.Full:
            host = f"{question.address}:{question.port}"
            self._post(answer, question, Unreachable(f"{host} does not answer"))

    def close(self) -> None:
        if self._thread is not None:
            while not self._wanted.empty():
                self._wanted.get_nowait()
            self._wanted.put(None)

    def _run(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            question, answer = wanted
            try:
                found: Proof | Refused = prove(question)
            except Refused as error:
                found = error
            except Exception as error:
                log.exception("the certificate of %s could not be looked at", question.address)
                found = Refused(f"the certificate of {question.address} is refused ({error})")
            self._post(answer, question, found)
