"""Which of a TLS trunk's hosts have proved who they are, and when each is asked again. Engine's thread."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from appliance.switch.engine import boot_ms
from appliance.switch.lines.trunk_certificates import Proof, Question, Refused, Unreachable

AGAIN_MS = 10_000
"""After a refusal: it is for the carrier to mend, and may take days."""
PROVED_ANEW_MS = 600_000


class Prover(Protocol):
    """`trunk_certificates.Certificates`."""

    def ask(self, question: Question, answer: Callable[[Question, Proof | Refused], None]) -> None: ...


@dataclass
class _Host:
    proof: Proof | None = None
    asked: bool = False
    ask_at_ms: int = 0


class Trust:
    """`candidates` are the hosts there would be; `changed` is called when others are trusted than before."""

    def __init__(
        self,
        certificates: Prover,
        names: tuple[str, ...],
        ca_file: str,
        changed: Callable[[], None],
        clock: Callable[[], int] = boot_ms,
    ) -> None:
        self._clock = clock
        self._certificates = certificates
        self._names = names
        self._ca_file = ca_file
        self._changed = changed
        self._hosts: dict[str, _Host] = {}
        self.refused = ""
        """Why the last host that is not trusted is not, in plain words."""

    def candidates(self, uris: Iterable[str]) -> None:
        self._hosts = {uri: self._hosts.get(uri, _Host()) for uri in uris}

    @property
    def trusted(self) -> list[str]:
        return [uri for uri, host in self._hosts.items() if host.proof is not None]

    def message(self, line: str) -> str:
        """What Kamailio is told: the name to ask for, and the certificates it may take."""
        proofs = [host.proof for host in self._hosts.values() if host.proof is not None]
        certificates = dict.fromkeys(proof.certificate for proof in proofs)
        return " ".join(("trust", line, proofs[0].name if proofs else "-", *certificates))

    def look_after(self) -> None:
        """Ask for the proofs that are due."""
        now = self._clock()
        for uri, host in self._hosts.items():
            if not host.asked and now >= host.ask_at_ms:
                host.asked = True
                address, _, port = uri.removeprefix("sip:").partition(";")[0].partition(":")
                self._certificates.ask(
                    Question(address, int(port), self._names, self._ca_file),
                    lambda _, found, uri=uri: self._answered(uri, found),  # type: ignore[misc]
                )

    def doubt(self, uri: str) -> None:
        """A host does not answer as it did: it may have another certificate now."""
        host = self._hosts.get(uri)
        if host is not None:
            host.ask_at_ms = min(host.ask_at_ms, self._clock() + 1_000)

    def doubt_all(self) -> None:
        for uri in self._hosts:
            self.doubt(uri)

    def _answered(self, uri: str, found: Proof | Refused) -> None:
        host = self._hosts.get(uri)
        if host is None:
            return
        before = host.proof
        host.asked = False
        if isinstance(found, Proof):
            host.proof = found
            host.ask_at_ms = self._clock() + PROVED_ANEW_MS
        else:
            if not isinstance(found, Unreachable):
                host.proof = None
            # A host nobody reaches keeps its proof: each connection is measured by it, and whether the host lives is
            # found out by asking it. Without it a moment's silence would take the line's calls away.
            host.ask_at_ms = self._clock() + AGAIN_MS
            self.refused = str(found)
        if host.proof != before or host.proof is None:
            self._changed()
