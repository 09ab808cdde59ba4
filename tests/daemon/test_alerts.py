"""Who looks after the box is written to: a line that is down and its return, through the ACD's process and by rule."""

import sqlite3
from pathlib import Path

from appliance.acd.ids import LineName
from appliance.acd.inputs import Input, LineChanged, SwitchStarted
from appliance.acd.line_effects import StoreNotice
from appliance.acd.line_health import TOLD_AFTER_MS
from appliance.acd.message_effects import SendText
from appliance.acd.message_inputs import MessageSent
from appliance.configuration.file import read_configuration
from appliance.daemon.code_version import boot_id, decision_code
from appliance.daemon.journal import Entry, Journal
from appliance.daemon.machine import Machine
from appliance.daemon.message_queries import MessageRow, messages
from appliance.daemon.messengers import LONGEST_TEXT, TEXTS_A_DAY, TextMessenger
from appliance.daemon.plan_builder import build_plan
from appliance.daemon.queries import open_store
from appliance.daemon.settings import Settings, read_settings
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import SwitchPeer, now_ms
from tests.waiting import wait_for

NOON_UTC_MS = 1_795_345_200_000
"""2026-11-22T11:00:00Z, noon in Madrid."""
TRUNK, MOBILE = LineName("operador"), LineName("movil")
ALERTS = 'alert_number = "600123123"'
LINE = """
[[line]]
name = "movil"
driver = "gsm"
model = "ec25"
port = "/dev/null"
audio_port = "/dev/null"
queue = "ventas"
"""


def down_since(configuration: Path, ago_ms: int) -> None:
    """Leave the journal of an ACD that was killed when a line had just gone down, so long ago."""
    machine = Machine(build_plan(read_configuration(configuration)), epoch=1)
    journal = Journal(configuration.parent / "run" / "journal", boot_id(), decision_code())
    at_ms = now_ms() - ago_ms
    journal.begin(machine.snapshot(boot_id(), decision_code(), ()))
    news: list[Input] = [
        SwitchStarted("peer-1"),
        LineChanged(TRUNK, "up"),
        LineChanged(MOBILE, "up"),
        LineChanged(TRUNK, "down", "the carrier does not answer"),
    ]
    for one in news:
        assert journal.append(Entry(at_ms, one))
    journal.close()


def messages_sent(store: sqlite3.Connection) -> list[MessageRow]:
    return [row for row in messages(store) if row.state == "sent"]


def asked_of(peer: SwitchPeer) -> list[SendText]:
    return [effect for effect in peer.said.effects if isinstance(effect, SendText)]


def test_who_looks_after_the_box_is_written_to_when_a_line_is_down_and_when_it_is_back(tmp_path: Path) -> None:
    configuration = office(tmp_path, more_box=ALERTS, extra=LINE)
    down_since(configuration, TOLD_AFTER_MS + 5_000)
    peer = SwitchPeer(tmp_path / "run" / "switch.sock")
    try:
        with AcdProcess(configuration) as acd:
            acd.start()
            peer.tell(LineChanged(MOBILE, "up"))
            down = wait_for("the message goes out", lambda: next(iter(asked_of(peer)), None), timeout_s=30)
            peer.tell(MessageSent(MOBILE, down.message, (7,)))
            peer.tell(LineChanged(TRUNK, "up"))
            up = wait_for("the other goes out", lambda: next(iter(asked_of(peer)[1:]), None), timeout_s=30)
            peer.tell(MessageSent(MOBILE, up.message, (8,)))
            store = open_store(acd.store)
            rows = wait_for("both are recorded", lambda: sent if len(sent := messages_sent(store)) == 2 else None)
    finally:
        peer.close()
    assert peer.said.violations == []
    assert {(one.line, one.number) for one in (down, up)} == {(MOBILE, "600123123")}
    assert down.text.startswith("oficina ") and "La línea operador no funciona" in down.text
    assert "La línea operador vuelve a funcionar." in up.text
    assert {(row.by, row.direction) for row in rows} == {("centralita", "out")}


def messenger(folder: Path, box: str = ALERTS) -> tuple[TextMessenger, Settings]:
    settings = read_settings(office(folder, more_box=box, extra=LINE))
    return TextMessenger(lambda: settings), settings


def notice(number: int = 1, at_utc_ms: int = NOON_UTC_MS) -> StoreNotice:
    return StoreNotice(number, "line_down", "movil", at_utc_ms, "unplugged")


def test_the_text_says_which_box_and_when_by_its_own_clock(tmp_path: Path) -> None:
    texts, _ = messenger(tmp_path)
    texts.send("La línea movil no funciona.", notice())
    wanted = texts.next_wanted()
    assert wanted is not None and wanted.text == "oficina 12:00 La línea movil no funciona."
    assert (wanted.number, wanted.line, texts.next_wanted()) == ("600123123", None, None)


def test_nobody_is_written_to_where_the_file_names_nobody(tmp_path: Path) -> None:
    texts, _ = messenger(tmp_path, box="")
    texts.send("La línea movil no funciona.", notice())
    assert texts.next_wanted() is None


def test_a_line_that_comes_and_goes_all_day_does_not_spend_the_offices_messages(tmp_path: Path) -> None:
    texts, _ = messenger(tmp_path)
    for number in range(TEXTS_A_DAY + 5):
        texts.send("x" * 2 * LONGEST_TEXT, notice(number))
    wanted = list(iter(texts.next_wanted, None))
    assert len(wanted) == len({one.message for one in wanted}) == TEXTS_A_DAY
    assert ["Hoy no se envían más avisos" in one.text for one in wanted] == [False] * (TEXTS_A_DAY - 1) + [True]
    assert len(wanted[0].text) == LONGEST_TEXT
    texts.send("La línea movil no funciona.", notice(99, NOON_UTC_MS + 12 * 3_600_000))
    assert texts.next_wanted() is not None, "another day has begun"
