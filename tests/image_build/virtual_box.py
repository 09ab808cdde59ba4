"""A virtual machine that starts a disk image as a real one would: by UEFI, emulated, reached by forwarded ports only.

What the image is asked from inside goes over a second serial port, on which a unit handed over from outside (systemd's
credentials in SMBIOS strings, systemd.system-credentials(7)) gives a shell. The image itself is started as it is.
"""

import base64
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tests.conftest import free_port
from tests.image_build.virtual_lan import VirtualLan
from tests.waiting import wait_for

FIRMWARE = Path("/usr/share/OVMF")
TAP = "tap,id=net,ifname={tap},script=no,downscript=no"
CPU = "qemu64,-svm,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand"
START_S = 600.0
"""Emulated, beside others, on two cores: a start of a minute and a half may take five."""
PROBE = """[Unit]
Description=A shell for the test
DefaultDependencies=no
After=local-fs.target
[Service]
ExecStart=/bin/sh
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
Restart=always
"""
PROBE_WANTED = "[Unit]\nWants=test-probe.service\n"


def credential(name: str, content: str) -> list[str]:
    """QEMU's words for a credential of the machine."""
    text = base64.b64encode(content.encode()).decode()
    return ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={text}"]


class VirtualBox:
    """A running machine. `close` ends it as pulling the plug does."""

    def __init__(
        self,
        disk: Path | str,
        folder: Path,
        memory_mb: int = 1024,
        *,
        keep: bool = False,
        lan: VirtualLan | None = None,
        devices: Sequence[str] = (),
    ) -> None:
        """Starts `disk`, a file or an NBD server's URL; what the machine writes is forgotten unless `keep`. On `lan` it
        is a host of that network, and `page_port` and `sip_port` lead nowhere. `devices`: more words for QEMU."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.page_port = free_port(kind=socket.SOCK_STREAM)
        self.sip_port = free_port()
        self._lan = lan
        self.console_file = folder / "console.log"
        self._shell_path = folder / "shell"
        forwards = f"hostfwd=tcp:127.0.0.1:{self.page_port}-:80,hostfwd=udp:127.0.0.1:{self.sip_port}-:5060"
        argv = [
            *self.computer(disk),
            *("-accel", "tcg,thread=multi,tb-size=512"),
            *("-m", str(memory_mb), "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none"),
            *("-drive", f"if=none,id=disk,format=raw,file={disk},cache=writeback,snapshot={'off' if keep else 'on'}"),
            *("-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci"),
            *("-netdev", f"user,id=net,{forwards}" if lan is None else TAP.format(tap=lan.tap)),
            *("-device", f"virtio-net-pci,netdev=net,romfile=,mac={VirtualLan.mac}"),
            *("-chardev", f"file,id=console,path={self.console_file}", "-serial", "chardev:console"),
            *("-chardev", f"socket,id=shell,path={self._shell_path},server=on,wait=off"),
            *self.shell(),
            *devices,
        ]
        self.started_at = time.monotonic()
        self._errors = (folder / "qemu.err").open("wb")
        with lan.inside() if lan is not None else nullcontext():
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=self._errors)
        self._shell: socket.socket | None = None
        self._asked = 0

    def computer(self, _disk: Path | str) -> list[str]:
        """QEMU's program, and its words for a PC with UEFI."""
        variables = self.folder / "vars.fd"
        shutil.copyfile(FIRMWARE / "OVMF_VARS_4M.fd", variables)
        return [
            *("qemu-system-x86_64", "-machine", "q35", "-cpu", CPU),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd"),
            *("-drive", f"if=pflash,format=raw,unit=1,file={variables}"),
        ]

    def shell(self) -> list[str]:
        """QEMU's words for the port the shell is on, and for the unit that gives it."""
        return [
            *("-serial", "chardev:shell"),
            *credential("systemd.extra-unit.test-probe.service", PROBE),
            *credential("systemd.unit-dropin.sysinit.target", PROBE_WANTED),
        ]

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.started_at

    @property
    def cpu_s(self) -> float:
        """What emulating it has cost so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def console(self) -> str:
        """What it has said on its first serial port."""
        return self.console_file.read_text(errors="replace") if self.console_file.exists() else ""

    def wait_console(self, pattern: str, timeout_s: float = START_S) -> re.Match[str]:
        """The first place on the console that matches; fails with the console's end when the machine or time ends."""

        def look() -> re.Match[str] | None:
            found = re.search(pattern, self.console())
            assert found or self._process.poll() is None, (
                f"the machine has ended; its console:\n{self.console()[-3000:]}"
            )
            return found

        return wait_for(f"{pattern} on the console", look, timeout_s, 0.2)

    def run(self, command: str, timeout_s: float = 120.0) -> str:
        """What a shell command inside prints. Fails when it is not done in time."""
        if self._shell is None:
            wait_for("QEMU's socket", self._shell_path.exists)
            self._shell = socket.socket(socket.AF_UNIX)
            self._shell.connect(str(self._shell_path))
            self._shell.settimeout(1)
        self._asked += 1
        # The mark is not in the command as it is written, so what a terminal repeats is not taken for the answer.
        begin, end = f"BEGIN{self._asked}.", f"END{self._asked}."
        deadline = time.monotonic() + timeout_s
        seen = ""
        sent_at = 0.0
        words = f"\nstty -echo -onlcr; echo BEGIN''{self._asked}.; {{ {command}\n}} 2>&1; echo END''{self._asked}.\n"
        while time.monotonic() < deadline:
            if not sent_at:
                self._shell.sendall(words.encode())
                sent_at = time.monotonic()
            try:
                seen += self._shell.recv(65_536).decode(errors="replace")
            except TimeoutError:
                if begin not in seen and time.monotonic() - sent_at > 10:
                    sent_at = 0.0  # there was nobody yet to hear it
            if end in seen:
                said = seen.rsplit(end, 1)[0]
                if begin in said:
                    return said.rsplit(begin, 1)[1].replace("\r", "").strip()
                seen, sent_at = "", 0.0  # the shell came in the middle of what was sent
        raise AssertionError(f"not within {timeout_s:g} s: {command} (seen so far: {seen[-2000:]!r})")

    def ask_options(self, address: str, timeout_s: float = START_S) -> str:
        """The first line of what the box's SIP port answers to OPTIONS."""
        request = (
            f"OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{{n}};rport\r\n"
            f"From: <sip:test@{address}>;tag=1\r\nTo: <sip:{address}>\r\nCall-ID: {{n}}@test\r\nCSeq: {{n}} OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        number = 0
        port = ("127.0.0.1", self.sip_port) if self._lan is None else (self._lan.box, 5060)

        def look() -> str:
            nonlocal number
            number += 1
            network = self._lan.inside() if self._lan is not None else nullcontext()
            with network, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
                phone.settimeout(1)
                phone.sendto(request.format(n=number).encode(), port)
                try:
                    return phone.recv(4096).decode().split("\r\n")[0]
                except (TimeoutError, ConnectionRefusedError):
                    return ""

        return wait_for("an answer to OPTIONS", look, timeout_s, 0.2)

    def close(self) -> None:
        if self._shell is not None:
            self._shell.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()
