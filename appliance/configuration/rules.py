"""What one part of the configuration promises another: all is looked at, and all that is wrong is told at once."""

from collections.abc import Collection

from appliance.configuration.file import Configuration, ConfigurationError
from appliance.configuration.rules_callers import caller_problems
from appliance.configuration.rules_calling import calling_problems
from appliance.configuration.rules_contracts import contract_problems
from appliance.configuration.rules_lengths import length_problems, recording_problems
from appliance.configuration.rules_lines import line_problems
from appliance.configuration.rules_machine import board_problems, folder_problems, modem_problems, port_problems
from appliance.configuration.rules_menus import menu_problems
from appliance.configuration.rules_money import money_problems
from appliance.configuration.rules_network import network_problems
from appliance.configuration.rules_people import people_problems
from appliance.configuration.rules_prompts import prompt_problems
from appliance.configuration.rules_serving import serving_problems
from appliance.configuration.rules_tariffs import tariff_problems
from appliance.configuration.rules_times import times_problems
from appliance.configuration.rules_tones import tone_problems
from appliance.configuration.rules_trunks import trunk_file_problems
from appliance.configuration.rules_vain import vain_problems
from appliance.configuration.rules_ways import way_problems
from hw.boards import Board


def decision_problems(configuration: Configuration) -> list[str]:
    """What the ACD process itself relies on: names that lead somewhere, and ways that end. It does not start, nor take
    an edit, without; what is only useless in the file belongs to `check` alone."""
    money = [*tariff_problems(configuration), *contract_problems(configuration), *money_problems(configuration)]
    return [*people_problems(configuration), *money, *menu_problems(configuration), *way_problems(configuration)]


def machine_problems(configuration: Configuration, prompts: Collection[str] | None = None) -> list[str]:
    """What the file names and this machine has not got now: serial ports, folders that can be written, prompts (those
    of the box itself are `prompts`; None: not looked at)."""
    missing = prompt_problems(configuration, prompts) if prompts is not None else ()
    too_long = recording_problems(configuration)
    files = trunk_file_problems(configuration)
    return [*port_problems(configuration), *folder_problems(configuration), *files, *missing, *too_long]


def check(
    configuration: Configuration,
    board: Board | None,
    models: Collection[str] | None = None,
    on_this_machine: bool = True,
    prompts: Collection[str] | None = None,
) -> None:
    """Raises ConfigurationError with one line for each problem: table, key, what is wrong, what to do.

    `board` is the file's (`board_of`), `models` the modem models there are (files of hw/modems); None does not look.
    `on_this_machine` also looks for the serial ports, folders and prompts named (`machine_problems`). The services
    leave that out: a modem that is unplugged when the box starts is a line that is down, not a file to be refused.
    """
    problems = [
        *decision_problems(configuration),
        *caller_problems(configuration),
        *vain_problems(configuration),
        *length_problems(configuration),
        *serving_problems(configuration),
        *calling_problems(configuration),
        *line_problems(configuration),
        *tone_problems(configuration),
        *times_problems(configuration),
        *network_problems(configuration),
        *modem_problems(configuration, models),
        *(board_problems(configuration, board) if board is not None else ()),
    ]
    if on_this_machine:
        problems += machine_problems(configuration, prompts)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigurationError("\n  - ".join([f"{count} in the configuration:", *problems]))
