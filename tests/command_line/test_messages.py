"""`messages` shows the last ones in words, harmlessly, and asks the box to send one."""

import io
from pathlib import Path

import pytest

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import StoreIncomingMessage, StoreOutgoingMessage
from appliance.acd.message_inputs import SendMessage
from appliance.terminal_messages import send_message, show_messages
from tests.web_ui.an_office import OFFICE, busy_morning
from tests.web_ui.small_box import SmallBox, SmallStore

NOW = 1_795_000_000_000
GSM = LineName("gsm1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    file = tmp_path / "office.toml"
    file.write_text(f'[box]\ndata_dir = "{tmp_path}"\nrun_dir = "{tmp_path}/run"\n')
    store = SmallStore(tmp_path / "centralita.sqlite3", OFFICE, NOW)
    store.put(
        StoreIncomingMessage(MessageId("i1"), GSM, "+34611\r\n9\f", "línea\nuno \x1b[2J", NOW, NOW, 1, (), "", ""),
        StoreOutgoingMessage(
            MessageId("o1"), GSM, "600123123", "hola", "ana", "failed", NOW + 1, NOW + 1, 1, 4, "congestion"
        ),
    )
    store.close()
    return file


def test_the_last_messages_the_newest_last_and_no_control_characters(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_messages(config, 20, None) == 0
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split()[-1] == "TEXTO"
    assert "← +34611  9 " in first  # a sender's name may have line feeds
    assert "línea uno  [2J" in first
    assert "No enviado: La red está saturada" in second
    assert show_messages(config, 1, "en") == 0
    assert "Failed: The network is congested" in capsys.readouterr().out


def test_sending_one_and_being_refused(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = SmallBox(config.parent / "run" / "acd.sock", busy_morning(NOW)).start()
    try:
        assert send_message(config, "600123123", "hola", "gsm1", None) == 0
        monkeypatch.setattr("sys.stdin", io.StringIO("desde\nfuera\n"))
        assert send_message(config, "600123123", "-", None, None) == 0
        first, second = box.commands
        assert isinstance(first, SendMessage)
        assert isinstance(second, SendMessage)
        assert (first.number, first.text, first.line, first.by) == ("600123123", "hola", GSM, "terminal")
        assert (second.text, second.line) == ("desde\nfuera", None)
        assert first.message != second.message
        assert str(first.message) in capsys.readouterr().out
        box.refuse[SendMessage] = "La línea ya ha enviado hoy todos los mensajes que puede."
        assert send_message(config, "600123123", "hola", None, None) == 1
        assert "todos los mensajes" in capsys.readouterr().err
    finally:
        box.stop()
