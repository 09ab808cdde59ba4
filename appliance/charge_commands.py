"""The words of `rerate` and `result` on the command line, and what they run. Loads nothing until one does."""

import argparse
from datetime import date
from pathlib import Path
from typing import Literal


def add_rerate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--client", default="", metavar="NAME", help="only calls of this client")
    parser.add_argument("--costs", action="store_true", help="what carriers charge too, not only clients' contracts")
    parser.add_argument("--dry-run", action="store_true", help="say what it would change, and write nothing")


def run_rerate(options: argparse.Namespace, config: Path) -> int:
    from appliance.rerate_report import rerate

    return rerate(
        config,
        options.first,
        options.last,
        options.client,
        costs=options.costs,
        dry_run=options.dry_run,
        language=options.language,
    )


def add_result(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(usage=parser.error)
    parser.add_argument("what", choices=("list", "confirm", "reverse"))
    parser.add_argument("call", nargs="?", help="the call's id, as `calls` shows it")
    parser.add_argument("result", nargs="?", default="", help="which, where the call has more than one")
    states = ("claimed", "confirmed", "reversed")
    parser.add_argument("--state", choices=states, default="", help="with list: only these")
    parser.add_argument("--client", default="", metavar="NAME", help="with list: only of this client")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="with list: the last N (default 100)")
    parser.add_argument("--by", default="", metavar="NAME", help="with confirm and reverse: who decides it")
    parser.add_argument("--note", default="", metavar="TEXT", help="with confirm and reverse: why")


def run_result(options: argparse.Namespace, config: Path) -> int:
    from appliance.result_report import decide, show_results

    if options.what == "list":
        if options.call is not None:
            options.usage("list takes no call")
        return show_results(config, options.state, options.client, options.limit, options.language)
    if options.call is None or not options.by:
        options.usage(f"{options.what} needs a call and --by NAME: who decides it")
    state: Literal["confirmed", "reversed"] = "confirmed" if options.what == "confirm" else "reversed"
    return decide(config, state, options.call, options.result, options.by, options.note, options.language)
