"""An office with a real switch and a real Kamailio in processes of their own, for the switch's tests."""

import contextlib
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

from appliance.demo.peers_client import RemotePeers
from appliance.demo.sip_records import CarrierSettings, PhoneSettings, Wav
from tests.conftest import free_port
from tests.sound import RATE_HZ, tone
from tests.switch.acd_peer import AcdPeer
from tests.waiting import wait_for

LAN = "127.0.30.1"
INSIDE = "127.0.30.2"
CARRIER = "127.0.30.9"
PHONES = "127.0.30.20"
CALLER_HZ = 425
AGENT_HZ = 1000
TONE_DBFS = -20.0
TONE_S = 120
"""No peer talks for longer: PJSIP's player leaves a hole of 20 ms where it begins a file again."""


class SwitchOffice:
    """Line `trunk`; stations `sip1`, `sip2`, `sip3` with extensions 201 to 203, the last at a fixed contact."""

    def __init__(
        self,
        folder: Path,
        *,
        media_timeout_s: float = 0,
        more: str = "",
        kamailio: bool = True,
        board: str = "laptop",
    ) -> None:
        self.data_dir = folder / "data"
        self.run_dir = folder / "run"
        self.log_path = folder / "switch.log"
        self.port = free_port(LAN)
        self.inside_port = free_port(INSIDE)
        self.switch_port = free_port(INSIDE)
        self.fixed_port = free_port(PHONES)
        self.carrier_port = free_port(CARRIER)
        for made in (self.data_dir, self.run_dir):
            made.mkdir(parents=True, exist_ok=True)
        self.config = folder / "office.toml"
        self.config.write_text(
            f"""
[box]
name = "prueba"
board = "{board}"
data_dir = "{self.data_dir}"
run_dir = "{self.run_dir}"
[sip]
listen = "{LAN}"
port = {self.port}
inside = "{INSIDE}"
inside_port = {self.inside_port}
switch_port = {self.switch_port}
events_port = {free_port(INSIDE)}
rtp_from_port = 21000
media_timeout_s = {media_timeout_s}
[[line]]
name = "trunk"
driver = "sip"
number = "910000000"
address = "{CARRIER}"
address_port = {self.carrier_port}
[[station]]
name = "sip1"
kind = "sip"
extension = "201"
password = "clave-201"
[[station]]
name = "sip2"
kind = "sip"
extension = "202"
password = "clave-202"
[[station]]
name = "sip3"
kind = "sip"
extension = "203"
contact = "sip:203@{PHONES}:{self.fixed_port}"
{more}"""
        )
        self._with_kamailio = kamailio
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for name in ("kamailio", "switch"):
            if name == "switch" or self._with_kamailio:
                self.start_process(name)

    def start_process(self, name: str, variables: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            self._processes[name] = process = subprocess.Popen(
                [sys.executable, "-m", "appliance", name, "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(variables or {})},
                start_new_session=True,
            )
        return process

    def acd(self, acknowledge: bool = True) -> AcdPeer:
        return AcdPeer(self.run_dir / "switch.sock", acknowledge)

    @property
    def switch(self) -> subprocess.Popen[bytes]:
        return self._processes["switch"]

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def kill_switch(self) -> None:
        self.switch.kill()
        self.switch.wait()

    def stop(self) -> None:
        """SIGTERM, and see that each really ends."""
        for name, process in reversed(list(self._processes.items())):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    raise AssertionError(f"{name} did not end:\n{self.log()[-4000:]}") from None
        self._processes.clear()

    @contextlib.contextmanager
    def peers(self, folder: Path, phones: tuple[str, ...] = ("201",), record: bool = True) -> Iterator[RemotePeers]:
        """A carrier and registered phones, each with its tone, recording to `folder`."""
        record_dir = str(folder) if record else ""
        caller_sound, agent_sound = (_tone_file(folder, hz) for hz in (CALLER_HZ, AGENT_HZ))
        with RemotePeers() as peers:
            peers.add_carrier(
                CarrierSettings(
                    address=CARRIER,
                    port=self.carrier_port,
                    box=f"{LAN}:{self.port}",
                    sound=caller_sound,
                    record_dir=record_dir,
                )
            )
            for extension in phones:
                fixed = extension == "203"
                peers.add_phone(
                    PhoneSettings(
                        extension,
                        f"clave-{extension}",
                        registrar="" if fixed else f"sip:{LAN}:{self.port}",
                        bind=PHONES,
                        port=self.fixed_port if fixed else 0,
                        sound=agent_sound,
                        record_dir=record_dir,
                    )
                )
                if not fixed:
                    peers.wait("registered", peer=extension)
            yield peers


def _tone_file(folder: Path, hz: int) -> Wav:
    file = folder / f"tone-{hz}.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        out.writeframes(tone(hz, TONE_S, TONE_DBFS))
    return Wav(str(file))


def wait_logged(office: SwitchOffice, words: str, timeout_s: float = 10.0) -> None:
    wait_for(f"{words!r} in the log", lambda: words in office.log(), timeout_s)
