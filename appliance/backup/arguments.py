"""The words of `./centralita backup` on the command line; nothing is imported for them."""

import argparse
from pathlib import Path


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text)
        made.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE")
        made.add_argument("--language", choices=("es", "en"), default=argparse.SUPPRESS)
        return made

    making = add("create", "make one encrypted file, proved before it counts")
    making.add_argument("--to", type=Path, metavar="FILE|DIR", help="(default: [backup] folder, else here)")
    making.add_argument("--recordings", type=Path, metavar="DIR", help="copy new recordings there too, as they are")
    making.add_argument("--scheduled", action="store_true", help="as the timer does: only if one is due")
    key = add("key", "print the recovery key again; root only")
    key.add_argument("--age", action="store_true", help="also as the program age takes it")
    verifying = add("verify", "open a backup and read all of it")
    listing = add("list", "the backups of this box in a folder")
    listing.add_argument("folder", nargs="?", type=Path, help="(default: [backup] folder, else here)")
    restoring = add("restore", "make this box the box of a backup")
    restoring.add_argument("--force", action="store_true", help="although this box has calls that are not in it")
    restoring.add_argument("--recordings", type=Path, metavar="DIR", help="put copied recordings back too")
    for one in (verifying, restoring):
        one.add_argument("file", type=Path)
        one.add_argument("--key", default=None, help="the recovery key (default: this box's, else it is asked for)")
    add("finish", "finish a restore that was interrupted; units do it at the start")
