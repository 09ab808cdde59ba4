"""An emergency while the modem waits for the network with a message: dialled at once over the modem's second port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hw.at_modem import AtModem
from hw.at_modem_sim import AtModemTwin
from hw.devices import Answered, Dialling, Ended, Ringing, RingingThere
from hw.modem_profiles import read_gsm_profile
from hw.sms_events import MessageFailed, MessageSent, MessagesHealth, OutgoingMessage
from hw.sms_modem_sim import SmsFaults
from hw.usb_modems import InSocket, NamedPorts, Place, UsbTree
from hw.usb_modems_sim import UsbTreeSim
from tests.hw.modem_rig import QUICK_GSM, Events, at_once, quick_gsm_faults
from tests.hw.sms_rig import QUICK, MessageEvents
from tests.sound import ToneEnd
from tests.steady_clock import now_s
from tests.waiting import wait_for

SOCKET = "1-1.3"
MODELS = ("sim7600", "ec25")
PATIENT = replace(QUICK_GSM, messages=replace(QUICK, send_ms=30_000))
NETWORK_MS = 9_000


class Line:
    def __init__(self, folder: Path, model: str, named: bool, deaf: bool, network_ms: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        faults = quick_gsm_faults()
        faults.messages = SmsFaults(network_ms=network_ms, deaf_while_sending=True)
        faults.second_port_deaf = deaf
        self.twin = AtModemTwin(folder / "ptys", name=model, model=model, faults=faults)
        profile = read_gsm_profile(model)
        sim = UsbTreeSim(folder)
        interfaces = (profile.at_interface, profile.sound_interface, profile.second_at_interface)
        sim.insert(SOCKET, self.twin, profile.usb, *interfaces)
        self.twin.start()
        tree = UsbTree(sim.sys, sim.dev)
        place: Place = InSocket(SOCKET, profile, tree)
        if named:
            ports = place.find()
            place = NamedPorts(ports.port, ports.audio_port, tree, profile.second_at_interface)
        self.events, self.news = Events(), MessageEvents()
        self.modem = AtModem(
            name=model,
            profile=profile,
            place=place,
            events=self.events.put,
            messages=self.news.put,
            timings=PATIENT,
        )
        self.modem.start()

    def waits_for_the_network(self) -> None:
        assert self.news.next(MessagesHealth).usable
        self.modem.send_message(OutgoingMessage("m1", "+34600123123", "adiós"))
        wait_for("AT+CMGS", lambda: any(one.startswith("AT+CMGS") for one in self.twin.commands))
        wait_for("the modem has the text", lambda: not self.twin.with_messages(lambda one: one.asks_for_text))

    def dials(self, within_s: float) -> None:
        asked_s = now_s()
        self.modem.dial("112", emergency=True)
        self.events.next(Dialling)
        assert now_s() - asked_s < within_s

    def close(self) -> None:
        self.modem.close()
        self.twin.close()


@contextmanager
def a_line(
    folder: Path, model: str, *, named: bool = False, deaf: bool = False, network_ms: float = NETWORK_MS
) -> Iterator[Line]:
    line = Line(folder, model, named, deaf, network_ms)
    try:
        yield line
    finally:
        line.close()


@at_once(*((model, named) for model in MODELS for named in (False, True)))
def test_an_emergency_goes_out_over_the_second_port_and_the_message_too(case: tuple[str, bool], folder: Path) -> None:
    model, named = case
    with a_line(folder, model, named=named) as line:
        far_end, heard = ToneEnd(600), ToneEnd(1000)
        line.twin.attach_far_end(far_end)
        line.modem.attach_sound(heard)
        line.waits_for_the_network()
        line.dials(2)
        assert "ATD112;" in line.twin.second_commands
        line.events.next(RingingThere)
        line.twin.far_end_answers()
        assert line.events.next(Answered) == Answered("signalled")
        wait_for("sound both ways", lambda: any(far_end.heard) and any(heard.heard))
        assert not line.news.of(MessageSent), "the network takes longer"
        line.twin.far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")
        line.news.next(MessageSent, 90)
        assert len(line.twin.with_messages(lambda messages: [*messages.sent])) == 1
        assert not line.news.of(MessageFailed)
        on_second = len(line.twin.second_commands)
        line.twin.ring("600123123")
        line.events.next(Ringing)
        line.modem.answer()
        line.events.next(Answered)
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        assert len(line.twin.second_commands) == on_second, "the next call is commanded where calls are"


@at_once(*MODELS)
def test_a_second_port_that_does_not_answer_is_left_for_the_first(model: str, folder: Path) -> None:
    with a_line(folder, model, deaf=True) as line:
        line.waits_for_the_network()
        line.dials(15)
        assert [call.number for call in line.twin.history] == ["112"]
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        line.news.next(MessageSent, 90)
        assert len(line.twin.with_messages(lambda messages: [*messages.sent])) == 1


@at_once(*MODELS)
def test_a_modem_that_is_pulled_out_meanwhile_ends_the_call_and_comes_back(model: str, folder: Path) -> None:
    with a_line(folder, model) as line:
        line.waits_for_the_network()
        line.dials(2)
        line.twin.unplug()
        assert line.events.next(Ended).cause == "line_lost"
        line.news.next(MessageFailed)
        line.twin.plug()
        line.events.health("up")
        line.twin.ring("600123123")
        line.events.next(Ringing)


@at_once(*MODELS)
def test_without_a_message_under_way_the_first_port_dials(model: str, folder: Path) -> None:
    with a_line(folder, model) as line:
        assert line.news.next(MessagesHealth).usable
        line.dials(2)
        assert not line.twin.second_commands


# The second port lost while the first waits for the network.

SOON_MS = 2_500


@at_once(*MODELS)
def test_a_call_that_is_being_hung_up_is_hung_up_over_the_first_port(model: str, folder: Path) -> None:
    with a_line(folder, model, network_ms=SOON_MS) as line:
        line.waits_for_the_network()
        line.dials(2)
        line.twin.faults.never_hangs_up = True
        line.modem.hang_up()
        wait_for("a command that hangs up", lambda: any("CHUP" in one for one in line.twin.second_commands))
        line.twin.lose_second_port()
        line.twin.faults.never_hangs_up = False
        assert line.events.next(Ended, 15).by_us
        wait_for("the call is over", lambda: [call.over for call in line.twin.history] == ["host"])
        line.news.next(MessageSent, 20)


@at_once(*((model, given_up) for model in MODELS for given_up in (True, False)))
def test_a_number_that_may_be_on_its_way_is_not_dialled_again(case: tuple[str, bool], folder: Path) -> None:
    """Nor after its caller hung up."""
    model, given_up = case
    with a_line(folder, model, network_ms=SOON_MS) as line:
        line.twin.faults.dial_answer_ms = 450
        line.waits_for_the_network()
        line.modem.dial("112", emergency=True)
        wait_for("the second port is greeted", lambda: "AT+CMEE=1" in line.twin.second_commands)
        wait_for("ATD is under way", lambda: line.twin.dials)
        if given_up:
            line.modem.hang_up()
        line.twin.lose_second_port()
        if given_up:
            assert line.events.next(Ended, 15).by_us
            wait_for("the call is over", lambda: [call.over for call in line.twin.history] == ["host"])
        else:
            line.events.next(Dialling, 15)
            line.twin.far_end_answers()
            line.events.next(Answered)
            assert not line.events.of(Ended)
        assert line.twin.commands.count("ATD112;") == 1


@at_once(*((model, all_of_it) for model in MODELS for all_of_it in (True, False)))
def test_a_call_whose_cause_cannot_be_asked_any_more_is_ended(case: tuple[str, bool], folder: Path) -> None:
    model, all_of_it = case
    with a_line(folder, model, network_ms=SOON_MS) as line:
        line.waits_for_the_network()
        line.dials(2)
        line.twin.faults.no_cause = True
        line.twin.far_end_hangs_up()
        wait_for("AT+CEER", lambda: "AT+CEER" in line.twin.commands)
        if all_of_it:
            line.twin.unplug()
        else:
            line.twin.lose_second_port()
        assert line.events.next(Ended) == Ended("line_lost" if all_of_it else "failed")
