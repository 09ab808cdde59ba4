"""A whole office around a real box: modem twins, handset twins, SIP phones and a carrier, in people's hands.

The box is the demo's office in a hurry, on loopback addresses of its own. Nothing here acts by itself: a test rings,
lifts, speaks and hangs up.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentLogin, AgentLogout
from appliance.acd.view import Status
from appliance.demo.office import prepare_office
from appliance.demo.office_text import HURRIED, Addresses, Pace
from appliance.demo.peers_client import RemotePeerError, RemotePeers
from appliance.demo.sip_records import CarrierSettings, PhoneSettings, Silence, Sound
from hw.at_modem_sim import AtModemTwin
from hw.fxo_modem_sim import FxoModemTwin
from hw.handset_port_sim import HandsetTwin, sound_card_file
from tests.box import Box, unused_number

TRUNK = "troncal"
STATION_OF = {"ana": "mesa1", "luis": "mesa2", "carmen": "mesa3", "javier": "mesa4"}
PHONE_OF = {"carmen": "201", "javier": "202"}


def unused_network() -> int:
    """An N such that nothing listens in 127.0.N.0/24 on the SIP port."""
    return unused_number("127.0.{}.1", 100 + os.getpid() % 100)


class Hall:
    """The office and everybody in it. `phones`: which agents' SIP phones are the peers' (others bring their own)."""

    def __init__(self, folder: Path, pace: Pace = HURRIED, phones: Iterable[str] = ("carmen", "javier")) -> None:
        self.folder = folder
        self.network = unused_network()
        self.office = prepare_office(folder, Addresses.of_network(self.network), pace)
        tty = folder / "tty"
        self.modems: dict[str, AtModemTwin | FxoModemTwin] = {
            "gsm1": AtModemTwin(tty, name="gsm1", model="sim7600"),
            "gsm2": AtModemTwin(tty, name="gsm2", model="ec25"),
            "fijo1": FxoModemTwin(tty, name="fijo1", model="usr5637"),
        }
        self.modem_events: list[tuple[str, str, str]] = []
        self.handsets = {
            f"mesa{wiring.number}": HandsetTwin(
                wiring, self.office.bench_socket, sound_card_file(self.office.sound_cards, wiring.number)
            )
            for wiring in self.office.board.handset_port
        }
        self.box = Box(self.office.config)
        self._phones = tuple(phones)
        self.peers = RemotePeers()

    def start(self) -> None:
        """Everything up: lines answered their modems' set-up, phones registered, all four agents ready."""
        for name, modem in self.modems.items():
            modem.on_event = partial(self._heard, name)
            modem.start()
        for handset in self.handsets.values():
            handset.start()
        self.box.start(self.office.variables)
        self.add_carrier(Silence())
        for agent in self._phones:
            self.add_phone(agent, Silence())
        self.box.wait_status("all lines up", lambda status: all(line.health == "up" for line in status.lines), 90)

    def _heard(self, modem: str, kind: str, detail: str) -> None:
        self.modem_events.append((modem, kind, detail))

    def add_phone(self, agent: str, sound: Sound, record_dir: str = "") -> None:
        """An agent's SIP phone registers at the box."""
        extension = PHONE_OF[agent]
        station = next(one for one in self.office.configuration.station if one.extension == extension)
        addresses = self.office.addresses
        self.peers.add_phone(
            PhoneSettings(
                extension=extension,
                password=station.password,
                realm=self.office.configuration.sip.realm,
                registrar=f"sip:{addresses.listen}:{addresses.sip_port}",
                bind=addresses.phones,
                sound=sound,
                record_dir=record_dir,
            )
        )
        self.peers.wait("registered", peer=extension)
        self.box.wait_status(
            f"{agent}'s phone reachable",
            lambda status: any(one.station == station.name and one.health == "up" for one in status.stations),
        )

    def phone_leaves(self, agent: str) -> None:
        """An agent's SIP phone says good-bye to the registrar, if it has not yet: another takes its place."""
        if agent not in self._phones:
            return
        self._phones = tuple(one for one in self._phones if one != agent)
        self.peers.register(PHONE_OF[agent], False)
        self.peers.wait("unregistered", peer=PHONE_OF[agent])

    def add_carrier(self, sound: Sound, record_dir: str = "") -> None:
        addresses = self.office.addresses
        self.peers.add_carrier(
            CarrierSettings(
                address=addresses.carrier,
                box=f"{addresses.listen}:{addresses.sip_port}",
                sound=sound,
                record_dir=record_dir,
            )
        )

    def only(self, *agents: str) -> None:
        """Log everybody else out, these in and ready."""
        for view in self.box.status().agents:
            if view.agent in agents and view.state == "logged_out":
                self.box.control.do(AgentLogin(view.agent, trusted=True))
            elif view.agent not in agents and view.state != "logged_out":
                self.box.control.do(AgentLogout(AgentName(view.agent)))
        self.box.wait_status(
            f"only {agents} ready",
            lambda status: {one.agent for one in status.agents if one.state == "ready"} == set(agents),
        )

    def only_also(self, *agents: str) -> None:
        """Log these in too, ready."""
        for agent in agents:
            self.box.control.do(AgentLogin(AgentName(agent), trusted=True))
        self.box.wait_status(
            f"{agents} ready",
            lambda status: set(agents) <= {one.agent for one in status.agents if one.state == "ready"},
        )

    def talking(self, count: int = 1, timeout_s: float = 40) -> Status:
        """Wait until so many calls are in conversation."""
        return self.box.wait_status(
            f"{count} conversations", lambda status: sum(c.state == "talking" for c in status.calls) == count, timeout_s
        )

    def everybody_hangs_up(self) -> None:
        """Whatever a test left up, or did not come to, is over."""
        for modem in self.modems.values():
            modem.far_end_hangs_up()
        for handset in self.handsets.values():
            handset.replace()
        begun = {one.call for one in self.peers.events if one.kind in ("incoming", "ringing", "answered")}
        for call in begun - {one.call for one in self.peers.events if one.kind == "ended"}:
            with suppress(RemotePeerError):  # it ended in this moment
                self.peers.hang_up(call)
        self.box.wait_status("nobody on the phone", lambda status: not status.calls, 60)

    def close(self) -> None:
        """Everybody goes home; every part is closed whatever the others did."""
        failed = []
        parts = [self.peers.close, self.box.stop, *(one.close for one in self.modems.values())]
        for end in [*parts, *(one.close for one in self.handsets.values())]:
            try:
                end()
            except (OSError, AssertionError, RuntimeError) as error:
                failed.append(f"{end}: {error}")
        assert not failed, "\n".join(failed)


@contextmanager
def opened_hall(folder: Path, pace: Pace = HURRIED) -> Iterator[Hall]:
    """A hall that is up; the end of its box's log is told when it closes."""
    made = Hall(folder, pace)
    try:
        made.start()
        yield made
    finally:
        print(made.box.log_tail(60))
        made.close()
