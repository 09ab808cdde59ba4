"""The balance of a line's account: who may ask, what becomes of the answer, and of none."""

import pytest

from appliance.acd.acd import Acd
from appliance.acd.balances import LIMIT_MS, MAX_TEXT
from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import AskBalance, LineChanged, PlanChanged, SwitchStarted
from appliance.acd.message_effects import AskNetwork
from appliance.acd.message_inputs import NetworkAnswered
from appliance.acd.plan import LinePlan
from appliance.acd.view import BalanceView
from tests.acd.office import Office, small_plan, ventas

GSM, ENTRA = LineName("gsm"), LineName("entra")
CODE = "*111#"
ASK = AskBalance(GSM, "ana")
SAID = NetworkAnswered(GSM, CODE, "done", "Saldo: 12,50 EUR")


def office() -> Office:
    lines = (
        LinePlan(GSM, "both", QueueName("ventas"), channels=1, balance_code=CODE),
        LinePlan(ENTRA, "in", QueueName("ventas"), channels=1),
    )
    one = Office(small_plan(ventas("ana"), lines=lines))
    for line in lines:
        one.do(LineChanged(line.name, "up"))
    return one


def balance(one: Office) -> BalanceView | None:
    return one.acd.view(one.now_ms).lines[0].balance


def test_the_network_is_asked_and_its_answer_kept() -> None:
    one = office()
    assert balance(one) is None and one.acd.view(one.now_ms).lines[0].can_ask_balance
    assert not one.acd.view(one.now_ms).lines[1].can_ask_balance
    one.do(ASK)
    assert one.switch.done[-1] == AskNetwork(GSM, CODE)
    one.wait(2_000)
    asked = balance(one)
    assert asked is not None and (asked.number, asked.state, asked.text) == (1, "asking", "")
    one.do(SAID)
    said = balance(one)
    assert said is not None and (said.number, said.state, said.text) == (1, "done", "Saldo: 12,50 EUR")
    assert said.at_utc_ms == asked.at_utc_ms + 2_000
    one.wait(2 * LIMIT_MS)
    assert balance(one) == said, "no limit comes after the answer"
    one.do(ASK)
    one.do(NetworkAnswered(GSM, CODE, "wants_reply", "x" * 1_000))
    again = balance(one)
    assert again is not None and (again.number, again.state, len(again.text)) == (2, "wants_reply", MAX_TEXT)


def test_no_answer_has_an_end() -> None:
    one = office()
    one.do(ASK)
    one.wait(LIMIT_MS)
    over = balance(one)
    assert over is not None and (over.state, over.text) == ("timeout", "")
    one.do(SAID)
    assert balance(one) == over, "it came too late"
    assert one.acd.refusal(ASK) is None


@pytest.mark.parametrize(
    ("stray", "said_of"),
    [
        (NetworkAnswered(GSM, "", "done", "Recarga y gana"), "what the network says by itself"),
        (NetworkAnswered(GSM, "*100#", "done", "x"), "another code"),
        (NetworkAnswered(ENTRA, CODE, "done", "x"), "another line"),
        (NetworkAnswered(LineName("otra"), CODE, "done", "x"), "no line"),
    ],
)
def test_what_is_no_answer_to_the_question_is_ignored(stray: NetworkAnswered, said_of: str) -> None:
    one = office()
    one.do(stray)
    assert balance(one) is None, said_of
    one.do(ASK)
    one.do(stray)
    asked = balance(one)
    assert asked is not None and asked.state == "asking", said_of


def test_what_cannot_be_asked_is_refused_in_words() -> None:
    one = office()

    def why(line: str) -> str | None:
        order = AskBalance(LineName(line), "ana")
        asked = one.switch.done.count(AskNetwork(GSM, CODE))
        one.do(order)
        assert one.switch.done.count(AskNetwork(GSM, CODE)) == asked
        return one.acd.refusal(order, "es")

    assert why("otra") == "No hay ninguna línea «otra». Las líneas están en la configuración."
    assert why("entra") == (
        "La línea «entra» no tiene código para preguntar el saldo: escriba `balance_code` en su [[line]]."
    )
    caller = one.calls(line="gsm")
    assert why("gsm") == "La línea «gsm» tiene una llamada: espere a que termine."
    one.ends(caller)
    one.do(LineChanged(GSM, "down"))
    assert why("gsm") == "La línea «gsm» no funciona: no se puede preguntar su saldo."
    one.do(LineChanged(GSM, "up"))
    one.do(ASK)
    assert why("gsm") == "Ya se está preguntando el saldo de la línea «gsm»."
    assert one.acd.refusal(ASK, "en") == "The balance of line “gsm” is being asked already."


def test_the_switch_or_the_acd_dies_meanwhile() -> None:
    one = office()
    one.do(ASK)
    one.acd = Acd.from_snapshot(one.acd.snapshot())
    asked = balance(one)
    assert asked is not None and asked.state == "asking"
    one.switch, _ = one.switch.restart("s2", set())
    one.do(SwitchStarted("s2"))
    over = balance(one)
    assert over is not None and over.state == "timeout"


def test_the_line_leaves_the_plan_meanwhile() -> None:
    one = office()
    one.do(ASK)
    one.do(PlanChanged(small_plan(ventas("ana"))))
    one.do(SAID)
    one.wait(2 * LIMIT_MS)
    assert GSM not in [line.line for line in one.acd.view(one.now_ms).lines]
