"""The demo's office on disk: its configuration file, folders and simulated sound cards, and where to find them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from appliance.configuration.board import board_of
from appliance.configuration.file import Configuration, read_configuration
from appliance.demo.office_text import HURRIED, Addresses, Pace, office_text
from hw.boards import Board
from hw.handset_port_sim import make_sound_cards

__all__ = ["HURRIED", "Addresses", "Office", "Pace", "open_office", "prepare_office"]

CONFIG = "office.toml"
WORLD_SOCKET = "world.sock"


@dataclass(frozen=True)
class Office:
    """A prepared office. `variables` are the environment that the box's processes need beside their own."""

    directory: Path
    config: Path
    run_dir: Path
    world_socket: Path
    configuration: Configuration
    board: Board
    addresses: Addresses
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def bench_socket(self) -> Path:
        """Where the switch serves its mock pins."""
        return self.run_dir / "bench.sock"

    @property
    def sound_cards(self) -> Path:
        """The folder of the handset ports' simulated sound cards."""
        return self.directory / "cards"

    @property
    def ttys(self) -> Path:
        """The folder of the modems' twins' ports."""
        return self.directory / "tty"


def prepare_office(
    directory: Path,
    addresses: Addresses | None = None,
    pace: Pace | None = None,
    native_dir: Path | None = None,
) -> Office:
    """Write the office's configuration and sound cards into `directory` and make its folders.

    `native_dir` is the folder of compiled parts, else CENTRALITA_NATIVE. Raises ConfigurationError, FileNotFoundError
    when ALSA's configuration or the compiled parts are missing.
    """
    native = native_dir or Path(os.environ.get("CENTRALITA_NATIVE", ""))
    office = _office(directory.resolve(), addresses or Addresses(), pace or Pace())
    variables = make_sound_cards(office.board, office.sound_cards, native)
    return Office(**{**office.__dict__, "variables": variables})


def open_office(directory: Path) -> Office:
    """The office that was prepared there. Raises ConfigurationError."""
    directory = directory.resolve()
    configuration = read_configuration(directory / CONFIG)
    sip = configuration.sip
    trunk = next(line for line in configuration.line if line.driver == "sip")
    phones = Addresses.of_network(int(trunk.address.split(".")[2])).phones
    addresses = Addresses(
        sip.listen, sip.port, sip.inside, sip.inside_port, sip.switch_port, sip.events_port, sip.rtp_from_port,
        configuration.web.port, trunk.address, phones,
    )  # fmt: skip
    return _as_office(directory, configuration, addresses)


def _office(directory: Path, addresses: Addresses, pace: Pace) -> Office:
    for folder in (directory, directory / "tty", directory / "cards", directory / "run", directory / "data"):
        folder.mkdir(parents=True, exist_ok=True)
    config = directory / CONFIG
    config.write_text(office_text(directory, addresses, pace))
    return _as_office(directory, read_configuration(config), addresses)


def _as_office(directory: Path, configuration: Configuration, addresses: Addresses) -> Office:
    return Office(
        directory,
        directory / CONFIG,
        Path(configuration.box.run_dir),
        directory / WORLD_SOCKET,
        configuration,
        board_of(configuration),
        addresses,
    )
