"""Which board a configuration is for: a profile of hw/boards/, or the one written in the file itself."""

from appliance.configuration.file import Configuration, ConfigurationError
from hw.boards import Board, BoardError, load_board, proved_board

DEFAULT = "laptop"


def board_of(configuration: Configuration) -> Board:
    """The board, proved to make sense. Raises ConfigurationError naming the key and what to do."""
    named, own = configuration.box.board, configuration.board
    try:
        if own is None:
            return load_board(named or DEFAULT)
        if named is None:
            return proved_board(own, "[board]")
    except BoardError as error:
        raise ConfigurationError(f"[box] board: {error}" if own is None else str(error)) from error
    raise ConfigurationError(
        f'[box] board: names the profile "{named}", and there is a [board] in the file too. Remove one of them.'
    )
