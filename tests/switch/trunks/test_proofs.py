"""Hosts prove their certificates beside each other, and an engine that takes nothing for a moment hears of it later."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.switch.lines.trunk_certificates import Certificates, Proof, Question, Refused
from tests.switch.trunks.authority import Authority
from tests.switch.trunks.carrier import DOMAIN

HOST = "127.0.31.61"
LATEST_S = 60.0


@pytest.fixture
def host(authority: Authority) -> Iterator[int]:
    """A host that proves its name; its port."""
    shown = authority.sign(DOMAIN)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.key)
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(plain, server_side=True).close()
                except OSError:
                    plain.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture
def silent() -> Iterator[int]:
    """One that takes connections and says nothing."""
    with socket.create_server((HOST, 0), backlog=32) as listener:
        yield listener.getsockname()[1]


def test_a_host_that_says_nothing_holds_up_no_other(host: int, silent: int, authority: Authority) -> None:
    answers: queue.Queue[tuple[Question, Proof | Refused]] = queue.Queue()
    certificates = Certificates(lambda answer, found: answer(found))
    names = (DOMAIN, f"sbc.{DOMAIN}")
    questions = [Question(HOST, port, names, str(authority.file)) for port in (*[silent] * 7, host)]
    for one in questions:
        certificates.ask(one, lambda question, found: answers.put((question, found)))
    first, found = answers.get(timeout=LATEST_S)
    assert first.port == host and isinstance(found, Proof) and found.name == DOMAIN
    second, refused = answers.get(timeout=LATEST_S)
    assert second.port == silent and str(refused) == f"{HOST}:{silent} does not answer"
    certificates.close()


def test_an_engine_that_takes_nothing_for_a_moment_hears_later(host: int, authority: Authority) -> None:
    answers: queue.Queue[Proof | Refused] = queue.Queue()
    refusals = iter(range(3))

    def post(answer: Callable[[Any], None], found: Any) -> None:
        if next(refusals, None) is not None:
            raise RuntimeError("50000 events wait for the engine: it does not keep up")
        answer(found)

    certificates = Certificates(post)
    for _ in range(2):
        certificates.ask(Question(HOST, host, (DOMAIN,), str(authority.file)), lambda _, found: answers.put(found))
        assert isinstance(answers.get(timeout=LATEST_S), Proof)
    certificates.close()


def test_authorities_that_cannot_be_read_are_named(host: int, tmp_path: Path) -> None:
    answers: queue.Queue[Proof | Refused] = queue.Queue()
    certificates = Certificates(lambda answer, found: answer(found))
    gone = tmp_path / "ca.pem"
    certificates.ask(Question(HOST, host, (DOMAIN,), str(gone)), lambda _, found: answers.put(found))
    assert str(answers.get(timeout=LATEST_S)) == f"{gone} cannot be read: No such file or directory"
    certificates.close()
