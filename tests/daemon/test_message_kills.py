"""kill -9 of the ACD, and restarts of the modem's process, while messages come: each is stored once, and no modem is
emptied of what is not on the disk."""

import os
import random
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from appliance.acd.effects import SwitchEffect
from appliance.acd.ids import LineName, MessageId
from appliance.acd.inputs import LineChanged
from appliance.acd.message_effects import MessageKept, SendText
from appliance.acd.message_inputs import SendMessage
from appliance.switch.lines.message_line import as_input
from hw.sms_events import MessageEvent, OutgoingMessage
from hw.sms_modem_sim import SmsFaults
from hw.sms_pdu import Deliver, read_pdu
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.switch_peer import SwitchPeer
from tests.hw.sms_rig import SmsRig, sms_rig
from tests.waiting import wait_for

GSM = LineName("movil")
LINE = """
[[line]]
name = "movil"
driver = "gsm"
model = "ec25"
port = "/dev/null"
audio_port = "/dev/null"
queue = "ventas"
messages_per_minute = 60
"""
LONG = " y una cosa más" * 30


class Box:
    """A modem's driver and its twin behind the link, as the switch has them."""

    def __init__(self, folder: Path, rig: SmsRig) -> None:
        self.rig = rig
        self.peer = SwitchPeer(folder / "run" / "switch.sock")
        self.early: list[str] = []
        """What was emptied before it was on the disk."""
        self._store = folder / "data" / "centralita.sqlite3"
        self._done = 0
        self.connect()
        rig.twin.with_messages(lambda messages: setattr(messages, "on_emptied", self._emptied))

    def connect(self) -> None:
        """What the driver says goes to the link, from now on and once more from the start."""
        said = self.rig.news.put

        def put(event: MessageEvent) -> None:
            said(event)
            one = as_input(GSM, event)
            if one is not None:
                self.peer.tell(one)

        self.rig.news.put = put  # type: ignore[method-assign]
        self.rig.restart_process()

    def carry_out(self) -> None:
        """The effects the ACD sent since."""
        effects: list[SwitchEffect] = list(self.peer.said.effects[self._done :])
        self._done += len(effects)
        for effect in effects:
            if isinstance(effect, MessageKept):
                self.rig.modem.message_kept(effect.message)
            elif isinstance(effect, SendText):
                self.rig.modem.send_message(OutgoingMessage(effect.message, effect.number, effect.text))

    def texts(self) -> list[str]:
        return self._read("select text from messages where direction = 'in' order by text")

    def state(self, message: str) -> str:
        return "".join(self._read("select state from messages where message = ?", message))

    def _read(self, question: str, *values: str) -> list[str]:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self._store)) as store:
            return [row[0] for row in store.execute(question, values)]
        return []

    def _emptied(self, pdu: str) -> None:
        unit = read_pdu(pdu)
        if isinstance(unit, Deliver):
            text = unit.data.text
            if not any(text in stored for stored in self.texts()):
                self.early.append(text)


def test_no_message_is_lost_doubled_or_emptied_too_early(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", "3"))
    print(f"seed {seed} (set SEED to repeat another)")
    chance = random.Random(seed)
    texts = [f"mensaje {number}" + (LONG if number % 3 == 0 else "") for number in range(12)]
    configuration = office(tmp_path, agents=1, extra=LINE)
    with sms_rig(tmp_path / "modem", "ec25", SmsFaults(lost_news=0.2)) as rig, AcdProcess(configuration) as acd:
        box = Box(tmp_path, rig)
        acd.start()
        for number, text in enumerate(texts):
            rig.deliver(text, reference=number)
            if number % 4 == 1:
                acd.kill()
                box.carry_out()
                rig.deliver(f"nadie oye {number}")
                acd.start()
            if number % 4 == 3:
                rig.restart_process()
            until = time.monotonic() + chance.uniform(0.0, 0.3)
            wait_for("a while", lambda until=until: time.monotonic() > until)  # type: ignore[misc]
            box.carry_out()
        expected = sorted([*texts, *(f"nadie oye {number}" for number in (1, 5, 9))])

        def emptied() -> bool:
            box.carry_out()
            return not any(rig.stored.values())

        wait_for("all is stored and emptied", emptied, timeout_s=30)
        assert box.texts() == expected
        assert box.early == []
        assert box.peer.said.violations == []
        box.peer.close()


def test_a_message_of_ours_goes_out_and_is_reported_delivered_over_a_kill(tmp_path: Path) -> None:
    configuration = office(tmp_path, agents=1, extra=LINE)
    with sms_rig(tmp_path / "modem", "ec25", SmsFaults(report_after_ms=500)) as rig, AcdProcess(configuration) as acd:
        box = Box(tmp_path, rig)
        acd.start()
        box.peer.tell(LineChanged(GSM, "up"))
        wait_for("the line is up", lambda: any(line.health == "up" for line in acd.client.status().lines))
        acd.client.do(SendMessage(MessageId("web-1"), "600123123", "Su cita es mañana", "ana"))

        def carried_out(done: bool) -> bool:
            box.carry_out()
            return done

        wait_for("it went out", lambda: carried_out(bool(rig.sent)))
        acd.kill()
        acd.start()
        wait_for("it is delivered", lambda: carried_out(box.state("web-1") == "delivered"), timeout_s=20)
        assert [part.data.text for part in rig.sent] == ["Su cita es mañana"]
        box.peer.close()
