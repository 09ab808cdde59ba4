"""What may reach the box from its networks: the list of it, by the configuration, and the firewall told to let it in.

The image's firewall (image_build/box/etc/nftables.conf) drops the rest, and begins with the ports of a new box. This
puts the configuration's own into its sets, whole or not at all (`nft -f` is one transaction, nft(8)), at each start and
whenever the configuration file changes. A file that is refused changes nothing.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.configuration.file import Configuration, ConfigurationError, read_configuration

TABLE = "inet centralita"
RTP_PORTS = 8_000
"""From `rtp_from_port` on; the switch uses a part of them (`appliance.switch.sip.MEDIA_PORTS`)."""
USUAL_HTTP = 80
NFT_S = 20


@dataclass(frozen=True)
class Open:
    """Ports that may listen towards the network; `listens`: always, and not only while a call has sound there."""

    protocol: Literal["tcp", "udp"]
    first: int
    last: int
    what: str
    listens: bool = True


def may_listen(configuration: Configuration) -> Iterator[Open]:
    """Everything that may. What is not here and listens is a surprise, and the tests of the image fail."""
    sip, web = configuration.sip, configuration.web
    yield Open("udp", sip.port, sip.port, "SIP")
    yield Open("tcp", sip.port, sip.port, "SIP")
    if sip.tls_port:
        yield Open("tcp", sip.tls_port, sip.tls_port, "SIP over TLS")
    yield Open("udp", sip.rtp_from_port, last_rtp_port(configuration), "sound of calls", listens=False)
    yield Open("tcp", web.port, web.port, "the page")
    yield Open("udp", 5353, 5353, "the box's name (mDNS)")
    yield Open("udp", 68, 68, "the box's address (DHCP)")


def last_rtp_port(configuration: Configuration) -> int:
    return min(configuration.sip.rtp_from_port + RTP_PORTS - 1, 65_535)


def commands(configuration: Configuration) -> str:
    """For `nft -f -`: the sets as this configuration wants them."""
    sip, web = configuration.sip, configuration.web
    tcp = {sip.port, sip.tls_port} - {0}
    sets = {
        "sip_udp": str(sip.port),
        "sip_tcp": ", ".join(map(str, sorted(tcp))),
        "rtp": f"{sip.rtp_from_port}-{last_rtp_port(configuration)}",
        "page": str(web.port),
    }
    lines = [line for name, ports in sets.items() for line in (f"flush set {TABLE} {name}", _add(name, ports))]
    lines += [f"flush chain {TABLE} to_the_page"]
    if web.port != USUAL_HTTP:
        lines += [f"add rule {TABLE} to_the_page tcp dport {USUAL_HTTP} redirect to :{web.port}"]
    return "\n".join([*lines, ""])


def _add(name: str, ports: str) -> str:
    return f"add element {TABLE} {name} {{ {ports} }}"


def main(argv: list[str]) -> int:
    """0: the firewall is as the configuration wants it. 1, with a sentence: it is as it was."""
    parser = argparse.ArgumentParser(prog="python -m appliance.firewall")
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        told = commands(read_configuration(options.config))
        done = subprocess.run(
            ["nft", "-f", "-"], input=told, text=True, capture_output=True, timeout=NFT_S, check=False
        )
    except (ConfigurationError, OSError, subprocess.TimeoutExpired) as error:
        print(f"centralita: the firewall stays as it was: {error}", file=sys.stderr)
        return 1
    if done.returncode:
        print(f"centralita: the firewall stays as it was: {done.stderr.strip()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
