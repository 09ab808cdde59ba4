"""Who is around a virtual box on its office network: a carrier's caller (sipp), a desk phone (baresip), and an ear on
the wire that keeps every RTP stream."""

import socket
import struct
import subprocess
import threading
from collections import defaultdict
from pathlib import Path

import numpy as np

from hw.g711 import decoder
from tests.bench.sipp_office import Sipp, scenario
from tests.image_build.virtual_lan import VirtualLan
from tests.sound import tone
from tests.waiting import wait_for

A_LAW = 8
"""RTP payload type (RFC 3551)."""
MODULES = Path("/usr/lib/baresip/modules")
PHONE = """sip_listen {address}:5060
audio_player aubridge,nil
audio_source aufile,{said}
audio_alert aubridge,nil
audio_srate 8000
audio_channels 1
rtp_ports 41000-41100
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module_app account.so
module_app menu.so
"""
ACCOUNT = (
    '<sip:{extension}@{realm}>;auth_user={extension};auth_pass={password};outbound="sip:{box}:5060";regint=60'
    ";answermode=auto;audio_codecs=PCMA;audio_source=aufile,{said}\n"
)


def tone_file(file: Path, hz: float, seconds: float, form: str) -> Path:
    """A tone at -20 dBFS as `wav`, or as raw A-law (`al`)."""
    raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1"]
    made = ["-t", "raw", "-e", "a-law", "-b", "8"] if form == "al" else []
    subprocess.run(["sox", *raw, "-", *made, str(file)], input=tone(hz, seconds, -20), check=True)
    return file


class DeskPhone:
    """A phone that is not ours: registers, answers by itself and says a tone."""

    def __init__(self, lan: VirtualLan, folder: Path, address: str, extension: str, password: str, hz: float) -> None:
        folder.mkdir(parents=True)
        # Longer than any call of a test: at its end it hangs up.
        said = tone_file(folder / "said.wav", hz, 300, "wav")
        (folder / "config").write_text(PHONE.format(address=address, said=said, modules=MODULES))
        (folder / "accounts").write_text(
            ACCOUNT.format(extension=extension, password=password, realm="centralita.local", box=lan.box, said=said)
        )
        (folder / "contacts").touch()
        self._log = folder / "log"
        with self._log.open("wb") as log, lan.inside():
            self._process = subprocess.Popen(
                ["baresip", "-4", "-f", str(folder)], stdin=subprocess.PIPE, stdout=log, stderr=log
            )

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for(self, words: str, timeout_s: float) -> None:
        def look() -> bool:
            assert self._process.poll() is None, self.log()
            return words in self.log()

        wait_for(f"the phone's log to say {words!r}", look, timeout_s, 0.1)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


def carrier_calls(lan: VirtualLan, folder: Path, address: str, number: str, hz: float, talk_s: float) -> Sipp:
    """One call from the carrier's address, which says a tone and hangs up `talk_s` after it was answered."""
    folder.mkdir(parents=True, exist_ok=True)
    said = tone_file(folder / "said.al", hz, 10, "al")
    more = ["-s", number, "-m", "1", "-d", str(int(talk_s * 1000)), "-mp", "26000", f"{lan.box}:5060"]
    with lan.inside():
        return Sipp(folder, "caller", scenario("caller", folder, said), address, 5060, *more)


class Ear:
    """Keeps every A-law RTP stream of the network, by where it comes from and goes to. `close` ends it."""

    def __init__(self, lan: VirtualLan) -> None:
        with lan.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            self._socket.bind(("office", 0x0800))
        self._socket.settimeout(0.2)
        self._packets: dict[tuple[str, str], dict[tuple[int, int], bytes]] = defaultdict(dict)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def heard(self, sender: str, receiver: str) -> bytes:
        """What one address said to the other so far, s16le at 8,000 Hz; a lost packet leaves no gap."""
        packets = self._packets.get((sender, receiver), {})
        return b"".join(decoder("a_law")(packets[key]) for key in sorted(packets))

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                packet = self._socket.recv(4096)
            except TimeoutError:
                continue
            header = (packet[0] & 15) * 4
            rtp = packet[header + 8 :]
            if packet[9] != socket.IPPROTO_UDP or len(rtp) <= 12 or rtp[0] != 0x80 or rtp[1] & 0x7F != A_LAW:
                continue
            sequence, moment = struct.unpack("!HI", rtp[2:8])
            ends = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
            self._packets[ends][moment, sequence] = rtp[12:]


def loudest_dbfs(sound: bytes, window_s: float = 0.5) -> float:
    """The RMS level of the loudest half second; -120 for silence."""
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2").astype(np.float64)
    n = int(8000 * window_s)
    levels = [np.sqrt(np.mean(samples[at : at + n] ** 2)) for at in range(0, len(samples) - n + 1, n)]
    return float(20 * np.log10(max(max(levels, default=0.0), 1e-2) / 32768))
