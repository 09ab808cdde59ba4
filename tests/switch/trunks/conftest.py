"""An office whose line registers at carriers of its own, each a real Kamailio, with a scripted ACD."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.inputs import LineChanged
from tests.conftest import free_port
from tests.switch.acd_peer import AcdPeer
from tests.switch.kamailio.peer import Peer
from tests.switch.switch_office import SwitchOffice
from tests.switch.trunks.authority import Authority, Signed
from tests.switch.trunks.carrier import AUTH_USER, DOMAIN, PASSWORD, PHONE, USER, Carrier

LINE = "operador"
ADDRESSES = ("127.0.31.9", "127.0.31.10", "127.0.31.11")


class Trunk:
    """The office, its carriers, the telephone behind them, and the ACD by script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.phone = Peer(PHONE)
        self.carriers: list[Carrier] = []
        self._office: SwitchOffice | None = None
        self._acd: AcdPeer | None = None

    def carrier(self, **more: object) -> Carrier:
        """One more carrier, started."""
        number = len(self.carriers)
        address = ADDRESSES[number]
        made = Carrier(self.folder / f"carrier{number}", address, free_port(address), self.phone.port, **more)  # type: ignore[arg-type]
        self.carriers.append(made)
        made.start()
        return made

    @property
    def office(self) -> SwitchOffice:
        assert self._office is not None
        return self._office

    @property
    def acd(self) -> AcdPeer:
        assert self._acd is not None
        return self._acd

    def start(self, keys: str = "", sip: str = "", more: str = "") -> None:
        """The office with a line of these keys, beside those that every one here has; `sip`: more lines of [sip],
        `more` of the file."""
        self._office = SwitchOffice(self.folder / "office", more=line_text(self.carriers, keys) + more)
        text = self._office.config.read_text()
        self._office.config.write_text(text.replace("[sip]\n", f"[sip]\n{sip}\n"))
        self._office.start()
        self._acd = self._office.acd()

    def is_up(self, since: int = 0, timeout_s: float = 40.0, line: str = LINE) -> LineChanged:
        return self.acd.wait(LineChanged, since, timeout_s, line=line, health="up")

    def is_down(self, since: int = 0, timeout_s: float = 40.0, line: str = LINE) -> LineChanged:
        return self.acd.wait(LineChanged, since, timeout_s, line=line, health="down")

    def is_degraded(self, since: int = 0, timeout_s: float = 40.0, line: str = LINE) -> LineChanged:
        return self.acd.wait(LineChanged, since, timeout_s, line=line, health="degraded")

    def is_down_because(self, detail: str, since: int = 0, timeout_s: float = 40.0) -> None:
        """Whatever was said of it before: a carrier that was slow to answer is said not to."""
        self.acd.wait(LineChanged, since, timeout_s, line=LINE, health="down", detail=detail)

    def close(self) -> None:
        if self._acd is not None:
            self._acd.close()
        if self._office is not None:
            self._office.stop()
        for carrier in self.carriers:
            carrier.stop()
        self.phone.sock.close()
        if self._office is not None:
            assert "Traceback" not in self._office.log(), self._office.log()


def line_text(carriers: list[Carrier], keys: str) -> str:
    """The [[line]] table; `keys` replace those of the same name."""
    hosts = ", ".join(f'"{one.address}:{one.port}"' for one in carriers)
    given = {
        "registrar": f'"{DOMAIN}"', "user": f'"{USER}"', "auth_user": f'"{AUTH_USER}"', "password": f'"{PASSWORD}"',
        "hosts": f"[{hosts}]",
    }  # fmt: skip
    for one in keys.splitlines():
        key, _, value = one.partition("=")
        if key.strip():
            given[key.strip()] = value.strip()
    body = "\n".join(f"{key} = {value}" for key, value in given.items() if value)
    return f'\n[[line]]\nname = "{LINE}"\ndriver = "sip"\n{body}\n'


@pytest.fixture
def trunk(tmp_path: Path) -> Iterator[Trunk]:
    made = Trunk(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ca", "Una autoridad de prueba")


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return Authority(tmp_path_factory.mktemp("box") / "ca", "La propia centralita").sign("centralita.local")
