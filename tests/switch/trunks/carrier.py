"""A carrier as a process: a Kamailio of its own, with one account and a telephone behind it."""

import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.switch.kamailio.peer import Peer
from tests.waiting import wait_for

DOMAIN = "operador.example"
USER = "34910000000"
AUTH_USER = "cuenta-77"
PASSWORD = "clave del operador"
PHONE = "127.0.31.50"
"""Where the telephone at the far end is; the carrier takes every call from this address for one from outside."""
_TEMPLATE = Path(__file__).with_name("carrier.cfg.in")


@dataclass(frozen=True)
class Terms:
    """What a carrier demands, and how."""

    password: str = PASSWORD
    max_expires_s: int = 600
    refuses: str = ""
    """Kamailio's words before a REGISTER is looked at."""
    asks: bool = True
    """For the password, at each call."""
    tls: str = ""
    """The text of a tls.cfg."""
    calls_back: bool = False
    """Its calls come on the connection on which the box has registered, and not on one of its own."""


@dataclass
class Carrier:
    """Start it, stop it, or `freeze` it: alive, and answering nothing."""

    folder: Path
    address: str
    port: int
    phone_port: int
    terms: Terms = field(default_factory=Terms)
    transport: str = "udp"
    lines: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None

    def start(self, terms: Terms | None = None) -> None:
        self.terms = terms or self.terms
        self.lines.clear()
        config = self.folder / "carrier.cfg"
        run = self.folder / "run"
        run.mkdir(parents=True, exist_ok=True)
        (self.folder / "tls.cfg").write_text(self.terms.tls)
        config.write_text(self._text())
        argv = ["kamailio", "-DD", "-E", "-f", str(config), "-Y", str(run), "-m", "16", "-M", "4"]
        self._process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        with Peer(self.address) as peer:
            wait_for("the carrier to answer", lambda: self._answers(peer), timeout_s=40)

    def _text(self) -> str:
        words = {
            "LISTEN": f"listen=udp:{self.address}:{self.port}\nlisten=tcp:{self.address}:{self.port}",
            "TLS": "",
            "CONTROL": str(self.folder / "control"),
            "TLS_MODULE": "",
            "DOMAIN": DOMAIN,
            "USER": USER,
            "AUTH_USER": AUTH_USER,
            "PASSWORD": self.terms.password,
            "ASKS": str(int(self.terms.asks)),
            "CALLS_BACK": str(int(self.terms.calls_back)),
            "REFUSES": self.terms.refuses,
            "MAX_EXPIRES": str(self.terms.max_expires_s),
            "PHONE": PHONE,
            "PHONE_PORT": str(self.phone_port),
        }
        if self.terms.tls:
            words["TLS"] = f"listen=tls:{self.address}:{self.port + 1}\nenable_tls=yes"
            words["TLS_MODULE"] = f'loadmodule "tls.so"\nmodparam("tls", "config", "{self.folder}/tls.cfg")'
        return re.sub(r"@([A-Z_]+)@", lambda found: words[found[1]], _TEMPLATE.read_text())

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.lines.extend(process.stderr)

    def _answers(self, peer: Peer) -> bool:
        assert self._process is not None and self._process.poll() is None, "".join(self.lines)
        peer.send(
            peer.request("OPTIONS", f"sip:{self.address}:{self.port}", "<sip:a@b>;tag=1"), (self.address, self.port)
        )
        return not peer.silence(0.2)

    def heard(self, words: str) -> int:
        """How many lines of its log have these words."""
        return sum(f"HEARD {words}" in line for line in list(self.lines))

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def stop(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None
        if self._reader is not None:
            self._reader.join(10)  # what it said last is heard before another says something

    def renew(self, tls: str) -> None:
        """Another certificate for new connections, as carriers renew theirs: what is connected stays."""
        self.terms = replace(self.terms, tls=tls)
        (self.folder / "tls.cfg").write_text(tls)
        control = f"unix:{self.folder / 'control'}"
        subprocess.run(["kamcmd", "-s", control, "tls.reload"], check=True, capture_output=True)

    def restart(self, **terms: object) -> None:
        """With other terms, and with no memory of who was registered."""
        self.stop()
        self.start(replace(self.terms, **terms))  # type: ignore[arg-type]
