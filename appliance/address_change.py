"""What happens when the office network gives the box another address: SIP moves there, when `listen` is "auto".

Run by systemd whenever systemd-networkd has written down something new. What Kamailio listens on is the truth compared
with, so nothing is remembered and nothing is done twice. Calls over SIP have lost their address already; those over
modems are found again by the switch that starts anew.
"""

import argparse
import logging
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from appliance.configuration.own_address import AUTO, LOOPBACK, own_address

UNITS = ("centralita-kamailio.service", "centralita-switch.service")
_LISTEN = re.compile(r"^\s*listen\s*=\s*udp:([0-9.]+):", re.MULTILINE)

log = logging.getLogger(__name__)


def wants_auto(config: Path) -> bool:
    """Whether the file leaves the address to the network; not when it cannot be read: the processes say why."""
    try:
        return bool(tomllib.loads(config.read_text()).get("sip", {}).get("listen") == AUTO)
    except (OSError, ValueError, AttributeError):
        return False


def has_moved(kamailio_cfg: Path, address: str) -> bool:
    """Whether SIP is elsewhere than at this address. Not while there is no Kamailio yet, nor while there is no network:
    what is on its way comes back to the same address more often than not."""
    if address == LOOPBACK:
        return False
    try:
        found = _LISTEN.findall(kamailio_cfg.read_text())
    except OSError:
        return False
    return bool(found) and address not in found


def main(argv: list[str]) -> int:
    """0: all is where it should be now; otherwise systemctl's code."""
    parser = argparse.ArgumentParser(prog="python -m appliance.address_change")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--run-dir", type=Path, default=Path("/run/centralita"))
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    address = own_address()
    if not wants_auto(options.config) or not has_moved(options.run_dir / "kamailio/kamailio.cfg", address):
        return 0
    log.info("the network gives this box %s now: SIP moves there", address)
    return subprocess.run(["systemctl", "try-restart", *UNITS], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
