"""The words of `./centralita update` on the command line; nothing is imported for them."""

import argparse
from pathlib import Path


def add_update_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text)
        made.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE")
        made.add_argument("--language", choices=("es", "en"), default=argparse.SUPPRESS)
        return made

    add("status", "which version runs, which is installed, and what became of the last update")
    checking = add("check", "whether a bundle is signed and for this box")
    installing = add("install", "install a bundle beside the version that runs; calls go on")
    for one in (checking, installing):
        one.add_argument("what", metavar="FILE|URL")
        one.add_argument("--force-downgrade", action="store_true", help="although it is older, or has no way back")
    installing.add_argument("--now", action="store_true", help="and switch to it at once")
    installing.add_argument("--no-switch", action="store_true", help="and do not switch to it at a quiet minute")
    switching = add("switch", "switch to the installed version when nobody is on the phone")
    switching.add_argument("--now", action="store_true", help="at once: calls that are up end")
    tick = add("tick", "as the timer does: switch if it is wanted and quiet")
    tick.add_argument("--quiet-for", type=float, default=90.0, metavar="SECONDS", help="how long to look (default 90)")
    stick = add("stick", "as the plugged-in stick does: install the bundle on it")
    stick.add_argument("folder", type=Path)
    judge = add("judge", "as each start does: check that all is well, else start the other version")
    judge.add_argument(
        "--limit", type=float, default=600.0, metavar="SECONDS", help="how long it may take (default 600)"
    )
