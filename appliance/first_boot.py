"""What a new box does once, and says at each start: its claim code, and where its page is.

The claim code is the page's first password. It is made on the box at its first start, is shown on the box's own screen
and console and nowhere else, and is not said any more once somebody has chosen another password.
"""

import argparse
import os
import sys
from pathlib import Path

from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.own_address import LOOPBACK, own_address
from web_ui.passwords import PasswordError, check_password, ensure_password

CODE_FILE = "claim-code"
WORDS = {
    "es": ("Página", "Código para hacerla suya", "sin red todavía"),
    "en": ("Page", "Code to claim it", "no network yet"),
}


def claim_code(data_dir: Path, keep: Path) -> str | None:
    """The box's claim code, made if it is new; None once the page has a password of somebody's choice.

    Raises PasswordError or OSError.
    """
    kept = keep / CODE_FILE
    code = ensure_password(data_dir)
    if code is not None:
        keep.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(code)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(kept)
        return code
    if not kept.exists():
        return None
    code = kept.read_text()
    if check_password(data_dir, code):
        return code
    kept.unlink()
    return None


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
    parser.add_argument("--keep", type=Path, required=True, help="a folder that outlives updates")
    parser.add_argument("--screen", type=Path, help="a file to write what is to be shown into (default: it is printed)")
    options = parser.parse_args(argv)
    try:
        configuration = read_configuration(options.config)
        text = told(configuration, claim_code(Path(configuration.box.data_dir), options.keep), own_address())
        if options.screen is not None:
            options.screen.write_text(text)
        else:
            print(text, flush=True)
    except (ConfigurationError, PasswordError, OSError) as error:
        print(f"centralita: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
