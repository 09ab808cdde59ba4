"""The arguments of `./centralita board`, apart from what they make: the command line is built for every command."""

import argparse
from pathlib import Path

WHAT = ("list", "table", "drawing", "parts", "parts-csv", "overlay", "config", "udev", "files")


def add_board_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=WHAT,
        help="list: the boards there are; table: its pins; drawing: the wiring (SVG); parts: what to buy; overlay: the "
        "device-tree overlay's source; config: lines for config.txt; udev: names for its sound cards; files: make "
        "anew what is kept of them in this checkout",
    )
    parser.add_argument("board", nargs="?", metavar="BOARD", help="its name, or the path of its file")
    parser.add_argument("--language", choices=("es", "en"), default="es")
    parser.add_argument("--out", type=Path, default=None, metavar="FILE", help="default: to the terminal")
    parser.set_defaults(usage=parser.error)
