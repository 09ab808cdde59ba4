"""Which phones can be reached: Kamailio's registration events turned into news of SIP phones and lines."""

import logging

from appliance.switch.engine import Engine, boot_ms
from appliance.switch.lines.sip import SipLine
from appliance.switch.registrar_client import (
    Listed,
    Registered,
    RegistrarClient,
    RegistrarError,
    RegistrarEvent,
    Unproved,
    Unregistered,
)
from appliance.switch.stations.sip_phone import SipPhone

log = logging.getLogger(__name__)

CONNECT_EVERY_MS = 250
GONE_AFTER_MS = 3_000
"""Kamailio may restart within this and nobody's telephone is called unreachable."""
CONNECT_TIMEOUT_S = 0.1


class Registrations:
    """Keeps a connection to Kamailio's events. Engine's thread; `start` once the drivers have started."""

    def __init__(self, engine: Engine, address: str, port: int, phones: list[SipPhone], lines: list[SipLine]) -> None:
        self._engine = engine
        self._address = address
        self._port = port
        self._phones = {phone.extension: phone for phone in phones if phone.registers}
        self._lines = lines
        self._client: RegistrarClient | None = None
        self._fd = -1
        self._listed: set[str] | None = None
        """Extensions told since connecting, until the list is complete."""
        self._contacts: dict[str, str] = {}
        self._gone_at_ms = 0
        self._told: bool | None = None

    def start(self) -> None:
        self._gone_at_ms = boot_ms()
        self._connect()
        self._engine.every(CONNECT_EVERY_MS, self._look_after)

    def _look_after(self) -> None:
        if self._client is None:
            self._connect()
        if self._client is None and boot_ms() - self._gone_at_ms >= GONE_AFTER_MS:
            self._tell(False)

    def _connect(self) -> None:
        try:
            client = RegistrarClient(self._address, self._port, CONNECT_TIMEOUT_S)
        except RegistrarError as error:
            log.debug("%s", error)
            return
        client.sock.setblocking(False)
        self._client = client
        self._fd = client.sock.fileno()
        self._listed = set()
        self._engine.when_ready(self._fd, self._read)
        if self._told:
            for line in self._lines:
                line.kamailio_is(
                    True, self._send
                )  # it was away so shortly that nobody was told; it has forgotten hosts
        self._tell(True)

    def _tell(self, here: bool) -> None:
        if here == self._told:
            return
        self._told = here
        if not here:
            log.error("Kamailio does not answer at %s:%d: no phone can be rung", self._address, self._port)
            for phone in self._phones.values():
                phone.is_reachable(False, "Kamailio is not there")
        for line in self._lines:
            line.kamailio_is(here, self._send if here else None)

    def _send(self, message: str) -> None:
        """Tell Kamailio something. What does not get there is told again when it is back."""
        if self._client is not None:
            try:
                self._client.send(message)
            except RegistrarError as error:
                # Half of it may be there; on this connection nothing would be understood any more.
                log.warning("%s", error)
                self._gone()

    def _read(self, _: int) -> None:
        if self._client is None:
            return
        try:
            for event in self._client.read():
                self._take(event)
        except RegistrarError as error:
            log.warning("%s", error)
            self._gone()

    def _gone(self) -> None:
        self.close()
        self._gone_at_ms = boot_ms()

    def _take(self, event: RegistrarEvent) -> None:
        match event:
            case Registered(extension, contact):
                if self._listed is not None:
                    self._listed.add(extension)
                self._contacts[extension] = contact
                self._is(extension, True, f"registered at {contact}" if contact else "registered")
            case Unregistered(extension) as end:
                if not end.ends(self._contacts.get(extension, "")):
                    return
                if self._listed is not None:
                    self._listed.discard(extension)
                self._is(extension, False, "its registration is over")
            case Listed():
                listed, self._listed = self._listed or set(), None
                for extension in self._phones.keys() - listed:
                    self._is(extension, False, "not registered")

            case Unproved(name, address, shown):
                for line in self._lines:
                    if line.name == name:
                        line.caller_unproved(address, shown)

    def _is(self, extension: str, reachable: bool, detail: str) -> None:
        phone = self._phones.get(extension)
        if phone is not None:
            phone.is_reachable(reachable, detail)

    def close(self) -> None:
        if self._client is not None:
            self._engine.forget(self._fd)
            self._client.close()
            self._client = None
