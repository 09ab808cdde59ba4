"""A small office network on this machine, with a virtual box as a host like any other: real addresses, DHCP, multicast.

A network namespace holds a bridge, the box's tap and a DHCP server (dnsmasq(8)). Its other hosts (phones, a carrier,
browsers, a second machine with a stolen address) are addresses of the bridge: what is done in `with lan.inside():`,
sockets and processes alike, is done there. Nothing of this machine's own network is touched, and nothing leads out.
Needs root, /dev/net/tun, iproute2 and dnsmasq-base: LanRefused says which is missing.
"""

import ctypes
import itertools
import os
import resource
import select
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
"""sched.h; setns(2)."""
HERE = Path("/proc/thread-self/ns/net")
TUN = Path("/dev/net/tun")
MDNS = ("224.0.0.251", 5353)
LEASE_S = 120
"""The shortest dnsmasq gives; a client asks again after half of it."""
_numbers = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True)


class LanRefused(Exception):
    """The network cannot be made on this machine. The message says what is needed."""


def _must(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LanRefused(f"{' '.join(command)}: {done.stderr.strip()}. {NEEDED}")
    return done.stdout


NEEDED = (
    "The office network of this test needs root, /dev/net/tun, network namespaces (CAP_SYS_ADMIN) and the Debian "
    "packages iproute2 and dnsmasq-base."
)


class VirtualLan:
    """The office's network. `close` removes it and ends its DHCP server."""

    mac = "52:54:00:ce:11:01"
    """The box's."""
    tap = "box"

    def __init__(self, folder: Path, *, subnet: str = "192.168.77", gives: int | None = 10) -> None:
        """`subnet`: its first three bytes, netmask 255.255.255.0. `gives`: as `dhcp`. Raises LanRefused."""
        if os.geteuid() != 0 or not TUN.exists() or not shutil.which("ip") or not shutil.which("dnsmasq"):
            raise LanRefused(NEEDED)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.subnet = subnet
        self.name = f"office{os.getpid()}x{next(_numbers)}"
        self.gateway = self.address(1)
        self.box = self.address(gives or 10)
        """The address the box was last told to have."""
        self._dhcp: subprocess.Popen[bytes] | None = None
        _must("ip", "netns", "add", self.name)
        try:
            self._ip("link", "set", "lo", "up")
            self._ip("link", "add", "office", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
            self._ip("link", "set", "office", "up")
            self._ip("tuntap", "add", self.tap, "mode", "tap")
            self._ip("link", "set", self.tap, "master", "office", "up")
            self._ip("address", "add", f"{self.gateway}/24", "dev", "office")
            self.dhcp(gives)
        except BaseException:
            self.close()
            raise

    def address(self, host: int) -> str:
        return f"{self.subnet}.{host}"

    def host(self, number: int) -> str:
        """One more host of the network, this one. Also how another machine takes the address the box has."""
        self._ip("address", "add", f"{self.address(number)}/24", "dev", "office")
        return self.address(number)

    def host_leaves(self, number: int) -> None:
        self._ip("address", "del", f"{self.address(number)}/24", "dev", "office")

    def plug(self, plugged: bool) -> None:
        """The box's cable, at the switch."""
        self._ip("link", "set", self.tap, "up" if plugged else "down")

    def dhcp(self, gives: int | None) -> None:
        """From now on the DHCP server gives the box this host's address, without asking whether another has it; None:
        there is no server. A box with a lease of another address is refused it at the next renewal (DHCPNAK)."""
        if self._dhcp is not None:
            self._dhcp.kill()
            self._dhcp.wait()
            self._dhcp = None
        if gives is None:
            return
        self.box = self.address(gives)
        leases = self.folder / "leases"
        leases.unlink(missing_ok=True)
        argv = [
            *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--no-ping"),
            *("--interface=office", "--bind-interfaces", "--dhcp-authoritative", f"--dhcp-leasefile={leases}"),
            *(f"--dhcp-range={self.subnet}.0,static,{LEASE_S}", f"--dhcp-host={self.mac},{self.box},{LEASE_S}"),
            *(f"--dhcp-option=option:router,{self.gateway}", "--log-dhcp", f"--log-facility={self.folder}/dhcp.log"),
            "--pid-file=",
        ]
        with self.inside():
            self._dhcp = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        time.sleep(0.3)  # a mistake in its arguments ends it at once
        if self._dhcp.poll() is not None:
            raise LanRefused(f"dnsmasq does not start: {(self.folder / 'dhcp.log').read_text()[-500:]}")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread is on the network: its new sockets, and the processes and threads it starts. Other threads are
        not."""
        with HERE.open() as before, (Path("/run/netns") / self.name).open() as ours:
            _enter(ours.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def _ip(self, *words: str) -> str:
        return _must("ip", "-n", self.name, *words)

    def close(self) -> None:
        self.dhcp(None)
        subprocess.run(["ip", "netns", "delete", self.name], check=False)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise LanRefused(f"setns: {os.strerror(ctypes.get_errno())}. {NEEDED}")


def resolved_by_mdns(lan: VirtualLan, name: str, timeout_s: float = 10.0) -> str:
    """The IPv4 address that multicast DNS (RFC 6762) gives for this name, asked as a plain resolver asks; "" when
    nobody answers."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    query = struct.pack("!6H", 0x4344, 0, 1, 0, 0, 0) + question + struct.pack("!2H", 1, 1)
    deadline = time.monotonic() + timeout_s
    with lan.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.bind((lan.gateway, 0))
        asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(lan.gateway))
        asker.settimeout(1)
        while time.monotonic() < deadline:
            asker.sendto(query, MDNS)
            try:
                answer = asker.recv(4096)
            except TimeoutError:
                continue
            # The answer's record, after its name: type A, class IN (the top bit is the cache's), TTL, length 4.
            at = answer.lower().find(b"\x00\x01\x00\x01", 12 + len(question) + 4)
            at = at if at >= 0 else answer.find(b"\x00\x01\x80\x01", 12)
            if answer[:2] == query[:2] and at >= 0 and answer[at + 8 : at + 10] == b"\0\4":
                return socket.inet_ntoa(answer[at + 10 : at + 14])
    return ""


def open_tcp_ports(lan: VirtualLan, address: str, ports: Sequence[int], *, at_once: int = 4000) -> set[int]:
    """Which of these ports take a connection. A port that says nothing is asked twice, 2 s each time."""
    left = list(ports)
    found: set[int] = set()
    for _ in range(2):
        silent: list[int] = []
        for begin in range(0, len(left), at_once):
            taken, refused = _knock(lan, address, left[begin : begin + at_once])
            found |= taken
            silent += [port for port in left[begin : begin + at_once] if port not in taken | refused]
        left = silent
    return found


def _knock(lan: VirtualLan, address: str, ports: Sequence[int]) -> tuple[set[int], set[int]]:
    poller = select.epoll()
    asked: dict[int, tuple[int, socket.socket]] = {}
    taken, refused = set[int](), set[int]()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most[1], most[1]))
    with lan.inside():
        for port in ports:
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, port))
            asked[one.fileno()] = (port, one)
            poller.register(one, select.EPOLLOUT)
    deadline = time.monotonic() + 2
    while (left_s := deadline - time.monotonic()) > 0 and len(taken) + len(refused) < len(asked):
        for descriptor, _ in poller.poll(left_s):
            port, one = asked[descriptor]
            (refused if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) else taken).add(port)
            poller.unregister(descriptor)
    poller.close()
    for _, one in asked.values():
        one.close()
    return taken, refused
