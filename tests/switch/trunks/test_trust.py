"""Which hosts of a TLS trunk are trusted, as their proofs come, fail and do not come."""

from collections.abc import Callable

from appliance.switch.lines.trunk_certificates import Proof, Question, Refused, Unreachable
from appliance.switch.lines.trunk_trust import Trust

A, B = (f"sip:192.0.2.{number}:5061;transport=tls" for number in (1, 2))
PROOF = Proof("operador.example", "aa")


class Script:
    """Answers each question as told."""

    def __init__(self) -> None:
        self.says: dict[str, Proof | Refused] = {}

        self.now_ms = 0

    def ask(self, question: Question, answer: Callable[[Question, Proof | Refused], None]) -> None:
        answer(question, self.says[question.address])


def trust_of(script: Script, told: list[list[str]]) -> Trust:
    def changed() -> None:
        told.append(trust.trusted)

    trust = Trust(script, ("operador.example",), "", changed, lambda: script.now_ms)
    trust.candidates([A, B])
    return trust


def test_a_host_that_cannot_be_asked_again_keeps_its_proof() -> None:
    """Its certificate is still looked at on each connection; whether it lives, others find out."""
    script, told = Script(), list[list[str]]()
    script.says = {"192.0.2.1": PROOF, "192.0.2.2": Unreachable("192.0.2.2:5061 does not answer")}
    trust = trust_of(script, told)
    trust.look_after()
    assert trust.trusted == [A] and "does not answer" in trust.refused
    script.says["192.0.2.1"] = Unreachable("192.0.2.1:5061 does not answer")
    trust.doubt(A)
    script.now_ms += 60_000
    trust.look_after()
    assert trust.trusted == [A]
    script.says["192.0.2.2"] = PROOF
    script.says["192.0.2.1"] = Refused("the certificate of 192.0.2.1:5061 has expired")
    trust.doubt(A)
    script.now_ms += 60_000
    trust.look_after()
    assert trust.trusted == [B] and "has expired" in trust.refused
