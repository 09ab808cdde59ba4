"""`./centralita board`: what an installer and the image's build need of a board, made from its definition."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from hw.board_bill import bill_csv, bill_markdown
from hw.board_drawing import drawing, pin_table
from hw.board_files import made_files
from hw.board_overlay import config_lines, overlay_source, udev_rules
from hw.boards import Board, BoardError, board_names, load_board

Language = Literal["es", "en"]
Made = Callable[[str, Board, Language], str]
MADE: dict[str, Made] = {
    "table": lambda name, board, language: pin_table(board, language),
    "drawing": drawing,
    "parts": lambda name, board, language: bill_markdown(board, language),
    "parts-csv": lambda name, board, language: bill_csv(board, language),
    "overlay": lambda name, board, language: overlay_source(name, board),
    "config": lambda name, board, language: config_lines(name, board),
    "udev": lambda name, board, language: udev_rules(name, board),
}


def run_board(options: argparse.Namespace) -> int:
    """Raises BoardError, with what is wrong and what to do."""
    if options.what == "files":
        for path, text in made_files().items():
            _write(path, text)
            print(path)
        return 0
    if options.what == "list":
        for name in board_names():
            board = load_board(name)
            print(f"{name}: {board.title_es or board.title if options.language == 'es' else board.title}")
        return 0
    if options.board is None:
        options.usage(f"which board? There are: {', '.join(board_names())}")
    text = MADE[options.what](Path(options.board).stem, load_board(options.board), options.language)
    if options.out is None:
        sys.stdout.write(text)
    else:
        _write(options.out, text)
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise BoardError(f"{path}: cannot be written: {error.strerror}. Choose another file.") from error
