"""The command line, and the one place that composes: it alone chooses between real and simulated parts.

Every command is a function here that imports what it needs when it runs, so that `status` does not load PJSIP and the
switch does not load Flask.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import get_args

from appliance.acd.plan import Strategy
from appliance.backup.arguments import add_backup_arguments
from appliance.bill_commands import add_bill
from appliance.board_arguments import add_board_arguments
from appliance.charge_commands import add_rerate, add_result
from appliance.daemon.money_groups import ALL_BY
from appliance.tariff_commands import add_tariff_commands
from appliance.update.arguments import add_update_arguments

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_CONFIG = Path("/etc/centralita/office.toml")
DEMO_HOME = "demo"


def main(argv: list[str]) -> int:
    """Run one command. 0: done; 1: it says what is wrong; 2: wrong usage."""
    parser = _parser()
    options, unknown = parser.parse_known_args(argv)
    if unknown and options.command is not _test:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.unknown = unknown
    logging.basicConfig(
        level=os.environ.get("CENTRALITA_LOG", "INFO").upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    command: Callable[[argparse.Namespace], int] = options.command
    from appliance.configuration.file import ConfigurationError
    from hw.boards import BoardError

    try:
        return command(options)
    except (ConfigurationError, BoardError) as error:
        print(f"centralita: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="centralita", description="A small office's whole call centre in a box.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=run)
        return made

    def add_with_config(
        name: str, run: Callable[[argparse.Namespace], int], text: str, default: Path | None = DEFAULT_CONFIG
    ) -> argparse.ArgumentParser:
        made = add(name, run, text)
        made.add_argument("--config", type=Path, default=default, metavar="FILE", help=f"(default {default})")
        return made

    demo = add("demo", _demo, "a whole simulated office, until Ctrl-C")
    demo.add_argument("--seed", type=int, default=1, help="the callers' and agents' seed (default 1)")
    demo.add_argument("--calls-per-hour", type=float, default=None, help="how many callers arrive (default 120)")
    demo.add_argument("--directory", type=Path, default=None, help="where the demo keeps its data")
    demo.add_argument("--network", type=int, default=None, help="its addresses: 127.0.N.0/24, not the usual ones")
    demo.add_argument("--web-port", type=int, default=8080, help="the page's port (default 8080)")
    add_with_config("run", _run, "the box on real hardware, until Ctrl-C")
    check = add_with_config("check", _check, "what of this box's hardware and set-up works")
    check.add_argument("--language", choices=("es", "en"), default=None)
    add_board_arguments(add("board", _board, "a board's wiring, parts and device-tree overlay"))
    test = add("test", _test, "everything that is checked: style, types, tests")
    test.add_argument("--long", metavar="NAME", help="run one long test instead; `list` names them")
    test.add_argument("rest", nargs="*", help="files or folders of tests, and options of pytest")
    # The launcher runs it without the environment; here it is for whoever asks for help.
    image = add("image", _image, "the disk image: image build --arch amd64 (or arm64)")
    image.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    bench = add("bench", _bench, "list the benchmarks, or run one")
    bench.add_argument("name", nargs="?", help="which one")
    bench.add_argument("--json", action="store_true", help="the figures as a JSON object too, before the last line")
    bench.add_argument("--seconds", type=float, default=0.0, help="how long to measure, where that can be told")
    add_terminal = {"default": None}
    status = add_with_config("status", _status, "callers, agents and lines right now", **add_terminal)
    lines = add_with_config("lines", _lines, "how each line is and was, and what it used", **add_terminal)
    line = add_with_config("line", _line, "look into one line, and try it out", **add_terminal)
    what = "doctor: is it well, and if not, what to do; balance: what the operator says is left (GSM)"
    line.add_argument("what", choices=["doctor", "balance"], help=what)
    line.add_argument("line", metavar="LINE")
    line.add_argument("--number", default="", help="make a test call to this number: dial tone, sound, echo")
    line.add_argument("--learn", action="store_true", help="with --number: learn its disconnect tone (analogue lines)")
    line.set_defaults(usage=line.error)
    calls = add_with_config("calls", _calls, "the last calls with their charges", **add_terminal)
    calls.add_argument("--limit", type=int, default=20)
    messages = add_with_config("messages", _messages, "the last text messages, or send one", **add_terminal)
    messages.add_argument("--limit", type=int, default=20)
    messages.add_argument("--to", metavar="NUMBER", help="send a message to this number")
    messages.add_argument("--text", default="-", help='with --to: the text (default "-": from the standard input)')
    messages.add_argument("--line", metavar="NAME", help="with --to: over this line (default: the first that may)")
    why = add_with_config("why", _why, "why a call went where it went", **add_terminal)
    why.set_defaults(usage=why.error)
    why.add_argument("call", nargs="?", help="the call's id, as `calls` shows it; may be up yet")
    why.add_argument("--agent", default=None, metavar="NAME", help="why this agent was rung, or not, for it or at all")
    why.add_argument("--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD", help="with --agent alone")
    why.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="with --agent alone")
    why.add_argument("--limit", type=int, default=20, metavar="N", help="with --agent alone: the newest N (default 20)")
    why.add_argument("--before", default="", metavar="PLACE", help="with --agent alone: those before, as it says")
    why.add_argument("--json", action="store_true", help="as data: see appliance/acd/explain_data.py")
    what_if = add_with_config("what-if", _what_if, "recorded days with another plan", **add_terminal)
    what_if.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    what_if.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    what_if.add_argument("--strategy", choices=get_args(Strategy), help="another strategy")
    what_if.add_argument("--agents", type=int, default=0, metavar="+N", help="so many agents more, or fewer: -1")
    what_if.add_argument("--queue", action="append", default=[], metavar="NAME", help="only in this queue; repeatable")
    what_if.add_argument(
        "--target", type=float, default=20, metavar="SECONDS", help="of the service level (default 20)"
    )
    what_if.add_argument("--json", action="store_true", help="as data")
    money = add_with_config("money", _money, "income, cost and margin of days", **add_terminal)
    money.add_argument("--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: the 1st")
    money.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: today")
    money.add_argument("--by", choices=ALL_BY, default="client", help="how calls are grouped (default client)")
    money.add_argument("--csv", action="store_true", help="as CSV")
    tariff = add("tariff", _tariff, "carriers' lists of rates: import one, what is in force, what a change would do")
    for one in add_tariff_commands(tariff):
        one.add_argument("--config", type=Path, default=None, metavar="FILE")
        one.add_argument("--language", choices=("es", "en"), default=None)
    rerate = add_with_config("rerate", _rerate, "charge calls anew by today's tariffs and contracts", **add_terminal)
    add_rerate(rerate)
    result = add_with_config("result", _result, "what calls came to: list, confirm or reverse it", **add_terminal)
    add_result(result)
    account = add_with_config("account", _account, "clients' prepaid accounts: pay in, or list", **add_terminal)
    account.add_argument("what", choices=["top-up", "list"], help="top-up CLIENT AMOUNT; list: what is left on each")
    account.add_argument("client", nargs="?", metavar="CLIENT")
    account.add_argument("amount", nargs="?", metavar="AMOUNT", help="as 50 or 12.50, in the box's currency")
    account.add_argument("--note", default="", help="kept with it")
    account.add_argument("--reference", default="", metavar="TEXT", help="its own: the same one is booked once")
    for one in (status, lines, line, calls, messages, why, what_if, money, rerate, result, account):
        one.add_argument("--language", choices=("es", "en"), default=None)
    add_bill(add_with_config("bill", _bill, "statements for clients: make, prove them; close months", **add_terminal))
    backup = add_with_config("backup", _backup, "back the box up, and restore it", **add_terminal)
    backup.set_defaults(language=None)
    add_backup_arguments(backup)
    update = add_with_config("update", _update, "the box's own version: install another, switch to it")
    add_update_arguments(update)
    add_with_config("password", _password, "make a new password for the page", **add_terminal)
    add_with_config("switch", _switch, "one process: carries the calls")
    add_with_config("acd", _acd, "one process: decides, records, charges")
    web = add_with_config("web", _web, "one process: the page")
    web.add_argument("--world", type=Path, default=None, help=argparse.SUPPRESS)
    add_with_config("sync", _sync, "one process: sends the records to the cloud")
    add_with_config("kamailio", _kamailio, "one process: the SIP face, with its rendered configuration")
    world = add("world", _world, "one process: the demo's callers, agents and modems")
    world.add_argument("--directory", type=Path, required=True)
    world.add_argument("--seed", type=int, default=1)
    world.add_argument("--calls-per-hour", type=float, default=None)
    return parser


# --- what people run


def _demo(options: argparse.Namespace) -> int:
    from appliance.demo.office_text import Addresses
    from appliance.demo.stage import demo

    directory = options.directory or Path(os.environ["CENTRALITA_CACHE"]) / DEMO_HOME
    addresses = Addresses(web_port=options.web_port)
    if options.network is not None:
        addresses = Addresses.of_network(options.network, options.web_port)
    return demo(directory, options.seed, options.calls_per_hour, addresses, _own_command)


def _run(options: argparse.Namespace) -> int:
    from appliance.box import run_box

    return run_box(options.config.resolve(), _own_command)


def _check(options: argparse.Namespace) -> int:
    from appliance.box import check_box

    return check_box(options.config, options.language)


def _board(options: argparse.Namespace) -> int:
    from appliance.board_command import run_board

    return run_board(options)


def _test(options: argparse.Namespace) -> int:
    from tests.run import run_long, run_tests

    os.chdir(CHECKOUT)
    return run_long(options.long) if options.long else run_tests([*options.rest, *options.unknown])


def _image(options: argparse.Namespace) -> int:
    from image_build import image_command

    return image_command.main(options.rest)


def _bench(options: argparse.Namespace) -> int:
    from tests.bench.run import list_benches, run_bench

    return run_bench(options.name, options.json, options.seconds) if options.name else list_benches()


def _status(options: argparse.Namespace) -> int:
    from appliance.terminal import show_status

    return show_status(_config_of_running_box(options), options.language)


def _lines(options: argparse.Namespace) -> int:
    from appliance.lines_report import show_lines

    return show_lines(_config_of_running_box(options), options.language)


def _line(options: argparse.Namespace) -> int:
    from appliance.line_balance import show_balance
    from appliance.line_doctor import run_doctor

    if options.what == "balance":
        if options.number:
            options.usage("--number is for doctor")
        return show_balance(_config_of_running_box(options), options.line, options.language)
    if options.learn and not options.number:
        options.usage("--learn needs --number: a telephone that answers and is hung up")
    return run_doctor(_config_of_running_box(options), options.line, options.number, options.language, options.learn)


def _calls(options: argparse.Namespace) -> int:
    from appliance.terminal import show_calls

    return show_calls(_config_of_running_box(options), options.limit, options.language)


def _messages(options: argparse.Namespace) -> int:
    from appliance.terminal_messages import send_message, show_messages

    config = _config_of_running_box(options)
    if options.to is None:
        return show_messages(config, options.limit, options.language)
    return send_message(config, options.to, options.text, options.line, options.language)


def _why(options: argparse.Namespace) -> int:
    from appliance.why_report import Period, show_why, show_why_agent

    config = _config_of_running_box(options)
    if options.call is not None:
        return show_why(config, options.call, options.language, options.agent, as_json=options.json)
    if options.agent is None:
        options.usage("name a call, an agent with --agent, or both")
    period = Period(options.first, options.last, options.before, options.limit)
    return show_why_agent(config, options.agent, period, options.language, as_json=options.json)


def _what_if(options: argparse.Namespace) -> int:
    from appliance.planning.what_if import Change
    from appliance.what_if_report import show_what_if

    change = Change(options.strategy, options.agents, tuple(options.queue))
    config = _config_of_running_box(options)
    return show_what_if(
        config, options.first, options.last, change, options.target, options.language, as_json=options.json
    )


def _money(options: argparse.Namespace) -> int:
    from appliance.money_report import show_money

    last = options.last or date.today()
    config = _config_of_running_box(options)
    return show_money(config, options.by, options.first or last.replace(day=1), last, options.language, options.csv)


def _tariff(options: argparse.Namespace) -> int:
    from appliance.tariff_commands import run_tariff

    return run_tariff(options, _config_of_running_box(options))


def _rerate(options: argparse.Namespace) -> int:
    from appliance.charge_commands import run_rerate

    return run_rerate(options, _config_of_running_box(options))


def _result(options: argparse.Namespace) -> int:
    from appliance.charge_commands import run_result

    return run_result(options, _config_of_running_box(options))


def _account(options: argparse.Namespace) -> int:
    from appliance.account_report import pay_in, show_accounts

    config = _config_of_running_box(options)
    if options.what == "list":
        return show_accounts(config, options.language)
    by = os.environ.get("SUDO_USER") or os.environ.get("USER") or ""
    return pay_in(config, options.client, options.amount, options.reference, options.note, by, options.language)


def _bill(options: argparse.Namespace) -> int:
    from appliance.bill_commands import run_bill

    return run_bill(options, _config_of_running_box)


def _backup(options: argparse.Namespace) -> int:
    from appliance.backup.command import run

    named = options.verb in ("restore", "finish") and options.config is None
    return run(options, DEFAULT_CONFIG if named else _config_of_running_box(options))


def _update(options: argparse.Namespace) -> int:
    from appliance.update.command import run

    return run(options, options.config)


def _password(options: argparse.Namespace) -> int:
    from appliance.configuration.file import ConfigurationError, read_configuration
    from web_ui.passwords import PasswordError, new_password

    configuration = read_configuration(_config_of_running_box(options))
    try:
        print(f"New password of the page: {new_password(Path(configuration.box.data_dir))}")
    except PasswordError as error:
        raise ConfigurationError(str(error)) from error
    return 0


# --- the processes of a box


def _switch(options: argparse.Namespace) -> int:
    from appliance.configuration.board import board_of
    from appliance.configuration.file import read_configuration
    from appliance.switch.process import run_switch

    configuration = read_configuration(options.config)
    board = board_of(configuration)
    run_dir = Path(configuration.box.run_dir)
    if board.pin_factory == "mock":
        from hw.panel_sim import simulated_pins

        return run_switch(configuration, board, simulated_pins(run_dir / "bench.sock"), options.config)
    from hw.panel import real_pins_or_none

    return run_switch(configuration, board, real_pins_or_none(), options.config)


def _acd(options: argparse.Namespace) -> int:
    from appliance.daemon.process import run_acd

    return run_acd(options.config)


def _web(options: argparse.Namespace) -> int:
    from appliance.configuration.file import read_configuration
    from web_ui.process import run_web

    return run_web(read_configuration(options.config), world_socket=options.world)


def _sync(options: argparse.Namespace) -> int:
    from appliance.cloud.process import run_sync
    from appliance.configuration.file import read_configuration

    return run_sync(read_configuration(options.config))


def _kamailio(options: argparse.Namespace) -> int:
    from appliance.configuration.file import read_configuration
    from appliance.switch.kamailio import prepare

    configuration = read_configuration(options.config)
    argv = prepare(configuration).watched(configuration)
    os.execv(argv[0], argv)


def _world(options: argparse.Namespace) -> int:
    from appliance.demo.world import run_world

    return run_world(options.directory, options.seed, options.calls_per_hour)


def _own_command(*words: str | Path) -> list[str]:
    """The argv that runs another command of ours in the same environment."""
    return [sys.executable, "-m", "appliance", *map(str, words)]


def _config_of_running_box(options: argparse.Namespace) -> Path:
    """The file named, else the installed box's, else the demo's: what somebody at a terminal most likely means."""
    if options.config is not None:
        return Path(options.config)
    demo = Path(os.environ.get("CENTRALITA_CACHE", "")) / DEMO_HOME / "office.toml"
    return demo if not DEFAULT_CONFIG.exists() and demo.exists() else DEFAULT_CONFIG


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
