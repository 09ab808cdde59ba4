"""`line balance`: the operator's own words in the terminal, or why there are none, in both languages."""

from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.acd import effects as e
from appliance.acd import inputs as i
from appliance.acd.ids import LineName
from appliance.acd.message_effects import AskNetwork
from appliance.acd.message_inputs import NetworkAnswered, NetworkState
from appliance.line_balance import show_balance
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import SwitchPeer, now_ms
from tests.waiting import wait_for

CODE = "*111#"
GSM = LineName("movil")
LINES = f"""
[[line]]
name = "movil"
driver = "gsm"
model = "sim7600"
imei = "861234050000017"
queue = "ventas"
balance_code = "{CODE}"

[[line]]
name = "viejo"
driver = "gsm"
model = "sim7600"
imei = "861234050000025"
queue = "ventas"
"""


class Network(SwitchPeer):
    """Answers what is asked by a code as it is told to."""

    state: NetworkState = "done"
    text = "Saldo: 12,50 €"

    def _carry_out(self, effect: e.SwitchEffect) -> None:
        super()._carry_out(effect)
        if isinstance(effect, AskNetwork):
            self._say(NetworkAnswered(effect.line, effect.code, self.state, self.text), now_ms())


def test_the_operators_answer_or_why_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = office(tmp_path, extra=LINES)
    network = Network(tmp_path / "run" / "switch.sock")

    def asked(line: str, language: str = "es") -> tuple[int, str, str]:
        words = ["line", "balance", line, "--config", str(config), "--language", language]
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    try:
        with AcdProcess(config) as acd:
            acd.start()
            wait_for("the switch", lambda: acd.client.health().switch_connected)
            assert "no funciona: no se puede preguntar su saldo" in asked("movil")[2]
            for line in (GSM, LineName("viejo")):
                network.tell(i.LineChanged(line, "up", "ready"))
            wait_for("the lines", lambda: sum(one.health == "up" for one in acd.client.status().lines) == 2)
            code, out, err = asked("movil")
            assert (code, out) == (0, "Saldo: 12,50 €\n") and "Preguntando a la red por la línea movil (*111#)" in err
            network.state, network.text = "wants_reply", "1. Saldo\n2. Recargas"
            code, out, err = asked("movil", "en")
            assert (code, out) == (0, "1. Saldo\n2. Recargas\n") and "this code opens a menu" in err
            network.text = ""
            for state, es, en in (
                ("done", "sin texto", "without text"),
                ("timeout", "no contestó a tiempo", "did not answer in time"),
                ("not_supported", "no conoce ese código", "does not know that code"),
                ("refused", "no aceptó la pregunta", "did not take the question"),
            ):
                network.state = state  # type: ignore[assignment]
                for language, words in (("es", es), ("en", en)):
                    code, out, err = asked("movil", language)
                    assert code == 1 and out == "" and words in err, (state, err)
            assert "escriba `balance_code` en su [[line]]" in asked("viejo")[2]
            assert "«operador» no es GSM (sip)" in asked("operador")[2]
            assert "“operador” is not GSM (sip)" in asked("operador", "en")[2]
            code, out, err = asked("nadie")
            assert code == 1 and "No hay ninguna línea «nadie». Hay: operador, movil, viejo." in err
        assert show_balance(config, "movil", "en") == 1
        assert "the ACD is not running here" in capsys.readouterr().err
        assert network.said.violations == []
    finally:
        network.close()


def test_a_number_is_for_the_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["line", "balance", "movil", "--number", "600123123"])
    assert "--number is for doctor" in capsys.readouterr().err
