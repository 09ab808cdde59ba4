"""Several memories in one modem: what lies in one is never taken for what lies at the same place of another."""

from dataclasses import replace
from pathlib import Path

from hw.sms_fields import address_of
from hw.sms_modem_sim import SimMessages
from hw.sms_pdu import Deliver, write_deliver
from hw.sms_text import UserData
from tests.hw.sms_rig import QUICK, SmsRig, sms_rig
from tests.waiting import wait_for


def _unit(text: bytes) -> str:
    return write_deliver(Deliver(address_of("+34611222333"), UserData("gsm7", text), 1_795_000_000_000)).hex


def test_a_memory_that_cannot_be_chosen_is_not_read(tmp_path: Path) -> None:
    """News of a place in the modem's own while the SIM's is open, and it is not let go."""

    def same_place(messages: SimMessages) -> None:
        messages.memories["ME"][1] = _unit(b"in the modem")
        messages.memories["SM"][1] = _unit(b"in the SIM")
        messages.tell("ME", 1)

    def at_rest(line: SmsRig) -> bool:
        chosen = [one for one in line.twin.commands if one.startswith("AT+CPMS=")]
        return 'AT+CPMS="ME"' in chosen and chosen[-1] == 'AT+CPMS="SM"'

    with sms_rig(tmp_path, "ec25", timings=replace(QUICK, look_ms=1_500)) as line:
        wait_for("the memories were looked into", lambda: at_rest(line))
        line.faults.messages.busy_choices = 1
        line.twin.with_messages(same_place)
        told = {line.came_and_kept().message.text for _ in range(2)}
        assert told == {"in the modem", "in the SIM"}
        wait_for("both are emptied", lambda: not any(line.stored.values()))
