"""A box run from a checkout: its processes in their order, and the check of whether it could run.

On the image systemd does this (systemd/); here `./centralita run` and the demo do it with the same commands.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from appliance.acd.prompts import PROMPTS
from appliance.billing.contracts import ContractError
from appliance.billing.tariffs import TariffError
from appliance.configuration.board import board_of
from appliance.configuration.file import Configuration, ConfigurationError, read_configuration
from appliance.configuration.rules import check, machine_problems
from appliance.daemon.contract_builder import build_contracts
from appliance.daemon.plan_builder import rate_table
from appliance.daemon.supervisor import AlreadyRunning, Child, Supervisor
from appliance.daemon.tariff_rates import in_force
from appliance.daemon.tariff_shelf import Shelf, ShelfError
from hw.board_check import Wanted, compare, lines_of_the_box
from hw.board_check_words import Language
from hw.board_overlay import overlay_name
from hw.boards import Board
from hw.checks import Finding, check_hardware
from hw.gpio_lines import machine_pins
from hw.machine import ROOT, Machine, read_machine
from hw.modem_checks import check_modems
from hw.modem_profiles import profile_names, read_profile

READY_S = 30.0
URGENCY = {"switch": 10, "acd": 9, "kamailio": 5}
"""SCHED_RR priorities, the units' too: sound before decisions before signalling (which strangers can send us)."""
OwnCommand = Callable[..., list[str]]


def run_box(config: Path, own_command: OwnCommand) -> int:
    """Run the box in the foreground until SIGINT or SIGTERM. Raises ConfigurationError before anything is started."""
    finish_restore(config)
    configuration = read_checked(config)
    prepare_folders(configuration)
    supervisor = take_charge(configuration)
    signal.signal(signal.SIGTERM, supervisor.stop)
    signal.signal(signal.SIGINT, supervisor.stop)
    say_password(configuration)
    add_processes(supervisor, configuration, config, own_command)
    late = supervisor.wait_ready(READY_S)
    if late and not supervisor.stopping:
        logging.error("not ready after %.0f s: %s. Their own lines above say why.", READY_S, ", ".join(late))
    elif not supervisor.stopping:
        print(f"Centralita: http://{configuration.web.listen}:{configuration.web.port}/", flush=True)
    supervisor.run()
    return 0


def finish_restore(config: Path) -> None:
    """A restore that was cut off is finished before anything reads what it changes. Raises ConfigurationError."""
    from appliance.backup.command import finish_pending
    from appliance.backup.errors import BackupError
    from appliance.backup.words import problem_words

    try:
        finish_pending(config)
    except BackupError as error:
        raise ConfigurationError(problem_words(error, "en")) from error


def read_checked(config: Path, *, on_this_machine: bool = True) -> Configuration:
    """The configuration, its shape and its promises proved. Raises ConfigurationError naming every problem.

    `on_this_machine` False leaves out what the machine under it has not got now.
    """
    configuration = read_configuration(config)
    check(configuration, board_of(configuration), profile_names(), on_this_machine, PROMPTS)
    try:
        rate_table(configuration)
        build_contracts(configuration)
    except (TariffError, ContractError) as error:
        raise ConfigurationError(f"{config}: {error}") from error
    return configuration


def take_charge(configuration: Configuration) -> Supervisor:
    """The supervisor of this box. Raises ConfigurationError when another runs here or holds its addresses."""
    try:
        supervisor = Supervisor(Path(configuration.box.run_dir))
    except AlreadyRunning as error:
        raise ConfigurationError(str(error)) from error
    for key, kind, address, port in _listeners(configuration):
        try:
            _probe(kind, address, port)
        except OSError as error:
            supervisor.close()
            raise ConfigurationError(
                f"{key}: {address}:{port} cannot be used: {error.strerror}. "
                "Stop the program that has it (ss -lnp shows which), or change the key."
            ) from error
    return supervisor


def _listeners(configuration: Configuration) -> Iterator[tuple[str, socket.SocketKind, str, int]]:
    """Key, kind, address and port of everything the box listens on. Phones reach Kamailio by UDP and TCP."""
    sip, web = configuration.sip, configuration.web
    yield "[sip] listen and port", socket.SOCK_DGRAM, sip.listen, sip.port
    yield "[sip] listen and port", socket.SOCK_STREAM, sip.listen, sip.port
    if sip.tls_port:
        yield "[sip] listen and tls_port", socket.SOCK_STREAM, sip.listen, sip.tls_port
    yield "[sip] inside and inside_port", socket.SOCK_DGRAM, sip.inside, sip.inside_port
    yield "[sip] inside and switch_port", socket.SOCK_DGRAM, sip.inside, sip.switch_port
    yield "[sip] inside and events_port", socket.SOCK_STREAM, sip.inside, sip.events_port
    yield "[web] listen and port", socket.SOCK_STREAM, web.listen, web.port


def _probe(kind: socket.SocketKind, address: str, port: int) -> None:
    """Raises OSError when nobody could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as probe:
        # A TCP address of which only connections that were closed are left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
        probe.bind((address, port))


def prepare_folders(configuration: Configuration) -> None:
    """Make the data and run folders. Raises ConfigurationError where that cannot be."""
    for key, folder in (("data_dir", configuration.box.data_dir), ("run_dir", configuration.box.run_dir)):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise ConfigurationError(
                f"[box] {key}: {folder} cannot be made: {error.strerror}. Run as root, or choose another folder."
            ) from error


def say_password(configuration: Configuration) -> None:
    """The page's password, the only time it is ever shown. Raises ConfigurationError where none can be kept."""
    from web_ui.passwords import PasswordError, ensure_password

    try:
        fresh = ensure_password(Path(configuration.box.data_dir))
    except PasswordError as error:
        raise ConfigurationError(str(error)) from error
    if fresh is not None:
        print(f"Password of the page (shown only now): {fresh}", flush=True)
    else:
        print("Password of the page: as shown at its first start; `./centralita password` makes a new one.", flush=True)


def add_processes(
    supervisor: Supervisor,
    configuration: Configuration,
    config: Path,
    own_command: OwnCommand,
    *,
    world_socket: Path | None = None,
    logs: Path | None = None,
) -> None:
    """The processes of the design, in the order they need each other; each survives the absence of the others."""

    def log_file(name: str) -> Path | None:
        return logs / f"{name}.log" if logs is not None else None

    def add(name: str, *more: str | Path, urgency: int = 0) -> None:
        argv = own_command(name, "--config", config, *more)
        supervisor.add(Child(name, argv, log_file=log_file(name), urgency=urgency))

    add("kamailio", urgency=URGENCY["kamailio"])
    add("switch", urgency=URGENCY["switch"])
    add("acd", urgency=URGENCY["acd"])
    add("web", *(("--world", world_socket) if world_socket is not None else ()))
    if configuration.cloud.dsn:
        add("sync")


def check_box(config: Path, language: Language | None = None, root: Path = ROOT) -> int:
    """Print what works and what does not, each with what to do. 0 when all does.

    `language` is that of the comparison with the board; None: the configuration's. `root` has the /proc and /sys of the
    machine to compare: another than this one's is for tests.
    """
    try:
        configuration = read_checked(config, on_this_machine=False)
    except ConfigurationError as error:
        heading, *problems = str(error).split("\n  - ")
        if problems:
            print(heading)
        for problem in problems or [heading]:
            print(f"  ✗ {problem}")
        print("The configuration must be mended first; nothing else was checked.")
        return 1
    findings = [Finding("configuration", True, f"{config} is complete and consistent.", "")]
    for problem in machine_problems(configuration, PROMPTS):
        where, _, sentence = problem.partition(": ")
        findings.append(Finding(where, False, sentence))
    findings += _check_tariff_books(configuration)
    findings += _check_addresses(configuration)
    findings += _check_parts()
    # A port that is not there was told of above.
    ports = {line.name: line.port for line in configuration.line if line.port and Path(line.port).exists()}
    board, machine = _board_in_use(configuration), read_machine(root, machine_pins())
    findings += _compare_with_board(configuration, board, machine, language or configuration.box.language)
    findings += check_hardware(board, ports, pins_in_use=lines_of_the_box(board, machine))
    findings += check_modems()
    for finding in findings:
        print(f"  {'✓' if finding.ok else '✗'} {finding.part}: {finding.sentence}")
        if not finding.ok and finding.what_to_do:
            print(f"      → {finding.what_to_do}")
    wrong = sum(not finding.ok for finding in findings)
    print("Everything works." if not wrong else f"{wrong} of {len(findings)} things need attention.")
    return 1 if wrong else 0


def _check_tariff_books(configuration: Configuration) -> list[Finding]:
    """Whether every book of tariffs can be charged by."""
    try:
        found = in_force(configuration, Shelf(Path(configuration.box.data_dir)).look(), "en")
    except ShelfError as error:
        return [Finding("tariffs", False, error.text("en"))]
    except TariffError as error:
        return [Finding("tariffs", False, str(error))]
    books = [Finding("tariffs", True, f"the book {book} is in force.") for book in found.books]
    return [*books, *(Finding("tariffs", False, why) for why in found.left_out)]


def _compare_with_board(
    configuration: Configuration, board: Board, machine: Machine, language: Language
) -> list[Finding]:
    """The machine against the board's definition; nothing for a board whose pins are simulated."""
    if board.pin_factory == "mock":
        return []
    wanted = Wanted(
        overlay=overlay_name(configuration.box.board or "board"),
        modems=sum(line.model is not None for line in configuration.line),
        modem_ids=frozenset(profile.usb for name in profile_names() if (profile := read_profile(name)).usb),
        language=language,
    )
    return [
        Finding(one.part(language), one.ok, one.sentence(language), one.what_to_do(language))
        for one in compare(board, machine, wanted)
    ]


def _board_in_use(configuration: Configuration) -> Board:
    """The board without the handset ports that no station has: nothing need be plugged in there."""
    board = board_of(configuration)
    used = {station.board_port for station in configuration.station}
    return replace(board, handset_port=tuple(port for port in board.handset_port if port.number in used))


def _check_addresses(configuration: Configuration) -> list[Finding]:
    """Whether the addresses to listen on are this machine's. Their ports are the running box's, if it runs."""
    found = []
    for key, address in (("[sip] listen", configuration.sip.listen), ("[web] listen", configuration.web.listen)):
        try:
            _probe(socket.SOCK_DGRAM, address, 0)
            found.append(Finding(key, True, f"{address} is an address of this machine."))
        except OSError as error:
            what_to_do = "Write one that this machine has: ip -brief address shows them."
            found.append(Finding(key, False, f"{address} cannot be used: {error.strerror}.", what_to_do))
    return found


def _check_parts() -> list[Finding]:
    import shutil

    found = []
    kamailio = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/sbin")
    found.append(
        Finding("kamailio", kamailio is not None, kamailio or "not installed.", "Run ./centralita check as root once.")
    )
    for part, variable in (("sound port", "CENTRALITA_NATIVE"), ("prompts", "CENTRALITA_PROMPTS")):
        folder = Path(os.environ.get(variable, ""))
        there = bool(os.environ.get(variable)) and folder.is_dir()
        found.append(Finding(part, there, f"{folder}" if there else "missing.", "Start through ./centralita."))
    try:
        import pjsua2

        found.append(Finding("PJSIP", True, f"{Path(pjsua2.__file__).parent}", ""))
    except ImportError as error:
        found.append(Finding("PJSIP", False, f"cannot be loaded: {error}.", "Delete its cache folder and start again."))
    print(f"Python {sys.version.split()[0]}")
    return found
