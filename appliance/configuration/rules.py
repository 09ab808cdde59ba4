"""What one part of the configuration promises another: all is looked at, and all that is wrong is told at once."""

from collections.abc import Collection

from appliance.configuration.file import Configuration, ConfigurationError
from appliance.configuration.rules_machine import board_problems, folder_problems, modem_problems, port_problems
from appliance.configuration.rules_network import network_problems
from appliance.configuration.rules_people import people_problems
from appliance.configuration.rules_serving import serving_problems
from hw.boards import Board


def machine_problems(configuration: Configuration) -> list[str]:
    """What the file names and this machine has not got now: serial ports, folders that can be written."""
    return [*port_problems(configuration), *folder_problems(configuration)]


def check(
    configuration: Configuration,
    board: Board | None,
    models: Collection[str] | None = None,
    on_this_machine: bool = True,
) -> None:
    """Raises ConfigurationError with one line for each problem: table, key, what is wrong, what to do.

    `board` is the file's (`board_of`), `models` the modem models there are (files of hw/modems); None does not look.
    `on_this_machine` also looks for the serial ports and folders named. The services leave that out: a modem that is
    unplugged when the box starts is a line that is down, not a file to be refused.
    """
    problems = [
        *people_problems(configuration),
        *serving_problems(configuration),
        *network_problems(configuration),
        *modem_problems(configuration, models),
        *(board_problems(configuration, board) if board is not None else ()),
    ]
    if on_this_machine:
        problems += machine_problems(configuration)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigurationError("\n  - ".join([f"{count} in the configuration:", *problems]))
