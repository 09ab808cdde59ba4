"""Clients that others wrote accept the SIM7600's twin as the modem it stands for: ModemManager and gammu.

Whatever they ask and the real modem answers, the twin answers too; what they make of it is judged here.
"""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hw.at_modem_sim import AtModemTwin
from hw.sms_modem_sim import SentPart
from hw.sms_text import UserData, split_text
from tests.hw.clients_bus import program
from tests.hw.modem_manager import LTE, MODEM, SERVICE, ModemManager, modem_manager
from tests.hw.modem_rig import at_once, quick_gsm_faults
from tests.waiting import wait_for

CALLER, CALLED, PERSON = "600123123", "911222333", "+34611222333"
PLAIN = "¿Mañana a las 9? Son 12 €"
WIDE = "Ваш заказ готов 😀"
LONG = "".join(f"{number}: le llamamos mañana desde la tienda. " for number in range(8))


@dataclass
class Line:
    """A twin and who uses it."""

    twin: AtModemTwin
    client: ModemManager
    events: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.twin.on_event = lambda kind, detail: self.events.append((kind, detail))

    def twin_is(self, state: str) -> None:
        wait_for(f"the twin's call is {state or 'over'}", lambda: self.twin.call_state == state, 40)

    def over(self, call: str, how: str) -> None:
        """The call ended for both, `how` the network saw it; the client forgets it."""
        self.client.call_is(call, "terminated")
        self.twin_is("")
        assert self.twin.history[-1].over == how
        self.client.forget_call(call)


def new_twin(folder: Path) -> AtModemTwin:
    twin = AtModemTwin(folder, name="sim7600", model="sim7600", faults=quick_gsm_faults())
    twin.start()
    wait_for("the twin is registered", lambda: twin.registered, 20)
    return twin


def sent(twin: AtModemTwin) -> list[SentPart]:
    return twin.with_messages(lambda messages: [*messages.sent])


def text_of(parts: list[SentPart]) -> str:
    return UserData(parts[0].data.coding, b"".join(part.data.content for part in parts)).text


def stored(twin: AtModemTwin) -> int:
    return twin.with_messages(lambda messages: sum(len(slots) for slots in messages.memories.values()))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """One ModemManager for all the tests below: each leaves its line idle, registered and without messages."""
    twin = new_twin(tmp_path_factory.mktemp("twin"))
    try:
        with modem_manager(twin.port) as client:
            assert client.state() == "disabled"
            client.enable(True)
            yield Line(twin, client)
    finally:
        twin.close()


# ModemManager: the modem.


def test_modem_manager_knows_the_modem_its_card_and_its_network(line: Line) -> None:
    modem = line.client.properties(line.client.modem, MODEM)
    assert (modem["Plugin"], modem["State"]) == ("simtech", 8)
    assert (modem["Manufacturer"], modem["Model"]) == ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H")
    assert (modem["Revision"], modem["EquipmentIdentifier"]) == ("LE20B04SIM7600M22", line.twin.imei)

    def radio() -> tuple[int, int]:
        now = line.client.properties(line.client.modem, MODEM)
        return now["AccessTechnologies"], now["SignalQuality"][0]

    line.client.until("the radio", lambda: radio() == (LTE, 20 * 100 // 31))
    card = line.client.properties(modem["Sim"], f"{SERVICE}.Sim")
    assert card["SimIdentifier"] == line.twin.card.iccid
    assert (card["Imsi"], card["OperatorIdentifier"]) == (line.twin.card.imsi, "21407")

    def network() -> tuple[str, str]:
        found = line.client.properties(line.client.modem, f"{MODEM}.Modem3gpp")
        return found["OperatorCode"], found["OperatorName"]

    line.client.until("the operator", lambda: network() == ("21407", "Movistar"))


def test_modem_manager_disables_and_enables_it_again(line: Line) -> None:
    line.client.enable(False)
    line.client.enable(True)


# ModemManager: calls.


def test_it_dials_presses_digits_and_hangs_up(line: Line) -> None:
    call = line.client.dial(CALLED)
    line.client.call_is(call, "ringing-out")
    assert line.twin.history[-1].number == CALLED
    line.twin.far_end_answers()
    line.client.call_is(call, "active")
    line.client.do_with_call(call, "SendDtmf", "s", "5")
    line.client.until("the digit reaches the network", lambda: ("digit", "5") in line.events)
    line.client.do_with_call(call, "Hangup")
    line.over(call, "host")


@pytest.mark.parametrize("answered", [True, False])
def test_it_sees_the_called_hang_up_or_not_answer(line: Line, answered: bool) -> None:
    call = line.client.dial(CALLED)
    line.client.call_is(call, "ringing-out")
    if answered:
        line.twin.far_end_answers()
        line.client.call_is(call, "active")
        line.twin.far_end_hangs_up()
    else:
        line.twin.far_end_refuses("no_answer")
    line.over(call, "normal" if answered else "no_answer")


def test_it_gives_up_a_call_that_rings_out(line: Line) -> None:
    call = line.client.dial(CALLED)
    line.client.call_is(call, "ringing-out")
    line.client.do_with_call(call, "Hangup")
    line.over(call, "host")


@pytest.mark.parametrize("how", ["host", "normal"])
def test_it_answers_a_call_that_either_side_ends(line: Line, how: str) -> None:
    line.twin.ring(CALLER)
    call = line.client.incoming()
    line.client.until(
        "the caller's number", lambda: line.client.properties(call, f"{SERVICE}.Call")["Number"] == CALLER
    )
    line.client.do_with_call(call, "Accept")
    line.client.call_is(call, "active")
    line.twin_is("active")
    if how == "host":
        line.client.do_with_call(call, "Hangup")
    else:
        line.twin.far_end_hangs_up()
    line.over(call, how)


@pytest.mark.parametrize("how", ["host", "normal"])
def test_it_refuses_a_call_and_misses_one(line: Line, how: str) -> None:
    line.twin.ring(CALLER)
    call = line.client.incoming()
    if how == "host":
        line.client.do_with_call(call, "Hangup")
    else:
        line.twin.far_end_hangs_up()
    line.over(call, how)


# ModemManager: messages.


@pytest.mark.parametrize("text", [PLAIN, WIDE, LONG, LONG + WIDE], ids=["gsm7", "ucs2", "long-gsm7", "long-ucs2"])
def test_it_reads_a_message_and_deletes_it(line: Line, text: str) -> None:
    for data in split_text(text, 7):
        # As a network does it: the next part comes when the modem has taken this one, and here the client as well.
        reads = sum(command.startswith("AT+CMGR") for command in line.twin.commands)
        line.twin.with_messages(lambda messages, data=data: messages.deliver_part(PERSON, data))  # type: ignore[misc]
        line.client.until(
            "the part is read",
            lambda reads=reads: sum(one.startswith("AT+CMGR") for one in line.twin.commands) > reads,  # type: ignore[misc]
        )
    [message] = line.client.until("a message", line.client.messages)
    line.client.until("all of it", lambda: line.client.sms(message)["State"] == "received")
    sms = line.client.sms(message)
    assert (sms["Number"], sms["Text"], sms["SMSC"]) == (PERSON, text, line.twin.card.centre)
    line.client.delete(message)
    assert (stored(line.twin), line.client.messages()) == (0, [])


@pytest.mark.parametrize("text", [PLAIN, WIDE, LONG, LONG + WIDE], ids=["gsm7", "ucs2", "long-gsm7", "long-ucs2"])
def test_it_sends_a_message(line: Line, text: str) -> None:
    before = len(sent(line.twin))
    message = line.client.send(PERSON, text)
    parts = sent(line.twin)[before:]
    assert {part.recipient for part in parts} == {PERSON}
    assert (len(parts), text_of(parts)) == (len(split_text(text, 0)), text)
    assert line.client.sms(message)["State"] == "sent"
    line.client.delete(message)
    assert line.client.messages() == []


def test_it_asks_the_network_for_the_balance(line: Line) -> None:
    answer = line.client.ask(line.client.modem, f"{MODEM}.Modem3gpp.Ussd", "Initiate", "s", "*100#")
    assert answer == line.twin.faults.messages.ussd_answer


# gammu.


@dataclass
class Gammu:
    """gammu's command line on a twin's tty. A command that fails, or takes too long, fails the test."""

    twin: AtModemTwin
    folder: Path

    def run(self, *arguments: str) -> str:
        settings = self.folder / "gammurc"
        settings.write_text(f"[gammu]\ndevice = {self.twin.port}\nconnection = at115200\nmodel = at\n")
        argv = [program("gammu", "gammu"), "--config", f"{settings}", *arguments]
        try:
            done = subprocess.run(
                argv, env={"LC_ALL": "C.UTF-8", "HOME": f"{self.folder}"}, capture_output=True, text=True, timeout=60
            )
        except subprocess.TimeoutExpired as error:
            error.add_note(f"the twin was told {self.twin.commands}")
            raise
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\nthe twin was told {self.twin.commands}"
        return done.stdout


def said(output: str, name: str) -> str:
    """What gammu's table has behind a name, first."""
    found = re.search(rf"^{re.escape(name)} *: (.*)$", output, re.MULTILINE)
    return found.group(1).strip() if found else f"no {name} in {output}"


def identified(gammu: Gammu) -> None:
    seen = gammu.run("identify")
    assert said(seen, "Manufacturer") == "SIMCOM INCORPORATED"
    assert "SIMCOM_SIM7600E-H" in said(seen, "Model")
    assert said(seen, "Firmware") == "LE20B04SIM7600M22"
    assert (said(seen, "IMEI"), said(seen, "SIM IMSI")) == (gammu.twin.imei, gammu.twin.card.imsi)


def monitored(gammu: Gammu) -> None:
    gammu.twin.with_messages(lambda messages: messages.deliver(PERSON, PLAIN))
    seen = gammu.run("monitor", "2")
    assert "not supported" not in seen
    assert (said(seen, "Signal strength"), said(seen, "Network level")) == ("-73 dBm", "60 percent")
    assert said(seen, "SIM SMS status") == "1 used, 0 unread, 20 locations"
    assert said(seen, "Network state") == said(seen, "Packet network state") == "home network"
    assert "Movistar" in said(seen, "Network")
    assert said(seen, "Name in phone") == '"Movistar"'


def sending(text: str) -> Callable[[Gammu], None]:
    def story(gammu: Gammu) -> None:
        kinds = ["-unicode"] if text == WIDE else []
        units = len(text.encode("utf-16-le")) // 2
        gammu.run("sendsms", "TEXT", PERSON, "-text", text, *kinds, "-len", f"{units}")
        parts = sent(gammu.twin)
        assert {part.recipient for part in parts} == {PERSON}
        assert (len(parts), text_of(parts)) == (len(split_text(text, 0)), text)

    return story


def listed(gammu: Gammu) -> None:
    for text in (PLAIN, WIDE, LONG):
        gammu.twin.with_messages(lambda messages, text=text: messages.deliver(PERSON, text, 9))  # type: ignore[misc]
    parts = stored(gammu.twin)
    first = gammu.run("getallsms")
    assert f"{parts} SMS parts in {parts} SMS sequences" in first
    assert [text for text in (PLAIN, WIDE, *(part.text for part in split_text(LONG, 9))) if text not in first] == []
    assert said(first, "Status") == "UnRead"
    assert said(gammu.run("getallsms"), "Status") == "Read"


@at_once(identified, monitored, sending(PLAIN), sending(WIDE), sending(LONG), listed)
def test_gammu(story: Callable[[Gammu], None], tmp_path: Path) -> None:
    """Side by side, each with a twin of its own: a run of gammu waits for three seconds and more before it begins."""
    twin = new_twin(tmp_path)
    try:
        story(Gammu(twin, tmp_path))
    finally:
        twin.close()
