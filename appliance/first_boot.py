"""What a new box does once, and says at each start: its claim code, and where its page is.

The claim code (`web_ui.claim_code`) is made on the box at its first start, is shown on the box's own screen and console
and nowhere else, and is gone from there as soon as somebody has claimed the box with it.
"""

import argparse
import sys
from pathlib import Path

from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.own_address import LOOPBACK, own_address
from web_ui.claim_code import ensure_claim_code
from web_ui.passwords import PasswordError

CLEARED = "\x1b[H\x1b[2J\x1b[3J"
"""ECMA-48, and xterm's and Linux's 3J: what a screen showed before, a code that is worth nothing any more, goes."""
WORDS = {
    "es": ("Página", "Código para hacerla suya", "sin red todavía"),
    "en": ("Page", "Code to claim it", "no network yet"),
}


def told(configuration: Configuration, code: str | None, address: str) -> str:
    """What is said on the box's screen."""
    page, claim, no_network = WORDS[configuration.box.language]
    where = f"http://{address}:{configuration.web.port}/" if address != LOOPBACK else no_network
    lines = [f"Centralita · {configuration.box.name}", f"{page}: {where}"]
    if code is not None:
        lines.append(f"{claim}: {code}")
    width = max(map(len, lines))
    return "\n".join(["", "=" * width, *lines, "=" * width, ""])


def main(argv: list[str]) -> int:
    """0 also when the page cannot be told: calls do not wait for it. 1 when the claim code could not be made."""
    parser = argparse.ArgumentParser(prog="python -m appliance.first_boot")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--screen", type=Path, help="a file to write what is to be shown into (default: it is printed)")
    options = parser.parse_args(argv)
    try:
        configuration = read_configuration(options.config)
        text = told(configuration, ensure_claim_code(Path(configuration.box.data_dir)), own_address())
        if options.screen is not None:
            options.screen.write_text(CLEARED + text)
        else:
            print(text, flush=True)
    except (ConfigurationError, PasswordError, OSError) as error:
        print(f"centralita: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
