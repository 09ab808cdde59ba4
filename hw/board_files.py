"""The files that are made from the boards and kept beside them, for who has no Python at hand.

The installer prints the drawing; the image's build compiles the overlays. A test says when one is out of date, and
`./centralita board files` makes them anew.
"""

from pathlib import Path

from hw.board_bill import bill_markdown
from hw.board_check_words import Language
from hw.board_drawing import drawing
from hw.board_overlay import config_lines, overlay_name, overlay_source, udev_rules
from hw.boards import BOARDS_DIR, board_names, load_board

RULES = BOARDS_DIR.parent.parent / "systemd" / "71-centralita-handsets.rules"
LANGUAGES: tuple[Language, ...] = ("es", "en")
CONFIG = BOARDS_DIR / "config.txt"


def made_files() -> dict[Path, str]:
    """Path -> text, of every board that names a computer."""
    boards = {name: board for name in board_names() if (board := load_board(name)).computer is not None}
    files = {}
    for name, board in boards.items():
        files[BOARDS_DIR / f"{overlay_name(name)}.dts"] = overlay_source(name, board)
        for language in LANGUAGES:
            files[BOARDS_DIR / f"{name}.{language}.svg"] = drawing(name, board, language)
            files[BOARDS_DIR / f"{name}.parts.{language}.md"] = bill_markdown(board, language)
    files[CONFIG] = (
        "# Made by `./centralita board files`: what the firmware does for each board before Linux.\n"
        + "".join(config_lines(name, board) for name, board in boards.items())
    )
    files[RULES] = (
        "# Made by `./centralita board files`: names for the handsets' sound cards, by the USB socket each sits in.\n"
        "# To /etc/udev/rules.d/71-centralita-handsets.rules.\n\n"
        + "\n".join(udev_rules(name, board) for name, board in boards.items())
    )
    return files
