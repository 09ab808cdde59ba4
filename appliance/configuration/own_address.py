"""Which IPv4 address this machine has in the office network: what `listen = "auto"` stands for."""

import fcntl
import socket
import struct

AUTO = "auto"
LOOPBACK = "127.0.0.1"
SIOCGIFADDR = 0x8915
"""netdevice(7): the address of an interface."""


def own_address() -> str:
    """The address towards the rest of the world, else that of the first network interface, else the loopback's.

    Nothing is sent. A process that may not open sockets to networks gets the loopback's.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # a documentation address (RFC 5737): only a route is asked for
                return str(probe.getsockname()[0])
            except OSError:
                return _of_an_interface(probe)
    except OSError:
        return LOOPBACK


def _of_an_interface(probe: socket.socket) -> str:
    """An office network without a router, where addresses are of the machines' own making (RFC 3927)."""
    for _number, name in socket.if_nameindex():
        try:
            answer = fcntl.ioctl(probe, SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
        except OSError:
            continue
        address = socket.inet_ntoa(answer[20:24])
        if not address.startswith("127."):
            return address
    return LOOPBACK
