"""A name server for tests, on a UDP socket of its own: answers from a table, with an error, or not at all."""

import socket
import threading
from collections.abc import Iterable

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """`records` may be changed while it runs: (name, kind) -> the texts of a zone file."""

    def __init__(self, address: str) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.ttl_s = 1
        self.silent = False
        self.silent_about: set[str] = set()
        self.error = False
        self.asked: list[tuple[str, str]] = []
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((address, 0))
        self.place = f"{address}:{self._sock.getsockname()[1]}"
        self._over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def have(self, name: str, kind: str, *texts: str) -> None:
        self.records[name, kind] = list(texts)

    def hosts(self, name: str, addresses: Iterable[str]) -> None:
        self.have(name, "A", *addresses)

    def _serve(self) -> None:
        while True:
            data, peer = self._sock.recvfrom(4096)
            if self._over:
                return
            question = dns.message.from_wire(data)
            name = question.question[0].name.to_text(omit_final_dot=True)
            kind = dns.rdatatype.to_text(question.question[0].rdtype)
            self.asked.append((name, kind))
            if not self.silent and name not in self.silent_about:
                self._sock.sendto(self._answer(question, name, kind).to_wire(), peer)

    def _answer(self, question: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if self.error:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif texts := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.question[0].name, self.ttl_s, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def close(self) -> None:
        """Its thread ends before its socket does, or it might go on with the next socket of the same number."""
        self._over = True
        self._sock.sendto(b"", self._sock.getsockname())
        self._thread.join()
        self._sock.close()
